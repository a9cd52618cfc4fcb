"""Icons, colour swatches and buttons of the pane."""

from __future__ import annotations

import os

from qgis.core import QgsApplication
from qgis.PyQt.QtGui import QColor, QIcon, QPixmap
from qgis.PyQt.QtWidgets import QToolButton

from ...provider.icons import icon_path


def icon(name):
    """Return an icon of the plugin, or one of QGIS whose name ends with ``.svg``."""
    own = icon_path(name)
    return QIcon(own) if os.path.exists(own) else QgsApplication.getThemeIcon("/" + name)


def swatch(color, side=14):
    """Return a small square of a colour (red, green, blue)."""
    picture = QPixmap(side, side)
    picture.fill(QColor(*color))
    made = QIcon(picture)
    made.addPixmap(picture, QIcon.Selected)
    return made


def button(name, tip, act):
    """Return a flat button.

    Args:
        name: Its icon, as ``icon`` takes it.
        tip: Its tool tip.
        act: Called when it is clicked.
    """
    made = QToolButton()
    made.setIcon(icon(name))
    made.setToolTip(tip)
    made.setAutoRaise(True)
    made.clicked.connect(lambda _=False: act())
    return made
