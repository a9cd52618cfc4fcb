"""Folders of images by class, as ImageNet has them: ``<class>/<image>``, in parts for training or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...classes import ClassInfo, with_colors
from ...errors import SampleFolderError
from ...job import Job
from ..heads import Head
from ..layout import Layout
from ..naming import declared_classes
from ..registry import Understood
from ..samples import LabelSample
from .files import SPLITS, holds_image, images_in, sub_folders
from .registry import foreign

_ROLES = frozenset(
    (
        *("images", "images2", "images_before", "images_after", "labels", "labels2", "masks", "mask", "image", "label"),
        *("imgs", "img", "annotations", "gt", "gts", "top", "sat", "jpegimages", "segmentationclass", "imagesets"),
        *(
            "segmentationobject",
            "image_2",
            "label_2",
            "models",
            "data",
            "a",
            "b",
            "segmentations",
            "img_dir",
            "ann_dir",
        ),
        *("images_png", "masks_png", "depth"),
    )
)
"""Names of folders that mean something else than a class."""


@dataclass(frozen=True)
class _Named:
    """The class of one image.

    Attributes:
        name: Of the class.
    """

    name: str

    @property
    def size(self) -> None:
        """A folder says nothing about its images."""

    @property
    def bands(self) -> int:
        """A folder says nothing about its images."""
        return 0


@foreign("folders of classes")
class ClassFolders:
    """Finds two or more folders of images whose names have no other meaning."""

    def found(self, folder: Path) -> bool:
        """Return whether there are folders of classes, and no image beside them."""
        return folder.is_dir() and not holds_image(folder) and len(_classes(folder)) > 1

    def layout(self, folder: Path, job: Job) -> Layout:
        """Return all images; classes are numbered from 1 in the order of their names."""
        known = _classes(folder)
        images: list[Path] = []
        classes = tuple(ClassInfo(number, name) for number, name in enumerate(sorted(known), 1))
        for entry in classes:
            for place in known[entry.name]:
                images += images_in(place)
        return Layout(folder, "Imagenet", _Reader(), images, [()] * len(images), {}, {}, {}, classes=classes)


class _Reader:
    """Reads the class of each image."""

    def read(self, layout: Layout, job: Job) -> list[_Named]:
        """Return the names of the folders."""
        return [_Named(image.parent.name) for image in layout.images]

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the samples.

        Raises:
            SampleFolderError: Folders number their classes in different ways.
        """
        classes = with_colors(declared_classes(layouts, job))
        values = {entry.name: entry.value for entry in classes}
        images = [chip for layout in layouts for chip in layout.images]
        named = [entry.name for content in contents for entry in content]
        if unknown := set(named) - set(values):
            raise SampleFolderError(
                f"the class {min(unknown)} is not in every folder: give all folders the same classes"
            )
        return Understood(
            [
                LabelSample(image, (values[name],), shape=head.shape)
                for image, name, head in zip(images, named, heads, strict=True)
            ],
            classes,
        )


def _classes(folder: Path) -> dict[str, list[Path]]:
    """Return the folders of each class, none when a folder has another meaning."""
    inside = sub_folders(folder)
    split = [inside[name] for name in SPLITS if name in inside]
    found: dict[str, list[Path]] = {}
    for part in split or [folder]:
        for name, place in sub_folders(part).items():
            if name in _ROLES or (not split and name in SPLITS):
                return {}
            if holds_image(place):
                found.setdefault(place.name, []).append(place)
    return found
