"""Stops with the engine: the dialog of the first start, the line above the map later, an environment that exists."""

from __future__ import annotations

import os

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtTest import QTest
from qgis.PyQt.QtWidgets import QLineEdit, QPushButton
from qgis.utils import iface

from imagery_deep_learning.gui import first_run as starting
from imagery_deep_learning.provider import settings
from imagery_deep_learning.provider.engine_environment import VARIABLE, EngineMissing, find_interpreter

from .acting import TASK, click, picture


def first_run():
    """Start without an engine, put it off, open the dialog from the line above the map, and take an environment."""
    try:
        found = find_interpreter()
    except EngineMissing:
        found = ""
    assert not found, f"the tour began with the engine {found}"
    yield lambda: starting.OPEN and starting.OPEN[0].isVisible()
    dialog = starting.OPEN[0]
    yield 700
    picture("first_run_1_dialog", dialog)
    picture("first_run_2_window")
    click(dialog.later)
    yield 300
    assert not dialog.isVisible(), "Later did not close the dialog"

    starting.show_what_is_missing(iface)
    yield 700
    assert not dialog.isVisible(), "the dialog opened by itself a second time"
    picture("first_run_3_bar")
    buttons = [each for each in iface.messageBar().findChildren(QPushButton) if each.text().startswith("Set up")]
    assert buttons, "the message bar has no button that sets the engine up"
    click(buttons[0])
    yield 700
    dialog = starting.OPEN[0]
    assert dialog.isVisible(), "the button of the message bar opened no dialog"
    yield from take_environment(dialog, TASK["values"]["python"])


def take_environment(dialog, python):
    """Choose an environment that exists in the dialog, and see it proven."""
    choices = dialog.choices
    button = choices.source.buttons()[-1]
    QTest.mouseClick(button, Qt.LeftButton, pos=button.rect().center() - button.rect().center() / 2)
    yield 300
    assert choices.existing.isVisible(), "an existing environment was chosen and no path is asked for"
    assert not dialog.go.isEnabled(), "Set up can be pressed before an environment is chosen"
    edit = choices.existing.findChild(QLineEdit)
    QTest.keyClicks(edit, python)
    QTest.keyClick(edit, Qt.Key_Tab)
    yield 300
    picture("first_run_4_existing", dialog)
    click(dialog.go)
    yield 1500
    picture("first_run_5_working", dialog)
    yield lambda: not dialog.is_running()
    yield 300
    picture("first_run_6_proof", dialog)
    assert dialog.title.text() == "The engine works", f"{dialog.title.text()}: {dialog.result.text()}"
    for word in (python, "CPU"):
        assert word.lower() in dialog.result.text().lower(), f"the proof does not name {word}: {dialog.result.text()}"
    assert settings.interpreter() == python, f"the setting names {settings.interpreter()} and not {python}"
    assert not starting.what_is_missing(), f"something is missing still: {starting.what_is_missing()}"
    click(dialog.later)
    yield 300
    assert not dialog.isVisible(), "Close did not close the dialog"


def begin_with_engine():
    """Use the engine without asking for it, where the first start is no stop."""
    os.environ[VARIABLE] = TASK["values"]["python"]
    starting.close_down()


AFTER_TOOLS = ()
