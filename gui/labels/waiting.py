"""A run that is waited for, above the map: what it does, how far it is, and a button that stops it."""

from __future__ import annotations

from qgis.core import Qgis
from qgis.PyQt.QtWidgets import QProgressBar, QPushButton

from ...provider.words import tr


class Waiting:
    """One line of the message bar."""

    def __init__(self, bar, text, cancel):
        """Show the line.

        Args:
            bar: The message bar of QGIS.
            text: What is being done.
            cancel: Called without arguments when the user stops it.
        """
        self.bar = bar
        self.item = bar.createMessage(text)
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setMaximumWidth(240)
        self.button = QPushButton(tr("Cancel"))
        self.button.clicked.connect(lambda: cancel())
        self.item.layout().addWidget(self.progress)
        self.item.layout().addWidget(self.button)
        self.item.destroyed.connect(self._gone)
        bar.pushWidget(self.item, Qgis.Info)

    def follow(self, feedback):
        """Show the progress of a run."""
        feedback.progressChanged.connect(self._show)

    def end(self):
        """Take the line away."""
        if self.item is not None:
            item, self.item = self.item, None
            self.bar.popWidget(item)

    def _show(self, percent):
        """Show how far the run is."""
        if self.item is not None and percent > 0:
            self.progress.setRange(0, 100)
            self.progress.setValue(int(percent))

    def _gone(self):
        """The user has closed the line; the run goes on."""
        self.item = None
