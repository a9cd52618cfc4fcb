"""Instances on tile borders and corners are each found once, with all their pixels and holes, and no others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.inference.collecting import collect_masks
from engine.inference.detections import Detections
from engine.inference.kinds import MASKS
from engine.inference.masks import PixelMasks
from engine.inference.reading import Tile
from engine.inference.tiles import TileGrid
from engine.tools.arguments import InstanceArguments
from tests.engine.inference.test_seams import scenes


def seen_by_tile(grid, instances, index):
    """What a perfect network says of one tile: the pixels of every instance in it.

    Args:
        grid: The tiles.
        instances: (rows, cols) bool of the whole raster, one an instance.
        index: Number of the tile.
    """
    (left, top, right, bottom) = grid.bounds(np.array([index]))[0].tolist()
    parts = [instance[top:bottom, left:right] for instance in instances]
    masks = PixelMasks.of(np.zeros((len(parts), 2)), parts)
    scores = 0.9 - 0.001 * (index % 7) - 0.01 * np.arange(len(parts))
    found = Detections.of(masks.windows, scores, np.ones(len(parts)))
    found = Detections(found.boxes, found.scores, found.labels, found.tiles, masks).take(masks.areas > 0)
    pixels = np.empty((1, grid.tile_rows, grid.tile_cols))
    return Tile(index, index // len(grid.col_starts), pixels, None, (left, top)), found


def merged(grid, instances, overlap=0.1, order=None):
    """Run the whole merge over what each tile sees."""
    wanted = np.array([False, True])
    seen = [seen_by_tile(grid, instances, index) for index in range(len(grid))]
    found = Detections.concatenate(collect_masks([tile], [part], grid, wanted) for tile, part in seen)
    if order is not None:
        found = found.take(order.permutation(len(found)))
    return MASKS.merge(found, grid, InstanceArguments(grid.padding, nms_overlap=overlap))


def as_set(found, shape):
    """Masks as a set of the bytes of whole rasters, refusing doubles."""
    rasters = []
    for place, (left, top, right, bottom) in enumerate(found.pixels.windows.tolist()):
        raster = np.zeros(shape, bool)
        raster[top:bottom, left:right] = found.pixels.pixels(place)
        rasters.append(raster.tobytes())
    assert len(set(rasters)) == len(rasters)
    return set(rasters)


def drawn(shape, *boxes):
    """A raster that is true inside some boxes and false inside those that begin with ``not``."""
    raster = np.zeros(shape, bool)
    for left, top, right, bottom, *less in boxes:
        raster[top:bottom, left:right] = not less
    return raster


def ring(shape, box):
    """A box with a hole where it is large enough."""
    left, top, right, bottom = (int(side) for side in box)
    raster = drawn(shape, (left, top, right, bottom))
    if min(right - left, bottom - top) >= 6:
        raster[top + 2 : bottom - 2, left + 2 : right - 2] = False
    return raster


@settings(max_examples=150, deadline=None)
@given(scenes(), st.sampled_from([0.0, 0.1, 0.5]))
def test_every_instance_is_found_exactly_once_and_whole(scene, overlap):
    """Any size of raster, tile, padding and instance: the result is the set of instances, to the pixel."""
    grid, objects = scene
    shape = (grid.rows, grid.cols)
    instances = [drawn(shape, tuple(int(side) for side in box)) for box in objects]
    assert as_set(merged(grid, instances, overlap), shape) == {instance.tobytes() for instance in instances}


@settings(max_examples=40, deadline=None)
@given(scenes(), st.integers(0, 2**32 - 1))
def test_the_order_of_the_detections_does_not_matter(scene, seed):
    """Tiles may come from any thread in any order; rings are put together as well as boxes."""
    grid, objects = scene
    shape = (grid.rows, grid.cols)
    instances = [ring(shape, box) for box in objects]
    plain = merged(grid, instances)
    mixed = merged(grid, instances, order=np.random.default_rng(seed))
    assert as_set(plain, shape) == as_set(mixed, shape)


@pytest.mark.parametrize("padding", [0, 1, 2, 5, 8])
def test_an_instance_over_four_tiles_keeps_its_shape(padding):
    """An L that fills three of the four tiles and a ring with its hole on the corner of four others."""
    shape = (100, 180)
    grid = TileGrid(*shape, 40, 40, padding)
    corner = grid.col_starts[1] + padding, grid.row_starts[1] + padding  # of four cores
    far = grid.col_starts[3] + padding
    angle = drawn(shape, (corner[0] - 12, corner[1] - 12, corner[0] - 2, corner[1] + 14))
    angle |= drawn(shape, (corner[0] - 12, corner[1] + 4, corner[0] + 14, corner[1] + 14))
    hollow = ring(shape, (far - 12, corner[1] - 13, far + 15, corner[1] + 12))

    found = merged(grid, [angle, hollow])

    assert as_set(found, shape) == {angle.tobytes(), hollow.tobytes()}


@pytest.mark.parametrize("padding", [0, 2, 6])
def test_neighbours_that_touch_are_not_joined(padding):
    """Rows of instances side by side, some along the seam, some across it, some behind each other at it."""
    shape = (60, 90)
    grid = TileGrid(*shape, 60, 30, padding)
    seam = grid.col_starts[1] + padding
    across = [drawn(shape, (seam - 9, row, seam + 8, row + 6)) for row in (2, 8, 14)]
    above = drawn(shape, (seam - 12, 26, seam + 10, 40))
    below = drawn(shape, (seam - 12, 40, seam + 10, 52))

    found = merged(grid, [*across, above, below])

    assert as_set(found, shape) == {instance.tobytes() for instance in (*across, above, below)}


def test_neighbours_that_meet_at_the_seam_stay_two_where_their_fronts_differ():
    """Without any overlap of tiles only the pixels along the seam tell; those of these two agree by a fifth."""
    shape = (60, 60)
    grid = TileGrid(*shape, 60, 30, 0)
    left, right = drawn(shape, (12, 10, 30, 22)), drawn(shape, (30, 18, 50, 40))
    assert as_set(merged(grid, [left, right]), shape) == {left.tobytes(), right.tobytes()}


@pytest.mark.parametrize("gap", [(2, 1), (1, 2), (2, 2)])
def test_neighbours_with_a_gap_between_them_at_the_seam_stay_two(gap):
    """Each is near the seam, and the three or four pixels between them are ground, whatever their fronts."""
    shape = (40, 60)
    grid = TileGrid(*shape, 40, 30, 0)
    left, right = drawn(shape, (10, 8, 30 - gap[0], 20)), drawn(shape, (30 + gap[1], 8, 46, 20))
    assert as_set(merged(grid, [left, right]), shape) == {left.tobytes(), right.tobytes()}


def test_neighbours_that_meet_at_the_seam_stay_two_where_a_third_of_their_fronts_differs():
    """A house of 12 pixels beside one of 7: with half of the front in common one would be made of them."""
    shape = (40, 60)
    grid = TileGrid(*shape, 40, 30, 0)
    left, right = drawn(shape, (12, 8, 30, 20)), drawn(shape, (30, 8, 50, 15))
    assert as_set(merged(grid, [left, right]), shape) == {left.tobytes(), right.tobytes()}


def test_pieces_that_end_short_of_a_seam_are_joined_without_a_gap():
    """Masks often stop a pixel before their tile's edge; of tiles without overlap the gap is filled."""
    grid = TileGrid(40, 60, 40, 30, 0)
    masks = PixelMasks.of([[10, 8], [31, 8]], [np.ones((12, 19), bool), np.ones((12, 15), bool)])
    found = Detections(masks.windows.astype(float), *np.ones((2, 2), np.float32).astype(int), np.array([0, 1]), masks)
    joined = MASKS.merge(found, grid, InstanceArguments(0))
    assert joined.boxes.tolist() == [[10, 8, 46, 20]]
    assert joined.pixels.areas.tolist() == [36 * 12]


def test_masks_that_share_pixels_are_two_when_boxes_would_be_one():
    """Two crossing bars share a fifth of their pixels and nearly all of their boxes; a copy is dropped."""
    bar = np.eye(40, dtype=bool)
    bar |= np.roll(bar, 1, 1) | np.roll(bar, 2, 1)
    masks = PixelMasks.of([[5, 5], [5, 5], [6, 5]], [bar, bar[:, ::-1], bar])
    labels = np.ones(3, np.int32)
    found = Detections(masks.windows.astype(float), np.array([0.9, 0.8, 0.7]), labels, 0 * labels, masks)
    kept = MASKS.thinned(found, 0.3)
    assert sorted(kept.scores.tolist()) == [0.8, 0.9]
