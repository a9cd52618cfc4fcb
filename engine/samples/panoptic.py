"""Panoptic segmentation: a label raster of classes for each chip, and masks of the instances of some classes.

The former are those of classified tiles, the latter those of RCNN masks in a folder of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..classes import with_colors
from ..job import Job
from ..raster.reading import RasterSource
from .chip_files import ChipFiles, with_labels
from .chip_rows import ChipRow
from .chips import ChipKind
from .classified_tiles import ClassifiedTiles
from .cutting import Cutting
from .exporting import Exporter, GridCut, LabelledRaster
from .heads import Head
from .instance_labels import instance_labels
from .instance_masks import InstanceLabeller, InstanceStrip
from .instance_reading import ChipMasks, complete, files_by_chip, joined, read_files
from .instance_statistics import InstanceStatistics
from .layout import Layout
from .listing import Listing, entries_in
from .mask_reading import LabelPixels, label_pixels, understood
from .masks import NO_CENTRE, MaskLabeller, MaskStrip
from .panoptic_labels import PanopticLabels, PanopticPlaced
from .pixel_statistics import ClassPixelStatistics
from .rcnn_masks import tell_unseen
from .record import FolderRecord
from .registry import ChipFile, LabelRequest, RunLabels, Understood, Written, sample_format
from .samples import MaskSample, PanopticSample
from .turning import Turn

INSTANCES = "labels2"
"""Folder of the folders of classes with masks of instances."""


@dataclass
class PanopticStatistics(ClassPixelStatistics):
    """Statistics of the label rasters, which are those of the folder, and of the masks of a run.

    Attributes:
        instances: Masks of instances met.
    """

    instances: InstanceStatistics = field(default_factory=InstanceStatistics, compare=False)

    def values(self) -> set[int]:
        """Return the classes that were met, in label rasters or masks."""
        return super().values() | self.instances.values()

    def merge(self, other: ClassPixelStatistics) -> None:
        """Take in the labels of other chips."""
        super().merge(other)
        if isinstance(other, PanopticStatistics):
            self.instances.merge(other.instances)


class PanopticExporter(Exporter):
    """Writes chips and both their labels, and keeps in the folder's record which classes have instances."""

    def export(
        self, raster: LabelledRaster, kinds: Sequence[ChipKind], job: Job, done: Callable[[float], None]
    ) -> None:
        """Write the chips of one raster; see ``Exporter``."""
        super().export(raster, kinds, job, done)
        record = self._record
        if isinstance(record.labels, PanopticStatistics):
            met = record.labels.instances.values()
            record.instance_values = frozenset(met) | (record.instance_values or frozenset())


@dataclass(frozen=True)
class PanopticContent:
    """What the label files of a chip say.

    Attributes:
        pixels: Its label raster.
        masks: Its masks of instances.
    """

    pixels: LabelPixels
    masks: ChipMasks

    @property
    def size(self) -> None:
        """Label rasters say nothing about their chip."""

    @property
    def bands(self) -> int:
        """Label rasters say nothing about their chip."""
        return 0


@sample_format("Panoptic_Segmentation")
class Panoptic(GridCut):
    """Makes, writes and reads ``labels/<chip>.tif`` and ``labels2/<class>/<chip>.tif``."""

    suffixes = (".tif", ".tiff", ".png")
    pairs = False
    takes_instances = True
    label_folders = ("labels", INSTANCES)
    statistics = PanopticStatistics
    too_small = NO_CENTRE

    def __init__(self) -> None:
        """Take the label rasters from classified tiles."""
        self._tiles = ClassifiedTiles()

    def labels(self, request: LabelRequest, job: Job) -> PanopticLabels:
        """Return the labels of an export.

        Raises:
            FeatureError: There are none of one kind, or class values are unfit.
            RasterError: A raster is no class raster.
        """
        pixels = self._tiles.labels(request, job)
        instances = replace(request, source=request.instances, field=request.instance_field)
        return PanopticLabels(pixels, instance_labels(instances, job))

    def exporter(self, folder: Path, cutting: Cutting, record: FolderRecord, labels: RunLabels) -> PanopticExporter:
        """Return what cuts the chips of the grid; each class with instances has a folder."""
        if isinstance(record.labels, PanopticStatistics):
            record.labels.instances.folders = record.class_folders
        return PanopticExporter(folder, cutting, record, self, labels)

    def object_pixels(self, labels: RunLabels) -> None:
        """Land cover keeps the raster's own cell size."""

    def label_bytes(self, cutting: Cutting) -> int:
        """Return the bytes set aside for two label rasters and three world files of a chip."""
        return cutting.rows * cutting.cols * 4 + 2048

    def labeller(
        self, labels: Any, placed: PanopticPlaced, source: RasterSource, cutting: Cutting, turns: Sequence[Turn],
        statistics: PanopticStatistics,
    ) -> PanopticLabeller:  # fmt: skip
        """Return what makes both labels of one raster."""
        return PanopticLabeller(
            self._tiles.labeller(labels.pixels, placed.pixels, source, cutting, turns, statistics),
            InstanceLabeller(
                labels.instances, placed.instances, source, cutting, turns, statistics.instances, INSTANCES
            ),
        )

    def tell(self, labels: Any, statistics: PanopticStatistics, job: Job) -> None:
        """Say what 0 means in the label rasters, and how many instances have masks."""
        self._tiles.tell(labels.pixels, statistics, job)
        found = statistics.instances
        job.message(f"{found.objects} instances of {len(found.values())} classes have masks in {INSTANCES}")
        tell_unseen(found, job)

    def recognises(self, listing: Listing) -> bool:
        """Folders of others are no panoptic ones: nothing but an export says so."""
        return False

    def chip_files(self, listing: Listing, rows: Mapping[str, ChipRow], job: Job) -> ChipFiles:
        """Return the chips of a folder that have a label raster; its masks follow it."""
        listing.needed_parts()
        folder = listing.folder / INSTANCES
        folders = [entry for entry in entries_in(folder) if entry.is_dir()] if folder.is_dir() else []
        masks = files_by_chip(folders, self.suffixes)
        rasters = {entry.stem: entry for entry in listing.labels if entry.suffix.lower() in self.suffixes}
        found = {stem: (entry, *masks.get(stem, ())) for stem, entry in rasters.items()}
        images, labels = with_labels(listing, listing.chips, complete(listing, found, rows), self.suffixes[0], job)
        return ChipFiles(images, labels)

    def read(self, layout: Layout, job: Job) -> list[PanopticContent]:
        """Return what the label files of a folder say."""
        masks = read_files([files[1:] for files in layout.labels], job)
        return [PanopticContent(*both) for both in zip(label_pixels(layout, job), masks, strict=True)]

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the samples of all folders."""
        found = understood(layouts, [[entry.pixels for entry in content] for content in contents], heads, job)
        masks = [[entry.masks for entry in content] for content in contents]
        instances, known = joined(layouts, masks, heads, found.classes, job)
        if not any(len(entry.boxes) for entry in instances):
            job.warn(f"{layouts[0].folder} has no mask of an instance in {INSTANCES}: there are classes of pixels only")
        samples = [
            PanopticSample(**vars(sample), boxes=entry.boxes, classes=entry.classes, masks=entry.masks)
            for sample, entry in zip(found.samples, instances, strict=True)
            if isinstance(sample, MaskSample)
        ]
        return Understood(samples, with_colors(known[value] for value in sorted(known)), found.unlabelled)


class PanopticLabeller:
    """Makes both labels of one raster, strip by strip; a context manager."""

    def __init__(self, pixels: MaskLabeller, instances: InstanceLabeller) -> None:
        """Bring both together."""
        self._pixels, self._instances = pixels, instances

    def __enter__(self) -> PanopticLabeller:
        """Open what the label rasters are read from."""
        self._pixels.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        """Close it."""
        self._pixels.__exit__(*error)

    def strip(self, row: int, cols: np.ndarray) -> PanopticStrip:
        """Return both labels of the chips that begin in a row."""
        return PanopticStrip(self._pixels.strip(row, cols), self._instances.strip(row, cols))


class PanopticStrip:
    """Both labels of one strip of chips."""

    def __init__(self, pixels: MaskStrip, instances: InstanceStrip) -> None:
        """Bring both together."""
        self._pixels, self._instances = pixels, instances

    def labelled(self, copy: int) -> Collection[int]:
        """Return the chips in which a pixel has a class or an instance."""
        return {*self._pixels.labelled(copy), *self._instances.labelled(copy)}

    def write(self, copy: int, chip: int, file: ChipFile) -> Written:
        """Write the label raster of a chip and a mask for each class with instances in it."""
        pixels, masks = self._pixels.write(copy, chip, file), self._instances.write(copy, chip, file)
        raster = f"{file.folder.name}/{file.stem}{Panoptic.suffixes[0]}"
        return Written(pixels.pixels, (raster, *(masks.labels or ())))

    def count(self, copy: int, chips: Sequence[int]) -> None:
        """Take the labels that were written into the statistics."""
        self._pixels.count(copy, chips)
        self._instances.count(copy, chips)
