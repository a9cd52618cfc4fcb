"""Pictures of object classification, as matplotlib figures without a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from ..classes import ClassInfo
from ..training.plots import COLORS, DPI
from .pixel_plots import short_name

RIGHT, WRONG = "#2e7d4f", "#c0392b"
COLUMNS = 4
"""Chips side by side."""


@dataclass(frozen=True)
class Picture:
    """A validation chip with its labels and what the network predicts.

    Attributes:
        pixels: (rows, cols, 3) or (rows, cols) float32, 0..1.
        labels: Names of its classes.
        found: Names of the predicted classes.
        score: Score of the surest of them, 0..1.
    """

    pixels: np.ndarray
    labels: Sequence[str]
    found: Sequence[str]
    score: float


def class_graph(figures: Sequence[tuple[float, float, float]], learnt: Sequence[ClassInfo]) -> Figure:
    """Draw precision, recall and F1 of each class as bars.

    Args:
        figures: Of each class; NaN where there is nothing to make it from.
        learnt: The classes.
    """
    count = len(learnt)
    figure = Figure(figsize=(5.6, min(14.0, 1.3 + 0.62 * count)), dpi=DPI, layout="constrained")
    area = figure.subplots()
    places = np.arange(count)
    for part, label in enumerate(("Precision", "Recall", "F1")):
        values = np.array([entry[part] for entry in figures])
        across = places + 0.26 * (part - 1)
        area.barh(across, np.nan_to_num(values), height=0.22, label=label, color=COLORS[part])
        for place, value in zip(across, values, strict=True):
            text = f"{value:.2f}" if np.isfinite(value) else "–"
            area.text(np.nan_to_num(value) + 0.01, place, text, va="center", fontsize=7, color="#444444")
    area.set_yticks(places, [short_name(entry.name) for entry in learnt], fontsize=8)
    area.invert_yaxis()
    area.set_xlim(0, 1.08)
    area.spines[["top", "right"]].set_visible(False)
    area.legend(frameon=False, fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=3)
    return figure


def results(pictures: Sequence[Picture]) -> Figure:
    """Draw chips side by side, each with its labels and its prediction, green where both agree."""
    rows = max(1, -(-len(pictures) // COLUMNS))
    figure = Figure(figsize=(2.5 * COLUMNS, 2.9 * rows), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, COLUMNS, squeeze=False)
    for area in grid.flat:
        area.set_axis_off()
    for area, picture in zip(grid.flat, pictures, strict=False):
        area.imshow(picture.pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        area.set_title(_named(picture.labels), fontsize=9, loc="left")
        color = RIGHT if set(picture.labels) == set(picture.found) else WRONG
        text = f"{_named(picture.found)}  {picture.score:.2f}"
        area.text(0, -0.04, text, transform=area.transAxes, fontsize=9, color=color, va="top")
    return figure


def _named(names: Sequence[str]) -> str:
    """Return names that fit above a picture."""
    return short_name(", ".join(names)) if names else "none"
