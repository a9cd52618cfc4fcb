"""The tool that makes a sample of segments: a click takes one, dragging and Ctrl take more, Enter saves them as one."""

from __future__ import annotations

from qgis.core import QgsCsException, QgsGeometry, QgsPointXY, QgsWkbTypes
from qgis.gui import QgsRubberBand
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor

from ...provider.words import tr
from .map_tools import DrawingTool
from .segment_sources import SegmentError

STEP = 3
"""Pixels of the screen between the places of a drag at which segments are taken."""

HOVER = QColor(255, 255, 255, 70)
"""Fill of the segment under the mouse."""


class SegmentTool(DrawingTool):
    """Picks segments of a source.

    Left button takes the segment under the mouse in place of those taken before; with Ctrl it adds it, or drops it
    again. Dragging adds all that the mouse passes. Enter or the right button makes one sample of them, Backspace drops
    the last, Escape all.

    Attributes:
        taken: Key to shape of the segments that were taken; ``points`` has the keys.
        source: What answers ``at(point)``; None while there are no segments.
        wanted: Told where the mouse was pressed and there is no segment, in the CRS of the raster.
        failed: Told with a sentence.
    """

    wanted = pyqtSignal(QgsPointXY)
    failed = pyqtSignal(str)

    def __init__(self, pane, canvas):
        """Pick segments for a pane on a map."""
        super().__init__(pane, canvas)
        self.source = None
        self.taken = {}
        self.hover = None
        self.under = None
        self.last = None

    def use(self, source):
        """Pick from another source; what was taken is dropped."""
        self.cancel()
        self.source = source

    def canvasPressEvent(self, event):
        """Take the segment under the mouse."""
        if event.button() != Qt.LeftButton or not self.pane.can_draw():
            return
        found = self._found(event.pos())
        if found is None:
            self.wanted.emit(self.at(event))
            return
        key, shape = found
        adding = bool(event.modifiers() & (Qt.ControlModifier | Qt.ShiftModifier))
        if adding and key in self.taken:
            del self.taken[key]
        else:
            self.taken = {**self.taken, key: shape} if adding else {key: shape}
            self.last = event.pos()
        self._show_taken()

    def canvasMoveEvent(self, event):
        """Show the segment under the mouse; in a drag take all on the way."""
        if self.last is None or not event.buttons() & Qt.LeftButton:
            self._show_under(self._found(event.pos()))
            return
        way = event.pos() - self.last
        steps = max(1, way.manhattanLength() // STEP)
        before = len(self.taken)
        for step in range(1, steps + 1):
            found = self._found(self.last + way * step / steps)
            if found is not None:
                self.taken.setdefault(*found)
        self.last = event.pos()
        if len(self.taken) > before:
            self._show_taken()

    def canvasReleaseEvent(self, event):
        """End a drag; the right button makes the sample."""
        self.last = None
        if event.button() == Qt.RightButton:
            self.finish()

    def finish(self, points=None):
        """Hand the taken segments over as one shape; returns whether there were any."""
        if not self.taken:
            return False
        shape = QgsGeometry.unaryUnion(list(self.taken.values()))
        self.cancel()
        self.drawn.emit(shape)
        return True

    def step_back(self):
        """Drop the segment that was taken last; returns whether there was one."""
        if not self.taken:
            return False
        self.taken.popitem()
        self._show_taken()
        return True

    def cancel(self):
        """Drop what was taken; returns whether there was anything."""
        going = bool(self.taken)
        self.taken, self.points, self.last, self.under = {}, [], None, None
        for name in ("band", "hover"):
            band = getattr(self, name)
            if band is not None:
                self.canvas().scene().removeItem(band)
                setattr(self, name, None)
        return going

    def _found(self, position):
        """Return key and shape of the segment at a place of the screen, None where there is none."""
        if self.source is None or self.pane.raster_layer is None:
            return None
        try:
            point = QgsPointXY(self.toLayerCoordinates(self.pane.raster_layer, position))
            return self.source.at(point)
        except SegmentError as error:
            self.failed.emit(str(error))
        except QgsCsException:
            self.failed.emit(tr("the mouse is where the map cannot be related to the raster: zoom to the raster"))
        return None

    def _show_taken(self):
        """Draw what was taken in the colour of the class."""
        self.points = list(self.taken)
        if self.band is None:
            self.band = QgsRubberBand(self.canvas(), QgsWkbTypes.PolygonGeometry)
            self.band.setWidth(2)
        current = self.pane.current_class()
        red, green, blue = current.color if current is not None else (255, 255, 255)
        self.band.setStrokeColor(QColor(red, green, blue))
        self.band.setFillColor(QColor(red, green, blue, 90))
        self.band.setToGeometry(QgsGeometry.collectGeometry(list(self.taken.values())), self.pane.raster_layer.crs())

    def _show_under(self, found):
        """Draw the segment under the mouse."""
        key = None if found is None else found[0]
        if key == self.under:
            return
        self.under = key
        if self.hover is None:
            self.hover = QgsRubberBand(self.canvas(), QgsWkbTypes.PolygonGeometry)
            self.hover.setStrokeColor(QColor(255, 255, 255))
            self.hover.setFillColor(HOVER)
        if found is None:
            self.hover.reset(QgsWkbTypes.PolygonGeometry)
        else:
            self.hover.setToGeometry(found[1], self.pane.raster_layer.crs())
