"""Superpixels of a raster of any size: areas of like pixels, found tile by tile without a seam.

A tile is seen with a margin about it. Of the segments found there those that reach the tile are kept whole, also where
they stand out of it; the next tile finds these pixels taken and goes on beside them. So no segment ends at a tile's
edge. Numbers count from 1; 0 is a pixel without data.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.windows import Window as FileWindow
from scipy.ndimage import distance_transform_edt
from skimage.measure import label
from skimage.segmentation import slic

from .. import files
from ..job import Job
from .grid import Window
from .joining import joined_small
from .reader import CACHE_BYTES
from .reading import RasterSource

WINDOW_VALUES = 12_000_000
"""Values of all bands that are looked at together, with which memory stays below half a gigabyte."""

SMALLEST_TILE = 256
"""Pixels across below which a tile would be little beside its margin."""

MARGIN = 4
"""Margin of a tile in widths of a segment: as far as one may stand out of the tile."""

SMALL = 0.25
"""Share of the usual area below which a piece becomes part of a neighbour."""

SMOOTHING = 1.0
"""Pixels over which noise is evened out before borders are sought."""

_SAMPLES = 8
"""Places down and across where the values of a raster are looked at."""

_SAMPLE = 128
"""Pixels across of such a place."""

Labels = NDArray[np.int32]


@dataclass(frozen=True)
class Stretch:
    """How the values of each band are brought to 0..1.

    Attributes:
        low: (bands, 1, 1) what becomes 0.
        span: (bands, 1, 1) what lies between it and 1.
    """

    low: NDArray[np.float32]
    span: NDArray[np.float32]

    def of(self, pixels: NDArray[Any]) -> NDArray[np.float32]:
        """Return (bands, rows, cols) pixels as 0..1."""
        scaled: NDArray[np.float32] = np.clip((pixels.astype(np.float32) - self.low) / self.span, 0.0, 1.0)
        return scaled


def segment_raster(source: RasterSource, size: int, compactness: float, target: Path, job: Job) -> int:
    """Write the number of the segment of each pixel to a new tiled raster of int32.

    Args:
        source: The raster.
        size: Width of a segment in pixels on average.
        compactness: How much nearness counts, in percent of the range of values.
        target: The file, on the source's grid.
        job: Told the progress, asked for a cancel.

    Returns:
        How many segments there are.

    Raises:
        OutputError: There is too little room.
    """
    files.room_for(target, 4 * source.rows * source.cols, "the numbers of the segments")
    profile = {"driver": "GTiff", "dtype": "int32", "count": 1, "width": source.cols, "height": source.rows}
    place = {"transform": source.transform, "crs": source.crs}
    tiling = {"tiled": True, "blockxsize": 256, "blockysize": 256, "bigtiff": "IF_SAFER", "sparse_ok": True}
    known = 0
    with source.open() as reader, rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
        stretch = value_stretch(source, reader, job)
        with rasterio.open(target, "w+", **profile, **place, **tiling) as numbers:
            tiles = list(_tiles(source, size))
            for tile in job.track(tiles, "Finding segments", end=0.8):
                seen = _with_margin(tile, MARGIN * size, source)
                pixels, valid = reader.read(seen)
                pane = FileWindow(seen.col, seen.row, seen.width, seen.height)
                taken = numbers.read(1, window=pane)
                core = np.zeros(valid.shape, bool)
                top, left = tile.row - seen.row, tile.col - seen.col
                core[top : top + tile.height, left : left + tile.width] = True
                if not (core & valid & (taken == 0)).any():
                    continue
                image = filled(stretch.of(pixels), valid)
                found = superpixels(image, size, compactness)
                taken, known = _continued(taken, np.where(valid, found, 0), image, core, known, size)
                numbers.write(taken, 1, window=pane)
    return known


def superpixels(image: NDArray[np.float32], size: int, compactness: float) -> Labels:
    """Return the superpixels of an image, counted from 1.

    Args:
        image: (bands, rows, cols) values 0..1.
        size: Width of a superpixel in pixels on average.
        compactness: How much nearness counts, in percent of the range of values.
    """
    span = float(image.max() - image.min()) or 1.0
    found: Labels = slic(
        image,
        n_segments=max(1, round(image.shape[1] * image.shape[2] / size**2)),
        compactness=compactness / 100.0 / span,  # the library stretches each image to 0..1 by itself
        sigma=SMOOTHING,
        convert2lab=False,
        start_label=1,
        channel_axis=0,
    )
    return found.astype(np.int32)


def value_stretch(source: RasterSource, reader: Any, job: Job) -> Stretch:
    """Return a scale for each band from places all over the raster: its second to its 98th hundredth is 0..1."""
    found: list[NDArray[np.float32]] = []
    for row in _spread(source.rows):
        for col in _spread(source.cols):
            job.check()
            pixels, valid = reader.read(Window(col, row, min(_SAMPLE, source.cols), min(_SAMPLE, source.rows)))
            found.append(pixels[:, valid].astype(np.float32))
    values = np.concatenate(found, axis=1)
    if not values.size:
        return Stretch(np.zeros((1, 1, 1), np.float32), np.ones((1, 1, 1), np.float32))
    low, high = np.percentile(values, (2, 98), axis=1).astype(np.float32)
    whole = values.max(axis=1) - values.min(axis=1)
    span = np.where(high > low, high - low, np.where(whole > 0, whole, 1.0)).astype(np.float32)
    return Stretch(low[:, None, None], span[:, None, None])


def filled(image: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return an image whose invalid pixels are like the nearest valid one, so that they make no border."""
    if valid.all() or not valid.any():
        return image
    rows, cols = distance_transform_edt(~valid, return_distances=False, return_indices=True)
    nearest: NDArray[np.float32] = image[:, rows, cols]
    return nearest


def _continued(
    taken: Labels, found: Labels, image: NDArray[np.float32], core: NDArray[np.bool_], known: int, size: int
) -> tuple[Labels, int]:
    """Add the segments that reach a tile to those that are there already.

    Args:
        taken: (rows, cols) numbers of segments of earlier tiles, 0 where there is none.
        found: (rows, cols) superpixels of this place, 0 where there is no data.
        image: (bands, rows, cols) values by which pieces are compared.
        core: Where the tile is; all its pixels get a segment.
        known: How many segments there are already.
        size: Width of a segment.

    Returns:
        The numbers with those added, and how many segments there are now.
    """
    pieces = label(np.where(taken == 0, found, 0), background=0, connectivity=1).astype(np.int32)
    new = int(pieces.max(initial=0))
    old, place = np.unique(taken, return_inverse=True)
    place = place.reshape(taken.shape) - (old[0] == 0) + 1
    old = old[old > 0]
    regions = np.where(taken > 0, new + place, pieces)
    area = np.bincount(regions.ravel(), minlength=new + len(old) + 1)
    reaching = np.zeros(len(area), bool)
    reaching[np.unique(regions[core])] = True
    reaching[0] = reaching[new + 1 :] = False
    small = reaching & (area < max(1, SMALL * size**2))
    owner = joined_small(regions, image, small, new, SMALL * size**2)
    kept = np.zeros(len(area), bool)
    kept[owner[reaching]] = True
    number = np.zeros(len(area), np.int32)
    number[new + 1 :] = old
    fresh = np.flatnonzero(kept[: new + 1])
    number[fresh] = np.arange(known + 1, known + 1 + len(fresh))
    return number[owner][regions], known + len(fresh)


def _tiles(source: RasterSource, size: int) -> Iterator[Window]:
    """Yield the tiles of a raster, row by row; the last ones end at its edge."""
    side = math.isqrt(WINDOW_VALUES // len(source.bands))
    tile = max(SMALLEST_TILE, side - 2 * MARGIN * size)
    if source.rows <= side and source.cols <= side:
        tile = side
    for row in range(0, source.rows, tile):
        for col in range(0, source.cols, tile):
            yield Window(col, row, min(tile, source.cols - col), min(tile, source.rows - row))


def _with_margin(tile: Window, margin: int, source: RasterSource) -> Window:
    """Return a tile with a margin about it, inside the raster."""
    col, row = max(0, tile.col - margin), max(0, tile.row - margin)
    right = min(source.cols, tile.col + tile.width + margin)
    return Window(col, row, right - col, min(source.rows, tile.row + tile.height + margin) - row)


def _spread(length: int) -> list[int]:
    """Return where places for a look begin along a length."""
    last = max(0, length - _SAMPLE)
    return sorted({round(last * step / (_SAMPLES - 1)) for step in range(_SAMPLES)})
