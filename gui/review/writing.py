"""Writes an output in the background, so that QGIS stays usable."""

from __future__ import annotations

from qgis.core import QgsTask

from ...provider.words import tr
from .fields import ReviewError
from .outputs import Stopped


class Writing(QgsTask):
    """Calls one of the writers of ``outputs``; QGIS's task manager shows and cancels it."""

    def __init__(self, title, write, on_done, on_failed):
        """Prepare.

        Args:
            title: What the task manager shows.
            write: Function of a check that it calls with every feature; returns what was written.
            on_done: Called in the main thread with that.
            on_failed: Called in the main thread with a sentence.
        """
        super().__init__(title, QgsTask.CanCancel)
        self._write, self._on_done, self._on_failed = write, on_done, on_failed
        self._written, self._why = None, tr("it was cancelled, and nothing is left of it")

    def run(self):
        """Write; in another thread."""
        try:
            self._written = self._write(self._check)
        except Stopped:
            return False
        except (ReviewError, OSError) as error:
            self._why = str(error)
            return False
        return True

    def finished(self, successful):
        """Hand over; in the main thread."""
        if successful:
            self._on_done(self._written)
        else:
            self._on_failed(self._why)

    def _check(self):
        """Stop when the user wants to."""
        if self.isCanceled():
            raise Stopped
