"""Classified tiles: one label raster a chip, each pixel the value of its class, 0 unlabelled or background.

They are made from polygons, points or lines with a buffer, or class rasters; a second raster gives change pairs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..classes import ClassInfo
from ..errors import FeatureError
from ..job import Job
from ..raster.class_raster import LARGEST_VALUE
from ..raster.reading import RasterSource
from ..vector.labels import Labels, read_labels
from .chip_files import OneLabelFile
from .class_source import ClassRasterLabels, is_raster
from .cutting import Cutting
from .exporting import GridCut
from .heads import Head
from .label_layer import FeatureLabels
from .layout import Layout
from .mask_reading import LabelPixels, label_pixels, understood
from .masks import NO_CENTRE, MaskLabeller
from .overlaps import lying_over
from .painting import Coding
from .pixel_statistics import ClassPixelStatistics
from .registry import LabelRequest, RunLabels, Understood, sample_format
from .turning import Turn

_UNCHANGED = re.compile(r"\b(no|not?|without)[ _-]?change|unchanged|\bstable\b", re.IGNORECASE)
"""Names of a class of ground that stayed as it was."""

OBJECT_PIXELS = 34.0
"""Root of the area of an object's box, in pixels, at which pixel classification learns it best."""


@sample_format("Classified_Tiles")
class ClassifiedTiles(GridCut, OneLabelFile):
    """Makes, writes and reads ``labels/<chip>.tif``."""

    suffixes = (".tif", ".tiff", ".png")
    pairs = True
    statistics = ClassPixelStatistics
    too_small = NO_CENTRE

    def labels(self, request: LabelRequest, job: Job) -> FeatureLabels | ClassRasterLabels:
        """Return the labels of an export.

        Raises:
            FeatureError: There are none, or a class value is above 65535.
            RasterError: A raster is no class raster.
        """
        if request.source is None:
            raise FeatureError("no labels are given: choose labelled features or a class raster (in_class_data)")
        if is_raster(request.source):
            features_only = {
                "class_value_field": request.field,
                "buffer_radius": request.buffer_radius,
                "min_polygon_overlap_ratio": request.least_share,
            }
            for name, given in features_only.items():
                if given:
                    job.warn(f"{name} {given} is for features and has no effect on the class raster")
            return ClassRasterLabels(request.source, request.imagery, request.pixel_space, job)
        labels = read_labels(request.source, request.field, request.buffer_radius, job, lines=True)
        _check_values(labels)
        _tell_overlaps(labels, job)
        return FeatureLabels(labels, request.imagery, _meaning_of_zero(labels.classes, request.paired, job))

    def object_pixels(self, labels: RunLabels) -> float | None:
        """Return the best width of objects of one class; land cover keeps the raster's own cell size."""
        return OBJECT_PIXELS if isinstance(labels, FeatureLabels) and len(labels.classes) == 1 else None

    def label_bytes(self, cutting: Cutting) -> int:
        """Return the bytes set aside for the label raster and two world files of a chip."""
        return cutting.rows * cutting.cols * 2 + 1024

    def labeller(
        self, labels: RunLabels, placed: Any, source: RasterSource, cutting: Cutting, turns: Sequence[Turn],
        statistics: ClassPixelStatistics,
    ) -> MaskLabeller:  # fmt: skip
        """Return what makes the label rasters of one raster."""
        gaps = not isinstance(labels, FeatureLabels) or len(labels.classes) > 1
        coding = Coding.of(labels.classes, labels.unlabelled, gaps)
        return MaskLabeller(placed, coding, source, cutting, turns, statistics)

    def tell(self, labels: RunLabels, statistics: ClassPixelStatistics, job: Job) -> None:
        """Say what 0 means in the labels, and how many pixels are 0."""
        seen = max(statistics.seen, 1)
        share = f"{statistics.zeros / seen:.1%} of the pixels of the labels written"
        if labels.unlabelled == 0:
            job.message(f"0 means unlabelled: {share}, which nothing learns from")
            return
        void = f"; {statistics.void / seen:.1%} have no label (nodata)" if statistics.void else ""
        job.message(f"0 is the background, learnt like a class: {share}{void}")

    def read(self, layout: Layout, job: Job) -> list[LabelPixels]:
        """Return what the label rasters of a folder say."""
        return label_pixels(layout, job)

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the samples of all folders."""
        return understood(layouts, contents, heads, job)


def _meaning_of_zero(classes: Sequence[ClassInfo], paired: bool, job: Job) -> int | None:
    """Return what lies outside all features: 0 for unlabelled ground, None for background.

    One class has a background, several leave the rest unlabelled. Features on pairs mark what changed, so that the rest
    did not; unless a class of its own stands for that.
    """
    if len(classes) < 2 or any(entry.value == 0 for entry in classes):
        return None
    unchanged = next((entry for entry in classes if _UNCHANGED.search(entry.name)), None)
    if paired and unchanged is None:
        job.message(
            "Outside the features nothing changed between the dates: 0 is the background. Where that is not known, "
            "draw features of a class called no change on the ground that stayed as it was"
        )
        return None
    if paired and unchanged is not None:
        job.message(f"Outside the features it is not known what changed, as the class {unchanged.name} is labelled too")
    return 0


def _check_values(labels: Labels) -> None:
    """Refuse class values that label rasters cannot hold, and labels of nothing but background."""
    values = [entry.value for entry in labels.classes]
    if max(values) > LARGEST_VALUE:
        raise FeatureError(
            f"{labels.table.name} has the class value {max(values)} and label rasters hold values up to "
            f"{LARGEST_VALUE}: use smaller class values"
        )
    if values == [0]:
        raise FeatureError(
            f"all features of {labels.table.name} are of class 0, which is the background: give the labelled objects "
            f"a class value above 0"
        )


def _tell_overlaps(labels: Labels, job: Job) -> None:
    """Say how many features lie over an earlier one of another class: where they do, the later one wins."""
    if count := len(lying_over(labels, alike=False)):
        job.warn(
            f"{labels.table.name}: {count} features lie over an earlier one of another class; there the later one wins"
        )
