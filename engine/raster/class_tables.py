"""Names and colours of a class raster's values, from the tables that GIS software writes beside or into a raster.

Looked at in this order: the attribute table in the ``.aux.xml`` (or inside a ``.vrt``), the ``.vat.dbf``, GDAL's
category names, the colour table.
"""

from __future__ import annotations

import math
import os
import xml.etree.ElementTree as ElementTree  # nosec B405 # expat limits expansion
from collections.abc import Mapping, Sequence
from typing import Any

import pyogrio.raw
from pyogrio.errors import DataLayerError, DataSourceError

from ..classes import NO_COLOR, ClassInfo
from ..job import Job

LARGEST_XML = 16 * 2**20
"""Bytes of an ``.aux.xml`` beyond which it is not read: tables of classes are far smaller."""

LARGEST_VALUE = 65535
"""Largest class value; more does not fit the 16 bits of a label raster."""

_NAME_FIELDS = ("classname", "class_name", "class", "name", "category", "label", "landcover", "land_cover")
_USAGE_NAME, _USAGE_VALUE, _USAGE_COLORS = (2,), (5, 3), ((6,), (7,), (8,))


def class_table(dataset: Any, path: str, band: int, job: Job) -> dict[int, ClassInfo]:
    """Return what is known of the classes of an open raster by value; empty when no table names any.

    Args:
        dataset: The open raster.
        path: Its path, for the files beside it.
        band: 1-based band of the classes.
        job: Told when a table is damaged and left aside.
    """
    root = _pam(path, job)
    found = _from_attribute_table(root, band) or _from_dbf(path + ".vat.dbf", job) or _from_categories(root, band)
    colors = color_table(dataset, band)
    if not found:
        return {value: ClassInfo(value, str(value), color) for value, color in colors.items()}
    return {
        value: ClassInfo(value, entry.name, colors.get(value, NO_COLOR) if entry.color == NO_COLOR else entry.color)
        for value, entry in sorted(found.items())
    }


def color_table(dataset: Any, band: int) -> dict[int, tuple[int, int, int]]:
    """Return the colours of an open raster's values; black ones, as GDAL fills up with, are left out."""
    try:
        colors = dataset.colormap(band)
    except ValueError:
        return {}
    return {int(value): (int(r), int(g), int(b)) for value, (r, g, b, _) in sorted(colors.items()) if r or g or b}


def _pam(path: str, job: Job) -> ElementTree.Element | None:
    """Return the root of the XML that describes a raster, None without one that can be read."""
    file = path if path.lower().endswith(".vrt") else path + ".aux.xml"
    if not os.path.isfile(file):
        return None
    if os.path.getsize(file) > LARGEST_XML:
        job.warn(f"{file} is larger than {LARGEST_XML // 2**20} MB and is not read: class names may be missing")
        return None
    with open(file, "rb") as stream:
        content = stream.read()
    try:
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise ElementTree.ParseError("it declares entities")
        return ElementTree.fromstring(content)  # nosec B314 # expat limits expansion
    except ElementTree.ParseError as error:
        job.warn(f"{file} is no valid XML ({error}) and is not read: class names may be missing")
        return None


def _band_element(root: ElementTree.Element | None, band: int, tag: str) -> ElementTree.Element | None:
    """Return an element of a band in PAM or VRT."""
    if root is None:
        return None
    for entry in root:
        if entry.tag in ("PAMRasterBand", "VRTRasterBand") and entry.get("band", "1") == str(band):
            return entry.find(tag)
    return None


def _from_attribute_table(root: ElementTree.Element | None, band: int) -> dict[int, ClassInfo]:
    """Return the classes of a ``GDALRasterAttributeTable``."""
    table = _band_element(root, band, "GDALRasterAttributeTable")
    if table is None:
        return {}
    heads = table.findall("FieldDefn")
    names = [(head.findtext("Name") or "").strip() for head in heads]
    usages = [int(text) if (text := (head.findtext("Usage") or "").strip()).isdigit() else 0 for head in heads]
    rows = [[(cell.text or "").strip() for cell in row.findall("F")] for row in table.findall("Row")]
    rows = [row for row in rows if len(row) == len(heads)]
    return _classes(rows, _columns(names, usages))


def _from_dbf(path: str, job: Job) -> dict[int, ClassInfo]:
    """Return the classes of a value attribute table beside the raster."""
    if not os.path.isfile(path):
        return {}
    try:
        meta, _, _, columns = pyogrio.raw.read(path, read_geometry=False)
    except (DataSourceError, DataLayerError, UnicodeDecodeError, OverflowError, MemoryError) as error:
        job.warn(f"{path} cannot be read ({error}): class names may be missing")
        return {}
    names = [str(name) for name in meta["fields"]]
    rows = [["" if cell is None else str(cell).strip() for cell in row] for row in zip(*columns, strict=True)]
    return _classes(rows, _columns(names, [0] * len(names)))


def _from_categories(root: ElementTree.Element | None, band: int) -> dict[int, ClassInfo]:
    """Return the classes of GDAL's category names: the n-th name is that of value n."""
    names = _band_element(root, band, "CategoryNames")
    if names is None:
        return {}
    texts = [(entry.text or "").strip() for entry in names.findall("Category")]
    return {value: ClassInfo(value, text) for value, text in enumerate(texts[: LARGEST_VALUE + 1]) if text}


def _columns(names: Sequence[str], usages: Sequence[int]) -> dict[str, int]:
    """Return which column holds value, name, red, green and blue, by what it declares, else by its own name."""
    lower = [name.casefold() for name in names]
    found: dict[str, int] = {}
    wanted: tuple[tuple[str, tuple[int, ...], tuple[str, ...]], ...] = (
        ("value", _USAGE_VALUE, ("value", "classvalue")),
        ("name", _USAGE_NAME, _NAME_FIELDS),
        *((color, usage, (color,)) for color, usage in zip(("red", "green", "blue"), _USAGE_COLORS, strict=True)),
    )
    for key, declared, texts in wanted:
        places = [usages.index(usage) for usage in declared if usage in usages]
        places += [lower.index(text) for text in texts if text in lower]
        if places:
            found[key] = places[0]
    return found


def _classes(rows: Sequence[Sequence[str]], columns: Mapping[str, int]) -> dict[int, ClassInfo]:
    """Return the classes that the rows of a table name; rows without a whole value from 0 to 65535 are passed over."""
    if "value" not in columns:
        return {}
    found: dict[int, ClassInfo] = {}
    colored = all(color in columns for color in ("red", "green", "blue"))
    scale = _color_scale(rows, columns) if colored else 1.0
    for row in rows:
        number = _number(row[columns["value"]])
        if number is None or number != int(number) or not 0 <= number <= LARGEST_VALUE:
            continue
        value = int(number)
        name = row[columns["name"]] if "name" in columns else ""
        color = _color([row[columns[key]] for key in ("red", "green", "blue")], scale) if colored else NO_COLOR
        found.setdefault(value, ClassInfo(value, name or str(value), color))
    return found


def _color_scale(rows: Sequence[Sequence[str]], columns: Mapping[str, int]) -> float:
    """Return 255 for a table whose colours run from 0 to 1, else 1."""
    texts = [row[columns[key]] for row in rows for key in ("red", "green", "blue")]
    numbers = [number for text in texts if (number := _number(text)) is not None]
    return 255.0 if any(number != int(number) for number in numbers) and max(numbers) <= 1.0 else 1.0


def _color(texts: Sequence[str], scale: float) -> tuple[int, int, int]:
    """Return a colour, ``NO_COLOR`` when it is none."""
    parts = [round(number * scale) for text in texts if (number := _number(text)) is not None]
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 and all(0 <= part <= 255 for part in parts) else NO_COLOR


def _number(text: str) -> float | None:
    """Return a finite number, None for anything else."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
