"""Where each object lies: in which raster, and at which pixels of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from rasterio.crs import CRS

from ..errors import FeatureError
from ..job import Job
from ..raster.crs import known_crs
from ..raster.reading import RasterSource
from ..samples.object_windows import object_windows
from ..vector.chunks import CHUNK, FeatureLayer
from ..vector.reading import FeatureTable, related
from ..vector.reprojection import moved
from .detections import Array
from .object_outlines import Outlines, outlines_of

NOWHERE = -1
"""Stands for the raster of an object that lies in none."""


LEAST_SHOWN = 0.1
"""Share of a chip that must lie in the raster for an object to be seen as it is, with its surroundings."""


@dataclass
class Places:
    """The objects of a run; 36 bytes each.

    Attributes:
        raster: (n,) int32, which raster each is seen in; ``NOWHERE`` for those outside all of them.
        bounds: (n, 4) float64 ``col_min, row_min, col_max, row_max`` in pixels of that raster.
    """

    raster: Array
    bounds: Array

    @classmethod
    def nowhere(cls, count: int) -> Places:
        """Return objects that lie in no raster."""
        return cls(np.full(count, NOWHERE, np.int32), np.full((count, 4), np.nan))

    def __len__(self) -> int:
        """Return the number of objects."""
        return len(self.raster)


@dataclass(frozen=True)
class Again:
    """Objects that had no valid pixel where they were looked for.

    Attributes:
        objects: (p,) int64, ascending positions.
        tried: (p, rasters) bool: rasters that need not be looked at again.
    """

    objects: Array
    tried: Array


@dataclass(frozen=True)
class Cut:
    """How objects are cut from rasters.

    Attributes:
        tile: Rows and columns of a chip.
        fixed: Chips have the size of the tile in the raster's pixels; else that of the object's frame.
        whole: Objects are images, each seen from edge to edge however large it is.
    """

    tile: tuple[int, int]
    fixed: bool
    whole: bool = False

    def windows(self, bounds: Array) -> Array:
        """Return (n, 4) int64 ``col, row, width, height`` of the chips of objects with some bounds in pixels."""
        if not self.whole:
            return object_windows(bounds, self.tile, self.fixed)
        return np.concatenate([bounds[:, :2], bounds[:, 2:] - bounds[:, :2]], axis=1).astype(np.int64)


def check_crs(layer: FeatureLayer, sources: Sequence[RasterSource], job: Job) -> None:
    """Refuse features that cannot be related to a raster.

    Raises:
        FeatureError: Only one side has a CRS.
    """
    nothing = FeatureTable(np.empty(0, object), {}, layer.crs, layer.name)
    for source in _one_of_each(sources):
        related(nothing, source.crs, job=job, other=source.path)


def locate(
    layer: FeatureLayer,
    sources: Sequence[RasterSource],
    cut: Cut,
    outlines: Outlines | None,
    job: Job,
    again: Again | None = None,
) -> Places:
    """Return where the features of a layer lie: in the raster that holds most of their chip, the first among equals.

    Args:
        layer: The features.
        sources: The rasters.
        cut: How they are cut.
        outlines: Given the outline of each feature, in pixels of its raster; None where none is needed.
        job: Asked for a cancel.
        again: Only these are looked for, and not where they were; the others are nowhere.

    Raises:
        FeatureError: The layer became unreadable, or its CRS cannot be related to a raster's.
    """
    places = Places.nowhere(len(layer))
    start = 0
    for table in layer.chunks(fields=False, size=CHUNK):
        job.check()
        rows = np.arange(start, start + len(table)) if again is None else _within(again, start, len(table))[0]
        tried = None if again is None else again.tried[_within(again, start, len(table))[1]]
        if len(rows):
            found = _best(table.take(rows - start), sources, cut, tried)
            places.raster[rows], places.bounds[rows] = found.raster, found.bounds
            if outlines is not None:
                for number, some, geometry in _by_raster(table.take(rows - start), found, sources):
                    outlines.add(rows[some], outlines_of(geometry, sources[number].transform))
        start += len(table)
    return places


def _within(again: Again, start: int, count: int) -> tuple[Array, slice]:
    """Return the objects of a chunk that are looked for again, and their place in the list of them."""
    part = slice(*np.searchsorted(again.objects, [start, start + count]).tolist())
    return again.objects[part], part


def _best(table: FeatureTable, sources: Sequence[RasterSource], cut: Cut, tried: Array | None) -> Places:
    """Return where some features are seen best."""
    places, best = Places.nowhere(len(table)), np.zeros(len(table))
    for crs, geometry in _in_each_crs(table, sources):
        left, bottom, right, top = shapely.bounds(geometry).T
        for number, source in enumerate(sources):
            if source.crs != crs:
                continue
            away = ~source.transform
            bounds = np.stack(
                [away.a * left + away.c, away.e * top + away.f, away.a * right + away.c, away.e * bottom + away.f], 1
            )
            share = _share_inside(bounds, source, cut)
            bounds, share = _within_raster(bounds, share, source)
            if tried is not None:
                share[tried[:, number]] = 0.0
            better = share > best
            best[better], places.raster[better], places.bounds[better] = share[better], number, bounds[better]
    return places


def _share_inside(bounds: Array, source: RasterSource, cut: Cut) -> Array:
    """Return (n,) which share of each object's window lies in a raster; 0 where the object itself does not."""
    with np.errstate(invalid="ignore"):
        touches = (bounds[:, 0] < source.cols) & (bounds[:, 2] >= 0)
        touches &= (bounds[:, 1] < source.rows) & (bounds[:, 3] >= 0)
    share = np.zeros(len(bounds))
    windows = cut.windows(bounds[touches]).astype(np.float64)
    across = np.minimum(windows[:, 0] + windows[:, 2], source.cols) - np.maximum(windows[:, 0], 0)
    down = np.minimum(windows[:, 1] + windows[:, 3], source.rows) - np.maximum(windows[:, 1], 0)
    share[touches] = np.maximum(across, 0) * np.maximum(down, 0) / (windows[:, 2] * windows[:, 3])
    return share


def _within_raster(bounds: Array, share: Array, source: RasterSource) -> tuple[Array, Array]:
    """Return bounds and shares of objects, those of which a chip would show hardly anything cut at the raster's edge.

    A frame that reaches far beyond the raster, or whose middle lies far from it, would give a chip that is black but
    for a corner, or wholly; the part of the object that is in the raster is looked at then.

    Args:
        bounds: (n, 4) in pixels of the raster.
        share: (n,) which share of each chip lies in it.
        source: The raster.

    Returns:
        The bounds, and the shares: of such objects below ``LEAST_SHOWN``, the larger the more of the frame is seen, so
        that a raster that covers an object well comes first.
    """
    size = np.array([source.cols, source.rows] * 2, np.float64)
    with np.errstate(invalid="ignore"):
        inside = np.clip(bounds, 0, size)
        seen, sides = inside[:, 2:] - inside[:, :2], bounds[:, 2:] - bounds[:, :2]
        poor = (share < LEAST_SHOWN) & ((seen > 0) | (sides == 0)).all(axis=1)
        poor &= (bounds[:, :2] < size[:2]).all(axis=1) & (bounds[:, 2:] >= 0).all(axis=1)
    fraction = np.where(sides > 0, seen / np.where(sides > 0, sides, 1), 1).prod(axis=1)
    return np.where(poor[:, None], inside, bounds), np.where(poor, LEAST_SHOWN * fraction, share)


def _in_each_crs(table: FeatureTable, sources: Sequence[RasterSource]) -> Iterator[tuple[CRS | None, Array]]:
    """Yield the geometries in the CRS of each raster; None where there is none or it has no place there."""
    own = known_crs(table.crs, table.name, FeatureError)
    usable = ~(shapely.is_missing(table.geometry) | shapely.is_empty(table.geometry))
    for source in _one_of_each(sources):
        if own is None or source.crs is None or source.crs == own:
            yield source.crs, table.geometry
            continue
        geometry = np.full(len(table), None, object)
        if usable.any():
            geometry[usable] = moved(table.geometry[usable], own, source.crs, table.name)
        yield source.crs, geometry


def _by_raster(
    table: FeatureTable, places: Places, sources: Sequence[RasterSource]
) -> Iterator[tuple[int, Array, Array]]:
    """Yield number of a raster, which features are seen in it, and their geometries in its CRS."""
    for crs, geometry in _in_each_crs(table, sources):
        for number, source in enumerate(sources):
            some = np.flatnonzero(places.raster == number)
            if source.crs == crs and len(some):
                yield number, some, geometry[some]


def _one_of_each(sources: Sequence[RasterSource]) -> list[RasterSource]:
    """Return one raster of each CRS."""
    found: list[RasterSource] = []
    for source in sources:
        if all(source.crs != known.crs for known in found):
            found.append(source)
    return found
