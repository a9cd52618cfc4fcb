"""Overlap of real polygons: area of the intersection divided by the area of the union."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from ..inference.overlaps import Floats, Integers, dense_groups, with_area
from ..inference.suppression import drop_overlapping
from ..job import Job
from .matching import Overlap

_TOUCH = 1e-9
"""Share of the smaller polygon below which a common area is rounding of a common border."""

_AT_ONCE = 1 << 14
_FIRST_PORTION = 512


def polygon_overlap(one: NDArray[np.object_], other: NDArray[np.object_], job: Job, least: float = 0.0) -> Overlap:
    """Return the IoU of polygons for `matching.match_boxes`, whose boxes are the bounds of these.

    Args:
        one: (n,) valid polygons and multipolygons of the detections.
        other: (m,) the same of the references.
        job: Asked between chunks whether the user cancelled.
        least: Pairs that cannot reach this IoU, by their areas, are not looked at; they share 0.
    """
    areas = shapely.area(one), shapely.area(other)
    filled = [_fills_its_box(part, area) for part, area in zip((one, other), areas, strict=True)]

    def overlap(first: Integers, second: Integers, box_iou: Floats) -> Floats:
        ratio = box_iou.copy()
        smaller, larger = (choose(areas[0][first], areas[1][second]) for choose in (np.minimum, np.maximum))
        ratio[smaller < least * larger] = 0.0
        asked = np.flatnonzero(~(filled[0][first] & filled[1][second]) & (ratio > 0))
        for begin in range(0, len(asked), _AT_ONCE):
            job.check()
            part = asked[begin : begin + _AT_ONCE]
            left, right = first[part], second[part]
            common = shapely.area(shapely.intersection(one[left], other[right]))
            whole = areas[0][left] + areas[1][right] - common
            ratio[part] = common / np.maximum(whole, np.finfo(np.float64).tiny)
        return ratio

    return overlap


def _fills_its_box(geometry: NDArray[np.object_], area: Floats) -> NDArray[np.bool_]:
    """Return (n,) which polygons are their boxes: rectangles, which most detections are, need no geometry at all."""
    left, bottom, right, top = shapely.bounds(geometry).reshape(-1, 4).T
    return np.asarray(area >= (right - left) * (top - bottom) * (1 - 1e-12), bool)


def suppress_polygons(
    geometry: NDArray[np.object_], classes: NDArray[np.integer], order: Integers, max_overlap: float, job: Job
) -> Integers:
    """Return which polygons survive non-maximum suppression within each class.

    Args:
        geometry: (n,) valid polygons and multipolygons; one without area survives.
        classes: (n,) class numbers.
        order: (n,) numbers of the polygons in order of precedence.
        max_overlap: Largest IoU that two kept polygons of a class may share; at 0 any common area counts, a common
            border does not.
        job: Asked between chunks whether the user cancelled.

    Returns:
        (k,) int64 numbers of the survivors, ascending.
    """
    kept = np.ones(len(geometry), bool)
    boxes: Floats = shapely.bounds(geometry).reshape(-1, 4)
    area: Floats = shapely.area(geometry)
    order = order[with_area(boxes)[order] & (area[order] > 0)]
    if max_overlap >= 1 or len(order) < 2:
        return np.flatnonzero(kept)
    filled = _fills_its_box(geometry, area)

    def overlapping(one: Integers, other: Integers, box_iou: Floats) -> NDArray[np.bool_]:
        job.check()
        smaller, larger = np.minimum(area[one], area[other]), np.maximum(area[one], area[other])
        whole = smaller + larger
        common = box_iou / (1 + box_iou) * whole
        ratio = box_iou.copy()
        possible = smaller > max_overlap * larger
        asked = np.flatnonzero(possible & ~(filled[one] & filled[other]))
        for begin in range(0, len(asked), _AT_ONCE):
            part = asked[begin : begin + _AT_ONCE]
            common[part] = shapely.area(shapely.intersection(geometry[one[part]], geometry[other[part]]))
            ratio[part] = common[part] / (whole[part] - common[part])
            job.check()
        over: NDArray[np.bool_] = possible & (common > _TOUCH * smaller) & (ratio > max_overlap)
        return over

    (groups,) = dense_groups(np.asarray(classes))
    kept[drop_overlapping(boxes, groups, order, 0.0, overlapping, _FIRST_PORTION)] = False
    return np.flatnonzero(kept)
