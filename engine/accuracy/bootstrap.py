"""How far the figures of an assessment would differ in another part of the same landscape.

Neighbouring objects are alike, so single features are no independent draws. The area is cut into square blocks; as many
blocks as there are get drawn with replacement, many times, and each draw is scored. The middle 95 % of the scores are
the interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..job import Job
from .scores import weighted_average_precision

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

METRICS = ("Precision", "Recall", "F1", "AP")
FEWEST_BLOCKS = 5
"""Below this many blocks with objects an interval would mean nothing."""

_BLOCKS_ALONG = 10
_SEED = 20_240_229


@dataclass(frozen=True)
class Blocks:
    """Square blocks and what lies in each.

    Attributes:
        size: Side in map units.
        count: Number of blocks that hold anything.
        found: (n,) block of each detection; one that found a reference counts where the reference lies.
        wanted: (m,) block of each reference.
    """

    size: float
    count: int
    found: Integers
    wanted: Integers


def spatial_blocks(boxes: Floats, references: Floats, matched: Integers, size: float | None) -> Blocks:
    """Assign detections and references to square blocks by their centres.

    Args:
        boxes: (n, 4) detections in map units.
        references: (m, 4) references in map units.
        matched: (n,) reference of each detection, or -1.
        size: Side of a block; None = a tenth of the longer side of the area, but at least three objects wide.
    """
    everything = np.concatenate((boxes, references))
    if not len(everything):
        return Blocks(size or 1.0, 0, np.zeros(0, np.int64), np.zeros(0, np.int64))
    centres = (everything[:, :2] + everything[:, 2:]) / 2
    low = centres.min(axis=0)
    if size is None:
        typical = float(np.median((everything[:, 2:] - everything[:, :2]).max(axis=1)))
        size = max(float((centres.max(axis=0) - low).max()) / _BLOCKS_ALONG, 3 * typical) or 1.0
    # a block may be tiny beside the area: numbers of columns and rows stay whole in float64
    cells = np.floor((centres - low) / size)
    block = np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    found, wanted = block[: len(boxes)].copy(), block[len(boxes) :]
    hit = matched >= 0
    found[hit] = wanted[matched[hit]]
    blocks = np.unique(np.concatenate((found, wanted)), return_inverse=True)[1].reshape(-1).astype(np.int64)
    return Blocks(size, int(blocks.max()) + 1, blocks[: len(boxes)], blocks[len(boxes) :])


def intervals(
    blocks: Blocks,
    matched: Integers,
    scores: Floats,
    classes: Integers,
    reference_classes: Integers,
    count: int,
    samples: int,
    job: Job,
) -> Floats:
    """Return the 95 % interval of every figure of every class.

    Args:
        blocks: From `spatial_blocks`.
        matched: (n,) reference of each detection, or -1.
        scores: (n,) confidence.
        classes: (n,) class of the detections, 0 .. count-1.
        reference_classes: (m,) class of the references.
        count: Number of classes.
        samples: Number of draws.
        job: Asked at every draw whether the user cancelled.

    Returns:
        (count + 1, 4, 2) lower and upper end of `METRICS` per class and, last, over all; NaN where there are too few
        blocks, no draws, or no such figure.
    """
    ends = np.full((count + 1, len(METRICS), 2), np.nan)
    if samples < 1 or blocks.count < FEWEST_BLOCKS:
        return ends
    hit = matched >= 0
    tables = [
        _per_block(blocks.found[hit], classes[hit], blocks.count, count),
        _per_block(blocks.found[~hit], classes[~hit], blocks.count, count),
        _per_block(blocks.wanted, reference_classes, blocks.count, count),
    ]
    ranked = [np.flatnonzero(classes == value) for value in range(count)]
    ranked = [own[np.argsort(-scores[own], kind="stable")] for own in ranked]
    random = np.random.default_rng(_SEED)
    figures = np.full((samples, count + 1, len(METRICS)), np.nan)
    for sample in range(samples):
        job.check()
        weights = np.bincount(random.integers(0, blocks.count, blocks.count), minlength=blocks.count).astype(np.float64)
        right, wrong, wanted = (weights @ table for table in tables)
        own = [
            weighted_average_precision(hit[order], weights[blocks.found[order]], float(total))
            for order, total in zip(ranked, wanted, strict=True)
        ]
        figures[sample] = _figures(right, wrong, wanted, own)
    for row in range(count + 1):
        for column in range(len(METRICS)):
            known = figures[:, row, column]
            known = known[~np.isnan(known)]
            if len(known) >= samples / 2:
                ends[row, column] = np.percentile(known, (2.5, 97.5))
    return ends


def _per_block(block: Integers, kind: Integers, blocks: int, classes: int) -> Floats:
    """Return (blocks, classes) how many there are."""
    numbers = np.bincount(block * classes + kind, minlength=blocks * classes)
    return numbers.reshape(blocks, classes).astype(np.float64)


def _figures(right: Floats, wrong: Floats, wanted: Floats, average: Sequence[float]) -> Floats:
    """Return (classes + 1, 4) the figures of one draw, all classes last."""
    right, wrong, wanted = (np.append(each, each.sum()) for each in (right, wrong, wanted))
    known = [value for value in average if not np.isnan(value)]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.stack(
            [
                right / (right + wrong),
                right / wanted,
                2 * right / (right + wrong + wanted),
                np.append(average, np.mean(known) if known else np.nan),
            ],
            axis=1,
        )
