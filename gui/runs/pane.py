"""Runs: every run of the plugin's tools, how it goes or went, what it wrote, and how it is done again."""

from __future__ import annotations

import os

from qgis.core import QgsProcessingContext
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...engine.errors import EngineError
from ...provider.run_list import RunList, remove
from ...provider.run_records import DONE, RUNNING
from ...provider.words import counted, tr
from . import again, opening
from .details import RunDetails
from .manifests import add_manifest
from .run_tree import RunTree

REFRESH_MILLISECONDS = 1000


class RunsPane(QgsDockWidget):
    """The list of runs above the details of the chosen one."""

    def __init__(self, iface):
        """Build the pane; it looks at the records once a second while it is visible."""
        super().__init__(tr("Runs"), iface.mainWindow() if iface is not None else None)
        self.setObjectName("ImageryDeepLearningRuns")
        self.iface = iface
        self.list, self.known, self.going_on = RunList(), {}, []
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(tr("Filter by tool, layer or state"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(lambda _: self.refresh())
        self.tree = RunTree()
        self.tree.currentItemChanged.connect(lambda *_: self._show_current())
        self.tree.itemSelectionChanged.connect(self._show_buttons)
        self.tree.itemDoubleClicked.connect(lambda *_: self.open_first())
        self.tree.customContextMenuRequested.connect(self._context_menu)
        self.empty = QLabel(
            tr(
                "Every run of a tool of Imagery Deep Learning is listed here: start one from the Processing Toolbox, "
                "or add one of a colleague's from the run manifest beside its output (right click)."
            )
        )
        self.empty.setWordWrap(True)
        self.empty.setContextMenuPolicy(Qt.CustomContextMenu)
        self.empty.customContextMenuRequested.connect(self._context_menu)
        self.details = RunDetails()
        self._lay_out()
        self.timer = QTimer(self)
        self.timer.setInterval(REFRESH_MILLISECONDS)
        self.timer.timeout.connect(self.refresh)
        self.visibilityChanged.connect(self._shown)
        self.refresh()

    def close_down(self):
        """Stop looking."""
        self.timer.stop()

    def current(self):
        """Return the chosen run, None for none."""
        return self.known.get(self.tree.current_path())

    def chosen(self):
        """Return all chosen runs."""
        return [self.known[path] for path in self.tree.chosen_paths() if path in self.known]

    def show_run(self, path):
        """Choose a run.

        Args:
            path: Its record.
        """
        self.refresh()
        self.tree.choose(path)

    def refresh(self):
        """Bring list and details up to date."""
        runs = self.list.runs()
        self.known = {run.path: run for run in runs}
        self.tree.show_runs(runs, self.filter.text())
        self.empty.setVisible(not runs)
        self.tree.setVisible(bool(runs))
        self.filter.setVisible(len(runs) > 5 or bool(self.filter.text()))
        if self.tree.currentItem() is None and runs:
            self.tree.setCurrentItem(self.tree.topLevelItem(0))
        self._show_current()

    def open_layers(self):
        """Add the layers of the chosen run to the project and zoom to them."""
        layers = opening.open_layers(self.current())
        spatial = [layer for layer in layers if layer.isSpatial()]
        if self.iface is not None and spatial:
            self.iface.setActiveLayer(spatial[-1])
            self.iface.zoomToActiveLayer()

    def open_first(self):
        """Open what a person most likely wants of the chosen run: its layers, else its report, else its folder."""
        run = self.current()
        if run is None or run.state != DONE:
            return
        if opening.layers_of(run):
            self.open_layers()
        else:
            found = [output.path for output in opening.reports_of(run)] or [opening.folder_of(run)]
            if found[0]:
                opening.open_path(found[0])

    def run_again(self):
        """Open the tool's dialog with the values of the chosen run."""
        again.run_again(self.current())

    def continue_run(self):
        """Go on with the chosen run in the background."""
        run = self.current()
        self.going_on.append(again.continue_run(run, self._continued, self._failed))
        QTimer.singleShot(1500, self._choose_newest)

    def remove(self):
        """Take the chosen runs off the list; what they wrote stays."""
        for run in self.chosen():
            if run.state != RUNNING:
                remove(run)
        self.refresh()

    def _continued(self, outputs):
        """Open what a continued run wrote."""
        self.refresh()
        places = set(map(str, outputs.values()))
        for run in self.known.values():
            if run.state == DONE and places & set(map(str, run.outputs.values())):
                opening.open_layers(run)
                return

    def _failed(self, text):
        """Say why a run did not go on."""
        if self.iface is not None:
            self.iface.messageBar().pushWarning("Imagery Deep Learning", text)
        self.refresh()

    def _choose_newest(self):
        """Choose the run that began last."""
        self.refresh()
        if self.tree.topLevelItemCount():
            self.tree.setCurrentItem(self.tree.topLevelItem(0))

    def _lay_out(self):
        """Put the parts into the pane."""
        self.open_button = QToolButton()
        self.open_button.setText(tr("Open"))
        self.open_button.setPopupMode(QToolButton.InstantPopup)
        self.open_button.setToolButtonStyle(Qt.ToolButtonTextOnly)
        self.open_menu = QMenu(self.open_button)
        self.open_menu.aboutToShow.connect(lambda: self._fill_open_menu(self.open_menu))
        self.open_button.setMenu(self.open_menu)
        self.again_button = self._button(
            tr("Run Again…"), tr("Open the tool's dialog with the values of this run"), self.run_again
        )
        self.continue_button = self._button(tr("Continue"), tr("Go on where this run stopped"), self.continue_run)
        self.remove_button = self._button(tr("Remove"), tr("Take it off the list; what it wrote stays"), self.remove)
        self.open_button.setMinimumHeight(self.again_button.sizeHint().height())
        row = QHBoxLayout()
        row.setSpacing(4)
        for button in (self.open_button, self.again_button, self.continue_button, self.remove_button):
            row.addWidget(button)
        row.addStretch()
        upper, column = QWidget(), QVBoxLayout()
        upper.setLayout(column)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (self.filter, self.empty, self.tree):
            column.addWidget(part)
        column.addLayout(row)
        splitter = QSplitter(Qt.Vertical)
        splitter.addWidget(upper)
        splitter.addWidget(self.details)
        splitter.setStretchFactor(0, 2)
        splitter.setStretchFactor(1, 3)
        splitter.setChildrenCollapsible(False)
        self.tree.setMinimumHeight(130)
        inner, outer = QWidget(), QVBoxLayout()
        inner.setLayout(outer)
        outer.setContentsMargins(6, 6, 6, 6)
        outer.addWidget(splitter)
        self.setWidget(inner)

    def _button(self, text, tip, act):
        """Return a button."""
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(lambda _=False: act())
        return button

    def _show_current(self):
        """Show the details of the chosen run."""
        self.details.show_run(self.current())
        self._show_buttons()

    def _show_buttons(self):
        """Enable what can be done with the chosen run."""
        run, single = self.current(), len(self.tree.selectedItems()) <= 1
        self.open_button.setEnabled(run is not None and single and bool(opening.outputs_of(run)))
        self.again_button.setEnabled(run is not None and single and again.can_run_again(run))
        self.continue_button.setEnabled(run is not None and single and again.can_continue(run))
        self.remove_button.setEnabled(any(run.state != RUNNING for run in self.chosen()))

    def _fill_open_menu(self, menu):
        """Fill a menu with what the chosen run wrote."""
        menu.clear()
        run = self.current()
        if run is None:
            return
        layers = opening.layers_of(run)
        if layers:
            menu.addAction(counted(len(layers), "Layer", "{} layers"), self.open_layers)
        for output in opening.outputs_of(run):
            if output.kind == opening.REPORT:
                text = f"{tr(output.label).split(' (')[0]} ({os.path.splitext(output.path)[1][1:].upper()})"
                action = menu.addAction(text, lambda path=output.path: opening.open_path(path))
                action.setEnabled(output.exists)
        folder = opening.folder_of(run)
        if folder:
            menu.addAction(tr("Folder"), lambda: opening.open_path(folder))
        if menu.isEmpty():
            menu.addAction(tr("What it wrote is not there any more")).setEnabled(False)

    def _context_menu(self, place):
        """Offer the same at the row, and to add runs from manifests."""
        menu = QMenu(self)
        if self.tree.itemAt(place) is not None:
            opened = menu.addMenu(tr("Open"))
            self._fill_open_menu(opened)
            opened.setEnabled(self.open_button.isEnabled())
            for button in (self.again_button, self.continue_button, self.remove_button):
                menu.addAction(button.text(), button.click).setEnabled(button.isEnabled())
            menu.addSeparator()
        menu.addAction(tr("Add from Run Manifests…"), self._choose_manifests)
        menu.exec_(self.tree.viewport().mapToGlobal(place))

    def add_manifests(self, paths):
        """Add the runs of manifests, and choose the last one.

        Args:
            paths: Files that end in ``.run.json``.
        """
        try:
            for path in paths:
                self.show_run(add_manifest(path, QgsProcessingContext()))
        except (EngineError, OSError) as error:
            self._failed(str(error))

    def _choose_manifests(self):
        """Ask for manifests and add their runs."""
        paths, _ = QFileDialog.getOpenFileNames(
            self, tr("Add from Run Manifests"), "", tr("Run manifests (*.run.json)")
        )
        self.add_manifests(paths)

    def _shown(self, visible):
        """Look at the records only while somebody sees the pane."""
        if visible:
            self.refresh()
            self.timer.start()
        else:
            self.timer.stop()
