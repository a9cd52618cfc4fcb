"""Walks through the stops of the tour inside QGIS: each is a generator that acts, yields what it waits for, acts again.

A stop yields milliseconds, or a function that is asked until it answers with something true. It fails with an
``AssertionError`` whose text is told, or when it waits for longer than ``PATIENCE``. QGIS loads this file as a script.
"""

from __future__ import annotations

import json
import os
import time
import traceback

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QApplication, QMessageBox
from qgis.utils import iface

from imagery_deep_learning.devtools.tour_of_runs import (
    engine_stops,
    label_stops,
    review_stops,
    run_stops,
    tool_stops,
)
from imagery_deep_learning.devtools.tour_of_runs.acting import TASK, inside, picture

TICK, PATIENCE = 100, 240.0
"""Milliseconds between two looks, and seconds that one wait may take."""


def stops():
    """Return all stops in their order."""
    registry = QgsApplication.processingRegistry()
    names = [algorithm.name() for algorithm in registry.providerById("deeplearning").algorithms()]
    known = TASK["values"]["tools"]
    ordered = [*[name for name in known if name in names], *[name for name in names if name not in known]]
    tools = [tool_stops.tool(name, known.get(name)) for name in ordered]
    rooms = (engine_stops, tool_stops, label_stops, review_stops, run_stops)
    first = [engine_stops.first_run, tool_stops.scene, tool_stops.batch]
    panes = [stop for room in rooms for stop in room.AFTER_TOOLS]
    wanted = TASK["only"].split(",")
    return [stop for stop in (*first, *tools, *panes) if any(part in stop.__name__ for part in wanted)]


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
        """Note how a stop ended; one that makes QGIS's window larger than the screen has failed."""
        window, screen = iface.mainWindow().size(), QApplication.primaryScreen().size()
        if right and (window.width() > screen.width() or window.height() > screen.height()):
            right, said = False, f"the window grew to {window.width()} x {window.height()}"
        if not right:
            picture(f"{self.name}_failed")
        note(self.name, right, time.monotonic() - self.began, said)
        self.current = None
        for window in QApplication.topLevelWidgets():
            if window is not iface.mainWindow() and window.isVisible() and window.isWindow():
                window.close()


def note(name, right, seconds, said):
    """Add a line to what the outside reads."""
    with open(inside("stops.jsonl"), "a", encoding="utf-8") as lines:
        lines.write(json.dumps({"name": name, "ok": right, "seconds": seconds, "said": said}) + "\n")


def begin():
    """Start when QGIS's window is up and fills the screen."""
    iface.mainWindow().setGeometry(QApplication.primaryScreen().availableGeometry())
    begin.walk = Walk()
    if engine_stops.first_run not in begin.walk.left:
        engine_stops.begin_with_engine()


QTimer.singleShot(3000, begin)
