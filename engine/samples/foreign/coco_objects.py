"""What a COCO file says of one image: boxes, and the outlines of its instances."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import SampleFolderError
from ..boxes import Objects
from .outlines import OutlinedObjects, Polygons, RunLengths

LARGEST = 2**31 - 1
"""No number of a category, and no place or size in pixels, is as large."""

_SHOWN = 60
"""Characters of a broken value that messages show."""


@dataclass(frozen=True)
class Annotated:
    """One image with its annotations.

    Attributes:
        image: Entry of the image.
        annotations: Those of the image, without crowds.
        shift: What is added to category numbers.
        path: The file, for messages.
    """

    image: dict[str, Any]
    annotations: list[dict[str, Any]]
    shift: int
    path: Path

    @property
    def outlined(self) -> int:
        """How many annotations have an outline."""
        return sum(bool(entry.get("segmentation")) for entry in self.annotations)

    @property
    def size(self) -> tuple[int, int] | None:
        """Columns and rows of the image, None when the file does not say."""
        sides = [self.image.get("width"), self.image.get("height")]
        known = [int(side) for side in sides if isinstance(side, (int, float)) and 0 < side < LARGEST]
        return (known[0], known[1]) if known == sides else None

    def place(self, entry: dict[str, Any]) -> str:
        """Return an annotation in words."""
        return f"annotation {shortened(entry.get('id'))} of {self.path}"

    def names(self) -> list[str]:
        """Return the class value of each annotation as text."""
        return [str(int(entry["category_id"]) + self.shift) for entry in self.annotations]

    def objects(self) -> Objects:
        """Return the boxes.

        Raises:
            SampleFolderError: A box has not four numbers, or an annotation has neither box nor polygon.
        """
        boxes = [self._box(entry) for entry in self.annotations]
        return Objects(np.array(boxes, np.float32).reshape(-1, 4), self.names(), self.size)

    def _box(self, entry: dict[str, Any]) -> list[float]:
        """Return ``col_min, row_min, col_max, row_max`` of an annotation."""
        box = entry.get("bbox")
        if box is None and entry.get("segmentation"):
            return _frame(outline_of(self, entry), self)
        if not isinstance(box, list) or len(box) != 4 or not _finite(box):
            raise SampleFolderError(
                f"{self.place(entry)} has the box {shortened(box)} and COCO has x, y, width, height: correct or "
                f"remove it"
            )
        return [box[0], box[1], box[0] + box[2], box[1] + box[3]]


def outlined(entry: Annotated) -> OutlinedObjects:
    """Return the instances of an image; their boxes are the annotated ones.

    Raises:
        SampleFolderError: An outline is broken.
    """
    objects = entry.objects()
    outlines = tuple(outline_of(entry, annotation) for annotation in entry.annotations)
    return OutlinedObjects(objects.boxes, objects.names, objects.size, outlines=outlines)


def outline_of(entry: Annotated, annotation: dict[str, Any]) -> Polygons | RunLengths:
    """Return the outline of an annotation.

    Raises:
        SampleFolderError: It is neither a list of polygons nor run lengths of the image's size.
    """
    shape = annotation["segmentation"]
    place = entry.place(annotation)
    if isinstance(shape, dict):
        size, counts = shape.get("size"), shape.get("counts")
        if entry.size is not None and size != [entry.size[1], entry.size[0]]:
            raise SampleFolderError(
                f"{place} has run lengths of the size {shortened(size)} and its image {entry.size[1]} rows and "
                f"{entry.size[0]} columns: correct or remove it"
            )
        if isinstance(counts, str):
            return RunLengths(counts, place)
        if isinstance(counts, list) and all(isinstance(run, int) for run in counts):
            return RunLengths(tuple(counts), place)
    rings = shape if isinstance(shape, list) else []
    if not rings or not all(isinstance(ring, list) and len(ring) >= 6 and _paired(ring) for ring in rings):
        raise SampleFolderError(
            f"{place} has a segmentation that is neither polygons of three corners or more nor run lengths: correct or "
            f"remove it"
        )
    return Polygons(tuple(np.array(ring, np.float64).reshape(-1, 2) for ring in rings))


def shortened(value: Any) -> str:
    """Return a value as Python writes it, cut off when it is long."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole numbers of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _frame(outline: Polygons | RunLengths, entry: Annotated) -> list[float]:
    """Return the box around an outline."""
    if isinstance(outline, Polygons):
        points = np.concatenate(outline.rings)
        return [*points.min(axis=0).tolist(), *points.max(axis=0).tolist()]
    if entry.size is None:
        raise SampleFolderError(f"{entry.path} has an image without width and height: add them, or boxes")
    return outline.frame(entry.size[1], entry.size[0])


def _paired(ring: list[Any]) -> bool:
    """Return whether a ring is pairs of finite numbers."""
    return len(ring) % 2 == 0 and _finite(ring)


def _finite(numbers: list[Any]) -> bool:
    """Return whether all entries are numbers that pixels can have."""
    return all(isinstance(number, (int, float)) and abs(number) < LARGEST for number in numbers)
