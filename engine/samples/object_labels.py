"""The objects of an export that cuts one chip for each: features as they are, or the regions of class rasters."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from ..classes import ClassInfo
from ..errors import FeatureError, ParameterError
from ..job import Job
from ..raster.crs import crs_text
from ..raster.reading import RasterSource
from ..vector.labels import Labels, read_labels
from ..vector.reading import FeatureTable
from ..vector.tracing import Traced, traced
from .class_source import ClassRasterLabels, is_raster
from .label_layer import FeatureLabels
from .placed_classes import ClassReader, PlacedClasses
from .placing import PlacedLabels, in_pixels
from .registry import LabelRequest

STRIP_PIXELS = 4_000_000
"""Pixels of class rasters that are traced at once."""

MOST_REGIONS = 2_000_000
"""Regions of an export, all of which lie in memory: some 3 GB."""


class RegionLabels:
    """The connected regions of class rasters, each an object; 0 and nodata are none.

    Attributes:
        unlabelled: Labels are no rasters.
        numbered: The values of the rasters are the classes.
    """

    unlabelled = None
    numbered = True

    def __init__(self, rasters: ClassRasterLabels) -> None:
        """Trace class rasters, on one raster after another."""
        self._rasters, self._count = rasters, 0

    @property
    def classes(self) -> tuple[ClassInfo, ...]:
        """The classes met on the rasters so far."""
        return self._rasters.classes

    def on(self, source: RasterSource, job: Job) -> PlacedLabels:
        """Return the regions on the grid of a raster; pixels of a class that share an edge are one region."""
        placed = self._rasters.on(source, job)
        found: list[Traced] = []
        for areas in traced(_strips(placed, source, job), 0) if len(placed) else ():
            found += areas
            if self._count + len(found) > MOST_REGIONS:
                raise FeatureError(
                    f"{self._rasters.path} has more than {MOST_REGIONS:,} connected regions on the imagery and each is "
                    f"an object: remove single pixels with a sieve, or make the extent smaller"
                )
        self._count += len(found)
        geometry = np.empty(len(found), object)
        geometry[:] = [shape for _, shape in found]
        values = np.array([value for value, _ in found], np.int64)
        table = FeatureTable(in_pixels(geometry, source.transform), {}, crs_text(source.crs), self._rasters.path)
        return PlacedLabels(Labels(table, values, np.arange(len(found)), self.classes, True), source)

    def bounds(self, source: RasterSource) -> None:
        """Regions have the size that the class raster's cells give them."""

    def tell(self, job: Job) -> None:
        """Say how many regions there are; ``FeatureError`` when the rasters share no ground with the imagery."""
        self._rasters.tell(job)
        job.message(f"{self._rasters.path} has {self._count} connected regions on the imagery: each is an object")


def object_labels(request: LabelRequest, job: Job) -> FeatureLabels | RegionLabels:
    """Return the objects of an export.

    Args:
        request: What was asked for.
        job: Told what was mended or has no effect.

    Raises:
        FeatureError: There are no labels.
        ParameterError: Frames are asked for and the objects are points without a buffer radius.
        RasterError: A raster is no class raster.
    """
    if request.source is None:
        raise FeatureError(
            "no labels are given and one chip is cut for each object: choose labelled features or a class raster "
            "(in_class_data)"
        )
    if is_raster(request.source):
        tell_features_only(request, True, job)
        return RegionLabels(ClassRasterLabels(request.source, request.imagery, request.pixel_space, job))
    labels = read_labels(request.source, request.field, request.buffer_radius, job, lines=True, bare=True)
    if request.frames and not (shapely.get_dimensions(labels.table.geometry) > 0).any():
        raise ParameterError(
            f"{labels.table.name} holds points, which have no frame for crop_mode BOUNDING_BOX: give a buffer_radius, "
            f"or choose FIXED_SIZE"
        )
    return FeatureLabels(labels, request.imagery)


def tell_features_only(request: LabelRequest, regions: bool, job: Job) -> None:
    """Say which parameters have no effect on a class raster, or on its regions."""
    given = {
        "class_value_field": request.field,
        "buffer_radius": request.buffer_radius,
        "min_polygon_overlap_ratio": 0 if regions else request.least_share,
    }
    for name, value in given.items():
        if value:
            job.warn(f"{name} {value} is for features and has no effect on the class raster")


def _strips(placed: PlacedClasses, source: RasterSource, job: Job) -> Iterator[np.ndarray]:
    """Yield the class values on the grid of a raster from top to bottom, 0 where there is none."""
    height = max(1, STRIP_PIXELS // source.cols)
    with ClassReader(placed, 0) as reader:
        for row in range(0, source.rows, height):
            job.check()
            yield reader.read(row, min(height, source.rows - row), 0, source.cols)[0]
