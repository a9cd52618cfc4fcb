"""What the plugin adds to QGIS's window: a menu and a toolbar of the same entries, and the panes that they open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QIcon
from qgis.PyQt.QtWidgets import QAction, QDockWidget

from ..provider.icons import icon_path
from ..provider.words import tr
from . import tool_dialog

TITLE = "Imagery Deep Learning"


@dataclass(frozen=True)
class Pane:
    """A pane of the menu.

    Attributes:
        title: Its title, also in the menu.
        icon: Name of its icon, as ``provider.icons`` knows it.
        make: Makes the dock widget for QGIS's interface; imports what it needs itself, so that QGIS starts quickly.
            The widget has ``close_down()``, which gives back map tools, layers and connections.
    """

    title: str
    icon: str
    make: Callable


def _runs(iface):
    from .runs.pane import RunsPane

    return RunsPane(iface)


def _labels(iface):
    from .labels.pane import LabelPane

    return LabelPane(iface)


def _review(iface):
    from .review.pane import ReviewPane

    return ReviewPane(iface)


PANES: tuple[Pane, ...] = (
    Pane("Label Objects for Deep Learning", "Label objects", _labels),
    Pane("Review Detections", "Review", _review),
    Pane("Runs", "Runs", _runs),
)
"""Every pane, in the order of the menu."""

TOOLS = (("Diagnose the Engine…", "Engine", "diagnosedeeplearningengine"),)
"""Tools that the menu offers too: text, icon, id."""


class Menu:
    """The plugin's menu, its toolbar and the panes that were opened."""

    def __init__(self, iface):
        """Keep QGIS's interface; nothing is shown before ``show``."""
        self.iface = iface
        self.actions = []
        self.toolbar = None
        self.panes = {}

    def show(self):
        """Add menu and toolbar."""
        self.toolbar = self.iface.addToolBar(TITLE)
        self.toolbar.setObjectName("ImageryDeepLearning")
        for pane in PANES:
            action = self._entry(pane.title, pane.icon, lambda _=False, pane=pane: self.open(pane))
            self.toolbar.addAction(action)
        self.toolbar.setVisible(bool(PANES))
        self._entry("Set Up the Engine…", "Engine", self.set_up_engine)
        for text, icon, name in TOOLS:
            self._entry(text, icon, lambda _=False, name=name: tool_dialog.open_tool(name))

    def set_up_engine(self):
        """Open the dialog that sets the engine up and return it."""
        from .first_run import open_set_up

        return open_set_up(self.iface)

    def open(self, pane):
        """Show a pane, making it the first time, and return it."""
        if pane.title not in self.panes:
            made = pane.make(self.iface)
            made.setWindowTitle(tr(pane.title))
            self._dock(made)
            self.panes[pane.title] = made
        self.panes[pane.title].setUserVisible(True)
        return self.panes[pane.title]

    def remove(self):
        """Take everything away again."""
        for pane in self.panes.values():
            pane.close_down()
            self.iface.removeDockWidget(pane)
            pane.deleteLater()
        self.panes = {}
        for action in self.actions:
            self.iface.removePluginMenu(TITLE, action)
        self.actions = []
        if self.toolbar is not None:
            self.toolbar.deleteLater()
            self.toolbar = None

    def _dock(self, pane):
        """Put a pane on the right, behind a tab where others are: one above another, they are taller than a screen."""
        window = self.iface.mainWindow()
        docks = [dock for dock in window.findChildren(QDockWidget) if not dock.isHidden() and not dock.isFloating()]
        others = [dock for dock in docks if window.dockWidgetArea(dock) == Qt.RightDockWidgetArea]
        for dock in others:  # else the window grows before the tab is made
            dock.hide()
        self.iface.addDockWidget(Qt.RightDockWidgetArea, pane)
        if others:
            window.tabifyDockWidget(others[0], pane)
        for dock in others:
            dock.show()

    def _entry(self, text, icon, act):
        """Add an entry to the menu and return its action."""
        action = QAction(QIcon(icon_path(icon)), tr(text), self.iface.mainWindow())
        action.triggered.connect(act)
        self.iface.addPluginToMenu(TITLE, action)
        self.actions.append(action)
        return action
