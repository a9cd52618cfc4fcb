"""Layers of web tiles that only QGIS can read (XYZ, WMS, ArcGIS): the extent of a run is written to a file first."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessingUtils,
    QgsRasterBlockFeedback,
    QgsRasterFileWriter,
    QgsRasterPipe,
    QgsUnitTypes,
)

from ..engine.errors import RasterError

MOST_PIXELS = 400_000_000
"""Pixels that are fetched at most: more is no job for a web service."""

MANY_PIXELS = 25_000_000
"""Pixels from which a warning is given."""


def exported(name, layer, border):
    """Return the path of a GeoTIFF with the part of a web layer that a run needs.

    The same part at the same cell size is fetched once a session, so that an interrupted run can go on.

    Args:
        name: The parameter.
        layer: The layer.
        border: Where the value stands; its ``writing`` says whether the file may be written.

    Raises:
        RasterError: There is no extent or no cell size, or the part is too large or cannot be fetched.
    """
    extent = _extent(layer, border)
    if extent is None:
        raise RasterError(
            f"{name} {layer.name()} is a {layer.providerType()} layer: give an extent, so that this part is fetched, "
            "or export it to a file first (Export > Save As)"
        )
    cell = _cell_size(layer, border)
    if not cell:
        raise RasterError(f"{name} {layer.name()} is a web layer without a scale of its own: give cell_size")
    cols, rows = max(1, round(extent.width() / cell)), max(1, round(extent.height() / cell))
    size = f"{cols} x {rows} pixels at cell size {cell:.4g}"
    if cols * rows > MOST_PIXELS:
        raise RasterError(
            f"{name} {layer.name()} would be {size} and {MOST_PIXELS // 10**6} million are fetched at most: give a "
            "smaller extent or a larger cell_size"
        )
    path = _place(layer, extent, (cols, rows))
    if border.writing and os.path.exists(path):
        _tell(border, f"{name}: {layer.name()} was fetched before ({size}): {path}")
    elif border.writing:
        _tell(border, f"{name}: {layer.name()} is fetched from the web ({size}) and written to {path}")
        if cols * rows > MANY_PIXELS:
            border.feedback.pushWarning(
                f"{cols * rows // 10**6} million pixels are fetched: this takes long and burdens the service"
            )
        _write(layer, extent, (cols, rows), path, border)
    return path


def _extent(layer, border):
    """Return the extent parameter in the layer's CRS, None without one."""
    if border.raw("extent") in (None, ""):
        return None
    found = border.algorithm.parameterAsExtent(border.parameters, "extent", border.context, layer.crs())
    return None if found.isEmpty() else found


def _cell_size(layer, border):
    """Return the cell size asked for, else the model's, else the layer's finest, in units of the layer's CRS."""
    text = str(border.raw("cell_size") or "").strip()
    try:
        return float(text)
    except ValueError:
        pass
    trained = _trained_cell_size(border.raw("in_model_definition"), layer.crs())
    finest = list(layer.dataProvider().nativeResolutions())
    return trained or min(finest, default=0.0)


def _trained_cell_size(definition, crs):
    """Return the cell size that a model was trained at in units of a CRS, 0 when the definition does not say."""
    cell = _definition(definition).get("MinCellSize") or {}
    code = (cell.get("spatialReference") or {}).get("latestWkid") if isinstance(cell, dict) else None
    if not code or not cell.get("x"):
        return 0.0
    own = QgsCoordinateReferenceSystem(f"EPSG:{code}")
    factor = QgsUnitTypes.fromUnitToUnitFactor(own.mapUnits(), crs.mapUnits()) if own.isValid() else 1.0
    return float(cell["x"]) * factor


def _definition(given):
    """Return a model definition, empty when it cannot be read: what is wrong with it is told elsewhere."""
    text = str(given or "").strip()
    try:
        if text.startswith("{"):
            found = json.loads(text)
        elif text.lower().endswith(".dlpk"):
            with zipfile.ZipFile(text) as package:
                name = next(entry for entry in package.namelist() if entry.lower().endswith(".emd"))
                found = json.loads(package.read(name))
        else:
            with open(text, encoding="utf-8") as stream:
                found = json.load(stream)
    except (OSError, ValueError, StopIteration, zipfile.BadZipFile):
        return {}
    return found if isinstance(found, dict) else {}


def _place(layer, extent, shape):
    """Return the file for a part of a layer: the same for the same part."""
    what = json.dumps([layer.source(), extent.toString(9), shape])
    return os.path.join(QgsProcessingUtils.tempFolder(), f"web_{hashlib.sha256(what.encode()).hexdigest()[:16]}.tif")


def _write(layer, extent, shape, path, border):
    """Fetch a part of a layer and write it, whole or not at all."""
    pipe = QgsRasterPipe()
    provider = layer.dataProvider().clone()
    if not pipe.set(provider) or not pipe.set(layer.renderer().clone()):
        raise RasterError(f"{layer.name()} cannot be read by QGIS: check the layer, or export it to a file first")
    temporary = path + ".part.tif"
    writer = QgsRasterFileWriter(temporary)
    writer.setOutputFormat("GTiff")
    writer.setCreateOptions(["COMPRESS=DEFLATE", "TILED=YES", "BIGTIFF=IF_SAFER"])
    feedback = QgsRasterBlockFeedback()
    border.feedback.canceled.connect(feedback.cancel)
    error = writer.writeRaster(
        pipe, shape[0], shape[1], extent, layer.crs(), border.context.transformContext(), feedback
    )
    if error != QgsRasterFileWriter.NoError or feedback.isCanceled():
        if os.path.exists(temporary):
            os.remove(temporary)
        why = "cancelled by the user" if feedback.isCanceled() else f"QGIS's error {int(error)}"
        raise RasterError(f"{layer.name()} was not fetched ({why}): check the connection, or export it to a file first")
    os.replace(temporary, path)


def _tell(border, text):
    """Tell the user one line."""
    if border.feedback is not None:
        border.feedback.pushInfo(text)
