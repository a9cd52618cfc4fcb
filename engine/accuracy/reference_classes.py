"""The classes of reference features: their values where they are those of the map, their names where it has these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..classes import ClassInfo
from ..errors import FeatureError
from ..job import Job
from ..raster.class_raster import ClassRaster
from ..raster.class_tables import LARGEST_VALUE
from ..tools.values import FeatureSource
from ..vector.classes import NO_CLASS, label_classes
from ..vector.reading import FeatureTable

CLASS_FIELDS = ("GrndTruth", "Classvalue", "Value", "Class", "Classname")
"""Fields that hold the class when none is named, in this order, in any case; the first is ArcGIS's for such points."""

NOT_INTERPRETED = -1
"""What ArcGIS writes as ground truth of a point that nobody has looked at yet."""


@dataclass(frozen=True)
class NamedMap:
    """The map that is judged.

    Attributes:
        raster: The class raster.
        names: What it calls its values, 0 included.
    """

    raster: ClassRaster
    names: dict[int, ClassInfo]


@dataclass(frozen=True)
class Labelled:
    """Features whose class is known.

    Attributes:
        table: The features.
        values: (n,) int32 class values of the map.
        classes: The classes, with the layer's names.
        skipped: Words and numbers of features that were left out.
    """

    table: FeatureTable
    values: NDArray[np.int32]
    classes: tuple[ClassInfo, ...]
    skipped: tuple[tuple[str, int], ...]


def labelled(table: FeatureTable, source: FeatureSource, column: str, judged: NamedMap, job: Job) -> Labelled:
    """Return the features that have a class.

    Args:
        table: Reference features.
        source: Where they come from.
        column: Field with the class: whole numbers are values, texts are names or digits.
        judged: The map, whose names texts are matched to.
        job: Told which names the map lacks.

    Raises:
        FeatureError: The field is absent or unfit, empty everywhere, or none of its names is one of the map.
    """
    table, skipped = _interpreted(table, column)
    values, classes = label_classes(table, source, column, job)
    known = values != NO_CLASS
    if not known.all():
        skipped.append((f"features without a value in {column}", int((~known).sum())))
        table, values = table.take(known), values[known]
    if table.fields[column].dtype.kind == "O":
        classes, values = _by_name(table.name, column, classes, values, judged, job)
    if int(values.max(initial=0)) > LARGEST_VALUE:
        raise FeatureError(
            f"the field {column} of {table.name} holds {int(values.max())} and class values are 0 to {LARGEST_VALUE}: "
            "choose another field"
        )
    return Labelled(table, values.astype(np.int32), classes, tuple(skipped))


def class_column(table: FeatureTable, field: str, job: Job) -> str | None:
    """Return the field that holds the class: the named one, else the first of `CLASS_FIELDS`, else None."""
    if field:
        return table.find_field(field) or field
    for name in CLASS_FIELDS:
        column = table.find_field(name)
        if column is not None:
            job.message(f"{table.name}: the class is taken from the field {column}")
            return column
    return None


def _interpreted(table: FeatureTable, column: str) -> tuple[FeatureTable, list[tuple[str, int]]]:
    """Return the features that were interpreted, and words and number of the others."""
    found = table.find_field(column)
    if found is None or found.casefold() != CLASS_FIELDS[0].casefold() or table.fields[found].dtype.kind not in "iuf":
        return table, []
    waiting = table.fields[found] == NOT_INTERPRETED
    if waiting.any() and waiting.all():
        raise FeatureError(
            f"the field {found} of {table.name} is {NOT_INTERPRETED} everywhere, which stands for points that nobody "
            "has interpreted: fill it in first"
        )
    words = f"points whose {found} is {NOT_INTERPRETED}, not interpreted yet"
    return (table.take(~waiting), [(words, int(waiting.sum()))]) if waiting.any() else (table, [])


def _by_name(
    layer: str,
    column: str,
    classes: tuple[ClassInfo, ...],
    values: NDArray[np.int64],
    judged: NamedMap,
    job: Job,
) -> tuple[tuple[ClassInfo, ...], NDArray[np.int64]]:
    """Return classes and values with the map's numbers for the names of the layer."""
    names, source = tuple(judged.names.values()), judged.raster.source
    numbers = {plain_name(entry.name): entry.value for entry in reversed(names)}
    found = {entry.value: numbers.get(plain_name(entry.name), _digits(entry.name)) for entry in classes}
    unknown = [entry for entry in classes if found[entry.value] is None]
    if len(unknown) == len(classes):
        theirs = _some(entry for entry in names if entry.value) or "it names none"
        raise FeatureError(
            f"no class name in the field {column} of {layer} ({_some(unknown)}) is one of {source.path} "
            f"({theirs}): choose a field with its names or values"
        )
    if unknown:
        job.warn(f"class names of {layer} that {source.path} has not: {_some(unknown)}")
    # values that the map cannot hold, or is least likely to
    first = 256 if source.dtype == "uint8" else LARGEST_VALUE + 1 - len(unknown)
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
