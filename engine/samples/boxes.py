"""What the formats of rectangles share: one text file a chip, made from features; only the text differs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FeatureError, ParameterError, SampleFolderError
from ..job import Job
from ..raster.reading import RasterSource
from ..vector.labels import read_labels
from .cell_size import OBJECT_PIXELS
from .chip_files import OneLabelFile
from .chips import write_whole
from .class_source import is_raster
from .cutting import Cutting
from .exporting import GridCut
from .heads import Head
from .label_layer import FeatureLabels
from .layout import Layout
from .naming import classified
from .placing import PlacedLabels, Placement
from .registry import ChipFile, LabelRequest, RunLabels, Understood, Written
from .samples import BoxSample
from .statistics import ObjectStatistics
from .turning import Turn

_LABEL_BYTES = 2048
"""A text of some objects and a world file."""

_FARTHEST = 2.0**31
"""Pixels from the corner of a chip."""


@dataclass(frozen=True)
class ChipLabel:
    """What is known of a chip when its label is written.

    Attributes:
        image_name: File name of the chip, without folder.
        cols: Width of the chip in pixels.
        rows: Height of the chip in pixels.
        bands: Number of bands of the chip.
        boxes: (n, 4) float64 ``col_min, row_min, col_max, row_max`` in chip pixels, rounded to 0.01.
        values: (n,) int64 class values.
    """

    image_name: str
    cols: int
    rows: int
    bands: int
    boxes: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class Objects:
    """What a label file says.

    Attributes:
        boxes: (n, 4) float32 ``col_min, row_min, col_max, row_max`` in chip pixels.
        names: Class of each box as the file writes it: a value or a name.
        size: Columns and rows of the chip as the file says, None when it does not.
        bands: Bands of the chip as the file says, 0 when it does not.
        ignored: Regions that the file marks as neither object nor background.
    """

    boxes: np.ndarray
    names: Sequence[str]
    size: tuple[int, int] | None = None
    bands: int = 0
    ignored: int = 0


def as_boxes(corners: Sequence[Sequence[float]]) -> np.ndarray:
    """Return (n, 4) float32 boxes from the finite numbers of a label file, drawn in to what pixels can be."""
    return np.clip(np.array(corners, np.float64).reshape(-1, 4), -_FARTHEST, _FARTHEST).astype(np.float32)


class BoxFormat(GridCut, OneLabelFile, ABC):
    """Base of the formats of rectangles, which add ``suffixes``, ``text`` and ``parse``."""

    suffixes: tuple[str, ...] = ()
    drawn_from = "boxes"
    pairs = False
    statistics = ObjectStatistics

    @abstractmethod
    def text(self, label: ChipLabel) -> str:
        """Return the content of a label file."""

    @abstractmethod
    def parse(self, text: bytes, path: Path) -> Objects:
        """Return what a label file says; ``SampleFolderError`` when it is broken."""

    def labels(self, request: LabelRequest, job: Job) -> FeatureLabels:
        """Read the features; see ``read_labels`` for what is refused, besides rasters."""
        if request.source is None:
            raise FeatureError("no labels are given: choose a layer of labelled features (in_class_data)")
        if is_raster(request.source):
            raise ParameterError(
                f"{request.source.path} is a raster and rectangles are made from features: choose a layer, or "
                f"metadata_format Classified_Tiles"
            )
        return FeatureLabels(read_labels(request.source, request.field, request.buffer_radius, job), request.imagery)

    def object_pixels(self, labels: RunLabels) -> float:
        """Return the width at which detectors learn objects best."""
        return OBJECT_PIXELS

    def label_bytes(self, cutting: Cutting) -> int:
        """Return the bytes set aside for the label and world file of a chip."""
        return _LABEL_BYTES

    def labeller(
        self, labels: RunLabels, placed: PlacedLabels, source: RasterSource, cutting: Cutting, turns: Sequence[Turn],
        statistics: ObjectStatistics,
    ) -> BoxLabeller:  # fmt: skip
        """Return what makes the boxes of one raster."""
        return BoxLabeller(self, placed, source, cutting, turns, statistics)

    def tell(self, labels: RunLabels, statistics: ObjectStatistics, job: Job) -> None:
        """Boxes leave nothing to be said."""

    def read(self, layout: Layout, job: Job) -> list[Objects]:
        """Return what the label files say."""
        found = []
        for number, (_, label) in enumerate(layout.pairs):
            if number % 64 == 0:
                job.check()
            found.append(self.parse(label.read_bytes(), label))
        if ignored := sum(entry.ignored for entry in found):
            job.message(f"{layout.folder}: {ignored} regions marked DontCare are left out, they are no objects")
        return found

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the samples of all folders with the classes of their boxes."""
        return boxes_understood(layouts, contents, heads, job)


class BoxLabeller:
    """Makes the boxes of one raster, strip by strip."""

    def __init__(
        self, form: BoxFormat, placed: PlacedLabels, source: RasterSource, cutting: Cutting, turns: Sequence[Turn],
        statistics: ObjectStatistics,
    ) -> None:  # fmt: skip
        """Label chips of a raster with the boxes of placed features."""
        self.form, self.cutting, self.statistics = form, cutting, statistics
        self._placed, self._turns = placed, turns
        self.bands, self.cell_area = len(source.bands), abs(source.transform.determinant)

    def __enter__(self) -> BoxLabeller:
        return self

    def __exit__(self, *error: Any) -> None:
        """Nothing is open."""

    def strip(self, row: int, cols: np.ndarray) -> BoxStrip:
        """Return the boxes of the chips that begin in a row."""
        cutting = self.cutting
        placements = [self._placed.in_strip(row, cutting.rows, cols, cutting.cols, cutting.least_share)]
        placements += [
            self._placed.in_turned_strip(
                row, cutting.rows, cols, cutting.cols, cutting.least_share, turn.transform, max(turn.margin)
            )
            for turn in self._turns
        ]
        return BoxStrip(self, placements)


class BoxStrip:
    """The boxes of one strip of chips, upright and turned."""

    def __init__(self, labeller: BoxLabeller, placements: list[Placement]) -> None:
        """Hold one placement for the upright chips and one for each turn."""
        self._labeller, self._placements = labeller, placements
        self._found = [dict(placement.by_chip()) for placement in placements]

    def labelled(self, copy: int) -> Collection[int]:
        """Return the chips that have a box."""
        return self._found[copy].keys()

    def write(self, copy: int, chip: int, file: ChipFile) -> Written:
        """Write the text file of a chip."""
        labeller, placement = self._labeller, self._placements[copy]
        place = self._found[copy].get(chip, slice(0, 0))
        label = ChipLabel(
            file.image_name,
            labeller.cutting.cols,
            labeller.cutting.rows,
            labeller.bands,
            placement.boxes[place],
            placement.values[place],
        )
        with open(f"{file.folder}/{file.stem}{labeller.form.suffixes[0]}", "wb", buffering=0) as stream:
            write_whole(stream, labeller.form.text(label).encode("utf-8"))
        return Written()

    def count(self, copy: int, chips: Sequence[int]) -> None:
        """Take the boxes of the chips that were written into the statistics."""
        placement = self._placements[copy]
        kept = np.isin(placement.chips, chips)
        areas = placement.areas[kept] * self._labeller.cell_area
        self._labeller.statistics.add(placement.chips[kept], placement.values[kept], areas, len(chips))


def boxes_understood(
    layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
) -> Understood:
    """Return the samples of chips whose labels are ``Objects``.

    Args:
        layouts: The folders.
        contents: What their labels say.
        heads: Size of each chip.
        job: Told what is left out.

    Raises:
        SampleFolderError: No chip has a box, or the folders give one class value two names.
    """
    parsed: list[list[Objects]] = [list(content) for content in contents]
    classes, values = classified(layouts, parsed, job)
    images = [chip for layout in layouts for chip in layout.images]
    samples = _samples(images, [entry for part in parsed for entry in part], values, heads, job)
    if not any(len(sample.boxes) for sample in samples):
        raise SampleFolderError(f"no chip of {layouts[0].folder} has a label: export chips with labelled objects")
    return Understood(samples, classes)


def cut_at_chip(entry: Objects, head: Head) -> tuple[np.ndarray, np.ndarray]:
    """Return the (n, 4) boxes of a chip cut at its edges, and (n,) bool, of which something is left."""
    boxes = np.clip(entry.boxes, 0, np.array([head.cols, head.rows] * 2, np.float32))
    return boxes, (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])


def _samples(
    images: list[Path], objects: list[Objects], values: list[np.ndarray], heads: Sequence[Head], job: Job
) -> list[BoxSample]:
    """Return the samples: boxes cut at the chip, empty ones left out and counted."""
    samples, dropped = [], 0
    for image, entry, classes, head in zip(images, objects, values, heads, strict=True):
        boxes, full = cut_at_chip(entry, head)
        dropped += int((~full & (entry.boxes.any(axis=1) if len(boxes) else full)).sum())
        keep = full & (classes >= 0)
        samples.append(BoxSample(image, boxes[keep], classes[keep], shape=head.shape))
    if dropped:
        job.warn(f"{dropped} boxes without an area inside their chip are left out")
    return samples
