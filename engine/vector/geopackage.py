"""Copying one layer between GeoPackages, in one transaction of the target.

A GeoPackage may be open in QGIS while a run writes to it, and holds other layers: it is never replaced as a file.
"""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from ..errors import OutputError

_WAIT_SECONDS = 10.0
_BY_TABLE = (
    "gpkg_geometry_columns",
    "gpkg_ogr_contents",
    "gpkg_data_columns",
    "gpkg_metadata_reference",
    "gpkg_extensions",
)
"""Tables in which a layer has rows under ``table_name``, beside ``gpkg_contents``."""


def copy_layer(source: Path, target: Path, layer: str) -> None:
    """Copy the only layer of a fresh GeoPackage into another one; a layer of that name is replaced, others are kept.

    Args:
        source: GeoPackage with the layer, written by GDAL.
        target: Existing GeoPackage.
        layer: Name of the layer.

    Raises:
        OutputError: The name belongs to a raster of the target.
        sqlite3.Error: The target is locked, read-only or no GeoPackage; it is unchanged then.
    """
    with contextlib.closing(sqlite3.connect(target, timeout=_WAIT_SECONDS, isolation_level=None)) as database:
        database.execute("ATTACH DATABASE ? AS fresh", (str(source),))
        database.execute("BEGIN IMMEDIATE")
        try:
            _drop(database, layer)
            srs = _reference_system(database, layer)
            _copy_tables(database, layer)
            _register(database, layer, srs)
            database.execute("COMMIT")
        except BaseException:
            database.execute("ROLLBACK")
            raise


def layers_of(path: Path) -> list[str]:
    """Return the layers and tables that a GeoPackage declares.

    Raises:
        sqlite3.Error: It is no GeoPackage.
    """
    with contextlib.closing(
        sqlite3.connect(f"file:{path.as_posix()}?mode=ro", uri=True, timeout=_WAIT_SECONDS)
    ) as database:
        return [str(row[0]) for row in database.execute("SELECT table_name FROM gpkg_contents")]


def _quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def _tables(database: sqlite3.Connection, schema: str) -> dict[str, str]:
    """Return the tables of a database by their lower-case name."""
    rows = database.execute(f"SELECT name FROM {schema}.sqlite_master WHERE type IN ('table', 'view')")  # nosec B608 # names are quoted
    return {str(row[0]).lower(): str(row[0]) for row in rows}


def _drop(database: sqlite3.Connection, layer: str) -> None:
    """Remove a layer of that name, in any case, with its index and its rows in the catalogue."""
    tables = _tables(database, "main")
    if "gpkg_contents" not in tables:
        raise sqlite3.DatabaseError("not a GeoPackage")
    held = database.execute(
        "SELECT data_type FROM gpkg_contents WHERE lower(table_name) = lower(?)", (layer,)
    ).fetchone()
    if held is not None and held[0] not in ("features", "attributes"):
        raise OutputError(f"{layer} is a raster in this GeoPackage: choose another layer name or file")
    index = f"rtree_{layer.lower()}_"
    for name in [name for low, name in tables.items() if low == layer.lower()]:
        columns = [
            str(row[0])
            for row in database.execute(
                "SELECT column_name FROM gpkg_geometry_columns WHERE lower(table_name) = lower(?)", (layer,)
            )
        ]
        for column in columns:
            if (rtree := tables.get(index + column.lower())) is not None:
                database.execute(f"DROP TABLE {_quoted(rtree)}")
        kind = database.execute("SELECT type FROM sqlite_master WHERE name = ?", (name,)).fetchone()[0]
        database.execute(f"DROP {kind} {_quoted(name)}")
    for name in (*_BY_TABLE, "gpkg_contents"):
        if name in tables:
            database.execute(f"DELETE FROM {tables[name]} WHERE lower(table_name) = lower(?)", (layer,))  # nosec B608 # names are quoted
    if "layer_styles" in tables:
        database.execute("DELETE FROM layer_styles WHERE lower(f_table_name) = lower(?)", (layer,))


def _reference_system(database: sqlite3.Connection, layer: str) -> tuple[int, int]:
    """Make sure that the target knows the layer's CRS; return its number in the source and in the target."""
    row = database.execute("SELECT srs_id FROM fresh.gpkg_contents WHERE table_name = ?", (layer,)).fetchone()
    old = int(row[0]) if row[0] is not None else 0
    system = database.execute(
        "SELECT srs_name, organization, organization_coordsys_id, definition, description "
        "FROM fresh.gpkg_spatial_ref_sys WHERE srs_id = ?",
        (old,),
    ).fetchone()
    known = database.execute(
        "SELECT srs_id FROM gpkg_spatial_ref_sys WHERE (lower(organization) = lower(?) AND organization_coordsys_id = ?"
        " AND lower(organization) <> 'none') OR definition = ? ORDER BY srs_id = ? DESC",
        (system[1], system[2], system[3], old),
    ).fetchone()
    if known is not None:
        return old, int(known[0])
    taken = {int(row[0]) for row in database.execute("SELECT srs_id FROM gpkg_spatial_ref_sys")}
    new = old if old not in taken else max(100_000, *taken) + 1
    database.execute(
        "INSERT INTO gpkg_spatial_ref_sys (srs_name, srs_id, organization, organization_coordsys_id, "
        "definition, description)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (system[0], new, system[1], system[2], system[3], system[4]),
    )
    return old, new


def _copy_tables(database: sqlite3.Connection, layer: str) -> None:
    """Copy the layer's table and its spatial index; triggers last, so that they do not fire on the copy."""
    statements = {
        (str(kind), str(name)): str(text)
        for kind, name, text in database.execute(
            "SELECT type, name, sql FROM fresh.sqlite_master WHERE sql IS NOT NULL AND (tbl_name = ? OR name "
            "LIKE ? ESCAPE '\\')",
            (layer, "rtree\\_" + layer.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%") + "\\_%"),
        )
    }
    for (kind, name), text in statements.items():
        shadow = name.startswith("rtree_") and not text.upper().startswith("CREATE VIRTUAL")
        if kind == "table" and not shadow:
            database.execute(text)
            database.execute(f"INSERT INTO main.{_quoted(name)} SELECT * FROM fresh.{_quoted(name)}")  # nosec B608 # names are quoted
    for (kind, _), text in statements.items():
        if kind in ("index", "trigger"):
            database.execute(text)


def _register(database: sqlite3.Connection, layer: str, srs: tuple[int, int]) -> None:
    """Enter the layer in the target's catalogue, and its geometries under the target's number of their CRS."""
    tables, fresh = _tables(database, "main"), _tables(database, "fresh")
    for name in ("gpkg_contents", *_BY_TABLE):
        if name not in fresh:
            continue
        if name not in tables:
            text = database.execute("SELECT sql FROM fresh.sqlite_master WHERE name = ?", (fresh[name],)).fetchone()[0]
            database.execute(text)
        columns = ", ".join(
            _quoted(str(row[1])) for row in database.execute(f"PRAGMA fresh.table_info({_quoted(fresh[name])})")
        )
        database.execute(
            f"INSERT INTO main.{name} ({columns}) SELECT {columns} FROM fresh.{name} WHERE lower(table_name) = "  # nosec B608 # names are quoted
            f"lower(?)",
            (layer,),
        )
    old, new = srs
    if old == new:
        return
    database.execute("UPDATE gpkg_contents SET srs_id = ? WHERE table_name = ?", (new, layer))
    row = database.execute("SELECT column_name FROM gpkg_geometry_columns WHERE table_name = ?", (layer,)).fetchone()
    if row is None:
        return
    database.execute("UPDATE gpkg_geometry_columns SET srs_id = ? WHERE table_name = ?", (new, layer))
    column = _quoted(str(row[0]))
    triggers = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (layer,)
    ).fetchall()
    for name, _ in triggers:
        database.execute(f"DROP TRIGGER {_quoted(name)}")
    database.execute(
        f"UPDATE {_quoted(layer)} SET {column} = CAST(substr({column}, 1, 4) || ? || substr({column}, 9) AS BLOB)"  # nosec B608 # names are quoted
        f" WHERE {column} IS NOT NULL",
        (new.to_bytes(4, "little", signed=True),),
    )
    for _, text in triggers:
        database.execute(text)


def append_rows(source: Path, target: Path, layer: str) -> None:
    """Add the rows of the only layer of a fresh GeoPackage to a layer of the same name, in one transaction.

    Rows get new numbers behind those that are there; columns that only the target has stay empty. The spatial index is
    filled from the fresh one, because its triggers need functions that SQLite alone has not.

    Args:
        source: GeoPackage with the rows, written by GDAL.
        target: GeoPackage with the layer.
        layer: Name of the layer in both; every column of the source is in the target.

    Raises:
        sqlite3.Error: The target is locked, read-only, or refuses a row; it is unchanged then.
    """
    with contextlib.closing(sqlite3.connect(target, timeout=_WAIT_SECONDS, isolation_level=None)) as database:
        database.execute("ATTACH DATABASE ? AS fresh", (str(source),))
        database.execute("BEGIN IMMEDIATE")
        try:
            triggers = _without_index_triggers(database, layer)
            _insert_rows(database, layer)
            for text in triggers:
                database.execute(text)
            _widen(database, layer)
            database.execute("COMMIT")
        except BaseException:
            database.execute("ROLLBACK")
            raise


def _without_index_triggers(database: sqlite3.Connection, layer: str) -> list[str]:
    """Drop the triggers of a layer's spatial index and return what makes them again."""
    found = [
        (str(name), str(text))
        for name, table, text in database.execute(
            "SELECT name, tbl_name, sql FROM main.sqlite_master WHERE type = 'trigger'"
        )
        if str(table).lower() == layer.lower() and str(name).lower().startswith(f"rtree_{layer.lower()}_")
    ]
    for name, _ in found:
        database.execute(f"DROP TRIGGER {_quoted(name)}")
    return [text for _, text in found]


def _insert_rows(database: sqlite3.Connection, layer: str) -> None:
    """Copy rows, geometries under the target's number of their CRS, and the entries of the spatial index."""
    key, shape = _key_and_geometry(database, "main", layer)
    fresh_key, fresh_shape = _key_and_geometry(database, "fresh", layer)
    columns = [str(row[1]) for row in database.execute(f"PRAGMA fresh.table_info({_quoted(layer)})")]
    names = [name for name in columns if name not in (fresh_key, fresh_shape)]
    into, taken = [_quoted(key), *map(_quoted, names)], [f"{_quoted(fresh_key)} + :offset", *map(_quoted, names)]
    offset = int(database.execute(f"SELECT coalesce(max({_quoted(key)}), 0) FROM main.{_quoted(layer)}").fetchone()[0])  # nosec B608 # names are quoted
    given: dict[str, object] = {"offset": offset}
    if shape is not None and fresh_shape is not None:
        row = database.execute(
            "SELECT srs_id FROM main.gpkg_geometry_columns WHERE lower(table_name) = lower(?)", (layer,)
        )
        given["srs"] = int(row.fetchone()[0]).to_bytes(4, "little", signed=True)
        column = _quoted(fresh_shape)
        into.append(_quoted(shape))
        taken.append(f"CASE WHEN {column} IS NULL THEN NULL ELSE "
                     f"CAST(substr({column}, 1, 4) || :srs || substr({column}, 9) AS BLOB) END")  # fmt: skip
    database.execute(
        f"INSERT INTO main.{_quoted(layer)} ({', '.join(into)}) SELECT {', '.join(taken)} FROM fresh.{_quoted(layer)} "  # nosec B608 # names are quoted
        f"ORDER BY {_quoted(fresh_key)}",
        given,
    )
    own, other = f"rtree_{layer}_{shape}".lower(), f"rtree_{layer}_{fresh_shape}".lower()
    index, fresh_index = _tables(database, "main").get(own), _tables(database, "fresh").get(other)
    if index is not None and fresh_index is not None:
        database.execute(
            f"INSERT INTO main.{_quoted(index)} SELECT id + :offset, minx, maxx, miny, maxy "  # nosec B608 # names are quoted
            f"FROM fresh.{_quoted(fresh_index)}",
            given,
        )


def _key_and_geometry(database: sqlite3.Connection, schema: str, layer: str) -> tuple[str, str | None]:
    """Return the key column of a layer and its geometry column, None for a table."""
    rows = list(database.execute(f"PRAGMA {schema}.table_info({_quoted(layer)})"))
    key = next((str(row[1]) for row in rows if row[5]), "rowid")
    tables = _tables(database, schema)
    if "gpkg_geometry_columns" not in tables:
        return key, None
    found = database.execute(
        f"SELECT column_name FROM {schema}.gpkg_geometry_columns WHERE lower(table_name) = lower(?)",  # nosec B608 # names are quoted
        (layer,),
    ).fetchone()
    return key, None if found is None else str(found[0])


def _widen(database: sqlite3.Connection, layer: str) -> None:
    """Enter the new extent and the time of the change in the catalogue."""
    sides = [("min_x", "min"), ("min_y", "min"), ("max_x", "max"), ("max_y", "max")]
    added = database.execute(
        "SELECT min_x, min_y, max_x, max_y FROM fresh.gpkg_contents WHERE lower(table_name) = lower(?)", (layer,)
    ).fetchone()
    changes = [f"{side} = coalesce({how}({side}, :{side}), {side}, :{side})" for side, how in sides]
    given = {side: value for (side, _), value in zip(sides, added or (None,) * 4, strict=True)}
    database.execute(
        f"UPDATE main.gpkg_contents SET {', '.join(changes)}, last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') "  # nosec B608 # names are quoted
        "WHERE lower(table_name) = lower(:layer)",
        {**given, "layer": layer},
    )
