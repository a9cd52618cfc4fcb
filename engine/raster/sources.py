"""The rasters that an input stands for: one file, or every raster of a folder."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..errors import RasterError

SUFFIXES = re.compile(
    r"\.(tiff?|gtiff|img|jp2|j2k|png|jpe?g|vrt|asc|dem|nc|ecw|sid|bil|bip|bsq|dat|grd|mrf|kea|bmp|gif|webp|ntf|hdf|h5|hgt|rst)",
    re.IGNORECASE,
)
"""What a raster in a folder is recognised by; sidecar files (.aux.xml, .ovr, .tfw ...) have other suffixes."""

_GDAL_NAME = re.compile(r"/vsi\w+/|[A-Za-z0-9_]{2,}:")
"""Names that GDAL opens and that are no path: ``/vsizip/...``, ``NETCDF:file:variable``; not ``C:\\folder``."""


def list_rasters(in_raster: str) -> list[str]:
    """Return the rasters an input stands for.

    Args:
        in_raster: A file, a folder whose rasters are meant (sorted by name, not those of folders inside it), or a
            name that only GDAL understands.

    Raises:
        RasterError: The path does not exist, or the folder holds no raster.
    """
    path = Path(in_raster)
    if not in_raster.strip():
        raise RasterError("no input raster is given: choose a raster file or a folder of rasters")
    if path.is_dir():
        return _rasters_of_folder(path)
    if not path.exists() and not _GDAL_NAME.match(in_raster):
        raise RasterError(f"{in_raster} does not exist: choose a raster file or a folder of rasters")
    return [in_raster]


def _rasters_of_folder(folder: Path) -> list[str]:
    """Return the rasters directly inside a folder; a folder that is itself a raster (Esri grid) stands for itself."""
    names = sorted(entry.name for entry in os.scandir(folder) if not entry.name.startswith(".") and entry.is_file())
    if "hdr.adf" in names:
        return [str(folder)]
    rasters = [str(folder / name) for name in names if SUFFIXES.fullmatch(os.path.splitext(name)[1])]
    if not rasters:
        raise RasterError(
            f"the folder {folder} holds no raster: choose a folder with TIFF, JPEG 2000, PNG ... files in it"
        )
    return rasters
