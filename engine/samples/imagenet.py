"""Imagenet: one chip an object, in the folder of its class; there are no label files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import rasterio

from ..errors import SampleFolderError
from ..job import Job
from ..raster.crs import GDAL_ERRORS
from .chip_files import ChipFiles
from .chip_names import ChipNames, labels_understood
from .chip_rows import ChipRow
from .heads import Head
from .layout import Layout
from .listing import Listing, entries_in, images_in
from .object_chips import ObjectChip, ObjectCut
from .record import CLASS_FOLDERS, OURS, FolderRecord
from .registry import Understood, Written, sample_format
from .samples import quick_open


@sample_format("Imagenet")
class Imagenet(ObjectCut):
    """Makes, writes and reads ``images/<class>/<chip>``."""

    suffixes: tuple[str, ...] = ()
    label_folders: tuple[str, ...] = ()
    plain_folders = True

    def folder(self, record: FolderRecord, value: int) -> str:
        """Return the folder of a class."""
        return record.class_folders[value]

    def write_label(self, chip: ObjectChip) -> Written:
        """Write nothing: the folder of the chip is its label."""
        return Written(labels=())

    def recognises(self, listing: Listing) -> bool:
        """Folders of classes that no export tool wrote are known elsewhere."""
        return False

    def chip_files(self, listing: Listing, rows: Mapping[str, ChipRow], job: Job) -> ChipFiles:
        """Return the chips in the folders of classes, in order of their numbers."""
        place = listing.folder / "images"
        folders = [entry for entry in entries_in(place) if entry.is_dir()] if place.is_dir() else []
        images = sorted((image for folder in folders for image in images_in(folder)), key=lambda image: image.stem)
        if not images:
            raise SampleFolderError(
                f"the training folder {listing.folder} is empty: images holds no folder of a class with a chip; export "
                f"some first"
            )
        if loose := len(images_in(place)):
            job.warn(f"{listing.folder}: {loose} chips lie in no folder of a class and are left out")
        return ChipFiles(images, [()] * len(images))

    def read(self, layout: Layout, job: Job) -> list[ChipNames]:
        """Return the folder of each chip, and its size where chips differ."""
        sized = str(layout.emd.get("CropTileMode", "")).casefold() != "variable_size"
        found = []
        for number, image in enumerate(layout.images):
            if number % 64 == 0:
                job.check()
            found.append(ChipNames((image.parent.name,), size=None if sized else _size(image)))
        return found

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the samples of all folders; a class is known by its folder, its name or its value."""
        known: dict[str, int] = {}
        for layout in layouts:
            known |= _folders(layout)
        texts = {name for content in contents for entry in content for name in entry.names}
        known = {text: value for text, value in known.items() if text in texts}
        return labels_understood(layouts, contents, heads, job, values_first=False, known=known)


def _folders(layout: Layout) -> dict[str, int]:
    """Return the class values of folders that are not called like their class."""
    own = layout.statistics.get(OURS)
    renamed = own.get(CLASS_FOLDERS, {}) if isinstance(own, dict) else {}
    try:
        return {str(name): int(value) for value, name in renamed.items()}
    except (AttributeError, ValueError) as error:
        raise SampleFolderError(f"the classes in {layout.folder} are damaged: export the folder again") from error


def _size(image: Any) -> tuple[int, int]:
    """Return columns and rows of a chip."""
    try:
        with quick_open(), rasterio.open(image) as chip:
            return int(chip.width), int(chip.height)
    except GDAL_ERRORS as error:
        raise SampleFolderError(
            f"the chip {image} cannot be read: it is damaged; export it again or remove it"
        ) from error
