"""Stops with Label Objects for Deep Learning: draw with mouse and keys, export, and labels that a model suggests."""

from __future__ import annotations

import os
import re
from collections import Counter

from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QDialogButtonBox, QLineEdit

from .acting import TASK, OnMap, button_of, click, click_tab, fresh_project, in_dialog, inside, open_pane, picture, rows

TITLE = "Label Objects for Deep Learning"


def labelling():
    """Make a class, draw a rectangle, a polygon and a lasso, take one back, and export chips."""
    raster, _ = fresh_project(inside("data", "scene", "scene.tif"), inside("data", "scene", "labels.gpkg"))
    yield 1500
    pane = open_pane(TITLE)
    yield 1000
    assert pane.raster_layer is raster, "the pane did not begin with the active raster layer"
    ground = OnMap(raster)
    in_dialog(lambda: click(button_of(pane.editor, "New class")), name_class)
    names = [each.name for each in pane.schema.all()]
    assert names == ["Object", "Tank"], f"the classes are {names}"
    picture("label_2_classes")

    ground.key(Qt.Key_1)
    ground.key(Qt.Key_R)
    ground.drag((20, 20), (36, 36))
    ground.key(Qt.Key_2)
    ground.key(Qt.Key_P)
    for place in ((76, 20), (92, 20), (92, 36), (76, 36)):
        ground.click(*place)
        yield 100
    ground.click(84, 40, Qt.RightButton)
    ground.key(Qt.Key_1)
    ground.key(Qt.Key_L)
    ground.drag((132, 20), (148, 20), (150, 30), (148, 36), (132, 36), (130, 28))
    yield 300
    path = pane.samples.path
    drawn = Counter(row["Classname"] for row in rows(path))
    assert drawn == {"Object": 2, "Tank": 1}, f"three shapes were drawn and {path} holds {dict(drawn)}"
    values = {row["Classname"]: row["Classvalue"] for row in rows(path)}
    assert values == {"Object": 1, "Tank": 7}, f"the class values are {values}"

    ground.key(Qt.Key_R)
    ground.drag((188, 20), (204, 36))
    yield 200
    assert len(rows(path)) == 4, f"the fourth shape is not in {path}"
    ground.key(Qt.Key_Z, Qt.ControlModifier)
    yield 200
    assert len(rows(path)) == 3, f"Ctrl+Z did not take the fourth shape out of {path}"
    yield 700
    picture("label_3_drawn")
    yield from export(pane)


def name_class(dialog):
    """Name the new class and close its dialog."""
    picture("label_1_new_class", dialog)
    QTest.keyClicks(dialog.findChild(QLineEdit), "Tank")
    dialog.value.setValue(7)
    click(dialog.buttons.button(QDialogButtonBox.Ok))
    assert not dialog.isVisible(), f"the class was refused: {dialog.why.text()}"


def export(pane):
    """Export chips from the pane and count them."""
    tab = pane.export_tab
    click_tab(pane.tabs, "Export")
    for box, size in ((tab.tile, 64), (tab.stride, 64)):
        box.setFocus()
        box.selectAll()
        QTest.keyClicks(box, str(size))
    yield 300
    click(tab.export)
    yield lambda: tab.run is None and tab.said.text()
    yield 500
    picture("label_4_exported")
    told = re.match(r"(\d+) chips? written", tab.said.text())
    assert told, f"the export said: {tab.said.text()}"
    chips = os.listdir(os.path.join(tab.written, "images"))
    images = [name for name in chips if name.endswith(".tif")]
    assert len(images) == int(told[1]) > 0, f"{told[1]} chips were told and {len(images)} lie in {tab.written}"


def suggesting():
    """Let a model suggest labels of the view, reject one by the mouse, and accept the others."""
    values = TASK["values"]["suggest"]
    (raster,) = fresh_project(values["raster"])
    yield 1500
    pane = open_pane(TITLE)
    pane.source.layers.setLayer(raster)
    yield 300
    click_tab(pane.tabs, "Suggest")
    panel = pane.suggestions
    panel.model.setFilePath(values["model"])
    panel.slider.setValue(20)
    yield 300
    click(panel.start)
    yield lambda: panel.runs.run is None
    yield 700
    picture("suggest_1_proposals")
    found = len(panel.proposals)
    assert found, f"no label was suggested: {panel.said.text()}"
    shown = panel.proposals.shown()
    assert shown, f"{found} labels were suggested and none is shown"
    click(panel.by_click)
    place = shown[0].geometry.centroid().asPoint()
    extent = raster.extent()
    col = (place.x() - extent.xMinimum()) / extent.width() * raster.width()
    row = (extent.yMaximum() - place.y()) / extent.height() * raster.height()
    OnMap(raster).click(col, row, Qt.RightButton)
    yield 300
    assert len(panel.proposals) == found - 1, f"a right click on a proposal rejected {found - len(panel.proposals)}"
    wanted = len(panel.proposals.shown())
    click(panel.all)
    yield 700
    picture("suggest_2_accepted")
    assert pane.samples.exists, f"nothing was accepted: {panel.said.text()}"
    written = len(rows(pane.samples.path))
    assert written == wanted, f"{wanted} proposals were accepted and {written} samples are in {pane.samples.path}"
    pane.close()
    QgsProject.instance().clear()
    yield 300
    assert pane.raster_layer is None, "the pane labels a raster that the project has no more"


AFTER_TOOLS = (labelling, suggesting)
