"""Layers of features as arrays: geometry, fields, CRS; read by OGR, mended where that is possible, and told."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

import numpy as np
import pyogrio
import pyogrio.raw
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FieldError
from rasterio.crs import CRS

from ..errors import FeatureError
from ..job import Job
from ..raster.crs import crs_text, known_crs
from ..tools.values import FeatureSource
from .reprojection import moved

Kind = Literal["polygon", "point", "any"]

_TYPES = {"polygon": (3, 6, 7), "point": (0, 4)}
"""Shapely's type numbers of what a kind of layer may hold."""


@dataclass
class FeatureTable:
    """Features in memory.

    Attributes:
        geometry: (n,) object, shapely geometries.
        fields: Column name to (n,) array; texts are object arrays with None for null, whole numbers with nulls are
            float64 with NaN.
        crs: Authority code or WKT, None when unknown.
        name: The layer's name as the user knows it.
        types: Column name to the numpy name of the type that the layer declares, where it is known.
    """

    geometry: np.ndarray
    fields: dict[str, np.ndarray]
    crs: str | None
    name: str
    types: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of features."""
        return len(self.geometry)

    def take(self, index: np.ndarray) -> FeatureTable:
        """Return the features at some positions, or where a bool array is true."""
        return replace(
            self, geometry=self.geometry[index], fields={name: column[index] for name, column in self.fields.items()}
        )

    def with_fields(self, fields: Mapping[str, np.ndarray]) -> FeatureTable:
        """Return the same features with columns added or replaced."""
        types = {name: kind for name, kind in self.types.items() if name not in fields}
        return replace(self, fields={**self.fields, **fields}, types=types)

    def find_field(self, name: str) -> str | None:
        """Return the column of that name, in any case; an exact match first."""
        if name in self.fields:
            return name
        return next((known for known in self.fields if known.casefold() == name.casefold()), None)


def read_features(
    source: FeatureSource, *, job: Job, crs: str | CRS | None = None, geometry: Kind = "any", numbers: str = ""
) -> FeatureTable:
    """Read a layer of features.

    Features without geometry are skipped and invalid polygons repaired; both are counted and told.

    Args:
        source: The layer.
        job: Told what was mended.
        crs: Reproject to this CRS; None keeps the layer's own. For a partner that may itself have no CRS read with
            None and call ``related``.
        geometry: What the layer must hold; "polygon" refuses points and lines.
        numbers: Column that takes the numbers of the features in their file; empty leaves them out.

    Raises:
        FeatureError: The layer is missing or unreadable, holds another kind of geometry, or its CRS is unknown while
            one was asked for.
    """
    name = source.name or source.layer or os.path.splitext(os.path.basename(source.path))[0]
    meta, feature_numbers, wkb, columns = read_raw(source, return_fids=bool(numbers))
    geometries = shapely.from_wkb(wkb, on_invalid="ignore") if wkb is not None else np.full(0, None, object)
    if wkb is None:
        raise FeatureError(f"{name} is a table without geometry: choose a layer of features")
    names = [str(column) for column in meta["fields"]]
    table = FeatureTable(
        geometry=np.asarray(geometries, object),
        fields=dict(zip(names, columns, strict=True)),
        crs=crs_text(known_crs(meta["crs"], name, FeatureError)),
        name=name,
        types=dict(zip(names, map(str, meta["dtypes"]), strict=True)),
    )
    if feature_numbers is not None:
        table = table.with_fields({numbers: np.asarray(feature_numbers, np.int64)})
    table = repaired(table, job)
    if geometry != "any":
        _check_kind(table, geometry)
    return table if crs is None else related(table, crs, job=job, other="the raster")


def related(table: FeatureTable, crs: str | CRS | None, *, job: Job, other: str) -> FeatureTable:
    """Return the features in the CRS of what they are used with.

    Args:
        table: Features in any CRS.
        crs: CRS of the other side; None when that has none.
        job: Warned when neither side has a CRS (the same coordinates are assumed), and of features that have no
            place in
            the other CRS (left out).
        other: The other side in words, for messages.

    Raises:
        FeatureError: Only one side has a CRS, the two cannot be related, or no feature can be expressed there.
    """
    target = known_crs(crs, other, FeatureError)
    if target is None and table.crs is None:
        job.warn(f"neither {table.name} nor {other} has a CRS: the same coordinates are assumed")
        return table
    if target is None or table.crs is None:
        lacking, having = (other, table.name) if target is None else (table.name, other)
        raise FeatureError(f"{lacking} has no CRS and {having} has one: give {lacking} its CRS, then run again")
    moved_table = _in_crs(table, target)
    lost = shapely.is_missing(moved_table.geometry)
    if lost.any():
        job.warn(
            f"{table.name}: {int(lost.sum())} features are too far from {other} to be expressed in its CRS: skipped"
        )
    return moved_table.take(~lost) if lost.any() else moved_table


def transformed(table: FeatureTable, crs: str | CRS) -> FeatureTable:
    """Return the features in another CRS.

    Raises:
        FeatureError: The table has no CRS, or the two cannot be related, or a feature cannot be expressed in the other.
    """
    target = known_crs(crs, "the output", FeatureError)
    if target is None or table.crs is None:
        raise FeatureError(f"{table.name} cannot be reprojected without a CRS: give it one")
    moved_table = _in_crs(table, target)
    if shapely.is_missing(moved_table.geometry).any():
        raise FeatureError(
            f"features of {table.name} cannot be expressed in {crs_text(target)}: they lie too far away; check the CRS"
        )
    return moved_table


def _in_crs(table: FeatureTable, target: CRS) -> FeatureTable:
    """Return the features in another CRS, None where one cannot be expressed there; all lost is an error."""
    source = known_crs(table.crs, table.name, FeatureError)
    if source is None or source == target or not len(table):
        return replace(table, crs=crs_text(target))
    geometry = moved(table.geometry, source, target, table.name)
    if shapely.is_missing(geometry).all():
        raise FeatureError(
            f"no feature of {table.name} can be expressed in {crs_text(target)}: they lie too far away; check "
            f"the layer's CRS"
        )
    return replace(table, geometry=geometry, crs=crs_text(target))


def read_raw(
    source: FeatureSource, **options: Any
) -> tuple[dict[str, Any], np.ndarray | None, np.ndarray | None, list[np.ndarray]]:
    """Read a layer, or a part of it, with pyogrio; its errors become one sentence.

    Args:
        source: The layer.
        options: Further arguments of pyogrio, such as ``skip_features``.

    Returns:
        What is known of the layer; (n,) feature numbers where asked for; (n,) WKB, two-dimensional unless asked not
        to be; the columns.

    Raises:
        FeatureError: The layer is missing or unreadable, or its filter does not suit it.
    """
    if not source.path.strip():
        raise FeatureError("no feature layer is given: choose one")
    path, layer = source.path, source.layer
    if not os.path.exists(path):
        path, _, named = path.partition("|layername=")
        layer = layer or named
    try:
        layer = layer or _first_layer(path)
        asked = {"layer": layer or None, "where": source.where or None, "force_2d": True, **options}
        meta, numbers, wkb, columns = pyogrio.raw.read(path, **asked)
    except (DataLayerError, DataSourceError, FieldError, ValueError, OSError, RuntimeError) as error:
        layers = _layers(path)
        if layer and layers and layer not in layers:
            some = ", ".join(layers[:8])
            raise FeatureError(f"{path} has no layer {layer}: choose one of {some}") from error
        if source.where and layers:
            raise FeatureError(f"the filter {source.where} does not suit {path}: correct it") from error
        exists = os.path.exists(path) or not os.path.splitext(path)[1] or path.startswith("/vsi")
        what = f"cannot be read as a layer ({str(error).splitlines()[0][:120]})" if exists else "does not exist"
        raise FeatureError(f"{path} {what}: choose a layer of features") from error
    return meta, numbers, wkb, columns


def _first_layer(path: str) -> str:
    """Return the first layer with geometry of a file of several, which may hold styles; else an empty text."""
    layers = pyogrio.list_layers(path)
    return next((str(name) for name, geometry in layers if geometry is not None), "") if len(layers) > 1 else ""


def _layers(path: str) -> list[str]:
    """Return the layers of a file, none when it is no vector file."""
    try:
        return [str(row[0]) for row in pyogrio.list_layers(path)]
    except (DataSourceError, ValueError, OSError, RuntimeError):
        return []


def repaired(table: FeatureTable, job: Job) -> FeatureTable:
    """Skip features without a usable geometry, repair invalid ones, and tell how many."""
    geometry = table.geometry
    usable = ~(shapely.is_missing(geometry) | shapely.is_empty(geometry))
    usable &= ~_unplaced(geometry)
    broken = usable.copy()
    broken[usable] = ~shapely.is_valid(geometry[usable])
    if broken.any():
        geometry = geometry.copy()
        geometry[broken] = [_polygon_parts(shape) for shape in shapely.make_valid(geometry[broken])]
        lost = broken & (shapely.is_missing(geometry) | shapely.is_empty(geometry))
        repaired = int(broken.sum() - lost.sum())
        usable &= ~lost
        if repaired:
            job.warn(f"{table.name}: {repaired} invalid {_features(repaired)} repaired")
    skipped = int(len(table) - usable.sum())
    if skipped:
        noun, verb = _features(skipped).split()
        job.warn(f"{table.name}: {skipped} {noun} without a usable geometry {verb} skipped")
    return replace(table, geometry=geometry).take(usable) if skipped else replace(table, geometry=geometry)


def _unplaced(geometry: np.ndarray) -> np.ndarray:
    """Return (n,) bool, which geometries have a corner that is no place; frames overlook it."""
    points, owners = shapely.get_coordinates(geometry, return_index=True)
    found = np.zeros(len(geometry), bool)
    found[owners[~np.isfinite(points).all(axis=1)]] = True
    return found


def _polygon_parts(geometry: shapely.Geometry) -> shapely.Geometry | None:
    """Return the polygons of a repaired geometry, without the lines and points that a repair leaves over."""
    if geometry.geom_type not in ("GeometryCollection",):
        return geometry if geometry.geom_type in ("Polygon", "MultiPolygon") else None
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type in ("Polygon", "MultiPolygon")]
    return cast("shapely.Geometry", shapely.union_all(parts)) if parts else None


def _check_kind(table: FeatureTable, kind: Kind) -> None:
    """Refuse a layer that holds another kind of geometry than asked for."""
    found = {int(number) for number in np.unique(shapely.get_type_id(table.geometry))}
    if not found <= set(_TYPES[kind]):
        words = kinds_in_words(found - set(_TYPES[kind]))
        raise FeatureError(f"{table.name} holds {words} and a layer of {kind}s is needed: choose another layer")


def kinds_in_words(numbers: Iterable[int]) -> str:
    """Return shapely's type numbers in words."""
    words = {
        0: "points",
        1: "lines",
        2: "lines",
        3: "polygons",
        4: "points",
        5: "lines",
        6: "polygons",
        7: "mixed geometries",
    }
    return " and ".join(sorted({words.get(number, "other geometries") for number in numbers}))


def _features(count: int) -> str:
    """Return the noun in the right number with its verb."""
    return "feature was" if count == 1 else "features were"
