"""The stop with Review Detections: decide by key, close, go on, and make a cleaned layer and new training samples."""

from __future__ import annotations

import os
import shutil
from collections import Counter

from qgis.core import QgsApplication, QgsProcessingContext
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QApplication, QDialogButtonBox

from .acting import OnMap, click, click_tab, fresh_project, in_dialog, inside, last_lines, open_pane, picture, rows

TITLE = "Review Detections"


def reviewing():
    """Review detections by key, close the pane, go on where it was, and use what comes out."""
    path = inside("results", "reviewed.gpkg")
    shutil.copy(inside("data", "scene", "found.gpkg"), path)
    _, raster = fresh_project(path, inside("data", "scene", "scene.tif"))
    yield 1500
    pane = open_pane(TITLE)
    yield 700
    picture("review_1_begin")
    click(pane.layer_choice.begin)
    yield 1000
    assert pane.store is not None, f"the review did not begin: {pane.layer_choice.said.text()}"
    pane.page.threshold.setFocus()
    pane.page.threshold.selectAll()
    QTest.keyClicks(pane.page.threshold, "0.55")
    QTest.keyClick(pane.page.threshold, Qt.Key_Return)
    yield 700
    count = pane.page.count.text()
    assert count.startswith("0 of 25 reviewed"), f"25 of 35 results are at or above 0.55 and the pane says: {count}"
    keys = OnMap(raster)
    keys.key(Qt.Key_A)
    yield 500
    keys.key(Qt.Key_R)
    yield 500
    in_dialog(lambda: relabel(pane), name_class)
    yield 500
    keys.key(Qt.Key_2)
    yield 500
    keys.key(Qt.Key_A)
    yield 500
    keys.key(Qt.Key_Z)
    yield 700
    picture("review_2_decided")
    expect(path, {"accepted": 1, "rejected": 1, "relabelled": 2})
    named = Counter(row["Class"] for row in rows(path) if row["review"] == "relabelled")
    assert named == {"tank": 2}, f"two results were relabelled as tank and the layer says {dict(named)}"

    current = pane.stepper.current
    pane.close()
    yield 500
    assert open_pane(TITLE) is pane, "another pane opened"
    yield 700
    assert pane.stepper.current == current, f"the review went on with {pane.stepper.current} and not with {current}"
    keys.key(Qt.Key_A)
    yield 500
    keys.key(Qt.Key_A)
    yield 500
    expect(path, {"accepted": 3, "rejected": 1, "relabelled": 2})
    yield from outputs(pane)


def relabel(pane):
    """Open the menu of classes by its key and take its last entry, which asks for a new class."""
    menu = pane.page.menu
    entry = menu.actions()[-1]
    assert entry.text().startswith("New class"), f"the last entry of the menu is {entry.text()}"
    entry.trigger()


def name_class(dialog):
    """Name the new class and close its dialog."""
    picture("review_3_new_class", dialog)
    QTest.keyClicks(dialog.name, "tank")
    click(dialog.buttons.button(QDialogButtonBox.Ok))


def expect(path, wanted):
    """Compare the states in the file with those that were decided."""
    found = Counter(row["review"] for row in rows(path) if row["review"])
    assert found == wanted, f"{path} holds {dict(found)} and {wanted} was decided"


def outputs(pane):
    """Save the cleaned layer and the samples, and export chips of them from the tool's dialog."""
    page = pane.results
    click_tab(pane.tabs, "Results")
    yield 300
    picture("review_4_results")
    click(page.save_cleaned)
    yield lambda: not page._tasks
    cleaned = inside("results", "reviewed_cleaned.gpkg")
    assert os.path.exists(cleaned), f"no cleaned layer: {page.said.text()}"
    count = len(rows(cleaned))
    assert count == 5, f"five results are accepted or relabelled and the cleaned layer holds {count}"

    page.tile.setValue(64)
    page.stride.setValue(32)
    before = set(QApplication.topLevelWidgets())
    click(page.export)
    yield lambda: not page._tasks
    yield 1000
    picture("review_5_samples")
    opened = [each for each in QApplication.topLevelWidgets() if each not in before and hasattr(each, "runButton")]
    assert opened, f"Export opened no dialog: {page.said.text()}"
    dialog = opened[0]
    chips = inside("results", "reviewed_chips")
    dialog.mainWidget().wrappers["out_folder"].setParameterValue(chips, QgsProcessingContext())
    yield 700
    picture("review_6_export", dialog)
    ended = []
    dialog.algorithmFinished.connect(lambda right, _: ended.append(right))
    click(dialog.runButton())
    yield lambda: ended
    yield 300
    assert ended[-1], f"the export failed: {last_lines(dialog)}"
    images = os.listdir(os.path.join(chips, "images"))
    assert [name for name in images if name.endswith(".tif")], f"no chip lies in {chips}: {last_lines(dialog)}"
    dialog.close()
    dialog.deleteLater()
    assert not QgsApplication.taskManager().activeTasks(), "a task goes on behind the review"
    pane.close()


AFTER_TOOLS = (reviewing,)
