"""Two layers made comparable: one CRS, one area, classes by the same values; then judged box against box."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from ..errors import FeatureError
from ..job import Job
from ..tools.compute_accuracy import ComputeAccuracy
from ..vector.reading import FeatureTable, read_features, related
from .attributes import class_field, class_values, confidences, require_polygons, sorted_values, within_extent
from .bootstrap import FEWEST_BLOCKS, Blocks, intervals, spatial_blocks
from .polygons import polygon_overlap
from .scores import COCO_OVERLAPS, Assessment, assess

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

CONFIDENCE = "Confidence"
ONE_CLASS = "Object"
"""Class of every feature when the layers have no class field."""


@dataclass(frozen=True)
class Side:
    """One of the two layers, ready to be compared.

    Attributes:
        table: The features that take part.
        boxes: (n, 4) float64 bounds in map units of the detections' CRS.
        classes: (n,) int64 numbers into the names of the comparison.
    """

    table: FeatureTable
    boxes: Floats
    classes: Integers


@dataclass(frozen=True)
class Comparison:
    """Detections judged against the ground truth.

    Attributes:
        detected: The detections.
        truth: The references.
        names: Class values as texts, in order.
        titles: What the classes are called, in the same order; the values where no names are known.
        scores: (n,) confidence of the detections, minus infinity where it is null.
        ranked: Whether the detections have confidences at all.
        assessment: Matches and scores.
        blocks: Blocks that the intervals are drawn from.
        ends: (classes + 1, 4, 2) intervals as `bootstrap.intervals` gives them.
    """

    detected: Side
    truth: Side
    names: list[str]
    titles: list[str]
    scores: Floats
    ranked: bool
    assessment: Assessment
    blocks: Blocks
    ends: Floats


def compare(request: ComputeAccuracy, job: Job) -> Comparison:
    """Read, relate and judge the layers of a request.

    Raises:
        FeatureError: A layer is unfit, the two cannot be related, or no class value occurs on both sides.
    """
    job.progress(0.0, "Reading features")
    detected = read_features(request.detected_features, job=job)
    require_polygons(detected, "choose the polygon layer that Detect Objects wrote")
    truth = read_features(request.ground_truth_features, job=job)
    require_polygons(truth, "buffer the ground truth first, so that each object is a polygon of about its size")
    truth = related(truth, detected.crs, job=job, other=detected.name)
    detected, truth = _in_area(request, detected, truth, job)
    found, wanted = _class_texts(request, detected, truth, job)
    detected, found = _with_class(detected, found, job)
    truth, wanted = _with_class(truth, wanted, job)
    names = _common_names(detected, found, truth, wanted, job)
    numbers = {name: number for number, name in enumerate(names)}
    one, other = _side(detected, found, numbers), _side(truth, wanted, numbers)
    if not len(truth):
        job.warn(f"{truth.name} has no feature to compare with: recall and AP are left empty")
    if not len(detected):
        job.message(f"{detected.name} has no feature: every object of {truth.name} is missed")

    ranked = detected.find_field(CONFIDENCE) is not None
    if ranked:
        scores = confidences(detected, CONFIDENCE, job)
    else:
        scores = np.ones(len(detected))
        job.warn(f"{detected.name} has no field {CONFIDENCE}: its features are taken in their order, AP means little")
    by_masks = request.overlap_by == "MASKS"
    job.progress(0.3, "Matching polygons" if by_masks else "Matching boxes")
    least = min(request.min_iou, COCO_OVERLAPS[0])
    overlap = polygon_overlap(detected.geometry, truth.geometry, job, least) if by_masks else None
    assessment = assess(
        one.boxes, scores, one.classes, other.boxes, other.classes, request.min_iou, names=names, overlap=overlap
    )
    job.check()
    job.progress(0.5, "Drawing blocks")
    blocks = spatial_blocks(one.boxes, other.boxes, assessment.matched, request.bootstrap_block_size)
    if request.bootstrap_samples and 0 < blocks.count < FEWEST_BLOCKS:
        job.warn(
            f"objects lie in {blocks.count} blocks of {blocks.size:g} map units and {FEWEST_BLOCKS} are needed for "
            "intervals, so there are none: choose a smaller bootstrap_block_size"
        )
    ends = intervals(
        blocks,
        assessment.matched,
        scores,
        one.classes,
        other.classes,
        len(names),
        request.bootstrap_samples,
        job,
    )
    titles = _titles(names, detected, found)
    return Comparison(one, other, names, titles, scores, ranked, assessment, blocks, ends)


def _in_area(
    request: ComputeAccuracy, detected: FeatureTable, truth: FeatureTable, job: Job
) -> tuple[FeatureTable, FeatureTable]:
    """Return the features of both layers that touch the extent and the mask."""
    before = len(detected), len(truth)
    detected, truth = within_extent(detected, request.extent), within_extent(truth, request.extent)
    if request.mask_features is not None:
        mask = read_features(request.mask_features, job=job)
        require_polygons(mask, "choose a polygon layer as mask")
        mask = related(mask, detected.crs, job=job, other=detected.name)
        tree = shapely.STRtree(shapely.get_parts(mask.geometry))
        detected, truth = (
            table.take(np.unique(tree.query(table.geometry, predicate="intersects")[0])) for table in (detected, truth)
        )
    if (len(detected), len(truth)) != before:
        job.message(
            f"{len(detected)} of {before[0]} detections and {len(truth)} of {before[1]} references lie in the area"
        )
    return detected, truth


def _class_texts(
    request: ComputeAccuracy, detected: FeatureTable, truth: FeatureTable, job: Job
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the class values of both layers as texts; one class where only one layer could tell."""
    asked = request.detected_class_value_field, request.ground_truth_class_value_field
    fields = class_field(detected, asked[0]), class_field(truth, asked[1])
    if fields[0] is not None and fields[1] is not None:
        job.message(f"classes: {fields[0]} of {detected.name} against {fields[1]} of {truth.name}")
        return class_values(detected, fields[0]), class_values(truth, fields[1])
    for field, table, other, name in (
        (fields[0], detected, truth, "ground_truth_class_value_field"),
        (fields[1], truth, detected, "detected_class_value_field"),
    ):
        if field is not None and any(text.strip() for text in asked):
            raise FeatureError(
                f"classes of {table.name} are read from {field} but {other.name} has no field Classvalue or Value: "
                f"name its class field in {name}"
            )
        if field is not None:
            job.warn(f"only {table.name} has a class field ({field}): all features are compared as one class")
    return np.full(len(detected), ONE_CLASS, object), np.full(len(truth), ONE_CLASS, object)


def _with_class(table: FeatureTable, texts: NDArray[np.object_], job: Job) -> tuple[FeatureTable, NDArray[np.object_]]:
    """Return the features whose class is known, and tell about the others."""
    known = np.array([text is not None for text in texts], bool)
    if known.all():
        return table, texts
    job.warn(f"{table.name}: {int((~known).sum())} features without a class value were left out")
    return table.take(known), texts[known]


def _common_names(
    detected: FeatureTable, found: NDArray[np.object_], truth: FeatureTable, wanted: NDArray[np.object_], job: Job
) -> list[str]:
    """Return all class values in order; refuse layers that share none, tell about those on one side only."""
    left, right = set(found.tolist()), set(wanted.tolist())
    if left and right and not left & right:
        raise FeatureError(
            f"no class value of {detected.name} ({_list(left)}) occurs in {truth.name} ({_list(right)}): values must "
            "match exactly, choose the class fields so that they do"
        )
    for name, lacking, values in ((detected.name, truth.name, left - right), (truth.name, detected.name, right - left)):
        if values and left and right:
            job.warn(f"class values of {name} that {lacking} has not: {_list(values)}")
    return sorted_values(left | right)


def _list(values: set[str]) -> str:
    """Return some values in words."""
    ordered = sorted_values(values)
    return ", ".join(ordered[:10]) + (f" and {len(ordered) - 10} more" if len(ordered) > 10 else "")


def _side(table: FeatureTable, texts: NDArray[np.object_], numbers: dict[str, int]) -> Side:
    """Return one layer ready to be compared."""
    classes = np.array([numbers[text] for text in texts], np.int64)
    return Side(table, shapely.bounds(table.geometry).reshape(-1, 4), classes)


def _titles(names: list[str], detected: FeatureTable, found: NDArray[np.object_]) -> list[str]:
    """Return what the classes are called: the field Class of our detections where it is one-to-one, else the values."""
    field = detected.find_field("Class")
    if field is None or detected.fields[field].dtype.kind != "O":
        return names
    called: dict[str, set[str]] = {name: set() for name in names}
    for value, title in zip(found.tolist(), detected.fields[field].tolist(), strict=True):
        called[value].add(str(title) if title is not None else "")
    texts = [next(iter(titles)) if len(titles) == 1 else "" for titles in called.values()]
    return [text if text and texts.count(text) == 1 else name for name, text in zip(names, texts, strict=True)]
