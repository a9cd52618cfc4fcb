"""Instances that tile edges cut: as ``seams``, but what two tiles see is compared and put together pixel by pixel.

Two pieces are one instance when their masks agree on the ground that both tiles see. Where tiles hardly overlap, both
must reach the seam, and the pixels along it must agree; what is missing up to the seam is then filled. So a neighbour
that only touches is never joined, and a hole stays a hole. Two that meet at a seam of tiles without overlap, with the
same front, look like one that is cut: the user is told so before the run.
"""

from __future__ import annotations

import numpy as np

from .detections import Array, Detections
from .mask_suppression import at_least
from .masks import PixelMasks, mask_overlap
from .seams import AGREEMENT, EDGE, Seen, border_distance, centre_in_core, linked, meeting, put_together, without
from .tiles import TileGrid

FRONT_AGREEMENT = 2 / 3
"""Share of the pixels along a seam at which both pieces must be, of those at which one is, where tiles do not overlap:
nothing else tells then that they are one."""


def resolve_mask_seams(found: Detections, grid: TileGrid) -> Seen:
    """Put the pieces of cut instances together and drop those that a neighbour answers for.

    Args:
        found: Detections of all tiles of a raster, with the pixels of each; boxes are the masks' windows.
        grid: The tiles.

    Returns:
        What is left, ready for suppression over the scene.
    """
    return put_together(found, grid, _same, _as_seen, lambda pieces: _united(pieces, grid))


def _same(ones: Detections, one: Array, others: Detections, other: Array) -> Array:
    """Return (p,) bool: whether pairs of masks are the same instance."""
    return at_least(ones.pixels, one, others.pixels, other, AGREEMENT)


def _as_seen(pieces: Detections, piece: Array, whole: Detections, other: Array, bounds: Array) -> Array:
    """Return (p,) bool: whether the masks of pieces are those of other detections within the bounds of their tiles."""
    overlap: Array = mask_overlap(pieces.pixels, piece, whole.pixels, other, bounds) >= AGREEMENT
    return overlap


def _united(pieces: Detections, grid: TileGrid) -> tuple[Detections, Array, Array]:
    """Return one detection for each group of pieces whose centre its own tiles answer for, whether it may still be cut,
    and its distance from the edge of its tiles.

    A group's mask is that of all its pieces, its confidence the best of them; its tile is that of its best piece.
    """
    if not len(pieces):
        return pieces, np.zeros(0, bool), np.zeros(0)
    bounds, edges = grid.bounds(pieces.tiles), border_distance(pieces, grid)
    group = _groups(pieces, grid, bounds, edges)
    order = np.lexsort((pieces.tiles, -pieces.scores, group))
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    members = np.split(order, first[1:])
    canvases = [_canvas(pieces.pixels, some, bounds, edges, grid) for some in members]
    masks = PixelMasks.of(np.array([corner for corner, _ in canvases]), [mask for _, mask in canvases])
    kept = np.logical_or.reduceat(centre_in_core(pieces, grid, EDGE)[order], first)
    outermost = np.abs(pieces.boxes - masks.windows[group]) <= EDGE
    still_open = np.logical_or.reduceat((outermost & (edges <= EDGE)).any(axis=1)[order], first)
    distance = np.maximum.reduceat(np.clip(edges.min(axis=1), 0, None)[order], first)
    best = pieces.take(order[first])
    united = Detections(masks.windows.astype(np.float64), best.scores, best.labels, best.tiles, masks)
    return united.take(kept), still_open[kept], distance[kept]


def _groups(pieces: Detections, grid: TileGrid, bounds: Array, edges: Array) -> Array:
    """Return (n,) int: pieces with the same number are one instance; see ``seams``."""
    found: list[Array] = [np.empty((0, 3))]
    for one, other in meeting(pieces, pieces):
        overlap = _agreement(pieces, one, other, bounds)
        agreed = overlap > 0
        found.append(np.column_stack([one[agreed], other[agreed], overlap[agreed]]))
    group = linked(np.concatenate(found), pieces)
    wrong = np.zeros(len(pieces), bool)
    order = np.argsort(group, kind="stable")
    for some in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        if len(some) > 1:
            corner, canvas = _canvas(pieces.pixels, some, bounds, edges, grid)
            everything = PixelMasks.of(np.array([corner]), [canvas])
            same = mask_overlap(pieces.pixels, some, everything, np.zeros(len(some), np.int64), bounds[some])
            wrong[some] = same < AGREEMENT
    return without(group, wrong)


def _agreement(pieces: Detections, one: Array, other: Array, bounds: Array) -> Array:
    """Return (p,) float64, 0..1: the IoU of two pieces on the ground that both tiles see, 0 where they are not one.

    Where the tiles overlap by hardly anything along an axis, it is the IoU of the pixels along the seam; pieces with
    more than a pixel or two between them are not one.
    """
    low = np.maximum(bounds[one, :2], bounds[other, :2])
    high = np.minimum(bounds[one, 2:], bounds[other, 2:])
    aligned = (bounds[one, :2] == bounds[other, :2]) & (bounds[one, 2:] == bounds[other, 2:])
    thin = (high - low <= 2 * EDGE) & ~aligned
    reach = np.all(
        [(pieces.boxes[which, :2] <= high + EDGE) & (pieces.boxes[which, 2:] >= low - EDGE) for which in (one, other)],
        axis=(0, 2),
    )
    overlap = np.zeros(len(one))
    thick = np.flatnonzero(reach & ~thin.any(axis=1))
    limits = np.concatenate([low, high], axis=1)
    overlap[thick] = mask_overlap(pieces.pixels, one[thick], pieces.pixels, other[thick], limits[thick])
    overlap[overlap < AGREEMENT] = 0
    between = np.maximum(pieces.boxes[one, :2], pieces.boxes[other, :2]) - np.minimum(
        pieces.boxes[one, 2:], pieces.boxes[other, 2:]
    )
    near = (between <= EDGE).all(axis=1)
    for place in np.flatnonzero(reach & near & (thin.sum(axis=1) == 1)).tolist():
        axis = int(thin[place, 1])
        band = limits[place].copy()
        band[axis] -= int(EDGE)
        band[axis + 2] += int(EDGE)
        mine, theirs = (_profile(pieces.pixels, int(which[place]), band, axis) for which in (one, other))
        share = int(np.count_nonzero(mine & theirs)) / max(1, int(np.count_nonzero(mine | theirs)))
        least = AGREEMENT if high[place, axis] > low[place, axis] else FRONT_AGREEMENT
        overlap[place] = share if share >= least else 0
    return overlap


def _profile(masks: PixelMasks, place: int, band: Array, axis: int) -> Array:
    """Return along which rows (axis 0) or columns (axis 1) of a band a mask has a pixel."""
    profile = np.zeros(int(band[3 - axis] - band[1 - axis]), bool)
    window = masks.windows[place]
    low, high = np.maximum(window[:2], band[:2]), np.minimum(window[2:], band[2:])
    if (high > low).all():
        left, top, right, bottom = (np.concatenate([low, high]) - np.tile(window[:2], 2)).tolist()
        start = int(low[1 - axis] - band[1 - axis])
        part = np.asarray(masks.pixels(place)[top:bottom, left:right].any(axis=1 - axis))
        profile[start : start + len(part)] = part
    return profile


def _canvas(
    masks: PixelMasks, members: Array, bounds: Array, edges: Array, grid: TileGrid
) -> tuple[tuple[int, int], Array]:
    """Return the corner and the pixels of some pieces together; of tiles that hardly overlap, gaps at seams filled."""
    windows = masks.windows[members]
    low, high = windows[:, :2].min(axis=0), windows[:, 2:].max(axis=0)
    canvas = np.zeros((high - low)[::-1], bool)
    placed = (windows - np.tile(low, 2)).tolist()
    for place, (left, top, right, bottom) in zip(members.tolist(), placed, strict=True):
        canvas[top:bottom, left:right] |= masks.pixels(place)
    if len(members) > 1 and grid.padding <= EDGE:
        rows, cols = canvas.shape
        for place, (left, top, right, bottom) in zip(members.tolist(), placed, strict=True):
            gaps = np.where(edges[place] <= EDGE, edges[place], 0).astype(np.int64).tolist()
            _close(canvas[:, ::-1], cols - left, slice(top, bottom), gaps[0])
            _close(canvas.T[:, ::-1], rows - top, slice(left, right), gaps[1])
            _close(canvas, right, slice(top, bottom), gaps[2])
            _close(canvas.T, bottom, slice(left, right), gaps[3])
    return (int(low[0]), int(low[1])), canvas


def _close(canvas: Array, end: int, rows: slice, gap: int) -> None:
    """Fill the gap between a piece that ends at a column and what stands behind the seam, where both reach it.

    Args:
        canvas: (rows, cols) bool, turned so that the seam is on the right; changed.
        end: First column behind the piece.
        rows: Rows of the piece.
        gap: Columns between the piece and the seam.
    """
    seam = end + gap
    if gap and seam < canvas.shape[1]:
        goes_on = canvas[rows, end - 1] & canvas[rows, seam : seam + int(EDGE)].any(axis=1)
        canvas[rows, end:seam] |= goes_on[:, None]
