"""Values of a dialog as plain data, so that a run can be shown in the dialog again, and what a run works on."""

from __future__ import annotations

import os

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsMapLayer,
    QgsProcessingFeatureSourceDefinition,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingUtils,
    QgsProject,
    QgsProperty,
    QgsRectangle,
    QgsReferencedRectangle,
)

from ..engine.tools import kinds
from ..engine.tools.pairs import text_from_pairs

INPUTS = (kinds.Raster, kinds.Features, kinds.Folder, kinds.Folders)
LATER = ("to_raster", "new_detections", "detected_features", "in_features")
"""Inputs that name a run better than the first one: the later of two dates, what is judged, what is classified."""


def plain_values(parameters, context):
    """Return values as data that JSON holds; what has no such form is left out.

    Args:
        parameters: Values as QGIS handed them over.
        context: QGIS's context.
    """
    found = {name: _plain(given, context) for name, given in parameters.items()}
    return {name: given for name, given in found.items() if given is not None}


def _plain(given, context):
    """Return one value; layers as a dictionary that finds them again, None for what has no plain form."""
    if isinstance(given, QgsProperty):
        given = given.value(context.expressionContext())[0]
    if isinstance(given, QgsProcessingOutputLayerDefinition):
        return _plain(given.sink, context)
    if isinstance(given, QgsProcessingFeatureSourceDefinition):
        source = _plain(given.source, context)
        return {**source, "selected": given.selectedFeaturesOnly} if isinstance(source, dict) else source
    if isinstance(given, QgsMapLayer):
        return {"layer": given.id(), "source": given.source(), "name": given.name()}
    if isinstance(given, QgsReferencedRectangle):
        return f"{_corners(given)} [{given.crs().authid()}]"
    if isinstance(given, QgsRectangle):
        return _corners(given)
    if isinstance(given, QgsCoordinateReferenceSystem):
        return given.authid() or given.toWkt()
    if isinstance(given, (list, tuple)):
        return [_plain(part, context) for part in given]
    if isinstance(given, str):
        layer = QgsProject.instance().mapLayer(given)
        return _plain(layer, context) if layer is not None else given
    return given if isinstance(given, (bool, int, float)) else None


def _corners(rectangle):
    """Return a rectangle as QGIS's text: left, right, bottom, top."""
    return f"{rectangle.xMinimum()!r},{rectangle.xMaximum()!r},{rectangle.yMinimum()!r},{rectangle.yMaximum()!r}"


def dialog_values(plain):
    """Return plain values as a dialog takes them: layers of the project by their id, others by their source.

    Args:
        plain: What ``plain_values`` returned.
    """
    return {name: _for_dialog(given) for name, given in plain.items()}


def _for_dialog(given):
    """Return one value for a dialog."""
    if isinstance(given, list):
        return [_for_dialog(part) for part in given]
    if not isinstance(given, dict):
        return given
    known = QgsProject.instance().mapLayer(given.get("layer", ""))
    text = known.id() if known is not None else given.get("source", "")
    return QgsProcessingFeatureSourceDefinition(text, True) if given.get("selected") else text


def values_of_request(tool, plain):
    """Return the values with which a dialog shows a request.

    Args:
        tool: The tool's declaration.
        plain: The request as plain data, as a run manifest holds it.
    """
    found = {}
    for name, parameter in tool.parameters().items():
        given = plain.get(name)
        if given in (None, "", []):
            continue
        if isinstance(parameter.kind, kinds.Arguments) and isinstance(given, list):
            found[name] = text_from_pairs(given)
        elif isinstance(given, dict) and "path" in given:
            found[name] = given["path"] + (f"|layername={given['layer']}" if given.get("layer") else "")
        elif isinstance(given, dict) and "left" in given:
            corners = ",".join(repr(given[side]) for side in ("left", "right", "bottom", "top"))
            found[name] = corners + (f" [{given['crs']}]" if given.get("crs") else "")
        else:
            found[name] = given
    return found


def subject_of(tool, parameters, context):
    """Return what a run works on, for people: the name of its layer, file or folder; empty when it has no good one.

    Args:
        tool: The tool's declaration.
        parameters: Values as QGIS handed them over.
        context: QGIS's context.
    """
    names = [name for name, parameter in tool.parameters().items() if isinstance(parameter.kind, INPUTS)]
    for name in [*(name for name in LATER if name in names), *names]:
        found = _name_of(parameters.get(name), context)
        if found:
            return found
    return ""


def _name_of(given, context):
    """Return the name of a layer, the stem of a file, or how many there are."""
    given = _plain(given, context)
    if isinstance(given, list):
        return _name_of(given[0], context) if len(given) == 1 else f"{len(given)} rasters" if given else ""
    if isinstance(given, dict):
        return given["name"].rpartition(": ")[2]
    if not isinstance(given, str):
        return ""
    path = given.split("|")[0].rstrip("/\\")
    if os.path.normcase(path).startswith(os.path.normcase(QgsProcessingUtils.tempFolder())):
        return ""
    return os.path.splitext(os.path.basename(path))[0]
