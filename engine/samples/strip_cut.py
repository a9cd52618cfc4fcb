"""Where the chips of one strip lie, upright and turned, in an array that is painted for all of them at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .cutting import Cutting
from .turning import Turn


class StripCut:
    """Cuts the chips of a strip out of its array; copy 0 is upright, the others are turned."""

    def __init__(self, row: int, cols: np.ndarray, cutting: Cutting, turns: Sequence[Turn | None]) -> None:
        """Cut chips that begin in a row, at ascending columns; ``turns`` has one entry a copy, the first is None."""
        self._row, self._cols, self._cutting, self._turns = row, cols, cutting, turns
        self._across = max((turn.margin[0] for turn in turns if turn is not None), default=0)
        self._down = max((turn.margin[1] for turn in turns if turn is not None), default=0)

    def reach(self, copy: int) -> int:
        """Return how far a copy reaches beyond the upright chip at most, in pixels."""
        turn = self._turns[copy]
        return 0 if turn is None else max(turn.margin)

    def frame(self) -> tuple[int, int, int, int]:
        """Return row, height, column and width of the array, with the margin that turned chips need."""
        width = int(self._cols[-1] - self._cols[0]) + self._cutting.cols + 2 * self._across
        height = self._cutting.rows + 2 * self._down
        return self._row - self._down, height, int(self._cols[0]) - self._across, width

    def window(self, copy: int, chip: int) -> tuple[int, int, int, int]:
        """Return row, height, column and width of what a chip is cut from."""
        turn = self._turns[copy]
        across, down = (0, 0) if turn is None else turn.margin
        height, width = self._cutting.rows + 2 * down, self._cutting.cols + 2 * across
        return self._row - down, height, int(self._cols[chip]) - across, width

    def part(self, painted: np.ndarray, copy: int, chip: int) -> np.ndarray:
        """Return the part of the strip's array that a chip is cut from."""
        row, height, col, width = self.window(copy, chip)
        top, _, left, _ = self.frame()
        return painted[row - top : row - top + height, col - left : col - left + width]

    def chip(self, part: np.ndarray, copy: int) -> np.ndarray:
        """Return (rows, cols) of a chip, turned where its copy is."""
        turn = self._turns[copy]
        return np.ascontiguousarray(part) if turn is None else turn.nearest(part)
