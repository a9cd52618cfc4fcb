"""How well instances are found: average precision and F1 by the overlap of masks, with COCO's rules.

What overlaps what is worked out once a chip, while its masks are at hand; then only these numbers are kept: beside the
arrays of ``object_scores.py`` a prediction has ``kept`` (n, overlaps) bool, whether it is left at each of ``OVERLAPS``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from ..accuracy.matching import Overlap
from ..accuracy.scores import ClassScores
from ..inference.detections import Detections
from ..inference.kinds import MASKS
from ..inference.mask_suppression import suppress_masks
from ..inference.masks import PixelMasks, mask_overlap
from ..inference.overlaps import Floats, Integers
from ..tools.arguments import InstanceArguments
from .object_scores import LARGEST_OVERLAP, OVERLAPS, Chip, chip_of_each, class_scores, of_whole_objects, with_scores
from .registry import Evaluation

EDGE = 1
"""Instances nearer to a chip's edge than this many pixels are cut by it."""


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
    predictions, references = of_whole_objects(evaluation)
    return with_scores(
        evaluation, class_scores(predictions, references, names, _known_overlap(predictions, references))
    )


def box_scores(evaluation: Evaluation, names: Sequence[str]) -> list[ClassScores]:
    """Return the scores of an evaluation by the overlap of boxes."""
    return class_scores(*of_whole_objects(evaluation), names)


def _known_overlap(predictions: Sequence[Chip], references: Sequence[Chip]) -> Overlap:
    """Return the IoU of the masks of two objects of one chip, by their places among those of all chips."""
    chips, wanted_chips = chip_of_each(predictions), chip_of_each(references)
    flat = np.concatenate([np.zeros(0), *(found["overlaps"].ravel() for found in predictions)])
    widths = np.array([found["overlaps"].shape[1] for found in predictions], np.int64)
    begins = np.cumsum([0, *(found["overlaps"].size for found in predictions)])[:-1]
    rows, cols = _numbered(chips), _numbered(wanted_chips)

    def overlap(one: Integers, other: Integers, _: Floats) -> Floats:
        chip = chips[one]
        return np.asarray(flat[begins[chip] + rows[one] * widths[chip] + cols[other]], np.float64)

    return overlap


def _numbered(chips: np.ndarray) -> np.ndarray:
    """Return the number of each within its chip; chips ascend."""
    return np.arange(len(chips)) - np.searchsorted(chips, chips)
