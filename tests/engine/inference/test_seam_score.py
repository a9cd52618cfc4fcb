"""The seam score: 1 where tiles cannot be told, above where they show, None where nothing can be said."""

from __future__ import annotations

import numpy as np
import pytest

from engine.inference.seam_score import SeamCounter
from engine.inference.tiles import TileGrid

GRID = TileGrid(210, 330, 64, 96, 8)


def score(classes, grid=GRID, step=50):
    """The score of a whole raster, given in strips."""
    counter = SeamCounter(grid, 0)
    for first in range(0, len(classes), step):
        counter.add(classes[first : first + step])
    return counter.score()


def noise(rows=210, cols=330):
    """Classes 1..3 without any order."""
    return np.random.default_rng(0).integers(1, 4, (rows, cols)).astype(np.uint8)


def test_noise_has_no_seams():
    """Changes are as many across lines as elsewhere."""
    assert score(noise()).value == pytest.approx(1.0, abs=0.05)


def test_tiles_that_show_raise_the_score():
    """Each core has a class of its own: all changes lie on the lines."""
    classes = np.ones((210, 330), np.uint8)
    for number, (left, top, right, bottom) in enumerate(GRID.cores(np.arange(len(GRID)))):
        classes[top:bottom, left:right] = 1 + (number + number // len(GRID.col_starts)) % 2
    classes[3, 3] = 7
    found = score(classes)
    assert found.value > 1000 and found.other_changes == 4
    assert found.changes == found.pairs


@pytest.mark.parametrize("step", [1, 7, 56, 210])
def test_strips_make_no_difference(step):
    """Every pair is counted once: those between strips too."""
    classes = noise()
    whole, found = score(classes, step=210), score(classes, step=step)
    assert found == whole
    assert found.pairs + found.other_pairs == 209 * 330 + 210 * 329


def test_invalid_pixels_are_in_no_pair():
    """The border of the valid part is no change."""
    classes = noise()
    classes[:, 100:] = 0
    found = score(classes)
    assert found.pairs + found.other_pairs == 209 * 100 + 210 * 99


def test_nothing_is_said_without_lines_or_without_changes():
    """One tile has no line; a raster of one class has no change to compare with."""
    assert score(noise(), TileGrid(210, 330, 400, 400, 8)).value is None
    assert score(np.ones((210, 330), np.uint8)).value is None
