"""Writing layers and tables so that nothing half written is seen and other layers of a file are kept."""

from __future__ import annotations

import shutil
import sqlite3
import warnings
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyogrio.raw
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError
from pyogrio.errors import FeatureError as OgrFeatureError
from pyogrio.util import vsi_path
from rasterio.crs import CRS

from .. import files
from ..errors import OutputError
from ..job import Job
from ..raster.crs import crs_text
from ..tools.values import FeatureTarget
from .geopackage import copy_layer, layers_of
from .reading import FeatureTable

_OGR_ERRORS = (DataLayerError, DataSourceError, OgrFeatureError, FieldError, GeometryError, ValueError, RuntimeError)

_SQLITE = b"SQLite format 3\x00"
"""How the file of a GeoPackage begins."""

_SEVERAL_FILES = ("ESRI Shapefile", "GML", "MapInfo File")
"""Formats that write more than the file that was named."""

GEOPACKAGE_VERSION = "1.2"
"""Newest version that the GDAL of every QGIS we support reads without a warning."""

_SHAPEFILE_EXTRAS = (".qix", ".sbn", ".sbx", ".idm", ".ind", ".cpg", ".prj")
"""Files beside a shapefile that speak of its content."""

_SIGNS = "`~!@#$%^&*()+-={}|[]\\:\";'<>?,./ "
"""With none of these the name of a table may begin."""

LONGEST_DBF_NAME = 10
"""Letters of a field name in a .dbf file."""

Columns = Mapping[str, tuple[np.ndarray, np.ndarray | None]]
"""Column name to values and to where they are null; None where nothing is."""

warnings.filterwarnings("ignore", message="Normalized/laundered field name")  # told by ``_tell_shortened``
warnings.filterwarnings("ignore", message="'crs' was not provided")  # a layer of a raster without CRS has none either


def write_features(
    target: FeatureTarget,
    tables: FeatureTable | Iterable[FeatureTable],
    *,
    job: Job,
    geometry_type: str = "Polygon",
    schema: Mapping[str, Any] | None = None,
    crs: str | CRS | None,
) -> str:
    """Write features as a layer.

    The file appears when it is whole. In an existing GeoPackage the layer is replaced in one transaction and other
    layers are kept.

    Args:
        target: File and layer; a file without suffix becomes a GeoPackage.
        tables: The features, or parts of them in order, all with the same columns.
        job: Told the temporary name, and what the format cannot hold.
        geometry_type: OGR's name of the layer's geometry type.
        schema: Column name to numpy type, for a result without features; needed when ``tables`` may be empty.
        crs: CRS of the layer.

    Returns:
        What opens the layer: the path, with ``|layername=`` when the file holds other layers.

    Raises:
        OutputError: The format is not known, or the file cannot be written.
    """
    parts = [tables] if isinstance(tables, FeatureTable) else tables
    text = crs if isinstance(crs, str) else crs_text(crs)

    def write(path: Path, layer: str, driver: str) -> None:
        written = False
        chunks: Iterable[FeatureTable] = parts if driver == "GPKG" else _joined(parts)
        for part in chunks:
            job.check()
            if len(part) or not written:
                if not written:
                    _tell_shortened(driver, part.fields, job)
                columns = _typed(part.fields, part.types)
                _write_part(path, layer, driver, columns, part.geometry, geometry_type, text, written)
                written = True
        if not written:
            empty = _typed({name: np.empty(0, kind) for name, kind in (schema or {}).items()}, {})
            _write_part(path, layer, driver, empty, np.empty(0, object), geometry_type, text, False)

    return _written(target, write, job)


def write_table(target: FeatureTarget, columns: Mapping[str, np.ndarray], job: Job) -> str:
    """Write a table without geometry: .csv, .dbf, .gpkg or another format of OGR.

    Args:
        target: File and table name.
        columns: Column name to (n,) array, all of one length.
        job: Told the temporary name.

    Returns:
        What opens the table, as ``write_features`` returns it.

    Raises:
        OutputError: The format is not known, or the file cannot be written.
    """

    def write(path: Path, layer: str, driver: str) -> None:
        _tell_shortened(driver, columns, job)
        _write_part(path, layer, driver, _typed(columns, {}), None, None, None, False)

    return _written(target, write, job)


def output_path(target: FeatureTarget) -> tuple[Path, str, str]:
    """Return file, layer name and OGR driver of a target.

    Raises:
        OutputError: No format belongs to the suffix, or a folder has its name.
    """
    path = Path(target.path)
    if not target.path.strip():
        raise OutputError("no output is given: choose a file such as detections.gpkg")
    if not path.suffix:
        path = path.with_name(path.name + ".gpkg")
    try:
        driver = "ESRI Shapefile" if path.suffix.lower() == ".dbf" else pyogrio.detect_write_driver(str(path))
    except _OGR_ERRORS as error:
        raise OutputError(
            f"{path.suffix} is no format that can be written ({path}): choose .gpkg, .geojson, .shp ..."
        ) from error
    if path.is_dir():
        raise OutputError(f"{path} is a folder: give the output a file name")
    if vsi_path(str(path)) != str(path):
        raise OutputError(f"{path} would be cut at a ; or ! in it: choose a file and a folder without these signs")
    return path, target.layer or (_table_name(path.stem) if driver == "GPKG" else path.stem), driver


def _table_name(stem: str) -> str:
    """Return a name as a GeoPackage takes it: it begins with no sign, and not with the name of its own tables."""
    bad = stem[:1] in _SIGNS or stem.casefold().startswith("gpkg")
    return f"layer_{stem.lstrip(_SIGNS)}" if bad else stem


def _written(target: FeatureTarget, write: Any, job: Job) -> str:
    """Write to a temporary place with ``write(path, layer, driver)`` and move the result to its own."""
    path, layer, driver = output_path(target)
    files.writable(path)
    if driver != "GPKG":
        _refuse_other_layers(path, layer)
    try:
        if driver == "GPKG" and path.exists():
            _into_geopackage(path, layer, write, job)
        elif driver in _SEVERAL_FILES:
            _as_files(path, layer, driver, write, job)
        else:
            with files.replaced(path, job) as temporary:
                write(temporary, layer, driver)
    except _OGR_ERRORS as error:
        said = str(error).strip().splitlines()
        raise OutputError(
            f"{path} cannot be written ({said[0][:160] if said else driver}): choose another place or format"
        ) from error
    several = driver == "GPKG" and (layer != path.stem or len(layers_of(path)) > 1)
    return f"{path}|layername={layer}" if several else str(path)


def _refuse_other_layers(path: Path, layer: str) -> None:
    """Refuse to replace a file that holds more than the layer: only in a GeoPackage others are kept."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        database = stream.read(len(_SQLITE)) == _SQLITE
    try:
        others = [str(name) for name, _ in pyogrio.list_layers(path) if str(name) != layer]
    except _OGR_ERRORS:
        others = []
    if database or len(others) > 1:
        raise OutputError(
            f"{path} exists and may hold other layers, which would be lost: choose another file or a .gpkg"
        )


def _into_geopackage(path: Path, layer: str, write: Any, job: Job) -> None:
    """Write the layer to a GeoPackage of its own, then copy it into the existing one."""
    foreign = f"{path} exists and is no GeoPackage: choose another file or remove it"
    with path.open("rb") as stream:
        if stream.read(len(_SQLITE)) != _SQLITE:
            raise OutputError(foreign)
    files.sweep(path.parent)
    temporary = job.temporary(files.temporary_name(path))
    files.remove(temporary)
    try:
        write(temporary, layer, "GPKG")
        try:
            copy_layer(temporary, path, layer)
        except sqlite3.OperationalError as error:
            kept = path.with_name(f"{path.stem}_new{path.suffix}")
            shutil.move(temporary, kept)
            raise OutputError(
                f"{path} is locked by another program ({error}): the result was kept as {kept}"
            ) from error
        except sqlite3.DatabaseError as error:
            raise OutputError(foreign) from error
    finally:
        files.remove(temporary)


def _as_files(path: Path, layer: str, driver: str, write: Any, job: Job) -> None:
    """Write a format of several files to a folder and move them, the named one last."""
    files.sweep(path.parent)
    folder = job.temporary(files.temporary_name(path.with_suffix("")))
    files.remove(folder)
    folder.mkdir()
    try:
        write(folder / path.name, path.stem, driver)
        for suffix in _SHAPEFILE_EXTRAS if driver == "ESRI Shapefile" else ():
            path.with_suffix(suffix).unlink(missing_ok=True)  # of the layer that is replaced
        made = sorted(folder.iterdir(), key=lambda entry: entry.suffix.lower() == path.suffix.lower())
        for entry in made:
            entry.replace(path.with_name(entry.name))
    finally:
        files.remove(folder)


def _joined(parts: Iterable[FeatureTable]) -> Iterator[FeatureTable]:
    """Yield all parts as one table: most formats are written in one go; nothing when there is none."""
    tables = [part for part in parts if len(part)] or [part for part in parts]
    if not tables:
        return
    first = tables[0]
    fields = {name: np.concatenate([table.fields[name] for table in tables]) for name in first.fields}
    yield FeatureTable(np.concatenate([table.geometry for table in tables]), fields, first.crs, first.name, first.types)


def _write_part(
    path: Path,
    layer: str,
    driver: str,
    columns: Columns,
    geometry: np.ndarray | None,
    geometry_type: str | None,
    crs: str | None,
    append: bool,
) -> None:
    """Write or append features with OGR."""
    if geometry is not None and geometry_type is not None and geometry_type.startswith("Multi"):
        geometry = np.array([_as_multi(shape) for shape in geometry], object) if len(geometry) else geometry
    options: dict[str, Any] = {}
    if driver == "GPKG" and not append:
        options["dataset_options"] = {"VERSION": GEOPACKAGE_VERSION}
        options["layer_options"] = _own_columns(columns)
    if geometry is not None and driver == "CSV":
        options["layer_options"] = {"GEOMETRY": "AS_WKT"}
    pyogrio.raw.write(
        str(path),
        geometry=None if geometry is None else shapely.to_wkb(geometry),
        field_data=[values for values, _ in columns.values()],
        fields=np.array(list(columns), object),
        field_mask=[mask for _, mask in columns.values()],
        layer=layer,
        driver=driver,
        geometry_type=geometry_type,
        crs=crs,
        append=append,
        **options,
    )


def _own_columns(names: Iterable[str]) -> dict[str, str]:
    """Return the names of a GeoPackage's own columns that no field of the user takes."""
    used = {name.casefold() for name in names}

    def free(name: str) -> str:
        return next(text for text in (name, *(f"{name}_{n}" for n in range(1, len(used) + 2))) if text not in used)

    return {"FID": free("fid"), "GEOMETRY_NAME": free("geom")}


def _as_multi(geometry: shapely.Geometry | None) -> shapely.Geometry | None:
    """Return a point, line or polygon as a collection of one."""
    makers = {"Point": shapely.MultiPoint, "LineString": shapely.MultiLineString, "Polygon": shapely.MultiPolygon}
    maker = None if geometry is None else makers.get(geometry.geom_type)
    return geometry if maker is None else maker([geometry])


def _typed(columns: Mapping[str, np.ndarray], types: Mapping[str, str]) -> Columns:
    """Return columns in types that OGR stores, each with where it is null.

    Args:
        columns: Column name to values.
        types: Column name to the numpy name of the type its layer declared: whole numbers and yes or no values that
            hold nulls are decimals in memory.
    """
    return {name: _storable(np.asarray(values), types.get(name, "")) for name, values in columns.items()}


def _storable(values: np.ndarray, declared: str) -> tuple[np.ndarray, np.ndarray | None]:
    """Return one column in a type that OGR stores, and where it is null."""
    if values.dtype.kind == "f" and declared.startswith(("int", "uint", "bool")):
        null = np.isnan(values)
        whole = np.where(null, 0, values)
        if np.all(whole == np.floor(whole)):
            return _storable(whole.astype(declared), "")[0], null
    if values.dtype.kind in "US":
        values = values.astype(object)
    if values.dtype == np.float16:
        values = values.astype(np.float32)
    if values.dtype.kind == "u" and values.dtype.itemsize > 1:
        values = values.astype(np.int64)
    if values.dtype == np.int8:
        values = values.astype(np.int16)
    if values.dtype.kind == "f":
        return values, np.isnan(values)
    return values, None


def _tell_shortened(driver: str, names: Iterable[str], job: Job) -> None:
    """Warn when the format cannot hold the names of the fields."""
    long = [name for name in names if len(name) > LONGEST_DBF_NAME]
    if driver == "ESRI Shapefile" and long:
        some = ", ".join(long[:3])
        job.warn(
            f"a .dbf file holds field names of {LONGEST_DBF_NAME} letters: {some} ... are shortened; .gpkg keeps them"
        )
