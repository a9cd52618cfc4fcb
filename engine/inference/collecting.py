"""From what the network says of a batch of tiles to detections in pixels of the whole raster."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .detections import Array, Detections
from .masks import PixelMasks
from .reading import Tile
from .seams import own_detections
from .tiles import TileGrid

INSIDE_SHARE = 0.25
"""Share of a box's side that must lie inside the raster; less is a mirror image beyond its edge."""

FILLING_SHARE = 0.5
"""A box that covers this share of the raster's side counts however far it goes on in the mirror image."""


def collect(tiles: Sequence[Tile], found: Sequence[Detections], grid: TileGrid, wanted: Array) -> Detections:
    """Return what counts of a batch's detections.

    Dropped are classes nobody asked for, boxes wholly in their tile's padding, boxes beyond the raster's edge and
    boxes whose centre is an invalid pixel.

    Args:
        tiles: The tiles of the batch.
        found: Detections of each in its own pixels.
        grid: The grid the tiles belong to.
        wanted: (classes + 1,) bool by label: which classes are asked for.
    """
    counts = [len(part) for part in found]
    everything = Detections.concatenate(found)
    if not len(everything):
        return everything
    numbers = np.repeat(np.array([tile.index for tile in tiles], np.int32), counts)
    offsets = np.repeat(np.array([tile.offset * 2 for tile in tiles], np.float64), counts, axis=0)
    placed = everything.boxes + offsets
    bounds = grid.bounds(numbers)
    boxes = np.concatenate(
        [
            np.clip(placed[:, :2], bounds[:, :2], bounds[:, 2:]),
            np.clip(placed[:, 2:], bounds[:, :2], bounds[:, 2:]),
        ],
        axis=1,
    )
    seen, whole = boxes[:, 2:] - boxes[:, :2], placed[:, 2:] - placed[:, :2]
    enough = np.minimum(INSIDE_SHARE * whole, FILLING_SHARE * np.array([grid.cols, grid.rows]))
    inside = np.all((seen > 0) & (seen >= enough), axis=1)
    kept = Detections(boxes, everything.scores, everything.labels, numbers)
    valid = inside & wanted[everything.labels] & _on_valid_pixel(tiles, boxes, counts)
    kept = kept.take(valid)
    return kept.take(own_detections(kept, grid))


def collect_masks(tiles: Sequence[Tile], found: Sequence[Detections], grid: TileGrid, wanted: Array) -> Detections:
    """Return what counts of a batch's detections with masks; what lies beyond the raster's edge is cut off.

    Dropped are classes nobody asked for, what is wholly in its tile's padding, what lies mostly beyond the edge
    and what lies mostly on invalid pixels. Arguments are those of ``collect``.
    """
    counts = [len(part) for part in found]
    everything = Detections.concatenate(found)
    if not len(everything):
        return everything
    numbers = np.repeat(np.array([tile.index for tile in tiles], np.int32), counts)
    offsets = np.repeat(np.array([tile.offset for tile in tiles], np.int64), counts, axis=0)
    placed = everything.pixels.moved(offsets)
    masks = placed.cut(grid.bounds(numbers))
    seen, whole = masks.windows[:, 2:] - masks.windows[:, :2], placed.windows[:, 2:] - placed.windows[:, :2]
    enough = np.minimum(INSIDE_SHARE * whole, FILLING_SHARE * np.array([grid.cols, grid.rows]))
    inside = np.all((seen > 0) & (seen >= enough), axis=1)
    boxes = masks.windows.astype(np.float64)
    kept = Detections(boxes, everything.scores, everything.labels, numbers, masks)
    kept = kept.take(inside & wanted[everything.labels] & _mostly_valid(tiles, masks, counts))
    return kept.take(own_detections(kept, grid))


def _mostly_valid(tiles: Sequence[Tile], masks: PixelMasks, counts: Sequence[int]) -> Array:
    """Return (n,) bool: whether at least half the pixels of each mask are valid."""
    valid = np.ones(len(masks), bool)
    start = 0
    for tile, count in zip(tiles, counts, strict=True):
        for place in range(start, start + count) if tile.valid is not None else ():
            left, top, right, bottom = (masks.windows[place] - np.array(tile.offset * 2)).tolist()
            known = np.asarray(tile.valid)[top:bottom, left:right]
            valid[place] = 2 * np.count_nonzero(masks.pixels(place) & known) >= masks.areas[place]
        start += count
    return valid


def _on_valid_pixel(tiles: Sequence[Tile], boxes: Array, counts: Sequence[int]) -> Array:
    """Return (n,) bool: whether the centre of each box is a valid pixel."""
    centres = ((boxes[:, :2] + boxes[:, 2:]) / 2).astype(np.int64)
    valid = np.ones(len(boxes), bool)
    start = 0
    for tile, count in zip(tiles, counts, strict=True):
        if tile.valid is not None and count:
            cols, rows = (centres[start : start + count] - tile.offset).T
            rows = np.clip(rows, 0, tile.valid.shape[0] - 1)
            cols = np.clip(cols, 0, tile.valid.shape[1] - 1)
            valid[start : start + count] = tile.valid[rows, cols]
        start += count
    return valid
