"""One run in detail: how it goes, its learning curve, its log, its parameters, what it was run with."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QTextCharFormat, QTextCursor
from qgis.PyQt.QtWidgets import (
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...engine.tools import TOOLS
from ...provider.run_records import RUNNING
from ...provider.words import tr
from .opening import manifest_of
from .plot import LossPlot
from .words import COLORS, moment, run_name, state_sentence, value_text

WARNING = QColor("#b36b00")


class RunDetails(QWidget):
    """Shows one run; ``show_run`` again brings it up to date."""

    def __init__(self, parent=None):
        """Start without a run."""
        super().__init__(parent)
        self._run, self._lines = None, 0
        self.title, self.state, self.error = QLabel(), QLabel(), QLabel()
        self.title.setWordWrap(True)
        self.title.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.state.setWordWrap(True)
        self.error.setWordWrap(True)
        self.error.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self.error.setStyleSheet(f"color: {COLORS['failed']};")
        self.bar = QProgressBar()
        self.bar.setMaximumHeight(16)
        self.plot = LossPlot()
        self.log = QPlainTextEdit()
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(20_000)
        self.values = QTreeWidget()
        self.values.setHeaderLabels([tr("Name"), tr("Value")])
        self.values.setRootIsDecorated(False)
        self.values.header().setSectionResizeMode(0, QHeaderView.ResizeToContents)
        self.values.setAlternatingRowColors(True)
        self.tabs = QTabWidget()
        self.tabs.addTab(self.log, tr("Log"))
        self.tabs.addTab(self.values, tr("Parameters"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        for part in (self.title, self.state, self.bar, self.error, self.plot):
            column.addWidget(part)
        column.addWidget(self.tabs, 1)
        self.show_run(None)

    def show_run(self, run):
        """Show a run, or nothing.

        Args:
            run: The run's record; None for nothing.
        """
        changed = run is None or self._run is None or run.path != self._run.path
        ended = run is not None and self._run is not None and run.state != self._run.state
        self._run = run
        self.tabs.setVisible(run is not None)
        self.bar.setVisible(run is not None and run.state == RUNNING)
        self.plot.setVisible(
            run is not None and (bool(run.curve) or (run.tool == "train_model" and self.bar.isVisible()))
        )
        self.error.setVisible(run is not None and bool(run.error))
        if run is None:
            self.title.setText(tr("Choose a run to see how it went."))
            self.state.clear()
            return
        self.title.setText(f"<b>{_escaped(run_name(run))}</b>")
        text = tr("{}, started {}.").format(state_sentence(run), moment(run.started))
        if run.state == RUNNING and run.text:
            text = f"{state_sentence(run)}. {run.text}"
        self.state.setText(text)
        self.bar.setValue(round(run.progress))
        self.error.setText(run.error)
        self.plot.show_curve(run.curve)
        self._show_log(run, changed)
        if changed or ended:
            self._show_values(run)

    def _show_log(self, run, afresh):
        """Show the lines of the log; of a run that is shown already only the new ones."""
        if afresh:
            self.log.clear()
            self._lines = 0
        fresh = run.log[self._lines :]
        self._lines = len(run.log)
        if not fresh:
            return
        bar = self.log.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 4
        cursor = QTextCursor(self.log.document())
        cursor.movePosition(QTextCursor.End)
        for kind, text in fresh:
            look = QTextCharFormat()
            if kind == "warning":
                look.setForeground(WARNING)
            start = "" if self.log.document().isEmpty() else "\n"
            cursor.insertText(start + (tr("Warning: ") if kind == "warning" else "") + text, look)
        if at_end and not afresh:
            bar.setValue(bar.maximum())

    def _show_values(self, run):
        """Show the parameters, then what the manifest knows of model, processor and time."""
        self.values.clear()
        tool = TOOLS.get(run.tool)
        labels = {name: tr(one.kind.label) for name, one in tool.parameters().items()} if tool else {}
        rows = [(labels.get(name, name), value_text(value), name) for name, value in run.parameters.items()]
        for label, text, tip in [*rows, *_from_manifest(manifest_of(run))]:
            if text:
                item = QTreeWidgetItem([label, text])
                item.setToolTip(0, tip)
                item.setToolTip(1, text)
                self.values.addTopLevelItem(item)


def _from_manifest(manifest):
    """Return rows of label, text and tip from a run manifest."""
    model = manifest.get("model") if isinstance(manifest.get("model"), dict) else {}
    versions = manifest.get("versions") if isinstance(manifest.get("versions"), dict) else {}
    named = (
        (
            tr("Model"),
            " ".join(
                filter(None, (model.get("name"), f"({model['architecture']})" if "architecture" in model else ""))
            ),
        ),
        (tr("Weights (SHA-256)"), model.get("sha256")),
        (tr("Processor"), manifest.get("device")),
        (tr("Precision"), manifest.get("precision")),
        (tr("Tiles"), manifest.get("tiles")),
        (tr("Features"), manifest.get("features")),
        ("PyTorch", versions.get("torch")),
        (tr("Platform"), manifest.get("platform")),
    )
    return [(label, value_text(value), tr("from the run manifest")) for label, value in named]


def _escaped(text):
    """Return a text as it stands in rich text."""
    return text.replace("&", "&amp;").replace("<", "&lt;")
