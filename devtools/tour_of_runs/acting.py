"""What the stops share: the task of the tour, pictures, panes, and real events of mouse and keys."""

from __future__ import annotations

import json
import os

from qgis.core import QgsPointXY, QgsProject, QgsRasterLayer, QgsVectorLayer
from qgis.PyQt.QtCore import QEvent, QPoint, Qt, QTimer
from qgis.PyQt.QtGui import QMouseEvent
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QTextEdit, QToolBar
from qgis.utils import iface

with open(os.environ["TOUR"], encoding="utf-8") as file:
    TASK = json.load(file)
FOLDER = TASK["folder"]


def inside(*parts):
    """Return a path in the folder of the tour."""
    return os.path.join(FOLDER, *parts)


def picture(name, widget=None):
    """Take a picture of a widget, or of the whole screen."""
    screen = QApplication.primaryScreen()
    image = widget.grab() if widget is not None else screen.grabWindow(0)
    image.save(inside("pictures", f"{name}.png"))


def fresh_project(*paths):
    """Show nothing but the layers of some files, the first on top; return them with the first active."""
    project = QgsProject.instance()
    project.clear()
    layers = []
    for path in reversed(paths):
        name = os.path.splitext(os.path.basename(path))[0]
        layer = QgsRasterLayer(path, name) if path.endswith("tif") else QgsVectorLayer(path, name, "ogr")
        assert layer.isValid(), f"{path} cannot be opened"
        project.addMapLayer(layer)
        layers.insert(0, layer)
    iface.setActiveLayer(layers[0])
    iface.zoomToActiveLayer()
    return layers


def rows(path, layer=""):
    """Return the features of a file as it lies on the disk, each a dictionary."""
    found = QgsVectorLayer(f"{path}|layername={layer}" if layer else path, "rows", "ogr")
    assert found.isValid(), f"{path} cannot be opened"
    names = found.fields().names()
    return [{name: feature[name] for name in names} for feature in found.getFeatures()]


def open_pane(title):
    """Click the button of a pane in the plugin's toolbar and return the pane."""
    from qgis.utils import plugins

    bar = iface.mainWindow().findChild(QToolBar, "ImageryDeepLearning")
    action = next((action for action in bar.actions() if action.text() == title), None)
    assert action is not None, f"the toolbar has no button {title}"
    click(bar.widgetForAction(action))
    pane = plugins["imagery_deep_learning"].menu.panes.get(title)
    assert pane is not None and pane.isVisible(), f"the button {title} opened no pane"
    return pane


def click(widget):
    """Click into the middle of a widget."""
    assert widget.isEnabled(), f"{name_of(widget)} is disabled"
    assert widget.isVisible(), f"{name_of(widget)} is hidden"
    QTest.mouseClick(widget, Qt.LeftButton)


def click_tab(tabs, text):
    """Click a page of a tab widget."""
    bar = tabs.tabBar()
    number = next(number for number in range(bar.count()) if bar.tabText(number) == text)
    QTest.mouseClick(bar, Qt.LeftButton, Qt.NoModifier, bar.tabRect(number).center())


def name_of(widget):
    """Return how people call a widget."""
    return getattr(widget, "text", lambda: "")() or widget.toolTip() or type(widget).__name__


def button_of(widget, tip):
    """Return the button inside a widget with a tool tip."""
    from qgis.PyQt.QtWidgets import QAbstractButton

    found = [each for each in widget.findChildren(QAbstractButton) if each.toolTip() == tip]
    assert len(found) == 1, f"{len(found)} buttons have the tool tip {tip}"
    return found[0]


def in_dialog(open_it, fill):
    """Do what opens a modal dialog, and fill the dialog; what fails inside is raised here.

    Args:
        open_it: Called without arguments; returns when the dialog is closed.
        fill: Called with the dialog; closes it.
    """
    told = []

    def act():
        dialog = QApplication.activeModalWidget()
        try:
            assert dialog is not None, "no dialog opened"
            fill(dialog)
        except AssertionError as error:
            told.append(error)
            if dialog is not None:
                dialog.reject()

    QTimer.singleShot(500, act)
    open_it()
    if told:
        raise told[0]


def last_lines(dialog):
    """Return the last lines of a dialog's log."""
    texts = [edit.toPlainText() for edit in dialog.findChildren(QTextEdit)]
    return " / ".join(max(texts, key=len, default="").strip().splitlines()[-3:])


class OnMap:
    """Mouse and keys on the map, at pixels of a raster layer."""

    def __init__(self, raster):
        """Work on a raster layer that the map shows."""
        self.raster, self.canvas = raster, iface.mapCanvas()

    def at(self, col, row) -> QPoint:
        """Return where a pixel is on the map widget."""
        extent = self.raster.extent()
        x = extent.xMinimum() + col * extent.width() / self.raster.width()
        y = extent.yMaximum() - row * extent.height() / self.raster.height()
        settings = self.canvas.mapSettings()
        shown = settings.mapToPixel().transform(settings.layerToMapCoordinates(self.raster, QgsPointXY(x, y)))
        spot = QPoint(round(shown.x()), round(shown.y()))
        assert self.canvas.viewport().rect().contains(spot), f"column {col}, row {row} is outside the map"
        return spot

    def click(self, col, row, button=Qt.LeftButton):
        """Click on a pixel."""
        QTest.mouseClick(self.canvas.viewport(), button, Qt.NoModifier, self.at(col, row))

    def drag(self, *places):
        """Hold the left button down from the first pixel over the others."""
        view, spots = self.canvas.viewport(), [self.at(*place) for place in places]
        QTest.mousePress(view, Qt.LeftButton, Qt.NoModifier, spots[0])
        for number in range(1, len(spots)):
            before, way = spots[number - 1], spots[number] - spots[number - 1]
            for part in (0.25, 0.5, 0.75, 1):
                self._move(view, before + way * part)
        QTest.mouseRelease(view, Qt.LeftButton, Qt.NoModifier, spots[-1])

    def key(self, key, modifier=Qt.NoModifier):
        """Press a key."""
        QTest.keyClick(self.canvas, key, modifier)

    def _move(self, view, spot):
        """Move the mouse with the button held down, which QTest's own move does not."""
        place = view.mapToGlobal(spot)
        event = QMouseEvent(QEvent.MouseMove, spot, place, Qt.NoButton, Qt.LeftButton, Qt.NoModifier)
        QApplication.sendEvent(view, event)
