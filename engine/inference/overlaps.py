"""Pairs of boxes that overlap, found by a grid of size classes instead of comparing all with all.

Two boxes whose IoU reaches a limit t have similar sizes and near centres: along each axis the shorter side is at least
t times the longer one, and the centres lie within a known share of the sides. So boxes are sorted into size classes
(powers of two of the longer side), every class into strips of its own height, and every strip by the column of the
centre. The partners of a box are then short runs of its own class and of the classes above: two binary searches each.
Nothing depends on the order of the boxes, memory is that of the boxes plus one chunk of candidates.

Boxes are (n, 4) float64 ``col_min, row_min, col_max, row_max`` (or any other axes: only differences count). A box
without a positive, finite area overlaps nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Overlaps = tuple[Integers, Integers, Floats]

_QUERIES = 1 << 15
_CANDIDATES = 1 << 16
_MOST_STRIPS = 1 << 20
_SLACK = 1 + 1e-6


def with_area(boxes: Floats) -> NDArray[np.bool_]:
    """Return (n,) which boxes have a positive, finite area; the others overlap nothing."""
    solid = np.empty(len(boxes), bool)
    with np.errstate(invalid="ignore", over="ignore"):
        for part in _parts(len(boxes)):
            left, top, right, bottom = boxes[part].T
            width, height = right - left, bottom - top
            area = width * height
            solid[part] = (width > 0) & (height > 0) & (area > 0) & np.isfinite(area * (left + top))
    return solid


def _parts(count: int) -> Iterator[slice]:
    """Yield slices that cover so many boxes, each small enough for the processor's cache."""
    return (slice(first, min(first + _QUERIES, count)) for first in range(0, count, _QUERIES))


def dense_groups(*groups: NDArray[np.integer]) -> list[Integers]:
    """Return the groups as small integers from 0, equal ones of all the arrays equal."""
    filled = [group for group in groups if len(group)]
    low = min((int(group.min()) for group in filled), default=0)
    high = max((int(group.max()) for group in filled), default=0)
    if high - low < 4096:
        return [group.astype(np.int64) - low for group in groups]
    inverse = np.unique(np.concatenate(groups), return_inverse=True)[1].astype(np.int64)
    return np.split(inverse, np.cumsum([len(group) for group in groups])[:-1])


@dataclass(frozen=True)
class Grid:
    """Size classes, strips and columns that cover given boxes, for one limit of the IoU."""

    min_overlap: float
    left: float
    top: float
    blur: float
    columns: int
    column_scale: float
    lowest: int
    highest: int
    strip_height: Floats
    strip_base: Integers
    strips: int

    @classmethod
    def around(cls, boxes: Floats, groups: int, min_overlap: float) -> Grid:
        """Lay the grid around boxes that all have an area; ``groups`` is the number of groups, at least 1."""
        low, high, shortest, longest = _limits(boxes)
        width, height = (float(size) for size in high - low)
        blur = 1e-14 * float(max(np.abs(low).max(), np.abs(high).max()))
        reach = _reach(min_overlap, 0, 0)
        needed = int(np.frexp(max(height / (2 * reach * _MOST_STRIPS), 2 * blur / reach, 1e-300))[1]) + 1
        lowest = max(int(np.frexp(shortest)[1]), needed)
        highest = max(int(np.frexp(longest)[1]), lowest)
        heights = np.array([2.001 * _reach(min_overlap, e, e) + 4 * blur for e in range(lowest, highest + 1)])
        counts = np.ceil(height / heights).astype(np.int64) + 3
        total = int(counts.sum())
        bits = max(62 - (total * groups).bit_length(), 1)
        columns = 1 << bits
        return cls(
            min_overlap=min_overlap,
            left=float(low[0]),
            top=float(low[1]),
            blur=blur,
            columns=columns,
            column_scale=(columns - 4) / width if columns > 4 else 0.0,
            lowest=lowest,
            highest=highest,
            strip_height=heights,
            strip_base=np.concatenate(([0], np.cumsum(counts)[:-1])),
            strips=total,
        )

    def reach(self, difference: int) -> Floats:
        """Return, per size class, how far centres may lie from those of the class ``difference`` above."""
        classes = range(self.lowest, self.highest + 1)
        return np.array([_reach(self.min_overlap, e, e + difference) for e in classes]) + self.blur

    @property
    def differences(self) -> int:
        """Largest number of classes between two boxes that reach the limit."""
        if self.min_overlap <= 0:
            return self.highest - self.lowest
        return min(self.highest - self.lowest, int(np.ceil(1 - np.log2(self.min_overlap))) - 1)

    def size_class(self, side: Floats) -> Integers:
        """Return the size class of boxes by their longer side, from 0."""
        return np.maximum(np.frexp(side)[1], self.lowest).astype(np.int64) - self.lowest

    def column(self, x: Floats) -> Integers:
        """Return the column of a horizontal position, kept inside the grid."""
        return np.clip((x - self.left) * self.column_scale, 0, self.columns - 4).astype(np.int64)


def _limits(boxes: Floats) -> tuple[Floats, Floats, float, float]:
    """Return the lowest corner, the highest corner, and the shortest and the longest of the boxes' longer sides."""
    low, high, shortest, longest = boxes[0, :2], boxes[0, 2:], np.inf, 0.0
    for part in _parts(len(boxes)):
        left, top, right, bottom = boxes[part].T
        low = np.minimum(low, (left.min(), top.min()))
        high = np.maximum(high, (right.max(), bottom.max()))
        side = np.maximum(right - left, bottom - top)
        shortest, longest = min(shortest, float(side.min())), max(longest, float(side.max()))
    return low, high, shortest, longest


def _reach(min_overlap: float, smaller: int, larger: int) -> float:
    """Return how far apart, along one axis, the centres of two boxes that reach the limit may be.

    Their sides are below 2**smaller and 2**larger. Partly overlapping sides a, b at distance d have the
    one-dimensional IoU ((a + b) / 2 - d) / ((a + b) / 2 + d); nested ones differ by at most half their difference.
    """
    share = max(1 - min_overlap, 1e-3)
    partly = share / (1 + min_overlap) * (2.0**smaller + 2.0**larger) / 2
    return max(partly, share / 2 * 2.0**larger) * _SLACK


class BoxIndex:
    """Boxes sorted along the grid; ``order`` gives their numbers in the input."""

    def __init__(self, grid: Grid, boxes: Floats, groups: Integers) -> None:
        """Sort the boxes; all have an area, and ``groups`` count from 0 below the number the grid was made for."""
        self.grid = grid
        key = np.empty(len(boxes), np.int64)
        size_class = np.empty(len(boxes), np.int8)
        for part in _parts(len(boxes)):
            left, top, right, bottom = boxes[part].T
            own = grid.size_class(np.maximum(right - left, bottom - top))
            strip = (((top + bottom) * 0.5 - grid.top) / grid.strip_height[own]).astype(np.int64)
            strip += grid.strip_base[own] + groups[part] * grid.strips
            key[part] = strip * grid.columns + (grid.column((left + right) * 0.5) + 2)
            size_class[part] = own
        self.order: Integers = np.argsort(key)
        self.key: Integers = key[self.order]
        self.size_class = size_class[self.order]
        self.group = groups.astype(np.int32)[self.order]
        self.sides = np.empty((4, len(boxes)))
        for part in _parts(len(boxes)):
            self.sides[:, part] = boxes.take(self.order[part], axis=0).T
        self.filled = np.bincount(self.size_class, minlength=grid.highest - grid.lowest + 1) > 0

    def __len__(self) -> int:
        return len(self.order)


def pairs_within(index: BoxIndex) -> Iterator[Overlaps]:
    """Yield chunks of all pairs of boxes of one group that reach the grid's limit, each pair once.

    Yields:
        Numbers of the one box and of the other in the input, and their IoU: above 0 and at least ``min_overlap``.
    """
    for difference in range(index.grid.differences + 1):
        for queries in _parts(len(index)):
            for query, start, stop in _runs(index, queries, index, difference, within=True):
                yield from _overlaps(index, index, query, start, stop)


def pairs_between(one: BoxIndex, other: BoxIndex) -> Iterator[Overlaps]:
    """Yield chunks of all pairs of a box of ``one`` and a box of ``other`` that reach the limit, as `pairs_within`."""
    for difference in range(one.grid.differences + 1):
        for queries in _parts(len(one)):
            for query, start, stop in _runs(one, queries, other, difference):
                yield from _overlaps(one, other, query, start, stop)
    for difference in range(1, one.grid.differences + 1):
        for queries in _parts(len(other)):
            for query, start, stop in _runs(other, queries, one, difference):
                for second, number, iou in _overlaps(other, one, query, start, stop):
                    yield number, second, iou


def _runs(
    asking: BoxIndex, queries: slice, asked: BoxIndex, difference: int, within: bool = False
) -> Iterator[tuple[Integers, Integers, Integers]]:
    """Yield positions of asking boxes and the runs of asked boxes, ``difference`` classes above, near each."""
    grid = asked.grid
    target = asking.size_class[queries].astype(np.int64) + difference
    possible = target < len(asked.filled)
    possible[possible] = asked.filled[target[possible]]
    position = np.flatnonzero(possible) + queries.start
    if not len(position):
        return
    target = target[possible]
    left, top, right, bottom = asking.sides[:, position]
    reach = grid.reach(difference)[target - difference]
    x, y = (left + right) * 0.5, (top + bottom) * 0.5 - grid.top
    height = grid.strip_height[target]
    base = asking.group[position] * np.int64(grid.strips) + grid.strip_base[target]
    highest = np.maximum((y + reach) / height, 0).astype(np.int64)
    low, high = grid.column(x - reach) + 1, grid.column(x + reach) + 3

    if within and difference == 0:
        lowest = (y / height).astype(np.int64)
        strip = (base + lowest) * grid.columns
        yield position, position + 1, _places(asked.key, strip + high, "right")
    else:
        lowest = np.maximum((y - reach) / height, 0).astype(np.int64)
        strip = (base + lowest) * grid.columns
        yield position, _places(asked.key, strip + low, "left"), _places(asked.key, strip + high, "right")
    second = np.flatnonzero(highest > lowest)
    if len(second):
        strip = strip[second] + grid.columns
        begin = _places(asked.key, strip + low[second], "left")
        yield position[second], begin, _places(asked.key, strip + high[second], "right")


def _places(key: Integers, wanted: Integers, side: Literal["left", "right"]) -> Integers:
    """Return where the wanted keys would stand; they lie near each other, so only that part is searched."""
    first, last = key.searchsorted([wanted.min(), wanted.max()], side)
    places: Integers = key[first:last].searchsorted(wanted, side)
    places += first
    return places


def _overlaps(one: BoxIndex, other: BoxIndex, query: Integers, start: Integers, stop: Integers) -> Iterator[Overlaps]:
    """Yield the pairs among candidates (a query and each of its run) that reach the limit."""
    for query_part, candidate in _candidates(query, start, stop):
        a, b = one.sides, other.sides
        left_a, top_a, right_a, bottom_a = (side[query_part] for side in a)
        left_b, top_b, right_b, bottom_b = (side[candidate] for side in b)
        width = np.minimum(right_a, right_b) - np.maximum(left_a, left_b)
        height = np.minimum(bottom_a, bottom_b) - np.maximum(top_a, top_b)
        common = width * height
        whole = (right_a - left_a) * (bottom_a - top_a) + (right_b - left_b) * (bottom_b - top_b) - common
        hit = (common >= one.grid.min_overlap * _LESS * whole) & (width > 0) & (height > 0) & (common > 0)
        chosen = np.flatnonzero(hit)
        iou = common[chosen] / whole[chosen]
        enough = iou >= one.grid.min_overlap
        if not enough.all():
            chosen, iou = chosen[enough], iou[enough]
        if len(chosen):
            yield one.order[query_part[chosen]], other.order[candidate[chosen]], iou


_LESS = 1 - 1e-12


def _candidates(query: Integers, start: Integers, stop: Integers) -> Iterator[tuple[Integers, Integers]]:
    """Yield the runs unrolled: query and candidate, at most a chunk at a time even of one long run."""
    count = stop - start
    filled = count > 0
    query, start, count = query[filled], start[filled], count[filled]
    after = np.cumsum(count)
    total = int(after[-1]) if len(after) else 0
    for begin in range(0, total, _CANDIDATES):
        end = min(begin + _CANDIDATES, total)
        first, last = after.searchsorted([begin, end - 1], "right")
        part = slice(int(first), int(last) + 1)
        before = after[part] - count[part]
        taken = np.minimum(after[part], end) - np.maximum(before, begin)
        offset = np.repeat(start[part] - before, taken)
        offset += np.arange(begin, end)
        yield np.repeat(query[part], taken), offset
