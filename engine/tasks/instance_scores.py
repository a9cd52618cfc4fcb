"""How well instances are found: average precision and F1 by the overlap of masks, with COCO's rules.

What overlaps what is worked out once a chip, while its masks are at hand; then only these numbers are kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from torch import Tensor

from ..accuracy.matching import Overlap, match_boxes
from ..accuracy.scores import ClassScores, scores_by_class
from ..inference.detections import Detections
from ..inference.kinds import MASKS
from ..inference.mask_suppression import suppress_masks
from ..inference.masks import PixelMasks, mask_overlap
from ..inference.overlaps import Floats, Integers
from ..tools.arguments import InstanceArguments
from .box_findings import MIN_IOU
from .registry import Evaluation

OVERLAPS = (0.1, 0.2, 0.3, 0.4)
"""Overlaps of two instances that a package may propose."""
LARGEST_OVERLAP = 0.5
"""Overlap that is left while training."""
AS_GOOD = 0.01
"""Difference of scores that says nothing."""
EDGE = 1
"""Instances nearer to a chip's edge than this many pixels are cut by it."""
FEWEST_WHOLE = 0.3
"""Share of the instances that must be whole, for only these to be judged."""

Chip = Mapping[str, np.ndarray]
"""Instances of a chip, arrays by name: ``boxes``, ``labels``, ``whole``; of predictions also ``scores``, ``overlaps``
(k, references) float32 IoU of masks, ``kept`` (k, overlaps) bool, which are left at each of ``OVERLAPS``."""


def reference_masks(target: Mapping[str, Tensor]) -> PixelMasks:
    """Return the pixels of the instances of a target."""
    maps, boxes = target["maps"].cpu().numpy(), target["boxes"].cpu().numpy().astype(np.int64)
    cut = [
        maps[plane, top:bottom, left:right] == number
        for (plane, number), (left, top, right, bottom) in zip(
            target["places"].cpu().numpy().tolist(), boxes.tolist(), strict=True
        )
    ]
    return PixelMasks.of(boxes[:, :2], cut)


def judged_chip(
    part: Mapping[str, Tensor], target: Mapping[str, Tensor], size: tuple[int, int]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return what was found on a chip and what should have been, ready to be compared.

    Args:
        part: Detections of a network that draws masks.
        target: What it should have found.
        size: Rows and columns of the image.
    """
    arguments = InstanceArguments(0, nms_overlap=LARGEST_OVERLAP)
    found = MASKS.in_tile(MASKS.found(part), None, size, arguments)
    wanted = reference_masks(target)
    one, other = (index.ravel() for index in np.indices((len(found), len(wanted))))
    kept = np.zeros((len(found), len(OVERLAPS)), bool)
    for column, overlap in enumerate(OVERLAPS):
        kept[suppress_masks(found, overlap), column] = True
    labels = target["labels"].cpu().numpy().astype(np.int64)
    return (
        {
            "boxes": found.boxes,
            "scores": found.scores,
            "labels": found.labels.astype(np.int64),
            "whole": _whole(found.pixels, size),
            "overlaps": _overlaps(found, wanted, one, other),
            "kept": kept,
        },
        {"boxes": wanted.windows.astype(np.float64), "labels": labels, "whole": _whole(wanted, size)},
    )


def _overlaps(found: Detections, wanted: PixelMasks, one: Integers, other: Integers) -> np.ndarray:
    """Return (found, wanted) float32 IoU of the masks of all pairs."""
    low = np.maximum(found.pixels.windows[one, :2], wanted.windows[other, :2])
    meet = (np.minimum(found.pixels.windows[one, 2:], wanted.windows[other, 2:]) > low).all(axis=1)
    overlaps = np.zeros(len(one), np.float32)
    overlaps[meet] = mask_overlap(found.pixels, one[meet], wanted, other[meet])
    return overlaps.reshape(len(found), len(wanted))


def _whole(masks: PixelMasks, size: tuple[int, int]) -> np.ndarray:
    """Return (n,) bool: which masks the chip's edge does not cut."""
    windows, limit = masks.windows, np.array([size[1], size[0]]) - EDGE
    return np.asarray((windows[:, :2] >= EDGE).all(axis=1) & (windows[:, 2:] <= limit).all(axis=1))


def judged(evaluation: Evaluation, names: Sequence[str]) -> Evaluation:
    """Return an evaluation with the scores of its predictions, by the overlap of masks."""
    predictions, references = _of_whole_instances(evaluation.predictions, evaluation.references)
    classes = class_scores(predictions, references, names, by_masks=True)
    everything = classes[-1]
    metrics = {
        "AVERAGE_PRECISION": float(np.nan_to_num(everything.average_precision)),
        "F1_SCORE": float(everything.best_f1),
    }
    return replace(evaluation, metrics=metrics, classes=classes, threshold=everything.best_threshold)


def box_scores(evaluation: Evaluation, names: Sequence[str]) -> list[ClassScores]:
    """Return the scores of an evaluation by the overlap of boxes."""
    predictions, references = _of_whole_instances(evaluation.predictions, evaluation.references)
    return class_scores(predictions, references, names, by_masks=False)


def best_overlap(evaluation: Evaluation, names: Sequence[str]) -> tuple[float, Evaluation]:
    """Return the smallest overlap of two instances that is as good as the best one, and the evaluation there."""
    tried = []
    for column, overlap in enumerate(OVERLAPS):
        thinned = [_taken(found, found["kept"][:, column]) for found in evaluation.predictions]
        scored = judged(replace(evaluation, predictions=thinned), names)
        tried.append((sum(scored.metrics.values()), overlap, scored))
    best = max(score for score, _, _ in tried)
    return next((overlap, scored) for score, overlap, scored in tried if score >= best - AS_GOOD)


def class_scores(
    predictions: Sequence[Chip], references: Sequence[Chip], names: Sequence[str], by_masks: bool
) -> list[ClassScores]:
    """Return the scores of each class, and of all as the last entry."""
    chips, wanted_chips = (
        np.repeat(np.arange(len(part)), [len(chip["labels"]) for chip in part]) for part in (predictions, references)
    )
    flat = np.concatenate([np.zeros(0), *(found["overlaps"].ravel() for found in predictions)])
    widths = np.array([found["overlaps"].shape[1] for found in predictions], np.int64)
    begins = np.cumsum([0, *(found["overlaps"].size for found in predictions)])[:-1]
    rows, cols = _numbered(chips), _numbered(wanted_chips)

    def overlap(one: Integers, other: Integers, _: Floats) -> Floats:
        chip = chips[one]
        return np.asarray(flat[begins[chip] + rows[one] * widths[chip] + cols[other]], np.float64)

    return scores_by_class(
        _joined([found["boxes"] for found in predictions], (0, 4)),
        _joined([found["scores"] for found in predictions], (0,)),
        _joined([found["labels"] for found in predictions], (0,)).astype(np.int64) - 1,
        _joined([wanted["boxes"] for wanted in references], (0, 4)),
        _joined([wanted["labels"] for wanted in references], (0,)).astype(np.int64) - 1,
        MIN_IOU,
        names=list(names),
        groups=chips,
        reference_groups=wanted_chips,
        overlap=overlap if by_masks else None,
    )


def _of_whole_instances(predictions: Sequence[Chip], references: Sequence[Chip]) -> tuple[list[Chip], list[Chip]]:
    """Return predictions and references without those that a chip's edge cuts.

    A neighbouring tile sees such an instance whole, so inference does not take it from here. A prediction of a cut
    instance is neither right nor wrong. Where few instances are whole, all are judged.
    """
    whole = sum(int(wanted["whole"].sum()) for wanted in references)
    if whole < FEWEST_WHOLE * sum(len(wanted["whole"]) for wanted in references):
        return list(predictions), list(references)
    judged_part: list[Chip] = []
    for found, wanted in zip(predictions, references, strict=True):
        matched = match_boxes(
            found["boxes"], found["scores"], wanted["boxes"], MIN_IOU,
            groups=found["labels"], reference_groups=wanted["labels"],
            overlap=_looked_up(found["overlaps"]),
        )  # fmt: skip
        of_cut = (matched >= 0) & ~np.append(wanted["whole"], True)[matched]
        kept = _taken(found, found["whole"] & ~of_cut)
        judged_part.append({**kept, "overlaps": kept["overlaps"][:, wanted["whole"]]})
    wholes: list[Chip] = [_taken(wanted, wanted["whole"]) for wanted in references]
    return judged_part, wholes


def _looked_up(overlaps: np.ndarray) -> Overlap:
    """Return the overlap of masks of one chip."""
    return lambda one, other, _: np.asarray(overlaps[one, other], np.float64)


def _taken(chip: Chip, which: np.ndarray) -> dict[str, np.ndarray]:
    """Return some of a chip's instances."""
    return {name: values[which] for name, values in chip.items()}


def _numbered(chips: np.ndarray) -> np.ndarray:
    """Return the number of each within its chip; chips ascend."""
    return np.arange(len(chips)) - np.searchsorted(chips, chips)


def _joined(parts: Sequence[np.ndarray], empty: tuple[int, ...]) -> np.ndarray:
    """Concatenate arrays that may be none."""
    return np.concatenate([np.empty(empty), *parts])
