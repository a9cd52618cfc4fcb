"""Overlap of real polygons: area of the intersection divided by the area of the union."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from ..inference.overlaps import Floats, Integers, dense_groups, with_area
from ..inference.suppression import drop_overlapping
from ..job import Job

_TOUCH = 1e-9
"""Share of the smaller polygon below which a common area is rounding of a common border."""

_AT_ONCE = 1 << 14
_FIRST_PORTION = 512


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
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    # a polygon that fills its box is its box: rectangles, which most detections are, need no geometry at all
    filled = area >= width * height * (1 - 1e-12)

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
