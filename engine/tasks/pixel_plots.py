"""Pictures of pixel classification, as matplotlib figures without a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from ..accuracy.confusion import Figures
from ..classes import ClassInfo
from ..networks.segmenter import UNLABELLED
from ..training.plots import COLORS, DPI

GREY = (0.86, 0.86, 0.86)
"""Colour under the hatching of pixels without a label."""
MOST_NUMBERS = 16
"""Classes up to which the cells of a confusion matrix hold their share."""
LONGEST_NAME = 22


@dataclass(frozen=True)
class Picture:
    """A validation chip with its labels and what the network predicts.

    Attributes:
        dates: The chip at each of its dates, (rows, cols, 3) or (rows, cols) float32, 0..1.
        labels: (rows, cols) int64 channels, ``UNLABELLED`` where there is no label.
        classes: (rows, cols) int64 predicted channels, ``UNLABELLED`` where there are no data.
    """

    dates: tuple[np.ndarray, ...]
    labels: np.ndarray
    classes: np.ndarray


def confusion_graph(confusion: np.ndarray, learnt: Sequence[ClassInfo]) -> Figure:
    """Draw the share of each labelled class that was predicted as each class.

    Args:
        confusion: (channels, channels) int64, predicted down and labelled across.
        learnt: The class of each channel.
    """
    labelled = confusion.sum(axis=0)
    shares = (confusion / np.maximum(labelled, 1)).T
    count = len(learnt)
    side = min(12.0, max(4.2, 2.4 + 0.55 * count))
    figure = Figure(figsize=(side, side * 0.92), dpi=DPI, layout="constrained")
    area = figure.subplots()
    edges = np.arange(count + 1) - 0.5
    shown = area.pcolormesh(edges, edges, shares, cmap="Blues", vmin=0, vmax=1, edgecolors="white", linewidth=1.2)
    area.invert_yaxis()
    area.set_aspect("equal")
    names = [short_name(entry.name) for entry in learnt]
    area.set_xticks(range(count), names, rotation=40, ha="right", rotation_mode="anchor", fontsize=8)
    area.set_yticks(range(count), names, fontsize=8)
    area.set_xlabel("Predicted")
    area.set_ylabel("Labelled")
    area.tick_params(length=0)
    area.spines[:].set_visible(False)
    if count <= MOST_NUMBERS:
        for row, col in np.ndindex(count, count):
            text = f"{100 * shares[row, col]:.0f}" if labelled[row] else "–"
            color = "white" if shares[row, col] > 0.55 else "#222222"
            area.text(col, row, text, ha="center", va="center", color=color, fontsize=8)
    bar = figure.colorbar(shown, ax=area, shrink=0.7, label="% of the labelled class")
    bar.set_ticks([0, 0.25, 0.5, 0.75, 1], labels=["0", "25", "50", "75", "100"])
    bar.outline.set_visible(False)
    for solids in bar.ax.collections:
        solids.set_rasterized(False)
        solids.set_edgecolor("face")  # without it viewers draw hairlines between the steps
    return figure


def class_graph(known: Figures, learnt: Sequence[ClassInfo]) -> Figure:
    """Draw IoU and F1 of each class as bars."""
    count = len(learnt)
    figure = Figure(figsize=(5.2, min(14.0, 1.3 + 0.55 * count)), dpi=DPI, layout="constrained")
    area = figure.subplots()
    places = np.arange(count)
    for shift, values, label, color in ((-0.19, known.iou, "IoU", COLORS[0]), (0.19, known.f1, "F1", COLORS[2])):
        lengths = np.nan_to_num(values)
        area.barh(places + shift, lengths, height=0.34, label=label, color=color)
        for place, value in zip(places, values, strict=True):
            text = f"{value:.2f}" if np.isfinite(value) else "–"
            area.text(np.nan_to_num(value) + 0.01, place + shift, text, va="center", fontsize=8, color="#444444")
    area.set_yticks(places, [short_name(entry.name) for entry in learnt], fontsize=8)
    area.invert_yaxis()
    area.set_xlim(0, 1.08)
    area.set_xticks(np.linspace(0, 1, 6))
    area.grid(True, axis="x", alpha=0.25)
    area.set_axisbelow(True)
    area.spines[["top", "right", "left"]].set_visible(False)
    area.tick_params(axis="y", length=0)
    area.legend(frameon=False, fontsize="small", loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    return figure


def results(pictures: Sequence[Picture], learnt: Sequence[ClassInfo]) -> Figure:
    """Draw chip, labels and prediction side by side, with a legend of the classes that are seen."""
    rows, dates = max(1, len(pictures)), len(pictures[0].dates) if pictures else 1
    figure = Figure(figsize=(3.2 * (dates + 2), 3.12 * rows + 0.75), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, dates + 2, squeeze=False)
    for areas, picture in zip(grid, pictures, strict=False):
        for area, pixels in zip(areas, picture.dates, strict=False):
            area.imshow(pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        _classes(areas[-2], picture.labels, learnt)
        _classes(areas[-1], picture.classes, learnt)
    for area in grid.flat:
        area.set_axis_off()
    chips = ["Chip"] if dates == 1 else [f"Date {number}" for number in range(1, dates + 1)]
    for area, title in zip(grid[0], (*chips, "Labels", "Prediction"), strict=True):
        area.set_title(title, fontsize=11)
    seen = set(np.concatenate([np.unique([p.labels, p.classes]) for p in pictures]).tolist()) if pictures else set()
    handles = [
        Patch(facecolor=_color(entry), edgecolor="#888888", linewidth=0.5, label=short_name(entry.name))
        for channel, entry in enumerate(learnt)
        if channel in seen
    ]
    if UNLABELLED in seen:
        handles.append(Patch(facecolor=GREY, edgecolor="#999999", hatch="////", linewidth=0.0, label="no label"))
    if handles:
        columns = min(6, len(handles))
        figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False, fontsize=9)
    return figure


def _classes(area: Axes, channels: np.ndarray, learnt: Sequence[ClassInfo]) -> None:
    """Draw a map of channels in the colours of the classes; what has no label is hatched."""
    colors = np.array([_color(entry) for entry in learnt])
    picture = np.where((channels == UNLABELLED)[..., None], GREY, colors[np.maximum(channels, 0)])
    area.imshow(picture, interpolation="nearest")
    unknown = channels == UNLABELLED
    rows, cols = channels.shape
    if unknown.any():
        # one hatched rectangle under the labelled pixels: hatching each pixel would take minutes
        area.add_patch(
            Rectangle((-0.5, -0.5), cols, rows, facecolor="none", edgecolor="#a8a8a8", hatch="////", linewidth=0.0)
        )
        covered = np.dstack([picture, (~unknown).astype(np.float64)])
        area.imshow(covered, interpolation="nearest", zorder=2)


def _color(entry: ClassInfo) -> tuple[float, float, float]:
    """Return the colour of a class, 0..1."""
    red, green, blue = entry.color
    return red / 255, green / 255, blue / 255


def short_name(name: str) -> str:
    """Return a name that fits beside a picture."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
