"""What report and package say of a trained network that draws masks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
import torch
from affine import Affine
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from ..accuracy.scores import ClassScores
from ..inference.detections import Detections
from ..inference.kinds import BOX_OVERLAP, MASKS
from ..inference.mask_outlines import mask_polygons
from ..job import Job
from ..tools.arguments import InstanceArguments
from ..training.plots import DPI
from ..training.report import rounded
from ..training.trained import Drawing, Findings, Frame, Table, Trained
from ..training.views import whole_view
from .box_findings import MIN_IOU, MOST_PICTURES, THRESHOLDS, USUAL_THRESHOLD, package_padding, precision_recall_graph
from .instance_scores import box_scores, reference_masks


@dataclass(frozen=True)
class Picture:
    """A validation chip with its labels and what the network found.

    Attributes:
        pixels: (rows, cols, 3) or (rows, cols) float32, 0..1.
        wanted: (n,) multipolygons in pixels of the picture.
        wanted_labels: (n,) int64, 1..classes.
        found: (k,) multipolygons.
        labels: (k,) int64.
        scores: (k,) float32.
    """

    pixels: np.ndarray
    wanted: np.ndarray
    wanted_labels: np.ndarray
    found: np.ndarray
    labels: np.ndarray
    scores: np.ndarray


def findings(trained: Trained, job: Job) -> Findings:
    """Return what report and package say of a trained network that draws masks."""
    evaluation, samples, scale = trained.evaluation, trained.samples, trained.material.scale
    threshold = evaluation.threshold
    threshold = USUAL_THRESHOLD if math.isnan(threshold) else float(np.clip(threshold, *THRESHOLDS))
    padding = package_padding(trained.labels.sizes(trained.material.split.training), scale.tile)
    boxes = box_scores(evaluation, trained.labels.names)
    pictures = _pictures(trained, threshold)
    counts, split = trained.labels.counts(), trained.material.split
    judged = evaluation.classes[:-1]  # without the overall entry, which one class alone would repeat
    by_class = {entry.name: round(entry.average_precision, 4) for entry in judged}
    return Findings(
        summary=_summary(trained, threshold, boxes[-1]),
        frame=Frame(scale.tile, scale.resize_to, padding),
        threshold=threshold,
        keys={
            "average_precision_score": {name: value for name, value in by_class.items() if math.isfinite(value)},
            **evaluation.proposals,
        },
        counted="Instances",
        learnt=samples.classes,
        counts=np.stack([counts[part].sum(axis=0) for part in (split.training, split.validation)], axis=1),
        explanation=f"A detection is right when its mask shares an IoU of at least {MIN_IOU:g} with that of a label "
        "that no better detection took; beside it stands the same by boxes. Average precision is COCO's (101 recalls). "
        "Instances that the edge of a chip cuts are not judged where enough whole ones remain.",
        tables=[_table(evaluation.classes, boxes)],
        drawings=[Drawing("precision_recall", "Precision over recall, by masks", precision_recall_graph(judged))],
        results=results(pictures, {label: entry.color for label, entry in enumerate(samples.classes, start=1)}),
        results_note=f"Labels on the left, detections of at least {threshold:.2f} on the right."
        + ("" if pictures else " No validation chip could be shown."),
    )


def _summary(trained: Trained, threshold: float, boxes: ClassScores) -> str:
    """Return the result in one sentence."""
    metrics = trained.evaluation.metrics
    overlaps = "".join(f", {key} {value:g}" for key, value in trained.evaluation.proposals.items())
    return (
        f"{trained.title}: average precision of masks {metrics.get('AVERAGE_PRECISION', 0.0):.3f} (of boxes "
        f"{float(np.nan_to_num(boxes.average_precision)):.3f}) at IoU {MIN_IOU:g} and best F1 of masks "
        f"{metrics.get('F1_SCORE', 0.0):.3f} on {len(trained.evaluation.predictions)} validation chips, "
        f"threshold {threshold:.2f}{overlaps} proposed, {trained.length}"
    )


def _table(masks: Sequence[ClassScores], boxes: Sequence[ClassScores]) -> Table:
    """Return the scores of each class, by masks and by boxes."""
    columns = (
        "Class", f"Mask AP at {MIN_IOU:g}", "Mask AP at 0.50:0.95", "Best F1", "at threshold",
        f"Box AP at {MIN_IOU:g}", "Box AP at 0.50:0.95",
    )  # fmt: skip
    rows = []
    for by_mask, by_box in zip(masks, boxes, strict=True):
        values = (
            by_mask.average_precision, by_mask.mean_average_precision, by_mask.best_f1, by_mask.best_threshold,
            by_box.average_precision, by_box.mean_average_precision,
        )  # fmt: skip
        rows.append([by_mask.name, *(rounded(value) for value in values)])
    return Table(columns, rows)


@torch.inference_mode()
def _pictures(trained: Trained, threshold: float) -> list[Picture]:
    """Return validation chips with labels, spread over the split, seen once more by the network."""
    store, scale = trained.material.store, trained.material.scale
    indexes = trained.material.split.validation
    labelled = [int(index) for index in indexes if len(store.samples[int(index)].boxes)] or indexes.tolist()
    count = min(MOST_PICTURES, len(labelled))
    view = whole_view(scale.chip, scale.whole)
    network = trained.start.network.eval()
    device = next(network.parameters()).device
    overlap = dict(trained.evaluation.proposals).popitem()[1] if trained.evaluation.proposals else BOX_OVERLAP
    arguments = InstanceArguments(0, nms_overlap=overlap)
    pictures = []
    for place in np.linspace(0, len(labelled) - 1, count).round().astype(int).tolist():
        pixels, target = store.shown(labelled[place], view)
        images = trained.start.normalisation.apply(pixels[None].to(device))
        (part,) = network.detect(images, threshold, MASKS.network_overlap(arguments))  # type: ignore[operator]
        found = MASKS.in_tile(MASKS.found(part), None, (view.rows, view.cols), arguments)
        wanted = mask_polygons(reference_masks(target), Affine.identity(), True)
        pictures.append(
            Picture(
                trained.visible(pixels.numpy()), wanted, target["labels"].numpy(), _outlines(found),
                found.labels.astype(np.int64), found.scores,
            )
        )  # fmt: skip
    return pictures


def _outlines(found: Detections) -> np.ndarray:
    """Return the outlines of detections in pixels."""
    return mask_polygons(found.pixels, Affine.identity(), True)


def results(pictures: Sequence[Picture], colors: Mapping[int, tuple[int, int, int]]) -> Figure:
    """Draw chips side by side: labels on the left, detections with their scores on the right."""
    rows = max(1, len(pictures))
    figure = Figure(figsize=(8.4, 4.2 * rows + 0.4), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, 2, squeeze=False)
    for (left, right), picture in zip(grid, pictures, strict=False):
        for area in (left, right):
            area.imshow(picture.pixels, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        _draw(left, picture.wanted, picture.wanted_labels, colors, None)
        _draw(right, picture.found, picture.labels, colors, picture.scores)
    for area in grid.flat:
        area.set_axis_off()
    grid[0, 0].set_title("Labels")
    grid[0, 1].set_title("Detections")
    return figure


def _draw(
    area: Axes,
    outlines: np.ndarray,
    labels: np.ndarray,
    colors: Mapping[int, tuple[int, int, int]],
    scores: np.ndarray | None,
) -> None:
    """Draw outlines, lightly filled, in the colours of their classes."""
    for number, outline in enumerate(outlines):
        red, green, blue = (part / 255 for part in colors[int(labels[number])])
        rings = [ring for part in outline.geoms for ring in (part.exterior, *part.interiors)]
        path = Path.make_compound_path(*(Path(shapely.get_coordinates(ring) - 0.5, closed=True) for ring in rings))
        area.add_patch(PathPatch(path, facecolor=(red, green, blue, 0.25), edgecolor=(red, green, blue), linewidth=1.2))
        if scores is not None:
            left, top, _, _ = outline.bounds
            text = f"{scores[number]:.2f}"
            area.text(left, top - 1, text, color=(red, green, blue), fontsize=6, va="bottom", clip_on=True)
