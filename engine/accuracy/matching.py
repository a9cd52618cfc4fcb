"""Which detection finds which reference: COCO's greedy matching, for a whole scene at once.

Detections are taken in order of their score (ties in input order); each takes the reference of best IoU that no earlier
one has taken, if that IoU reaches the limit (of equal ones the last, as COCO does). Only boxes of one group, such as an
image or a class, can match. Overlapping pairs come from a grid, so nothing is compared all with all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ParameterError
from ..inference.overlaps import BoxIndex, Floats, Grid, Integers, dense_groups, pairs_between, with_area

Overlap = Callable[[Integers, Integers, Floats], Floats]
"""Numbers of the detections and of the references of some pairs whose boxes overlap, and the IoU of these boxes, to
the IoU that counts: of masks, of polygons."""

_ROUNDS = 24
_LINES = 1 << 16


@dataclass(frozen=True)
class Candidates:
    """Pairs of a detection and a reference that overlap enough, the best pairs of the best detections first.

    Attributes:
        detection: (p,) int64 number of the detection in the input.
        reference: (p,) int64 number of the reference in the input.
        overlap: (p,) float64 IoU.
        rank: (p,) int64 place of the detection in the order of the scores; ascending.
        detections: Number of detections.
        references: Number of references.
    """

    detection: Integers
    reference: Integers
    overlap: Floats
    rank: Integers
    detections: int
    references: int


def match_boxes(
    boxes: ArrayLike,
    scores: ArrayLike,
    references: ArrayLike,
    min_iou: float,
    *,
    groups: ArrayLike | None = None,
    reference_groups: ArrayLike | None = None,
    overlap: Overlap | None = None,
) -> Integers:
    """Match detections with references one to one.

    Args:
        boxes: (n, 4) detections, ``col_min, row_min, col_max, row_max`` (or map units).
        scores: (n,) confidence of the detections; NaN counts as lowest.
        references: (m, 4) reference boxes.
        min_iou: Least IoU of a match, 0..1; at 0 any common area counts.
        groups: (n,) integers; only boxes of equal groups (image, class) match. None = all one group.
        reference_groups: (m,) the same of the references.
        overlap: What counts instead of the IoU of boxes; pairs whose boxes share nothing never match.

    Returns:
        (n,) int64 number of the matched reference of each detection, or -1.

    Raises:
        ParameterError: ``min_iou`` is outside 0..1, or arrays that belong together differ in length.
    """
    pairs = candidate_pairs(
        boxes, scores, references, min_iou, groups=groups, reference_groups=reference_groups, overlap=overlap
    )
    return match_candidates(pairs, min_iou)[0]


def candidate_pairs(
    boxes: ArrayLike,
    scores: ArrayLike,
    references: ArrayLike,
    min_iou: float,
    *,
    groups: ArrayLike | None = None,
    reference_groups: ArrayLike | None = None,
    overlap: Overlap | None = None,
) -> Candidates:
    """Find the pairs that `match_candidates` chooses from, for this ``min_iou`` and every higher one.

    Arguments and errors are those of `match_boxes`.
    """
    if not 0 <= min_iou <= 1:
        raise ParameterError(f"min_iou {min_iou} is not an IoU: choose a number from 0 to 1")
    found, wanted = _boxes(boxes), _boxes(references)
    score = np.asarray(scores, np.float64).reshape(-1)
    group = _groups(groups, len(found), "groups")
    reference_group = _groups(reference_groups, len(wanted), "reference_groups")
    if len(score) != len(found):
        raise ParameterError(f"{len(score)} scores for {len(found)} boxes: give one for each")
    one, other, shared = _overlapping(found, group, wanted, reference_group, min_iou, overlap)
    place = np.empty(len(found), np.int64)
    place[np.argsort(-score, kind="stable")] = np.arange(len(found))
    rank = place[one]
    order = _best_first(rank, shared, other)
    return Candidates(one[order], other[order], shared[order], rank[order], len(found), len(wanted))


def _best_first(rank: Integers, overlap: Floats, reference: Integers) -> Integers:
    """Return the order of the pairs by rank, then by falling overlap, then by falling number of the reference."""
    order: Integers = np.argsort(rank)
    ranked = rank[order]
    several = np.zeros(len(order), bool)
    several[1:] = ranked[1:] == ranked[:-1]
    several[:-1] |= several[1:]
    members = order[several]
    order[several] = members[np.lexsort((-reference[members], -overlap[members], rank[members]))]
    return order


def match_candidates(pairs: Candidates, min_iou: float) -> tuple[Integers, Floats]:
    """Choose the matches among the pairs.

    Args:
        pairs: From `candidate_pairs`, made with the same or a lower ``min_iou``.
        min_iou: Least IoU of a match.

    Returns:
        (n,) int64 number of the matched reference of each detection, or -1; (n,) float64 IoU of the match, or 0.
    """
    matched = np.full(pairs.detections, -1, np.int64)
    overlap = np.zeros(pairs.detections)
    enough = np.flatnonzero(pairs.overlap >= min_iou)
    detection, reference = pairs.detection[enough], pairs.reference[enough]
    value = pairs.overlap[enough]
    del enough
    earliest = np.empty(pairs.references, np.int64)
    taken = np.zeros(pairs.references, bool)
    for _ in range(_ROUNDS):
        if not len(detection):
            return matched, overlap
        # pairs are sorted by detection, the best first: a detection may take its best reference at once when no
        # earlier detection is still interested in it
        earliest[reference[::-1]] = detection[::-1]
        best = np.ones(len(detection), bool)
        best[1:] = detection[1:] != detection[:-1]
        sure = np.flatnonzero(best & (earliest[reference] == detection))
        matched[detection[sure]] = reference[sure]
        overlap[detection[sure]] = value[sure]
        taken[reference[sure]] = True
        left = (matched[detection] < 0) & ~taken[reference]
        detection, reference, value = detection[left], reference[left], value[left]
    for begin in range(0, len(detection), _LINES):
        part = slice(begin, begin + _LINES)
        triples = zip(detection[part].tolist(), reference[part].tolist(), value[part].tolist(), strict=True)
        for number, wanted, iou in triples:
            if matched[number] < 0 and not taken[wanted]:
                matched[number], overlap[number], taken[wanted] = wanted, iou, True
    return matched, overlap


def best_overlaps(
    boxes: ArrayLike,
    references: ArrayLike,
    *,
    groups: ArrayLike | None = None,
    reference_groups: ArrayLike | None = None,
    overlap: Overlap | None = None,
) -> tuple[Floats, Floats]:
    """Return the best IoU of each box with any reference of its group, (n,), and of each reference, (m,); 0 if none.

    ``overlap`` is that of `match_boxes`.
    """
    found, wanted = _boxes(boxes), _boxes(references)
    of_box, of_reference = np.zeros(len(found)), np.zeros(len(wanted))
    group = _groups(groups, len(found), "groups")
    reference_group = _groups(reference_groups, len(wanted), "reference_groups")
    one, other, shared = _overlapping(found, group, wanted, reference_group, 0.0, overlap)
    order = np.argsort(shared)
    of_box[one[order]] = shared[order]
    of_reference[other[order]] = shared[order]
    return of_box, of_reference


def _overlapping(
    found: Floats,
    group: Integers,
    wanted: Floats,
    reference_group: Integers,
    min_iou: float,
    overlap: Overlap | None = None,
) -> tuple[Integers, Integers, Floats]:
    """Return all pairs of one group that reach the limit: numbers of both and IoU."""
    solid, wanted_solid = np.flatnonzero(with_area(found)), np.flatnonzero(with_area(wanted))
    if not len(solid) or not len(wanted_solid):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    group, reference_group = dense_groups(group[solid], reference_group[wanted_solid])
    found, wanted = found[solid], wanted[wanted_solid]
    grid = Grid.around(
        np.concatenate((found, wanted)),
        int(max(group.max(), reference_group.max())) + 1,
        float(min_iou) if overlap is None else 0.0,
    )
    chunks = []
    for one, other, shared in pairs_between(BoxIndex(grid, found, group), BoxIndex(grid, wanted, reference_group)):
        if overlap is not None:
            shared = overlap(solid[one], wanted_solid[other], shared)
            enough = (shared >= min_iou) & (shared > 0)
            one, other, shared = one[enough], other[enough], shared[enough]
        chunks.append((one, other, shared))
    if not chunks:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    one, other, shared = (np.concatenate(column) for column in zip(*chunks, strict=True))
    return solid[one], wanted_solid[other], shared


def _boxes(boxes: ArrayLike) -> Floats:
    """Return the boxes as (n, 4) float64."""
    return np.asarray(boxes, np.float64).reshape(-1, 4)


def _groups(groups: ArrayLike | None, count: int, name: str) -> Integers:
    """Return the groups as int64, all 0 when there are none."""
    if groups is None:
        return np.zeros(count, np.int64)
    values: NDArray[np.int64] = np.asarray(groups, np.int64).reshape(-1)
    if len(values) != count:
        raise ParameterError(f"{len(values)} {name} for {count} boxes: give one for each")
    return values
