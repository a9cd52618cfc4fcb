"""What the tools on detected features ask of a layer: polygons, the part inside an extent, confidences, classes.

Class values of two layers are compared as texts, so that a whole number, the same number in a field of decimals and the
same digits in a text field are one class.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.warp import transform_bounds

from ..errors import FeatureError
from ..job import Job
from ..raster.crs import GDAL_ERRORS, known_crs
from ..tools.values import Extent
from ..vector.reading import FeatureTable, kinds_in_words

CLASS_FIELDS = ("Classvalue", "Value")
"""Fields that hold the class when none is named, in this order, in any case."""

_POLYGONS = (3, 6)


def require_polygons(table: FeatureTable, remedy: str) -> None:
    """Refuse a layer that holds anything but polygons.

    Args:
        table: The layer.
        remedy: What the user can do, as the end of the sentence.

    Raises:
        FeatureError: The layer holds points or lines.
    """
    kinds = {int(kind) for kind in np.unique(shapely.get_type_id(table.geometry))} - set(_POLYGONS)
    if kinds:
        raise FeatureError(f"{table.name} holds {kinds_in_words(kinds)} and polygons are needed: {remedy}")


def geometry_type(table: FeatureTable) -> str:
    """Return OGR's name of the type that holds every polygon of a layer."""
    return "MultiPolygon" if (shapely.get_type_id(table.geometry) == 6).any() else "Polygon"


def within_extent(table: FeatureTable, extent: Extent | None) -> FeatureTable:
    """Return the features that touch an extent; None keeps all.

    Raises:
        FeatureError: The extent is empty, or its CRS cannot be related to that of the layer.
    """
    if extent is None:
        return table
    bounds = (extent.left, extent.bottom, extent.right, extent.top)
    if not (extent.left < extent.right and extent.bottom < extent.top):
        raise FeatureError(f"the extent {bounds} has no area: give left, bottom, right, top in this order")
    source, target = known_crs(extent.crs, "the extent", FeatureError), known_crs(table.crs, table.name, FeatureError)
    if source is not None and target is not None and source != target:
        try:
            bounds = transform_bounds(source, target, *bounds)
        except GDAL_ERRORS as error:
            raise FeatureError(
                f"the extent's CRS cannot be related to that of {table.name}: give the extent in the layer's CRS"
            ) from error
    shapely.prepare(area := shapely.box(*bounds))
    return table.take(np.asarray(shapely.intersects(area, table.geometry), bool))


def confidences(table: FeatureTable, field: str, job: Job) -> NDArray[np.float64]:
    """Return the confidence of each feature, 0..1; null is the lowest of all (minus infinity), counted and told.

    Args:
        table: The layer.
        field: Name of the field, in any case. Values up to 100 are taken as percent when one is above 1.
        job: Told about nulls.

    Raises:
        FeatureError: The field is absent or does not hold numbers.
    """
    name = table.find_field(field)
    if name is None:
        known = _names(table, "iuf")
        raise FeatureError(f"{table.name} has no field {field}: choose a confidence field among {known}")
    column = table.fields[name]
    if column.dtype.kind not in "iuf":
        kind = "yes/no values" if column.dtype.kind == "b" else "dates" if column.dtype.kind == "M" else "text"
        raise FeatureError(
            f"the confidence field {name} of {table.name} holds {kind} and numbers are needed: choose among "
            f"{_names(table, 'iuf')} or make a decimal field from it with the field calculator"
        )
    values = column.astype(np.float64)
    unknown = np.isnan(values)
    if unknown.any():
        job.warn(f"{table.name}: {int(unknown.sum())} of {len(values)} features have no {name}: they come last")
    highest = values[~unknown].max(initial=0.0)
    if 1 < highest <= 100:
        job.message(f"{name} of {table.name} is taken as percent")
        values = values / 100
    values[unknown] = -np.inf
    return values


def class_field(table: FeatureTable, field: str) -> str | None:
    """Return the field that holds the class: the named one, else one of `CLASS_FIELDS`, else None.

    Raises:
        FeatureError: The named field is absent.
    """
    if field.strip():
        name = table.find_field(field.strip())
        if name is None:
            known = _names(table, "iufO")
            raise FeatureError(f"{table.name} has no field {field}: choose a class field among {known}")
        return name
    return next((name for name in map(table.find_field, CLASS_FIELDS) if name is not None), None)


def class_values(table: FeatureTable, field: str) -> NDArray[np.object_]:
    """Return the class of each feature as text, None where it is null.

    Raises:
        FeatureError: The field holds decimals, dates or yes/no values, which are no classes.
    """
    column = table.fields[field]
    if column.dtype.kind == "f":
        known = ~np.isnan(column)
        if (column[known] != np.floor(column[known])).any():
            raise FeatureError(
                f"the class field {field} of {table.name} holds decimals: choose a field of whole numbers or texts"
            )
        texts = np.full(len(column), None, object)
        texts[known] = [str(int(value)) for value in column[known]]
        return texts
    if column.dtype.kind in "iu":
        return np.array([str(value) for value in column.tolist()] or [], object)
    if column.dtype.kind != "O":
        raise FeatureError(f"the class field {field} of {table.name} holds no class: choose whole numbers or texts")
    texts = np.empty(len(column), object)
    texts[:] = [None if value is None or not str(value).strip() else str(value).strip() for value in column.tolist()]
    return texts


def sorted_values(values: set[str]) -> list[str]:
    """Return class values in the order a reader expects: numbers by size, then texts."""

    def key(value: str) -> tuple[int, int, str]:
        digits = value.removeprefix("-")
        return (0, int(value), "") if digits.isascii() and digits.isdigit() else (1, 0, value)

    return sorted(values, key=key)


def _names(table: FeatureTable, kinds: str) -> str:
    """Return the fields of some numpy kinds in words."""
    names = [name for name, column in table.fields.items() if column.dtype.kind in kinds]
    return ", ".join(names[:12]) if names else "none (the layer has no such field)"
