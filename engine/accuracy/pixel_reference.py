"""The ground truth of a class raster: a raster, polygons or points, with classes by the map's values."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray

from ..classes import ClassInfo
from ..errors import FeatureError, RasterError
from ..job import Job
from ..raster.alignment import Overlay, on_grid
from ..raster.class_raster import ClassRaster, class_raster, values_of
from ..raster.crs import GDAL_ERRORS, crs_text
from ..raster.reading import raster_source
from ..tools.values import Extent, FeatureSource
from ..vector.reading import FeatureTable, kinds_in_words, read_features, related
from .class_pairs import NONE, Polygons
from .reference_classes import CLASS_FIELDS, Labelled, NamedMap, class_column, labelled

RASTER, POLYGONS, OBJECTS, POINTS = "raster", "polygons", "objects", "points"

_POINTS, _POLYGONS = {0, 4}, {3, 6}
_NOWHERE = np.zeros((0, 2)), np.zeros(0, np.int32)


@dataclass(frozen=True)
class Reference:
    """Ground truth, related to a classified raster.

    Attributes:
        kind: ``raster``; ``polygons``; ``objects``, polygons outside which is background; or ``points``.
        name: What the user calls it.
        truth: Reference raster on the grid of the map, or polygons; None for points.
        places: (n, 2) points in map units of the classified raster; none for the other kinds.
        values: (n,) int32 class value of each point.
        classes: The classes that it names.
        skipped: Words and numbers of what was left out while reading.
    """

    kind: str
    name: str
    truth: Overlay | Polygons | None
    places: NDArray[np.float64]
    values: NDArray[np.int32]
    classes: tuple[ClassInfo, ...]
    skipped: tuple[tuple[str, int], ...] = ()


def read_reference(source: FeatureSource, field: str, judged: NamedMap, job: Job) -> Reference:
    """Read the ground truth.

    Args:
        source: A raster file or a feature layer.
        field: Class field of a feature layer; empty looks for `CLASS_FIELDS`.
        judged: The map.
        job: Told what was mended, resampled or not matched.

    Raises:
        RasterError: The reference raster is no class raster, or only one of the two has a CRS.
        FeatureError: The layer holds lines, has no class field, or none of its class names is known.
    """
    if _is_raster(source):
        return _raster(source, field, judged.raster, job)
    if os.path.isdir(source.path) and not source.path.lower().endswith(".gdb"):
        raise FeatureError(f"{source.path} is a folder: choose one reference raster or one layer")
    table = read_features(source, job=job)
    kinds = {int(kind) for kind in np.unique(shapely.get_type_id(table.geometry))}
    if not len(table):
        raise FeatureError(f"{table.name} has no feature: choose a reference with points or polygons in it")
    if not (kinds <= _POINTS or kinds <= _POLYGONS):
        words = kinds_in_words(kinds)
        raise FeatureError(f"{table.name} holds {words}: choose a reference of points, of polygons, or a class raster")
    grid = judged.raster.source
    table = related(table, grid.crs, job=job, other=grid.path)
    column = class_column(table, field, job)
    if kinds <= _POLYGONS:
        return _polygons(table, source, column, judged, job)
    if column is None:
        raise _no_field(table)
    found = labelled(table, source, column, judged, job)
    parts, rows = shapely.get_parts(found.table.geometry, return_index=True)
    places = shapely.get_coordinates(parts)
    return Reference(POINTS, table.name, None, places, found.values[rows], found.classes, found.skipped)


def _polygons(table: FeatureTable, source: FeatureSource, column: str | None, judged: NamedMap, job: Job) -> Reference:
    """Relate polygons to a map; those of the only class of a map with a background tell where its background is."""
    if column is None:
        only = _only_class(judged.raster, job)
        if only is None:
            raise _no_field(table)
        found = Labelled(table, np.full(len(table), only, np.int32), (ClassInfo(only, table.name),), ())
    else:
        found = labelled(table, source, column, judged, job)
        only = found.classes[0].value if len(found.classes) == 1 else None
        if only is not None and _only_class(judged.raster, job) != only:
            only = None
    if only is not None:
        job.message(
            f"{judged.raster.source.path} holds the class {only} and a background, and the polygons of {table.name} "
            "are of this class: outside them the truth is background"
        )
    polygons = Polygons(found.table.geometry, found.values, NONE if only is None else 0)
    kind = POLYGONS if only is None else OBJECTS
    return Reference(kind, table.name, polygons, *_NOWHERE, found.classes, found.skipped)


def _only_class(classified: ClassRaster, job: Job) -> int | None:
    """Return the class of a map that holds one class and a background, None for any other map."""
    if classified.unlabelled is not None:
        return None
    values = values_of(classified.source, job)
    return values[1] if len(values) == 2 and values[0] == 0 else None


def _no_field(table: FeatureTable) -> FeatureError:
    """Return the error of a layer without a class field."""
    known = ", ".join(table.fields) or "none"
    return FeatureError(
        f"{table.name} has no field {', '.join(CLASS_FIELDS[:-1])} or {CLASS_FIELDS[-1]}: name its class field in "
        f"class_value_field (it has {known})"
    )


def _is_raster(source: FeatureSource) -> bool:
    """Return whether a path is that of a raster."""
    if source.layer or source.where or not source.path.strip():
        return False
    try:
        with rasterio.open(source.path) as dataset:
            return bool(dataset.count or dataset.subdatasets)
    except (*GDAL_ERRORS, UnicodeDecodeError):
        return False


def as_stored(path: str, job: Job, extent: Extent | None = None) -> ClassRaster:
    """Return a class raster on its own pixels: a rotated one is not turned north-up, so that each pixel counts once.

    An extent is a rectangle on a north-up grid only, so within one it is turned.
    """
    turned = extent is None and raster_source(path, job=Job(), expand_palette=False).view.warped
    return class_raster(path, job=job, extent=extent, pixel_space=turned)


def _raster(source: FeatureSource, field: str, classified: ClassRaster, job: Job) -> Reference:
    """Read a reference raster."""
    reference = as_stored(source.path, job)
    one, other = reference.source, classified.source
    name = source.name or source.path
    if field:
        job.warn(f"class_value_field {field} is for features: {name} is a raster, whose values are the classes")
    overlay = on_grid(one, other, job)
    if overlay is None:
        raise RasterError(f"no pixel has a class in {other.path} and in {name}: check that they overlap, and their CRS")
    if overlay.resampled:
        system = "" if one.crs == other.crs else f" in {crs_text(one.crs)}"
        job.message(
            f"{name} lies on another grid{system} ({overlay.resampled}): it is resampled to that of {other.path} by "
            "nearest neighbour"
        )
    return Reference(RASTER, name, overlay, *_NOWHERE, reference.classes)
