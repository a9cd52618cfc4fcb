"""``chips.csv``: where each chip of an exported folder comes from, and the pixels of each class in its label raster."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import SampleFolderError

_CHIP_COLUMNS = ("chip", "source", "rotation", "left", "bottom", "right", "top")


@dataclass(frozen=True)
class ChipRow:
    """Where one chip comes from.

    Attributes:
        chip: Stem of its file names.
        source: The raster.
        rotation: Degrees by which it is turned.
        bounds: Left, bottom, right, top in the raster's map units.
        pixels: Value and count of the pixels of its label raster, None where labels are no rasters.
        folder: Sub-folder of ``images`` that holds it, empty where chips lie in ``images`` itself.
        labels: Its label files, relative to the exported folder with ``/``; None for the one file of its name.
    """

    chip: str
    source: str
    rotation: float
    bounds: tuple[float, float, float, float]
    pixels: tuple[tuple[int, int], ...] | None = None
    folder: str = ""
    labels: tuple[str, ...] | None = None


def read_chip_rows(path: Path) -> list[ChipRow]:
    """Return the rows of ``chips.csv``.

    Raises:
        SampleFolderError: A row is broken.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return [
                ChipRow(
                    row["chip"],
                    row["source"],
                    float(row["rotation"]),
                    (float(row["left"]), float(row["bottom"]), float(row["right"]), float(row["top"])),
                    _pixels(row.get("pixels")),
                    row.get("folder") or "",
                    _labels(row.get("labels")),
                )
                for row in csv.DictReader(stream)
            ]
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise SampleFolderError(f"{path} is damaged ({error}): remove the file or export the folder again") from error


def _pixels(text: str | None) -> tuple[tuple[int, int], ...] | None:
    """Return value and count of the pixels of a label as ``chips.csv`` has them, None without."""
    if not text:
        return None
    parts = (part.partition(":") for part in text.split())
    return tuple((int(value), int(count)) for value, _, count in parts)


def _labels(text: str | None) -> tuple[str, ...] | None:
    """Return the label files of a chip as ``chips.csv`` has them, None without."""
    return None if text is None else tuple(part for part in text.split("|") if part)


def chips_text(rows: Sequence[ChipRow]) -> str:
    """Return the content of ``chips.csv``; columns that say nothing are left out."""
    masks = any(row.pixels is not None for row in rows)
    folders = any(row.folder for row in rows)
    files = any(row.labels is not None for row in rows)
    columns = (*_CHIP_COLUMNS, *("pixels",) * masks, *("folder",) * folders, *("labels",) * files)
    lines = [",".join(columns)]
    for row in rows:
        cells = [row.chip, _quoted(row.source), f"{row.rotation:g}", *map(repr, map(float, row.bounds))]
        if masks:
            cells.append(" ".join(f"{value}:{count}" for value, count in row.pixels or ()))
        if folders:
            cells.append(_quoted(row.folder))
        if files:
            cells.append(_quoted("|".join(row.labels or ())))
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Return a cell that may hold anything but line ends."""
    return '"' + text.replace('"', '""') + '"'
