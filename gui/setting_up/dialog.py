"""Set up the deep learning engine: choices, then progress, then the proof that it computes or what went wrong."""

from __future__ import annotations

from qgis.core import Qgis
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QFont, QIcon
from qgis.PyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ...engine.installation.places import current, engine_folder
from ...provider.icons import icon_path
from ...provider.words import marked, tr
from ..running import Run
from ..tool_dialog import open_tool
from .choices import BAD, Choices
from .working import WorkingPage

GOOD = "#2e7d32"
TOOL, REPORT = "setupdeeplearningengine", "diagnosedeeplearningengine"
CHOOSING, WORKING, ENDED = range(3)
WHY = marked(
    "Models run in an engine of their own: a Python environment beside QGIS, so that no package of QGIS is touched. "
    "It is installed once; upgrades of the plugin keep it."
)
AGAIN = marked(
    "The engine is set up. Setting it up again proves that it computes, repairs what is broken, brings it into step "
    "with the plugin, and adds the parts that are checked."
)


class SetUpDialog(QDialog):
    """The dialog; closing it while the engine is installed lets the installation go on behind it."""

    def __init__(self, iface, run=Run):
        """Show the choices.

        Args:
            iface: QGIS's interface.
            run: Runs the tool in the background.
        """
        super().__init__(iface.mainWindow())
        self.setObjectName("ImageryDeepLearningSetUp")
        self.setWindowTitle(tr("Set Up the Deep Learning Engine"))
        self.setWindowFlags(self.windowFlags() & ~Qt.WindowContextHelpButtonHint)
        self.iface, self._start, self._run = iface, run, None
        self.pages, self.work = QStackedWidget(), WorkingPage()
        for page in (self._choosing(), self.work, self._ended()):
            self.pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 16, 18, 14)
        column.setSpacing(14)
        column.addLayout(self._head())
        column.addWidget(self.pages, 1)
        column.addLayout(self._foot())
        self.choices.changed.connect(self._judge)
        self.resize(600, 480)
        self._show(CHOOSING)

    def _head(self):
        """Return the icon with what this is about."""
        row = QHBoxLayout()
        row.setSpacing(14)
        sign = QLabel()
        sign.setPixmap(QIcon(icon_path("Engine")).pixmap(40, 40))
        self.title, self.subtitle = QLabel(), QLabel()
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 1.35)
        font.setBold(True)
        self.title.setFont(font)
        self.subtitle.setWordWrap(True)
        texts = QVBoxLayout()
        texts.addWidget(self.title)
        texts.addWidget(self.subtitle)
        row.addWidget(sign, 0, Qt.AlignTop)
        row.addLayout(texts, 1)
        return row

    def _choosing(self):
        """Return the page of choices."""
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        self.choices = Choices()
        self.complaint = QLabel()
        self.complaint.setWordWrap(True)
        self.complaint.setStyleSheet(f"color: {BAD}")
        column.addWidget(self.choices)
        column.addStretch(1)
        column.addWidget(self.complaint)
        return page

    def _ended(self):
        """Return the page of the result."""
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        self.result = QLabel()
        self.result.setWordWrap(True)
        self.result.setTextInteractionFlags(Qt.TextSelectableByMouse)
        column.addWidget(self.result)
        column.addStretch(1)
        return page

    def _foot(self):
        """Return the row of buttons."""
        row = QHBoxLayout()
        self.more = QPushButton(tr("More options…"))
        self.more.setToolTip(tr("All parameters of the tool: proxy, certificates, mirror, Python"))
        self.more.clicked.connect(self._open_tool)
        self.report = QPushButton(tr("Write a report…"))
        self.report.setToolTip(tr("Diagnose the Engine: what is known of this computer, to ask with"))
        self.report.clicked.connect(lambda: open_tool(REPORT))
        buttons = QDialogButtonBox()
        self.go = buttons.addButton(tr("Set up"), QDialogButtonBox.AcceptRole)
        self.stop = buttons.addButton(tr("Cancel"), QDialogButtonBox.DestructiveRole)
        self.later = buttons.addButton(tr("Later"), QDialogButtonBox.RejectRole)
        self.go.setDefault(True)
        self.go.clicked.connect(self._go)
        self.stop.clicked.connect(self._cancel)
        self.later.clicked.connect(self.reject)
        for button in (self.more, self.report):
            button.setAutoDefault(False)
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(buttons)
        return row

    def _show(self, page):
        """Show a page with the words and buttons that belong to it."""
        self.pages.setCurrentIndex(page)
        self.more.setVisible(page == CHOOSING)
        self.report.setVisible(False)
        self.go.setVisible(page != WORKING)
        self.stop.setVisible(page == WORKING)
        self.stop.setEnabled(True)
        self.later.setVisible(True)
        self.later.setText({CHOOSING: tr("Later"), WORKING: tr("Hide"), ENDED: tr("Close")}[page])
        if page == CHOOSING:
            self.title.setStyleSheet("")
            self.title.setText(tr("The deep learning engine"))
            self.subtitle.setText(tr(WHY if current(engine_folder()) is None else AGAIN))
            self.go.setText(tr("Set up"))
            self._judge()
        elif page == WORKING:
            self.title.setText(tr("Setting up the engine"))
            self.subtitle.setText(
                tr("This takes some minutes. QGIS stays usable; hiding this window does not stop it.")
            )

    def _judge(self):
        """Say what hinders, and let begin what can."""
        why = self.choices.complaint()
        self.complaint.setText(why)
        self.go.setEnabled(not why or self.pages.currentIndex() == ENDED)

    def _open_tool(self):
        """Open the tool's own dialog with what was chosen so far."""
        open_tool(TOOL, self.choices.parameters())
        self.reject()

    def _go(self):
        """Begin, or go back to the choices after a failure."""
        if self.pages.currentIndex() == ENDED:
            self._show(CHOOSING)
            return
        self.work.begin()
        self._show(WORKING)
        self._run = self._start(TOOL, self.choices.parameters(), self._done, self._failed)
        if self.is_running():
            self.work.follow(self._run.feedback)

    def is_running(self):
        """Return whether an engine is being installed."""
        return self.pages.currentIndex() == WORKING

    def _cancel(self):
        """Stop; what was fetched is kept for the next time."""
        self.stop.setEnabled(False)
        self.work.step.setText(tr("Cancelling"))
        self._run.cancel()

    def _done(self, outputs):
        """Show what was proven."""
        proven = [text.strip() for text in str(outputs.get("out_device", "")).split(";") if text.strip()]
        self._end(tr("The engine works"), GOOD, [*proven, f"Python: {outputs.get('out_python', '')}"])
        self.subtitle.setText(tr("It proved itself by computing, after {} minutes.").format(self.work.elapsed.text()))
        self.go.setVisible(False)

    def _failed(self, sentence):
        """Show the sentence; nothing was changed."""
        self._end(tr("The engine was not set up"), BAD, [sentence[:1].upper() + sentence[1:] + "."])
        self.subtitle.setText(
            tr("What was there before is unchanged, and what was fetched is kept for the next attempt.")
        )
        self.report.setVisible(True)
        self.go.setText(tr("Back"))
        self.go.setEnabled(True)

    def _end(self, title, colour, lines):
        """Show the result; where the dialog was hidden, above the map."""
        self.work.end()
        self._show(ENDED)
        self.title.setText(title)
        self.title.setStyleSheet(f"color: {colour}")
        self.result.setText("\n\n".join(lines))
        if not self.isVisible():
            level = Qgis.Success if colour == GOOD else Qgis.Warning
            self.iface.messageBar().pushMessage(self.title.text(), lines[0], level)
