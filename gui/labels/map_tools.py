"""The tools that draw a sample on the map: rectangle, circle, polygon and freehand lasso.

Shapes are drawn in the CRS of the raster layer, whatever that of the map is: a rectangle is parallel to the image.
The left button draws; Escape drops the shape, Enter or the right button ends a polygon, Backspace takes its last
corner back.
"""

from __future__ import annotations

from qgis.core import QgsGeometry, QgsPointXY, QgsRectangle, QgsWkbTypes
from qgis.gui import QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor

DRAG = 4
"""Pixels of the screen beyond which press and release are a drag; less is a click, and a second one ends the shape."""

CIRCLE_SEGMENTS = 16
"""Segments of a quarter of a circle."""


class DrawingTool(QgsMapTool):
    """What the drawing tools share: the points of the shape that is being drawn, and its outline on the map.

    Attributes:
        drawn: Told with the finished shape, a ``QgsGeometry`` in the CRS of the raster layer.
    """

    drawn = pyqtSignal(QgsGeometry)

    def __init__(self, pane, canvas):
        """Draw for a pane, which knows the raster layer and the colour of the class, on a map."""
        super().__init__(canvas)
        self.pane = pane
        self.points = []
        self.pressed = None
        self.band = None
        self.setCursor(Qt.CrossCursor)

    def at(self, event):
        """Return where the mouse is, in the CRS of the raster layer."""
        return QgsPointXY(self.toLayerCoordinates(self.pane.raster_layer, event.mapPoint()))

    def shape(self, points):
        """Return the shape that points make, in the CRS of the raster layer."""
        return QgsGeometry.fromPolygonXY([[*points, points[0]]])

    def start(self, event):
        """Begin a shape where the mouse is; without a class or a raster nothing begins."""
        if not self.pane.can_draw():
            return
        self.points = [self.at(event)]
        red, green, blue = self.pane.current_class().color
        self.band = QgsRubberBand(self.canvas(), QgsWkbTypes.PolygonGeometry)
        self.band.setStrokeColor(QColor(red, green, blue))
        self.band.setFillColor(QColor(red, green, blue, 50))
        self.band.setWidth(2)

    def show(self, points):
        """Draw the outline of the shape as it would be with these points."""
        if self.band is not None:
            self.band.setToGeometry(self.shape(points), self.pane.raster_layer.crs())

    def cancel(self):
        """Drop the shape that is being drawn; returns whether there was one."""
        going = bool(self.points)
        self.points, self.pressed = [], None
        if self.band is not None:
            self.canvas().scene().removeItem(self.band)
            self.band = None
        return going

    def finish(self, points=None):
        """Hand the shape over; returns whether there was one."""
        points = self.points if points is None else points
        if not points:
            return False
        shape = self.shape(points)
        self.cancel()
        self.drawn.emit(shape)
        return True

    def step_back(self):
        """Take the last corner back; shapes of two points have none."""
        return self.cancel()

    def deactivate(self):
        """Drop what is half drawn when another tool is taken."""
        self.cancel()
        super().deactivate()

    def _far(self, event):
        """Return whether the mouse was dragged since the button went down."""
        return self.pressed is not None and (event.pos() - self.pressed).manhattanLength() > DRAG


class TwoPointTool(DrawingTool):
    """A shape of two points: by dragging, or by two clicks."""

    def canvasPressEvent(self, event):
        """Take the first point, unless it is the second click."""
        if event.button() == Qt.RightButton:
            self.cancel()
        elif event.button() == Qt.LeftButton and not self.points:
            self.pressed = event.pos()
            self.start(event)

    def canvasMoveEvent(self, event):
        """Show the shape up to the mouse."""
        if self.points:
            self.show([*self.points, self.at(event)])

    def canvasReleaseEvent(self, event):
        """End the shape after a drag or on the second click."""
        if event.button() != Qt.LeftButton or not self.points:
            return
        if self.pressed is None or self._far(event):
            self.finish([*self.points, self.at(event)])
        else:
            self.pressed = None


class RectangleTool(TwoPointTool):
    """A rectangle between two corners."""

    def shape(self, points):
        """Return the rectangle."""
        return QgsGeometry.fromRect(QgsRectangle(points[0], points[-1]))


class CircleTool(TwoPointTool):
    """A circle from its middle to its rim."""

    def shape(self, points):
        """Return the circle."""
        return QgsGeometry.fromPointXY(points[0]).buffer(points[0].distance(points[-1]), CIRCLE_SEGMENTS)


class PolygonTool(DrawingTool):
    """A polygon, a click for each corner; right click, double click or Enter ends it."""

    def canvasReleaseEvent(self, event):
        """Take a corner, or end the polygon."""
        if event.button() == Qt.RightButton:
            self.finish()
        elif event.button() == Qt.LeftButton and not self._ended(event):
            if self.points:
                self.points.append(self.at(event))
            else:
                self.start(event)

    def canvasMoveEvent(self, event):
        """Show the polygon up to the mouse."""
        if self.points:
            self.show([*self.points, self.at(event)])

    def canvasDoubleClickEvent(self, event):
        """End the polygon; its first click has taken the corner."""
        self.pressed = event.pos()
        self.finish()
        self.pressed = event.pos()

    def finish(self, points=None):
        """Hand the polygon over; with less than three corners it goes on."""
        return len(self.points) > 2 and super().finish(points)

    def step_back(self):
        """Take the last corner back; the first drops the polygon."""
        if len(self.points) < 2:
            return self.cancel()
        self.points.pop()
        self.show(self.points)
        return True

    def _ended(self, event):
        """Return whether a release belongs to the double click that ended the polygon."""
        ended, self.pressed = self.pressed is not None, None
        return ended


class LassoTool(DrawingTool):
    """A freehand outline, drawn with the button held down."""

    def canvasPressEvent(self, event):
        """Begin the outline."""
        if event.button() == Qt.LeftButton:
            self.pressed = event.pos()
            self.start(event)

    def canvasMoveEvent(self, event):
        """Take each place the mouse passes, a few pixels of the screen apart."""
        if self.points and (event.pos() - self.pressed).manhattanLength() > 1:
            self.pressed = event.pos()
            self.points.append(self.at(event))
            self.show(self.points)

    def canvasReleaseEvent(self, event):
        """End the outline; a mere click draws nothing."""
        if event.button() == Qt.LeftButton and not (len(self.points) > 2 and self.finish()):
            self.cancel()
