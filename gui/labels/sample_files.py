"""The GeoPackage that holds samples: making, opening, copying, and where it lies when nobody said."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsField,
    QgsFields,
    QgsProject,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QStandardPaths, QVariant

from ...provider.words import tr

LAYER = "samples"
"""Name of the layer in the GeoPackage."""

NAME, VALUE, RED, GREEN, BLUE, COUNT = FIELDS = ("Classname", "Classvalue", "RED", "GREEN", "BLUE", "Count")
"""Fields of a sample, as ArcGIS names them."""

IMAGE = "ImageName"
"""Field of a collection of images: the image that a sample lies in; without a shape it labels the whole image."""


class SampleError(ValueError):
    """Samples that cannot be kept, read or drawn; the message says what to do."""


def default_path(source, title):
    """Return where the samples of a raster or of a folder of images lie when nobody says.

    Args:
        source: The raster's file, or the folder; may be no path at all.
        title: Name of the raster layer, for those without a file.

    Returns:
        ``<raster>_samples.gpkg`` beside the raster (in the folder of a collection), where that can be written; else
        in the folder of the project, else among the user's documents.
    """
    beside = source if os.path.isdir(source) else os.path.dirname(source) if os.path.isfile(source) else ""
    stem = os.path.basename(os.path.normpath(source)) if beside else title
    if os.path.isfile(source):
        stem = os.path.splitext(stem)[0]
    documents = QStandardPaths.writableLocation(QStandardPaths.DocumentsLocation) or os.path.expanduser("~")
    name = "".join(sign if sign.isalnum() or sign in "-_ ." else "_" for sign in stem) + "_samples.gpkg"
    folders = [folder for folder in (beside, QgsProject.instance().homePath(), documents) if folder]
    there = [os.path.join(folder, name) for folder in folders if os.path.isfile(os.path.join(folder, name))]
    fit = [os.path.join(folder, name) for folder in folders if os.path.isdir(folder) and os.access(folder, os.W_OK)]
    return next(iter(there + fit), os.path.join(folders[-1], name))


def create(path, crs: QgsCoordinateReferenceSystem, collection=False):
    """Make an empty layer of samples in a GeoPackage; other layers of the file stay.

    Args:
        path: The GeoPackage.
        crs: CRS of the raster; an invalid one for imagery without.
        collection: Whether each sample names its image.

    Raises:
        SampleError: The file cannot be written, or has a layer of that name that is not ours.
    """
    if QgsVectorLayer(source_of(path), LAYER, "ogr").isValid():
        raise SampleError(
            tr(
                "{} has a layer {} that Label Objects has not saved: move or rename the file, then "
                "choose the image again"
            ).format(path, LAYER)
        )
    fields = QgsFields()
    for name in (IMAGE, *FIELDS) if collection else FIELDS:
        text = name in (IMAGE, NAME)
        fields.append(QgsField(name, QVariant.String if text else QVariant.Int, "text" if text else "integer"))
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", LAYER
    if os.path.exists(path):
        options.actionOnExistingFile = QgsVectorFileWriter.CreateOrOverwriteLayer
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    writer = QgsVectorFileWriter.create(
        path, fields, QgsWkbTypes.MultiPolygon, crs, QgsCoordinateTransformContext(), options
    )
    failed, why = writer.hasError() != QgsVectorFileWriter.NoError, writer.errorMessage()
    del writer  # closes the file
    if failed:
        raise SampleError(tr("{} cannot be written ({}): choose another file for the samples").format(path, why))
    if not crs.isValid():
        _without_place(path)


def source_of(path):
    """Return the layer of samples of a GeoPackage, as QGIS and the engine open it."""
    return f"{path}|layername={LAYER}"


def open_layer(path, title):
    """Return the layer of samples of a GeoPackage.

    Raises:
        SampleError: The file is missing, is no GeoPackage, or has no layer of samples.
    """
    layer = QgsVectorLayer(source_of(path), title, "ogr")
    if not layer.isValid():
        raise SampleError(
            tr("{} has no layer named {}: choose a file that Label Objects has saved").format(path, LAYER)
        )
    missing = [name for name in FIELDS if layer.fields().indexOf(name) < 0]
    if missing:
        raise SampleError(tr("{} has no field {}: choose a file that Label Objects has saved").format(path, missing[0]))
    return layer


def is_sample_file(path):
    """Return whether a file is a GeoPackage with a layer of samples."""
    try:
        open_layer(path, LAYER)
    except SampleError:
        return False
    return True


def fits(path, raster, collection):
    """Return whether a file holds samples of a raster layer: those of a folder, or in the raster's CRS."""
    try:
        layer = open_layer(path, LAYER)
    except SampleError:
        return False
    names_images = layer.fields().indexOf(IMAGE) >= 0
    same = layer.crs() == raster.crs() or not raster.crs().isValid()
    return names_images == collection and (collection or same)


def _without_place(path):
    """Say in the file that its shapes have no place on the ground; QGIS writes them as degrees of an unknown globe."""
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE gpkg_contents SET srs_id = -1 WHERE table_name = ?", (LAYER,))
        file.execute("UPDATE gpkg_geometry_columns SET srs_id = -1 WHERE table_name = ?", (LAYER,))


def copy(layer, path, crs):
    """Write the samples to another GeoPackage.

    Args:
        layer: All samples.
        path: The new file; a layer of samples in it is replaced, others stay.
        crs: CRS of the raster.

    Raises:
        SampleError: The file cannot be written.
    """
    create(path, crs, collection=layer.fields().indexOf(IMAGE) >= 0)
    target = open_layer(path, LAYER)
    if not target.dataProvider().addFeatures(list(layer.getFeatures()))[0]:
        why = "; ".join(target.dataProvider().errors())
        raise SampleError(tr("{} cannot be written ({}): choose another file for the samples").format(path, why))
