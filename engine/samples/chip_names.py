"""What training folders say of chips that have a class as a whole: names or values, and the classes they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..classes import ClassInfo, with_colors
from ..errors import SampleFolderError
from ..job import Job
from .heads import Head
from .layout import Layout
from .naming import declared_classes
from .registry import Understood
from .samples import LabelSample

FEW = 5
"""Unknown classes that are named in a message."""


@dataclass(frozen=True)
class ChipNames:
    """The classes of a chip as its folder writes them.

    Attributes:
        names: Values or names of classes; none for a chip without a label.
        box: (4,) float32 ``col_min, row_min, col_max, row_max`` of its object in chip pixels, None when not known.
        size: Columns and rows of the chip as the label says, None when it does not.
        bands: Bands of the chip as the label says, 0 when it does not.
    """

    names: tuple[str, ...]
    box: np.ndarray | None = None
    size: tuple[int, int] | None = None
    bands: int = 0


def labels_understood(
    layouts: Sequence[Layout],
    contents: Sequence[Sequence[ChipNames]],
    heads: Sequence[Head],
    job: Job,
    *,
    values_first: bool = True,
    known: Mapping[str, int] | None = None,
) -> Understood:
    """Return the samples of all folders.

    Args:
        layouts: The folders.
        contents: What their labels say.
        heads: Size of each chip.
        job: Told which classes are not declared; they become classes.
        values_first: A text that is both the value of a class and the name of another one is the value.
        known: Class values by text that go before both.

    Raises:
        SampleFolderError: No chip has a label, or the folders give one class value two names.
    """
    entries = [entry for content in contents for entry in content]
    texts = {name for entry in entries for name in entry.names}
    if not texts:
        raise SampleFolderError(f"no chip of {layouts[0].folder} has a label: export chips of labelled objects")
    classes, values = _classes(layouts, texts, values_first, known or {}, job)
    images = [image for layout in layouts for image in layout.images]
    samples = [
        LabelSample(image, tuple(sorted({values[name] for name in entry.names})), _box(entry, head), shape=head.shape)
        for image, entry, head in zip(images, entries, heads, strict=True)
    ]
    return Understood(samples, with_colors(classes))


def _classes(
    layouts: Sequence[Layout], texts: set[str], values_first: bool, known: Mapping[str, int], job: Job
) -> tuple[list[ClassInfo], dict[str, int]]:
    """Return the classes of some texts, and the value of each text."""
    declared = declared_classes(layouts, job)
    by_value = {str(entry.value): entry.value for entry in declared}
    by_name = {entry.name.casefold(): entry.value for entry in declared}
    values = dict(known)
    for text in texts - set(known):
        places = (by_value.get(text), by_name.get(text.casefold()))
        found = next((place for place in (places if values_first else places[::-1]) if place is not None), None)
        if found is not None:
            values[text] = found
    fresh = _numbered(sorted(texts - set(values)), {entry.value for entry in declared})
    if fresh and declared:
        some = ", ".join(f"{text} ({value})" for text, value in list(fresh.items())[:FEW])
        more = " ..." if len(fresh) > FEW else ""
        job.warn(f"labels name classes that {layouts[0].folder} does not declare, taken as classes: {some}{more}")
    classes = declared + [ClassInfo(value, text) for text, value in fresh.items()]
    return sorted(classes, key=lambda entry: entry.value), values | fresh


def _numbered(texts: Sequence[str], taken: set[int]) -> dict[str, int]:
    """Return a class value for each text: its own number if all are free whole ones, else the next free ones."""
    if all(text.isascii() and text.isdigit() and int(text) not in taken for text in texts):
        return {text: int(text) for text in sorted(texts, key=int)}
    first = max(taken, default=0) + 1
    return {text: value for value, text in enumerate(texts, first)}


def _box(entry: ChipNames, head: Head) -> np.ndarray | None:
    """Return the box of a chip's object, inside the chip; None when it has none."""
    if entry.box is None:
        return None
    box = np.clip(entry.box, 0, np.array([head.cols, head.rows] * 2, np.float32)).astype(np.float32)
    return box if (box[2:] > box[:2]).all() else None
