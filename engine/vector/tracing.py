"""Polygons of a class raster, traced strip by strip and joined across strips, so that no strip shows in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np
import rasterio
import shapely
from affine import Affine
from rasterio.features import shapes
from rasterio.windows import Window
from skimage.measure import label

from ..job import Job
from ..raster.crs import crs_text
from ..raster.reader import CACHE_BYTES
from .reading import FeatureTable

STRIP_PIXELS = 4_000_000
"""Pixels that are traced at once."""

FEATURES_AT_ONCE = 20_000
"""Polygons that are handed on together."""

MOST_PARTS = 32
"""Parts of an area that goes on downwards from which they are put together."""

Traced = tuple[int, shapely.Geometry]
"""Class value and polygon."""


@dataclass
class _Area:
    """A connected area, or what is known of it so far."""

    value: int
    parts: list[shapely.Geometry] = field(default_factory=list)

    def polygon(self) -> shapely.Geometry:
        """Return all parts as one polygon without needless corners."""
        if len(self.parts) == 1:
            return self.parts[0]
        return shapely.simplify(shapely.union_all(self.parts), 0)


def polygon_schema(source: bool) -> dict[str, type]:
    """Return the fields of the polygons, for a result without any."""
    return {"Class": object, "Classvalue": np.int32, **({"Source": object} if source else {})}


def class_polygons(path: str, names: Mapping[int, str], job: Job, source: str = "") -> Iterator[FeatureTable]:
    """Yield the polygons of a class raster, along the edges of its pixels; nodata has none.

    Pixels of a class that share an edge are one polygon. Memory holds a strip and the areas that reach its lower end.

    Args:
        path: A raster with one integer band.
        names: Class names by value.
        job: Asked for a cancel.
        source: Name of the raster for a field ``Source``; empty leaves the field out.
    """
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), rasterio.open(path) as dataset:
        rows = max(1, STRIP_PIXELS // dataset.width)
        strips = (
            dataset.read(1, window=Window(0, row, dataset.width, min(rows, dataset.height - row)))
            for row in range(0, dataset.height, rows)
        )
        waiting: list[Traced] = []
        for found in traced(strips, None if dataset.nodata is None else int(dataset.nodata)):
            job.check()
            waiting += found
            while len(waiting) >= FEATURES_AT_ONCE:
                part, waiting = waiting[:FEATURES_AT_ONCE], waiting[FEATURES_AT_ONCE:]
                yield _table(part, names, dataset.transform, crs_text(dataset.crs), source)
        if waiting:
            yield _table(waiting, names, dataset.transform, crs_text(dataset.crs), source)


def traced(strips: Iterable[np.ndarray], nodata: int | None) -> Iterator[list[Traced]]:
    """Yield the areas that end in each strip, in pixels of the whole raster.

    Args:
        strips: (rows, cols) integers each, from top to bottom, all of one width.
        nodata: Value without polygons; None traces all.
    """
    open_areas: dict[int, _Area] = {}
    above: tuple[np.ndarray, np.ndarray] | None = None
    row = known = 0
    for strip in strips:
        values = strip.astype(np.int64)
        numbers = label(values, background=_unused(values) if nodata is None else nodata, connectivity=1)
        numbers = np.where(numbers > 0, numbers + known, 0)
        fresh = dict(_polygons(numbers, values, row, known))
        known += len(fresh)
        roots = {} if above is None else _joined(*above, numbers[0], values[0])
        groups: dict[int, _Area] = {}
        for number, area in (*open_areas.items(), *fresh.items()):
            groups.setdefault(roots.get(number, number), _Area(area.value)).parts.extend(area.parts)
        bottom = np.unique(numbers[-1][numbers[-1] > 0]).tolist()
        below = {number: roots.get(number, number) for number in bottom}
        open_areas = {root: groups.pop(root) for root in dict.fromkeys(below.values())}
        for area in open_areas.values():
            if len(area.parts) > MOST_PARTS:
                area.parts = [area.polygon()]
        above = np.array([below.get(number, 0) for number in numbers[-1].tolist()]), values[-1]
        row += strip.shape[0]
        yield [(area.value, area.polygon()) for area in groups.values()]
    yield [(area.value, area.polygon()) for area in open_areas.values()]


def _unused(values: np.ndarray) -> int:
    """Return a number that is none of the values."""
    return int(values.min()) - 1


def _polygons(numbers: np.ndarray, values: np.ndarray, row: int, known: int) -> Iterator[tuple[int, _Area]]:
    """Yield each numbered area of a strip."""
    place = Affine.translation(0, row)
    image = np.where(numbers > 0, numbers - known, 0).astype(np.int32)
    first = np.zeros(int(image.max(initial=0)) + 1, np.int64)
    first[image.ravel()] = values.ravel()
    found = [
        (geometry["coordinates"], int(number))
        for geometry, number in shapes(image, mask=image > 0, connectivity=4, transform=place)
    ]
    for (_, number), polygon in zip(found, _made([rings for rings, _ in found]), strict=True):
        yield number + known, _Area(int(first[number]), [polygon])


def _made(polygons: list[list[list[tuple[float, float]]]]) -> Sequence[shapely.Geometry]:
    """Return polygons from their rings, the outer one first; all at once, in a third of the time of one by one."""
    if not polygons:
        return []
    rings = [ring for polygon in polygons for ring in polygon]
    owners = np.repeat(np.arange(len(polygons)), [len(polygon) for polygon in polygons])
    points = np.fromiter(chain.from_iterable(chain.from_iterable(rings)), np.float64).reshape(-1, 2)
    lines = shapely.linearrings(points, indices=np.repeat(np.arange(len(rings)), [len(ring) for ring in rings]))
    found: Sequence[shapely.Geometry] = shapely.polygons(lines, indices=owners)
    return found


def _joined(above: np.ndarray, above_values: np.ndarray, numbers: np.ndarray, values: np.ndarray) -> dict[int, int]:
    """Return for each area that meets one across the border of two strips the number of the area they form."""
    meet = (above > 0) & (numbers > 0) & (above_values == values)
    roots: dict[int, int] = {}

    def root(number: int) -> int:
        while roots.setdefault(number, number) != number:
            roots[number] = roots[roots[number]]
            number = roots[number]
        return number

    for one, other in np.unique(np.stack([above[meet], numbers[meet]]), axis=1).T.tolist():
        roots[root(other)] = root(one)
    return {number: root(number) for number in list(roots)}


def _table(
    found: list[Traced], names: Mapping[int, str], transform: Affine, crs: str | None, source: str
) -> FeatureTable:
    """Return polygons with their fields, in map units."""
    corner = np.array([transform.c, transform.f])
    matrix = np.array([[transform.a, transform.b], [transform.d, transform.e]])
    geometry = shapely.transform(np.array([shape for _, shape in found], object), lambda xy: xy @ matrix.T + corner)
    values = np.array([value for value, _ in found], np.int32)
    texts = np.array([names.get(int(value), str(value)) for value in values], object)
    fields = {"Class": texts, "Classvalue": values}
    if source:
        fields["Source"] = np.full(len(values), source, object)
    return FeatureTable(geometry, fields, crs, "polygons")
