"""What the pane puts on the map: the image of a folder, the layer of samples, and the frame of a labelled image."""

from __future__ import annotations

from qgis.core import QgsGeometry, QgsProject, QgsWkbTypes
from qgis.gui import QgsRubberBand
from qgis.PyQt.QtGui import QColor

MARGIN = 1.03
"""How much more than the image the map shows."""


class OnMap:
    """Layers and frame of a pane on the map."""

    def __init__(self, canvas):
        """Put nothing on a map yet."""
        self.canvas = canvas
        self._image = self._frame = None

    def show_image(self, layer, above=None):
        """Show an image of a folder in place of the one before; None takes it away.

        Args:
            layer: The raster layer.
            above: A layer that stays above it, if it is on the map.
        """
        project = QgsProject.instance()
        before, self._image = self._image, None
        if before is not None and project.mapLayer(before) is not None:
            project.removeMapLayer(before)
        if layer is None:
            return
        project.addMapLayer(layer, False)
        order = [child.layerId() for child in project.layerTreeRoot().findLayers()]
        covered = above is not None and order[:1] == [above.id()]
        project.layerTreeRoot().insertLayer(1 if covered else 0, layer)
        self._image = layer.id()
        self.canvas.setExtent(layer.extent().scaled(MARGIN))
        self.canvas.refresh()

    def forget_image(self, ids):
        """Let go of the image when it is among the layers that the project removes; returns whether it was."""
        gone = self._image is not None and self._image in ids
        if gone:
            self._image = None
        return gone

    def show_samples(self, layer):
        """Bring the layer of samples onto the map, above the others, unless it is there."""
        project = QgsProject.instance()
        if project.mapLayer(layer.id()) is None:
            project.addMapLayer(layer, False)
            project.layerTreeRoot().insertLayer(0, layer)

    def frame(self, layer=None, color=None):
        """Draw a frame around a raster layer, or without one take it away.

        Args:
            layer: The raster layer.
            color: Red, green, blue, 0..255.
        """
        if self._frame is not None:
            self.canvas.scene().removeItem(self._frame)
            self._frame = None
        if layer is not None:
            self._frame = QgsRubberBand(self.canvas, QgsWkbTypes.PolygonGeometry)
            self._frame.setToGeometry(QgsGeometry.fromRect(layer.extent()), layer.crs())
            self._frame.setStrokeColor(QColor(*color))
            self._frame.setFillColor(QColor(0, 0, 0, 0))
            self._frame.setWidth(5)
