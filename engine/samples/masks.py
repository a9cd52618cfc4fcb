"""What formats with one label raster a chip share: labels are painted for a strip of chips at once, then cut."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from ..raster.reading import RasterSource
from .chips import ChipKind, ChipWriter
from .cutting import Cutting
from .painting import ClassPainter, Coding, PolygonPainter
from .pixel_statistics import ClassPixelStatistics
from .placed_classes import PlacedClasses
from .placing import PlacedLabels
from .registry import ChipFile, Written
from .strip_cut import StripCut
from .turning import Turn

Placed = PlacedLabels | PlacedClasses

NO_CENTRE = "no label holds the centre of a pixel"
"""Why painted labels bear no chip."""


class MaskLabeller:
    """Makes the label rasters of one raster, strip by strip; a context manager."""

    def __init__(
        self, placed: Placed, coding: Coding, source: RasterSource, cutting: Cutting, turns: Sequence[Turn],
        statistics: ClassPixelStatistics,
    ) -> None:  # fmt: skip
        """Label chips of a raster with placed polygons or class rasters."""
        self.placed, self.coding, self.cutting, self.statistics = placed, coding, cutting, statistics
        self.turns: list[Turn | None] = [None, *turns]
        self.painter: PolygonPainter | ClassPainter = (
            PolygonPainter(placed, coding) if isinstance(placed, PlacedLabels) else ClassPainter(placed, coding)
        )
        self._source = source
        self._writer: ChipWriter | None = None

    def __enter__(self) -> MaskLabeller:
        """Open what the labels are read from."""
        self.painter.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        """Close it."""
        self.painter.__exit__(*error)

    def strip(self, row: int, cols: np.ndarray) -> MaskStrip:
        """Return the label rasters of the chips that begin in a row."""
        return MaskStrip(self, row, cols)

    def writer(self, file: ChipFile) -> ChipWriter:
        """Return what writes label rasters into the folder of a file."""
        if self._writer is None:
            cutting, coding = self.cutting, self.coding
            kind = ChipKind(
                "TIFF", cutting.compression, 1, cutting.rows, cutting.cols, coding.dtype, ("",), self._source.crs,
                coding.nodata,
            )  # fmt: skip
            self._writer = ChipWriter(file.folder, kind)
        return self._writer


class MaskStrip:
    """The label rasters of one strip of chips, upright and turned."""

    def __init__(self, labeller: MaskLabeller, row: int, cols: np.ndarray) -> None:
        """Remember where the chips lie; nothing is painted before it is asked for."""
        self._labeller, self._row, self._cols = labeller, row, cols
        self._place = StripCut(row, cols, labeller.cutting, labeller.turns)
        self._values: np.ndarray | None = None
        self._pixels: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}
        self._chosen: dict[int, dict[int, np.ndarray]] = {}

    def labelled(self, copy: int) -> Collection[int]:
        """Return the chips in which a pixel has a class."""
        labeller, cutting = self._labeller, self._labeller.cutting
        touched = labeller.placed.touched(self._row, cutting.rows, self._cols, cutting.cols, self._place.reach(copy))
        return {int(chip) for chip in touched if any(value for value, _ in self.counted(copy, int(chip)))}

    def write(self, copy: int, chip: int, file: ChipFile) -> Written:
        """Write the label raster of a chip; return value and count of its pixels, void ones left out."""
        self._labeller.writer(file).write(file.stem, self._cut(copy, chip)[None], file.transform)
        return Written(self.counted(copy, chip))

    def count(self, copy: int, chips: Sequence[int]) -> None:
        """Take the label rasters that were written into the statistics."""
        size = self._labeller.cutting.rows * self._labeller.cutting.cols
        for chip in chips:
            self._labeller.statistics.add(self.counted(copy, chip), size)

    def counted(self, copy: int, chip: int) -> tuple[tuple[int, int], ...]:
        """Return value and count of the pixels of a chip, void ones left out unless they are 0."""
        known = self._pixels.get((copy, chip))
        if known is None:
            coding = self._labeller.coding
            counts = np.bincount(self._cut(copy, chip).ravel())
            if coding.void:
                counts[coding.void :][:1] = 0
            known = tuple((int(value), int(counts[value])) for value in np.flatnonzero(counts))
            self._pixels[copy, chip] = known
        return known

    def _cut(self, copy: int, chip: int) -> np.ndarray:
        """Return (rows, cols) of a chip, upright or turned."""
        painter = self._labeller.painter
        if self._labeller.cutting.least_share > 0 and isinstance(painter, PolygonPainter):
            chosen = self._large_enough(copy).get(chip, np.empty(0, np.int64))
            return self._place.chip(painter.paint(*self._place.window(copy, chip), chosen), copy)
        return self._place.chip(self._place.part(self._painted(), copy, chip), copy)

    def _painted(self) -> np.ndarray:
        """Return the values of the whole strip, with the margin that turned chips need."""
        if self._values is None:
            self._values = self._labeller.painter.paint(*self._place.frame())
        return self._values

    def _large_enough(self, copy: int) -> dict[int, np.ndarray]:
        """Return the polygons of each chip of which a large enough share lies inside it."""
        if copy not in self._chosen:
            cutting, turn, placed = self._labeller.cutting, self._labeller.turns[copy], self._labeller.placed
            if not isinstance(placed, PlacedLabels):
                return {}
            size = (self._row, cutting.rows, self._cols, cutting.cols, cutting.least_share)
            self._chosen[copy] = placed.large_enough(*size, turn)
        return self._chosen[copy]
