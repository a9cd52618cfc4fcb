"""Reading a raster from top to bottom in overlapping strips, so that each block of the file is decoded once."""

from __future__ import annotations

import numpy as np

from .grid import Window
from .reading import RasterReader

ALIGN_BYTES = 48 * 2**20
"""Reading ahead to the end of a row of blocks is left out when that takes more memory than this."""


class StripReader:
    """Reads strips of one range of columns; each strip begins at or below the one before.

    Rows that two strips share are kept from the first; new rows are read to the end of their row of blocks.
    """

    def __init__(self, reader: RasterReader, col: int, width: int) -> None:
        """Read ``width`` columns from ``col``; both may reach outside the raster."""
        source = reader.source
        self._reader, self._col, self._width = reader, col, width
        self._pixels = np.zeros((len(source.bands), 0, width), source.dtype)
        self._valid = np.zeros((0, width), bool)
        self._first = self._end = -(2**31)
        block = source.block_shape[0]
        size = block * width * len(source.bands) * np.dtype(source.dtype).itemsize
        whole = size <= ALIGN_BYTES and not source.view.flip_rows
        self._block = block if whole else 1
        self._offset = 0 if source.view.warped else source.view.row

    def read(self, row: int, height: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a strip.

        Args:
            row: First row; it may lie outside the raster.
            height: Number of rows.

        Returns:
            (bands, height, width) pixels and (height, width) bool, True where valid. They are views that hold until
            the next call, not to be changed.
        """
        if row < self._first or row > self._end:
            self._first = self._end = row
            self._pixels, self._valid = self._pixels[:, :0], self._valid[:0]
        if row + height > self._end:
            self._extend(row, row + height)
        begin = row - self._first
        return self._pixels[:, begin : begin + height], self._valid[begin : begin + height]

    def _extend(self, row: int, end: int) -> None:
        """Drop the rows above ``row`` and read on to ``end`` or to the end of its row of blocks."""
        rows = self._reader.source.rows
        if self._block > 1 and end < rows:
            end = min(rows, end + -(end + self._offset) % self._block)
        pixels, valid = self._reader.read(Window(self._col, self._end, self._width, end - self._end))
        kept = row - self._first
        if kept < self._valid.shape[0]:
            pixels = np.concatenate([self._pixels[:, kept:], pixels], axis=1)
            valid = np.concatenate([self._valid[kept:], valid])
        self._pixels, self._valid = pixels, valid
        self._first, self._end = row, end
