"""Grids of tiles: arithmetic."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ParameterError
from engine.raster.grid import starts


@given(st.integers(1, 500), st.integers(1, 100), st.data())
def test_the_smallest_grid_covers_every_pixel(length, tile, data):
    """Tiles cover the length, stay inside it, ascend, and one tile fewer would not do."""
    stride = data.draw(st.integers(1, tile))
    begins = starts(length, tile, stride)
    assert begins[0] == 0
    assert begins[-1] + tile >= length
    assert begins[-1] == max(0, length - tile)
    assert all(0 < after - before <= stride for before, after in pairwise(begins))
    assert len(begins) == 1 or (len(begins) - 2) * stride + tile < length


@pytest.mark.parametrize(("length", "tile", "stride"), [(10, 4, 5), (0, 4, 4), (10, 0, 1), (10, 4, 0)])
def test_numbers_that_skip_pixels_are_refused(length, tile, stride):
    """A stride beyond the tile, or a number below 1, gets a sentence."""
    with pytest.raises(ParameterError, match=r"stride|positive"):
        starts(length, tile, stride)
