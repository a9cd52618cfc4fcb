"""Mouse and keys on a map canvas, at places of the ground; and waiting for what goes on in the background."""

import time

from qgis.core import QgsPointXY, QgsRasterLayer
from qgis.PyQt.QtCore import QEvent, QPoint, QPointF, Qt
from qgis.PyQt.QtGui import QMouseEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication


def until(true, seconds=90):
    """Let QGIS work until something is true; returns whether it became so."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.02)
    return bool(true())


class Map:
    """A canvas that is worked on with the mouse; places are in its CRS."""

    def __init__(self, canvas, raster: QgsRasterLayer, side=400):
        """Show a raster on a canvas of a known size."""
        self.canvas = canvas
        canvas.resize(side, side)
        canvas.setDestinationCrs(raster.crs())
        canvas.setLayers([raster])
        canvas.setExtent(raster.extent())
        canvas.show()
        QApplication.processEvents()

    def pixel(self, x, y) -> QPoint:
        """Return where a place is on the screen."""
        at = self.canvas.getCoordinateTransform().transform(QgsPointXY(x, y))
        return QPoint(round(at.x()), round(at.y()))

    def click(self, x, y, button=Qt.LeftButton, modifiers=Qt.NoModifier):
        """Click."""
        QTest.mouseClick(self.canvas.viewport(), button, modifiers, self.pixel(x, y))
        QApplication.processEvents()

    def drag(self, *places):
        """Press at the first place, move over the others, release at the last."""
        view, pixels = self.canvas.viewport(), [self.pixel(*place) for place in places]
        QTest.mousePress(view, Qt.LeftButton, Qt.NoModifier, pixels[0])
        for pixel in pixels[1:]:
            self._move(pixel, Qt.LeftButton)
        QTest.mouseRelease(view, Qt.LeftButton, Qt.NoModifier, pixels[-1])
        QApplication.processEvents()

    def hover(self, x, y):
        """Move the mouse without a button."""
        self._move(self.pixel(x, y), Qt.NoButton)

    def key(self, key, modifiers=Qt.NoModifier):
        """Press a key on the map."""
        QTest.keyClick(self.canvas, key, modifiers)
        QApplication.processEvents()

    def _move(self, pixel, buttons):
        """Send a move; QTest's own has no button held down."""
        view = self.canvas.viewport()
        place = QPointF(pixel)
        event = QMouseEvent(
            QEvent.MouseMove, place, QPointF(view.mapToGlobal(pixel)), Qt.NoButton, buttons, Qt.NoModifier
        )
        QApplication.sendEvent(view, event)
        QApplication.processEvents()
