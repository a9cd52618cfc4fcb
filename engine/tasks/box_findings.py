"""What report and package say of a trained detector."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ..accuracy.scores import ClassScores
from ..job import Job
from ..training.plots import COLORS, DPI, axes
from ..training.report import rounded
from ..training.trained import Drawing, Findings, Frame, Table, Trained
from ..training.views import whole_view

MIN_IOU = 0.5
"""IoU from which on a detection counts as right."""
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


def findings(trained: Trained, job: Job) -> Findings:
    """Return what report and package say of a trained detector."""
    evaluation, samples, scale = trained.evaluation, trained.samples, trained.material.scale
    found = evaluation.threshold
    threshold = USUAL_THRESHOLD if math.isnan(found) else float(np.clip(found, *THRESHOLDS))
    padding = package_padding(trained.labels.sizes(trained.material.split.training), scale.tile)
    pictures = _pictures(trained, threshold)
    counts, split = trained.labels.counts(), trained.material.split
    judged = evaluation.classes[:-1]  # without the overall entry, which one class alone would repeat
    by_class = {entry.name: round(entry.average_precision, 4) for entry in judged}
    note = "" if pictures else " No validation chip could be shown."
    return Findings(
        summary=_summary(trained, threshold),
        frame=Frame(scale.tile, scale.resize_to, padding),
        threshold=threshold,
        keys={
            "average_precision_score": {name: value for name, value in by_class.items() if math.isfinite(value)},
            **evaluation.proposals,
        },
        counted="Objects",
        learnt=samples.classes,
        counts=np.stack([counts[part].sum(axis=0) for part in (split.training, split.validation)], axis=1),
        explanation=f"A detection is right when it shares an IoU of at least {MIN_IOU:g} with a label that no better "
        "detection took. Average precision is COCO's (101 recalls). Objects that the edge of a chip cuts are not "
        "judged where enough whole ones remain.",
        tables=[_table(evaluation.classes)],
        drawings=[Drawing("precision_recall", "Precision over recall", precision_recall_graph(judged))],
        results=results(pictures, {label: entry.color for label, entry in enumerate(samples.classes, start=1)}),
        results_note=f"Labels on the left, detections of at least {threshold:.2f} on the right.{note}",
    )


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


def _summary(trained: Trained, threshold: float) -> str:
    """Return the result in one sentence."""
    metrics = trained.evaluation.metrics
    overlaps = "".join(f", {key} {value:g}" for key, value in trained.evaluation.proposals.items())
    return (
        f"{trained.title}: average precision "
        f"{metrics.get('AVERAGE_PRECISION', 0.0):.3f} at IoU {MIN_IOU:g} and best F1 "
        f"{metrics.get('F1_SCORE', 0.0):.3f} on {len(trained.evaluation.predictions)} validation chips, "
        f"threshold {threshold:.2f}{overlaps} proposed, {trained.length}"
    )


def _table(classes: Sequence[ClassScores]) -> Table:
    """Return the scores of each class."""
    columns = (
        "Class", f"AP at {MIN_IOU:g}", "AP at 0.50:0.95", "Best F1", "at threshold", "Precision there", "Recall there",
    )  # fmt: skip
    return Table(columns, [[entry.name, *_score_row(entry)] for entry in classes])


def _score_row(entry: ClassScores) -> list[str]:
    """Return the figures of a class: AP, mAP, best F1, its threshold, precision and recall there."""
    curve = entry.curve
    if len(curve.f1) and not math.isnan(entry.best_threshold):
        place = int(np.argmax(curve.f1))
        there = [rounded(float(curve.precision[place])), rounded(float(curve.recall[place]))]
    else:
        there = ["-", "-"]
    values = (entry.average_precision, entry.mean_average_precision, entry.best_f1, entry.best_threshold)
    return [*(rounded(value) for value in values), *there]


def _pictures(trained: Trained, threshold: float) -> list[Picture]:
    """Return validation chips with labels, spread over the split."""
    store, scale = trained.material.store, trained.material.scale
    indexes = trained.material.split.validation
    labelled = np.array(
        [place for place, index in enumerate(indexes) if len(store.samples[int(index)].boxes)], np.int64
    )
    places = labelled if len(labelled) else np.arange(len(indexes))
    count = min(MOST_PICTURES, len(places))
    view = whole_view(scale.chip, scale.whole)
    pictures = []
    for place in places[np.linspace(0, len(places) - 1, count).round().astype(int)]:
        pixels, targets = store.shown(int(indexes[place]), view)
        found = trained.evaluation.predictions[place]
        kept = found["scores"] >= threshold
        pictures.append(
            Picture(
                trained.visible(pixels.numpy()),
                targets["boxes"].numpy(),
                targets["labels"].numpy(),
                found["boxes"][kept],
                found["labels"][kept],
                found["scores"][kept],
            )
        )
    return pictures


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


def results(pictures: Sequence[Picture], colors: Mapping[int, tuple[int, int, int]]) -> Figure:
    """Draw chips side by side: labels on the left, detections with their scores on the right."""
    rows = max(1, len(pictures))
    figure = Figure(figsize=(8.4, 4.2 * rows + 0.4), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, 2, squeeze=False)
    for (left, right), picture in zip(grid, pictures, strict=False):
        for area in (left, right):
            area.imshow(picture.pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        _boxes(left, picture.labels, picture.label_classes, colors, None)
        _boxes(right, picture.boxes, picture.classes, colors, picture.scores)
    for area in grid.flat:
        area.set_axis_off()
    grid[0, 0].set_title("Labels")
    grid[0, 1].set_title("Detections")
    return figure


def _boxes(
    area: Axes,
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
        area.add_patch(frame)
        if scores is not None:
            area.text(left, top - 1, f"{scores[number]:.2f}", color=color, fontsize=6, va="bottom", clip_on=True)
