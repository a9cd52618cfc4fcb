"""Polygons of a raster of segments that cover it without gap or overlap, with the corners of pixel steps cut.

A corner is cut from the middle of one pixel edge to the middle of the next, where exactly two segments meet: both turn
there alike. Corners where three or more meet, or where there is no data, stay. So neighbours keep one common line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.windows import Window

from ..job import Job
from ..raster.reader import CACHE_BYTES
from .reading import FeatureTable
from .tracing import FEATURES_AT_ONCE, STRIP_PIXELS, Traced, traced

FIELD = "segment"
"""Field with the number of a segment."""

SCHEMA = {FIELD: np.int32}
"""Fields of the polygons, for a result without any."""


def segment_polygons(path: str, transform: Affine, crs: str | None, job: Job) -> Iterator[FeatureTable]:
    """Yield the polygons of a raster of segments.

    Args:
        path: A raster of int32 numbers, 0 where there is no segment.
        transform: Pixel to map.
        crs: CRS of the map units.
        job: Told the progress, asked for a cancel.
    """
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(path) as dataset:
        fixed = FixedCorners(dataset.width)
        waiting: list[Traced] = []
        for found in traced(_strips(dataset, fixed, job), 0):
            waiting += found
            while len(waiting) >= FEATURES_AT_ONCE:
                part, waiting = waiting[:FEATURES_AT_ONCE], waiting[FEATURES_AT_ONCE:]
                yield _table(part, fixed, transform, crs)
        if waiting:
            yield _table(waiting, fixed, transform, crs)


class FixedCorners:
    """Corners of pixels that no polygon may cut; rows are looked at from top to bottom."""

    def __init__(self, cols: int) -> None:
        """Start above the first row of a raster of so many columns."""
        self._cols = cols
        self._above = np.zeros((1, cols), np.int32)
        self._row = 0
        self._found: list[NDArray[np.int64]] = []

    def look(self, strip: NDArray[np.int32]) -> None:
        """Find those of the corners above each row of the next strip."""
        numbers = np.pad(np.concatenate([self._above, strip]), ((0, 0), (1, 1)))
        corners = numbers[:-1, :-1], numbers[:-1, 1:], numbers[1:, :-1], numbers[1:, 1:]
        upper_left, upper_right, lower_left, lower_right = corners
        least, most = np.minimum.reduce(corners), np.maximum.reduce(corners)
        several = np.logical_or.reduce([(part != least) & (part != most) for part in corners])
        crossed = (upper_left == lower_right) & (upper_right == lower_left) & (least != most)
        rows, cols = np.nonzero((least != most) & (several | crossed | (least == 0)))
        self._found.append((rows.astype(np.int64) + self._row) * (self._cols + 1) + cols)
        self._above, self._row = strip[-1:], self._row + len(strip)

    def end(self) -> None:
        """Find those below the last row."""
        self.look(np.zeros((1, self._cols), np.int32))

    def holds(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which of (n, 2) columns and rows are such corners."""
        if len(self._found) > 1:
            self._found = [np.concatenate(self._found)]
        known = self._found[0]
        asked = np.rint(points[:, 1]).astype(np.int64) * (self._cols + 1) + np.rint(points[:, 0]).astype(np.int64)
        place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        held: NDArray[np.bool_] = known[place] == asked
        return held


def without_steps(polygons: Sequence[shapely.Geometry], fixed: FixedCorners) -> NDArray[np.object_]:
    """Return polygons along pixel edges with the corners of their steps cut.

    Args:
        polygons: In pixels, with a corner at each turn and nowhere else.
        fixed: Corners that stay.
    """
    rings, owners = shapely.get_rings(np.array(polygons, object), return_index=True)
    points, ring_of = shapely.get_coordinates(rings, return_index=True)
    last = np.append(ring_of[1:] != ring_of[:-1], True)
    leaving = np.zeros_like(points)
    leaving[:-1] = np.sign(points[1:] - points[:-1])
    first = np.append(True, last[:-1])
    coming = np.roll(leaving, 1, axis=0)
    coming[first] = coming[last]  # the last point is the first again
    corners, ring_of = points[~last], ring_of[~last]
    coming, leaving = coming[~last], leaving[~last]
    moved = np.where(fixed.holds(corners)[:, None], 0.0, 0.5)
    cut = np.stack([corners - moved * coming, corners + moved * leaving], axis=1).reshape(-1, 2)
    smooth = shapely.linearrings(cut, indices=np.repeat(ring_of, 2))
    found: NDArray[np.object_] = shapely.simplify(shapely.polygons(smooth, indices=owners), 0)
    return found


def _strips(dataset: rasterio.DatasetReader, fixed: FixedCorners, job: Job) -> Iterator[NDArray[np.int32]]:
    """Yield the rows of a raster some at a time, and note the corners that stay before they are needed."""
    rows = max(1, STRIP_PIXELS // dataset.width)
    starts = range(0, dataset.height, rows)
    for row in job.track(starts, "Drawing segments", start=0.8, end=0.95):
        strip = dataset.read(1, window=Window(0, row, dataset.width, min(rows, dataset.height - row)))
        fixed.look(strip)
        yield strip
    fixed.end()


def _table(found: list[Traced], fixed: FixedCorners, transform: Affine, crs: str | None) -> FeatureTable:
    """Return polygons with their numbers, in map units."""
    corner = np.array([transform.c, transform.f])
    matrix = np.array([[transform.a, transform.b], [transform.d, transform.e]])
    smooth = without_steps([polygon for _, polygon in found], fixed)
    geometry = shapely.transform(smooth, lambda xy: xy @ matrix.T + corner)
    return FeatureTable(geometry, {FIELD: np.array([number for number, _ in found], np.int32)}, crs, "segments")
