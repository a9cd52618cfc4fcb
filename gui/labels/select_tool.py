"""Picks samples on the map, to delete them or to give them another class: a click, or a frame."""

from __future__ import annotations

from qgis.core import QgsGeometry, QgsRectangle, QgsVectorLayer, QgsWkbTypes
from qgis.gui import QgsRubberBand
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from .map_tools import DrawingTool


class SelectTool(DrawingTool):
    """A click picks the smallest sample under the mouse, a frame all that it touches; Shift or Ctrl adds to them."""

    def __init__(self, pane, canvas):
        """Pick samples of a pane on a map."""
        super().__init__(pane, canvas)
        self.setCursor(Qt.ArrowCursor)

    def shape(self, points):
        """Return the frame."""
        return QgsGeometry.fromRect(QgsRectangle(points[0], points[-1]))

    def canvasPressEvent(self, event):
        """Begin a click or a frame."""
        if event.button() == Qt.LeftButton and self.pane.raster_layer is not None:
            self.pressed, self.points = event.pos(), [self.at(event)]
            self.band = QgsRubberBand(self.canvas(), QgsWkbTypes.PolygonGeometry)
            self.band.setStrokeColor(QColor(255, 255, 0))
            self.band.setFillColor(QColor(255, 255, 0, 30))

    def canvasMoveEvent(self, event):
        """Show the frame."""
        if self.points and self._far(event):
            self.show([*self.points, self.at(event)])

    def canvasReleaseEvent(self, event):
        """Select what the click or the frame touches."""
        if event.button() != Qt.LeftButton or not self.points:
            return
        area, framed = self.shape([*self.points, self.at(event)]), self._far(event)
        if not framed:
            area = QgsGeometry.fromPointXY(self.points[0])
        self.cancel()
        samples = self.pane.samples
        if samples is None or not samples.exists:
            return
        touched = [feature for feature in samples.features() if feature.geometry().intersects(area)]
        if not framed:
            touched = sorted(touched, key=lambda feature: feature.geometry().area())[:1]
        adding = bool(event.modifiers() & (Qt.ShiftModifier | Qt.ControlModifier))
        behaviour = QgsVectorLayer.AddToSelection if adding else QgsVectorLayer.SetSelection
        samples.layer.selectByIds([feature.id() for feature in touched], behaviour)
