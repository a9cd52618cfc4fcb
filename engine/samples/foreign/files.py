"""Files of foreign folders: images by folder, and names compared without regard to case."""

from __future__ import annotations

from pathlib import Path

from ..listing import IMAGE_SUFFIXES

SPLITS = ("train", "training", "val", "valid", "validation", "test", "testing")
"""Names of sub-folders into which others divide their data."""


def is_image(path: Path) -> bool:
    """Return whether a file name is that of an image."""
    return path.suffix.lower() in IMAGE_SUFFIXES and path.name[0] != "."


def images_in(folder: Path) -> list[Path]:
    """Return the images of a folder, in order of their names."""
    return [entry for entry in sorted(folder.iterdir()) if is_image(entry) and entry.is_file()]


def sub_folders(folder: Path) -> dict[str, Path]:
    """Return the folders in a folder by their names in lower case, hidden ones left out."""
    entries = [entry for entry in sorted(folder.iterdir()) if entry.is_dir() and entry.name[0] != "."]
    return {entry.name.casefold(): entry for entry in entries}


def parts_of(folder: Path) -> list[Path]:
    """Return the folder itself and its training, validation and test parts, those that exist."""
    inside = sub_folders(folder)
    return [folder, *(inside[name] for name in SPLITS if name in inside)]


def holds_image(folder: Path) -> bool:
    """Return whether a folder has an image in itself."""
    return any(is_image(entry) for entry in folder.iterdir())
