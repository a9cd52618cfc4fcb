"""Single keys that work in the map and in the pane, and nowhere else: typing into a field stays typing."""

from __future__ import annotations

from qgis.PyQt.QtCore import QEvent, QObject, Qt
from qgis.PyQt.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit


class Keys(QObject):
    """Calls an action for a key while one of some widgets has the focus."""

    def __init__(self, parent, actions):
        """Listen nowhere yet.

        Args:
            parent: Owner.
            actions: Maps keys (``Qt.Key_A`` or, with Ctrl, ``(Qt.Key_Z, True)``) to functions; one that returns False
                leaves the key to the widget.
        """
        super().__init__(parent)
        self._actions = actions

    def eventFilter(self, widget, event):
        """Take a key that has an action, before a shortcut of QGIS does."""
        if event.type() not in (QEvent.ShortcutOverride, QEvent.KeyPress):
            return False
        if isinstance(QApplication.focusWidget(), (QLineEdit, QAbstractSpinBox, QComboBox)):
            return False
        modifiers = event.modifiers() & ~Qt.KeypadModifier
        key = event.key() if modifiers == Qt.NoModifier else (event.key(), modifiers == Qt.ControlModifier)
        act = self._actions.get(key)
        if act is None:
            return False
        if event.type() == QEvent.ShortcutOverride:
            event.accept()
            return True
        return act() is not False
