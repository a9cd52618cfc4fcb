"""What a review is for: a cleaned layer, training samples with the ground they lie on, and ground truth.

Each output is a new GeoPackage that appears when it is whole. Features pass one by one, so memory does not grow with
the layer.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

from qgis.core import (
    NULL,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsFeatureRequest,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayerFeatureSource,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

from ...provider.words import tr
from ..labels.pixel_count import count_pixels
from ..labels.sample_files import FIELDS, NAME
from .areas import chips_that_fit, taught_ground
from .fields import (
    ACCEPTED,
    CLASS_WAS,
    KEPT,
    REDRAWN,
    REJECTED,
    RELABELLED,
    SHAPE_WAS,
    STATE,
    VALUE_WAS,
    ReviewError,
)
from .store import plain

SAMPLES, GROUND, TRUTH, DETECTIONS = "samples", "reviewed_ground", "ground_truth", "detections"
"""Layers of the outputs."""

SAMPLE_FIELDS = tuple((name, QVariant.String if name == NAME else QVariant.LongLong) for name in FIELDS)
CLASS_FIELDS = (("Class", QVariant.String), ("Classvalue", QVariant.LongLong))


@dataclass(frozen=True)
class Reviewed:
    """A layer as the outputs read it; made in the main thread, read in any.

    Attributes:
        source: Its features.
        fields: Its fields in QGIS's terms.
        roles: The ``Fields`` that say what they hold.
        crs: Its CRS.
        kind: Its geometry type, as a WKB type.
        above: Expression that a confidence is at or above the threshold; empty when all are.
        keep_open: Whether results that nobody looked at, at or above the threshold, count as right.
        scale: What confidences are divided by to be 0..1.
        values: Class value by class name, for layers without a field of it.
        colors: Colour by (name, value).
    """

    source: object
    fields: QgsFields
    roles: object
    crs: object
    kind: int
    above: str
    keep_open: bool
    scale: float
    values: dict
    colors: dict

    @classmethod
    def of(cls, store, threshold, keep_open, colors):
        """Return a store's layer as it is now."""
        layer = store.layer
        source = QgsVectorLayerFeatureSource(layer)
        names = sorted({name for name, _ in colors if name})
        values = {name: number for number, name in enumerate(names, 1)}
        above = store.above(threshold)
        kind = layer.wkbType()
        return cls(
            source, layer.fields(), store.fields, layer.crs(), kind, above, keep_open, store.scale, values, colors
        )

    @property
    def open(self):
        """Expression of the results that nobody looked at, at or above the threshold."""
        state = f"coalesce(\"{STATE}\", '') = ''"
        return f"{state} AND {self.above}" if self.above else state

    @property
    def kept(self):
        """Expression of what is there."""
        there = _in(KEPT)
        return f"({there}) OR ({self.open})" if self.keep_open else there

    def class_of(self, feature, first=False):
        """Return name and value of a result's class; as the model gave it when asked for the first."""
        name = plain(feature[self.roles.class_name]) if self.roles.class_name else None
        value = plain(feature[self.roles.class_value]) if self.roles.class_value else None
        if first:
            name = name if plain(feature[CLASS_WAS]) is None else feature[CLASS_WAS]
            value = value if plain(feature[VALUE_WAS]) is None else feature[VALUE_WAS]
        if value is None:
            value = self.values.get(name, 1)
        return name if name is not None else str(value), value


class Pixels:
    """The pixels of a raster layer, for another thread: what ``count_pixels`` asks of the layer."""

    def __init__(self, raster):
        """Look at the layer, in the main thread."""
        self.crs = raster.crs()
        self._size, self._extent = (raster.width(), raster.height()), raster.extent()

    def width(self):
        """Return the number of columns."""
        return self._size[0]

    def height(self):
        """Return the number of rows."""
        return self._size[1]

    def extent(self):
        """Return the ground, in the raster's CRS."""
        return self._extent


class Stopped(Exception):
    """The user has stopped writing."""


def write_cleaned(path, reviewed, check):
    """Write what is there, with all fields.

    Args:
        path: New GeoPackage.
        reviewed: The results.
        check: Called with every feature; raises ``Stopped`` to stop.

    Returns:
        Number of features.
    """
    fields = QgsFields()
    for field in reviewed.fields:
        if field.name().casefold() != "fid":
            fields.append(field)
    names = fields.names()

    def row(feature):
        return feature.geometry(), [feature[name] for name in names]

    with NewFile(path) as file:
        return file.layer(_stem(path), fields, reviewed, reviewed.kept, row, check)


def write_samples(path, reviewed, grid, pixels, check):
    """Write training samples and the ground whose chips are labelled wholly; see ``areas``.

    Args:
        path: New GeoPackage.
        reviewed: The results.
        grid: Where chips lie; None leaves the ground out.
        pixels: ``Pixels`` that are counted; None writes a Count of 0.
        check: As ``write_cleaned``.

    Returns:
        Number of samples and of chips that fit in the ground.
    """
    transform = None
    if pixels is not None:
        transform = QgsCoordinateTransform(reviewed.crs, pixels.crs, QgsProject.instance().transformContext())

    def row(feature):
        name, value = reviewed.class_of(feature)
        count = 0
        if pixels is not None:
            shape = QgsGeometry(feature.geometry())
            shape.transform(transform)
            count = count_pixels(shape, pixels) if shape.type() == QgsWkbTypes.PolygonGeometry else 1
        own = (plain(feature[reviewed.roles.class_name]) if reviewed.roles.class_name else None,
               plain(feature[reviewed.roles.class_value]) if reviewed.roles.class_value else None)  # fmt: skip
        return feature.geometry(), [name, value, *reviewed.colors.get(own, (230, 159, 0)), count]

    with NewFile(path) as file:
        samples = file.layer(SAMPLES, _fields(SAMPLE_FIELDS), reviewed, reviewed.kept, row, check)
        chips = 0
        if grid is not None:
            undecided = "" if reviewed.keep_open else reviewed.open
            decided = _in((*KEPT, REJECTED))
            ground = taught_ground(reviewed.source, reviewed.crs, decided, undecided, grid, check)
            kind = replace(reviewed, crs=grid.crs, kind=QgsWkbTypes.Polygon)
            rows = [_bare(polygon) for polygon in ground]
            file.layer(GROUND, QgsFields(), kind, rows, lambda feature: (feature.geometry(), []), check)
            chips = chips_that_fit(ground, grid, check)
    return samples, chips


def write_truth(path, reviewed, check):
    """Write what is really there, and the reviewed detections as the model made them, for the accuracy tool.

    Args:
        path: New GeoPackage.
        reviewed: The results.
        check: As ``write_cleaned``.

    Returns:
        Number of true objects and of detections.
    """

    def true(feature):
        return feature.geometry(), list(reviewed.class_of(feature))

    def found(feature):
        shape = feature.geometry()
        if plain(feature[SHAPE_WAS]) is not None:
            shape = QgsGeometry.fromWkt(feature[SHAPE_WAS])
        confidence = plain(feature[reviewed.roles.confidence]) if reviewed.roles.confidence else None
        confidence = NULL if confidence is None else confidence / reviewed.scale
        return shape, [*reviewed.class_of(feature, first=True), confidence]

    decided = _in((ACCEPTED, REJECTED, RELABELLED, REDRAWN))
    decided = f"({decided}) AND {reviewed.above}" if reviewed.above else decided
    with NewFile(path) as file:
        there = file.layer(TRUTH, _fields(CLASS_FIELDS), reviewed, _in(KEPT), true, check)
        detected = _fields((*CLASS_FIELDS, ("Confidence", QVariant.Double)))
        return there, file.layer(DETECTIONS, detected, reviewed, decided, found, check)


class NewFile:
    """A GeoPackage that appears under its name when all its layers are written."""

    def __init__(self, path):
        """Write to a name beside the path."""
        self._path = path
        self._partial = os.path.join(os.path.dirname(path), f".{_stem(path)}.partial.gpkg")
        self._begun = False

    def __enter__(self):
        """Remove what an earlier QGIS left."""
        self._remove()
        return self

    def __exit__(self, kind, error, trace):
        """Give the file its name, or remove it."""
        if kind is None:
            os.replace(self._partial, self._path)
        else:
            self._remove()

    def layer(self, name, fields, reviewed, chosen, row, check):
        """Write a layer and return how many features it has.

        Args:
            name: The layer.
            fields: Its fields.
            reviewed: Gives CRS, geometry type and features.
            chosen: Expression of the features, or the features themselves.
            row: Makes geometry and values of a feature.
            check: Called with every feature.

        Raises:
            ReviewError: The file cannot be written.
        """
        options = QgsVectorFileWriter.SaveVectorOptions()
        options.driverName, options.layerName = "GPKG", name
        if self._begun:
            options.actionOnExistingFile = QgsVectorFileWriter.CreateOrOverwriteLayer
        context = QgsCoordinateTransformContext()
        writer = QgsVectorFileWriter.create(self._partial, fields, reviewed.kind, reviewed.crs, context, options)
        if writer.hasError() != QgsVectorFileWriter.NoError:
            raise ReviewError(
                tr("{} cannot be written ({}): choose another folder").format(self._path, writer.errorMessage())
            )
        self._begun = True
        if isinstance(chosen, str):
            chosen = reviewed.source.getFeatures(QgsFeatureRequest().setFilterExpression(chosen))
        number = 0
        for feature in chosen:
            check()
            geometry, values = row(feature)
            written = QgsFeature(fields)
            written.setGeometry(geometry)
            written.setAttributes(values)
            if not writer.addFeature(written):
                raise ReviewError(
                    tr("{} cannot be written ({}): make room on the disk").format(self._path, writer.errorMessage())
                )
            number += 1
        del writer
        return number

    def _remove(self):
        """Remove the unfinished file with what SQLite keeps beside it."""
        for ending in ("", "-wal", "-shm", "-journal"):
            if os.path.exists(self._partial + ending):
                os.remove(self._partial + ending)


def _in(states):
    """Return the expression that a result has one of some states."""
    return f'"{STATE}" IN ({", ".join(repr(state) for state in states)})'


def _fields(rows):
    """Return fields from pairs of name and type."""
    fields = QgsFields()
    for name, kind in rows:
        fields.append(QgsField(name, kind))
    return fields


def _bare(geometry):
    """Return a feature that is a shape only."""
    feature = QgsFeature()
    feature.setGeometry(geometry)
    return feature


def _stem(path):
    """Return the name of a file without its suffix."""
    return os.path.splitext(os.path.basename(path))[0]
