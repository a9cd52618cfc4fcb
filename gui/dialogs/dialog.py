"""The dialog of a tool: QGIS's own, with rows that come and go, sentences below fields, and an estimate."""

from __future__ import annotations

from processing.gui.AlgorithmDialog import AlgorithmDialog
from processing.tools.dataobjects import createContext
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QBoxLayout, QDialogButtonBox, QPushButton, QSplitter

from ...provider.words import tr
from .checking import look_at
from .estimate import EstimateBox
from .hints import Knowledge
from .looks import ERROR, notice, say
from .panel import Row

PAUSE = 250
"""Milliseconds of rest after a change before values are looked at."""

WIDTH, HEIGHT = 900, 640
"""Pixels of a dialog at first, which fits the smallest screens."""


class ToolDialog(AlgorithmDialog):
    """QGIS's dialog of an algorithm, for one of our tools.

    Attributes:
        rows: The row of each parameter.
        look: What the values mean, as they were looked at last.
    """

    def __init__(self, algorithm, parent=None):
        """Make QGIS's dialog and put ours around its fields."""
        super().__init__(algorithm, parent=parent)
        self.setObjectName("ImageryDeepLearningTool")  # QGIS keeps its size apart from that of other tools' dialogs
        self.rows, self.look, self.box = {}, None, None
        panel = self.mainWidget()
        for name, wrapper in panel.wrappers.items():
            self.rows[name] = Row(wrapper)
            wrapper.widgetValueHasChanged.connect(lambda _: self.timer.start())
        for group in {id(row.group): row.group for row in self.rows.values() if row.group is not None}.values():
            group.collapsedStateChanged.connect(lambda _: self._arrange())
        self.general = notice(ERROR)
        self._below(self.general)
        if algorithm.tool.estimated:
            self._add_estimate()
        self.resize(max(self.width(), WIDTH), max(self.height(), HEIGHT))
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(PAUSE)
        self.timer.timeout.connect(self.refresh)
        self.refresh()

    def raw_values(self):
        """Return what the fields hold."""
        return {name: row.value for name, row in self.rows.items()}

    def refresh(self):
        """Look at the values: show and hide rows, offer choices, say what is known and what is wrong."""
        context, raw, tool = createContext(), self.raw_values(), self.algorithm().tool
        self.look = look = look_at(self.algorithm(), raw, context, applies)
        known = Knowledge(tool, look.values, raw, context)
        offered = tool.offered(look.values)
        for name, parameter in tool.parameters().items():
            row = self.rows[name]
            row.show(applies(parameter, look.values))
            if name in offered:
                row.offer(offered[name])
            row.suggest(known.suggestions.get(name, ""))
            row.tell(known.hints.get(name, ""), look.faults.get(name) or known.faults.get(name, ""))
        say(self.general, look.general, ERROR)

    def setParameters(self, parameters):
        """Fill the fields, then look at them."""
        super().setParameters(parameters)
        self.refresh()

    def createProcessingParameters(self, include_default=True):
        """Return the values to run with: those of rows that are not there are left out."""
        parameters = super().createProcessingParameters(include_default)
        declared = self.algorithm().tool.parameters()
        return {
            name: value
            for name, value in parameters.items()
            if name not in declared or declared[name].required or self.rows[name].shown
        }

    def closeEvent(self, event):
        """Stop an estimate that is being made."""
        if self.box is not None:
            self.box.stop()
        super().closeEvent(event)

    def _arrange(self):
        """Show again only what is to be seen, after the advanced parameters were opened or closed."""
        for row in self.rows.values():
            row.arrange()

    def _below(self, widget):
        """Put a widget below fields and help, above the progress bar, where it is always seen."""
        splitter = next((each for each in self.findChildren(QSplitter) if each.parentWidget() is self), None)
        place = self.layout()
        if splitter is not None and isinstance(place, QBoxLayout):
            place.insertWidget(place.indexOf(splitter) + 1, widget)
        else:
            self.mainWidget().layout().addWidget(widget)

    def _add_estimate(self):
        """Add the button and the place for its answer."""
        self.box = EstimateBox(self.algorithm())
        self._below(self.box)
        self.estimate_button = QPushButton(tr("Estimate"))
        self.estimate_button.setToolTip(tr("Tiles, memory, disk and time of this run, without running it"))
        self.estimate_button.clicked.connect(lambda _: self._estimate())
        self.buttonBox().addButton(self.estimate_button, QDialogButtonBox.ResetRole)
        self.updateRunButtonVisibility()  # a button more shows those again that QGIS had hidden

    def _estimate(self):
        """Estimate with the values as they are."""
        self.refresh()
        self.box.start(self.raw_shown(), self.look)

    def raw_shown(self):
        """Return what the fields of rows that are there hold."""
        return {name: row.value for name, row in self.rows.items() if row.shown}


def applies(parameter, values):
    """Return whether a parameter matters among values."""
    return all(when.met(values) for when in parameter.applies)
