"""Folders of images and of masks in colours: each colour is a class, black is none.

``class_dict.csv`` (name, red, green, blue) or ``labelmap.txt`` (name:red,green,blue) names the colours and numbers the
classes in its order; without one they are numbered in the order of their red, green and blue.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...classes import ClassInfo
from ...errors import SampleFolderError
from ...job import Job
from ..heads import Head
from ..layout import Layout
from ..naming import declared_classes
from ..registry import Understood
from ..samples import ColorMaskSample, packed_colors
from .mask_folders import is_colored, mask_places, with_masks
from .registry import foreign

_MOST_COLORS = 256
_THREADS = 4
_FILES = ("class_dict.csv", "labelmap.txt")


@dataclass(frozen=True)
class _Colors:
    """The colours of one mask.

    Attributes:
        size: Columns and rows of the mask.
        colors: (k,) int64, packed, ascending.
        counts: (k,) int64, pixels of each.
    """

    size: tuple[int, int]
    colors: np.ndarray
    counts: np.ndarray

    @property
    def bands(self) -> int:
        """A mask says nothing about the bands of its image."""
        return 0


@foreign("images and masks in colours")
class ColorMaskFolders:
    """Finds two folders with a usual pair of names, of which the second holds masks of three bands."""

    def found(self, folder: Path) -> bool:
        """Return whether there are two such folders."""
        places = mask_places(folder) if folder.is_dir() else []
        return bool(places) and is_colored(places)

    def layout(self, folder: Path, job: Job) -> Layout:
        """Return the images that have a mask, and the classes of the colours.

        Raises:
            SampleFolderError: No image has one, a mask cannot be read, or it has too many colours.
        """
        images, labels = with_masks(folder, job)
        found: list[_Colors] = []
        with ThreadPoolExecutor(_THREADS) as threads:
            for entry in threads.map(_looked_at, [mask for (mask,) in labels]):
                job.check()
                found.append(entry)
        colors = np.unique(np.concatenate([entry.colors for entry in found]))
        numbered = enumerate(colors[colors > 0].tolist(), 1)
        classes = _named(folder, colors.tolist()) or [
            ClassInfo(value, f"#{color:06x}", _unpacked(color)) for value, color in numbered
        ]
        return Layout(folder, "Classified_Tiles", _Reader(found), images, labels, {}, {}, {}, classes=tuple(classes))


class _Reader:
    """Reads the masks that were looked at."""

    def __init__(self, found: list[_Colors]) -> None:
        """Hold the colours of each mask."""
        self._found = found

    def read(self, layout: Layout, job: Job) -> list[_Colors]:
        """Return the colours of the masks."""
        return self._found

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the samples.

        Raises:
            SampleFolderError: A mask has another size than its image, or the folders number colours differently.
        """
        classes = declared_classes(layouts, job)
        values = {_packed(entry.color): entry.value for entry in classes}
        samples = []
        masks = [mask for layout in layouts for (mask,) in layout.labels]
        images = [image for layout in layouts for image in layout.images]
        entries = (entry for content in contents for entry in content)
        for image, mask, entry, head in zip(images, masks, entries, heads, strict=True):
            if entry.size != (head.cols, head.rows):
                raise SampleFolderError(
                    f"{mask} has {entry.size[0]} x {entry.size[1]} pixels and {image} {head.cols} x {head.rows}: give "
                    f"both the same size"
                )
            known = sorted(
                (values.get(color, 0), count) for color, count in zip(entry.colors, entry.counts, strict=True)
            )
            found = np.array(known, np.int64).reshape(-1, 2)
            kept = np.unique(found[:, 0])
            counts = np.array([found[found[:, 0] == value, 1].sum() for value in kept], np.int64)
            samples.append(ColorMaskSample(image, mask, kept, counts, shape=head.shape, colors=values))
        unlabelled = None if len(classes) == 1 else 0
        return Understood(samples, tuple(classes), unlabelled)


def _looked_at(path: Path) -> _Colors:
    """Return the colours of one mask."""
    packed = packed_colors(path)
    colors, counts = np.unique(packed, return_counts=True)
    if len(colors) > _MOST_COLORS:
        raise SampleFolderError(
            f"{path} has {len(colors)} colours and a mask has one for each class: JPEG blurs them; save masks as PNG"
        )
    return _Colors((packed.shape[1], packed.shape[0]), colors.astype(np.int64), counts.astype(np.int64))


def _named(folder: Path, colors: list[int]) -> list[ClassInfo]:
    """Return the classes that a file names, black left out; none without such a file.

    Raises:
        SampleFolderError: The masks hold a colour that it does not name.
    """
    path = next((folder / name for name in _FILES if (folder / name).is_file()), None)
    if path is None:
        return []
    classes: list[ClassInfo] = []
    for line in path.read_text("utf-8", "replace").splitlines():
        parts = line.replace(":", ",").split(",")
        numbers = [part.strip() for part in parts[1:4]]
        if len(numbers) == 3 and all(number.isdigit() for number in numbers):
            red, green, blue = (min(255, int(number)) for number in numbers)
            if red or green or blue:
                classes.append(ClassInfo(len(classes) + 1, parts[0].strip(), (red, green, blue)))
    missing = set(colors) - {_packed(entry.color) for entry in classes} - {0}
    if missing:
        raise SampleFolderError(
            f"the masks of {folder} hold the colour {_unpacked(min(missing))}, which {path.name} does not name: add it"
        )
    return classes


def _packed(color: tuple[int, int, int]) -> int:
    """Return a colour as one number."""
    return color[0] << 16 | color[1] << 8 | color[2]


def _unpacked(color: int) -> tuple[int, int, int]:
    """Return red, green and blue."""
    return int(color) >> 16, int(color) >> 8 & 255, int(color) & 255
