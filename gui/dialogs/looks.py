"""How the dialogs say things: a sentence below a field, grey for what is known and red for what is wrong."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QLabel, QSizePolicy

HINT = "QLabel { color: palette(mid); }"
ERROR = "QLabel { color: #b3261e; }"
FAULTY = "border: 1px solid #b3261e;"
"""Frame of an editor whose value is wrong."""


def notice(look):
    """Return a hidden line of text below a field.

    Args:
        look: ``HINT`` or ``ERROR``.
    """
    line = QLabel()
    line.setWordWrap(True)
    line.setStyleSheet(look)
    line.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Minimum)
    line.hide()
    return line


def say(line, text, look):
    """Show a text in a notice, or hide the notice where there is none."""
    line.setStyleSheet(look)
    line.setText(text)
    line.setVisible(bool(text))
