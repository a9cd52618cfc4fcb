"""Objects that tile edges cut: pieces are put together, and what a neighbour sees whole is left to it.

Two tiles see the same ground where they overlap. A detection that touches an *inner* border of its tile (one with
raster behind it) is a *piece*: it may be cut. A piece is

- *explained* when another tile has a whole detection of which this tile would see just that piece: it goes;
- *joined* to a piece of another tile when the two agree about the ground that both tiles see: together they are one
  object, which reaches as far as both;
- *foreign* when its centre lies in the core of another tile, which sees more of it: alone it is dropped.

A whole detection whose centre lies in another tile's core goes when that core's tile, too, has the object whole. So an
object is found once, whatever its size, where it lies and how large the padding is. Everything is in pixels of
the whole raster; every result is independent of the order of the detections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .detections import Array, Detections, box_overlap
from .tiles import TileGrid

EDGE = 2.0
"""Pixels within which a box counts as touching a border, and a centre as lying in a core."""

AGREEMENT = 0.5
"""IoU from which two tiles speak of the same object, measured on the ground that both see."""

CHUNK = 50_000
"""Boxes looked up at once."""

Same = Callable[[Detections, Array, Detections, Array], Array]
"""Tells of pairs, given by two detections and the places in each, (p,) bool, whether they are the same object."""

AsSeen = Callable[[Detections, Array, Detections, Array, Array], Array]
"""Tells likewise whether a piece is what its tile, whose bounds (p, 4) come last, sees of the other."""

United = Callable[[Detections], tuple[Detections, Array, Array]]
"""Returns the detections that pieces make, whether each may still be cut, and its edge distance."""


@dataclass(frozen=True)
class Seen:
    """Detections and how they lie in their tiles.

    Attributes:
        found: The detections.
        touches: (n,) bool, whether a box may be cut by its tile's edge.
        edge_distance: (n,) float64, pixels to the nearest inner border of its tile; infinite without one.
    """

    found: Detections
    touches: Array
    edge_distance: Array


def own_detections(found: Detections, grid: TileGrid) -> Array:
    """Return (n,) bool: which boxes reach into the core of their tile; the others are left to the neighbours."""
    cores = grid.cores(found.tiles)
    return (
        (found.boxes[:, 0] < cores[:, 2])
        & (found.boxes[:, 2] > cores[:, 0])
        & (found.boxes[:, 1] < cores[:, 3])
        & (found.boxes[:, 3] > cores[:, 1])
    )


def resolve_seams(found: Detections, grid: TileGrid, drop_foreign: bool) -> Seen:
    """Put the pieces of cut objects together and drop those that a neighbour answers for.

    Args:
        found: Detections of all tiles of a raster.
        grid: The tiles.
        drop_foreign: Drop pieces whose centre lies in another tile's core and that join nothing.

    Returns:
        What is left, ready for suppression over the scene.
    """

    def united(pieces: Detections) -> tuple[Detections, Array, Array]:
        edges = border_distance(pieces, grid)
        owned = centre_in_core(pieces, grid, EDGE) if drop_foreign else np.ones(len(pieces), bool)
        return _united(pieces, edges, owned, _joined(pieces, grid))

    return put_together(found, grid, _same, _as_seen, united)


def put_together(found: Detections, grid: TileGrid, same: Same, as_seen: AsSeen, united: United) -> Seen:
    """Drop what a neighbour has whole, then make detections of the pieces that are left.

    Args:
        found: Detections of all tiles of a raster.
        grid: The tiles.
        same: Compares whole detections.
        as_seen: Compares pieces with whole detections.
        united: Makes detections of pieces.
    """
    distance = nearest_border(found, grid)
    is_piece = distance <= EDGE
    whole, whole_distance = found.take(~is_piece), distance[~is_piece]
    new: Array = ~_repeated(whole, grid, same)
    whole, whole_distance = whole.take(new), whole_distance[new]
    pieces = found.take(is_piece)
    joined, open_ends, edge_distance = united(pieces.take(~_explained(pieces, whole, grid, as_seen)))
    return Seen(
        Detections.concatenate([whole, joined]),
        np.concatenate([np.zeros(len(whole), bool), open_ends]),
        np.concatenate([whole_distance, edge_distance]),
    )


def nearest_border(found: Detections, grid: TileGrid) -> Array:
    """Return (n,) float64: pixels from a box to the nearest inner border of its tile; infinite without one."""
    nearest = np.empty(len(found))
    for start in range(0, len(found), CHUNK):
        some = slice(start, start + CHUNK)
        nearest[some] = border_distance(found.take(some), grid).min(axis=1)
    return nearest


def border_distance(found: Detections, grid: TileGrid) -> Array:
    """Return (n, 4) float64: pixels from a box's sides to the borders of its tile; infinite at the raster's edge."""
    bounds = grid.bounds(found.tiles)
    outer = np.stack(
        [bounds[:, 0] <= 0, bounds[:, 1] <= 0, bounds[:, 2] >= grid.cols, bounds[:, 3] >= grid.rows], axis=1
    )
    distance = np.concatenate([found.boxes[:, :2] - bounds[:, :2], bounds[:, 2:] - found.boxes[:, 2:]], axis=1)
    return np.where(outer, np.inf, distance)


def centre_in_core(found: Detections, grid: TileGrid, slack: float) -> Array:
    """Return (n,) bool: whether the centre lies in the core of the box's tile, give or take some pixels."""
    inside = np.empty(len(found), bool)
    for start in range(0, len(found), CHUNK):
        some = found.take(slice(start, start + CHUNK))
        cores = grid.cores(some.tiles)
        centre = (some.boxes[:, :2] + some.boxes[:, 2:]) / 2
        inside[start : start + CHUNK] = np.all(
            (centre >= cores[:, :2] - slack) & (centre < cores[:, 2:] + slack), axis=1
        )
    return inside


def _repeated(whole: Detections, grid: TileGrid, same: Same) -> Array:
    """Return (n,) bool: which whole detections the tile that answers for their centre has too."""
    repeated = np.zeros(len(whole), bool)
    at_home = centre_in_core(whole, grid, 0.0)
    abroad, home = np.flatnonzero(~at_home), whole.take(at_home)
    foreign = whole.take(abroad)
    for one, other in meeting(foreign, home):
        repeated[abroad[one[same(foreign, one, home, other)]]] = True
    return repeated


def _explained(pieces: Detections, whole: Detections, grid: TileGrid, as_seen: AsSeen) -> Array:
    """Return (n,) bool: which pieces are what their tile would see of a whole detection of another tile."""
    explained = np.zeros(len(pieces), bool)
    bounds = grid.bounds(pieces.tiles)
    for piece, other in meeting(pieces, whole):
        explained[piece[as_seen(pieces, piece, whole, other, bounds[piece])]] = True
    return explained


def _same(ones: Detections, one: Array, others: Detections, other: Array) -> Array:
    """Return (p,) bool: whether pairs of boxes are the same object."""
    return box_overlap(ones.boxes[one], others.boxes[other]) >= AGREEMENT


def _as_seen(pieces: Detections, piece: Array, whole: Detections, other: Array, bounds: Array) -> Array:
    """Return (p,) bool: whether the boxes of pieces are those of other detections, cut at the bounds of their tiles."""
    low = np.maximum(whole.boxes[other, :2], bounds[:, :2])
    high = np.minimum(whole.boxes[other, 2:], bounds[:, 2:])
    return box_overlap(np.concatenate([low, high], axis=1), pieces.boxes[piece]) >= AGREEMENT


def _joined(pieces: Detections, grid: TileGrid) -> Array:
    """Return (n,) int: pieces with the same number are one object.

    A piece is linked to the piece of another tile that agrees with it best, if that is so the other way round too; so
    neighbours that crowd along a seam do not chain into one. A group whose box is not what its tiles saw is given up.
    """
    bounds = grid.bounds(pieces.tiles)
    found: list[Array] = [np.empty((0, 3))]
    for one, other in meeting(pieces, pieces):
        overlap = _agreement(pieces.boxes[one], pieces.boxes[other], bounds[one], bounds[other])
        agreed = overlap >= AGREEMENT
        found.append(np.column_stack([one[agreed], other[agreed], overlap[agreed]]))
    group = linked(np.concatenate(found), pieces)
    if not len(pieces):
        return group
    lows = np.full((group.max() + 1, 2), np.inf)
    highs = -lows
    np.minimum.at(lows, group, pieces.boxes[:, :2])
    np.maximum.at(highs, group, pieces.boxes[:, 2:])
    expected = np.column_stack([np.maximum(lows[group], bounds[:, :2]), np.minimum(highs[group], bounds[:, 2:])])
    return without(group, box_overlap(expected, pieces.boxes) < AGREEMENT)


def linked(links: Array, pieces: Detections) -> Array:
    """Return (n,) int: pieces with the same number are linked, directly or by others; see ``mutual_best``."""
    ones, others = mutual_best(links, pieces)
    graph = coo_array((np.ones(len(ones), bool), (ones, others)), shape=(len(pieces), len(pieces)))
    group: Array = connected_components(graph, directed=False)[1]
    return group


def without(group: Array, wrong: Array) -> Array:
    """Return the groups of pieces after those with a piece that is wrong, (n,) bool, are given up."""
    doubtful = np.bincount(group, wrong) > 0
    alone = len(group) + np.arange(len(group))
    return np.unique(np.where(doubtful[group], alone, group), return_inverse=True)[1]


def mutual_best(links: Array, pieces: Detections) -> tuple[Array, Array]:
    """Return the links that are the best of both their ends among those to the same tile.

    Args:
        links: (n, 3) piece, other piece, agreement; each in both directions.
        pieces: The pieces; equal agreement is settled by their confidence, then their place.
    """
    one, other = links[:, 0].astype(np.int64), links[:, 1].astype(np.int64)
    boxes = pieces.boxes[other]
    order = np.lexsort(
        (
            boxes[:, 3],
            boxes[:, 2],
            boxes[:, 0],
            boxes[:, 1],
            -pieces.scores[other],
            -links[:, 2],
            pieces.tiles[other],
            one,
        )
    )
    key = np.column_stack([one, pieces.tiles[other]])[order]
    first = np.ones(len(order), bool)
    first[1:] = (key[1:] != key[:-1]).any(axis=1)
    best = order[first]
    chosen = one[best] * len(pieces) + other[best]
    mutual = np.isin(other[best] * len(pieces) + one[best], chosen)
    return one[best][mutual], other[best][mutual]


def meeting(pieces: Detections, others: Detections) -> Iterator[tuple[Array, Array]]:
    """Yield index pairs (piece, other) whose boxes meet, of one class and two tiles; in chunks of the others."""
    if not len(pieces):
        return
    tree = shapely.STRtree(shapely.box(*pieces.boxes.T))
    for start in range(0, len(others), CHUNK):
        chunk = others.boxes[start : start + CHUNK]
        grown = shapely.box(*(chunk[:, :2] - EDGE).T, *(chunk[:, 2:] + EDGE).T)
        other, piece = tree.query(grown)
        other = other + start
        fits = (pieces.labels[piece] == others.labels[other]) & (pieces.tiles[piece] != others.tiles[other])
        yield piece[fits], other[fits]


def _agreement(one: Array, other: Array, one_bounds: Array, other_bounds: Array) -> Array:
    """Return (n,) float64, 0..1: the IoU of two boxes on the ground that both tiles see.

    Where the tiles overlap by hardly anything along an axis, the boxes agree along it when both reach the seam.
    """
    low = np.maximum(one_bounds[:, :2], other_bounds[:, :2])
    high = np.minimum(one_bounds[:, 2:], other_bounds[:, 2:])
    aligned = (one_bounds[:, :2] == other_bounds[:, :2]) & (one_bounds[:, 2:] == other_bounds[:, 2:])
    thin = (high - low <= 2 * EDGE) & ~aligned
    reach = np.all(
        [(box[:, :2] <= high + EDGE) & (box[:, 2:] >= low - EDGE) for box in (one, other)],
        axis=0,
    )
    one_low, one_high = np.clip(one[:, :2], low, high), np.clip(one[:, 2:], low, high)
    other_low, other_high = np.clip(other[:, :2], low, high), np.clip(other[:, 2:], low, high)
    shared = np.clip(np.minimum(one_high, other_high) - np.maximum(one_low, other_low), 0, None)
    areas = [
        np.prod(np.where(thin, 1.0, size), axis=1) for size in (shared, one_high - one_low, other_high - other_low)
    ]
    overlap = areas[0] / np.maximum(areas[1] + areas[2] - areas[0], np.finfo(np.float64).tiny)
    return np.where(np.all(reach, axis=1) & ~np.all(thin, axis=1), overlap, 0.0)


def _united(pieces: Detections, edges: Array, owned: Array, group: Array) -> tuple[Detections, Array, Array]:
    """Return one detection for each group that has an owned piece, whether it may still be cut, and its edge distance.

    A group's box covers its pieces, its confidence is the best of them; its tile is that of its best piece.
    """
    if not len(pieces):
        return pieces, np.zeros(0, bool), np.zeros(0)
    order = np.lexsort((pieces.tiles, -pieces.scores, group))
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    boxes = np.concatenate(
        [
            np.minimum.reduceat(pieces.boxes[order, :2], first, axis=0),
            np.maximum.reduceat(pieces.boxes[order, 2:], first, axis=0),
        ],
        axis=1,
    )
    kept = np.logical_or.reduceat(owned[order], first)
    outermost = np.abs(pieces.boxes - boxes[group]) <= EDGE
    still_open = np.logical_or.reduceat((outermost & (edges <= EDGE)).any(axis=1)[order], first)
    distance = np.maximum.reduceat(np.clip(edges.min(axis=1), 0, None)[order], first)
    best = pieces.take(order[first])
    united = Detections(boxes, best.scores, best.labels, best.tiles)
    return united.take(kept), still_open[kept], distance[kept]
