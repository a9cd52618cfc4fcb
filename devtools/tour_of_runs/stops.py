"""The stops of the tour, run inside QGIS: each is a generator that acts, yields what it waits for, and acts again.

A stop yields milliseconds, or a function that is asked until it answers with something true. It fails with an
``AssertionError`` whose text is told, or when it waits for longer than ``PATIENCE``.
"""

from __future__ import annotations

import json
import os
import time
import traceback

from qgis.core import (
    QgsApplication,
    QgsProcessingContext,
    QgsProcessingModelAlgorithm,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QApplication, QMessageBox
from qgis.utils import iface

TICK, PATIENCE = 100, 240.0
"""Milliseconds between two looks, and seconds that one wait may take."""

with open(os.environ["TOUR"], encoding="utf-8") as file:
    TASK = json.load(file)
FOLDER = TASK["folder"]


def picture(name, widget=None):
    """Take a picture of a widget, or of the whole screen."""
    screen = QApplication.primaryScreen()
    image = widget.grab() if widget is not None else screen.grabWindow(0)
    image.save(os.path.join(FOLDER, "pictures", f"{name}.png"))


def scene():
    """Show the raster and its labels."""
    for name in ("scene.tif", "labels.gpkg"):
        path = os.path.join(FOLDER, "data", "scene", name)
        layer = QgsRasterLayer(path, "scene") if name.endswith("tif") else QgsVectorLayer(path, "labels", "ogr")
        assert layer.isValid(), f"{path} cannot be opened"
        QgsProject.instance().addMapLayer(layer)
        if name.endswith("tif"):
            iface.setActiveLayer(layer)
    iface.zoomToActiveLayer()
    yield 1500
    picture("window")


def tool(name, values):
    """Return the stop that opens a tool's dialog, runs it when there are values, and looks at what it says."""

    def stop():
        import processing

        dialog = processing.createAlgorithmDialog(f"deeplearning:{name}", values or {})
        assert dialog is not None, "QGIS made no dialog"
        ended = []
        dialog.algorithmFinished.connect(lambda right, _: ended.append(right))
        dialog.show()
        yield 700
        picture(f"{name}_1_dialog", dialog)
        if values is not None:
            dialog.runButton().click()
            yield lambda: ended
            yield 500
            picture(f"{name}_2_log", dialog)
            assert ended[-1], f"the run failed: {last_lines(dialog)}"
            picture(f"{name}_3_window")
        dialog.close()
        dialog.deleteLater()

    stop.__name__ = name
    return stop


def last_lines(dialog):
    """Return the last lines of a dialog's log."""
    from qgis.PyQt.QtWidgets import QTextEdit

    texts = [edit.toPlainText() for edit in dialog.findChildren(QTextEdit)]
    return " / ".join(max(texts, key=len, default="").strip().splitlines()[-3:])


def batch():
    """Run a tool over two rows of the batch panel."""
    from processing.gui.BatchAlgorithmDialog import BatchAlgorithmDialog

    algorithm = QgsApplication.processingRegistry().createAlgorithmById("deeplearning:nonmaximumsuppression")
    dialog = BatchAlgorithmDialog(algorithm)
    dialog.show()
    panel = dialog.mainWidget()
    panel.addRow(2 - panel.batchRowCount())
    for row, values in enumerate(TASK["values"]["batch"]):
        for name, value in values.items():
            column = panel.parameter_to_column[name]
            if name.startswith("out_"):
                panel.tblParameters.cellWidget(row + 1, column).setValue(value)
            else:
                panel.wrappers[row][column].setParameterValue(value, QgsProcessingContext())
    yield 700
    picture("batch", dialog)
    dialog.runButton().click()
    yield lambda: "Batch execution completed" in last_lines(dialog)
    missing = [values["out_featureclass"] for values in TASK["values"]["batch"] if not made(values)]
    assert not missing, f"not written: {missing}; {last_lines(dialog)}"
    dialog.close()
    dialog.deleteLater()


def made(values):
    """Return whether a row of the batch wrote its output."""
    return os.path.exists(values["out_featureclass"])


def modeler():
    """Open every example in the modeler."""
    from processing.modeler.ModelerDialog import ModelerDialog

    for path in TASK["values"]["models"]:
        model = QgsProcessingModelAlgorithm()
        assert model.fromFile(path), f"{path} is no model"
        window = ModelerDialog.create(model)
        window.show()
        yield 1000
        picture(f"modeler_{os.path.splitext(os.path.basename(path))[0]}", window)
        window.setDirty(False)
        window.close()


def stops():
    """Return all stops in their order."""
    registry = QgsApplication.processingRegistry()
    names = [algorithm.name() for algorithm in registry.providerById("deeplearning").algorithms()]
    known = TASK["values"]["tools"]
    ordered = [*[name for name in known if name in names], *[name for name in names if name not in known]]
    tools = [tool(name, known.get(name)) for name in ordered]
    return [stop for stop in (scene, batch, *tools, modeler) if TASK["only"] in stop.__name__]


class Walk:
    """Goes from stop to stop on QGIS's own clock."""

    def __init__(self):
        """Begin with the first stop."""
        self.left = stops()
        self.current, self.name, self.waits, self.began = None, "", None, 0.0
        self.messages = []
        self.guard = QTimer()  # goes on while a box keeps the stop waiting
        self.guard.timeout.connect(self.answer_box)
        self.guard.start(TICK)
        self.timer = QTimer()
        self.timer.timeout.connect(self.tick)
        self.timer.start(TICK)

    def tick(self):
        """Go on when what the stop waits for has come."""
        self.timer.stop()
        try:
            self.step()
        except AssertionError as error:
            self.ended(False, str(error))
        except Exception:  # noqa: BLE001  a fault of any kind is this stop's, and the tour goes on
            self.ended(False, traceback.format_exc(limit=3).replace("\n", " / "))
        self.timer.start(TICK)

    def answer_box(self):
        """Note and close a message box, which would wait for ever: a stop that shows one has failed."""
        box = QApplication.activeModalWidget()
        if isinstance(box, QMessageBox):
            self.messages.append(box.text())
            picture(f"{self.name}_message")
            box.reject()

    def step(self):
        """Begin the next stop, or let the current one go on."""
        if self.current is None:
            if not self.left:
                note("end", True, 0.0, "")
                os._exit(0)
            stop = self.left.pop(0)
            self.name, self.current, self.waits, self.began = stop.__name__, stop(), None, time.monotonic()
            self.since = self.began
        assert not self.messages, f"a box said: {self.messages.pop()}"
        if self.waiting():
            assert time.monotonic() - self.since < PATIENCE, f"waited {PATIENCE:g} s in vain"
            return
        try:
            self.waits, self.since = next(self.current), time.monotonic()
        except StopIteration:
            self.ended(True, "")

    def waiting(self):
        """Return whether the stop still waits."""
        if self.waits is None:
            return False
        if callable(self.waits):
            return not self.waits()
        return time.monotonic() - self.since < self.waits / 1000

    def ended(self, right, said):
        """Note how a stop ended."""
        if not right:
            picture(f"{self.name}_failed")
        note(self.name, right, time.monotonic() - self.began, said)
        self.current = None
        for window in QApplication.topLevelWidgets():
            if window is not iface.mainWindow() and window.isVisible() and window.isWindow():
                window.close()


def note(name, right, seconds, said):
    """Add a line to what the outside reads."""
    with open(os.path.join(FOLDER, "stops.jsonl"), "a", encoding="utf-8") as lines:
        lines.write(json.dumps({"name": name, "ok": right, "seconds": seconds, "said": said}) + "\n")


def begin():
    """Start when QGIS's window is up and fills the screen."""
    iface.mainWindow().setGeometry(QApplication.primaryScreen().availableGeometry())
    begin.walk = Walk()


QTimer.singleShot(3000, begin)
