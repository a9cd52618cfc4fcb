"""The grid of tiles: smallest, without gaps, cores that part the raster."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ParameterError
from engine.inference.tiles import TileGrid


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 30), st.integers(1, 30), st.integers(0, 14))
def test_cores_part_the_raster_and_lie_in_their_tiles(rows, cols, tile_rows, tile_cols, padding):
    """Every pixel has exactly one owner, and its owner sees it with the padding around it."""
    padding = min(padding, (min(tile_rows, tile_cols) - 1) // 2)
    grid = TileGrid(rows, cols, tile_rows, tile_cols, padding)
    owners = np.zeros((rows, cols), int)
    numbers = np.arange(len(grid))
    bounds, cores = grid.bounds(numbers), grid.cores(numbers)
    for (left, top, right, bottom), (low, high, far, deep) in zip(bounds, cores, strict=True):
        owners[high:deep, low:far] += 1
        assert left <= max(0, low - padding) and right >= min(cols, far + padding)
        assert top <= max(0, high - padding) and bottom >= min(rows, deep + padding)
    assert (owners == 1).all()


def test_the_grid_is_the_smallest_that_covers():
    """One tile less would leave pixels out."""
    assert len(TileGrid(512, 512, 512, 512, 64)) == 1
    assert len(TileGrid(512, 513, 512, 512, 64)) == 2
    assert len(TileGrid(2048, 2048, 512, 512, 32)) == 25
    assert len(TileGrid(512 + 384, 512 + 2 * 384, 512, 512, 64)) == 6


def test_a_padding_that_leaves_no_core_is_refused():
    """Half a tile is too much for a grid."""
    with pytest.raises(ParameterError, match="padding 32"):
        TileGrid(100, 100, 64, 64, 32)
