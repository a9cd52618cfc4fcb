"""Pictures of a training run, as matplotlib figures without a window."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..accuracy.scores import ClassScores
from .state import EpochRecord

DPI = 110
COLORS = ("#1b6ca8", "#d1495b", "#3f8f5b", "#8d5fa8", "#c98a1b", "#4a4a4a", "#2aa7a1", "#b5651d")
MOST_CURVES = 12


@dataclass(frozen=True)
class Picture:
    """A validation chip with its labels and what the network found.

    Attributes:
        pixels: (rows, cols, 3) or (rows, cols) float32, 0..1.
        labels: (n, 4) float32, ``col_min, row_min, col_max, row_max`` in pixels of the picture.
        label_classes: (n,) int64, 1..classes.
        boxes: (k, 4) float32 detections.
        classes: (k,) int64.
        scores: (k,) float32.
    """

    pixels: np.ndarray
    labels: np.ndarray
    label_classes: np.ndarray
    boxes: np.ndarray
    classes: np.ndarray
    scores: np.ndarray


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def data_uri(content: bytes) -> str:
    """Return a PNG as an address that an HTML page can hold in itself."""
    return "data:image/png;base64," + base64.b64encode(content).decode("ascii")


def loss_graph(history: Sequence[EpochRecord]) -> Figure:
    """Draw training and validation loss over the epochs."""
    figure, axes = _axes("Epoch", "Loss")
    epochs = [record.epoch for record in history]
    axes.plot(epochs, [record.loss for record in history], label="training", color=COLORS[0], marker=".")
    axes.plot(
        epochs,
        [record.valid_loss for record in history],
        label="validation",
        color=COLORS[1],
        marker=".",
    )
    axes.legend(frameon=False)
    return figure


def metric_graph(history: Sequence[EpochRecord]) -> Figure:
    """Draw each validation metric over the epochs."""
    figure, axes = _axes("Epoch", "Metric")
    names = list(history[-1].metrics) if history else []
    for name, color in zip(names, COLORS, strict=False):
        values = [record.metrics.get(name, np.nan) for record in history]
        label = name.lower().replace("_", " ")
        axes.plot([record.epoch for record in history], values, label=label, color=color, marker=".")
    axes.set_ylim(0, 1)
    axes.legend(frameon=False)
    return figure


def rate_graph(factors: Sequence[tuple[float, float]], rate: float) -> Figure:
    """Draw the learning rate over the run.

    Args:
        factors: Pairs of position (0..1) and share of the highest rate.
        rate: The highest rate.
    """
    figure, axes = _axes("Share of the training", "Learning rate of the head")
    axes.plot(
        [position for position, _ in factors],
        [factor * rate for _, factor in factors],
        color=COLORS[0],
    )
    return figure


def range_test_graph(tested: Sequence[tuple[float, float]], chosen: float) -> Figure:
    """Draw the loss of the range test over the rate, and the rate that was chosen."""
    figure, axes = _axes("Learning rate", "Loss")
    axes.semilogx([rate for rate, _ in tested], [loss for _, loss in tested], color=COLORS[0], marker=".")
    axes.axvline(chosen, color=COLORS[1], linestyle="--", label=f"chosen: {chosen:.2g}")
    axes.legend(frameon=False)
    return figure


def precision_recall_graph(classes: Sequence[ClassScores]) -> Figure:
    """Draw precision over recall, one line per class."""
    figure, axes = _axes("Recall", "Precision")
    for number, entry in enumerate(classes[:MOST_CURVES]):
        label = f"{entry.name} (AP {entry.average_precision:.2f})"
        axes.plot(entry.curve.recall, entry.curve.precision, label=label, color=COLORS[number % len(COLORS)])
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.legend(frameon=False, fontsize="small")
    return figure


def results(pictures: Sequence[Picture], colors: Mapping[int, tuple[int, int, int]]) -> Figure:
    """Draw chips side by side: labels on the left, detections with their scores on the right."""
    rows = max(1, len(pictures))
    figure = Figure(figsize=(8.4, 4.2 * rows + 0.4), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, 2, squeeze=False)
    for (left, right), picture in zip(grid, pictures, strict=False):
        for axes in (left, right):
            axes.imshow(picture.pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        _boxes(left, picture.labels, picture.label_classes, colors, None)
        _boxes(right, picture.boxes, picture.classes, colors, picture.scores)
    for axes in grid.flat:
        axes.set_axis_off()
    grid[0, 0].set_title("Labels")
    grid[0, 1].set_title("Detections")
    return figure


def _boxes(
    axes: Axes,
    boxes: np.ndarray,
    classes: np.ndarray,
    colors: Mapping[int, tuple[int, int, int]],
    scores: np.ndarray | None,
) -> None:
    """Draw boxes in the colours of their classes."""
    for number, (left, top, right, bottom) in enumerate(boxes):
        color = tuple(part / 255 for part in colors[int(classes[number])])
        frame = Rectangle(
            (left - 0.5, top - 0.5), right - left, bottom - top, fill=False, edgecolor=color, linewidth=1.4
        )
        axes.add_patch(frame)
        if scores is not None:
            axes.text(left, top - 1, f"{scores[number]:.2f}", color=color, fontsize=6, va="bottom", clip_on=True)


def _axes(x: str, y: str) -> tuple[Figure, Axes]:
    """Return a figure with one named pair of axes."""
    figure = Figure(figsize=(6.4, 3.8), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(True, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes
