"""Which class a labelled feature is of: value, name and colour, from whatever the layer offers.

The value is an integer field; or a text field, whose sorted texts get 1..n; or, with neither, 1 for all. Values are
never renumbered.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from ..classes import NO_COLOR, ClassInfo
from ..errors import FeatureError
from ..job import Job
from ..tools.values import FeatureSource
from .reading import FeatureTable

NO_CLASS = int(np.iinfo(np.int64).min)
"""Stands for a null class value; such features take no part."""

VALUE_FIELDS = ("classvalue", "value")
"""Integer fields that hold the class value when none is named, in any case."""

NAME_FIELD = "classname"
"""Text field that holds the class name, in any case."""

_TELLING = ("name", "label", "class", "type", "species", "category")
"""What a text field that names classes is likely to have in its own name."""

FEW_ODD = 0.2
"""Share of the features that may disagree for a text field to be spoken of as a failed name field."""


def label_classes(
    table: FeatureTable, source: FeatureSource, field: str, job: Job
) -> tuple[np.ndarray, tuple[ClassInfo, ...]]:
    """Return the class of each feature and the classes that occur.

    Args:
        table: The labels.
        source: Where they come from; gives the layer's name and legend.
        field: Class value field, whole numbers or texts; empty looks for ``Value`` or ``Classvalue``, else there is
            one class.
        job: Told which field was taken, and how many features have no class.

    Returns:
        (n,) int64 class values, ``NO_CLASS`` where the field is null; the classes in ascending order of their
        values, with ``NO_COLOR`` where no colour is known.

    Raises:
        FeatureError: The field is absent, holds decimals, dates or negative numbers, or is null everywhere.
    """
    column = _value_column(table, field, job)
    if column is None:
        return np.ones(len(table), np.int64), _with_legend((ClassInfo(1, source.name or table.name),), source)
    if _kind(table, column) == "text":
        values, names = _numbered_texts(table.fields[column])
    else:
        values, names = _whole_numbers(table, column), {}
    present = values != NO_CLASS
    if len(table) and not present.any():
        raise FeatureError(f"the field {column} of {table.name} is null everywhere: fill it or choose another field")
    if skipped := int(len(table) - present.sum()):
        job.warn(f"{table.name}: {skipped} of {len(table)} features have no value in {column} and are skipped")
    found = [int(value) for value in np.unique(values[present])]
    legend_names = {key: label for key, label, _ in source.legend if label}
    names = names or _names(table, column, values, job) or {value: legend_names.get(str(value), "") for value in found}
    classes = tuple(ClassInfo(value, names.get(value) or str(value)) for value in found)
    return values, _with_legend(classes, source)


def _value_column(table: FeatureTable, field: str, job: Job) -> str | None:
    """Return the column that holds the class value, None when all features are of one class."""
    if field:
        column = table.find_field(field)
        if column is None:
            known = ", ".join(table.fields) or "no field at all"
            raise FeatureError(f"{table.name} has no field {field}: choose one of {known}")
        kind = _kind(table, column)
        if kind == "decimal":
            raise FeatureError(
                f"the field {column} of {table.name} holds decimal numbers and a class value is a whole number "
                f"or a text: "
                "choose another field, or make an integer field from it"
            )
        if kind not in ("whole", "text"):
            raise FeatureError(
                f"the field {column} of {table.name} holds {kind}: choose a field of whole numbers or texts"
            )
        return column
    for name in VALUE_FIELDS:
        column = table.find_field(name)
        if column is not None and _kind(table, column) == "whole":
            job.message(f"{table.name}: the class value is taken from the field {column}")
            return column
    job.message(f"{table.name}: no class field, all features are of one class")
    return None


def _kind(table: FeatureTable, column: str) -> str:
    """Return what a column declares to hold: "whole", "decimal", "text", or a word for anything else."""
    values = table.fields[column]
    declared = np.dtype(table.types.get(column, values.dtype))
    if declared.kind in "iub":
        return "whole"
    if declared.kind == "f":
        return "decimal"
    if declared.kind in "OUS":
        texts = all(value is None or isinstance(value, str) or _is_nan(value) for value in values)
        return "text" if texts else "binary data"
    return "dates"


def _whole_numbers(table: FeatureTable, column: str) -> np.ndarray:
    """Return an integer column with ``NO_CLASS`` for null."""
    values = table.fields[column]
    if values.dtype.kind == "f":
        present = ~np.isnan(values)
        numbers = np.full(len(values), NO_CLASS, np.int64)
        numbers[present] = np.round(values[present]).astype(np.int64)
    else:
        numbers = values.astype(np.int64)
    negative = (numbers < 0) & (numbers != NO_CLASS)
    if negative.any():
        raise FeatureError(
            f"the field {column} of {table.name} holds {numbers[negative][0]} and class values are 0 or more: "
            "change it or choose another field"
        )
    return numbers


def _numbered_texts(texts: np.ndarray) -> tuple[np.ndarray, dict[int, str]]:
    """Return 1..n for the sorted texts, and the text of each; empty texts count as null."""
    clean = [value.strip() if isinstance(value, str) else "" for value in texts]
    order = {text: number for number, text in enumerate(sorted({text for text in clean if text}), 1)}
    values = np.array([order.get(text, NO_CLASS) for text in clean], np.int64)
    return values, {number: text for text, number in order.items()}


def _names(table: FeatureTable, value_column: str, values: np.ndarray, job: Job) -> dict[int, str]:
    """Return names by value from the name field, else from a text field that is one-to-one with the value."""
    named = table.find_field(NAME_FIELD)
    if named is not None and named != value_column and _kind(table, named) == "text":
        counts = _texts_by_value(table.fields[named], values)
        for value, found in counts.items():
            if len(found) > 1:
                job.warn(
                    f"{table.name}: class {value} has the names {', '.join(sorted(found)[:4])}; the most "
                    f"frequent is taken"
                )
        if names := {value: texts.most_common(1)[0][0] for value, texts in counts.items() if texts}:
            return names
    texts = [name for name in table.fields if name != value_column and _kind(table, name) == "text"]
    telling = [name for name in texts if any(word in name.casefold() for word in _TELLING)]
    several = len(np.unique(values[values != NO_CLASS])) > 1
    for column in telling + ([name for name in texts if name not in telling] if several else []):
        counts = _texts_by_value(table.fields[column], values)
        names = {value: next(iter(texts)) for value, texts in counts.items() if len(texts) == 1}
        if len(names) == len(counts) == len(set(names.values())):
            job.message(f"{table.name}: the class names are taken from the field {column}")
            return names
        if column in telling and (odd := _disagreeing(counts)):
            job.warn(
                f"{table.name}: class names are not taken from {column}, because {odd} of {len(values)} features have "
                f"another text there than most of their {value_column}: mend them to see names instead of numbers"
            )
    return {}


def _disagreeing(counts: dict[int, Counter[str]]) -> int:
    """Return how many features keep a text field from being one-to-one with the value; 0 where it is far from it."""
    if not counts or not all(counts.values()):
        return 0
    usual = [texts.most_common(1)[0] for texts in counts.values()]
    every = sum(sum(texts.values()) for texts in counts.values())
    odd = every - sum(count for _, count in usual)
    return odd if len({text for text, _ in usual}) == len(usual) and odd <= FEW_ODD * every else 0


def _texts_by_value(texts: np.ndarray, values: np.ndarray) -> dict[int, Counter[str]]:
    """Return how often each text goes with each class value."""
    counts: dict[int, Counter[str]] = {int(value): Counter() for value in np.unique(values[values != NO_CLASS])}
    for text, value in zip(texts, values.tolist(), strict=True):
        if value != NO_CLASS and isinstance(text, str) and text.strip():
            counts[value][text.strip()] += 1
    return counts


def _with_legend(classes: tuple[ClassInfo, ...], source: FeatureSource) -> tuple[ClassInfo, ...]:
    """Return the classes with the colours of the layer's legend, matched by value or by name."""
    colors = {key: color for key, _, color in source.legend}
    by_label = {label: color for _, label, color in source.legend}
    return tuple(
        ClassInfo(
            entry.value,
            entry.name,
            colors.get(str(entry.value), colors.get(entry.name, by_label.get(entry.name, NO_COLOR))),
        )
        for entry in classes
    )


def _is_nan(value: object) -> bool:
    """Return whether a value is a float NaN, pandas' way to write null."""
    return isinstance(value, float) and value != value
