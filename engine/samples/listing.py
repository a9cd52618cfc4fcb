"""What lies in a training folder, whoever made it: where its chips and labels are; each folder is listed once."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from ..errors import SampleFolderError

_PAIRS = (
    ("images", "labels"),
    ("JPEGImages", "Annotations"),
    ("image_2", "label_2"),
    ("images", "annotations"),
    ("images", "masks"),
    ("images_before", "labels"),
)
"""Names of the two sub-folders: Esri and most others, VOC as published, KITTI as published, masks, change pairs."""

_SECOND = {"images": "images2", "images_before": "images_after"}
"""Name of the folder with the second chips of change pairs, by that of the first."""

IMAGE_SUFFIXES = frozenset((".tif", ".tiff", ".png", ".jpg", ".jpeg", ".mrf", ".bmp"))


class Listing:
    """The files of a training folder.

    Attributes:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        """Look at nothing yet."""
        self.folder = folder

    @cached_property
    def parts(self) -> tuple[Path, Path] | None:
        """The sub-folders of chips and of labels, None when there are not both."""
        entries = {entry.name: entry for entry in self.folder.iterdir() if entry.is_dir()}
        for images, labels in _PAIRS:
            if images in entries and labels in entries:
                return entries[images], entries[labels]
        return None

    @cached_property
    def chips(self) -> list[Path]:
        """The images of the sub-folder of chips, in order of their names; none without it."""
        return [] if self.parts is None else images_in(self.parts[0])

    @cached_property
    def labels(self) -> list[Path]:
        """The files of the sub-folder of labels, in order of their names; none without it."""
        return [] if self.parts is None else [entry for entry in entries_in(self.parts[1]) if entry.is_file()]

    @cached_property
    def label_folders(self) -> list[Path]:
        """The folders in the sub-folder of labels, in order of their names; none without it."""
        return [] if self.parts is None else [entry for entry in entries_in(self.parts[1]) if entry.is_dir()]

    def needed_parts(self) -> tuple[Path, Path]:
        """Return the sub-folders of chips and of labels.

        Raises:
            SampleFolderError: There are not both, or there is no chip.
        """
        if not any(self.folder.iterdir()):
            raise SampleFolderError(f"the training folder {self.folder} is empty: export chips to it first")
        if self.parts is None:
            raise SampleFolderError(
                f"{self.folder} has no folders images and labels: choose a folder that the export wrote, or put chips "
                f"and label files there"
            )
        if not self.chips:
            raise SampleFolderError(
                f"the training folder {self.folder} is empty: {self.parts[0].name} holds no chip; export some first"
            )
        return self.parts

    def seconds(self) -> dict[str, Path]:
        """Return the second chips of change pairs by stem, none without such a folder."""
        name = "" if self.parts is None else _SECOND.get(self.parts[0].name, "")
        folder = self.folder / name
        return {chip.stem: chip for chip in images_in(folder)} if name and folder.is_dir() else {}


def entries_in(folder: Path) -> list[Path]:
    """Return what lies in a folder, in order of the names, hidden files left out."""
    return [entry for entry in sorted(folder.iterdir()) if entry.name[0] != "."]


def images_in(folder: Path) -> list[Path]:
    """Return the images of a folder, in order of their names."""
    return [entry for entry in entries_in(folder) if entry.suffix.lower() in IMAGE_SUFFIXES]
