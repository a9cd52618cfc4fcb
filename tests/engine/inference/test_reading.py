"""Tiles read ahead: the right pixels, in order, each strip once, none without a valid pixel."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from engine.errors import RasterError
from engine.inference import reading
from engine.inference.reading import read_tiles, sections
from engine.inference.stages import READING, Stopwatch
from engine.inference.tiles import TileGrid
from engine.job import Job
from engine.raster.reading import raster_source
from tests.rasters import write_raster


def tiles_of(source, grid, area=None, readers=1):
    """All tiles of a raster."""
    return [tile for part in read_tiles(source, grid, area, Stopwatch(), readers) for tile in part]


@pytest.mark.parametrize("readers", [1, 3])
@pytest.mark.parametrize("strip_bytes", [1, 10**9])
def test_tiles_hold_the_pixels_of_their_windows(tmp_path, monkeypatch, readers, strip_bytes):
    """However strips are cut and how many threads read, tile n is what its window shows."""
    monkeypatch.setattr(reading, "STRIP_BYTES", strip_bytes)
    image = np.random.default_rng(1).integers(0, 2000, (2, 75, 101), np.uint16)
    source = raster_source(write_raster(tmp_path / "a.tif", image), job=Job())
    grid = TileGrid(75, 101, 24, 32, 5)
    tiles = tiles_of(source, grid, readers=readers)
    assert [tile.index for tile in tiles] == list(range(len(grid)))
    for tile in tiles:
        col, row = tile.offset
        assert (tile.pixels == image[:, row : row + 24, col : col + 32]).all()
        assert tile.valid is None


def test_a_row_of_tiles_is_read_as_one_strip(tmp_path):
    """Blocks are decoded once for a row of tiles, not once for each tile."""
    source = raster_source(write_raster(tmp_path / "a.tif", np.ones((3, 100, 300), np.uint8)), job=Job())
    grid = TileGrid(100, 300, 32, 32, 4)
    assert len(sections(source, grid)) == len(grid.row_starts)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (5, 3), (20, 70)])
def test_a_raster_smaller_than_a_tile_is_mirrored(tmp_path, shape):
    """The tile is full, and repeats the raster backwards beyond its edge."""
    image = np.random.default_rng(2).integers(1, 255, (1, *shape), np.uint8)
    source = raster_source(write_raster(tmp_path / "a.tif", image), job=Job())
    grid = TileGrid(*shape, 32, 32, 4)
    tiles = tiles_of(source, grid)
    part = image[:, : min(32, shape[0]), : min(32, shape[1])]
    missing = [(0, 32 - size) for size in part.shape[1:]]
    mirrored = np.pad(part, [(0, 0), *missing], mode="reflect")
    assert (tiles[0].pixels == mirrored).all()


def test_tiles_without_a_valid_pixel_are_left_out(tmp_path):
    """Nodata costs nothing; where only a part is valid, the tile says which."""
    image = np.zeros((1, 64, 128), np.uint8)
    image[:, 10:20, 100:110] = 7
    source = raster_source(write_raster(tmp_path / "a.tif", image, nodata=0), job=Job())
    (tile,) = tiles_of(source, TileGrid(64, 128, 64, 64, 0))
    assert tile.index == 1
    assert tile.valid is not None and tile.valid.sum() == 100


def test_pixels_outside_the_mask_layer_are_zero_and_invalid(tmp_path):
    """What the mask leaves out, the network does not see."""
    source = raster_source(write_raster(tmp_path / "a.tif", np.full((2, 32, 64), 9, np.uint8)), job=Job())

    def left_half(window):
        return np.broadcast_to(np.arange(window.col, window.col + window.width) < 16, (window.height, window.width))

    (tile,) = tiles_of(source, TileGrid(32, 64, 32, 32, 0), left_half)
    assert (tile.pixels[:, :, :16] == 9).all() and (tile.pixels[:, :, 16:] == 0).all()
    assert (tile.valid == left_half(type("W", (), {"col": 0, "width": 32, "height": 32}))).all()


def test_a_damaged_file_is_told_and_leaves_no_thread(tmp_path):
    """The error of the reading thread reaches the caller."""
    path = write_raster(tmp_path / "a.tif", np.random.default_rng(0).integers(0, 255, (1, 256, 256), np.uint8))
    source = raster_source(path, job=Job())
    with open(path, "r+b") as stream:
        stream.truncate(20_000)
    threads = threading.active_count()
    with pytest.raises(RasterError):
        tiles_of(source, TileGrid(256, 256, 64, 64, 8))
    assert threading.active_count() == threads


def test_stopping_early_leaves_no_thread(tmp_path):
    """A cancelled run ends its readers."""
    source = raster_source(write_raster(tmp_path / "a.tif", np.ones((1, 300, 64), np.uint8)), job=Job())
    threads = threading.active_count()
    watch = Stopwatch()
    rows = read_tiles(source, TileGrid(300, 64, 32, 32, 0), None, watch, 2)
    next(rows)
    rows.close()
    assert threading.active_count() == threads
    assert watch.seconds(READING) > 0
