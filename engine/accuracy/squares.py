"""A coarse picture of a raster of any size: where pixels were compared, and where they are wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..raster.grid import Window

Integers = NDArray[np.int64]

MOST_SQUARES = 96
"""Squares along the longer side of the picture in which errors are told."""


@dataclass
class Squares:
    """A coarse picture of a raster: pixels compared and pixels wrong in squares.

    Attributes:
        side: Side of a square in pixels.
        compared: (rows, cols) int64.
        wrong: (rows, cols) int64.
    """

    side: int
    compared: Integers
    wrong: Integers

    @classmethod
    def over(cls, rows: int, cols: int) -> Squares:
        """Return empty squares, at most `MOST_SQUARES` along the longer side, over a grid."""
        side = -(-max(rows, cols) // MOST_SQUARES)
        shape = -(-rows // side), -(-cols // side)
        return cls(side, np.zeros(shape, np.int64), np.zeros(shape, np.int64))

    def add(self, window: Window, compared: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> None:
        """Add the pixels of one window."""
        row, col = window.row // self.side, window.col // self.side
        starts = [
            np.maximum(np.arange(first // self.side, -(-(first + length) // self.side)) * self.side - first, 0)
            for first, length in ((window.row, window.height), (window.col, window.width))
        ]
        for total, pixels in ((self.compared, compared), (self.wrong, wrong)):
            summed = np.add.reduceat(pixels, starts[1], axis=1, dtype=np.int64)
            summed = np.add.reduceat(summed, starts[0], axis=0)
            total[row : row + summed.shape[0], col : col + summed.shape[1]] += summed
