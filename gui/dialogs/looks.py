"""How the dialogs say things: a sentence below a field, grey for what is known and red for what is wrong."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QLabel, QSizePolicy

HINT = "hint"
ERROR = "error"
PLAIN = "plain"
FAULTY = "border: 1px solid #b3261e;"
"""Frame of an editor whose value is wrong."""


def notice(look):
    """Return a hidden line of text below a field.

    Args:
        look: ``HINT``, ``ERROR`` or ``PLAIN``.
    """
    line = QLabel()
    line.setWordWrap(True)
    line.setStyleSheet(_style(line, look))
    line.setSizePolicy(QSizePolicy.Preferred, QSizePolicy.Minimum)
    line.hide()
    return line


def say(line, text, look):
    """Show a text in a notice, or hide the notice where there is none."""
    line.setStyleSheet(_style(line, look))
    line.setText(text)
    line.setVisible(bool(text))


def _style(line, look):
    """Return the colour of a text: red, or the theme's own, paler."""
    if look == ERROR:
        return "color: #c0392b;"
    if look == PLAIN:
        return ""
    color = line.palette().windowText().color()
    return f"color: rgba({color.red()}, {color.green()}, {color.blue()}, 165);"
