"""The keys of the pane: they work in the pane and on the map, before QGIS's own.

On the map they work while a tool of the pane is taken, or while no other pane was used since this one and no other tool
is editing: two panes with keys do not disturb each other.
"""

from __future__ import annotations

from qgis.gui import QgsMapTool
from qgis.PyQt.QtCore import QEvent, QObject, Qt
from qgis.PyQt.QtGui import QKeySequence
from qgis.PyQt.QtWidgets import QApplication, QDockWidget

from .map_tools import DrawingTool


class Keyboard(QObject):
    """Keys and what they do.

    Attributes:
        rows: Pairs of keys and what they do, for the pane's list of keys.
    """

    def __init__(self, pane):
        """Make the keys of a pane; ``watch`` says where they work."""
        super().__init__(pane)
        self.pane = pane
        self.rows = []
        self.acts = {}
        self.watched = []
        self._used_last = True
        QApplication.instance().focusChanged.connect(self._follow_focus)

    def add(self, keys, what, act, shown=""):
        """Give keys a meaning.

        Args:
            keys: Keys that do the same, such as ``("Ctrl+Z",)``.
            what: What they do, in a few words.
            act: Called without arguments; a key whose act returns False is left to QGIS.
            shown: How the list of keys names them; empty takes the keys themselves.
        """
        self.rows.append((shown or ", ".join(keys), what))
        for key in keys:
            self.acts[QKeySequence(key).toString()] = act

    def watch(self, widget):
        """Let the keys work in a widget and in those inside it that do not use the key themselves."""
        widget.installEventFilter(self)
        self.watched.append(widget)

    def release(self):
        """Let go of all widgets."""
        for widget in self.watched:
            widget.removeEventFilter(self)
        if self.watched:
            QApplication.instance().focusChanged.disconnect(self._follow_focus)
        self.watched = []

    def eventFilter(self, watched, event):
        """Take a key that has a meaning; ``ShortcutOverride`` keeps QGIS's shortcuts of the same key back."""
        if event.type() not in (QEvent.ShortcutOverride, QEvent.KeyPress) or not self._free(watched):
            return False
        modifiers = int(event.modifiers()) & ~int(Qt.KeypadModifier)
        act = self.acts.get(QKeySequence(modifiers | event.key()).toString())
        if act is None:
            return False
        if event.type() == QEvent.ShortcutOverride:
            event.accept()
            return False
        return act() is not False

    def _free(self, watched):
        """Return whether the pane may take keys of a widget."""
        if self.pane.samples is None or not self.pane.isVisible():
            return False
        tool = self.pane.canvas.mapTool()
        if watched is not self.pane.canvas or isinstance(tool, DrawingTool):
            return True
        return self._used_last and not (tool is not None and bool(tool.flags() & QgsMapTool.EditTool))

    def _follow_focus(self, _, widget):
        """Take note which pane is used."""
        while widget is not None and not isinstance(widget, QDockWidget):
            widget = widget.parentWidget()
        if widget is not None:
            self._used_last = widget is self.pane
