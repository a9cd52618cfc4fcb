"""What the tests of labelling share: rasters made by GDAL, an open pane, and real events of mouse and keys."""

from array import array
from contextlib import contextmanager

from osgeo import gdal, osr
from qgis.core import QgsCoordinateReferenceSystem, QgsPointXY, QgsProject, QgsRasterLayer
from qgis.PyQt.QtCore import QEvent, QPoint, Qt
from qgis.PyQt.QtGui import QMouseEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication

from imagery_deep_learning.gui.labels.pane import LabelPane
from imagery_deep_learning.gui.labels.schema import LabelClass, Schema

CELL, LEFT, TOP = 0.5, 500_000.0, 4_650_000.0


def write_image(path, cols=320, rows=256, epsg=32633, bands=3, wide=False, driver="GTiff"):
    """Write an image with a gradient; without EPSG code it has no place on the map; wide means 16 bits."""
    kind, letter, step = (gdal.GDT_UInt16, "H", 90) if wide else (gdal.GDT_Byte, "B", 1)
    made = gdal.GetDriverByName("MEM").Create("", cols, rows, bands, kind)
    if epsg:
        crs = osr.SpatialReference()
        crs.ImportFromEPSG(epsg)
        made.SetProjection(crs.ExportToWkt())
        made.SetGeoTransform((LEFT, CELL, 0, TOP, 0, -CELL))
    for band in range(1, bands + 1):
        line = array(letter, [(col * band) % 250 * step for col in range(cols)])
        made.GetRasterBand(band).WriteRaster(0, 0, cols, rows, line.tobytes() * rows)
    gdal.GetDriverByName(driver).CreateCopy(str(path), made)
    return path


@contextmanager
def open_pane(iface, raster=None, project_epsg=0, classes=True):
    """Yield a pane that labels a raster, with three classes, on a map of 400 x 400 pixels that shows all of it."""
    project, canvas = QgsProject.instance(), iface.mapCanvas()
    project.removeAllMapLayers()
    layer = None
    if raster is not None:
        layer = QgsRasterLayer(str(raster), "image", "gdal")
        assert layer.isValid()
        project.addMapLayer(layer)
    crs = QgsCoordinateReferenceSystem(f"EPSG:{project_epsg}") if project_epsg else layer.crs() if layer else None
    canvas.setDestinationCrs(crs or QgsCoordinateReferenceSystem())
    window = canvas.window()
    window.resize(420, 420)
    window.show()
    canvas.resize(400, 400)
    canvas.show()
    QApplication.processEvents()
    pane = LabelPane(iface)
    if classes:
        pane.editor.replace(Schema("test", [LabelClass("pad", 1), LabelClass("road", 4), LabelClass("tree", 7)]))
    pane.resize(320, 640)
    pane.show()
    if layer is not None:
        pane.source.layers.setLayer(layer)
        settings = canvas.mapSettings()
        canvas.setExtent(settings.layerExtentToOutputExtent(layer, layer.extent()).scaled(1.1))
    QApplication.processEvents()
    try:
        yield pane
    finally:
        pane.close_down()
        pane.hide()
        window.hide()
        pane.deleteLater()
        QApplication.sendPostedEvents(pane, QEvent.DeferredDelete)  # not left to the end of the program
        project.removeAllMapLayers()
        QApplication.processEvents()


def press(pane, key, modifier=Qt.NoModifier):
    """Press a key on the map."""
    QTest.keyClick(pane.canvas, key, modifier)
    QApplication.processEvents()


def on_screen(pane, col, row):
    """Return where a pixel of the image is on the map widget: its upper left corner."""
    layer, extent = pane.raster_layer, pane.raster_layer.extent()
    size_x, size_y = extent.width() / layer.width(), extent.height() / layer.height()
    place = QgsPointXY(extent.xMinimum() + col * size_x, extent.yMaximum() - row * size_y)
    settings = pane.canvas.mapSettings()
    shown = settings.mapToPixel().transform(settings.layerToMapCoordinates(layer, place))
    return QPoint(round(shown.x()), round(shown.y()))


def drag(pane, *places):
    """Hold the left button down from the first pixel of the image over the others."""
    spots, view = [on_screen(pane, *place) for place in places], pane.canvas.viewport()
    QTest.mousePress(view, Qt.LeftButton, Qt.NoModifier, spots[0])
    for before, after in zip(spots, spots[1:]):
        for part in (0.25, 0.5, 0.75, 1):
            spot = before + QPoint(round((after - before).x() * part), round((after - before).y() * part))
            move(view, spot)
    QTest.mouseRelease(view, Qt.LeftButton, Qt.NoModifier, spots[-1])
    QApplication.processEvents()


def move(view, spot):
    """Move the mouse; QTest's own moves reach no widget that is not under a real pointer."""
    event = QMouseEvent(QEvent.MouseMove, spot, view.mapToGlobal(spot), Qt.NoButton, Qt.LeftButton, Qt.NoModifier)
    QApplication.sendEvent(view, event)


def click(pane, col, row, button=Qt.LeftButton, modifier=Qt.NoModifier):
    """Click on a pixel of the image."""
    QTest.mouseClick(pane.canvas.viewport(), button, modifier, on_screen(pane, col, row))
    QApplication.processEvents()
