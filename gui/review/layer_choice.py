"""The upper part of the pane: which layer is reviewed and which of its fields say what."""

from __future__ import annotations

import os
from dataclasses import replace

from qgis.core import QgsFieldProxyModel, QgsMapLayerProxyModel, QgsProject, QgsProviderRegistry, QgsVectorLayer
from qgis.gui import QgsFieldComboBox, QgsMapLayerComboBox
from qgis.PyQt.QtCore import QStandardPaths, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QApplication, QFormLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ...provider.words import marked, tr
from .fields import STATE, Fields, ReviewError, can_be_copied, copy_to_geopackage, free_path, guess, why_not

ROLES = (
    ("class_name", marked("Class"), QgsFieldProxyModel.String),
    ("class_value", marked("Class value"), QgsFieldProxyModel.Int | QgsFieldProxyModel.LongLong),
    ("confidence", marked("Confidence"), QgsFieldProxyModel.Numeric),
    ("entropy", marked("Entropy"), QgsFieldProxyModel.Numeric),
)


class LayerChoice(QWidget):
    """Chooses the layer.

    Attributes:
        started: Told with layer and ``Fields`` when a review of them may begin.
        stopped: Told when there is no layer to review.
    """

    started = pyqtSignal(object, object)
    stopped = pyqtSignal()

    def __init__(self, parent=None):
        """Show the layers of the project."""
        super().__init__(parent)
        self.layers = QgsMapLayerComboBox()
        self.layers.setFilters(QgsMapLayerProxyModel.PointLayer | QgsMapLayerProxyModel.PolygonLayer)
        self.layers.setAllowEmptyLayer(True)
        self.layers.setToolTip(tr("Layer of Detect Objects or Classify Objects, or any with points or polygons"))
        self.show_fields = QPushButton(tr("Fields"))
        self.show_fields.setCheckable(True)
        self.show_fields.setToolTip(tr("Which fields hold class and confidence"))
        self.fields = {}
        self.field_box = QWidget()
        form = QFormLayout(self.field_box)
        form.setContentsMargins(0, 0, 0, 0)
        for role, label, kinds in ROLES:
            self.fields[role] = QgsFieldComboBox()
            self.fields[role].setFilters(kinds)
            self.fields[role].setAllowEmptyFieldName(True)
            form.addRow(tr(label), self.fields[role])
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.begin = QPushButton(tr("Start the review"))
        self.copy = QPushButton(tr("Copy to a GeoPackage and review the copy"))
        row = QHBoxLayout()
        row.addWidget(self.layers, 1)
        row.addWidget(self.show_fields)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addLayout(row)
        for widget in (self.field_box, self.said, self.begin, self.copy):
            box.addWidget(widget)
        self.field_box.hide()
        self.show_fields.toggled.connect(self.field_box.setVisible)
        self.layers.layerChanged.connect(self.look_at)
        self.begin.clicked.connect(self.start)
        self.copy.clicked.connect(self.copy_layer)
        for role, field in self.fields.items():
            field.fieldChanged.connect(lambda name, role=role: self._field_chosen(role, name))
        self.show_fields.toggled.connect(lambda _: self._show_chosen())
        QgsProject.instance().layersRemoved.connect(self._layers_gone)
        self._filling, self._seen, self._chosen = False, None, Fields()
        self.layers.setLayer(None)
        self.look_at(None)

    def choose(self, layer):
        """Choose a layer."""
        if self.layers.currentLayer() is not layer:
            self.layers.setLayer(layer)
        else:
            self.look_at(layer)

    def look_at(self, layer):
        """Say what can be done with a layer; a review that was begun goes on at once."""
        self._seen = layer
        self._fill(layer)
        why = why_not(layer) if layer is not None else ""
        begun = layer is not None and not why and STATE in layer.fields().names()
        if layer is None:
            why = tr("Choose the layer of results to review.")
        self.said.setText(why or tr("The review adds four fields to the layer and keeps every decision there."))
        self.said.setVisible(not begun)
        self.begin.setVisible(layer is not None and not why_not(layer) and not begun)
        self.copy.setVisible(layer is not None and bool(why) and can_be_copied(layer))
        self.stopped.emit()
        if begun:
            self.start()

    def start(self):
        """Begin the review of the layer, or go on with it."""
        layer = self.layers.currentLayer()
        self.said.hide()
        self.begin.hide()
        self._filling = True  # the boxes forget what they show when the layer gets the fields of the review
        self.started.emit(layer, self._chosen)
        self._show_chosen()

    def chosen_fields(self):
        """Return the ``Fields`` that are chosen."""
        return self._chosen

    def refuse(self, sentence):
        """Say why the review of the layer cannot begin, and offer a copy."""
        self.said.setText(sentence)
        self.said.show()
        self.copy.show()

    def copy_layer(self):
        """Copy the layer beside itself, and review the copy."""
        layer = self.layers.currentLayer()
        path = free_path(_folder(layer), f"{_file_name(layer.name())}_review")
        QApplication.setOverrideCursor(Qt.WaitCursor)
        try:
            copy_to_geopackage(layer, path)
        except ReviewError as error:
            self.refuse(str(error))
            return
        finally:
            QApplication.restoreOverrideCursor()
        made = QgsVectorLayer(path, os.path.splitext(os.path.basename(path))[0], "ogr")
        QgsProject.instance().addMapLayer(made)
        self.choose(made)
        if self.begin.isVisibleTo(self):
            self.start()

    def _fill(self, layer):
        """Show the fields of a layer, as they are usually named."""
        self._filling = True
        self._chosen = guess(layer) if layer is not None else Fields()
        for box in self.fields.values():
            box.setLayer(layer)
        self._show_chosen()

    def _show_chosen(self):
        """Show the chosen fields in their boxes."""
        self._filling = True
        for role, box in self.fields.items():
            box.setField(getattr(self._chosen, role))
        self._filling = False

    def _layers_gone(self, _):
        """Look at the layer that the box shows in place of one that was removed; it does so without a word."""
        if self.layers.currentLayer() is not self._seen:
            self.look_at(self.layers.currentLayer())

    def _field_chosen(self, role, name):
        """Go on with another field."""
        layer = self.layers.currentLayer()
        if self._filling:
            return
        self._chosen = replace(self._chosen, **{role: name})
        if layer is not None and not why_not(layer) and STATE in layer.fields().names():
            self.start()


def _folder(layer):
    """Return where outputs of a layer go: beside it, or where the project is, or among the user's documents."""
    path = QgsProviderRegistry.instance().decodeUri(layer.providerType(), layer.source()).get("path") or ""
    documents = QStandardPaths.writableLocation(QStandardPaths.DocumentsLocation) or os.path.expanduser("~")
    for folder in (os.path.dirname(path) if os.path.isfile(path) else "", QgsProject.instance().homePath()):
        if folder and os.access(folder, os.W_OK):
            return folder
    os.makedirs(documents, exist_ok=True)
    return documents


def _file_name(title):
    """Return a layer's name as a file may have it."""
    return "".join(sign if sign.isalnum() or sign in "-_ ." else "_" for sign in title).strip(" .") or "results"


def output_place(layer):
    """Return folder and beginning of the names of a layer's outputs."""
    return _folder(layer), _file_name(layer.name())
