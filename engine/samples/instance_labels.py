"""What masks of instances are made from: polygons that know which of them lie over others, or regions of rasters."""

from __future__ import annotations

import numpy as np

from ..errors import FeatureError
from ..job import Job
from ..vector.labels import Labels, read_labels
from .class_source import ClassRasterLabels, is_raster
from .label_layer import FeatureLabels
from .object_labels import RegionLabels, tell_features_only
from .overlaps import lying_over
from .registry import LabelRequest


class InstanceLabels(FeatureLabels):
    """Labelled polygons, each an instance.

    Attributes:
        crossing: (n,) bool, which polygons of the layer lie over an earlier one of another class: both are seen, as
            each class has masks of its own.
    """

    def __init__(self, labels: Labels, imagery: str) -> None:
        """Place polygons on rasters that messages call ``imagery``."""
        super().__init__(labels, imagery)
        self.crossing = np.zeros(len(labels), bool)
        if len(labels.classes) > 1:
            self.crossing[lying_over(labels, alike=False)] = True


def instance_labels(request: LabelRequest, job: Job) -> InstanceLabels | RegionLabels:
    """Return the instances of an export.

    Args:
        request: What was asked for; polygons, points or lines with a buffer radius, or class rasters.
        job: Told what was mended, has no effect, or lies over each other.

    Raises:
        FeatureError: There are no labels, or some are of class 0.
        RasterError: A raster is no class raster.
    """
    if request.source is None:
        raise FeatureError("no labels are given: choose labelled features or a class raster (in_class_data)")
    if is_raster(request.source):
        tell_features_only(request, True, job)
        return RegionLabels(ClassRasterLabels(request.source, request.imagery, request.pixel_space, job))
    labels = read_labels(request.source, request.field, request.buffer_radius, job, lines=True)
    name = labels.table.name
    if zeros := int((labels.values == 0).sum()):
        raise FeatureError(
            f"{zeros} features of {name} are of class 0, which is the background: give labelled objects a class value "
            f"above 0"
        )
    if count := len(lying_over(labels, alike=True)):
        job.warn(
            f"{name}: {count} features lie over an earlier one of the same class; there the later one wins, as a pixel "
            f"of a mask has one instance"
        )
    return InstanceLabels(labels, request.imagery)
