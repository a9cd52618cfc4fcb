"""The labels of a panoptic export: classes of pixels, and instances of some classes, with one list of classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..classes import ClassInfo
from ..errors import FeatureError
from ..job import Job
from ..raster.reading import RasterSource
from .instance_labels import InstanceLabels
from .masks import Placed
from .object_labels import RegionLabels
from .placing import PlacedLabels
from .registry import RunLabels


@dataclass(frozen=True)
class PanopticPlaced:
    """Classes of pixels and instances on the grid of one raster."""

    pixels: Placed
    instances: PlacedLabels

    def __len__(self) -> int:
        """Return 0 when the raster has neither."""
        return len(self.pixels) + len(self.instances)

    def touched(self, row: int, height: int, starts: np.ndarray, width: int) -> np.ndarray:
        """Return which chips of a strip may have labels."""
        size = row, height, starts, width
        return np.union1d(self.pixels.touched(*size), self.instances.touched(*size))


class PanopticLabels:
    """Classes of pixels and instances, on one raster after another.

    Attributes:
        pixels: The classes of pixels, of features or of class rasters.
        instances: The instances.
    """

    def __init__(self, pixels: RunLabels, instances: InstanceLabels | RegionLabels) -> None:
        """Bring both together."""
        self.pixels, self.instances = pixels, instances

    @property
    def classes(self) -> tuple[ClassInfo, ...]:
        """The classes of both in ascending order of their values; pixels give them their names where both do."""
        known = {entry.value: entry for entry in self.pixels.classes}
        for entry in self.instances.classes:
            if known.setdefault(entry.value, entry).name == str(entry.value):
                known[entry.value] = entry
        return tuple(known[value] for value in sorted(known))

    @property
    def numbered(self) -> bool:
        """Whether the classes of pixels come from a field."""
        return self.pixels.numbered

    @property
    def unlabelled(self) -> int | None:
        """What 0 stands for in the label rasters."""
        return self.pixels.unlabelled

    def on(self, source: RasterSource, job: Job) -> PanopticPlaced:
        """Place both on a raster."""
        pixels: Any = self.pixels.on(source, job)  # of features or of a class raster, as the format takes it
        return PanopticPlaced(pixels, self.instances.on(source, job))

    def bounds(self, source: RasterSource) -> None:
        """Land cover keeps the raster's own cell size."""

    def tell(self, job: Job) -> None:
        """Say what lies outside the rasters.

        Raises:
            FeatureError: All pixels or all instances do, or one class value has two names.
        """
        self.pixels.tell(job)
        self.instances.tell(job)
        known = {entry.value: entry.name for entry in self.pixels.classes}
        for entry in self.instances.classes:
            name = known.get(entry.value, entry.name)
            if name == entry.name or str(entry.value) in (name, entry.name):
                continue
            if self.instances.numbered:
                raise FeatureError(
                    f"class {entry.value} is {name} in in_class_data and {entry.name} in in_instance_data: give both "
                    f"the same class values"
                )
            if self.pixels.numbered:
                raise FeatureError(
                    f"the instances of {entry.name} have no class field and class {entry.value} of in_class_data is "
                    f"{name}: give instance_class_value_field, with the values of in_class_data"
                )
            job.message(f"the only class keeps its name {name}; the instances of {entry.name} are of it")
