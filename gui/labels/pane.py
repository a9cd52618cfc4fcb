"""Label Objects for Deep Learning: the pane that draws training samples on a raster layer or a folder of images."""

from __future__ import annotations

import os

from qgis.core import QgsMapLayerProxyModel, QgsProject
from qgis.gui import QgsDockWidget, QgsMapLayerComboBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QToolBar, QVBoxLayout, QWidget

from . import sample_files
from .samples import Samples
from .schema import LabelClass, Schema

TITLE = "Label Objects for Deep Learning"


class LabelPane(QgsDockWidget):
    """The pane.

    Attributes:
        raster_changed: Told when another raster layer or image is labelled.
        iface: QGIS's interface.
        raster_layer: The raster layer that is labelled, None before one is chosen.
        samples: Its ``Samples``, None before a raster is chosen.
        schema: The classes.
        tools_row: The toolbar of the drawing tools, to which other tools are added.
    """

    raster_changed = pyqtSignal()

    def __init__(self, iface):
        """Build the pane for the interface of QGIS."""
        super().__init__(TITLE)
        self.setObjectName("LabelObjectsForDeepLearning")
        self.iface = iface
        self.raster_layer = self.samples = None
        self.schema = Schema("Classes", [LabelClass("Object", 1)])
        self.raster_choice = QgsMapLayerComboBox()
        self.raster_choice.setFilters(QgsMapLayerProxyModel.RasterLayer)
        self.raster_choice.layerChanged.connect(self.set_raster)
        self.tools_row = QToolBar()
        inner = QWidget()
        column = QVBoxLayout(inner)
        for part in (self.raster_choice, self.tools_row):
            column.addWidget(part)
        column.addStretch()
        self.setWidget(inner)
        self.set_raster(self.raster_choice.currentLayer())

    def set_raster(self, layer):
        """Label a raster layer, going on with the samples that lie beside it.

        Args:
            layer: The raster layer; None labels nothing.
        """
        self.raster_layer, self.samples = layer, None
        if layer is not None:
            source = layer.source() if os.path.isfile(layer.source()) else ""
            self.samples = Samples(sample_files.default_path(source, layer.name()), layer)
            self.samples.style(self.schema.all())
            self.samples.changed.connect(self._show_samples)
            self._show_samples()
        self.raster_changed.emit()

    def current_class(self):
        """Return the class that the next sample gets, None where the schema has none."""
        return next(iter(self.schema.all()), None)

    def close_down(self):
        """Give back what the pane holds of QGIS."""
        self.raster_layer = self.samples = None

    def _show_samples(self):
        """Bring the layer of samples onto the map once it exists."""
        if self.samples is not None and self.samples.exists:
            project = QgsProject.instance()
            if project.mapLayer(self.samples.layer.id()) is None:
                project.addMapLayer(self.samples.layer)
