"""Map tools of a review: a new shape by corners or as a rectangle, and one that is there moved or reshaped.

Shapes are in the CRS of the map. New shape: each click sets a corner, a right click, Enter or a double click ends it; a
drag draws a rectangle; Backspace takes back a corner, Esc all. Reshape: a corner is dragged, or the whole from inside.
"""

from __future__ import annotations

from qgis.core import QgsGeometry, QgsPointXY, QgsRectangle, QgsWkbTypes
from qgis.gui import QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import QPoint, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor

INK = QColor(255, 214, 10)
DRAG = 6
"""Screen pixels from which a press is a drag."""
REACH = 12
"""Screen pixels around a corner that take hold of it."""


def band(canvas, kind=QgsWkbTypes.PolygonGeometry, color=INK, fill=36, width=2):
    """Return a rubber band over the map."""
    made = QgsRubberBand(canvas, kind)
    made.setStrokeColor(color)
    made.setFillColor(QColor(color.red(), color.green(), color.blue(), fill))
    made.setWidth(width)
    made.setSecondaryStrokeColor(QColor(0, 0, 0, 150))
    return made


class DrawTool(QgsMapTool):
    """Draws one shape.

    Attributes:
        drawn: Told with the geometry.
        given_up: Told when the user gives up.
    """

    drawn = pyqtSignal(QgsGeometry)
    given_up = pyqtSignal()

    def __init__(self, canvas, points=False):
        """Draw on a canvas: points instead of polygons when asked to."""
        super().__init__(canvas)
        self.setCursor(Qt.CrossCursor)
        self._points_only = points
        self._corners = []
        self._pressed = None
        self._band = band(canvas)

    def canvasPressEvent(self, event):
        """Note where a corner or a rectangle begins."""
        if event.button() == Qt.LeftButton:
            self._pressed = QPoint(event.pos())

    def canvasMoveEvent(self, event):
        """Show the shape as it would be."""
        if self._dragged(event) and not self._corners and not self._points_only:
            self._show(self._rectangle(event.pos()))
        elif self._corners:
            corners = [*self._corners, self.toMapCoordinates(event.pos())]
            closed = len(corners) > 2
            self._show(QgsGeometry.fromPolygonXY([corners]) if closed else QgsGeometry.fromPolylineXY(corners))

    def canvasReleaseEvent(self, event):
        """Set a corner, or end the shape."""
        if event.button() == Qt.RightButton:
            self._finish()
            return
        if event.button() != Qt.LeftButton or self._pressed is None:
            return
        rectangle = self._rectangle(event.pos()) if self._dragged(event) and not self._corners else None
        self._pressed = None
        if self._points_only:
            self._end(QgsGeometry.fromPointXY(self.toMapCoordinates(event.pos())))
        elif rectangle is not None:
            self._end(rectangle)
        else:
            self._corners.append(self.toMapCoordinates(event.pos()))

    def canvasDoubleClickEvent(self, event):
        """End the shape; the first of both clicks has set the corner."""
        self._pressed = None
        self._finish()

    def keyPressEvent(self, event):
        """End the shape, take back a corner, or give up."""
        if event.key() in (Qt.Key_Return, Qt.Key_Enter):
            self._finish()
        elif event.key() in (Qt.Key_Backspace, Qt.Key_Delete):
            self._corners = self._corners[:-1]
            self._show(QgsGeometry.fromPolylineXY(self._corners))
        elif event.key() == Qt.Key_Escape:
            self._clear()
            self.given_up.emit()
        else:
            return
        event.accept()

    def deactivate(self):
        """Take what was begun off the map."""
        self._clear()
        super().deactivate()

    def _dragged(self, event):
        """Return whether the mouse went far enough from where it was pressed."""
        return self._pressed is not None and (event.pos() - self._pressed).manhattanLength() > DRAG

    def _rectangle(self, end):
        """Return the rectangle from where the mouse was pressed."""
        corners = QgsRectangle(self.toMapCoordinates(self._pressed), self.toMapCoordinates(end))
        return QgsGeometry.fromRect(corners)

    def _show(self, geometry):
        """Show a shape that is not ready."""
        self._band.setToGeometry(geometry, None)

    def _finish(self):
        """End a shape of corners; fewer than three are none."""
        if len(self._corners) >= 3:
            self._end(QgsGeometry.fromPolygonXY([[*self._corners, self._corners[0]]]))

    def _end(self, geometry):
        """Hand the shape over."""
        self._clear()
        self.drawn.emit(geometry)

    def _clear(self):
        """Begin anew."""
        self._corners, self._pressed = [], None
        self._band.reset(QgsWkbTypes.PolygonGeometry)


class ReshapeTool(QgsMapTool):
    """Moves one shape, or a corner of it.

    Attributes:
        reshaped: Told with the geometry when the mouse is let go.
        given_up: Told when the user ends reshaping.
    """

    reshaped = pyqtSignal(QgsGeometry)
    given_up = pyqtSignal()

    def __init__(self, canvas, geometry):
        """Reshape a geometry in the CRS of the map."""
        super().__init__(canvas)
        self.setCursor(Qt.SizeAllCursor)
        self._geometry = QgsGeometry(geometry)
        self._corner = None
        self._from = None
        self._band = band(canvas)
        self._corners = band(canvas, QgsWkbTypes.PointGeometry, width=3)
        self._corners.setIcon(QgsRubberBand.ICON_FULL_BOX)
        self._corners.setIconSize(8)
        self._show(self._geometry)

    def canvasPressEvent(self, event):
        """Take hold of a corner, or of the whole."""
        if event.button() != Qt.LeftButton:
            return
        at = self.toMapCoordinates(event.pos())
        _, vertex, _, _, square = self._geometry.closestVertex(at)
        reach = REACH * self.canvas().mapUnitsPerPixel()
        corner = vertex if vertex >= 0 and square <= reach * reach else None
        if corner is not None or self._geometry.contains(at):
            self._corner, self._from = corner, at

    def canvasMoveEvent(self, event):
        """Show the shape as it would be."""
        if self._from is not None:
            self._show(self._moved(self.toMapCoordinates(event.pos())))

    def canvasReleaseEvent(self, event):
        """Hand the shape over; a right click ends."""
        if event.button() == Qt.RightButton:
            self.given_up.emit()
        elif self._from is not None:
            moved = self._moved(self.toMapCoordinates(event.pos()))
            self._from = self._corner = None
            if not moved.equals(self._geometry):
                self._geometry = moved
                self.reshaped.emit(QgsGeometry(moved))
            self._show(self._geometry)

    def keyPressEvent(self, event):
        """End reshaping."""
        if event.key() in (Qt.Key_Escape, Qt.Key_Return, Qt.Key_Enter):
            event.accept()
            self.given_up.emit()

    def deactivate(self):
        """Take the corners off the map."""
        self._band.reset(QgsWkbTypes.PolygonGeometry)
        self._corners.reset(QgsWkbTypes.PointGeometry)
        super().deactivate()

    def _moved(self, to):
        """Return the shape with what is held moved to a place."""
        moved = QgsGeometry(self._geometry)
        if self._corner is None:
            moved.translate(to.x() - self._from.x(), to.y() - self._from.y())
        else:
            moved.moveVertex(to.x(), to.y(), self._corner)
        return moved

    def _show(self, geometry):
        """Show a shape with its corners."""
        self._band.setToGeometry(geometry, None)
        self._corners.reset(QgsWkbTypes.PointGeometry)
        for vertex in geometry.vertices():
            self._corners.addPoint(QgsPointXY(vertex))
