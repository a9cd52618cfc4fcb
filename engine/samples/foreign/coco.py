"""COCO: one JSON file for many images, with boxes and, where they are given, polygons or run lengths of the objects.

Groups of objects (``iscrowd``) are no instances and are left out. Category numbers are the class values; where one is 0
all are one higher, as 0 is no class.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...classes import ClassInfo
from ...errors import SampleFolderError
from ...job import Job
from ..boxes import Objects, boxes_understood
from ..heads import Head
from ..layout import Layout
from ..registry import Understood
from .coco_objects import LARGEST, Annotated, outlined, shortened
from .files import parts_of
from .outlines import OutlinedObjects, instances_understood
from .registry import foreign

_PEEK = 4096


@foreign("COCO")
class Coco:
    """Finds annotation files in their usual places, or is given one."""

    def found(self, folder: Path) -> bool:
        """Return whether there is a COCO file."""
        return folder.suffix.lower() == ".json" if folder.is_file() else bool(_files(folder))

    def layout(self, folder: Path, job: Job) -> Layout:
        """Return the images that are on the disk, with their annotations.

        Raises:
            SampleFolderError: A file is broken, no image is on the disk, or the files give a number two names.
        """
        paths = [folder] if folder.is_file() else _files(folder)
        root = folder.parent if folder.is_file() else folder
        read = [_content(path) for path in paths]
        known = [(path, content) for path, content in zip(paths, read, strict=True) if _has_boxes(content)]
        if not known:
            raise SampleFolderError(
                f"{folder} holds no COCO annotations with boxes or segmentations: choose a file of instances"
            )
        shift = 1 if any(entry.get("id") == 0 for _, content in known for entry in content["categories"]) else 0
        classes: dict[int, ClassInfo] = {}
        images: list[Path] = []
        labels: list[tuple[Path, ...]] = []
        found: list[Annotated] = []
        crowds = missing = astray = 0
        for path, content in known:
            _take_classes(classes, content, shift, path)
            annotations, crowd = _by_image(content, path)
            crowds += crowd
            places = _places(path, root)
            astray += _astray(content, annotations, path)
            for image in content["images"]:
                job.check()
                file = _on_disk(str(image.get("file_name", "")), places)
                if file is None:
                    missing += 1
                    continue
                images.append(file)
                labels.append((path,))
                found.append(Annotated(image, annotations.get(image.get("id"), []), shift, path))
        if crowds:
            job.warn(f"{crowds} annotations of crowds (iscrowd) are left out: they outline groups, not objects")
        if not images:
            raise SampleFolderError(
                f"none of the {missing} images of {known[0][0]} is on the disk: put them beside the annotations"
            )
        if missing:
            job.warn(f"{missing} images of {folder} are not on the disk and are left out with their annotations")
        if astray:
            job.warn(f"{astray} annotations of {folder} are of images that it does not list and are left out")
        form = _Reader(found, _all_outlined(found, folder, job))
        name = "RCNN_Masks" if form.instances else "PASCAL_VOC_rectangles"
        ordered = tuple(classes[value] for value in sorted(classes))
        return Layout(root, name, form, images, labels, {}, {}, {}, classes=ordered)


class _Reader:
    """Reads the annotations that were found."""

    def __init__(self, annotated: list[Annotated], instances: bool) -> None:
        """Read instances with their outlines, or boxes."""
        self._annotated, self.instances = annotated, instances

    def read(self, layout: Layout, job: Job) -> Sequence[Objects]:
        """Return what is annotated on each image."""
        found: list[Objects] = []
        for number, entry in enumerate(self._annotated):
            if number % 64 == 0:
                job.check()
            found.append(outlined(entry) if self.instances else entry.objects())
        return found

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the samples."""
        if all(isinstance(entry, OutlinedObjects) for content in contents for entry in content):
            return instances_understood(layouts, contents, heads, job)
        return boxes_understood(layouts, contents, heads, job)


def _files(folder: Path) -> list[Path]:
    """Return the JSON files of a folder that look like COCO, in its usual places; of instances only, if any say so."""
    places = [*parts_of(folder), folder / "annotations"]
    files = [entry for place in places if place.is_dir() for entry in sorted(place.glob("*.json"))]
    files = [entry for entry in files if entry.name[0] != "." and _looks_like_coco(entry)]
    named = [entry for entry in files if entry.name.startswith("instances")]
    return named or files


def _looks_like_coco(path: Path) -> bool:
    """Return whether a JSON file has one of COCO's keys near its beginning or its end, or COCO's usual name."""
    if path.name.startswith("esri_"):
        return False
    if path.name.endswith(".coco.json") or path.name.startswith("instances_") or path.parent.name == "annotations":
        return True
    with path.open("rb") as stream:
        head = stream.read(_PEEK)
        stream.seek(max(0, path.stat().st_size - _PEEK))
        text = head + stream.read(_PEEK)
    return any(key in text for key in (b'"annotations"', b'"categories"', b'"images"'))


def _content(path: Path) -> dict[str, Any]:
    """Return the content of a COCO file.

    Raises:
        SampleFolderError: It is no JSON, or has not COCO's three lists.
    """
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, OSError, RecursionError) as error:
        raise SampleFolderError(f"{path} is no valid JSON ({error}): correct it or export it again") from error
    for key in ("images", "annotations", "categories"):
        entries = content.get(key) if isinstance(content, dict) else None
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            raise SampleFolderError(f"{path} has no list named {key}, as COCO has: export it again as COCO instances")
    return dict(content)


def _has_boxes(content: dict[str, Any]) -> bool:
    """Return whether the annotations are of objects; those of captions are not. None at all are of objects."""
    entries = content["annotations"]
    return not entries or any("bbox" in entry or "segmentation" in entry for entry in entries)


def _take_classes(known: dict[int, ClassInfo], content: dict[str, Any], shift: int, path: Path) -> None:
    """Add the categories of a file to the classes.

    Raises:
        SampleFolderError: A category lacks its number, or a number has two names.
    """
    for entry in content["categories"]:
        number = entry.get("id")
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < LARGEST:
            raise SampleFolderError(
                f"{path} has a category with the number {shortened(number)}: give whole numbers from 0 to {LARGEST - 1}"
            )
        named = ClassInfo(number + shift, str(entry.get("name", number)))
        if known.setdefault(named.value, named).name != named.name:
            raise SampleFolderError(
                f"category {number} is {known[named.value].name} and {named.name} in {path}: give each number one name"
            )


def _by_image(content: dict[str, Any], path: Path) -> tuple[dict[Any, list[dict[str, Any]]], int]:
    """Return the annotations of each image without those of crowds, and how many of crowds there are.

    Raises:
        SampleFolderError: An annotation is of a category that the file does not list.
    """
    known = {entry.get("id") for entry in content["categories"]}
    found: dict[Any, list[dict[str, Any]]] = {}
    crowds = 0
    for entry in content["annotations"]:
        if entry.get("iscrowd"):
            crowds += 1
            continue
        category, image = entry.get("category_id"), entry.get("image_id")
        if not isinstance(category, (int, float)) or category not in known:
            raise SampleFolderError(
                f"annotation {shortened(entry.get('id'))} of {path} is of category {shortened(category)}, which the "
                f"file does not list: correct or remove it"
            )
        if not isinstance(image, (int, float, str)):
            raise SampleFolderError(
                f"annotation {shortened(entry.get('id'))} of {path} is of the image {shortened(image)}: give the "
                f"number of an image, or remove it"
            )
        found.setdefault(image, []).append(entry)
    return found, crowds


def _astray(content: dict[str, Any], annotations: Mapping[Any, Sequence[Any]], path: Path) -> int:
    """Return how many annotations are of no image of the file.

    Raises:
        SampleFolderError: An image has no number, or that of another one.
    """
    known = set()
    for entry in content["images"]:
        number = entry.get("id")
        if not isinstance(number, (int, float, str)):
            raise SampleFolderError(
                f"{path} has an image with the number {shortened(number)}: give each one of its own"
            )
        if number in known:
            raise SampleFolderError(f"{path} has several images with the number {number}: give each one of its own")
        known.add(number)
    return sum(len(entries) for number, entries in annotations.items() if number not in known)


def _places(path: Path, root: Path) -> list[Path]:
    """Return the folders in which the images of a file may lie, likely ones first."""
    split = path.stem.rpartition("_")[2]
    tops = list(dict.fromkeys((path.parent, root, path.parent.parent)))
    named = [top / name for top in tops for name in ("images", "JPEGImages", "data", "img")]
    return [*tops, *(top / split for top in (*tops, *named)), *named]


def _on_disk(name: str, places: list[Path]) -> Path | None:
    """Return where an image lies, None when it is in none of the places; the place that had it is asked first next.

    A name that leads out of the places counts by its last part alone.
    """
    parts = name.replace("\\", "/").split("/")
    outside = not parts[0] or ".." in parts or ":" in parts[0]
    for choice in dict.fromkeys((parts[-1] if outside else "/".join(parts), parts[-1])):
        for index, place in enumerate(places):
            if choice and os.path.isfile(place / choice):
                places.insert(0, places.pop(index))
                return place / choice
    return None


def _all_outlined(found: list[Annotated], folder: Path, job: Job) -> bool:
    """Return whether every object has an outline; where only some have, boxes are read and that is told."""
    objects = sum(len(entry.annotations) for entry in found)
    known = sum(entry.outlined for entry in found)
    if 0 < known < objects:
        job.warn(f"{objects - known} of {objects} objects of {folder} have no segmentation: the boxes of all are read")
    return 0 < known == objects
