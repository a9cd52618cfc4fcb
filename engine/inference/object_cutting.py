"""The chips of objects, cut from pixels that were read: what lies outside the raster is 0, sizes are the network's."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely

from ..raster.grid import Window
from ..raster.reading import RasterReader
from ..samples.object_windows import blackened, squeezed
from .detections import Array

LARGE = 2048**2
"""Pixels of a window beyond which it is read in strips and averaged, so that one huge image does not fill memory."""

STRIP = 2**22
"""Pixels of such a strip."""


@dataclass(frozen=True)
class Chips:
    """Objects as the network sees them.

    Attributes:
        objects: (k,) int64 positions.
        pixels: (k, bands, rows, cols) in the raster's type, of the tile's size.
        frames: (k, 4) float64 ``col_min, row_min, col_max, row_max`` of the objects in pixels of their chips.
        passed: How many objects are done with these, those without a valid pixel included.
    """

    objects: Array
    pixels: Array
    frames: Array
    passed: int

    def __len__(self) -> int:
        """Return the number of chips."""
        return len(self.objects)

    def part(self, some: slice) -> Chips:
        """Return some of the chips."""
        objects = self.objects[some]
        return Chips(objects, self.pixels[some], self.frames[some], len(objects))


@dataclass(frozen=True)
class Piece:
    """Pixels around an object, or several.

    Attributes:
        pixels: (bands, rows, cols), 0 where invalid.
        valid: (rows, cols) bool; None when all are.
        col: Column of the upper left pixel in the raster.
        row: Row of the upper left pixel in the raster.
    """

    pixels: Array
    valid: Array | None
    col: int
    row: int

    def cut(self, window: Array) -> Array:
        """Return (bands, rows, cols) pixels of a window, 0 where the piece has none.

        Args:
            window: (4,) ``col, row, width, height`` in the raster.
        """
        col, row = int(window[0]) - self.col, int(window[1]) - self.row
        width, height = int(window[2]), int(window[3])
        rows, cols = self.pixels.shape[1:]
        if col >= 0 and row >= 0 and col + width <= cols and row + height <= rows:
            return self.pixels[:, row : row + height, col : col + width]
        made = np.zeros((self.pixels.shape[0], height, width), self.pixels.dtype)
        top, left, bottom, right = max(row, 0), max(col, 0), min(row + height, rows), min(col + width, cols)
        if top < bottom and left < right:
            made[:, top - row : bottom - row, left - col : right - col] = self.pixels[:, top:bottom, left:right]
        return made

    def has_data(self, frame: Array) -> bool:
        """Return whether a frame has a valid pixel.

        Args:
            frame: (4,) ``col, row, width, height`` in the raster.
        """
        col, row = int(frame[0]) - self.col, int(frame[1]) - self.row
        rows, cols = self.pixels.shape[1:]
        part = np.s_[
            max(0, row) : max(0, min(rows, row + int(frame[3]))), max(0, col) : max(0, min(cols, col + int(frame[2])))
        ]
        if self.valid is None:
            return bool((part[0].stop > part[0].start) and (part[1].stop > part[1].start))
        return bool(self.valid[part].any())


def chip_of(pixels: Array, window: Array, outline: shapely.Geometry | None, tile: tuple[int, int]) -> Array:
    """Return one chip.

    Args:
        pixels: (bands, rows, cols) of the window, or of fewer rows and columns in the same place.
        window: (4,) ``col, row, width, height`` in the raster.
        outline: The object in pixels of the raster, to blacken what is outside; None leaves it.
        tile: Rows and columns of the chip.
    """
    if outline is not None:
        scale = np.array([pixels.shape[2] / window[2], pixels.shape[1] / window[3]])
        offset = window[:2].astype(np.float64)
        pixels = blackened(pixels, shapely.transform(outline, lambda xy: (xy - offset) * scale))
    return squeezed(pixels, *tile)


def frames_in_chips(bounds: Array, windows: Array, tile: tuple[int, int]) -> Array:
    """Return (k, 4) float64 frames of objects in pixels of their chips.

    Args:
        bounds: (k, 4) frames in pixels of the raster.
        windows: (k, 4) ``col, row, width, height`` in the raster.
        tile: Rows and columns of a chip.
    """
    scale = np.array([tile[1], tile[0]]) / windows[:, 2:]
    corners = [(bounds[:, side : side + 2] - windows[:, :2]) * scale for side in (0, 2)]
    return np.concatenate(corners, axis=1)


def read_large(reader: RasterReader, window: Array) -> tuple[Array, bool]:
    """Return a large window made smaller by averaging squares of pixels, and whether it has a valid one.

    Args:
        reader: The open raster.
        window: (4,) ``col, row, width, height``; it may reach outside.

    Returns:
        (bands, rows, cols) of at most ``LARGE`` pixels, about, in the raster's type.
    """
    col, row, width, height = (int(value) for value in window)
    side = math.ceil(math.sqrt(width * height / LARGE))
    tall = max(1, STRIP // (width * side)) * side
    strips, seen = [], False
    for top in range(0, height, tall):
        pixels, valid = reader.read(Window(col, row + top, width, min(tall, height - top)))
        seen |= bool(valid.any())
        strips.append(_averaged(pixels, side))
    return np.concatenate(strips, axis=1), seen


def _averaged(pixels: Array, side: int) -> Array:
    """Return pixels whose squares of some side are averaged; those at the right and lower edge may be smaller."""
    rows, cols = np.arange(0, pixels.shape[1], side), np.arange(0, pixels.shape[2], side)
    sums = np.add.reduceat(np.add.reduceat(pixels, rows, axis=1, dtype=np.float64), cols, axis=2)
    counts = np.diff(np.append(rows, pixels.shape[1]))[:, None] * np.diff(np.append(cols, pixels.shape[2]))
    means = sums / counts
    return (np.rint(means) if pixels.dtype.kind in "iu" else means).astype(pixels.dtype)
