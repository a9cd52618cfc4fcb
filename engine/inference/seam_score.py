"""The seam score: do classes change more often across the lines between tiles than elsewhere?

The share of neighbouring pixels with different classes across the borders between cores, divided by the same share
everywhere else. 1 = the lines cannot be told from the rest of the raster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .decision import CLASSES
from .detections import Array
from .tiff_header import BLOCK
from .tiles import TileGrid
from .work_file import WorkFile
from .work_place import ShardFiles

LEAST_PAIRS = 500
"""Pairs of pixels across lines below which nothing can be said."""


@dataclass(frozen=True)
class SeamScore:
    """How far tiles show in a class raster.

    Attributes:
        value: The score; None when there are too few lines or nothing changes elsewhere.
        pairs: Pairs of valid neighbours across lines.
        changes: How many of them differ.
        other_pairs: Pairs of valid neighbours elsewhere.
        other_changes: How many of them differ.
    """

    value: float | None
    pairs: int
    changes: int
    other_pairs: int
    other_changes: int


class SeamCounter:
    """Counts changes in strips that follow one another from top to bottom."""

    def __init__(self, grid: TileGrid, nodata: int) -> None:
        """Start with no row seen.

        Args:
            grid: The tiles.
            nodata: Value of invalid pixels, which are in no pair.
        """
        borders = grid.cores(np.arange(len(grid)))
        across = len(grid.col_starts)
        self._rows = np.array([border for border in borders[::across, 1] if border > 0], np.int64)
        self._cols = np.array([border for border in borders[:across, 0] if border > 0], np.int64)
        self._nodata = nodata
        self._seen = 0
        self._last: Array | None = None
        self._counts = np.zeros((2, 2), np.int64)  # elsewhere, across lines; pairs, changes

    def add(self, classes: Array) -> None:
        """Take the next rows, (rows, cols)."""
        if self._last is not None:
            classes = np.concatenate([self._last, classes])
            first = self._seen - 1
        else:
            first = 0
        valid = classes != self._nodata
        fresh = first < self._seen  # the first row was counted along itself before
        new, sound = classes[fresh:], valid[fresh:]
        self._count(new[:, :-1], new[:, 1:], sound[:, :-1] & sound[:, 1:], self._cols - 1, 1)
        lines = self._rows - 1 - first
        lines = lines[(lines >= 0) & (lines < len(classes) - 1)]
        self._count(classes[:-1], classes[1:], valid[:-1] & valid[1:], lines, 0)
        self._seen = first + len(classes)
        self._last = classes[-1:].copy()

    def score(self) -> SeamScore:
        """Return the score of what was seen."""
        (other_pairs, other_changes), (pairs, changes) = self._counts.tolist()
        value = None
        if pairs >= LEAST_PAIRS and other_changes:
            value = changes / pairs / (other_changes / other_pairs)
        return SeamScore(value, pairs, changes, other_pairs, other_changes)

    def _count(self, one: Array, other: Array, valid: Array, lines: Array, axis: int) -> None:
        """Count pairs and changes, all of them and those at some places along an axis."""
        changed = (one != other) & valid
        found = np.array([np.count_nonzero(valid), np.count_nonzero(changed)])
        at_lines = np.array(
            [np.count_nonzero(valid.take(lines, axis)), np.count_nonzero(changed.take(lines, axis))], np.int64
        )
        self._counts[1] += at_lines
        self._counts[0] += found - at_lines


def seam_score(files: ShardFiles, grid: TileGrid, nodata: int) -> SeamScore:
    """Return the seam score of a finished class raster of all rows, read once from top to bottom."""
    counter = SeamCounter(grid, nodata)
    with WorkFile(files.paths[CLASSES], files.layouts[CLASSES], grid.rows) as file:
        for first in range(0, grid.rows, BLOCK):
            counter.add(file.read(first, min(grid.rows, first + BLOCK))[0])
    return counter.score()
