"""What crosses the border: only files that the engine can open.

A layer over a plain file travels as path, layer name and filter. Everything else, a memory layer, selected features
only, a database, a web service, unsaved edits, joins, is first written to a temporary file, and that is said.
"""

from __future__ import annotations

import os
import re
from dataclasses import asdict

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeatureRequest,
    QgsMapLayer,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingUtils,
    QgsProperty,
    QgsProviderRegistry,
    QgsRasterLayer,
    QgsVectorFileWriter,
    QgsVectorLayer,
)

from ..engine.errors import FeatureError, ParameterError, RasterError
from ..engine.tools.kinds import Features
from .web_layers import exported

_GDAL_NAME = re.compile(r"/vsi\w+/|(GPKG|NETCDF|HDF4|HDF5|ZARR)[\w]*:", re.IGNORECASE)
"""Names that GDAL opens as rasters and that are no path of a file."""

DATABASES = ("PG:", "MSSQL:", "MYSQL:", "OCI:", "WFS:")
"""Prefixes of OGR sources that are no files of this computer."""


def raster_path(name, given, border):
    """Return the path of a raster or of a folder of rasters.

    Args:
        name: The parameter.
        given: A layer, its id or name, a path, or a folder.
        border: Where the value stands.

    Raises:
        RasterError: The layer has no file behind it.
    """
    if isinstance(given, (list, tuple)):
        given = given[0] if len(given) == 1 else given
    if given is None or given == "":
        return None
    if isinstance(given, str) and os.path.exists(os.path.expanduser(given)):
        return os.path.abspath(os.path.expanduser(given))
    layer = given if isinstance(given, QgsMapLayer) else _project_layer(given, border)
    if layer is None:
        return _typed_path(given)
    if not isinstance(layer, QgsRasterLayer):
        raise RasterError(f"{name} {layer.name()} is no raster: choose a raster layer, a raster file or a folder")
    if layer.providerType() != "gdal":
        return exported(name, layer, border)
    parts = QgsProviderRegistry.instance().decodeUri("gdal", layer.source())
    path = parts.get("path") or layer.source()
    if parts.get("layerName"):
        return f"GPKG:{os.path.abspath(path)}:{parts['layerName']}"
    return _typed_path(path)


def feature_source(name, given, border):
    """Return a feature source as plain data, writing a temporary file where the engine could not open the layer.

    Args:
        name: The parameter.
        given: A layer, its id, name or path, or QGIS's feature source definition.
        border: Where the value stands; its ``writing`` says whether temporary files may be made.

    Raises:
        FeatureError: There is no such layer.
    """
    selected, limits = False, QgsFeatureRequest()
    if isinstance(given, QgsProcessingFeatureSourceDefinition):
        if given.featureLimit >= 0:
            limits.setLimit(given.featureLimit)
        if getattr(given, "filterExpression", ""):  # from QGIS 3.32 on
            limits.setFilterExpression(given.filterExpression)
        selected, given = given.selectedFeaturesOnly, given.source
        given = given.value(border.context.expressionContext())[0] if isinstance(given, QgsProperty) else given
    if given is None or given == "":
        return None
    limited = limits.limit() >= 0 or limits.filterType() == QgsFeatureRequest.FilterExpression
    if isinstance(given, str):
        path, *options = given.split("|")
        plain_options = all(option.lower().startswith(("layername=", "subset=")) for option in options)
        if not (selected or limited) and plain_options and os.path.exists(os.path.expanduser(path)):
            return _styled_file("|".join([os.path.abspath(os.path.expanduser(path)), *options]), border)
    layer = given if isinstance(given, QgsMapLayer) else _project_layer(given, border)
    if layer is None:
        raise FeatureError(f"{name} '{given}' is not found: give a layer or the path of its file")
    if not isinstance(layer, QgsVectorLayer):
        raise ParameterError(f"{name} {layer.name()} is no feature layer: choose one with features")
    plain = {} if selected or limited else _file_behind(layer)
    if not plain:
        plain = _written(name, layer, selected, border, limits if limited else None)
    return {**plain, "name": layer.name(), "legend": _legend(layer)}


def layer_source(name, given, border):
    """Return a feature source as plain data for a feature layer, a raster layer, a file of either, or a folder.

    Args:
        name: The parameter.
        given: A layer, its id, name or path, QGIS's feature source definition, or a folder.
        border: Where the value stands.

    Raises:
        ParameterError: There is no such layer or file.
    """
    if isinstance(given, (list, tuple)) and len(given) == 1:
        given = given[0]
    if given is None or given == "":
        return None
    if isinstance(given, str) and os.path.exists(os.path.expanduser(given)):
        return _styled_file(os.path.abspath(os.path.expanduser(given)), border)
    several = _several_rasters(given)
    if several:
        return {"path": ";".join(raster_path(name, one, border) for one in several)}
    layer = given if isinstance(given, QgsMapLayer) else None
    if layer is None and isinstance(given, str) and "|" not in given:
        layer = _project_layer(given, border)
    if isinstance(layer, QgsRasterLayer):
        return {"path": raster_path(name, layer, border), "name": layer.name()}
    if layer is None and isinstance(given, str) and _GDAL_NAME.match(given):
        return {"path": given}
    return feature_source(name, given, border)


def _several_rasters(given):
    """Return the parts of a list of rasters, or of a text that parts them by semicolons; empty for anything else."""
    if isinstance(given, str) and ";" in given and "|" not in given:
        given = [part.strip() for part in given.split(";") if part.strip()]
    return list(given) if isinstance(given, (list, tuple)) else []


def _project_layer(given, border):
    """Return the layer that an id, a name or another provider's source stands for, or None."""
    return QgsProcessingUtils.mapLayerFromString(str(given), border.context)


def _typed_path(text):
    """Return a typed path as absolute, and GDAL's own prefixes as they are."""
    if text.startswith("/vsi") or ":" in text[2:]:
        return text
    return os.path.abspath(os.path.expanduser(text))


def _file_behind(layer):
    """Return path, layer name and filter of a layer that is nothing but a file, else an empty dictionary."""
    if layer.providerType() != "ogr" or layer.isEditable() or layer.vectorJoins() or layer.auxiliaryLayer():
        return {}
    if layer.fields().count() != layer.dataProvider().fields().count():
        return {}
    parts = QgsProviderRegistry.instance().decodeUri("ogr", layer.source())
    path = parts.get("path") or ""
    if "geometryType" in parts or ("layerId" in parts and not parts.get("layerName")):
        return {}
    if path.upper().startswith(DATABASES) or not os.path.exists(path):
        return {}
    return {"path": os.path.abspath(path), "layer": parts.get("layerName") or "", "where": layer.subsetString()}


def _written(name, layer, selected, border, limits=None):
    """Write a layer, or its selected or limited features, to a temporary GeoPackage."""
    if not border.writing:
        return {"path": layer.source() or layer.id()}
    if limits is not None:
        if selected:
            limits.setFilterFids(layer.selectedFeatureIds())
        layer, selected = layer.materialize(limits), False
    path = QgsProcessingUtils.generateTempFilename(f"{name}.gpkg")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = "features"
    options.onlySelectedFeatures = selected
    options.skipAttributeCreation = False
    transform = border.context.transformContext()
    error, message = QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, transform, options)[:2]
    if error != QgsVectorFileWriter.NoError:
        raise FeatureError(
            f"{name} {layer.name()} cannot be copied for the engine ({message}): save it as a GeoPackage"
        )
    if border.feedback is not None:
        what = "the selected features" if selected else "a copy"
        border.feedback.pushInfo(f"{name}: {what} of {layer.name()} written to {path} for the engine")
    return {"path": path, "layer": "features"}


def _styled_file(uri, border):
    """Return a typed file as it is, with the legend of the style that QGIS finds with it: a .qml file or its own.

    Args:
        uri: Absolute path, perhaps with ``|layername=`` and ``|subset=``; it may also be a raster or a folder.
        border: Where the value stands.
    """
    layer = QgsVectorLayer(uri, "", "ogr") if border.writing and not os.path.isdir(uri) else None
    legend = _legend(layer) if layer is not None and layer.isValid() else []
    return {**asdict(Features("").parse("", uri)), "legend": legend} if legend else uri


def _legend(layer):
    """Return the rows of a categorised legend: value, label, colour."""
    renderer = layer.renderer()
    if not isinstance(renderer, QgsCategorizedSymbolRenderer):
        return []
    rows = []
    for category in renderer.categories():
        color = category.symbol().color()
        if category.value() not in (None, ""):
            rows.append([str(category.value()), category.label(), [color.red(), color.green(), color.blue()]])
    return rows
