"""Runs a tool in the background for a pane, so that QGIS stays usable, and brings back its outputs or its sentence."""

from __future__ import annotations

from qgis.core import (
    QgsApplication,
    QgsProcessingAlgRunnerTask,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsProject,
)
from qgis.PyQt.QtCore import pyqtSignal

from ..provider.words import tr

RUNNING = set()
"""The runs that go on: QGIS's task holds context and feedback by address only, so somebody has to keep them."""


class Told(QgsProcessingFeedback):
    """Feedback that keeps the errors of a run, and tells its words to whoever shows them."""

    step = pyqtSignal(str)
    line = pyqtSignal(str)

    def __init__(self):
        """Start with no error."""
        super().__init__(False)
        self.errors = []

    def show_step(self, text):
        """Tell what is being done, as often as it changes; the log takes it less often."""
        self.step.emit(text)

    def pushInfo(self, info):
        """Tell a line of the log."""
        self.line.emit(info)
        super().pushInfo(info)

    def pushWarning(self, warning):
        """Tell a warning."""
        self.line.emit(warning)
        super().pushWarning(warning)

    def reportError(self, error, fatalError=False):
        """Keep a sentence."""
        self.errors.append(error)
        super().reportError(error, fatalError)


class Run:
    """One tool that runs in the background.

    Attributes:
        task: QGIS's task; its cancel button stops the engine too.
        feedback: Progress (``progressChanged``) and log of the run.
    """

    def __init__(self, name, parameters, on_done, on_failed):
        """Start a tool.

        Args:
            name: The tool's id behind the provider's colon.
            parameters: Its values.
            on_done: Called in the main thread with the outputs.
            on_failed: Called in the main thread with one sentence.
        """
        self.on_done, self.on_failed = on_done, on_failed
        self.feedback = Told()
        self.context = QgsProcessingContext()
        self.context.setProject(QgsProject.instance())
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(f"deeplearning:{name}")
        fits, why = algorithm.checkParameterValues(parameters, self.context)
        self.task = None
        if not fits:
            on_failed(why)
            return
        self.task = QgsProcessingAlgRunnerTask(algorithm, parameters, self.context, self.feedback)
        self.task.executed.connect(self._ended)
        RUNNING.add(self)
        QgsApplication.taskManager().addTask(self.task)

    def cancel(self):
        """Stop the run."""
        if self.task is not None:
            self.task.cancel()

    def _ended(self, successful, outputs):
        """Hand over what came out."""
        RUNNING.discard(self)
        if successful:
            self.on_done(outputs)
        else:
            self.on_failed(self.feedback.errors[-1] if self.feedback.errors else tr("the run was cancelled"))
