"""VOC's ``SegmentationObject``: one raster an image whose values number its instances; ``SegmentationClass`` beside it
says of which class they are. It is read when the folder ``SegmentationObject`` itself is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.ndimage import find_objects

from ...errors import SampleFolderError
from ...job import Job
from ..heads import Head
from ..layout import Layout
from ..registry import Understood
from .files import images_in, sub_folders
from .mask_folders import VOID
from .outlines import OutlinedObjects, RasterValue, instances_understood, read_band
from .registry import foreign

_OBJECTS, _CLASSES, _IMAGES = "segmentationobject", "segmentationclass", "jpegimages"


@foreign("VOC instances")
class VocInstances:
    """Finds the rasters of instances, their classes and their images."""

    def found(self, folder: Path) -> bool:
        """Return whether the folder of the instances was chosen."""
        if folder.name.casefold() != _OBJECTS or not folder.is_dir():
            return False
        return {_CLASSES, _IMAGES} <= set(sub_folders(folder.parent))

    def layout(self, folder: Path, job: Job) -> Layout:
        """Return the images whose instances are drawn.

        Raises:
            SampleFolderError: There is none.
        """
        beside = sub_folders(folder.parent)
        chips = {entry.stem: entry for entry in images_in(beside[_IMAGES])}
        classes = {entry.stem: entry for entry in images_in(beside[_CLASSES])}
        objects = [entry for entry in images_in(folder) if entry.stem in chips and entry.stem in classes]
        if not objects:
            raise SampleFolderError(f"no raster of {folder} has an image and a class raster of its name: add them")
        images = [chips[entry.stem] for entry in objects]
        labels: list[tuple[Path, ...]] = [(entry, classes[entry.stem]) for entry in objects]
        return Layout(folder, "RCNN_Masks", _Reader(), images, labels, {}, {}, {})


class _Reader:
    """Reads the instances."""

    def read(self, layout: Layout, job: Job) -> list[OutlinedObjects]:
        """Return what the rasters say.

        Raises:
            SampleFolderError: A raster is damaged, or the two of an image differ in size.
        """
        found = []
        for numbers, classes in layout.labels:
            job.check()
            found.append(_instances(numbers, classes))
        return found

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the samples."""
        return instances_understood(layouts, contents, heads, job)


def _instances(path: Path, classes: Path) -> OutlinedObjects:
    """Return the instances of one image."""
    numbers, values = read_band(path), read_band(classes)
    if numbers.shape != values.shape:
        raise SampleFolderError(
            f"{path} has {numbers.shape[1]} x {numbers.shape[0]} pixels and {classes} {values.shape[1]} x "
            f"{values.shape[0]}: give both the size of the image"
        )
    boxes, names, outlines = [], [], []
    for index, place in enumerate(find_objects(np.where(numbers == VOID, 0, numbers).astype(np.int32)), 1):
        if place is None:
            continue
        inside = values[place][numbers[place] == index]
        rows, cols = place
        boxes.append([cols.start, rows.start, cols.stop, rows.stop])
        names.append(str(int(np.bincount(inside).argmax())))
        outlines.append(RasterValue(path, index))
    size = (numbers.shape[1], numbers.shape[0])
    return OutlinedObjects(np.array(boxes, np.float32).reshape(-1, 4), names, size, outlines=tuple(outlines))
