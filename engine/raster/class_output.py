"""Writing class rasters and rasters of probabilities: a finished work file becomes a cloud optimised GeoTIFF.

One copy with fixed options, so that equal work files give equal bytes; another grid (a turned raster's own, another
CRS) is reached by nearest neighbour on the way. A class raster gets a colour table, names and an attribute table.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.vrt import WarpedVRT

from .. import files
from ..classes import ClassInfo, with_colors
from ..errors import OutputError
from ..job import Job
from .crs import GDAL_ERRORS
from .opening import first_line
from .reader import CACHE_BYTES
from .value_table import write_tables
from .views import UNPLACED
from .vrt import Band, Place, vrt_text

COG_OPTIONS = {
    "COMPRESS": "DEFLATE", "LEVEL": "6", "PREDICTOR": "YES", "BLOCKSIZE": "512", "BIGTIFF": "IF_SAFER",
    "OVERVIEW_RESAMPLING": "NEAREST", "OVERVIEW_COMPRESS": "DEFLATE", "NUM_THREADS": "1",
}  # fmt: skip
"""The same for every output: equal pixels are equal files."""

BACKGROUND = ClassInfo(0, "Background", (225, 225, 225))
"""What value 0 is called where it is a class."""

NO_CHANGE = ClassInfo(0, "No change", (225, 225, 225))
"""What value 0 is called where classes are kinds of change."""

SIDECARS = (".aux.xml", ".vat.dbf", ".vat.cpg", ".ovr", ".msk")
"""Files beside a raster that speak of its content; those of an older result go with it."""

COLORED = ("uint8", "uint16")
"""Types for which a TIFF holds a colour table."""

_TYPES = ("uint8", "uint16", "int16", "int32")


@dataclass(frozen=True)
class OutputGrid:
    """Where the pixels of a raster lie.

    Attributes:
        transform: Pixel to map.
        rows: Height.
        cols: Width.
        crs: CRS, None without one.
    """

    transform: Affine
    rows: int
    cols: int
    crs: CRS | None


@dataclass(frozen=True)
class WorkRaster:
    """A finished work file.

    Attributes:
        path: A raster that GDAL opens; where it lies is not read from it.
        grid: Where it lies.
        bands: Its bands that are written, in their order.
    """

    path: Path
    grid: OutputGrid
    bands: tuple[Band, ...]


def class_pixels(values: Sequence[int]) -> tuple[str, int]:
    """Return the smallest type that holds class values and a value for nodata, and that value.

    Nodata is 0, unless 0 is one of the values; then it is the type's largest.

    Args:
        values: All values that pixels may get.
    """
    free = 0 not in values
    for dtype in _TYPES:
        limits = np.iinfo(dtype)
        if limits.min <= min(values, default=0) and max(values, default=0) <= limits.max - (not free):
            return dtype, 0 if free else int(limits.max)
    raise OutputError(f"class value {max(values)} is too large for a class raster: use values up to {2**31 - 2}")


def class_band(dtype: str, nodata: int, classes: Sequence[ClassInfo]) -> Band:
    """Return the band of a class raster, with colours and names where the type allows them."""
    colors = {entry.value: (*entry.color, 255) for entry in with_colors(classes)}
    colored = dtype in COLORED and min(colors, default=-1) >= 0
    return Band(
        dtype,
        nodata=nodata,
        interpretation="Palette" if colored else "",
        colors=colors if colored else None,
        categories=tuple(classes) if colored else (),
    )


def write_raster(work: WorkRaster, target: Path, grid: OutputGrid, job: Job, classes: Sequence[ClassInfo] = ()) -> None:
    """Write the final raster of a finished work file, with its tables; an existing one is replaced when all is done.

    Args:
        work: The work file.
        target: The .tif to write.
        grid: Where the result lies; another grid than the work file's is reached by nearest neighbour.
        job: Told the temporary name.
        classes: Classes of a class raster in ascending order of value; none for other rasters.

    Raises:
        OutputError: The place cannot be written to, is full, or the old file is held open by another program.
    """
    files.writable(target)
    files.sweep(target.parent)
    folder = job.temporary(files.temporary_name(target.with_suffix("")))
    files.remove(folder)
    folder.mkdir()
    try:
        made = folder / target.name
        copy_raster(work, made, grid, "COG", COG_OPTIONS)
        if classes:
            write_tables(made, with_colors(classes))
        _put(made, target)
    finally:
        files.remove(folder)


def copy_raster(work: WorkRaster, target: Path, grid: OutputGrid, driver: str, options: dict[str, Any]) -> None:
    """Copy a finished work file to another grid and format.

    Raises:
        OutputError: GDAL cannot write it.
    """
    if grid != work.grid and grid.crs is None:
        moved = target.with_name(f"moved_{target.stem}.tif")
        _copy(work, moved, grid, "GTiff", {"TILED": "YES", "BIGTIFF": "IF_SAFER"})
        bands = tuple(replace(band, source=number) for number, band in enumerate(work.bands, 1))
        work = WorkRaster(moved, grid, bands)
    _copy(work, target, grid, driver, options)


def _copy(work: WorkRaster, target: Path, grid: OutputGrid, driver: str, options: dict[str, Any]) -> None:
    """Copy a work file in one go."""
    try:
        with _opened(work, target, grid) as dataset:
            rasterio.shutil.copy(dataset, str(target), driver=driver, **options)
    except GDAL_ERRORS as error:
        raise OutputError(
            f"{target} cannot be written ({first_line(error)}): free some space or choose another place"
        ) from error


def needed_bytes(grid: OutputGrid, bands: Sequence[Band]) -> int:
    """Return the disk that a final raster takes at most while it is written, overviews included."""
    pixel = sum(np.dtype(band.dtype).itemsize for band in bands)
    return int(grid.rows * grid.cols * pixel * 1.7) + 100_000


@contextlib.contextmanager
def _opened(work: WorkRaster, target: Path, grid: OutputGrid) -> Iterator[Any]:
    """Open a work file as it shall be written: in its place, with colours and names, on the grid asked for."""
    own = work.grid
    place = Place(os.path.abspath(work.path), own.rows, own.cols, 0, 0, own.cols, own.rows)
    placed = None if own.transform == UNPLACED and own.crs is None else own.transform
    text = vrt_text((own.rows, own.cols), placed, own.crs, work.bands, [place])
    virtual = target.with_name(target.name + ".vrt")
    virtual.write_text(text, encoding="utf-8")
    with contextlib.ExitStack() as stack:
        stack.callback(virtual.unlink, missing_ok=True)
        stack.enter_context(rasterio.Env(GDAL_PAM_ENABLED=False, GDAL_CACHEMAX=CACHE_BYTES))
        dataset = stack.enter_context(rasterio.open(virtual))
        if grid != own:
            dataset = stack.enter_context(_warped(dataset, work, grid))
        yield dataset


def _warped(dataset: Any, work: WorkRaster, grid: OutputGrid) -> WarpedVRT:
    """Return a raster on another grid, by nearest neighbour; without a CRS on either side both lie in one plane."""
    plane = CRS.from_epsg(3857)
    nodata = work.bands[0].nodata
    return WarpedVRT(
        dataset,
        src_crs=work.grid.crs or plane,
        src_transform=work.grid.transform,
        crs=grid.crs or plane,
        transform=grid.transform,
        width=grid.cols,
        height=grid.rows,
        resampling=Resampling.nearest,
        src_nodata=nodata,
        nodata=nodata,
        tolerance=0.001,
    )


def _put(made: Path, target: Path) -> None:
    """Move a raster and the files beside it to their place; those of an older result are removed."""
    try:
        os.replace(made, target)
    except PermissionError as error:
        kept = target.with_name(f"{target.stem}_new{target.suffix}")
        _put_beside(made, kept)
        os.replace(made, kept)
        raise OutputError(f"{target} is open in another program: the result was kept as {kept}") from error
    _put_beside(made, target)


def _put_beside(made: Path, target: Path) -> None:
    """Move the files beside a raster."""
    for suffix in SIDECARS:
        fresh, old = Path(f"{made}{suffix}"), Path(f"{target}{suffix}")
        if fresh.exists():
            os.replace(fresh, old)
        else:
            old.unlink(missing_ok=True)
