"""The labels of an export that are class rasters: one, or a folder of them matched to the imagery."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import rasterio

from ..classes import ClassInfo
from ..errors import FeatureError, RasterError
from ..job import Job
from ..raster.alignment import on_grid
from ..raster.class_raster import LARGEST_VALUE, ClassRaster, class_raster
from ..raster.crs import GDAL_ERRORS
from ..raster.reading import RasterSource
from ..raster.sources import list_rasters
from ..raster.views import UNPLACED
from ..tools.values import FeatureSource, Legend
from .placed_classes import BLOCK, ClassReader, PlacedClasses

_NO_CRS = "no CRS"
"""Stands among what was told for the warning that nothing has a CRS, which is given once."""

_LAYERS = (".gdb", ".shp", ".csv", ".geojson", ".kml")
"""Suffixes of folders and files that are layers of features, whatever else opens them."""


def is_raster(source: FeatureSource) -> bool:
    """Return whether labels are rasters: a folder with rasters, or a file that opens as one and names no layer."""
    path = source.path
    if source.layer or not path.strip() or path.lower().rstrip("/\\").endswith(_LAYERS):
        return False
    try:
        if os.path.isdir(path) or _several(path):
            return bool(class_paths(path))
        with rasterio.open(path) as dataset:
            return bool(dataset.count or dataset.subdatasets)
    except (*GDAL_ERRORS, RasterError, UnicodeDecodeError):
        return False


def class_paths(text: str) -> list[str]:
    """Return the rasters that a file, a folder, or several of them parted by semicolons stand for.

    Raises:
        RasterError: One is not there, or a folder holds no raster.
    """
    parts = [part.strip() for part in text.split(";") if part.strip()] if _several(text) else [text]
    return [path for part in parts for path in list_rasters(part)]


def _several(text: str) -> bool:
    """Return whether a text names several files."""
    return ";" in text and not os.path.exists(text)


class ClassRasterLabels:
    """Class rasters, laid over one raster after another."""

    numbered = True

    def __init__(self, source: FeatureSource, imagery: str, pixel_space: bool, job: Job) -> None:
        """Look at the class rasters.

        Raises:
            RasterError: One is no class raster.
        """
        self.path, self._imagery = source.path, imagery
        self._rasters = []
        for path in class_paths(source.path):
            job.check()
            self._rasters.append(class_raster(path, job=job, pixel_space=pixel_space))
        self._known = _united(self._rasters, source.legend)
        self._met = np.zeros(LARGEST_VALUE + 1, bool)
        self._zero = False
        self._reached = False
        self._told: set[str] = set()

    @property
    def classes(self) -> tuple[ClassInfo, ...]:
        """The classes met on the rasters so far."""
        values = [int(value) for value in np.flatnonzero(self._met) if value]
        return tuple(self._known.get(value, ClassInfo(value, str(value))) for value in values)

    @property
    def unlabelled(self) -> int | None:
        """None when 0 was met as a class of its own, which is the background."""
        return None if self._zero else 0

    def on(self, source: RasterSource, job: Job) -> PlacedClasses:
        """Lay the class rasters over a raster, and look at all their pixels there.

        Raises:
            RasterError: A value is no class value, or the CRSs cannot be related.
        """
        overlays = []
        for raster in self._matching(source):
            overlay = on_grid(raster.source, source, Job() if _NO_CRS in self._told else job)
            if overlay is None:
                continue
            if source.crs is None:
                self._told.add(_NO_CRS)
            overlays.append(overlay)
            if overlay.resampled and overlay.resampled not in self._told:
                self._told.add(overlay.resampled)
                job.warn(
                    f"{raster.source.path} has another grid than {source.path} ({overlay.resampled}): it is resampled "
                    f"by nearest neighbour"
                )
        placed = PlacedClasses(tuple(overlays), np.zeros((0, 0), bool))
        return replace(placed, blocks=self._scanned(placed, source, job))

    def bounds(self, source: RasterSource) -> None:
        """A class raster has no objects."""

    def tell(self, job: Job) -> None:
        """Refuse an export without a label; the share of labelled pixels is told when all is written."""
        if not self._reached:
            raise FeatureError(
                f"{self.path} shares no labelled ground with {self._imagery}: check the class raster, its CRS and the "
                f"extent"
            )

    def _matching(self, source: RasterSource) -> Sequence[ClassRaster]:
        """Return the class rasters that may lie over a raster: that of its name, else all that are placed."""
        stem = Path(source.path).stem.casefold()
        named = [raster for raster in self._rasters if Path(raster.source.path).stem.casefold() == stem]
        if named or len(self._rasters) == 1:
            return named or self._rasters
        if source.crs is None and source.transform == UNPLACED:
            raise FeatureError(
                f"{source.path} has no georeference and no raster of {self.path} has its name: give the class rasters "
                f"the names of their images"
            )
        return self._rasters

    def _scanned(self, placed: PlacedClasses, source: RasterSource, job: Job) -> np.ndarray:
        """Return which squares of the raster hold a label; the values met are remembered."""
        blocks = np.zeros((-(-source.rows // BLOCK), -(-source.cols // BLOCK)), bool)
        if not placed.overlays:
            return blocks
        columns = np.arange(0, source.cols, BLOCK)
        height = 4 * BLOCK
        with ClassReader(placed, 0) as reader:
            for row in range(0, source.rows, height):
                job.check()
                rows = min(height, source.rows - row)
                values, valid = reader.read(row, rows, 0, source.cols)
                self._met[values[valid]] = True
                self._zero |= bool((valid & (values == 0)).any())
                full = np.logical_or.reduceat(values != 0, columns, axis=1)
                full = np.logical_or.reduceat(full, np.arange(0, rows, BLOCK), axis=0)
                blocks[row // BLOCK : row // BLOCK + len(full)] = full
        self._reached |= bool(blocks.any())
        return blocks


def _united(rasters: Sequence[ClassRaster], legend: Legend) -> dict[int, ClassInfo]:
    """Return what is known of each class from the tables of all rasters and from the layer's legend; names win."""
    known: dict[int, ClassInfo] = {}
    for raster in rasters:
        for entry in raster.classes:
            old = known.setdefault(entry.value, entry)
            if old.name == str(old.value):
                known[entry.value] = entry
    for text, label, color in legend:
        value = int(text) if text.isascii() and text.isdigit() else 0
        old = known.get(value, ClassInfo(value, str(value)))
        if 0 < value <= LARGEST_VALUE and old.name == str(value):
            known[value] = ClassInfo(value, label or str(value), color)
    return known
