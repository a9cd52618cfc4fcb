"""Non-maximum suppression over a whole scene: among detections of one object, keep the best.

Greedy, as everywhere: detections are taken in order of precedence, and one is dropped if its IoU with a kept one of its
class is above the limit. The answer is exactly the greedy one, but nothing walks through the detections one by one:
overlapping pairs come from a grid (`overlaps`), and a detection is kept as soon as all overlapping ones that precede it
are dropped, which is settled for all at once in a few rounds. Crowded scenes are worked in portions of the precedence,
so that memory is that of the boxes plus a bounded number of pairs, however many detections lie on one object.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..errors import ParameterError
from .overlaps import BoxIndex, Floats, Grid, Integers, dense_groups, pairs_between, pairs_within, with_area

Overlapping = Callable[[Integers, Integers, Floats], NDArray[np.bool_]]

_MOST_PAIRS = 5_000_000
_FIRST_PORTION = 2048
_PAIRS_EACH = 16
_ROUNDS = 24
_LINES = 1 << 16


def suppress_boxes(
    boxes: NDArray[np.floating],
    scores: NDArray[np.floating],
    classes: NDArray[np.integer],
    max_overlap: float,
    *,
    touches_border: NDArray[np.bool_] | None = None,
    edge_distance: NDArray[np.floating] | None = None,
) -> Integers:
    """Return which boxes survive non-maximum suppression within each class.

    Precedence: boxes that do not touch an inner tile border, then the higher score (NaN last), then the larger distance
    from the edge of the box's tile, then position (row_min, col_min, row_max, col_max). So the surviving boxes do not
    depend on the order of the input; of boxes equal in all of it the first survives.

    Args:
        boxes: (n, 4) ``col_min, row_min, col_max, row_max`` in raster pixels, computed in float64. A box without a
            positive, finite area overlaps nothing, so it survives.
        scores: (n,) confidence.
        classes: (n,) class values.
        max_overlap: Largest IoU that two kept boxes of a class may share, 0..1; at 0 any common area counts.
        touches_border: (n,) whether the box touches an inner border of its tile; None = none does.
        edge_distance: (n,) pixels from the box to the edge of its tile; None = all equal.

    Returns:
        (k,) int64 indexes into ``boxes``, ascending.

    Raises:
        ParameterError: ``max_overlap`` is outside 0..1.
    """
    if not 0 <= max_overlap <= 1:
        raise ParameterError(f"max_overlap {max_overlap} is not an IoU: choose a number from 0 to 1")
    boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
    kept = np.ones(len(boxes), bool)
    if max_overlap >= 1:
        return np.flatnonzero(kept)
    solid = with_area(boxes)
    order = precedence(boxes, scores, touches_border, edge_distance)
    if not solid.all():
        order = order[solid[order]]
    if len(order) > 1:
        (groups,) = dense_groups(np.asarray(classes))
        kept[drop_overlapping(boxes, groups, order, float(max_overlap))] = False
    return np.flatnonzero(kept)


def precedence(
    boxes: Floats,
    scores: NDArray[np.floating],
    touches_border: NDArray[np.bool_] | None = None,
    edge_distance: NDArray[np.floating] | None = None,
) -> Integers:
    """Return (n,) indexes of the boxes in the order of precedence of `suppress_boxes`."""
    badness = -np.asarray(scores)
    if touches_border is None or not np.any(touches_border):
        parts = [np.argsort(badness)]
    else:
        inside, cut = np.flatnonzero(~touches_border), np.flatnonzero(touches_border)
        parts = [part[np.argsort(badness[part])] for part in (inside, cut)]
    return np.concatenate([_settle_ties(part, badness, boxes, edge_distance) for part in parts])


def _settle_ties(
    order: Integers, badness: NDArray[np.floating], boxes: Floats, edge_distance: NDArray[np.floating] | None
) -> Integers:
    """Order those of equal score among themselves: distance from the edge, position, place in the input."""
    ranked = badness[order]
    equal = (ranked[1:] == ranked[:-1]) | (np.isnan(ranked[1:]) & np.isnan(ranked[:-1]))
    tied = np.zeros(len(order), bool)
    tied[1:] = equal
    tied[:-1] |= equal
    if not tied.any():
        return order
    members = np.sort(order[tied])
    keys = [boxes[members, 3], boxes[members, 2], boxes[members, 0], boxes[members, 1]]
    keys[:2] = keys[1::-1]
    if edge_distance is not None:
        keys.append(-np.asarray(edge_distance)[members])
    keys.append(badness[members])
    order = order.copy()
    order[tied] = members[np.lexsort(keys)]
    return order


def drop_overlapping(
    boxes: Floats,
    groups: Integers,
    order: Integers,
    box_overlap: float,
    overlapping: Overlapping | None = None,
    first_portion: int | None = None,
) -> Integers:
    """Return which boxes are dropped, for boxes or any measure of overlap that is decided pair by pair.

    Args:
        boxes: (n, 4) float64.
        groups: (n,) small integers from 0; only boxes of one group are compared.
        order: Numbers of the boxes that take part, in order of precedence; all have an area.
        box_overlap: Pairs of boxes whose IoU is not above it do not count.
        overlapping: Given the numbers of both boxes of some other pairs and the IoU of their boxes, answers which of
            the pairs overlap; None = all do.
        first_portion: How many of the order to begin with; a small number spares a dear ``overlapping`` most pairs of
            crowded places. None = all at once, unless there are too many pairs.

    Returns:
        Numbers of the dropped boxes, in no order.
    """
    dropped = []
    least = first_portion or _FIRST_PORTION
    portion = first_portion or len(order)
    while len(order) > 1:
        head = order[:portion]
        most = _MOST_PAIRS if first_portion is None else _PAIRS_EACH * len(head)
        pairs = _preceding(boxes, groups, head, box_overlap, overlapping, most if len(head) > least else None)
        if pairs is None:
            portion = max(len(head) // 3, least)
            continue
        lost = _settle(len(head), *pairs)
        del pairs
        dropped.append(head[lost])
        rest = order[portion:]
        if not len(rest):
            break
        covered = _covered(boxes, groups, rest, head[~lost], box_overlap, overlapping)
        dropped.append(rest[covered])
        order = rest[~covered]
        portion *= 4
    return np.concatenate(dropped) if dropped else np.zeros(0, np.int64)


def _preceding(
    boxes: Floats,
    groups: Integers,
    head: Integers,
    box_overlap: float,
    overlapping: Overlapping | None,
    most: int | None,
) -> tuple[NDArray[np.int32], NDArray[np.int32]] | None:
    """Return the overlapping pairs as places in ``head``, the preceding first, or None when more than ``most``."""
    boxes, groups = boxes.take(head, axis=0), groups[head]
    index = BoxIndex(Grid.around(boxes, int(groups.max()) + 1, box_overlap), boxes, groups)
    del boxes, groups
    before: list[NDArray[np.int32]] = []
    after: list[NDArray[np.int32]] = []
    found = 0
    for one, other, iou in pairs_within(index):
        above = iou > box_overlap
        if overlapping is not None:
            above[above] = overlapping(head[one[above]], head[other[above]], iou[above])
        if not above.all():
            one, other = one[above], other[above]
        before.append(np.minimum(one, other).astype(np.int32))
        after.append(np.maximum(one, other).astype(np.int32))
        found += len(one)
        if most is not None and found > most:
            return None
    if not before:
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    return np.concatenate(before), np.concatenate(after)


def _covered(
    boxes: Floats, groups: Integers, rest: Integers, kept: Integers, box_overlap: float, overlapping: Overlapping | None
) -> NDArray[np.bool_]:
    """Return which of the rest overlap a kept box."""
    covered = np.zeros(len(rest), bool)
    numbers = np.concatenate((rest, kept))
    grid = Grid.around(boxes[numbers], int(groups[numbers].max()) + 1, box_overlap)
    one, other = (BoxIndex(grid, boxes[part], groups[part]) for part in (rest, kept))
    for number, keeper, iou in pairs_between(one, other):
        asked = ~covered[number] & (iou > box_overlap)
        if overlapping is not None:
            asked[asked] = overlapping(rest[number[asked]], kept[keeper[asked]], iou[asked])
        covered[number[asked]] = True
    return covered


def _settle(count: int, before: NDArray[np.int32], after: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return (count,) which boxes are dropped, given every pair that overlaps with the preceding box first.

    In each round every open box without an open box before it is kept, and drops what it overlaps. Long chains, each
    box waiting for the one before, are walked through at the end.
    """
    dropped = np.zeros(count, bool)
    for _ in range(_ROUNDS):
        if not len(before):
            return dropped
        waiting = np.zeros(count, bool)
        waiting[after] = True
        safe = ~waiting[before]
        dropped[after[safe]] = True
        open_still = ~(safe | dropped[before] | dropped[after])
        before, after = before[open_still], after[open_still]
    order = np.argsort(after, kind="stable")
    lost = bytearray(dropped.tobytes())
    for begin in range(0, len(order), _LINES):
        part = order[begin : begin + _LINES]
        for first, second in zip(before[part].tolist(), after[part].tolist(), strict=True):
            if not lost[first]:
                lost[second] = 1
    return np.frombuffer(lost, bool)
