"""Export tiles: chips without labels, and their second ones, for networks that make one image of another.

Labels may be given all the same: then only tiles with a feature are written, unless all are asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..classes import ClassInfo
from ..errors import SampleFolderError
from ..job import Job
from ..raster.reading import RasterSource
from ..vector.labels import read_labels
from .chip_files import ChipFiles
from .chip_rows import ChipRow
from .class_source import ClassRasterLabels, is_raster
from .cutting import Cutting
from .exporting import GridCut
from .heads import Head
from .label_layer import FeatureLabels
from .layout import Layout
from .listing import Listing, images_in
from .masks import MaskLabeller
from .painting import Coding
from .pixel_statistics import ClassPixelStatistics
from .placed_classes import PlacedClasses
from .placing import PlacedLabels, Placement
from .registry import ChipFile, Labeller, LabelRequest, RunLabels, StripLabels, Understood, Written, sample_format
from .samples import ChipSample, TilePair
from .tile_statistics import TileStatistics
from .turning import Turn


@sample_format("Export_Tiles")
class ExportTiles(GridCut):
    """Writes and reads ``images`` and, of a second raster, ``images2``."""

    suffixes: tuple[str, ...] = ()
    drawn_from = "images"
    pairs = True
    label_folders: tuple[str, ...] = ()
    statistics = TileStatistics

    def labels(self, request: LabelRequest, job: Job) -> RunLabels:
        """Return what chooses the tiles: features, class rasters, or nothing."""
        if request.source is None:
            return NoLabels()
        if is_raster(request.source):
            return ClassRasterLabels(request.source, request.imagery, request.pixel_space, job)
        labels = read_labels(request.source, request.field, request.buffer_radius, job, lines=True)
        return FeatureLabels(labels, request.imagery)

    def object_pixels(self, labels: RunLabels) -> None:
        """Tiles keep the raster's own cell size."""

    def label_bytes(self, cutting: Cutting) -> int:
        """Return the bytes set aside for two world files."""
        return 1024

    def labeller(
        self, labels: RunLabels, placed: Any, source: RasterSource, cutting: Cutting, turns: Sequence[Turn],
        statistics: TileStatistics,
    ) -> Labeller:  # fmt: skip
        """Return what tells which tiles have a feature."""
        known = None
        if isinstance(placed, PlacedClasses):
            coding = Coding.of(labels.classes, labels.unlabelled, gaps=True)
            known = MaskLabeller(placed, coding, source, cutting, turns, ClassPixelStatistics())
        return TileLabeller(placed, known, cutting, turns, statistics)

    def tell(self, labels: RunLabels, statistics: TileStatistics, job: Job) -> None:
        """Tiles leave nothing to be said."""

    def recognises(self, listing: Listing) -> bool:
        """Folders of others without labels may be anything."""
        return False

    def chip_files(self, listing: Listing, rows: Mapping[str, ChipRow], job: Job) -> ChipFiles:
        """Return the tiles of a folder; where there are second ones, those without are left out."""
        folder = listing.folder
        images = images_in(folder / "images") if (folder / "images").is_dir() else []
        if not images:
            raise SampleFolderError(f"the training folder {folder} is empty: images holds no chip; export some first")
        second = folder / "images2"
        seconds = {chip.stem: chip for chip in images_in(second)} if second.is_dir() else {}
        kept = [image for image in images if image.stem in seconds] or images
        if len(kept) < len(images):
            job.warn(f"{folder}: {len(images) - len(kept)} chips have no second chip and are left out")
        return ChipFiles(kept, [()] * len(kept), seconds)

    def read(self, layout: Layout, job: Job) -> list[NoContent]:
        """Return that no tile has a label."""
        return [NoContent()] * len(layout.images)

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the tiles of all folders, as pairs where every one has a second tile."""
        shape = heads[0].shape
        found = [(image, layout.seconds.get(image.stem)) for layout in layouts for image in layout.images]
        pairs = [TilePair(image, second, shape=shape) for image, second in found if second is not None]
        if len(pairs) == len(found):
            return Understood(pairs, ())
        return Understood([ChipSample(image, shape=shape) for image, _ in found], ())


@dataclass(frozen=True)
class NoContent:
    """What the label of a tile says: nothing."""

    size: tuple[int, int] | None = None
    bands: int = 0


class NoLabels:
    """The labels of an export without any."""

    classes: tuple[ClassInfo, ...] = ()
    numbered = True
    unlabelled = None

    def on(self, source: RasterSource, job: Job) -> NothingPlaced:
        """Place nothing on a raster."""
        return NothingPlaced()

    def bounds(self, source: RasterSource) -> None:
        """There are no objects."""

    def tell(self, job: Job) -> None:
        """Nothing lies outside."""


class NothingPlaced:
    """No label on a raster."""

    def __len__(self) -> int:
        """Return 0."""
        return 0

    def touched(self, row: int, height: int, starts: np.ndarray, width: int) -> np.ndarray:
        """Return that no chip of a strip has a label."""
        return np.empty(0, np.int64)


class TileLabeller:
    """Tells which tiles of a raster have a feature; a context manager."""

    def __init__(
        self, placed: Any, known: MaskLabeller | None, cutting: Cutting, turns: Sequence[Turn],
        statistics: TileStatistics,
    ) -> None:  # fmt: skip
        """Look at placed features, or at ``known`` label rasters, or at nothing."""
        self._placed, self._known, self._cutting, self._turns = placed, known, cutting, turns
        self.statistics = statistics

    def __enter__(self) -> TileLabeller:
        """Open what the labels are read from."""
        if self._known is not None:
            self._known.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        """Close it."""
        if self._known is not None:
            self._known.__exit__(*error)

    def strip(self, row: int, cols: np.ndarray) -> TileStrip:
        """Return which tiles that begin in a row have a feature."""
        placements: list[Placement] = []
        if isinstance(self._placed, PlacedLabels):
            size = (row, self._cutting.rows, cols, self._cutting.cols, self._cutting.least_share)
            placements = [self._placed.in_strip(*size)]
            placements += [
                self._placed.in_turned_strip(*size, turn.transform, max(turn.margin)) for turn in self._turns
            ]
        return TileStrip(self.statistics, placements, None if self._known is None else self._known.strip(row, cols))


class TileStrip:
    """One strip of tiles, upright and turned; nothing is written of their labels."""

    def __init__(self, statistics: TileStatistics, placements: list[Placement], known: StripLabels | None) -> None:
        """Hold one placement for the upright tiles and one for each turn, or what knows better."""
        self._statistics, self._placements, self._known = statistics, placements, known

    def labelled(self, copy: int) -> Collection[int]:
        """Return the tiles that have a feature."""
        if self._known is not None:
            return self._known.labelled(copy)
        return {chip for chip, _ in self._placements[copy].by_chip()} if self._placements else ()

    def write(self, copy: int, chip: int, file: ChipFile) -> Written:
        """Write nothing."""
        return Written(labels=())

    def count(self, copy: int, chips: Sequence[int]) -> None:
        """Count the tiles that were written."""
        self._statistics.chips += len(chips)
