"""Finding the chips and label files of a training folder, whoever made it; formats say how theirs are found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..classes import ClassInfo
from ..errors import SampleFolderError
from ..job import Job
from .chip_rows import ChipRow, read_chip_rows
from .foreign.registry import foreign_layout
from .listing import Listing
from .record import CHIPS, EMD, JSON, MAP, read_json
from .registry import LabelReader, format_name, get_sample_format, sample_formats


@dataclass(frozen=True)
class Layout:
    """What a training folder holds.

    Attributes:
        folder: The folder.
        form_name: Label format, such as ``PASCAL_VOC_rectangles``.
        form: What reads its labels.
        images: The chips, in order of their file names.
        labels: The label files of each chip, in an order that the format knows; none for a chip without.
        statistics: Content of Esri's JSON statistics, empty without.
        emd: Content of the template ``.emd``, empty without.
        chips: Rows of our ``chips.csv`` by chip, empty in folders of others.
        seconds: Second chip of a change pair by chip, empty without.
        classes: Classes that the folder declares in another way than Esri's statistics.
    """

    folder: Path
    form_name: str
    form: LabelReader
    images: list[Path]
    labels: list[tuple[Path, ...]]
    statistics: dict[str, Any]
    emd: dict[str, Any]
    chips: dict[str, ChipRow]
    seconds: dict[str, Path] = field(default_factory=dict)
    classes: tuple[ClassInfo, ...] = ()

    @property
    def exported(self) -> bool:
        """Whether an export tool wrote the folder: ours or Esri's."""
        return bool(self.statistics)

    @property
    def pairs(self) -> list[tuple[Path, Path]]:
        """Chip and label file, of formats with one label file a chip."""
        return [(image, files[0]) for image, files in zip(self.images, self.labels, strict=True)]


def find_layout(folder: Path, job: Job) -> Layout:
    """Look into a training folder, or into a file that lists chips and labels.

    Raises:
        SampleFolderError: It is missing, empty, or its label format is not one that works here.
    """
    exported = (folder / JSON).is_file() and (folder / EMD).is_file() and (folder / MAP).is_file()
    if not exported and (foreign := foreign_layout(folder, job)) is not None:
        return foreign
    if not str(folder).strip() or not folder.is_dir():
        raise SampleFolderError(f"the training folder {folder} does not exist: choose one that the export wrote")
    statistics = read_json(folder / JSON) if exported else {}
    emd = read_json(folder / EMD) if exported else {}
    rows = {row.chip: row for row in read_chip_rows(folder / CHIPS)} if (folder / CHIPS).is_file() else {}
    _check_whole(folder, exported)
    listing = Listing(folder)
    name = _format(listing, statistics)
    form = get_sample_format(name)
    found = form.chip_files(listing, rows, job)
    doubled = [path.name for path, count in Counter(chip.with_suffix("") for chip in found.images).items() if count > 1]
    if doubled:
        raise SampleFolderError(
            f"{folder} has several chips named {doubled[0]} with different suffixes: keep one of them"
        )
    return Layout(folder, name, form, found.images, found.labels, statistics, emd, rows, found.seconds)


def _check_whole(folder: Path, exported: bool) -> None:
    """Refuse a folder of training folders, such as the two of CycleGAN."""
    inside = sorted(entry.parent.name for entry in folder.glob(f"*/{JSON}"))
    if inside and not exported:
        raise SampleFolderError(f"{folder} holds the training folders {' and '.join(inside)}: choose one of them")


def _format(listing: Listing, statistics: dict[str, Any]) -> str:
    """Return the label format of a folder, from its statistics; else the one that recognises its files."""
    folder = listing.folder
    if statistics:
        mode = str(statistics.get("MetaDataMode", ""))
        name = format_name(mode)
        if name is None:
            raise SampleFolderError(
                f"{folder} holds labels of the format {mode or 'unknown'}: choose a folder of "
                f"{' or '.join(sample_formats())}"
            )
        return name
    found = [name for name, form in sample_formats().items() if form.recognises(listing)]
    if not found:
        listing.needed_parts()
        raise SampleFolderError(
            f"{folder} holds no label files that can be read: PASCAL VOC has .xml files, KITTI .txt "
            f"files and label rasters are .tif or .png files"
        )
    if len(found) > 1:
        raise SampleFolderError(
            f"{folder} mixes label files of {' and '.join(sorted(found))}: keep those of one format"
        )
    return found[0]
