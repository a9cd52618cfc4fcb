"""Which object of one date is which of another: one to one, the surest pairs first, objects of one class before others.

Polygons are compared by the overlap of their real outlines, points by distance. Pairs come from a grid or a tree, so
nothing is compared all with all, and only pairs that may match are kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from ..inference.overlaps import BoxIndex, Floats, Grid, Integers, pairs_between, with_area
from ..job import Job

_AT_ONCE = 1 << 14


@dataclass(frozen=True)
class Pairs:
    """Objects of two dates that may be one.

    Attributes:
        old: (p,) int64 numbers of the older objects.
        new: (p,) int64 numbers of the newer ones.
        value: (p,) float64: IoU of polygons, distance of points.
        closeness: (p,) float64, the larger the surer.
    """

    old: Integers
    new: Integers
    value: Floats
    closeness: Floats

    def take(self, chosen: NDArray[np.bool_]) -> Pairs:
        """Return some of the pairs."""
        return Pairs(self.old[chosen], self.new[chosen], self.value[chosen], self.closeness[chosen])


def overlapping_pairs(old: NDArray[np.object_], new: NDArray[np.object_], min_iou: float, job: Job) -> Pairs:
    """Return the pairs of polygons whose IoU reaches a limit.

    Args:
        old: (n,) valid polygons and multipolygons.
        new: (m,) the same.
        min_iou: Least IoU, above 0.
        job: Asked between chunks whether the user cancelled.
    """
    boxes = [shapely.bounds(geometry).reshape(-1, 4) for geometry in (old, new)]
    solid = [np.flatnonzero(with_area(box)) for box in boxes]
    found: list[tuple[Integers, Integers, Floats]] = []
    if len(solid[0]) and len(solid[1]):
        areas = shapely.area(old), shapely.area(new)
        kept = [box[chosen] for box, chosen in zip(boxes, solid, strict=True)]
        # a polygon may overlap more than its box does: so any common area of two boxes is looked at
        grid = Grid.around(np.concatenate(kept), 1, 0.0)
        indexes = [BoxIndex(grid, box, np.zeros(len(box), np.int64)) for box in kept]
        for one, other, _ in pairs_between(*indexes):
            for begin in range(0, len(one), _AT_ONCE):
                job.check()
                first, second = solid[0][one[begin : begin + _AT_ONCE]], solid[1][other[begin : begin + _AT_ONCE]]
                smaller = np.minimum(areas[0][first], areas[1][second])
                possible = smaller >= min_iou * np.maximum(areas[0][first], areas[1][second])
                first, second = first[possible], second[possible]
                common = shapely.area(shapely.intersection(old[first], new[second]))
                union = areas[0][first] + areas[1][second] - common
                iou = common / np.where(union > 0, union, 1.0)
                enough = (iou >= min_iou) & (common > 0)
                found.append((first[enough], second[enough], iou[enough]))
    nothing = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    first, second, iou = (np.concatenate(column) for column in zip(nothing, *found, strict=True)) if found else nothing
    return Pairs(first, second, iou, iou)


def near_pairs(old: NDArray[np.object_], new: NDArray[np.object_], max_distance: float) -> Pairs:
    """Return the pairs of points that are not farther apart than a limit.

    Args:
        old: (n,) points or multipoints.
        new: (m,) the same.
        max_distance: In map units.
    """
    if not len(old) or not len(new):
        return Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    first, second = shapely.STRtree(new).query(old, predicate="dwithin", distance=max_distance).astype(np.int64)
    distance = shapely.distance(old[first], new[second])
    return Pairs(first, second, distance, -distance)


def matched_pairs(pairs: Pairs, same_class: NDArray[np.bool_]) -> Pairs:
    """Return the pairs that are one object: each object in one pair at most.

    Args:
        pairs: Those that may match.
        same_class: (p,) whether both are of one class; such pairs are taken first, then the surest.

    Returns:
        The chosen pairs; of equally sure ones those with the lower numbers.
    """
    order = np.lexsort((pairs.new, pairs.old, -pairs.closeness, ~same_class))
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    chosen = np.zeros(len(order), bool)
    for place in order.tolist():
        one, other = int(pairs.old[place]), int(pairs.new[place])
        if one not in taken_old and other not in taken_new:
            taken_old.add(one)
            taken_new.add(other)
            chosen[place] = True
    return pairs.take(chosen)
