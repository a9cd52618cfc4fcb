"""Thin edges: pixels of edges become lines of one pixel, by overlapping windows, so that any size of raster will do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from rasterio.windows import Window
from skimage.morphology import skeletonize

from ..job import Job
from ..raster.reader import CACHE_BYTES
from .detections import Array

CORE = 1024
"""Side of a window's own part; a multiple of a block."""

HALO = 128
"""Pixels around it that are looked at too: edges up to about this wide are thinned alike on both sides of a border."""


def thin_edges(classes: Path, target: Path, edges: Sequence[int], otherwise: int, job: Job) -> None:
    """Write a class raster whose edges are thinned.

    Args:
        classes: The finished work file of classes.
        target: The tiled TIFF to write.
        edges: Values of edge pixels; they are thinned together.
        otherwise: Value of a pixel that is no longer an edge.
        job: Asked for a cancel.
    """
    environment = rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES)
    with environment, rasterio.open(classes) as source, _made(target, source) as thinned:
        for window, inner, values in _windows(source, job):
            edge = np.isin(values[0], edges)
            values[0][edge & ~skeletonize(edge)] = otherwise
            thinned.write(values[inner], window=window)


def thin_probabilities(probabilities: Path, target: Path, band: int, threshold: float, job: Job) -> None:
    """Write the probability of edges where they are thinned, 0 beside them.

    Args:
        probabilities: The finished work file of probabilities, NaN where invalid.
        target: The tiled TIFF with one band to write.
        band: 1-based band of the edges.
        threshold: Smallest probability of an edge.
        job: Asked for a cancel.
    """
    environment = rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES)
    with environment, rasterio.open(probabilities) as source, _made(target, source) as thinned:
        for window, inner, values in _windows(source, job, band):
            edge = values[0] >= threshold
            values[0][~skeletonize(edge) & np.isfinite(values[0])] = 0
            thinned.write(values[inner], window=window)


def _made(target: Path, like: Any) -> Any:
    """Open a tiled TIFF of one band with the type and the size of another raster."""
    profile = {"driver": "GTiff", "width": like.width, "height": like.height, "count": 1, "dtype": like.dtypes[0]}
    blocks = {"tiled": True, "blockxsize": 256, "blockysize": 256, "BIGTIFF": "IF_SAFER"}
    place = {"crs": like.crs, "transform": like.transform, "nodata": like.nodata}
    return rasterio.open(target, "w", **profile, **blocks, **place)


def _windows(source: Any, job: Job, band: int = 1) -> Iterator[tuple[Window, tuple[slice, slice, slice], Array]]:
    """Yield where to write, which part of the pixels that is, and the pixels with their halo, (1, rows, cols)."""
    for row in range(0, source.height, CORE):
        for col in range(0, source.width, CORE):
            job.check()
            top, left = max(0, row - HALO), max(0, col - HALO)
            bottom, right = min(source.height, row + CORE + HALO), min(source.width, col + CORE + HALO)
            rows, cols = min(CORE, source.height - row), min(CORE, source.width - col)
            values = source.read([band], window=Window(left, top, right - left, bottom - top))
            inner = np.s_[:, row - top : row - top + rows, col - left : col - left + cols]
            yield Window(col, row, cols, rows), inner, values
