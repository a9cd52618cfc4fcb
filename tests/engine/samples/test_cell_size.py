"""The working cell size."""

import numpy as np
import pytest

from engine.samples.cell_size import propose_cell_size, size_in_words


def squares(*sides):
    """Return boxes of some sides in map units."""
    side = np.array(sides, float)
    return np.column_stack([np.zeros(len(side)), np.zeros(len(side)), side, side])


@pytest.mark.parametrize(
    ("sides", "own", "proposed"),
    [
        ((3.3, 3.3, 3.3), 0.1, 0.066),
        ((5, 5, 900), 0.1, None),
        ((25, 25), 0.05, 0.5),
        ((2, 2), 1.0, 0.5),
        ((5000, 5000), 1.0, 16.0),
        ((), 1.0, None),
        ((0, np.nan), 1.0, None),
    ],
)
def test_objects_are_shown_about_50_pixels_across(sides, own, proposed):
    """The median counts; near the raster's own nothing is resampled; half and 16 times are the limits."""
    found = propose_cell_size(squares(*sides), (own, own))
    assert found == (None if proposed is None else pytest.approx(proposed))


def test_the_size_is_told_with_a_better_cell_size_where_there_is_one():
    """Always a sentence; the advice only where it would change something."""
    told = size_in_words(squares(3.3), (0.1, 0.1), (0.1, 0.1), 0.066)
    assert "about 33 pixels across at the cell size 0.1" in told and "0.066 would show them 50 pixels" in told
    assert "would" not in size_in_words(squares(3.3), (0.1, 0.1), (0.066, 0.066), 0.066)
    assert "would" not in size_in_words(squares(5), (0.1, 0.1), (0.1, 0.1), None)
