"""Which class a box of a training folder is of: label files name classes by value or by name.

Exported folders declare their classes. In folders of others, whole numbers are the values; names get 1..n in sorted
order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..classes import ClassInfo, with_colors
from ..errors import SampleFolderError
from ..job import Job
from .layout import Layout

_MOST_DIGITS = 18


class Named(Protocol):
    """What a label file says of the classes of its boxes."""

    @property
    def names(self) -> Sequence[str]:
        """Class of each box as the file writes it."""


def classified(
    layouts: Sequence[Layout], parsed: Sequence[Sequence[Named]], job: Job
) -> tuple[tuple[ClassInfo, ...], list[np.ndarray]]:
    """Return the classes, and the class value of each box of each chip.

    Args:
        layouts: The folders.
        parsed: What the label files of each folder say.
        job: Told which classes are left out.

    Returns:
        The classes in ascending order of their values; one (n,) int64 a chip, -1 where the class is not known.

    Raises:
        SampleFolderError: The folders give one class value two names.
    """
    names = {name for objects in parsed for entry in objects for name in entry.names}
    declared = declared_classes(layouts, job)
    numbers: dict[str, int] = {}
    if declared:
        by_name = {entry.name.casefold(): entry.value for entry in declared}
        known = {entry.value for entry in declared}
        for name in names:
            number = whole_number(name)
            numbers[name] = number if number in known else by_name.get(name.casefold(), -1)
    elif all(whole_number(name) is not None for name in names):
        numbers = {name: int(whole_number(name) or 0) for name in names}
        declared = [ClassInfo(value, str(value)) for value in sorted(set(numbers.values()))]
    else:
        ordered = sorted(names)
        numbers = {name: value for value, name in enumerate(ordered, 1)}
        declared = [ClassInfo(value, name or "object") for value, name in enumerate(ordered, 1)]
    unknown = [name for name in names if numbers[name] < 0]
    if unknown:
        job.warn(f"labels of classes that the folder does not declare are left out: {', '.join(sorted(unknown)[:5])}")
    values = [np.array([numbers[name] for name in entry.names], np.int64) for objects in parsed for entry in objects]
    return with_colors(declared), values


def declared_classes(layouts: Sequence[Layout], job: Job) -> list[ClassInfo]:
    """Return the classes of exported folders, united by value; none when a folder does not declare any.

    Raises:
        SampleFolderError: The folders give one class value two names, or a list of classes is damaged.
    """
    united: dict[int, ClassInfo] = {}
    single = all(len(layout.statistics.get("Classes") or []) == 1 for layout in layouts)
    for layout in layouts:
        classes = layout.classes or _listed(layout)
        if not classes:
            return []
        for entry in classes:
            old = united.setdefault(entry.value, entry)
            if old.name == entry.name or entry.name == str(entry.value):
                continue
            if old.name == str(old.value):
                united[entry.value] = entry
            elif single:
                job.warn(
                    f"the class is named {old.name} in {layouts[0].folder} and {entry.name} in {layout.folder}: "
                    f"the first is taken"
                )
            else:
                raise SampleFolderError(
                    f"class {entry.value} is {old.name} in one folder and {entry.name} in {layout.folder}: "
                    "export them with the same class values"
                )
    return [united[value] for value in sorted(united)]


def _listed(layout: Layout) -> list[ClassInfo]:
    """Return the classes in the statistics of an exported folder, none without."""
    try:
        colors = {int(entry["Value"]): entry.get("Color") for entry in layout.emd.get("Classes", [])}
        return [
            ClassInfo(int(entry["ClassValue"]), str(entry["ClassName"]), _color(colors.get(int(entry["ClassValue"]))))
            for entry in layout.statistics.get("Classes") or []
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise SampleFolderError(f"the classes in {layout.folder} are damaged: export the folder again") from error


def _color(color: Any) -> tuple[int, int, int]:
    """Return a colour as the template writes it; unknown when it is none."""
    if isinstance(color, (list, tuple)) and len(color) == 3 and all(isinstance(part, int) for part in color):
        return int(color[0]), int(color[1]), int(color[2])
    return -1, -1, -1


def whole_number(text: str) -> int | None:
    """Return a text as a whole number that is not negative, None when it is none or has too many digits for 64 bits."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None
