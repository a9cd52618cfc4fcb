"""RCNN masks: for each class in a chip one label raster whose pixels number the instances of that class from 1.

They are made from polygons, points or lines with a buffer, or the connected regions of class rasters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..classes import with_colors
from ..errors import SampleFolderError
from ..job import Job
from ..raster.reading import RasterSource
from .cell_size import OBJECT_PIXELS
from .chip_files import ChipFiles, with_labels
from .chip_rows import ChipRow
from .cutting import Cutting
from .exporting import Exporter, GridCut
from .heads import Head
from .instance_labels import InstanceLabels, instance_labels
from .instance_masks import InstanceLabeller
from .instance_reading import ChipMasks, complete, empty_chips, files_by_chip, joined, read_files
from .instance_statistics import InstanceStatistics
from .layout import Layout
from .listing import Listing
from .masks import NO_CENTRE
from .naming import declared_classes
from .object_labels import RegionLabels
from .placing import PlacedLabels
from .record import FolderRecord
from .registry import LabelRequest, RunLabels, Understood, sample_format
from .samples import InstanceSample
from .turning import Turn


@sample_format("RCNN_Masks")
class RcnnMasks(GridCut):
    """Makes, writes and reads ``labels/<class>/<chip>.tif``."""

    suffixes = (".tif", ".tiff", ".png")
    pairs = False
    statistics = InstanceStatistics
    too_small = NO_CENTRE

    def labels(self, request: LabelRequest, job: Job) -> InstanceLabels | RegionLabels:
        """Return the instances of an export; see ``instance_labels`` for what is refused."""
        return instance_labels(request, job)

    def exporter(self, folder: Path, cutting: Cutting, record: FolderRecord, labels: RunLabels) -> Exporter:
        """Return what cuts the chips of the grid; each class has a folder."""
        if isinstance(record.labels, InstanceStatistics):
            record.labels.folders = record.class_folders
        return super().exporter(folder, cutting, record, labels)

    def object_pixels(self, labels: RunLabels) -> float | None:
        """Return the width at which networks learn objects best; regions of a raster have the size of its cells."""
        return OBJECT_PIXELS if isinstance(labels, InstanceLabels) else None

    def label_bytes(self, cutting: Cutting) -> int:
        """Return the bytes set aside for a label raster and two world files of a chip."""
        return cutting.rows * cutting.cols * 2 + 1024

    def labeller(
        self, labels: RunLabels, placed: PlacedLabels, source: RasterSource, cutting: Cutting, turns: Sequence[Turn],
        statistics: InstanceStatistics,
    ) -> InstanceLabeller:  # fmt: skip
        """Return what makes the masks of one raster."""
        return InstanceLabeller(labels, placed, source, cutting, turns, statistics, self.label_folders[0])

    def tell(self, labels: RunLabels, statistics: InstanceStatistics, job: Job) -> None:
        """Say how many features are too small for a mask."""
        tell_unseen(statistics, job)

    def recognises(self, listing: Listing) -> bool:
        """Return whether folders of label rasters with the names of chips lie beside the chips."""
        chips = {chip.stem for chip in listing.chips}
        return not chips.isdisjoint(files_by_chip(listing.label_folders, self.suffixes))

    def chip_files(self, listing: Listing, rows: Mapping[str, ChipRow], job: Job) -> ChipFiles:
        """Return the chips of a folder that have a label file, and those that are known to be empty."""
        listing.needed_parts()
        found = complete(listing, files_by_chip(listing.label_folders, self.suffixes), rows)
        empty = empty_chips(listing, rows)
        return ChipFiles(*with_labels(listing, listing.chips, found, self.suffixes[0], job, empty))

    def read(self, layout: Layout, job: Job) -> list[ChipMasks]:
        """Return what the label rasters of a folder say."""
        return read_files(layout.labels, job)

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the samples of all folders."""
        found, known = joined(layouts, contents, heads, declared_classes(layouts, job), job)
        if not any(len(entry.boxes) for entry in found):
            raise SampleFolderError(f"no mask of {layouts[0].folder} has an instance: export chips with objects")
        images = [chip for layout in layouts for chip in layout.images]
        samples = [
            InstanceSample(image, entry.boxes, entry.classes, entry.masks, shape=heads[0].shape)
            for image, entry in zip(images, found, strict=True)
        ]
        return Understood(samples, with_colors(known[value] for value in sorted(known)))


def tell_unseen(statistics: InstanceStatistics, job: Job) -> None:
    """Say how many features hold no pixel centre, and so have no mask."""
    if count := len(statistics.unseen):
        job.message(f"{count} features hold no centre of a pixel and are in no mask")
