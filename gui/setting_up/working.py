"""The page that shows how far an installation is: a bar, what is being done, how long it takes, the log."""

from __future__ import annotations

import time

from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QProgressBar, QVBoxLayout, QWidget

from ...provider.words import tr

KEPT = 500
"""Lines of the log that stay."""


class WorkingPage(QWidget):
    """Follows the feedback of a run."""

    def __init__(self, parent=None):
        """Start empty."""
        super().__init__(parent)
        self._since = 0.0
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.step, self.elapsed = QLabel(), QLabel()
        self.step.setWordWrap(True)
        self.lines = QPlainTextEdit()
        self.lines.setReadOnly(True)
        self.lines.setMaximumBlockCount(KEPT)
        row = QHBoxLayout()
        row.addWidget(self.step, 1)
        row.addWidget(self.elapsed, 0, Qt.AlignTop)
        column.addWidget(self.bar)
        column.addLayout(row)
        column.addWidget(self.lines, 1)
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._tick)

    def begin(self):
        """Start the clock."""
        self.bar.setValue(0)
        self.step.setText(tr("Starting"))
        self.lines.clear()
        self._since = time.monotonic()
        self._tick()
        self._clock.start()

    def follow(self, feedback):
        """Show what a run tells; see ``gui.running.Told``."""
        feedback.progressChanged.connect(self._progress)
        feedback.step.connect(self.step.setText)
        feedback.line.connect(self.lines.appendPlainText)

    def end(self):
        """Stop the clock."""
        self._clock.stop()

    def _progress(self, percent):
        """Show how far it is; it never goes back."""
        self.bar.setValue(max(self.bar.value(), int(10 * percent)))

    def _tick(self):
        """Show how long it has taken."""
        minutes, seconds = divmod(int(time.monotonic() - self._since), 60)
        self.elapsed.setText(f"{minutes}:{seconds:02d}")
