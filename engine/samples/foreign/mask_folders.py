"""Folders of images and of masks, one mask an image: pixels are class values, as in classified tiles.

The two folders have one of several usual pairs of names, and may be divided into training and validation. A mask has
its image's name, or that with an addition such as ``_mask``. Of VOC's ``SegmentationClass`` 255 is no class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import rasterio

from ...classes import ClassInfo
from ...errors import SampleFolderError
from ...job import Job
from ...raster.bands import alpha_band
from ...raster.crs import GDAL_ERRORS
from ..heads import Head
from ..layout import Layout
from ..listing import Listing
from ..mask_reading import LabelPixels, label_pixels, understood
from ..record import MAP
from ..registry import Understood
from ..samples import quick_open
from .files import holds_image, images_in, parts_of, sub_folders
from .registry import foreign

_PAIRS = (
    ("images", "masks"),
    ("image", "mask"),
    ("imgs", "masks"),
    ("img", "mask"),
    ("image", "label"),
    ("images", "annotations"),
    ("images", "gt"),
    ("images", "segmentations"),
    ("images_png", "masks_png"),
    ("img_dir", "ann_dir"),
    ("top", "gts"),
    ("sat", "gt"),
    ("images", "labels"),
)
_VOC = ("jpegimages", "segmentationclass")
_ADDITIONS = ("_mask", "_masks", "_label", "_labels", "_gt", "_seg", "_sat", "_image", "_img", "_rgb")
VOID = 255
"""Value of the borders between objects in VOC's masks."""


@foreign("image and mask folders")
class MaskFolders:
    """Finds two folders with a usual pair of names."""

    def found(self, folder: Path) -> bool:
        """Return whether there are two such folders with images, or VOC's masks were chosen."""
        if not folder.is_dir() or _as_exported(folder):
            return False
        places = mask_places(folder)
        return bool(places) and not is_colored(places)

    def layout(self, folder: Path, job: Job) -> Layout:
        """Return the images that have a mask.

        Raises:
            SampleFolderError: None has one.
        """
        images, labels = with_masks(folder, job)
        voc = any(masks.name.casefold() == _VOC[1] for _, masks in mask_places(folder))
        form = _Reader(VOID if voc else None, _names(folder))
        return Layout(folder, "Classified_Tiles", form, images, labels, {}, {}, {})


def with_masks(folder: Path, job: Job) -> tuple[list[Path], list[tuple[Path, ...]]]:
    """Return the images of a folder that have a mask, and the mask of each.

    Raises:
        SampleFolderError: None has one.
    """
    images: list[Path] = []
    labels: list[tuple[Path, ...]] = []
    alone = 0
    for chips, masks in mask_places(folder):
        known = {_stem(mask): mask for mask in images_in(masks)}
        for image in images_in(chips):
            if _stem(image) in known:
                images.append(image)
                labels.append((known[_stem(image)],))
            else:
                alone += 1
    if not images:
        raise SampleFolderError(f"no image of {folder} has a mask of its name: give both the same names")
    if alone:
        job.warn(f"{folder}: {alone} images have no mask and are left out")
    return images, labels


def is_colored(places: Sequence[tuple[Path, Path]]) -> bool:
    """Return whether the first mask has colours instead of class values; one that cannot be read has not.

    In folders named ``labels``, as export tools write them, colours are a mistake.
    """
    if places[0][1].name.casefold() == "labels":
        return False
    try:
        with quick_open(), rasterio.open(images_in(places[0][1])[0]) as mask:
            return mask.count - bool(alpha_band(mask)) == 3 and mask.dtypes[0] == "uint8"
    except GDAL_ERRORS:
        return False


@dataclass(frozen=True)
class _Reader:
    """Reads the masks.

    Attributes:
        void: Value that is no class, None without.
        names: Names of class values.
    """

    void: int | None
    names: dict[int, str]

    def read(self, layout: Layout, job: Job) -> list[LabelPixels]:
        """Return what the masks say."""
        found = label_pixels(layout, job)
        if self.void is None:
            return found
        kept = [entry.values != self.void for entry in found]
        return [
            replace(entry, values=entry.values[keep], counts=entry.counts[keep])
            for entry, keep in zip(found, kept, strict=True)
        ]

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the samples, with the names of classes where they are known."""
        result = understood(layouts, contents, heads, job)
        named = tuple(
            ClassInfo(entry.value, self.names.get(entry.value, entry.name), entry.color) for entry in result.classes
        )
        return replace(result, classes=named)


def mask_places(folder: Path) -> list[tuple[Path, Path]]:
    """Return the folders of images and of their masks."""
    if folder.name.casefold() == _VOC[1]:
        chips = sub_folders(folder.parent).get(_VOC[0])
        return [] if chips is None else [(chips, folder)]
    places = []
    for part in parts_of(folder):
        inside = sub_folders(part)
        if _VOC[0] in inside and _VOC[1] in inside and "annotations" not in inside:
            places.append((inside[_VOC[0]], inside[_VOC[1]]))
        for first, second in _PAIRS:
            if first not in inside or second not in inside:
                continue
            images, masks = sub_folders(inside[first]), sub_folders(inside[second])
            divided = [(images[name], masks[name]) for name in images if name in masks]
            places += [(inside[first], inside[second]), *divided]
    return [(images, masks) for images, masks in places if holds_image(images) and holds_image(masks)]


def _as_exported(folder: Path) -> bool:
    """Return whether an export tool wrote the folder, or it is laid out as if: chips and labels have the same names."""
    listing = Listing(folder)
    labels = {entry.stem for entry in listing.labels}
    return (folder / MAP).is_file() or any(chip.stem in labels for chip in listing.chips)


def _stem(path: Path) -> str:
    """Return the name that image and mask share."""
    stem = path.stem.casefold()
    for addition in _ADDITIONS:
        stem = stem.removesuffix(addition)
    return stem.removeprefix("mask_")


def _names(folder: Path) -> dict[int, str]:
    """Return the names of class values from ``labelmap.txt`` (a line each, from 0 on), empty without."""
    place = folder.parent if folder.name.casefold() == _VOC[1] else folder
    path = place / "labelmap.txt"
    if not path.is_file():
        return {}
    lines = [line for line in path.read_text("utf-8", "replace").splitlines() if line.strip() and line[0] != "#"]
    return dict(enumerate(line.partition(":")[0].strip() for line in lines))
