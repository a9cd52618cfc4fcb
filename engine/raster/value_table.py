"""The attribute table of a class raster: as PAM (``.aux.xml``) for GDAL, and as ``.vat.dbf`` for Esri."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape  # nosec B406 # escapes, parses nothing

from ..classes import ClassInfo
from .vrt import category_names

COLUMNS = (("Value", 0, 5), ("Class", 2, 2), ("Red", 0, 6), ("Green", 0, 7), ("Blue", 0, 8))
"""Name, GDAL's type (0 whole number, 2 text) and GDAL's usage of each column."""

_WIDTHS = {"Value": 10, "Red": 3, "Green": 3, "Blue": 3}
_LONGEST = 254
_NO_DAY = b"\x5f\x07\x1a"
"""The day in the head of a table; always the same, so that equal results are equal files."""


def write_tables(raster: Path, classes: Sequence[ClassInfo]) -> list[Path]:
    """Write both tables beside a raster and return their paths.

    Args:
        raster: The raster's path; the tables take its name with further suffixes.
        classes: Classes with their colours, in ascending order of value.
    """
    pam, table, encoding = (Path(f"{raster}{suffix}") for suffix in (".aux.xml", ".vat.dbf", ".vat.cpg"))
    pam.write_text(_pam_text(classes), encoding="utf-8")
    table.write_bytes(_dbf(classes))
    encoding.write_text("UTF-8", encoding="ascii")
    return [pam, table, encoding]


def _cells(entry: ClassInfo) -> tuple[str, ...]:
    """Return the row of a class as texts."""
    return str(entry.value), entry.name, *map(str, entry.color)


def _pam_text(classes: Sequence[ClassInfo]) -> str:
    """Return the table as GDAL's XML, with the names as categories too."""
    lines = ["<PAMDataset>", '  <PAMRasterBand band="1">', *category_names(classes)]
    lines.append('    <GDALRasterAttributeTable tableType="thematic">')
    for index, (name, kind, usage) in enumerate(COLUMNS):
        lines.append(
            f'      <FieldDefn index="{index}"><Name>{name}</Name><Type>{kind}</Type><Usage>{usage}</Usage></FieldDefn>'
        )
    for index, entry in enumerate(classes):
        cells = "".join(f"<F>{escape(cell)}</F>" for cell in _cells(entry))
        lines.append(f'      <Row index="{index}">{cells}</Row>')
    return "\n".join([*lines, "    </GDALRasterAttributeTable>", "  </PAMRasterBand>", "</PAMDataset>", ""])


def _dbf(classes: Sequence[ClassInfo]) -> bytes:
    """Return the table as dBase III, texts in UTF-8."""
    names = [_fitted(entry.name) for entry in classes]
    widths = {**_WIDTHS, "Class": max([1, *map(len, names)])}
    head, record = 32 + 32 * len(COLUMNS) + 1, 1 + sum(widths[name] for name, _, _ in COLUMNS)
    content = bytearray(struct.pack("<B3sIHH20x", 3, _NO_DAY, len(classes), head, record))
    for column, kind, _ in COLUMNS:
        content += struct.pack("<11sc4xBB14x", column.encode(), b"C" if kind == 2 else b"N", widths[column], 0)
    content += b"\r"
    for entry, name in zip(classes, names, strict=True):
        numbers = iter((entry.value, *entry.color))
        content += b" "
        for column, kind, _ in COLUMNS:
            width = widths[column]
            content += name.ljust(width) if kind == 2 else str(next(numbers)).rjust(width).encode()
    return bytes(content + b"\x1a")


def _fitted(name: str) -> bytes:
    """Return a name in UTF-8, cut where the format ends and never inside a letter."""
    return name.encode()[:_LONGEST].decode(errors="ignore").encode()
