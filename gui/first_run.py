"""What QGIS shows when the plugin is there and its engine is not: one line above the map, with a button."""

from __future__ import annotations

from qgis.core import Qgis
from qgis.PyQt.QtWidgets import QPushButton

from ..engine.installation.building import LOCKED, list_hash
from ..engine.installation.places import current, engine_folder
from ..provider.engine_environment import EngineMissing, find_interpreter
from .menu import TITLE
from .tool_dialog import open_tool

TOOL = "setupdeeplearningengine"


def what_is_missing() -> str:
    """Return what the user should do about the engine; empty when nothing."""
    try:
        python = find_interpreter()
    except EngineMissing:
        return "the engine is not installed yet."
    installed = current(engine_folder())
    if installed is None or installed.python != python or not installed.requirements:
        return ""
    if installed.requirements != list_hash(LOCKED):
        return "this version needs a newer engine."
    return ""


def show_what_is_missing(iface) -> None:
    """Show it above the map with a button that opens the tool."""
    text = what_is_missing()
    if not text:
        return
    bar = iface.messageBar()
    item = bar.createMessage(TITLE, text)
    button = QPushButton("Set up the engine…")
    button.clicked.connect(lambda: (bar.popWidget(item), open_tool(TOOL)))
    item.layout().addWidget(button)
    bar.pushWidget(item, Qgis.Info)
