"""Images that a GeoPackage holds itself: blobs of a related table, or of the layer; found, read and replaced.

Accepted, in this order: a table related by the related tables extension (``gpkgext_relations``); a table with a
foreign key to the layer; a table with a column such as ``REL_OBJECTID``, ``feature_id`` or ``<layer>_id``; a column of
the layer.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

_WAIT_SECONDS = 10.0
_NAME_COLUMNS = ("att_name", "name", "file_name", "filename", "title")
_TYPE_COLUMNS = ("content_type", "mime_type", "mimetype", "contenttype")
_KEY_COLUMNS = ("rel_objectid", "feature_id", "feature_fid", "parent_id", "parent_fid", "base_id", "rel_fid")
_TRIGGER_FUNCTIONS = ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY")
"""Named by the triggers of a layer's spatial index, which do nothing as long as no geometry changes."""

_FOREIGN = ("gpkg_", "gpkgext_", "rtree_", "sqlite_", "layer_styles", "qgis_projects")


@dataclass(frozen=True)
class BlobTable:
    """Where the images of a layer are.

    Attributes:
        table: The table with the blobs.
        key: Its primary key.
        column: The column with the blobs.
        names: Column with file names, empty without one.
        types: Column with content types, empty without one.
        pairs: SQL of the pairs ``feature`` (number in the layer) and ``image`` (key in the table).
    """

    table: str
    key: str
    column: str
    names: str
    types: str
    pairs: str


@dataclass(frozen=True)
class BlobImage:
    """One image: the feature it belongs to, its key in the table, its file name or an empty text."""

    feature: int
    key: int
    name: str


def find_blobs(path: Path, layer: str) -> BlobTable | None:
    """Return where a GeoPackage holds the images of a layer; None when it holds none, or is no GeoPackage."""
    try:
        with opened_database(path, write=False) as database:
            key = _primary(database, layer)
            for find in (_by_extension, _by_foreign_key, _by_column_name, _in_layer):
                found = find(database, layer, key) if key else None
                if found is not None:
                    return found
    except sqlite3.DatabaseError:
        return None
    return None


def list_blobs(path: Path, blobs: BlobTable) -> list[BlobImage]:
    """Return the images, in the order of the features."""
    name = f"t.{quoted(blobs.names)}" if blobs.names else "''"
    sql = (
        f"SELECT p.feature, p.image, {name} FROM ({blobs.pairs}) AS p "  # nosec B608 # names are quoted
        f"JOIN {quoted(blobs.table)} AS t ON t.{quoted(blobs.key)} = p.image ORDER BY 1, 2"
    )
    with opened_database(path, write=False) as database:
        return [BlobImage(int(row[0]), int(row[1]), str(row[2] or "")) for row in database.execute(sql)]


def read_blob(path: Path, blobs: BlobTable, key: int) -> bytes:
    """Return the bytes of an image; none where the row is empty."""
    sql = f"SELECT {quoted(blobs.column)} FROM {quoted(blobs.table)} WHERE {quoted(blobs.key)} = ?"  # nosec B608 # names are quoted
    with opened_database(path, write=False) as database:
        row = database.execute(sql, (key,)).fetchone()
    return bytes(row[0]) if row and isinstance(row[0], bytes) else b""


def replace_blobs(path: Path, blobs: BlobTable, images: Mapping[int, Path]) -> None:
    """Put files in the place of images, all in one transaction.

    Args:
        path: The GeoPackage.
        blobs: Where its images are.
        images: The new content by key.

    Raises:
        sqlite3.Error: The file is locked or read-only; it is unchanged then.
    """
    changed = [quoted(blobs.column) + " = ?", *([quoted(blobs.types) + " = ?"] if blobs.types else [])]
    sql = f"UPDATE {quoted(blobs.table)} SET {', '.join(changed)} WHERE {quoted(blobs.key)} = ?"  # nosec B608 # names are quoted
    with opened_database(path, write=True) as database:
        for key, file in images.items():
            kind = ["image/png" if file.suffix == ".png" else "image/tiff"] if blobs.types else []
            database.execute(sql, (file.read_bytes(), *kind, key))


@contextlib.contextmanager
def opened_database(path: Path, *, write: bool) -> Iterator[sqlite3.Connection]:
    """Open a GeoPackage; what is written in the block is one transaction, undone when the block fails."""
    mode = "rw" if write else "ro"
    place = f"file:{path.absolute().as_posix()}?mode={mode}"
    with contextlib.closing(sqlite3.connect(place, uri=True, timeout=_WAIT_SECONDS, isolation_level=None)) as database:
        if not write:
            yield database
            return
        for name in _TRIGGER_FUNCTIONS:
            database.create_function(name, 1, lambda geometry: None)
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
            database.execute("COMMIT")
        except BaseException:
            database.execute("ROLLBACK")
            raise


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _columns(database: sqlite3.Connection, table: str) -> dict[str, str]:
    """Return the declared types of a table's columns, in capitals, by name."""
    return {str(row[1]): str(row[2]).upper() for row in database.execute(f"PRAGMA table_info({quoted(table)})")}


def _primary(database: sqlite3.Connection, table: str) -> str:
    """Return the primary key of a table, empty without one."""
    rows = database.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
    return next((str(row[1]) for row in rows if row[5]), "")


def _tables(database: sqlite3.Connection, layer: str) -> list[str]:
    """Return the tables of users beside a layer."""
    rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    names = [str(row[0]) for row in rows]
    return [name for name in names if not name.lower().startswith(_FOREIGN) and name.lower() != layer.lower()]


def _blob_column(database: sqlite3.Connection, table: str) -> str:
    """Return the first column of blobs of a table that is no geometry, empty without one."""
    sql = "SELECT column_name FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)"
    geometry = {str(row[0]) for row in database.execute(sql, (table,))}
    columns = _columns(database, table).items()
    return next((name for name, kind in columns if kind.startswith("BLOB") and name not in geometry), "")


def _made(database: sqlite3.Connection, table: str, pairs: str) -> BlobTable | None:
    """Return a table of images; None when it has no blobs or no key."""
    column, key = _blob_column(database, table), _primary(database, table)
    if not column or not key:
        return None
    lower = {name.lower(): name for name in _columns(database, table)}
    names = next((lower[name] for name in _NAME_COLUMNS if name in lower), "")
    types = next((lower[name] for name in _TYPE_COLUMNS if name in lower), "")
    return BlobTable(table, key, column, names, types, pairs)


def _by_extension(database: sqlite3.Connection, layer: str, key: str) -> BlobTable | None:
    """Return the table that the related tables extension names."""
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'gpkgext_relations'").fetchone():
        return None
    sql = (
        "SELECT related_table_name, related_primary_column, mapping_table_name, base_primary_column "
        "FROM gpkgext_relations WHERE lower(base_table_name) = lower(?)"
    )
    for table, related_key, mapping, base_key in database.execute(sql, (layer,)).fetchall():
        pairs = (
            f"SELECT l.{quoted(key)} AS feature, r.{quoted(_primary(database, table))} AS image "  # nosec B608 # names are quoted
            f"FROM {quoted(mapping)} AS m JOIN {quoted(layer)} AS l ON l.{quoted(base_key)} = m.base_id "
            f"JOIN {quoted(table)} AS r ON r.{quoted(related_key)} = m.related_id"
        )
        found = _made(database, table, pairs)
        if found is not None:
            return found
    return None


def _by_foreign_key(database: sqlite3.Connection, layer: str, key: str) -> BlobTable | None:
    """Return the first table with blobs and a foreign key to the layer."""
    for table in _tables(database, layer):
        for row in database.execute(f"PRAGMA foreign_key_list({quoted(table)})").fetchall():
            found = _linked(database, layer, key, table, str(row[3]), str(row[4] or key))
            if str(row[2]).lower() == layer.lower() and found is not None:
                return found
    return None


def _by_column_name(database: sqlite3.Connection, layer: str, key: str) -> BlobTable | None:
    """Return the first table with blobs and a column that by its name holds the layer's numbers."""
    named = (*_KEY_COLUMNS, f"{layer}_id".lower(), f"{layer}_fid".lower())
    base = {name.lower(): name for name in _columns(database, layer)}
    for table in _tables(database, layer):
        columns = {name.lower(): name for name in _columns(database, table)}
        by_number = next((columns[name] for name in named if name in columns), "")
        found = _linked(database, layer, key, table, by_number, key) if by_number else None
        if found is None and "rel_globalid" in columns and "globalid" in base:
            found = _linked(database, layer, key, table, columns["rel_globalid"], base["globalid"])
        if found is not None:
            return found
    return None


def _linked(database: sqlite3.Connection, layer: str, key: str, table: str, column: str, base: str) -> BlobTable | None:
    """Return a table whose column holds the values of a column of the layer; None when it has no blobs."""
    primary = _primary(database, table)
    pairs = (
        f"SELECT l.{quoted(key)} AS feature, r.{quoted(primary)} AS image FROM {quoted(table)} AS r "  # nosec B608 # names are quoted
        f"JOIN {quoted(layer)} AS l ON l.{quoted(base)} = r.{quoted(column)}"
    )
    return _made(database, table, pairs)


def _in_layer(database: sqlite3.Connection, layer: str, key: str) -> BlobTable | None:
    """Return the layer itself where it has a column of blobs."""
    column = _blob_column(database, layer)
    pairs = f"SELECT {quoted(key)} AS feature, {quoted(key)} AS image FROM {quoted(layer)}"  # nosec B608 # names are quoted
    return _made(database, layer, f"{pairs} WHERE {quoted(column)} IS NOT NULL") if column else None
