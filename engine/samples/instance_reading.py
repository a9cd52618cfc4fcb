"""Reading folders with masks of instances: a folder of label rasters for each class, named after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..classes import ClassInfo
from ..errors import SampleFolderError
from ..job import Job
from .chip_rows import ChipRow
from .heads import Head
from .instances import enclosing_boxes, instance_numbers
from .layout import Layout
from .listing import Listing, entries_in
from .naming import whole_number
from .record import CLASS_FOLDERS, MAP, OURS

_THREADS = 4
_GROUP = 64


@dataclass(frozen=True)
class MaskFile:
    """What a label raster of instances says.

    Attributes:
        path: The file; its folder is named after the class.
        boxes: (n, 4) float32 ``col_min, row_min, col_max, row_max`` in chip pixels, one an instance.
        shape: Rows and columns of the raster.
    """

    path: Path
    boxes: np.ndarray
    shape: tuple[int, int]

    @property
    def folder(self) -> str:
        """Name of the folder it lies in."""
        return self.path.parent.name


@dataclass(frozen=True)
class ChipMasks:
    """What the label rasters of a chip say.

    Attributes:
        files: One a class.
    """

    files: tuple[MaskFile, ...]

    @property
    def size(self) -> None:
        """Label rasters say nothing about their chip."""

    @property
    def bands(self) -> int:
        """Label rasters say nothing about their chip."""
        return 0


@dataclass(frozen=True)
class Instances:
    """The instances of a chip.

    Attributes:
        boxes: (n, 4) float32 ``col_min, row_min, col_max, row_max`` in chip pixels.
        classes: (n,) int64 class values, ascending.
        masks: See ``InstanceSample``.
    """

    boxes: np.ndarray
    classes: np.ndarray
    masks: tuple[tuple[int, Path], ...]


def files_by_chip(folders: Sequence[Path], suffixes: Collection[str]) -> dict[str, tuple[Path, ...]]:
    """Return the label rasters in folders of classes by the stem of their chip."""
    found: dict[str, list[Path]] = {}
    for folder in folders:
        for entry in entries_in(folder):
            if entry.suffix.lower() in suffixes:
                found.setdefault(entry.stem, []).append(entry)
    return {stem: tuple(files) for stem, files in found.items()}


def complete(
    listing: Listing, found: Mapping[str, tuple[Path, ...]], rows: Mapping[str, ChipRow]
) -> dict[str, tuple[Path, ...]]:
    """Return the label files by chip without those of chips that lack a file which our export wrote."""
    there = {path.relative_to(listing.folder).as_posix() for files in found.values() for path in files}
    return {
        stem: files for stem, files in found.items() if stem not in rows or there.issuperset(rows[stem].labels or ())
    }


def empty_chips(listing: Listing, rows: Mapping[str, ChipRow]) -> set[str]:
    """Return the chips that are known to have no instance: by our list, else by a line of ``map.txt`` without label."""
    if rows:
        return {stem for stem, row in rows.items() if row.labels == ()}
    path = listing.folder / MAP
    if not path.is_file():
        return set()
    lines = (line.split() for line in path.read_text("utf-8", errors="replace").splitlines())
    return {Path(words[0].replace("\\", "/")).stem for words in lines if len(words) == 1}


def read_files(labels: Sequence[tuple[Path, ...]], job: Job) -> list[ChipMasks]:
    """Return what the label rasters of each chip say.

    Raises:
        SampleFolderError: A label is damaged or holds other values than numbers of instances.
    """
    paths = [path for files in labels for path in files]
    found: dict[Path, MaskFile] = {}
    with ThreadPoolExecutor(_THREADS) as threads:
        for begin in range(0, len(paths), _GROUP):
            job.check()
            group = paths[begin : begin + _GROUP]
            found |= zip(group, threads.map(_looked_at, group), strict=True)
    return [ChipMasks(tuple(found[path] for path in files)) for files in labels]


def joined(
    layouts: Sequence[Layout],
    contents: Sequence[Sequence[ChipMasks]],
    heads: Sequence[Head],
    declared: Sequence[ClassInfo],
    job: Job,
) -> tuple[list[Instances], dict[int, ClassInfo]]:
    """Return the instances of all chips, and the classes by value.

    Args:
        layouts: The folders.
        contents: What the label rasters of each say.
        heads: Size and place of all chips.
        declared: Classes that the folders declare, none where nothing does.
        job: Told which classes are new.

    Raises:
        SampleFolderError: A folder is of class 0, a label has another size than its chip, or the folders contradict
            each other.
    """
    names = [{file.folder for entry in content for file in entry.files} for content in contents]
    values, known = _values_of_folders(layouts, names, declared, job)
    numbered = [(entry, mine) for content, mine in zip(contents, values, strict=True) for entry in content]
    return [_of_chip(entry, mine, head) for (entry, mine), head in zip(numbered, heads, strict=True)], known


def _of_chip(entry: ChipMasks, values: Mapping[str, int], head: Head) -> Instances:
    """Return the instances of one chip, class by class."""
    files = sorted((values[file.folder], file.path, file) for file in entry.files if len(file.boxes))
    for _, path, file in files:
        if file.shape != (head.rows, head.cols):
            raise SampleFolderError(
                f"the label {path} has {file.shape[1]} x {file.shape[0]} pixels and its chip {head.cols} x "
                f"{head.rows}: make them the same size"
            )
    return Instances(
        np.concatenate([np.zeros((0, 4), np.float32), *(file.boxes for _, _, file in files)]),
        np.repeat(np.array([value for value, _, _ in files], np.int64), [len(file.boxes) for _, _, file in files]),
        tuple((value, path) for value, path, _ in files),
    )


def _looked_at(path: Path) -> MaskFile:
    """Return what one label raster says."""
    numbers, count = instance_numbers(path)
    return MaskFile(path, enclosing_boxes(numbers, count), numbers.shape)


def _values_of_folders(
    layouts: Sequence[Layout], names: Sequence[set[str]], declared: Sequence[ClassInfo], job: Job
) -> tuple[list[dict[str, int]], dict[int, ClassInfo]]:
    """Return the class value of each folder's folders by their names, and all classes by value.

    Folders are named after declared classes, or their values; other names get numbers that are free, whole numbers
    their own.
    """
    known = {entry.value: entry for entry in declared if entry.value}
    by_name = {entry.name.casefold(): value for value, entry in known.items()}
    by_name |= {entry.name: value for value, entry in known.items()}
    values: list[dict[str, int]] = [_renamed(layout) for layout in layouts]
    unknown: list[str] = []
    for name in sorted(set().union(*names)):
        number = whole_number(name)
        value = by_name.get(name, number if number in known else by_name.get(name.casefold()))
        if value is None and any(name in own and name not in mine for own, mine in zip(names, values, strict=True)):
            value = number if number is not None else max(known, default=0) + 1
            known[value] = ClassInfo(value, name)
            unknown.append(name)
        for own in values:
            if value is not None:
                own.setdefault(name, value)
    for layout, folders, mine in zip(layouts, names, values, strict=True):
        if zero := [name for name in folders if mine[name] == 0]:
            raise SampleFolderError(
                f"{layout.folder} has masks of class 0 ({zero[0]}), which is the background: give the class a value "
                f"above 0"
            )
    if declared and unknown:
        some = ", ".join(unknown[:8]) + (" ..." if len(unknown) > 8 else "")
        job.warn(f"{layouts[0].folder} has masks of classes that it does not declare, taken as classes: {some}")
    return values, known


def _renamed(layout: Layout) -> dict[str, int]:
    """Return class values by the folders that our export called otherwise than the class."""
    own = layout.statistics.get(OURS)
    folders = own.get(CLASS_FOLDERS) if isinstance(own, dict) else None
    if not isinstance(folders, dict):
        return {}
    return {str(name): int(value) for value, name in folders.items() if whole_number(value) is not None}
