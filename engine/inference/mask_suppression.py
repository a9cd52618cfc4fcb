"""Non-maximum suppression of masks: as ``suppression``, by the overlap of pixels instead of boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .detections import Array, Detections
from .masks import PixelMasks, mask_overlap, possible_overlap
from .overlaps import Floats, Integers, dense_groups, with_area
from .suppression import drop_overlapping, precedence

_FIRST_PORTION = 512


def suppress_masks(
    found: Detections, max_overlap: float, touches_border: Array | None = None, edge_distance: Array | None = None
) -> Array:
    """Return which detections survive non-maximum suppression within each class.

    Args:
        found: Detections with the pixels of each; boxes are the masks' windows.
        max_overlap: Largest IoU that two kept masks of a class may share, 0..1; at 0 any common pixel counts.
        touches_border: As ``suppression.suppress_boxes`` takes it.
        edge_distance: The same.

    Returns:
        (k,) int64 indexes, ascending; they do not depend on the order of the input.
    """
    kept = np.ones(len(found), bool)
    if max_overlap >= 1 or len(found) < 2:
        return np.flatnonzero(kept)
    order = precedence(found.boxes, found.scores, touches_border, edge_distance)
    order = order[with_area(found.boxes)[order]]
    masks = found.pixels

    def overlapping(one: Integers, other: Integers, _: Floats) -> NDArray[np.bool_]:
        over = possible_overlap(masks, one, masks, other) > max_overlap
        over[over] = mask_overlap(masks, one[over], masks, other[over]) > max_overlap
        return over

    if len(order) > 1:
        (groups,) = dense_groups(found.labels)
        kept[drop_overlapping(found.boxes, groups, order, 0.0, overlapping, _FIRST_PORTION)] = False
    return np.flatnonzero(kept)


def at_least(one: PixelMasks, first: Array, other: PixelMasks, second: Array, least: float) -> Array:
    """Return (p,) bool: which pairs of masks have at least an IoU."""
    over = possible_overlap(one, first, other, second) >= least
    over[over] = mask_overlap(one, first[over], other, second[over]) >= least
    return np.asarray(over, bool)
