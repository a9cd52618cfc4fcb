"""Classified values and ground truth of the same pixels, read cell by cell on the grid of the classified raster.

Cells have a fixed size, so that what is counted and drawn depends neither on the blocks of a file nor on memory, and a
raster of any height and width is walked over with the memory of one cell. Values are int32, ``NONE`` where there is no
class: nodata, unlabelled, outside the mask or outside the other layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize

from ..raster.alignment import Overlay
from ..raster.class_raster import checked
from ..raster.grid import Window
from ..raster.reader import RasterReader
from ..raster.reading import RasterSource

Values = NDArray[np.int32]

NONE = -1
CELL_ROWS, CELL_COLS = 256, 4096
"""Rows of most files' blocks, and as many columns as make a million pixels."""


@dataclass(frozen=True)
class Polygons:
    """Polygons that stand for values.

    Attributes:
        geometry: (n,) object, shapely polygons in the CRS of the classified raster.
        values: (n,) int32 value of each; where they overlap the last one counts.
        outside: Value where there is none of them.
    """

    geometry: NDArray[np.object_]
    values: Values
    outside: int = NONE


@dataclass(frozen=True)
class Pairing:
    """What is compared: holds no open file.

    Attributes:
        classified: The classified raster; its grid is that of the comparison.
        truth: Reference raster laid over that grid, polygons, or None when the truth is known at points only.
        mask: Only pixels whose centre lies in these polygons take part; None takes all.
    """

    classified: RasterSource
    truth: Overlay | Polygons | None
    mask: Polygons | None

    def cells(self) -> list[Window]:
        """Return the cells from top to bottom and, in each row of cells, from left to right."""
        return list(_cells(self.classified.rows, self.classified.cols))

    def open(self) -> PairReader:
        """Return a reader: a context manager."""
        return PairReader(self)


class PairReader:
    """Open rasters of a pairing; use it as a context manager and in one thread only."""

    def __init__(self, pairing: Pairing) -> None:
        """Remember what to read."""
        self._pairing = pairing
        self._files = ExitStack()
        self._truth = pairing.truth if isinstance(pairing.truth, Overlay) else None
        self._burners = {
            name: _Burner(shapes, pairing.classified.transform)
            for name, shapes in (("truth", pairing.truth), ("mask", pairing.mask))
            if isinstance(shapes, Polygons)
        }

    def __enter__(self) -> PairReader:
        """Open the rasters."""
        with ExitStack() as files:
            self._map_reader: RasterReader = files.enter_context(self._pairing.classified.open())
            if self._truth is not None:
                self._truth_reader: RasterReader = files.enter_context(self._truth.source.open())
            self._files = files.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the rasters."""
        self._files.close()

    def read(self, window: Window) -> tuple[Values, Values]:
        """Return classified values and ground truth of one window.

        Returns:
            Two (rows, cols) int32 arrays, ``NONE`` where there is no class; the truth is ``NONE`` also where it is
            known but masked.

        Raises:
            RasterError: A file is damaged there, or holds a value that is no class.
        """
        classified = _values(self._map_reader, window)
        truth = self._truth_of(window)
        if "mask" in self._burners:
            outside = self._burners["mask"].burn(window) == NONE
            classified[outside] = NONE
            truth[outside] = NONE
        return classified, truth

    def _truth_of(self, window: Window) -> Values:
        """Return the ground truth of one window."""
        if self._truth is not None:
            place = Window(window.col + self._truth.col, window.row + self._truth.row, window.width, window.height)
            return _values(self._truth_reader, place)
        if "truth" in self._burners:
            return self._burners["truth"].burn(window)
        return np.full((window.height, window.width), NONE, np.int32)


class _Burner:
    """Polygons turned into pixels: a pixel belongs to the polygon that holds its centre."""

    def __init__(self, polygons: Polygons, transform: Affine) -> None:
        self._polygons, self._transform = polygons, transform
        self._tree = shapely.STRtree(polygons.geometry)

    def burn(self, window: Window) -> Values:
        """Return the (rows, cols) int32 values of one window."""
        transform = self._transform @ Affine.translation(window.col, window.row)
        shape = window.height, window.width
        corners = [transform @ at for at in ((0, 0), (shape[1], 0), (shape[1], shape[0]), (0, shape[0]))]
        near = np.sort(self._tree.query(shapely.Polygon(corners)))
        if not len(near):
            return np.full(shape, self._polygons.outside, np.int32)
        pairs = zip(self._polygons.geometry[near], self._polygons.values[near].tolist(), strict=True)
        return rasterize(pairs, shape, fill=self._polygons.outside, transform=transform, dtype="int32")


def _values(reader: RasterReader, window: Window) -> Values:
    """Return the class values of one window of a raster."""
    pixels, valid = reader.read(window)
    values = checked(pixels[0], reader.source.path).astype(np.int32)
    values[~valid] = NONE
    return values


def _cells(rows: int, cols: int) -> Iterator[Window]:
    """Yield the cells of a grid."""
    for row in range(0, rows, CELL_ROWS):
        for col in range(0, cols, CELL_COLS):
            yield Window(col, row, min(CELL_COLS, cols - col), min(CELL_ROWS, rows - row))
