"""The estimate of a run: the engine makes everything ready, tries a few tiles, and writes nothing."""

from __future__ import annotations

from processing.tools.dataobjects import createContext
from qgis.core import QgsApplication, QgsProcessingFeedback, QgsTask
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QFrame, QLabel, QProgressBar, QVBoxLayout

from ...engine.errors import EngineError
from ...engine.tools import TOOLS
from ...provider.engine_process import run_engine
from ...provider.words import tr
from .looks import ERROR, HINT, PLAIN, say

STEPS = 0
"""Steps of a progress bar that only moves."""


class EstimateTask(QgsTask):
    """Asks the engine in the background.

    Attributes:
        answered: Emitted with the estimate and an error's sentence, one of them empty.
    """

    answered = pyqtSignal(dict, str)

    def __init__(self, name, request):
        """Keep what to ask."""
        super().__init__(tr("Estimate"), QgsTask.CanCancel)
        self.name, self.request = name, request
        self.feedback = QgsProcessingFeedback(False)
        self.told, self.error = {}, ""

    def run(self):
        """Ask."""
        try:
            self.told = run_engine(self.name, self.request.to_plain(), self.feedback, estimate=True)
        except EngineError as error:
            self.error = str(error)
        return not self.error

    def cancel(self):
        """Stop the engine."""
        self.feedback.cancel()
        super().cancel()

    def finished(self, done):
        """Hand the answer over, in the main thread."""
        self.answered.emit(self.told, self.error)


class EstimateBox(QFrame):
    """The answer, below the fields."""

    def __init__(self, algorithm):
        """Start hidden."""
        super().__init__()
        self.algorithm = algorithm
        self.task = None
        self.setFrameShape(QFrame.StyledPanel)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(STEPS, STEPS)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 6, 8, 6)
        box.addWidget(self.text)
        box.addWidget(self.bar)
        self.hide()

    def start(self, raw, look):
        """Estimate a run.

        Args:
            raw: Values as QGIS's wrappers hold them.
            look: What they mean, and what is wrong with them.
        """
        self.stop()
        wrong = next(iter(look.faults.values()), "") or look.general
        if not wrong and look.missing:
            wrong = tr("{} is missing: give it first").format(look.missing[0])
        try:
            request = None if wrong else self.algorithm.request_of(raw, createContext())
        except EngineError as error:
            wrong = str(error)
        if wrong:
            self._show(wrong, ERROR)
            return
        name = next(name for name, tool in TOOLS.items() if tool is self.algorithm.tool)
        self.task = EstimateTask(name, request)
        self.task.answered.connect(self.answer)
        self._show(tr("The engine tries a few tiles …"), HINT, busy=True)
        QgsApplication.taskManager().addTask(self.task)

    def stop(self):
        """Give up an estimate that is being made."""
        if self.task is not None:
            self.task.answered.disconnect(self.answer)
            self.task.cancel()
            self.task = None

    def answer(self, told, error):
        """Show the answer."""
        self.task = None
        if error:
            self._show(error, ERROR)
            return
        lines = [f"<b>{tr(label)}</b>: {text}" for label, text in told.get("lines", ())]
        lines += [f"<span style='color:#b3261e'>⚠ {text}</span>" for text in told.get("warnings", ())]
        self._show("<br>".join(lines), PLAIN)

    def _show(self, text, look, busy=False):
        """Show a text."""
        say(self.text, text, look)
        self.bar.setVisible(busy)
        self.show()
