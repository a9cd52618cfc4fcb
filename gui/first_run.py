"""What QGIS shows when the plugin is there and its engine is not: at first a dialog, then a line above the map."""

from __future__ import annotations

from qgis.core import Qgis, QgsSettings
from qgis.PyQt.QtWidgets import QPushButton

from ..engine.installation.building import LOCKED, list_hash
from ..engine.installation.places import current, engine_folder
from ..provider.engine_environment import EngineMissing, find_interpreter
from ..provider.words import tr
from .menu import TITLE

SEEN = "imagery_deep_learning/first_run_seen"
"""Setting: the dialog opened by itself once; it does not do so again."""

OPEN = []
"""The dialog of this session: an installation goes on behind it."""


def what_is_missing() -> str:
    """Return what the user should do about the engine; empty when nothing."""
    try:
        python = find_interpreter()
    except EngineMissing:
        return tr("the engine is not installed yet.")
    installed = current(engine_folder())
    if installed is None or installed.python != python or not installed.requirements:
        return ""
    if installed.requirements != list_hash(LOCKED):
        return tr("this version needs a newer engine.")
    return ""


def show_what_is_missing(iface) -> None:
    """Open the dialog the very first time; later say it above the map with a button that opens it."""
    text = what_is_missing()
    if not text:
        return
    if not QgsSettings().value(SEEN, False, type=bool):
        QgsSettings().setValue(SEEN, True)
        open_set_up(iface)
        return
    bar = iface.messageBar()
    item = bar.createMessage(TITLE, text)
    button = QPushButton(tr("Set up the engine…"))
    button.clicked.connect(lambda: (bar.popWidget(item), open_set_up(iface)))
    item.layout().addWidget(button)
    bar.pushWidget(item, Qgis.Info)


def open_set_up(iface):
    """Show the dialog that sets the engine up, the one of a running installation if there is one, and return it."""
    from .setting_up.dialog import SetUpDialog

    if not OPEN or not OPEN[0].is_running():
        close_down()
        OPEN.append(SetUpDialog(iface))
    OPEN[0].show()
    OPEN[0].raise_()
    return OPEN[0]


def close_down() -> None:
    """Give the dialog back."""
    while OPEN:
        OPEN.pop().deleteLater()
