"""Runs inside QGIS (``devtools/tour.sh``): opens every pane and every tool's dialog and takes a picture of each.

A step that raises, and whatever QGIS's Python reports as an unhandled error meanwhile, is a fault of the tour. Python
3.9, ``qgis`` and the standard library only.
"""

import json
import os
import sys
import traceback
from functools import partial

from qgis.core import Qgis, QgsApplication
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QApplication, QDialog
from qgis.utils import iface, plugins, unloadPlugin

FOLDER = os.environ["TOUR_FOLDER"]
NAME = "imagery_deep_learning"
PAUSE = 400
"""Milliseconds that a widget has to draw itself."""

found = {"qgis": Qgis.QGIS_VERSION, "steps": [], "faults": []}
moment = {"name": "start", "widget": None}


def report(kind, value, trace):
    """Keep an unhandled error: QGIS would show it and go on."""
    text = "".join(traceback.format_exception(kind, value, trace))
    found["faults"].append({"step": moment["name"], "error": text})


def picture(widget, name):
    """Save what a widget looks like."""
    widget.grab().save(os.path.join(FOLDER, name + ".png"))


def steps():
    """Yield the steps of the tour: a name, and what opens the widget to look at."""
    from imagery_deep_learning.gui import menu

    for pane in menu.PANES:
        yield "pane " + pane.title, partial(plugins[NAME].menu.open, pane)
    provider = QgsApplication.processingRegistry().providerById("deeplearning")
    for algorithm in provider.algorithms():
        yield "tool " + algorithm.name(), partial(dialog_of, algorithm.name())
    yield "first run", plugins[NAME].menu.set_up_engine


def dialog_of(name):
    """Open a tool's dialog as the toolbox does."""
    import processing

    dialog = processing.createAlgorithmDialog("deeplearning:" + name, {})
    dialog.show()
    return dialog


def walk(remaining):
    """Do the next step; it is looked at a moment later, also when it raises, which ``report`` hears of."""
    step = next(remaining, None)
    if step is None:
        unload()
        return
    moment["name"], act = step
    moment["widget"] = None
    QTimer.singleShot(PAUSE, partial(looked, remaining))
    moment["widget"] = act()


def looked(remaining):
    """Take the picture, close and go on."""
    QTimer.singleShot(50, partial(walk, remaining))
    if moment["widget"] is None:
        return
    picture(moment["widget"], moment["name"].replace(" ", "_").lower())
    moment["widget"].close()
    found["steps"].append(moment["name"])
    for other in QApplication.topLevelWidgets():
        if isinstance(other, QDialog) and other.isModal() and other.isVisible():
            found["faults"].append({"step": moment["name"], "error": "a dialog stays open: " + other.windowTitle()})
            other.reject()


def unload():
    """Take the plugin away as the plugin manager does, and see that nothing of it stays."""
    QTimer.singleShot(PAUSE, end)
    moment["name"] = "unload"
    unloadPlugin(NAME)
    if QgsApplication.processingRegistry().providerById("deeplearning") is not None:
        found["faults"].append({"step": "unload", "error": "the provider is still registered"})
    left = [action.text() for action in iface.pluginMenu().actions() if "Deep Learning" in action.text()]
    if left:
        found["faults"].append({"step": "unload", "error": "the menu still has " + ", ".join(left)})
    found["steps"].append("unload")


def begin():
    """Start when QGIS and the plugin have."""
    sys.excepthook = report
    if NAME not in plugins:
        found["faults"].append({"step": "start", "error": "QGIS did not load the plugin"})
        end()
        return
    picture(iface.mainWindow(), "window")
    walk(steps())


def end():
    """Write the result and leave; QGIS's own farewell would ask about the project."""
    with open(os.path.join(FOLDER, "tour.json"), "w", encoding="utf-8") as file:
        json.dump(found, file, indent=2)
    os._exit(0)


QTimer.singleShot(3000, begin)
