"""YOLO: one text file an image, a line an object: class number, then a box or a polygon in shares of the image.

Class numbers count from 0; as 0 is no class, values are one higher. Names stand in ``data.yaml`` or ``classes.txt``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...classes import ClassInfo
from ...errors import SampleFolderError
from ...job import Job
from ..boxes import Objects, boxes_understood
from ..heads import Head
from ..layout import Layout
from ..registry import Understood
from .files import images_in, parts_of, sub_folders
from .outlines import OutlinedObjects, Polygons, instances_understood
from .registry import foreign
from .yolo_names import yaml_names

_NAME_FILES = ("classes.txt", "obj.names", "labels.txt")
_TEXTS = frozenset((*_NAME_FILES, "train.txt", "val.txt", "valid.txt", "test.txt", "map.txt", "stats.txt"))
_SLACK = 0.01
"""Shares may leave 0..1 by as much, for rounding."""
_LOOKED_AT = 50
"""Label files that are opened to recognise the layout."""


@dataclass(frozen=True)
class _Shares:
    """What a label file says, in shares of the image.

    Attributes:
        numbers: Class numbers, from 0.
        rings: (n, 2) float64 each: corners of a polygon, or two corners of a box.
        outlined: Whether all objects are polygons.
    """

    numbers: tuple[int, ...]
    rings: tuple[np.ndarray, ...]
    outlined: bool

    @property
    def size(self) -> None:
        """A label file says nothing about its image."""

    @property
    def bands(self) -> int:
        """A label file says nothing about its image."""
        return 0


@foreign("YOLO")
class Yolo:
    """Finds images with text files beside them, or in folders ``images`` and ``labels``, divided or not."""

    def found(self, folder: Path) -> bool:
        """Return whether there are label files of this kind, or only empty ones and names of classes."""
        if not folder.is_dir():
            return False
        texts = [text for _, labels in _places(folder) for text in _texts(labels)]
        for text in texts[:_LOOKED_AT]:
            lines = text.read_text("utf-8-sig", "replace").split("\n")
            if any(line.strip() for line in lines):
                return any(_looks_like_yolo(line) for line in lines)
        return bool(texts) and _names_file(folder) is not None

    def layout(self, folder: Path, job: Job) -> Layout:
        """Return the images that have a text file; an empty one says that there is no object.

        Raises:
            SampleFolderError: No image has one, or the file of names is broken.
        """
        images: list[Path] = []
        labels: list[tuple[Path, ...]] = []
        alone = 0
        for chips, texts in _places(folder):
            known = {text.stem: text for text in _texts(texts)}
            for image in images_in(chips):
                if image.stem in known:
                    images.append(image)
                    labels.append((known[image.stem],))
                else:
                    alone += 1
        if not images:
            raise SampleFolderError(f"no image of {folder} has a text file of its name: put images and labels together")
        if alone:
            job.warn(f"{folder}: {alone} images have no text file and are left out; an empty one means no object")
        names = _names(folder)
        if not names:
            job.message(f"{folder} names no classes (data.yaml or classes.txt): they are called by their numbers")
        form = _Reader(names)
        instances = form.look(labels, job)
        classes = tuple(ClassInfo(number + 1, name) for number, name in sorted(form.names.items()))
        name = "RCNN_Masks" if instances else "PASCAL_VOC_rectangles"
        return Layout(folder, name, form, images, labels, {}, {}, {}, classes=classes)


class _Reader:
    """Reads the label files.

    Attributes:
        names: Class number to name.
    """

    def __init__(self, names: dict[int, str]) -> None:
        """Read labels of the named classes; without names any number is a class."""
        self.names, self._named = dict(names), bool(names)
        self._found: list[_Shares] = []

    def look(self, labels: list[tuple[Path, ...]], job: Job) -> bool:
        """Read all label files; return whether all objects are polygons."""
        for number, (path,) in enumerate(labels):
            if number % 64 == 0:
                job.check()
            self._found.append(self._parsed(path))
        known = [entry for entry in self._found if entry.numbers]
        instances = bool(known) and all(entry.outlined for entry in known)
        if not instances and any(entry.outlined for entry in known):
            job.warn("some objects are polygons and others boxes: the boxes of all are read")
        return instances

    def read(self, layout: Layout, job: Job) -> Sequence[_Shares]:
        """Return what the label files say."""
        return self._found

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the samples, in pixels of their images."""
        moved: list[Sequence[Any]] = []
        place = 0
        instances = layouts[0].form_name == "RCNN_Masks"
        for content in contents:
            sizes = heads[place : place + len(content)]
            moved.append([_in_pixels(entry, head, instances) for entry, head in zip(content, sizes, strict=True)])
            place += len(content)
        return (instances_understood if instances else boxes_understood)(layouts, moved, heads, job)

    def _parsed(self, path: Path) -> _Shares:
        """Return what a label file says.

        Raises:
            SampleFolderError: A line is no object, lies outside its image, or its class has no name.
        """
        numbers, rings, outlined = [], [], True
        for line, text in enumerate(path.read_text("utf-8-sig", "replace").splitlines(), 1):
            columns = text.split()
            if not columns:
                continue
            where = f"line {line} of {path}"
            if len(columns) not in (5, 6) and (len(columns) < 7 or len(columns) % 2 == 0):
                raise SampleFolderError(
                    f"{where} has {len(columns)} columns and YOLO has 5 for a box, or a class and pairs for a polygon: "
                    f"correct or remove it"
                )
            try:
                number, shares = _class_number(columns[0]), np.array(columns[1:], np.float64)
            except ValueError as error:
                raise SampleFolderError(f"{where} holds what is no number: correct or remove it") from error
            if number < 0 or (self._named and number not in self.names):
                raise SampleFolderError(
                    f"{where} is of class {number} and {len(self.names)} classes are named: add its name or correct it"
                )
            self.names.setdefault(number, str(number))
            numbers.append(number)
            outlined &= len(columns) >= 7
            rings.append(_ring(shares, where))
        return _Shares(tuple(numbers), tuple(rings), outlined)


def _class_number(text: str) -> int:
    """Return a class number, which some programs write as 0.0; ``ValueError`` when it is none."""
    whole, _, rest = text.partition(".")
    if rest.strip("0"):
        raise ValueError(f"{text} is no whole number")
    return int(whole)


def _ring(shares: np.ndarray, where: str) -> np.ndarray:
    """Return the corners of a polygon, or two corners of a box, (n, 2) in shares of the image.

    Raises:
        SampleFolderError: A share is outside 0..1.
    """
    known = shares[:4] if len(shares) <= 5 else shares
    if not (np.isfinite(known).all() and known.min() >= -_SLACK and known.max() <= 1 + _SLACK):
        odd = known[~((known >= -_SLACK) & (known <= 1 + _SLACK))][0]
        raise SampleFolderError(
            f"{where} holds {odd:g} and YOLO's numbers are shares of the image, from 0 to 1: divide by its width and "
            f"height"
        )
    if len(shares) <= 5:
        centre, half = known[:2], known[2:] / 2
        return np.stack([centre - half, centre + half])
    return known.reshape(-1, 2)


def _in_pixels(entry: _Shares, head: Head, instances: bool) -> Objects:
    """Return the objects of an image in its pixels."""
    rings = [ring * [head.cols, head.rows] for ring in entry.rings]
    boxes = np.array([[*ring.min(axis=0), *ring.max(axis=0)] for ring in rings], np.float32).reshape(-1, 4)
    names = [str(number + 1) for number in entry.numbers]
    if instances:
        return OutlinedObjects(boxes, names, outlines=tuple(Polygons((ring,)) for ring in rings))
    return Objects(boxes, names)


def _places(folder: Path) -> list[tuple[Path, Path]]:
    """Return the folders of images and of text files."""
    places = []
    for part in parts_of(folder):
        inside = sub_folders(part)
        if "images" in inside and "labels" in inside:
            divided, texts = sub_folders(inside["images"]), sub_folders(inside["labels"])
            places += [(inside["images"], inside["labels"])]
            places += [(divided[name], texts[name]) for name in divided if name in texts]
        places.append((part, part))
    return [(images, texts) for images, texts in places if any(_texts(texts)) and any(images_in(images))]


def _texts(folder: Path) -> list[Path]:
    """Return the label files of a folder."""
    texts = [entry for entry in sorted(folder.glob("*.txt")) if entry.name.casefold() not in _TEXTS]
    return [entry for entry in texts if entry.name[0] != "." and not entry.name.casefold().startswith("readme")]


def _looks_like_yolo(line: str) -> bool:
    """Return whether a line starts with a class number and goes on as YOLO does; numbers of KITTI exceed 1."""
    columns = line.split()
    if len(columns) < 5:
        return False
    try:
        if _class_number(columns[0]) < 0:
            return False
        numbers = np.array(columns[1:], np.float64)
    except ValueError:
        return False
    return len(columns) in (5, 6) or bool((np.abs(numbers) <= 1 + _SLACK).all() and numbers.any())


def _names_file(folder: Path) -> Path | None:
    """Return the file that names the classes."""
    places = (folder, folder.parent, folder / "labels")
    files = [place / name for place in places for name in ("data.yaml", "data.yml", "dataset.yaml", *_NAME_FILES)]
    return next((file for file in files if file.is_file()), None)


def _names(folder: Path) -> dict[int, str]:
    """Return class number to name, empty when they are not named.

    Raises:
        SampleFolderError: The file of names is broken.
    """
    path = _names_file(folder)
    if path is None:
        return {}
    text = path.read_text("utf-8-sig", "replace")
    if path.suffix == ".txt" or path.suffix == ".names":
        return dict(enumerate(line.strip() for line in text.splitlines() if line.strip()))
    names = yaml_names(text)
    if not names:
        raise SampleFolderError(f"{path} has no list of names: add one, or put the names into classes.txt, a line each")
    return names
