"""PASCAL VOC rectangles: one XML file a chip, written as Esri writes it, read from anybody.

``name`` holds the class value when we write; readers also meet class names. Pixels are counted from the upper left
corner of the chip, so a box may end at the chip's width.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree  # nosec B405 # expat limits expansion
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import SampleFolderError
from ..job import Job
from .boxes import BoxFormat, ChipLabel, Objects, as_boxes
from .layout import Layout
from .registry import sample_format

PRODUCER = "Imagery Deep Learning"

_HEAD = """<?xml version="1.0"?>
<annotation>
    <filename>{name}</filename>
    <source>
        <annotation>{producer}</annotation>
    </source>
    <size>
        <width>{cols}</width>
        <height>{rows}</height>
        <depth>{bands}</depth>
    </size>
"""
_OBJECT = """    <object>
        <name>%s</name>
        <bndbox>
            <xmin>%.2f</xmin>
            <ymin>%.2f</ymin>
            <xmax>%.2f</xmax>
            <ymax>%.2f</ymax>
        </bndbox>
    </object>
"""
_CORNERS = ("xmin", "ymin", "xmax", "ymax")


@sample_format("PASCAL_VOC_rectangles")
class PascalVoc(BoxFormat):
    """Reads and writes ``labels/<chip>.xml``."""

    suffixes = (".xml",)

    def text(self, label: ChipLabel) -> str:
        """Return the XML of one chip."""
        rows = zip(label.values.tolist(), *label.boxes.T.tolist(), strict=True)
        return annotation(label.image_name, (label.bands, label.rows, label.cols), rows)

    def parse(self, text: bytes, path: Path) -> Objects:
        """Return the boxes of one XML file.

        Raises:
            SampleFolderError: It is no XML, or a box lacks a number.
        """
        return parsed(text, path)


def annotation(image_name: str, shape: tuple[int, ...], objects: Iterable[tuple[Any, ...]]) -> str:
    """Return the XML of one chip.

    Args:
        image_name: File name of the chip, without folder.
        shape: Bands, rows and columns of the chip.
        objects: Name as XML writes it, xmin, ymin, xmax and ymax of each object.
    """
    head = _HEAD.format(name=image_name, producer=PRODUCER, cols=shape[2], rows=shape[1], bands=shape[0])
    return head + "".join([_OBJECT % row for row in objects]) + "</annotation>\n"


def parsed(text: bytes, path: Path, boxes: bool = True) -> Objects:
    """Return what one XML file says.

    Args:
        text: Its content.
        path: The file, for messages.
        boxes: Every object must have a box; else one without has the box 0, 0, 0, 0.

    Raises:
        SampleFolderError: It is no XML, or a box is missing or lacks a number.
    """
    plain = text.replace(b"\0", b"")  # in UTF-16 every other byte is 0
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise SampleFolderError(
            f"{path} declares XML entities, which label files have no use for: remove the declaration"
        )
    try:
        root = ElementTree.fromstring(text)  # nosec B314 # expat limits expansion
    except ElementTree.ParseError as error:
        raise SampleFolderError(
            f"{path} is no valid XML ({error}): export the chips again or remove this one"
        ) from error
    names: list[str] = []
    corners: list[list[float]] = []
    for entry in root.iter("object"):
        box = entry.find("bndbox")
        if box is None and boxes:
            raise SampleFolderError(f"{path} has an object without bndbox: correct or remove it")
        corners.append([0.0] * 4 if box is None else [_number(box.findtext(side), path, side) for side in _CORNERS])
        names.append((entry.findtext("name") or "").strip())
    return Objects(
        as_boxes(corners),
        names,
        _size(root),
        int(_optional(root.findtext("size/depth")) or 0),
    )


def named_chips(layout: Layout, job: Job) -> Iterator[Objects]:
    """Yield what the XML files of chips with a class of their own say, which need no boxes.

    Raises:
        SampleFolderError: A file is broken.
    """
    for number, (_, label) in enumerate(layout.pairs):
        if number % 64 == 0:
            job.check()
        yield parsed(label.read_bytes(), label, boxes=False)


def _number(text: str | None, path: Path, corner: str) -> float:
    """Return a coordinate."""
    number = _optional(text)
    if number is None:
        raise SampleFolderError(
            f"{path} has {text!r} for {corner} where a number is needed: correct or remove the object"
        )
    return number


def _optional(text: str | None) -> float | None:
    """Return a finite number, None for anything else."""
    try:
        number = float(text) if text is not None else float("nan")
    except ValueError:
        return None
    return number if np.isfinite(number) else None


def _size(root: ElementTree.Element) -> tuple[int, int] | None:
    """Return columns and rows of the chip, None when they are not given."""
    cols, rows = _optional(root.findtext("size/width")), _optional(root.findtext("size/height"))
    return (int(cols), int(rows)) if cols and rows else None
