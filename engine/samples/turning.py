"""Turning a chip about its centre: the same ground under another angle, resampled once from the raster."""

from __future__ import annotations

import math

import numpy as np
from affine import Affine


class Turn:
    """A turn of all chips of a run by one angle.

    Attributes:
        angle: Degrees.
        margin: Columns and rows around an upright chip that its turned one needs.
        transform: From pixels of the turned chip to pixels of the upright one.
    """

    def __init__(self, rows: int, cols: int, angle: float) -> None:
        """Prepare turning chips of a size by an angle in degrees."""
        self.angle = angle
        centre = cols / 2, rows / 2
        self.transform = (
            Affine.translation(*centre) @ Affine.rotation(angle) @ Affine.translation(-centre[0], -centre[1])
        )
        corners = [self.transform @ corner for corner in ((0, 0), (cols, 0), (0, rows), (cols, rows))]
        reach = max(max(x - cols, -x) for x, _ in corners), max(max(y - rows, -y) for _, y in corners)
        self.margin = max(0, math.ceil(reach[0])) + 1, max(0, math.ceil(reach[1])) + 1
        col, row = np.meshgrid(np.arange(cols) + 0.5, np.arange(rows) + 0.5)
        a, b, c, d, e, f = self.transform[:6]
        x = np.round(a * col + b * row + c - 0.5 + self.margin[0], 6)
        y = np.round(d * col + e * row + f - 0.5 + self.margin[1], 6)
        self._width = cols + 2 * self.margin[0]
        left, top = np.floor(x), np.floor(y)
        first = (top * self._width + left).astype(np.intp).ravel()
        across, down = (x - left).astype(np.float32).ravel(), (y - top).astype(np.float32).ravel()
        self._corners = (
            (first, (1 - across) * (1 - down)),
            (first + 1, across * (1 - down)),
            (first + self._width, (1 - across) * down),
            (first + self._width + 1, across * down),
        )
        self._nearest = (np.round(y) * self._width + np.round(x)).astype(np.intp)

    def apply(self, pixels: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the turned chip.

        Args:
            pixels: (bands, rows + 2 * margin, cols + 2 * margin) around the upright chip.
            valid: The same rows and columns, bool.

        Returns:
            (bands, rows, cols) of the same dtype, bilinear between pixels, 0 where not valid; (rows, cols) bool.
        """
        exact = np.float32 if pixels.dtype.itemsize <= 2 else np.float64
        turned = np.zeros((len(pixels), *self._nearest.shape), exact)
        for band, target in zip(pixels.reshape(len(pixels), -1), turned.reshape(len(pixels), -1), strict=True):
            for place, weight in self._corners:
                target += band.take(place) * weight
        kept = valid.reshape(-1)[self._nearest]
        if pixels.dtype.kind in "iu":
            np.rint(turned, out=turned)
        chip = turned.astype(pixels.dtype)
        chip[:, ~kept] = 0
        return chip, kept

    def nearest(self, values: np.ndarray) -> np.ndarray:
        """Return (rows, cols) of the turned chip, each the nearest of (rows + 2 * margin, cols + 2 * margin) values."""
        return np.ascontiguousarray(values).reshape(-1)[self._nearest]

    def chip_transform(self, transform: Affine, col: int, row: int) -> Affine:
        """Return pixel to map of the turned chip whose upright one begins at a pixel of the raster."""
        return transform @ Affine.translation(col, row) @ self.transform


def turns(rows: int, cols: int, angle: float) -> list[Turn]:
    """Return the turns by an angle, twice it, ... below a full circle; none for angle 0."""
    if angle <= 0:
        return []
    return [Turn(rows, cols, angle * step) for step in range(1, math.ceil(round(360.0 / angle, 9)))]
