"""What a COCO file says of one image: boxes, and the outlines of its instances."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import SampleFolderError
from ..boxes import Objects
from ..samples import Outline
from .outlines import OutlinedObjects, Polygons, RunLengths


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
        cols, rows = self.image.get("width"), self.image.get("height")
        return (cols, rows) if isinstance(cols, int) and isinstance(rows, int) and cols > 0 and rows > 0 else None

    def place(self, entry: dict[str, Any]) -> str:
        """Return an annotation in words."""
        return f"annotation {entry.get('id')} of {self.path}"

    def names(self) -> list[str]:
        """Return the class value of each annotation as text."""
        return [str(entry["category_id"] + self.shift) for entry in self.annotations]

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
                f"{self.place(entry)} has the box {box!r} and COCO has x, y, width, height: correct or remove it"
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


def outline_of(entry: Annotated, annotation: dict[str, Any]) -> Outline:
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
                f"{place} has run lengths of the size {size} and its image {entry.size[1]} rows and {entry.size[0]} "
                f"columns: correct or remove it"
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


def _frame(outline: Outline, entry: Annotated) -> list[float]:
    """Return the box around an outline."""
    if isinstance(outline, Polygons):
        points = np.concatenate(outline.rings)
        return [*points.min(axis=0).tolist(), *points.max(axis=0).tolist()]
    if entry.size is None:
        raise SampleFolderError(f"{entry.path} has an image without width and height: add them, or boxes")
    mask = outline.mask(entry.size[1], entry.size[0])
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return [0.0, 0.0, 0.0, 0.0]
    return [float(cols[0]), float(rows[0]), float(cols[-1] + 1), float(rows[-1] + 1)]


def _paired(ring: list[Any]) -> bool:
    """Return whether a ring is pairs of finite numbers."""
    return len(ring) % 2 == 0 and _finite(ring)


def _finite(numbers: list[Any]) -> bool:
    """Return whether all entries are finite numbers."""
    return all(isinstance(number, (int, float)) and np.isfinite(number) for number in numbers)
