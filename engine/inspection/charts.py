"""Charts of an inspection, as matplotlib figures without a window."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..training.plots import COLORS, DPI, axes
from .subject import Subject
from .worth import Seen

_MOST_BARS = 30
_BINS = 40


def size_graph(subject: Subject, seen: Seen | None) -> Figure:
    """Draw how large the objects are, the range that networks see well, and the side of a chip."""
    sizes = np.sqrt(np.maximum(subject.sizes.prod(axis=1), 0.25))
    tile = min(subject.samples.tile_rows, subject.samples.tile_cols)
    figure, area = axes("Size of an object, side of a square of its box (pixels)", "Objects")
    low, high = min(1.0, float(sizes.min())), max(float(sizes.max()), tile) * 1.1
    area.hist(sizes, bins=np.geomspace(low, high, _BINS).tolist(), color=COLORS[0])
    area.set_xscale("log")
    ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000) if low <= tick <= high]
    area.set_xticks(ticks, [str(tick) for tick in ticks])
    area.minorticks_off()
    if seen is not None:
        label = f"seen well: {seen.smallest:.0f} to {seen.largest:.0f} pixels"
        area.axvspan(seen.smallest, seen.largest, color=COLORS[2], alpha=0.15, label=label, zorder=0)
        area.axvline(seen.best, color=COLORS[2], linewidth=1, label=f"learnt best: about {seen.best:.0f}")
    area.axvline(tile, color=COLORS[1], linestyle="--", label=f"chip: {tile}")
    median = float(np.median(sizes))
    area.axvline(median, color=COLORS[5], linestyle=":", label=f"median object: {median:.0f}")
    area.legend(frameon=False, fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure


def class_graph(subject: Subject) -> Figure:
    """Draw how much there is of each class, most first, and in what share of the chips."""
    totals = subject.counts.sum(axis=0)
    order = np.argsort(-totals, kind="stable")[:_MOST_BARS]
    classes = subject.samples.classes
    figure = Figure(figsize=(6.4, min(12.0, 1.1 + 0.3 * len(order))), dpi=DPI, layout="constrained")
    area = figure.subplots()
    shares = totals[order] / max(1, int(totals.sum()))
    colors = [tuple(part / 255 for part in classes[place].color) for place in order]
    area.barh(range(len(order)), shares * 100, color=colors, edgecolor="#777777", linewidth=0.5, height=0.7)
    for place, share in enumerate(shares):
        text = f"{share:.1%}" if share >= 0.0005 or not share else "< 0.1%"
        area.text(share * 100, place, " " + text, va="center", fontsize=8, color="#444444")
    names = [classes[place].name for place in order]
    area.set_yticks(range(len(order)), [name if len(name) < 26 else name[:25] + "…" for name in names], fontsize=8)
    area.invert_yaxis()
    area.set_xlim(0, float(shares.max(initial=0.01)) * 115)
    area.set_xlabel(f"% of all {subject.counted.lower()}")
    area.spines[["top", "right", "left"]].set_visible(False)
    area.tick_params(axis="y", length=0)
    area.grid(True, axis="x", alpha=0.25)
    area.set_axisbelow(True)
    return figure


def count_graph(subject: Subject) -> Figure:
    """Draw how many objects chips hold."""
    figure, area = axes("Objects of a chip", "Chips")
    held = subject.counts.sum(axis=1)
    edges = np.arange(-0.5, held.max() + 1.5) if held.max() <= 60 else np.linspace(-0.5, held.max() + 0.5, 50)
    area.hist(held, bins=edges.tolist(), color=COLORS[0], edgecolor="white", linewidth=0.5)
    area.xaxis.set_major_locator(MaxNLocator(integer=True))
    area.yaxis.set_major_locator(MaxNLocator(integer=True))
    return figure
