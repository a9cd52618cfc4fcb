"""Adding features or rows to a layer that exists: all or none, whatever the format."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from .. import files
from ..errors import FeatureError, OutputError
from ..job import Job
from ..raster.crs import crs_text, known_crs
from ..tools.values import FeatureSource, FeatureTarget
from .geopackage import append_rows
from .reading import FeatureTable, read_raw
from .writing import output_path, write_features, write_table

_GROUPS = {"i": "whole numbers", "u": "whole numbers", "b": "whole numbers", "f": "decimals", "M": "dates"}
"""Kind of a numpy type in words; any other is text."""


@dataclass(frozen=True)
class ExistingLayer:
    """A layer that results are added to.

    Attributes:
        path: Its file.
        layer: Its name in the file, as it is written there.
        driver: OGR's driver.
        types: Field to the numpy name of its type.
        crs: Authority code or WKT, None when unknown.
        geometry_type: OGR's name; None for a table.
        count: Number of features or rows.
    """

    path: Path
    layer: str
    driver: str
    types: Mapping[str, str]
    crs: str | None
    geometry_type: str | None
    count: int


def existing_layer(target: FeatureTarget) -> ExistingLayer | None:
    """Return the layer that a target names, None where there is none yet.

    Raises:
        OutputError: The file is there and cannot be read.
    """
    path, layer, driver = output_path(target)
    if not path.exists():
        return None
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
        found = next((name for name in names if name.casefold() == layer.casefold()), None)
        if driver != "GPKG" and len(names) == 1:
            found = names[0]
        if found is None:
            return None
        about = pyogrio.read_info(path, layer=found, force_feature_count=True)
    except (DataLayerError, DataSourceError, ValueError, OSError, RuntimeError) as error:
        raise OutputError(f"{path} exists and cannot be read as a layer: choose another file or remove it") from error
    return ExistingLayer(
        path=path,
        layer=found,
        driver=driver,
        types=dict(zip(map(str, about["fields"]), map(str, about["dtypes"]), strict=True)),
        crs=crs_text(known_crs(about["crs"], found, FeatureError)),
        geometry_type=None if about["geometry_type"] is None else str(about["geometry_type"]),
        count=int(about["features"]),
    )


def check_fit(existing: ExistingLayer, types: Mapping[str, str], geometry_type: str | None) -> None:
    """Refuse rows that do not fit a layer.

    Args:
        existing: The layer.
        types: Field of the rows to the numpy name of its type.
        geometry_type: OGR's name of their geometry type, None without geometry.

    Raises:
        OutputError: A field is missing there or of another kind, or the geometries are of another type.
    """
    where, remedy = f"{existing.layer} in {existing.path} exists", "choose another output or remove it"
    if (existing.geometry_type is None) != (geometry_type is None):
        kinds = ("a table", "features") if existing.geometry_type is None else ("features", "a table")
        raise OutputError(f"{where} as {kinds[0]} and the result is {kinds[1]}: {remedy}")
    if geometry_type is not None and not _holds(existing.geometry_type or "", geometry_type):
        raise OutputError(f"{where} with geometries {existing.geometry_type} and the result has {geometry_type}: "
                          f"{remedy}")  # fmt: skip
    known = {name.casefold(): kind for name, kind in existing.types.items()}
    for name, kind in types.items():
        if name.casefold() not in known:
            raise OutputError(f"{where} without the field {name} of the result, so that it cannot be added: {remedy}")
        if existing.driver != "CSV" and not _takes(known[name.casefold()], kind):
            raise OutputError(
                f"{where} with {_group(known[name.casefold()])} in the field {name} and the result has "
                f"{_group(kind)}: {remedy}"
            )


def add_features(
    existing: ExistingLayer, tables: Iterable[FeatureTable], job: Job, *, schema: Mapping[str, Any]
) -> str:
    """Add features to a layer, all or none.

    Args:
        existing: The layer.
        tables: The features in the layer's CRS, in parts.
        job: Told temporary names.
        schema: Column name to numpy type, for a result without features.

    Returns:
        What opens the layer.

    Raises:
        OutputError: The layer cannot be written.
    """
    target = FeatureTarget(str(existing.path), existing.layer)
    options: dict[str, Any] = {"geometry_type": existing.geometry_type, "crs": existing.crs, "schema": schema}
    if existing.driver != "GPKG":
        return write_features(target, chain(_old(existing), _as_old(existing, tables)), job=job, **options)
    return _added(existing, lambda fresh: write_features(fresh, tables, job=job, **options), job)


def add_rows(existing: ExistingLayer, columns: Mapping[str, np.ndarray], job: Job) -> str:
    """Add rows to a table, all or none.

    Args:
        existing: The table.
        columns: Column name to values.
        job: Told temporary names.

    Returns:
        What opens the table.

    Raises:
        OutputError: The table cannot be written.
    """
    target = FeatureTarget(str(existing.path), existing.layer)
    if existing.driver != "GPKG":
        rows = FeatureTable(np.empty(len(next(iter(columns.values()))), object), dict(columns), None, existing.layer)
        parts = [*_old(existing), *_as_old(existing, [rows])]
        joined = {name: np.concatenate([part.fields[name] for part in parts]) for name in existing.types}
        return write_table(target, joined, job)
    return _added(existing, lambda fresh: write_table(fresh, columns, job), job)


def _added(existing: ExistingLayer, write: Callable[[FeatureTarget], str], job: Job) -> str:
    """Write to a GeoPackage of its own, then add its rows to the existing layer in one transaction."""
    path = existing.path
    files.writable(path)
    files.sweep(path.parent)
    fresh = job.temporary(files.temporary_name(path.with_name(f"rows-{path.name}")))
    files.remove(fresh)
    try:
        write(FeatureTarget(str(fresh), existing.layer))
        try:
            append_rows(fresh, path, existing.layer)
        except sqlite3.Error as error:
            kept = path.with_name(f"{path.stem}_new{path.suffix}")
            with contextlib.suppress(FileNotFoundError):
                shutil.move(fresh, kept)
            raise OutputError(f"{path} cannot be added to ({error}): the result was kept as {kept}") from error
    finally:
        files.remove(fresh)
    return f"{path}|layername={existing.layer}" if len(pyogrio.list_layers(path)) > 1 else str(path)


def _old(existing: ExistingLayer) -> Iterator[FeatureTable]:
    """Yield what the layer holds."""
    meta, _, wkb, columns = read_raw(FeatureSource(str(existing.path), existing.layer), force_2d=False)
    names = [str(name) for name in meta["fields"]]
    count = len(columns[0]) if columns else existing.count
    geometry = np.full(count, None, object) if wkb is None else np.asarray(shapely.from_wkb(wkb), object)
    fields = dict(zip(names, columns, strict=True))
    yield FeatureTable(geometry, fields, existing.crs, existing.layer, dict(existing.types))


def _as_old(existing: ExistingLayer, tables: Iterable[FeatureTable]) -> Iterator[FeatureTable]:
    """Yield features with the fields of a layer, in its order and its types."""
    for table in tables:
        fields = {}
        for name, kind in existing.types.items():
            own = table.find_field(name)
            values = np.full(len(table), None, object) if own is None else table.fields[own]
            fields[name] = _cast(values, kind)
        yield FeatureTable(table.geometry, fields, existing.crs, existing.layer, dict(existing.types))


def _cast(values: np.ndarray, kind: str) -> np.ndarray:
    """Return values in the type of a field; whole numbers with nulls are decimals in memory."""
    dtype = np.dtype(kind)
    empty = np.array([value is None or value != value for value in values], bool)
    if dtype.kind == "O":
        return np.array([None if gone else str(value) for gone, value in zip(empty, values, strict=True)], object)
    if dtype.kind == "M":
        return np.array([np.datetime64("NaT") if gone else value for gone, value in zip(empty, values, strict=True)],
                        dtype)  # fmt: skip
    if not empty.any():
        return values.astype(dtype)
    return np.array([np.nan if gone else value for gone, value in zip(empty, values, strict=True)], np.float64)


def _holds(layer: str, geometry: str) -> bool:
    """Return whether a layer of a geometry type may hold another one."""
    one, other = layer.replace("2.5D ", "").split(" ")[0], geometry.replace("2.5D ", "").split(" ")[0]
    return one in ("Unknown", other, f"Multi{other}", "GeometryCollection")


def _takes(field: str, kind: str) -> bool:
    """Return whether a field takes values of a type: whole numbers go into decimals, nothing else changes."""
    return _group(field) == _group(kind) or (_group(field), _group(kind)) == ("decimals", "whole numbers")


def _group(kind: str) -> str:
    """Return a numpy type in words."""
    return _GROUPS.get(np.dtype(kind).kind, "text")
