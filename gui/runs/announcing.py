"""Says above the map that a training can be watched, and that a run has a report; each with a button."""

from __future__ import annotations

from qgis.core import Qgis
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QPushButton

from ...provider import run_records
from ...provider.run_list import read_run
from ...provider.run_records import DONE, RUNNING
from ...provider.words import tr
from ..menu import PANES
from . import opening
from .words import run_name, state_sentence

TITLE = "Runs"
"""Title of the pane in the menu."""
SECONDS = 30
"""How long a message stays."""


class Announcer(QObject):
    """Hears of runs in whatever thread they are, and speaks in the main one."""

    told = pyqtSignal(str)

    def __init__(self, iface, menu):
        """Listen.

        Args:
            iface: QGIS's interface.
            menu: The plugin's menu, which opens the pane of runs.
        """
        super().__init__()
        self.iface, self.menu = iface, menu
        self.item = None
        self.told.connect(self._tell)
        self._listener = self.told.emit
        run_records.LISTENERS.append(self._listener)

    def stop(self):
        """Listen no more."""
        if self._listener in run_records.LISTENERS:
            run_records.LISTENERS.remove(self._listener)

    def _tell(self, path):
        """Say what can be seen of a run that began or ended."""
        run = read_run(path)
        if run is None:
            return
        pane = self.menu.panes.get(TITLE)
        if run.state == RUNNING and run.tool == "train_model":
            if pane is not None and pane.isVisible():
                pane.show_run(path)
            else:
                self._push(tr("{} has begun.").format(run_name(run)), [(tr("Show Progress"), lambda: self._show(path))])
        elif run.state == DONE and opening.reports_of(run):
            report = opening.reports_of(run)[0]
            buttons = [
                (tr("Open Report"), lambda: opening.open_path(report.path)),
                (tr("Show Run"), lambda: self._show(path)),
            ]
            self._push(f"{run_name(run)}. {state_sentence(run)}.", buttons)

    def _show(self, path):
        """Open the pane at a run."""
        entry = next(entry for entry in PANES if entry.title == TITLE)
        self.menu.open(entry).show_run(path)

    def _push(self, text, buttons):
        """Show a message with buttons in the place of the last one."""
        bar = self.iface.messageBar()
        if self.item is not None and self.item in bar.items():
            bar.popWidget(self.item)
        self.item = bar.createMessage("Imagery Deep Learning", text)
        for name, act in buttons:
            button = QPushButton(name)
            button.clicked.connect(lambda _=False, act=act: act())
            self.item.layout().addWidget(button)
        bar.pushWidget(self.item, Qgis.Info, SECONDS)
