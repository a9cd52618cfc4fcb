"""Reading folders with one label raster a chip: which classes are in each label, and what 0 means."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import rasterio

from ..classes import ClassInfo, with_colors
from ..errors import SampleFolderError
from ..job import Job
from ..raster.crs import GDAL_ERRORS
from .heads import Head, bounds_of
from .layout import Layout
from .naming import declared_classes
from .record import CHIPS
from .registry import Understood
from .samples import NO_LABEL, MaskSample, class_values, label_band, quick_open, read_label

_THREADS = 4
_GROUP = 64

KEY = "UnlabelledValue"
"""Where the template says what 0 means."""


@dataclass(frozen=True)
class LabelPixels:
    """What a label raster says.

    Attributes:
        values: (k,) int64, ascending: the class values in it, and 0 where it occurs.
        counts: (k,) int64, pixels of each.
        shape: Rows and columns of the label, None when it was not opened.
        nodata: What the file declares as nodata, None without, or when it was not opened.
        bounds: Left, bottom, right, top in map units, None without georeference, or when it was not opened.
        south_up: Its first row is the southernmost.
    """

    values: np.ndarray
    counts: np.ndarray
    shape: tuple[int, int] | None = None
    nodata: int | None = None
    bounds: tuple[float, float, float, float] | None = None
    south_up: bool = False

    @property
    def size(self) -> None:
        """A label raster says nothing about its chip."""

    @property
    def bands(self) -> int:
        """A label raster says nothing about its chip."""
        return 0


def label_pixels(layout: Layout, job: Job) -> list[LabelPixels]:
    """Return what the label rasters of a folder say.

    In a folder of ours ``chips.csv`` says it, unless a label is newer than that.

    Raises:
        SampleFolderError: A label is damaged, has several bands, or values that are no class values.
    """
    listed = (layout.folder / CHIPS).stat().st_mtime_ns if layout.chips else 0
    found: list[LabelPixels | None] = []
    pairs = layout.pairs
    for chip, label in pairs:
        row = layout.chips.get(chip.stem)
        trusted = row is not None and row.pixels is not None and os.stat(label).st_mtime_ns <= listed
        said = np.array(row.pixels if trusted and row is not None else (), np.int64).reshape(-1, 2)
        found.append(LabelPixels(said[:, 0], said[:, 1]) if trusted else None)
    unknown = [index for index, entry in enumerate(found) if entry is None]
    with ThreadPoolExecutor(_THREADS) as threads:
        for begin in range(0, len(unknown), _GROUP):
            job.check()
            group = unknown[begin : begin + _GROUP]
            for index, entry in zip(group, threads.map(_looked_at, [pairs[i][1] for i in group]), strict=True):
                found[index] = entry
    return [entry for entry in found if entry is not None]


def understood(
    layouts: list[Layout], contents: list[Sequence[LabelPixels]], heads: Sequence[Head], job: Job
) -> Understood:
    """Return the samples of all folders.

    Args:
        layouts: The folders.
        contents: What the labels of each say.
        heads: Size and place of all chips.
        job: Told what was added, mended or assumed.

    Raises:
        SampleFolderError: No pixel has a label, labels cannot be brought to the size of their chips, or the folders
            contradict each other on what 0 means.
    """
    samples = _samples(layouts, contents, heads, job)
    values = {int(value) for sample in samples for value in sample.values} - {0}
    if not values:
        raise SampleFolderError(
            f"no label of {layouts[0].folder} has a labelled pixel: export chips with labelled ground"
        )
    declared = declared_classes(layouts, job)
    known = {entry.value: entry for entry in declared if entry.value}
    if unknown := sorted(values - set(known)):
        known |= {value: ClassInfo(value, str(value)) for value in unknown}
        if declared:
            some = ", ".join(map(str, unknown[:8])) + (" ..." if len(unknown) > 8 else "")
            job.warn(f"the labels hold values that {layouts[0].folder} does not declare, taken as classes: {some}")
    unlabelled = _meaning_of_zero(layouts, contents, len(known), any(not entry.value for entry in declared), job)
    return Understood(samples, with_colors(known[value] for value in sorted(known)), unlabelled)


def _samples(
    layouts: list[Layout], contents: list[Sequence[LabelPixels]], heads: Sequence[Head], job: Job
) -> list[MaskSample]:
    """Return the samples; labels on another grid than their chip are marked, counted and told."""
    pairs = [(*pair, layout.seconds.get(pair[0].stem)) for layout in layouts for pair in layout.pairs]
    entries = [entry for content in contents for entry in content]
    samples = []
    moved = 0
    for (chip, label, second), entry, head in zip(pairs, entries, heads, strict=True):
        sample = MaskSample(chip, label, entry.values, entry.counts, second, shape=head.shape)
        if _elsewhere(entry, head):
            job.check()
            sample = _recounted(replace(sample, moved=True))
            moved += 1
        samples.append(sample)
    if moved:
        job.warn(f"{moved} labels have another size or place than their chip: they are resampled by nearest neighbour")
    return samples


def _elsewhere(entry: LabelPixels, head: Head) -> bool:
    """Return whether a label has another size than its chip, is upside down, or lies half a pixel or more aside."""
    if entry.shape is None:
        return False
    if entry.shape != (head.rows, head.cols):
        return True
    if entry.bounds is None or head.cell_size is None:
        return False
    if entry.south_up != head.south_up:
        return True
    return bool(np.abs(np.subtract(entry.bounds, head.bounds)).max() > min(head.cell_size) / 2)


def _looked_at(path: Path) -> LabelPixels:
    """Return what one label raster says."""
    try:
        with quick_open(), rasterio.open(path) as label:
            band = label_band(label, path)
            pixels, nodata = label.read(band), label.nodatavals[band - 1]
            bounds = None if label.transform.is_identity else bounds_of(label)
            south_up = bounds is not None and label.transform.e > 0
    except (*GDAL_ERRORS, ValueError) as error:
        raise SampleFolderError(
            f"the label {path} cannot be read: it is damaged; export it again or remove it"
        ) from error
    values, counts = _counted(class_values(pixels, nodata, path))
    shape = (int(label.height), int(label.width))
    known = int(nodata) if nodata is not None and np.isfinite(nodata) else None
    return LabelPixels(values, counts, shape, known, bounds, south_up)


def _counted(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of class pixels, ascending, and how many there are of each, those without a label left out."""
    counts = np.bincount(pixels[pixels != NO_LABEL] if pixels.dtype == np.int32 else pixels.ravel())
    values = np.flatnonzero(counts)
    return values.astype(np.int64), counts[values].astype(np.int64)


def _recounted(sample: MaskSample) -> MaskSample:
    """Return a sample with the values that its label has on the grid of its chip."""
    values, counts = _counted(read_label(sample))
    return replace(sample, values=values, counts=counts)


def _meaning_of_zero(
    layouts: list[Layout], contents: list[Sequence[LabelPixels]], classes: int, named: bool, job: Job
) -> int | None:
    """Return 0 when it stands for pixels without a label, None when it is the background."""
    said: dict[int | None, Path] = {}
    for layout, content in zip(layouts, contents, strict=True):
        if layout.exported and KEY in layout.emd:
            said.setdefault(None if layout.emd[KEY] is None else 0, layout.folder)
        elif not any(0 in entry.values for entry in content) or any(entry.nodata == 0 for entry in content):
            said.setdefault(0, layout.folder)
        else:
            background = named or classes == 1
            said.setdefault(None if background else 0, layout.folder)
            job.message(
                f"{layout.folder} does not say what 0 means in its labels: "
                + ("it is taken as the background" if background else "it is taken as unlabelled")
                + f", as there {'is one class' if classes == 1 else f'are {classes} classes'}"
            )
    if len(said) > 1:
        raise SampleFolderError(
            f"0 is the background in {said[None]} and unlabelled in {said[0]}: train on folders that mean the same by 0"
        )
    return next(iter(said))
