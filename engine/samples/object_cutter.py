"""Cutting the pixels of objects' chips: out of strips that are read once, or read alone where they are few."""

from __future__ import annotations

import numpy as np

from ..raster.grid import Window
from ..raster.reader import RasterReader
from ..raster.strips import StripReader
from .object_plan import Group


class ObjectCutter:
    """Cuts the windows of one group of objects after another."""

    def __init__(self, reader: RasterReader) -> None:
        """Read from an open raster."""
        self._reader = reader
        self._strips: StripReader | None = None
        self._columns: tuple[int, int] | None = None
        self._strip: Window | None = None
        self._read: tuple[np.ndarray, np.ndarray] | None = None

    def aim(self, group: Group) -> None:
        """Read the strip of a group, if it has one."""
        self._strip = strip = group.strip
        if strip is None:
            return
        if self._strips is None or self._columns != (strip.col, strip.width):
            self._columns = strip.col, strip.width
            self._strips = StripReader(self._reader, *self._columns)
        self._read = self._strips.read(strip.row, strip.height)

    def cut(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Return (bands, rows, cols) pixels, 0 where not valid, and (rows, cols) bool; not to be changed."""
        strip = self._strip
        if strip is None or self._read is None or not _holds(strip, window):
            return self._reader.read(window)
        col, row = window.col - strip.col, window.row - strip.row
        pixels, valid = self._read
        place = np.s_[row : row + window.height, col : col + window.width]
        return np.ascontiguousarray(pixels[(slice(None), *place)]), valid[place]


def _holds(strip: Window, window: Window) -> bool:
    """Return whether a window lies in a strip."""
    return (
        strip.col <= window.col
        and strip.row <= window.row
        and window.col + window.width <= strip.col + strip.width
        and window.row + window.height <= strip.row + strip.height
    )
