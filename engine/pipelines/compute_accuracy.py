"""Judge detections: detections + ground truth -> matches at IoU -> scores -> table, report, layers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .. import files
from ..accuracy.attributes import geometry_type
from ..accuracy.bootstrap import METRICS
from ..accuracy.comparison import Comparison, Side, compare
from ..accuracy.matching import best_overlaps
from ..accuracy.polygons import polygon_overlap
from ..accuracy.report import write_report
from ..accuracy.scores import ClassScores
from ..job import Job
from ..tools.compute_accuracy import ComputeAccuracy
from ..tools.values import FeatureTarget
from ..vector.writing import output_path, write_features, write_table

OVERLAP_FIELD = "IoU"


def run(request: ComputeAccuracy, job: Job) -> dict[str, str]:
    """Judge one layer of detections; see ComputeAccuracy for the parameters."""
    comparison = compare(request, job)
    _check_outputs(request)
    _tell(comparison, request, job)
    job.progress(0.7, "Writing the table")
    outputs = {"out_accuracy_table": write_table(request.out_accuracy_table, accuracy_table(comparison), job)}
    if request.out_accuracy_report:
        job.progress(0.8, "Writing the report")
        report = Path(request.out_accuracy_report)
        with files.replaced(report, job) as temporary:
            write_report(temporary, comparison, request, job)
        outputs["out_accuracy_report"] = str(report)
    job.progress(0.9, "Writing features")
    return outputs | _write_layers(request, comparison, job)


def accuracy_table(comparison: Comparison) -> dict[str, NDArray[np.generic]]:
    """Return the columns of the table, ArcGIS's first; one row per class and one for all."""
    entries = comparison.assessment.entries
    columns: dict[str, NDArray[np.generic]] = {
        "Class": np.array([entry.name for entry in entries], object),
        "Precision": np.array([entry.counts.precision for entry in entries]),
        "Recall": np.array([entry.counts.recall for entry in entries]),
        "F1_Score": np.array([entry.counts.f1 for entry in entries]),
        "AP": np.array([entry.average_precision for entry in entries]),
        "True_Positive": np.array([entry.counts.true_positives for entry in entries], np.int64),
        "False_Positive": np.array([entry.counts.false_positives for entry in entries], np.int64),
        "False_Negative": np.array([entry.counts.false_negatives for entry in entries], np.int64),
        "Best_Threshold": np.array([_threshold(entry, comparison.ranked) for entry in entries]),
        "Best_F1": np.array([entry.best_f1 if comparison.ranked else np.nan for entry in entries]),
        "mAP": np.array([entry.mean_average_precision for entry in entries]),
    }
    for place, metric in enumerate(METRICS):
        for end, word in enumerate(("Low", "High")):
            columns[f"{metric}_{word}"] = comparison.ends[:, place, end]
    return columns


def _threshold(entry: ClassScores, ranked: bool) -> float:
    """Return the best threshold, NaN when there is none to choose."""
    return entry.best_threshold if ranked and np.isfinite(entry.best_threshold) else float("nan")


def _check_outputs(request: ComputeAccuracy) -> None:
    """Refuse outputs that cannot be written, before the first one is."""
    layers = (request.out_true_positives, request.out_false_positives, request.out_false_negatives)
    for target in (request.out_accuracy_table, *layers):
        if target is not None:
            files.writable(output_path(target)[0])
    if request.out_accuracy_report:
        files.writable(Path(request.out_accuracy_report))


def _tell(comparison: Comparison, request: ComputeAccuracy, job: Job) -> None:
    """Tell the figures over all classes."""
    entry = comparison.assessment.entries[-1]
    counts = entry.counts
    what = " of polygons" if request.overlap_by == "MASKS" else ""
    job.message(
        f"{counts.true_positives} right, {counts.false_positives} wrong, {counts.false_negatives} missed "
        f"at IoU {request.min_iou:g}{what}: precision {counts.precision:.3f}, recall {counts.recall:.3f}, "
        f"F1 {counts.f1:.3f}, AP {entry.average_precision:.3f}, mAP {entry.mean_average_precision:.3f}"
    )
    if comparison.ranked and np.isfinite(entry.best_threshold):
        threshold = f"{entry.best_threshold:.2f}"
        job.message(f"the best F1, {entry.best_f1:.3f}, is reached by keeping confidence {threshold} and above")


def _write_layers(request: ComputeAccuracy, comparison: Comparison, job: Job) -> dict[str, str]:
    """Write the asked layers of hits, false detections and misses; IoU is that of the match or the best there is."""
    outputs: dict[str, str] = {}
    if request.out_false_positives or request.out_false_negatives:
        one, other = comparison.detected, comparison.truth
        by_masks = request.overlap_by == "MASKS"
        overlap = polygon_overlap(one.table.geometry, other.table.geometry, job) if by_masks else None
        nearest, nearest_truth = best_overlaps(
            one.boxes, other.boxes, groups=one.classes, reference_groups=other.classes, overlap=overlap
        )
    else:
        nearest = nearest_truth = np.zeros(0)
    matched = comparison.assessment.matched
    hit = matched >= 0
    missed = np.ones(len(comparison.truth.boxes), bool)
    missed[matched[hit]] = False
    for name, target, side, chosen, shared in (
        ("out_true_positives", request.out_true_positives, comparison.detected, hit, comparison.assessment.overlap),
        ("out_false_positives", request.out_false_positives, comparison.detected, ~hit, nearest),
        ("out_false_negatives", request.out_false_negatives, comparison.truth, missed, nearest_truth),
    ):
        if target is not None:
            outputs[name] = _write_layer(target, side, chosen, shared, job)
    return outputs


def _write_layer(
    target: FeatureTarget, side: Side, chosen: NDArray[np.bool_], overlap: NDArray[np.float64], job: Job
) -> str:
    """Write the chosen features of one side with their overlap."""
    table = side.table.take(chosen)
    old = table.find_field(OVERLAP_FIELD)
    table = table.with_fields({old or OVERLAP_FIELD: overlap[chosen]})
    return write_features(target, table, job=job, geometry_type=geometry_type(side.table), crs=table.crs)
