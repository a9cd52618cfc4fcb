"""Class rasters on the grid of one raster: where they hold a label, and reading their values strip by strip."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..raster.alignment import Overlay, OverlayStrips
from ..raster.class_raster import checked

BLOCK = 64
"""Pixels of the squares of which it is remembered whether they hold a label."""


@dataclass(frozen=True)
class PlacedClasses:
    """Class rasters on the grid of one raster.

    Attributes:
        overlays: Those that share ground with it; the first that has a value for a pixel gives it.
        blocks: (rows, cols) bool, which squares of 64 pixels hold a label.
    """

    overlays: tuple[Overlay, ...]
    blocks: np.ndarray

    def __len__(self) -> int:
        """Return how many squares hold a label."""
        return int(self.blocks.sum())

    def touched(self, row: int, height: int, starts: np.ndarray, width: int, margin: int = 0) -> np.ndarray:
        """Return which chips of a strip may have labels.

        Args:
            row: First row of the strip.
            height: Height of a chip.
            starts: (n,) int64 ascending first columns of the chips.
            width: Width of a chip.
            margin: Pixels around the chips that count as well.
        """
        top, bottom = max(0, row - margin) // BLOCK, -(-(row + height + margin) // BLOCK)
        known = np.concatenate([[0], np.cumsum(self.blocks[top:bottom].any(axis=0))])
        left = np.clip((starts - margin) // BLOCK, 0, len(known) - 1)
        right = np.clip(-(-(starts + width + margin) // BLOCK), 0, len(known) - 1)
        return np.flatnonzero(known[right] > known[left])


class ClassReader:
    """Reads the values of placed class rasters; a context manager."""

    def __init__(self, placed: PlacedClasses, void: int) -> None:
        """Read values, ``void`` where there is none."""
        self._placed, self._void = placed, void
        self._stack = ExitStack()
        self._readers: list[Any] = []
        self._columns: tuple[int, int] | None = None
        self._strips: list[OverlayStrips] = []

    def __enter__(self) -> ClassReader:
        """Open the rasters."""
        with ExitStack() as stack:
            self._readers = [stack.enter_context(overlay.source.open()) for overlay in self._placed.overlays]
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: Any) -> None:
        """Close the rasters."""
        self._stack.close()

    def read(self, row: int, height: int, col: int, width: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the values of some rows; they are quickest with the same columns and growing rows.

        Returns:
            (height, width) uint16 class values; (height, width) bool, where there is one.

        Raises:
            RasterError: A value is no class value.
        """
        if self._columns != (col, width):
            pairs = zip(self._placed.overlays, self._readers, strict=True)
            self._strips = [overlay.strips(reader, col, width) for overlay, reader in pairs]
            self._columns = (col, width)
        values, known = np.full((height, width), self._void, np.uint16), np.zeros((height, width), bool)
        for overlay, strips in zip(self._placed.overlays, self._strips, strict=True):
            pixels, valid = strips.read(row, height)
            fresh = valid & ~known
            np.copyto(values, checked(pixels[0], overlay.source.path), where=fresh, casting="unsafe")
            known |= valid
        return values, known
