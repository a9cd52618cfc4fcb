"""The ground truth of a class raster: a raster, polygons or points, with classes by the map's values."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray

from ..classes import ClassInfo
from ..errors import FeatureError, RasterError
from ..job import Job
from ..raster.class_raster import ClassRaster, class_raster
from ..raster.class_tables import LARGEST_VALUE
from ..raster.crs import GDAL_ERRORS, crs_text
from ..raster.reading import RasterSource
from ..tools.values import FeatureSource
from ..vector.classes import NO_CLASS, label_classes
from ..vector.reading import FeatureTable, kinds_in_words, read_features, related
from .class_pairs import Polygons, on_grid

CLASS_FIELDS = ("GrndTruth", "Classvalue", "Value", "Class", "Classname")
"""Fields that hold the class when none is named, in this order, in any case; the first is ArcGIS's for such points."""

NOT_INTERPRETED = -1
"""What ArcGIS writes as ground truth of a point that nobody has looked at yet."""

_POINTS, _POLYGONS = {0, 4}, {3, 6}


@dataclass(frozen=True)
class Reference:
    """Ground truth, related to a classified raster.

    Attributes:
        kind: ``raster``, ``polygons`` or ``points``.
        name: What the user calls it.
        truth: Reference raster or polygons; None for points.
        places: (n, 2) points in map units of the classified raster; none for the other kinds.
        values: (n,) int32 class value of each point.
        classes: The classes that it names.
        skipped: Words and numbers of what was left out while reading.
    """

    kind: str
    name: str
    truth: RasterSource | Polygons | None
    places: NDArray[np.float64]
    values: NDArray[np.int32]
    classes: tuple[ClassInfo, ...]
    skipped: tuple[tuple[str, int], ...] = ()


def read_reference(
    source: FeatureSource, field: str, classified: ClassRaster, names: Iterable[ClassInfo], job: Job
) -> Reference:
    """Read the ground truth.

    Args:
        source: A raster file or a feature layer.
        field: Class field of a feature layer; empty looks for `CLASS_FIELDS`.
        classified: The map that is judged.
        names: Its classes, which texts are matched to.
        job: Told what was mended, resampled or not matched.

    Raises:
        RasterError: The reference raster is no class raster, or only one of the two has a CRS.
        FeatureError: The layer holds lines, has no class field, or none of its class names is known.
    """
    if _is_raster(source):
        return _raster(source, field, classified, job)
    if os.path.isdir(source.path) and not source.path.lower().endswith(".gdb"):
        raise FeatureError(f"{source.path} is a folder: choose one reference raster or one layer")
    table = read_features(source, job=job)
    kinds = {int(kind) for kind in np.unique(shapely.get_type_id(table.geometry))}
    if not len(table):
        raise FeatureError(f"{table.name} has no feature: choose a reference with points or polygons in it")
    if not (kinds <= _POINTS or kinds <= _POLYGONS):
        words = kinds_in_words(kinds)
        raise FeatureError(f"{table.name} holds {words}: choose a reference of points, of polygons, or a class raster")
    table = related(table, classified.source.crs, job=job, other=classified.source.path)
    table, values, classes, skipped = _classes(table, source, field, classified, tuple(names), job)
    kind = "points" if kinds <= _POINTS else "polygons"
    if kind == "polygons":
        polygons = Polygons(table.geometry, values)
        return Reference(kind, table.name, polygons, np.zeros((0, 2)), np.zeros(0, np.int32), classes, skipped)
    parts, rows = shapely.get_parts(table.geometry, return_index=True)
    return Reference(kind, table.name, None, shapely.get_coordinates(parts), values[rows], classes, skipped)


def _is_raster(source: FeatureSource) -> bool:
    """Return whether a path is that of a raster."""
    if source.layer or source.where or not source.path.strip():
        return False
    try:
        with rasterio.open(source.path) as dataset:
            return bool(dataset.count or dataset.subdatasets)
    except (*GDAL_ERRORS, UnicodeDecodeError):
        return False


def _raster(source: FeatureSource, field: str, classified: ClassRaster, job: Job) -> Reference:
    """Read a reference raster."""
    reference = class_raster(source.path, job=job)
    one, other = reference.source, classified.source
    name = source.name or source.path
    if field:
        job.warn(f"class_value_field {field} is for features: {name} is a raster, whose values are the classes")
    if one.crs is None and other.crs is None:
        job.warn(f"neither {name} nor {other.path} has a CRS: the same coordinates are assumed")
    elif one.crs is None or other.crs is None:
        lacking, having = (name, other.path) if one.crs is None else (other.path, name)
        raise RasterError(f"{lacking} has no CRS and {having} has one: give {lacking} its CRS, then run again")
    if on_grid(one, other)[0] is not one:
        sizes = " and ".join("{:g} x {:g}".format(*raster.cell_size) for raster in (one, other))
        systems = "" if one.crs == other.crs else f" in {crs_text(one.crs) or 'no CRS'}"
        job.message(
            f"{name} lies on another grid{systems} (cells {sizes}): it is resampled to that of {other.path} by "
            "nearest neighbour"
        )
    return Reference("raster", name, one, np.zeros((0, 2)), np.zeros(0, np.int32), reference.classes)


def _classes(
    table: FeatureTable,
    source: FeatureSource,
    field: str,
    classified: ClassRaster,
    names: tuple[ClassInfo, ...],
    job: Job,
) -> tuple[FeatureTable, NDArray[np.int32], tuple[ClassInfo, ...], tuple[tuple[str, int], ...]]:
    """Return the features that have a class, its value in the map, and the classes."""
    column = _class_column(table, field, job)
    skipped = []
    if column.casefold() == CLASS_FIELDS[0].casefold() and table.fields[column].dtype.kind in "iuf":
        waiting = table.fields[column] == NOT_INTERPRETED
        if waiting.any():
            skipped.append((f"points whose {column} is {NOT_INTERPRETED}, not interpreted yet", int(waiting.sum())))
            table = table.take(~waiting)
            if not len(table):
                raise FeatureError(
                    f"the field {column} of {source.path} is {NOT_INTERPRETED} everywhere, which stands for points "
                    "that nobody has interpreted: fill it in first"
                )
    values, classes = label_classes(table, source, column, job)
    known = values != NO_CLASS
    if not known.all():
        skipped.append((f"features without a value in {column}", int((~known).sum())))
        table, values = table.take(known), values[known]
    if table.fields[column].dtype.kind == "O":
        classes, values = _by_name(table.name, column, classes, values, classified, names, job)
    if int(values.max(initial=0)) > LARGEST_VALUE:
        raise FeatureError(
            f"the field {column} of {table.name} holds {int(values.max())} and class values are 0 to {LARGEST_VALUE}: "
            "choose another field"
        )
    return table, values.astype(np.int32), classes, tuple(skipped)


def _class_column(table: FeatureTable, field: str, job: Job) -> str:
    """Return the field that holds the class."""
    if field:
        return field if table.find_field(field) is None else str(table.find_field(field))
    for name in CLASS_FIELDS:
        column = table.find_field(name)
        if column is not None:
            job.message(f"{table.name}: the class is taken from the field {column}")
            return column
    known = ", ".join(table.fields) or "none"
    raise FeatureError(
        f"{table.name} has no field {', '.join(CLASS_FIELDS[:-1])} or {CLASS_FIELDS[-1]}: name its class field in "
        f"class_value_field (it has {known})"
    )


def _by_name(
    layer: str,
    column: str,
    classes: tuple[ClassInfo, ...],
    values: NDArray[np.int64],
    classified: ClassRaster,
    names: tuple[ClassInfo, ...],
    job: Job,
) -> tuple[tuple[ClassInfo, ...], NDArray[np.int64]]:
    """Return classes and values with the map's numbers for the names of the layer."""
    numbers = {plain_name(entry.name): entry.value for entry in reversed(names)}
    found = {entry.value: numbers.get(plain_name(entry.name), _digits(entry.name)) for entry in classes}
    unknown = [entry for entry in classes if found[entry.value] is None]
    if len(unknown) == len(classes):
        theirs = _some(entry for entry in names if entry.value) or "it names none"
        raise FeatureError(
            f"no class name in the field {column} of {layer} ({_some(unknown)}) is one of {classified.source.path} "
            f"({theirs}): choose a field with its names or values"
        )
    if unknown:
        job.warn(f"class names of {layer} that {classified.source.path} has not: {_some(unknown)}")
    # values that the map cannot hold, or is least likely to
    first = 256 if classified.source.dtype == "uint8" else LARGEST_VALUE + 1 - len(unknown)
    found |= {entry.value: first + place for place, entry in enumerate(unknown)}
    moved = tuple(replace(entry, value=int(found[entry.value] or 0)) for entry in classes)
    lookup = np.zeros(max(entry.value for entry in classes) + 1, np.int64)
    for entry, new in zip(classes, moved, strict=True):
        lookup[entry.value] = new.value
    return moved, lookup[values]


def plain_name(name: str) -> str:
    """Return a class name as it is compared: in any case, with _ for a blank."""
    return " ".join(name.casefold().replace("_", " ").split())


def _digits(text: str) -> int | None:
    """Return the class value that a text of digits stands for."""
    return int(text) if text.isascii() and text.isdigit() and int(text) <= LARGEST_VALUE else None


def _some(classes: Iterable[ClassInfo]) -> str:
    """Return some names in words."""
    names = [entry.name for entry in classes]
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
