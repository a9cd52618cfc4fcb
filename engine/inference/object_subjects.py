"""What is classified: the features of a layer, the images of a folder, or the image attachments of a layer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import shapely

from ..errors import FeatureError, RasterError
from ..job import Job
from ..package.emd import ModelPackage
from ..raster.crs import crs_text
from ..raster.mosaic import parts_of_vrt
from ..raster.reading import RasterSource, raster_source
from ..raster.sources import list_rasters
from ..tools.classify_objects import ClassifyObjects
from ..tools.shared import PROCESSING_MODES
from ..tools.values import FeatureSource
from ..vector.chunks import FeatureLayer, open_layer
from ..vector.reading import FeatureTable
from .attachments import AttachmentLayer, read_attachments
from .image_inputs import given_paths, holds_features
from .object_findings import Findings
from .object_outlines import Outlines
from .object_places import Again, Cut, Places, check_crs, locate
from .preparation import fitted_source, meets, model_bands

IMAGE = "Image"
"""Field of the output with the name of an image."""

SOME = 5
"""Images that are named in a message."""


class Subject(Protocol):
    """What is classified; rows are what is written, in order.

    Attributes:
        sources: The rasters that objects are seen in.
        count: Number of objects.
        whole: Each object is an image as a whole, whatever its size.
        needs_scores: Rows need the scores of all classes of their objects.
        types: Field to the numpy name of its type, of the rows.
        crs: CRS of the rows as authority code or WKT.
        geometry_type: OGR's name; None where the rows have no geometry.
    """

    sources: Sequence[RasterSource]
    count: int
    whole: bool
    needs_scores: bool
    types: Mapping[str, str]
    crs: str | None
    geometry_type: str | None

    def places(self, cut: Cut, outlines: Outlines | None, job: Job, again: Again | None = None) -> Places:
        """Return where the objects lie; see ``locate``."""

    def rows(self) -> Iterator[FeatureTable]:
        """Yield the rows, some thousand at a time."""

    def of_rows(self, findings: Findings) -> Findings:
        """Return the findings of the rows from those of the objects."""


@dataclass
class LayerSubject:
    """The features of a layer, each seen in one of several rasters."""

    layer: FeatureLayer
    sources: Sequence[RasterSource]
    whole: bool = False
    needs_scores: bool = False

    def __post_init__(self) -> None:
        """Take the rows from the layer."""
        self.count = len(self.layer)
        self.types: Mapping[str, str] = dict(self.layer.types)
        self.crs = self.layer.crs
        self.geometry_type: str | None = _written_type(self.layer)

    def places(self, cut: Cut, outlines: Outlines | None, job: Job, again: Again | None = None) -> Places:
        """Return where the features lie."""
        return locate(self.layer, self.sources, cut, outlines, job, again)

    def rows(self) -> Iterator[FeatureTable]:
        """Yield the features as they are."""
        return self.layer.chunks()

    def of_rows(self, findings: Findings) -> Findings:
        """Return the findings: features are the objects."""
        return findings


@dataclass
class ImageSubject:
    """Images, each an object as a whole; those that could not be opened have no raster.

    Attributes:
        names: What each image is called.
        images: Each image's raster, None where it cannot be read.
    """

    names: Sequence[str]
    images: Sequence[RasterSource | None]
    whole: bool = True
    needs_scores: bool = False

    def __post_init__(self) -> None:
        """Find out whether the images have a place on the ground."""
        self.sources: Sequence[RasterSource] = [image for image in self.images if image is not None]
        self.count = len(self.images)
        self.types: Mapping[str, str] = {IMAGE: "object"}
        placed = [image for image in self.sources if image.crs is not None]
        self.crs = crs_text(placed[0].crs) if placed else None
        self.geometry_type: str | None = "Polygon" if placed else None

    def places(self, cut: Cut, outlines: Outlines | None, job: Job, again: Again | None = None) -> Places:
        """Return the images, each in its own raster from edge to edge."""
        found = Places.nowhere(self.count)
        there = [place for place, image in enumerate(self.images) if image is not None]
        if again is None and there:
            found.raster[there] = np.arange(len(there))
            found.bounds[there] = [[0.0, 0.0, image.cols, image.rows] for image in self.sources]
        return found

    def rows(self) -> Iterator[FeatureTable]:
        """Yield the images of each CRS with the polygons of their extents."""
        geometry = np.full(self.count, None, object)
        systems = np.array([_system(image) for image in self.images], object)
        for place, image in enumerate(self.images):
            if image is not None and image.crs is not None:
                geometry[place] = shapely.box(*image.bounds)
        names = np.array(list(self.names), object)
        starts = [place for place in range(self.count) if not place or systems[place] != systems[place - 1]]
        for start, stop in zip(starts, [*starts[1:], self.count], strict=True):
            fields = {IMAGE: names[start:stop]}
            yield FeatureTable(geometry[start:stop], fields, systems[start], "images", dict(self.types))

    def of_rows(self, findings: Findings) -> Findings:
        """Return the findings: images are the objects."""
        return findings


@dataclass
class AttachmentSubject:
    """The image attachments of a layer; a feature with several gets the mean of their scores."""

    layer: AttachmentLayer
    attached: ImageSubject
    whole: bool = True
    needs_scores: bool = True

    def __post_init__(self) -> None:
        """Take the rows from the layer, the objects from its images."""
        self.sources = self.attached.sources
        self.count = self.attached.count
        self.types: Mapping[str, str] = dict(self.layer.table.types)
        self.crs = self.layer.table.crs
        self.geometry_type: str | None = self.layer.geometry_type

    def places(self, cut: Cut, outlines: Outlines | None, job: Job, again: Again | None = None) -> Places:
        """Return the images, each in its own raster."""
        return self.attached.places(cut, outlines, job, again)

    def rows(self) -> Iterator[FeatureTable]:
        """Yield the features of the layer."""
        yield self.layer.table

    def of_rows(self, findings: Findings) -> Findings:
        """Return what the images of each feature say together."""
        return findings.of_groups([image.features for image in self.layer.images], len(self.layer.table))


def find_subject(request: ClassifyObjects, package: ModelPackage, folder: Path, job: Job) -> Subject:
    """Return what a request is about.

    Args:
        request: The request.
        package: The model.
        folder: Where attached images may be written.
        job: Told what was left out.

    Raises:
        RasterError: There is no raster, or none that can be read.
        FeatureError: The features cannot be read, there are none, or they cannot be related to the rasters.
    """
    given = given_paths(request.in_raster.path)
    attached = len(given) == 1 and holds_features(request.in_raster)
    if request.in_features is not None and not attached:
        return _features(request.in_features, given, request, package, job)
    if request.in_features is not None:
        raise RasterError(
            f"in_raster {request.in_raster.path} is a layer and in_features are given: choose the raster that shows "
            "the features, or leave in_features out to classify the layer's attachments"
        )
    if attached:
        layer = read_attachments(request.in_raster)
        paths = [str(layer.extracted(image, folder)) for image in layer.images]
        images = _images(paths, [image.label for image in layer.images], request, package, job)
        return AttachmentSubject(layer, images)
    paths = [path for entry in given for path in list_rasters(entry)]
    if request.processing_mode == PROCESSING_MODES[1] and len(given) == 1 and not os.path.isdir(given[0]):
        paths = list(parts_of_vrt(paths[0])) or paths
    return _images(paths, [os.path.basename(path) for path in paths], request, package, job)


def _features(
    features: FeatureSource, given: Sequence[str], request: ClassifyObjects, package: ModelPackage, job: Job
) -> LayerSubject:
    """Return the features with the rasters that show them."""
    layer = open_layer(features)
    if not len(layer):
        raise FeatureError(f"{layer.name} has no feature to classify: add some, or check its filter")
    paths = [path for entry in given for path in list_rasters(entry)]
    sources: list[RasterSource] = []
    for path in paths:
        job.check()
        source = fitted_source(path, request, package, len(paths) > 1, job if not sources else Job())
        sources += [] if source is None else [source]
    if not sources:
        raise RasterError(f"no raster of {request.in_raster.path} lies in the extent: choose one that overlaps them")
    check_crs(layer, sources, job)
    return LayerSubject(layer, sources)


def _images(
    paths: Sequence[str], names: Sequence[str], request: ClassifyObjects, package: ModelPackage, job: Job
) -> ImageSubject:
    """Return images; those that cannot be read are told."""
    images: list[RasterSource | None] = []
    failed: list[str] = []
    for path in paths:
        job.check()
        try:
            images.append(_image(path, request, package, len(paths) > 1, job if not any(images) else Job()))
        except RasterError as error:
            if len(paths) == 1:
                raise
            images.append(None)
            failed.append(str(error))
    if not any(image is not None for image in images):
        reason = failed[0] if failed else f"none of the {len(paths)} images lies in the extent: choose another extent"
        raise RasterError(reason)
    if failed:
        job.warn(f"{len(failed)} of {len(paths)} images cannot be read and have no label: {'; '.join(failed[:SOME])}")
    lost = sum(image is not None and image.crs is None for image in images)
    if 0 < lost < sum(image is not None for image in images):
        job.warn(f"{lost} of {len(paths)} images have no CRS: their features have no geometry")
    return ImageSubject(names, images)


def _image(path: str, request: ClassifyObjects, package: ModelPackage, several: bool, job: Job) -> RasterSource | None:
    """Return an image with the model's bands, at its own cell size unless one is asked for; None outside the extent."""
    if request.cell_size:
        return fitted_source(path, request, package, several, job)
    own = raster_source(path, job=Job())
    if several and request.extent is not None and not meets(request.extent, own):
        return None
    return raster_source(path, job=Job(), extent=request.extent, bands=model_bands(own, package.bands, job))


def _system(image: RasterSource | None) -> str | None:
    """Return the CRS of an image as text."""
    return None if image is None else crs_text(image.crs)


def _written_type(layer: FeatureLayer) -> str:
    """Return the geometry type to write: that of the layer; what a shapefile calls polygons may have several parts."""
    declared = layer.geometry_type
    if layer.source.path.lower().endswith((".shp", ".shz", ".dbf")) and declared.startswith(("Polygon", "LineString")):
        return f"Multi{declared}"
    return declared
