"""What report and package say of a trained network that finds objects: what boxes and masks share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..accuracy.scores import ClassScores
from ..training.plots import COLORS, DPI, axes
from ..training.trained import Drawing, Findings, Frame, Table, Trained
from .object_scores import MIN_IOU

THRESHOLDS = (0.05, 0.95)
"""Range of a proposed threshold."""
USUAL_THRESHOLD = 0.5
LARGEST_SIZE_PERCENTILE = 95.0
MOST_PICTURES = 5
MOST_CURVES = 12


@dataclass(frozen=True)
class Picture:
    """A validation chip with its labels and what the network found.

    Attributes:
        pixels: (rows, cols, 3) or (rows, cols) float32, 0..1.
        wanted: (n, 4) ``col_min, row_min, col_max, row_max`` or (n,) multipolygons, in pixels of the picture.
        wanted_labels: (n,) int64, 1..classes.
        found: (k, 4) or (k,) detections, as ``wanted``.
        labels: (k,) int64.
        scores: (k,) float32.
    """

    pixels: np.ndarray
    wanted: np.ndarray
    wanted_labels: np.ndarray
    found: np.ndarray
    labels: np.ndarray
    scores: np.ndarray


@dataclass(frozen=True)
class Wording:
    """How the objects of a task are spoken of.

    Attributes:
        counted: What is counted of a class, such as ``Objects``.
        explanation: How the figures are made.
        curves: Title of the curves.
        what: Whose the figures of the summary are, behind a blank, such as `` of masks``.
        beside: What the summary says beside the average precision, in brackets behind a blank.
    """

    counted: str
    explanation: str
    curves: str = "Precision over recall"
    what: str = ""
    beside: str = ""


Color = tuple[float, float, float]
Draw = Callable[[Axes, np.ndarray, Sequence[Color], Sequence[str]], None]
"""Draws objects into an area, each in its colour with its text."""


def object_findings(
    trained: Trained, wording: Wording, table: Table, pictures: Sequence[Picture], draw: Draw
) -> Findings:
    """Return what report and package say of a trained network that finds objects.

    Args:
        trained: The finished training.
        wording: How its objects are spoken of.
        table: The scores of each class.
        pictures: Validation chips with labels and detections of at least the proposed threshold.
        draw: Draws the objects of a picture.
    """
    evaluation, samples, scale = trained.evaluation, trained.samples, trained.material.scale
    counts, split = trained.labels.counts(), trained.material.split
    judged = evaluation.classes[:-1]  # without the overall entry, which one class alone would repeat
    by_class = {entry.name: round(entry.average_precision, 4) for entry in judged}
    threshold = proposed_threshold(trained)
    note = "" if pictures else " No validation chip could be shown."
    colors = {label: entry.color for label, entry in enumerate(samples.classes, start=1)}
    return Findings(
        summary=_summary(trained, wording),
        frame=Frame(scale.tile, scale.resize_to, package_padding(trained.labels.sizes(split.training), scale.tile)),
        threshold=threshold,
        keys={
            "average_precision_score": {name: value for name, value in by_class.items() if math.isfinite(value)},
            **evaluation.proposals,
        },
        counted=wording.counted,
        learnt=samples.classes,
        counts=np.stack([counts[part].sum(axis=0) for part in (split.training, split.validation)], axis=1),
        explanation=wording.explanation,
        tables=[table],
        drawings=[Drawing("precision_recall", wording.curves, precision_recall_graph(judged))],
        results=results(pictures, colors, draw),
        results_note=f"Labels on the left, detections of at least {threshold:.2f} on the right.{note}",
    )


def proposed_threshold(trained: Trained) -> float:
    """Return the score from which on detections should be kept, 0..1."""
    best = trained.evaluation.threshold
    return USUAL_THRESHOLD if math.isnan(best) else float(np.clip(best, *THRESHOLDS))


def package_padding(sizes: np.ndarray, tile: tuple[int, int]) -> int:
    """Return the padding a package proposes: half of a large object, at most a quarter of the tile.

    Args:
        sizes: (n, 2) widths and heights of the training objects, raster pixels.
        tile: Rows and columns of the tile, raster pixels.
    """
    if not len(sizes):
        return 0
    large = float(np.percentile(sizes.max(axis=1), LARGEST_SIZE_PERCENTILE))
    return min(-(-int(np.ceil(large)) // 2), min(tile) // 4)


def _summary(trained: Trained, wording: Wording) -> str:
    """Return the result in one sentence."""
    evaluation, what = trained.evaluation, wording.what
    overlaps = "".join(f", {key} {value:g}" for key, value in evaluation.proposals.items())
    return (
        f"{trained.title}: average precision{what} "
        f"{evaluation.metrics.get('AVERAGE_PRECISION', 0.0):.3f}{wording.beside} at IoU {MIN_IOU:g} and best F1{what} "
        f"{evaluation.metrics.get('F1_SCORE', 0.0):.3f} on {len(evaluation.predictions)} validation chips, "
        f"threshold {proposed_threshold(trained):.2f}{overlaps} proposed, {trained.length}"
    )


def shown_places(trained: Trained) -> list[int]:
    """Return which validation chips are shown, by their places: chips with labels, spread over the split."""
    samples, indexes = trained.material.store.samples, trained.material.split.validation
    labelled = [place for place, index in enumerate(indexes) if len(samples[int(index)].boxes)]
    places = np.array(labelled or range(len(indexes)), np.int64)
    count = min(MOST_PICTURES, len(places))
    return places[np.linspace(0, len(places) - 1, count).round().astype(int)].tolist()


def precision_recall_graph(classes: Sequence[ClassScores]) -> Figure:
    """Draw precision over recall, one line per class."""
    figure, area = axes("Recall", "Precision")
    for number, entry in enumerate(classes[:MOST_CURVES]):
        label = f"{entry.name} (AP {entry.average_precision:.2f})"
        area.plot(entry.curve.recall, entry.curve.precision, label=label, color=COLORS[number % len(COLORS)])
    area.set_xlim(0, 1)
    area.set_ylim(0, 1.02)
    area.legend(frameon=False, fontsize="small")
    return figure


def results(pictures: Sequence[Picture], colors: Mapping[int, tuple[int, int, int]], draw: Draw) -> Figure:
    """Draw chips side by side: labels on the left, detections with their scores on the right."""
    rows = max(1, len(pictures))
    figure = Figure(figsize=(8.4, 4.2 * rows + 0.4), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, 2, squeeze=False)
    for (left, right), picture in zip(grid, pictures, strict=False):
        for area in (left, right):
            area.imshow(picture.pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        draw(left, picture.wanted, _shares(picture.wanted_labels, colors), [""] * len(picture.wanted))
        draw(right, picture.found, _shares(picture.labels, colors), [f"{score:.2f}" for score in picture.scores])
    for area in grid.flat:
        area.set_axis_off()
    grid[0, 0].set_title("Labels")
    grid[0, 1].set_title("Detections")
    return figure


def write_score(area: Axes, left: float, top: float, text: str, color: Color) -> None:
    """Write a text above an object's upper left corner, in its colour; nothing where the text is empty."""
    if text:
        area.text(left, top - 1, text, color=color, fontsize=6, va="bottom", clip_on=True)


def _shares(labels: np.ndarray, colors: Mapping[int, tuple[int, int, int]]) -> list[Color]:
    """Return the colour of each label, parts 0..1."""
    parts = [colors[int(label)] for label in labels]
    return [(red / 255, green / 255, blue / 255) for red, green, blue in parts]
