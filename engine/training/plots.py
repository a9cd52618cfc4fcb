"""Pictures of a training run, as matplotlib figures without a window."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from .state import EpochRecord

DPI = 120
PICTURE_DPI = 130
"""Dots per inch of the pictures inside vector figures."""
COLORS = ("#1b6ca8", "#d1495b", "#3f8f5b", "#8d5fa8", "#c98a1b", "#4a4a4a", "#2aa7a1", "#b5651d")


def png(figure: Figure) -> bytes:
    """Return a figure as a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


def svg(figure: Figure) -> bytes:
    """Return a figure as an SVG file: sharp at every size and in print; only pictures in it are pixels.

    Equal figures are equal files: the file holds no date and no drawn names.
    """
    buffer = io.BytesIO()
    with rc_context({"svg.hashsalt": "imagery-deep-learning"}):
        figure.savefig(buffer, format="svg", dpi=PICTURE_DPI, metadata={"Date": None})
    return buffer.getvalue()


def data_uri(content: bytes) -> str:
    """Return an SVG file as an address that an HTML page can hold in itself."""
    return "data:image/svg+xml;base64," + base64.b64encode(content).decode("ascii")


def loss_graph(history: Sequence[EpochRecord]) -> Figure:
    """Draw training and validation loss over the epochs."""
    figure, area = axes("Epoch", "Loss")
    epochs = [record.epoch for record in history]
    area.plot(epochs, [record.loss for record in history], label="training", color=COLORS[0], marker=".")
    area.plot(
        epochs,
        [record.valid_loss for record in history],
        label="validation",
        color=COLORS[1],
        marker=".",
    )
    _count_epochs(area, history)
    area.legend(frameon=False, loc="upper right")
    return figure


def metric_graph(history: Sequence[EpochRecord]) -> Figure:
    """Draw each validation metric over the epochs."""
    figure, area = axes("Epoch", "Metric")
    names = list(history[-1].metrics) if history else []
    for name, color in zip(names, COLORS, strict=False):
        values = [record.metrics.get(name, np.nan) for record in history]
        label = name.lower().replace("_", " ")
        area.plot([record.epoch for record in history], values, label=label, color=color, marker=".")
    area.set_ylim(0, 1.02)
    _count_epochs(area, history)
    area.legend(frameon=False, loc="lower right", ncols=2 if len(names) > 4 else 1)
    return figure


def _count_epochs(area: Axes, history: Sequence[EpochRecord]) -> None:
    """Let an axis of epochs have whole numbers only, also of a single epoch."""
    area.xaxis.set_major_locator(MaxNLocator(integer=True))
    area.set_xlim(0.5, (history[-1].epoch if history else 1) + 0.5)


def rate_graph(factors: Sequence[tuple[float, float]], rate: float) -> Figure:
    """Draw the learning rate over the run.

    Args:
        factors: Pairs of position (0..1) and share of the highest rate.
        rate: The highest rate.
    """
    figure, area = axes("Share of the training", "Learning rate of the head")
    area.plot(
        [position for position, _ in factors],
        [factor * rate for _, factor in factors],
        color=COLORS[0],
    )
    return figure


def range_test_graph(tested: Sequence[tuple[float, float]], chosen: float) -> Figure:
    """Draw the loss of the range test over the rate, and the rate that was chosen."""
    figure, area = axes("Learning rate", "Loss")
    area.semilogx([rate for rate, _ in tested], [loss for _, loss in tested], color=COLORS[0], marker=".")
    area.axvline(chosen, color=COLORS[1], linestyle="--", label=f"chosen: {chosen:.2g}")
    area.legend(frameon=False)
    return figure


def axes(x: str, y: str) -> tuple[Figure, Axes]:
    """Return a figure with one named pair of area."""
    figure = Figure(figsize=(5.0, 3.1), dpi=DPI, layout="constrained")
    area = figure.subplots()
    area.set_xlabel(x)
    area.set_ylabel(y)
    area.grid(True, alpha=0.25)
    area.spines[["top", "right"]].set_visible(False)
    return figure, area
