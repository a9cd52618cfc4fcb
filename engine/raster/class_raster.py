"""Class rasters: one band of whole numbers, each the value of a class, with names and colours where a table has them.

They are read by nearest neighbour wherever they must be resampled. Nodata is no class: it is read as 0 and not valid.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..classes import ClassInfo
from ..errors import RasterError
from ..job import Job
from ..tools.values import Extent
from .class_tables import LARGEST_VALUE, class_table
from .grid import Window
from .opening import opened
from .reading import RasterSource, raster_source

__all__ = ["LARGEST_VALUE", "ClassRaster", "checked", "class_raster", "values_of"]

_SCAN_BYTES = 16 * 2**20
"""Pixels looked at in one step when all values are wanted, in bytes."""


@dataclass(frozen=True)
class ClassRaster:
    """A class raster.

    Attributes:
        source: Its one band on its own grid, palette not expanded, resampled by nearest neighbour.
        classes: In ascending order of their values, without 0; ``NO_COLOR`` where no colour is known.
        nodata: Value of the pixels without a class in the file, None without.
        unlabelled: 0 when 0 stands for pixels without a label; None when 0 is a background class.
    """

    source: RasterSource
    classes: tuple[ClassInfo, ...]
    nodata: int | None
    unlabelled: int | None


def class_raster(
    path: str, *, job: Job, extent: Extent | None = None, scan: bool = False, pixel_space: bool = False
) -> ClassRaster:
    """Look at a class raster.

    Args:
        path: What GDAL opens.
        job: Told what may surprise, and asked for a cancel.
        extent: Part to work on, None takes all.
        scan: Look at all pixels when no table names the classes; without it such a raster has no classes.
        pixel_space: Keep rows and columns as stored instead of turning the grid north-up.

    Raises:
        RasterError: It has several bands, decimal numbers or complex ones; or a scan meets a value that is negative or
            above 65535.
    """
    source = raster_source(path, job=job, extent=extent, pixel_space=pixel_space, expand_palette=False)
    if len(source.bands) != 1:
        raise RasterError(
            f"{path} has {len(source.bands)} bands and a class raster has one: choose a raster of class values"
        )
    if np.dtype(source.dtype).kind not in "iu":
        raise RasterError(
            f"{path} holds {source.dtype} and class values are whole numbers from 0 to {LARGEST_VALUE}: convert it to "
            f"an integer raster first"
        )
    source = replace(source, nearest=True)
    with opened(path) as dataset:
        table = class_table(dataset, path, source.bands[0], job)
    if scan and not any(table):
        table = {value: ClassInfo(value, str(value)) for value in values_of(source, job)}
    nodata = None if source.nodata is None or source.nodata != source.nodata else int(source.nodata)
    classes = tuple(table[value] for value in sorted(table) if value and value != nodata)
    return ClassRaster(source, classes, nodata, 0 if nodata == 0 else None)


def values_of(source: RasterSource, job: Job) -> list[int]:
    """Return the values of all valid pixels of a class raster, in ascending order; 0 is among them when it is valid.

    Args:
        source: The raster.
        job: Asked for a cancel.

    Raises:
        RasterError: A value is negative or above 65535.
    """
    found = np.zeros(LARGEST_VALUE + 1, bool)
    height = source.block_shape[0]
    height *= max(1, _SCAN_BYTES // (height * source.cols * np.dtype(source.dtype).itemsize))
    with source.open() as reader:
        for row in range(0, source.rows, height):
            job.check()
            pixels, valid = reader.read(Window(0, row, source.cols, min(height, source.rows - row)))
            found[checked(pixels[0], source.path)[valid]] = True
    return [int(value) for value in np.flatnonzero(found)]


def checked(values: np.ndarray, path: str) -> np.ndarray:
    """Return class values as they were given, if all are from 0 to 65535.

    Args:
        values: Integers of any shape, 0 where not valid.
        path: The raster, for the message.

    Raises:
        RasterError: One is not.
    """
    if not values.size or (values.dtype.kind == "u" and values.dtype.itemsize <= 2):
        return values
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > LARGEST_VALUE:
        raise RasterError(
            f"{path} holds the class value {low if low < 0 else high} and class values are whole numbers from 0 to "
            f"{LARGEST_VALUE}: reclassify it, or declare the value as nodata"
        )
    return values
