"""Opening raster files, and refusing those that no run can use."""

from __future__ import annotations

import os
import warnings
from typing import Any

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from ..errors import RasterError
from .crs import GDAL_ERRORS

warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)  # such rasters are served, see ``views.UNPLACED``

PNG_TAIL = 4096
"""Bytes at the end of a PNG in which its last chunk must begin; some programs write more behind it."""


def opened(path: str) -> Any:
    """Open a raster for reading.

    Raises:
        RasterError: It is missing or no raster.
    """
    try:
        return rasterio.open(path)
    except (*GDAL_ERRORS, UnicodeDecodeError) as error:
        if not os.path.exists(path) and not path.startswith("/vsi") and ":" not in path[2:]:
            raise RasterError(f"{path} does not exist: choose a raster file") from error
        raise RasterError(f"{path} cannot be read as a raster ({first_line(error)}): choose another file") from error


def check(dataset: Any, path: str) -> None:
    """Refuse an open dataset that no run can use.

    Raises:
        RasterError: It has no band, complex numbers, or is truncated.
    """
    if not dataset.count:
        inside = "; ".join(dataset.subdatasets[:3])
        what = (
            f"holds several rasters: choose one of them, such as {inside}"
            if inside
            else "has no band: choose another raster"
        )
        raise RasterError(f"{path} {what}")
    if any(np.dtype(kind).kind == "c" for kind in dataset.dtypes if not kind.startswith("complex_int")) or any(
        kind.startswith("complex_int") for kind in dataset.dtypes
    ):
        raise RasterError(f"{path} holds complex numbers: make a raster of amplitudes first")
    if dataset.driver == "GTiff":
        _check_length(dataset, path)
    if dataset.driver == "PNG" and os.path.isfile(path):
        _check_end(path)


def _check_length(dataset: Any, path: str) -> None:
    """Refuse a TIFF that ends before its last block does."""
    height, width = dataset.block_shapes[0]
    place = f"{-(-dataset.width // width) - 1}_{-(-dataset.height // height) - 1}"
    band = 1 if str(dataset.interleaving or "").lower().endswith("pixel") else dataset.count
    begin = dataset.get_tag_item(f"BLOCK_OFFSET_{place}", "TIFF", bidx=band)
    size = dataset.get_tag_item(f"BLOCK_SIZE_{place}", "TIFF", bidx=band)
    if begin and size and os.path.isfile(path) and int(begin) + int(size) > os.path.getsize(path):
        raise RasterError(f"{path} is truncated: its last pixels are missing; get a whole copy")


def _check_end(path: str) -> None:
    """Refuse a PNG without its last chunk: GDAL makes up the pixels that are missing, and says nothing."""
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - PNG_TAIL))
        if b"IEND" not in file.read():
            raise RasterError(f"{path} is truncated: its last pixels are missing; get a whole copy")


def first_line(error: BaseException) -> str:
    """Return what a library said, short enough for a sentence."""
    text = str(error.__cause__ or error).strip().splitlines()
    return text[0][:160].rstrip(".") if text else type(error).__name__
