"""Objects on tile borders and corners are each found once, whatever their size and the padding."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.inference.collecting import collect
from engine.inference.detections import Detections
from engine.inference.reading import Tile
from engine.inference.seams import resolve_seams
from engine.inference.suppression import suppress_boxes
from engine.inference.tiles import TileGrid
from engine.tools.arguments import largest_padding

GAP = 6
"""Pixels between two objects: nearer ones would touch the same border within the tolerance."""


@st.composite
def scenes(draw, smallest_padding=0):
    """A grid of tiles and objects on it, most of them on seams."""
    tile_rows, tile_cols = draw(st.integers(8, 40)), draw(st.integers(8, 40))
    most = largest_padding((tile_rows, tile_cols))
    padding = draw(st.integers(min(smallest_padding, most), most))
    grid = TileGrid(draw(st.integers(1, 110)), draw(st.integers(1, 110)), tile_rows, tile_cols, padding)
    objects = []
    for _ in range(draw(st.integers(1, 8))):
        row_min, row_max = draw(sides(grid.rows, grid.row_starts, tile_rows))
        col_min, col_max = draw(sides(grid.cols, grid.col_starts, tile_cols))
        new = (col_min, row_min, col_max, row_max)
        if all(apart(new, old) for old in objects):
            objects.append(new)
    return grid, np.array(objects, np.float64)


@st.composite
def sides(draw, length, starts, tile):
    """Begin and end of an object along one axis, often at or across the edge of a tile."""
    seams = [*starts, *(start + tile for start in starts)]
    near = draw(st.sampled_from(seams)) + draw(st.integers(-4, 4))
    size = draw(st.one_of(st.integers(1, 12), st.integers(1, 2 * tile)))
    low = min(max(0, near - draw(st.integers(0, size))), length - 1)
    return low, min(length, low + size)


def apart(one, other):
    """Whether two objects have a gap between them."""
    return one[0] >= other[2] + GAP or other[0] >= one[2] + GAP or one[1] >= other[3] + GAP or other[1] >= one[3] + GAP


def seen_by_tile(grid, objects, index, shake=None):
    """What a perfect detector says of one tile: every object in it, cut at its edge."""
    (bounds,) = grid.bounds(np.array([index]))
    cut = np.concatenate([np.maximum(objects[:, :2], bounds[:2]), np.minimum(objects[:, 2:], bounds[2:])], axis=1)
    there = (cut[:, 2:] > cut[:, :2]).all(axis=1)
    boxes = cut[there]
    if shake is not None:
        boxes = boxes + shake.uniform(-0.2, 0.2, boxes.shape)
    scores = 0.9 - 0.001 * (index % 7) - 0.01 * np.arange(len(boxes))
    offset = (int(bounds[0]), int(bounds[1]))
    row = index // len(grid.col_starts)
    pixels = np.empty((1, grid.tile_rows, grid.tile_cols))
    tile = Tile(index, row, pixels, None, offset)
    return tile, Detections.of(boxes - np.array(offset * 2), scores, np.ones(len(boxes)))


def detected(grid, objects, exclude=True, nms_overlap=0.1, shake=None, order=None):
    """Run the whole merge over what each tile sees."""
    wanted = np.array([False, True])
    seen = [seen_by_tile(grid, objects, index, shake) for index in range(len(grid))]
    found = Detections.concatenate(collect([tile], [part], grid, wanted) for tile, part in seen)
    if order is not None:
        found = found.take(order.permutation(len(found)))
    merged = resolve_seams(found, grid, exclude)
    kept = suppress_boxes(
        merged.found.boxes, merged.found.scores, merged.found.labels, nms_overlap,
        touches_border=merged.touches, edge_distance=merged.edge_distance,
    )  # fmt: skip
    return merged.found.take(kept)


def as_set(boxes):
    """Boxes as a set of rounded tuples, refusing doubles."""
    rows = [tuple(row) for row in np.round(boxes).astype(int).tolist()]
    assert len(rows) == len(set(rows))
    return set(rows)


@settings(max_examples=300, deadline=None)
@given(scenes(), st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.9]))
def test_every_object_is_found_exactly_once_and_whole(scene, exclude, nms_overlap):
    """Any size of raster, tile, padding, object and limit of overlap: the result is the set of objects."""
    grid, objects = scene
    assert as_set(detected(grid, objects, exclude, nms_overlap).boxes) == as_set(objects)


@settings(max_examples=100, deadline=None)
@given(scenes(smallest_padding=2), st.integers(0, 2**32 - 1))
def test_boxes_that_differ_a_little_from_tile_to_tile_are_one_object(scene, seed):
    """Predictions shake by a fifth of a pixel; there is still one detection for each object of some size."""
    grid, objects = scene
    objects = objects[((objects[:, 2:] - objects[:, :2]) >= 3).all(axis=1)]
    found = detected(grid, objects, shake=np.random.default_rng(seed))
    assert len(found) == len(objects)
    for box in objects:
        assert (np.abs(found.boxes - box).max(axis=1) < 1.5).sum() == 1


@settings(max_examples=50, deadline=None)
@given(scenes(), st.integers(0, 2**32 - 1))
def test_the_order_of_the_detections_does_not_matter(scene, seed):
    """Tiles may come from any thread in any order."""
    grid, objects = scene
    plain = detected(grid, objects)
    mixed = detected(grid, objects, order=np.random.default_rng(seed))
    assert sorted(map(tuple, plain.boxes)) == sorted(map(tuple, mixed.boxes))


def test_a_piece_that_no_neighbour_confirms_is_dropped_unless_asked_for():
    """exclude_pad_detections drops what touches the border and belongs to the neighbour's core."""
    grid = TileGrid(64, 112, 64, 64, 8)
    piece = Detections.of([[60.0, 20.0, 64.0, 30.0]], [0.9], [1], 0)
    assert len(resolve_seams(piece, grid, True).found) == 0
    (kept,) = resolve_seams(piece, grid, False).found.boxes
    assert kept.tolist() == [60, 20, 64, 30]


def test_two_views_of_an_object_are_one_whatever_overlap_is_allowed():
    """Boxes of two tiles that differ a little are one object even where nms_overlap would let them stand."""
    grid = TileGrid(64, 112, 64, 64, 8)
    found = Detections.of([[49.0, 20.0, 55.0, 30.0], [50.0, 20.0, 56.0, 30.0]], [0.9, 0.95], [1, 1], [0, 1])
    seen = resolve_seams(found, grid, True)
    assert seen.found.boxes.tolist() == [[49, 20, 55, 30]]


def test_a_whole_detection_wins_over_a_surer_piece():
    """The tile that sees all of an object is believed, even when a neighbour is surer of the part it sees."""
    grid = TileGrid(64, 112, 64, 64, 8)
    found = Detections.of([[40.0, 20.0, 64.0, 30.0], [52.0, 20.0, 70.0, 30.0]], [0.99, 0.6], [1, 1], [0, 1])
    seen = resolve_seams(found, grid, True)
    assert seen.found.boxes.tolist() == [[52, 20, 70, 30]]


def test_different_classes_are_never_joined():
    """Two pieces of two classes stay two objects."""
    grid = TileGrid(64, 112, 64, 64, 8)
    found = Detections.of([[30.0, 20.0, 64.0, 30.0], [48.0, 20.0, 90.0, 30.0]], [0.9, 0.8], [1, 2], [0, 1])
    assert len(resolve_seams(found, grid, True).found) == 2


def test_weak_detections_that_drift_along_the_tiles_do_not_chain_into_one():
    """Each agrees with its neighbour, yet no tile saw what they would be together."""
    grid = TileGrid(64, 1024, 64, 64, 16)
    tiles = np.arange(len(grid))
    bounds = grid.bounds(tiles).astype(np.float64)
    rows = np.minimum(tiles * 2.0, 40.0)
    boxes = np.column_stack([bounds[:, 0], rows, bounds[:, 2], rows + 10])
    found = Detections(boxes, np.full(len(tiles), 0.1, np.float32), np.ones(len(tiles), np.int64), tiles)
    seen = resolve_seams(found, grid, drop_foreign=True)
    assert (seen.found.boxes[:, 2] - seen.found.boxes[:, 0]).max() <= 64


def test_a_crowd_along_a_seam_stays_a_crowd():
    """Of many overlapping boxes that reach a seam, each joins its own counterpart only."""
    grid = TileGrid(64, 112, 64, 64, 8)
    tops = np.arange(0, 40, 4.0)
    west = np.column_stack([np.full(10, 50.0), tops, np.full(10, 64.0), tops + 20])
    east = np.column_stack([np.full(10, 48.0), tops, np.full(10, 70.0), tops + 20])
    east[:, 0] = 50.0
    boxes, tiles = np.concatenate([west, east]), np.repeat([0, 1], 10)
    found = Detections(boxes, np.linspace(0.9, 0.1, 20).astype(np.float32), np.ones(20, np.int64), tiles)
    seen = resolve_seams(found, grid, drop_foreign=False)
    assert (seen.found.boxes[:, 3] - seen.found.boxes[:, 1]).max() <= 20
