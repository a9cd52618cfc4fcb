"""What a run wrote, and how it is opened: layers in the project, reports and folders in their own programs."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from qgis.core import QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices

from ...algorithms.arrivals import ORDER, layer_name, put_into_group, run_title
from ...engine.tools import TOOLS, kinds

REPORTS = (".html", ".pdf", ".md")
LAYER, REPORT, FOLDER, FILE = "layer", "report", "folder", "file"


@dataclass(frozen=True)
class Output:
    """Something that a run wrote.

    Attributes:
        name: The output's name.
        label: Its name for people.
        place: A path, or a layer as QGIS opens it.
        kind: ``LAYER``, ``REPORT``, ``FOLDER`` or ``FILE``.
    """

    name: str
    label: str
    place: str
    kind: str

    @property
    def path(self):
        """Return the file or folder behind it."""
        return file_of(self.place)

    @property
    def exists(self):
        """Return whether it is still there."""
        return os.path.exists(self.path)


def file_of(place):
    """Return the file behind a layer's source."""
    return place.split("|")[0]


def outputs_of(run):
    """Return what a run wrote, layers first, in the order of a group.

    Args:
        run: The run's record.
    """
    tool = TOOLS.get(run.tool)
    if tool is None:
        return []
    labels = {name: parameter.kind.label for name, parameter in tool.parameters().items()}
    labels.update({output.name: output.label for output in tool.derived})
    found = []
    for name, place in run.outputs.items():
        if not isinstance(place, str) or not os.path.isabs(place) or name not in labels:
            continue
        kind = _kind(tool, name, place)
        label = layer_name(run.tool, name, run.subject) if kind == LAYER else labels[name]
        found.append(Output(name, label, place, kind))
    ranks = {name: place for place, name in enumerate(ORDER)}
    order = (LAYER, REPORT, FOLDER, FILE)
    return sorted(found, key=lambda one: (order.index(one.kind), ranks.get(one.name, len(ranks))))


def _kind(tool, name, place):
    """Return what an output is."""
    declared = tool.parameters().get(name)
    if declared is not None and isinstance(declared.kind, (kinds.NewFeatures, kinds.NewRaster)):
        return LAYER
    if place.lower().endswith(REPORTS):
        return REPORT
    return FOLDER if os.path.isdir(place) else FILE


def reports_of(run):
    """Return the reports of a run that are still there."""
    return [output for output in outputs_of(run) if output.kind == REPORT and output.exists]


def layers_of(run):
    """Return the layers of a run that are still there."""
    return [output for output in outputs_of(run) if output.kind == LAYER and output.exists]


def folder_of(run):
    """Return the folder that a run wrote into; an empty text when there is none any more."""
    for output in outputs_of(run):
        folder = output.path if output.kind == FOLDER else os.path.dirname(output.path)
        if os.path.isdir(folder):
            return folder
    return ""


def open_path(path):
    """Open a file or folder with the program that the system uses for it; return whether there is one."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(path))


def open_layers(run):
    """Add the layers of a run to the project, in the group of the run; those that are there already stay.

    Args:
        run: The run's record.

    Returns:
        The layers, also those that were there already.
    """
    project, opened = QgsProject.instance(), []
    for output in reversed(layers_of(run)):
        layer = _already_there(output) or _loaded(output)
        if layer is None:
            continue
        if project.mapLayer(layer.id()) is None:
            project.addMapLayer(layer)
            title = f"{run_title(run.tool, run.title, run.subject)}, {run.started.astimezone():%H:%M}"
            put_into_group(layer, run.path, title, output.name)
        opened.append(layer)
    return opened


def _already_there(output):
    """Return the layer of the project that shows an output, or None."""
    layers = QgsProject.instance().mapLayers().values()
    return next((layer for layer in layers if layer.source() == output.place), None)


def _loaded(output):
    """Return a new layer of an output; None when it is none any more."""
    raster = QgsRasterLayer(output.place, output.label, "gdal") if output.name in RASTERS else None
    layer = raster if raster is not None else QgsVectorLayer(output.place, output.label, "ogr")
    return layer if layer.isValid() else None


RASTERS = {
    name
    for tool in TOOLS.values()
    for name, parameter in tool.parameters().items()
    if isinstance(parameter.kind, kinds.NewRaster)
}
"""Outputs that are rasters."""


def manifest_of(run):
    """Return the run manifest that lies beside the outputs of a run, as it was written; empty when there is none.

    Args:
        run: The run's record.
    """
    places = [run.outputs.get("out_run_manifest"), *(f"{output.path}.run.json" for output in outputs_of(run))]
    for place in places:
        if isinstance(place, str) and os.path.isfile(place):
            try:
                with open(place, encoding="utf-8") as stream:
                    content = json.load(stream)
            except (OSError, ValueError):
                continue
            if isinstance(content, dict):
                return content
    return {}
