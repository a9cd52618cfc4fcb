"""The stop with Runs: the list shows what the tour ran, and opens what a run wrote."""

from __future__ import annotations

import os

from qgis.core import QgsProject
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest

from .acting import fresh_project, inside, open_pane, picture

TITLE = "Runs"


def runs():
    """Look for the runs of the tour, choose one, and open its layer by a double click."""
    fresh_project(inside("data", "scene", "scene.tif"))
    yield 1000
    pane = open_pane(TITLE)
    yield 1500
    picture("runs_1_list")
    folder = os.path.join(inside("profile"), "")
    done = [run for run in pane.known.values() if run.state == "done"]
    assert done, f"no run is listed though the tour ran some; the records lie below {folder}"
    assert pane.tree.topLevelItemCount() == len(pane.known), "the list has not a row for each run"
    run = next((run for run in done if str(run.outputs.get("out_detected_objects", "")).startswith(inside())), None)
    assert run is not None, "no run of Detect Objects is listed"
    pane.show_run(run.path)
    yield 700
    picture("runs_2_chosen")
    item = pane.tree.currentItem()
    pane.tree.scrollToItem(item)
    spot = pane.tree.visualItemRect(item).center()
    QTest.mouseClick(pane.tree.viewport(), Qt.LeftButton, Qt.NoModifier, spot)
    QTest.mouseDClick(pane.tree.viewport(), Qt.LeftButton, Qt.NoModifier, spot)
    yield 1500
    picture("runs_3_opened")
    sources = [layer.source() for layer in QgsProject.instance().mapLayers().values()]
    assert run.outputs["out_detected_objects"] in sources, f"a double click opened nothing; open are {sources}"
    pane.close()


AFTER_TOOLS = (runs,)
