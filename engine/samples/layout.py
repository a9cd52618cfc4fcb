"""Finding the chips and label files of a training folder, whoever made it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import SampleFolderError
from ..job import Job
from .chip_rows import ChipRow, read_chip_rows
from .record import CHIPS, EMD, JSON, MAP, read_json
from .registry import SampleFormat, format_name, get_sample_format, sample_formats

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

_IMAGE_SUFFIXES = frozenset((".tif", ".tiff", ".png", ".jpg", ".jpeg", ".mrf", ".bmp"))


@dataclass(frozen=True)
class Layout:
    """What a training folder holds.

    Attributes:
        folder: The folder.
        form_name: Label format, such as ``PASCAL_VOC_rectangles``.
        form: The format itself.
        pairs: Chip and label file, in order of the file names.
        statistics: Content of Esri's JSON statistics, empty without.
        emd: Content of the template ``.emd``, empty without.
        chips: Rows of our ``chips.csv`` by chip, empty in folders of others.
        seconds: Second chip of a change pair by chip, empty without.
    """

    folder: Path
    form_name: str
    form: SampleFormat
    pairs: list[tuple[Path, Path]]
    statistics: dict[str, Any]
    emd: dict[str, Any]
    chips: dict[str, ChipRow]
    seconds: dict[str, Path] = field(default_factory=dict)

    @property
    def exported(self) -> bool:
        """Whether an export tool wrote the folder: ours or Esri's."""
        return bool(self.statistics)


def find_layout(folder: Path, job: Job) -> Layout:
    """Look into a training folder.

    Raises:
        SampleFolderError: It is missing, empty, or its label format is not one that works here.
    """
    if not str(folder).strip() or not folder.is_dir():
        raise SampleFolderError(f"the training folder {folder} does not exist: choose one that the export wrote")
    images, labels = _parts(folder)
    exported = (folder / JSON).is_file() and (folder / EMD).is_file() and (folder / MAP).is_file()
    statistics = read_json(folder / JSON) if exported else {}
    emd = read_json(folder / EMD) if exported else {}
    chips = _chips(images)
    if not chips:
        raise SampleFolderError(
            f"the training folder {folder} is empty: {images.name} holds no chip; export some first"
        )
    entries = [entry for entry in sorted(labels.iterdir()) if entry.is_file() and entry.name[0] != "."]
    name = _format(folder, statistics, entries, {chip.stem for chip in chips})
    form = get_sample_format(name)
    label_files = {entry.stem: entry for entry in entries if entry.suffix.lower() in form.suffixes}
    seconds = _seconds(images) if form.pairs else {}
    if seconds:
        paired = [chip for chip in chips if chip.stem in seconds]
        if len(paired) < len(chips):
            job.warn(f"{folder}: {len(chips) - len(paired)} chips have no second chip and are left out")
        chips = paired or chips
    pairs = [(chip, label_files[chip.stem]) for chip in chips if chip.stem in label_files]
    if not pairs:
        raise SampleFolderError(
            f"no chip of {folder} has a label file ({form.suffixes[0]}) in {labels.name}: export the folder again"
        )
    if len(pairs) < len(chips):
        job.warn(f"{folder}: {len(chips) - len(pairs)} chips have no label file and are left out")
    if unused := len(label_files) - len({chip.stem for chip, _ in pairs}):
        job.warn(f"{folder}: {unused} label files have no chip and are left out")
    doubled = [stem for stem, count in Counter(chip.stem for chip, _ in pairs).items() if count > 1]
    if doubled:
        raise SampleFolderError(
            f"{folder} has several chips named {doubled[0]} with different suffixes: keep one of them"
        )
    rows = {row.chip: row for row in read_chip_rows(folder / CHIPS)} if (folder / CHIPS).is_file() else {}
    return Layout(folder, name, form, pairs, statistics, emd, rows, seconds)


def _chips(folder: Path) -> list[Path]:
    """Return the images of a folder, in order of their names."""
    return [
        entry for entry in sorted(folder.iterdir()) if entry.suffix.lower() in _IMAGE_SUFFIXES and entry.name[0] != "."
    ]


def _seconds(images: Path) -> dict[str, Path]:
    """Return the second chips of change pairs by stem, none without such a folder."""
    folder = images.parent / _SECOND.get(images.name, "")
    return {chip.stem: chip for chip in _chips(folder)} if folder != images.parent and folder.is_dir() else {}


def _parts(folder: Path) -> tuple[Path, Path]:
    """Return the folders of chips and of labels."""
    entries = {entry.name: entry for entry in folder.iterdir() if entry.is_dir()}
    for images, labels in _PAIRS:
        if images in entries and labels in entries:
            return entries[images], entries[labels]
    if not any(folder.iterdir()):
        raise SampleFolderError(f"the training folder {folder} is empty: export chips to it first")
    raise SampleFolderError(
        f"{folder} has no folders images and labels: choose a folder that the export wrote, or put chips and "
        f"label files there"
    )


def _format(folder: Path, statistics: dict[str, Any], label_files: list[Path], chips: set[str]) -> str:
    """Return the label format of a folder, from its statistics or from the suffix of the label files."""
    if statistics:
        mode = str(statistics.get("MetaDataMode", ""))
        name = format_name(mode)
        if name is None:
            raise SampleFolderError(
                f"{folder} holds labels of the format {mode or 'unknown'}: choose a folder of "
                f"{' or '.join(sample_formats())}"
            )
        return name
    suffixes = {entry.suffix.lower() for entry in label_files if entry.stem in chips}
    suffixes = suffixes or {entry.suffix.lower() for entry in label_files}
    found = {name for name, form in sample_formats().items() if suffixes & set(form.suffixes)}
    if not found:
        raise SampleFolderError(
            f"{folder} holds no label files that can be read: PASCAL VOC has .xml files, KITTI .txt "
            f"files and label rasters are .tif or .png files"
        )
    if len(found) > 1:
        raise SampleFolderError(
            f"{folder} mixes label files of {' and '.join(sorted(found))}: keep those of one format"
        )
    return found.pop()
