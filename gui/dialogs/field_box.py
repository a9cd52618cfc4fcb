"""The editor of a field: the fields of the layer that another parameter holds, or any name that is typed.

QGIS's own editor takes for granted that the other parameter holds features, and QGIS 3.22 dies where it holds a raster.
"""

from __future__ import annotations

import os

from processing.gui.wrappers import WidgetWrapper
from qgis.core import QgsProcessingFeatureSourceDefinition, QgsProject, QgsProperty, QgsVectorLayer
from qgis.gui import QgsGui
from qgis.PyQt.QtWidgets import QComboBox

OFFERED = {"any": lambda field: True, "number": lambda field: field.isNumeric(), "text": lambda f: not f.isNumeric()}
"""Which fields are offered, by the kind's ``types``."""


class FieldWrapper:
    """What QGIS is told to make for the name of a field."""

    def __new__(cls, param, dialog, row=0, col=0):
        """Return what suits the dialog: the modeler's own field, else a box."""
        if type(dialog).__name__ != "ModelerParametersDialog":
            return _FieldBox(param, dialog)
        registry = QgsGui.processingGuiRegistry()
        field = registry.createModelerParameterWidget(dialog.model, dialog.childId, param, dialog.context)
        field.setDialog(dialog)
        return field


class _FieldBox(WidgetWrapper):
    """A box of field names that takes other names too."""

    def createWidget(self):
        """Return the box, of no layer yet."""
        self.kind = self.parameterDefinition().algorithm().tool.parameters()[self.parameterDefinition().name()].kind
        box = QComboBox()
        box.setEditable(True)
        box.addItem("")
        box.currentTextChanged.connect(lambda _: self.widgetValueHasChanged.emit(self))
        return box

    def postInitialize(self, wrappers):
        """Follow the parameter that holds the layer."""
        for each in wrappers:
            if each.parameterDefinition().name() == self.kind.parent:
                self.followed = each
                each.widgetValueHasChanged.connect(lambda _: self.follow())
                self.follow()

    def follow(self):
        """Offer the fields of the layer; what was typed or chosen stays when the layer has it or there is no layer."""
        names = field_names(self.followed.parameterValue(), self.kind.types)
        text = self.widget.currentText()
        kept = text if not names or text in names else self.parameterDefinition().defaultValue() or ""
        self.widget.blockSignals(True)
        self.widget.clear()
        self.widget.addItems(["", *names])
        self.widget.setCurrentText(kept)
        self.widget.blockSignals(False)
        self.widgetValueHasChanged.emit(self)

    def setValue(self, value):
        """Show a name."""
        self.widget.setCurrentText(value if isinstance(value, str) else "")

    def value(self):
        """Return the name, None where there is none."""
        return self.widget.currentText().strip() or None


def field_names(given, types):
    """Return the names of the fields of what a layer parameter holds; none of a raster, a folder or nothing.

    Args:
        given: A layer, its id, name or path, or a feature source definition.
        types: Which are offered: ``any``, ``number`` or ``text``.
    """
    if isinstance(given, QgsProcessingFeatureSourceDefinition):
        given = given.source
    if isinstance(given, QgsProperty):
        given = given.staticValue()
    layer = given if isinstance(given, QgsVectorLayer) else _layer(given)
    if not isinstance(layer, QgsVectorLayer) or not layer.isValid():
        return []
    return [field.name() for field in layer.fields() if OFFERED[types](field)]


def _layer(text):
    """Return the layer that a text stands for, of the project or of a file; None where there is none."""
    if not isinstance(text, str) or not text.strip():
        return None
    project = QgsProject.instance()
    layer = project.mapLayer(text) or next(iter(project.mapLayersByName(text)), None)
    if layer is None and os.path.isfile(text.partition("|")[0]):
        layer = QgsVectorLayer(text, "fields", "ogr")
    return layer
