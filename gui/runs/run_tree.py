"""The list of runs: state, tool and subject, when it began, how long it took."""

from __future__ import annotations

from qgis.PyQt.QtCore import QSize, Qt
from qgis.PyQt.QtWidgets import QHeaderView, QTreeWidget, QTreeWidgetItem

from ...provider.run_records import RUNNING
from ...provider.words import tr
from .words import brief, moment, run_name, state_icon, state_sentence

PATH = Qt.UserRole


class RunTree(QTreeWidget):
    """One row a run, newest first; rows are kept when runs change, so that the choice stays."""

    def __init__(self, parent=None):
        """Start without rows."""
        super().__init__(parent)
        self._icons = {}
        self.setHeaderLabels([tr("Run"), tr("Started"), tr("Took")])
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(True)
        self.setSelectionMode(QTreeWidget.ExtendedSelection)
        self.setIconSize(QSize(14, 14))
        self.setTextElideMode(Qt.ElideRight)
        self.setContextMenuPolicy(Qt.CustomContextMenu)
        header = self.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeToContents)

    def show_runs(self, runs, words):
        """Show runs.

        Args:
            runs: Newest first.
            words: What they are filtered by.
        """
        paths = {run.path for run in runs}
        items = {item.data(0, PATH): item for item in self._items()}
        for path, item in items.items():
            if path not in paths:
                self.takeTopLevelItem(self.indexOfTopLevelItem(item))
        for place, run in enumerate(runs):
            item = items.get(run.path)
            if item is None:
                item = QTreeWidgetItem()
                item.setData(0, PATH, run.path)
                self.insertTopLevelItem(place, item)
            self._fill(item, run)
            item.setHidden(not fits(run, words))

    def choose(self, path):
        """Choose a run by its record."""
        for item in self._items():
            if item.data(0, PATH) == path:
                self.setCurrentItem(item)

    def current_path(self):
        """Return the record of the chosen run; an empty text for none."""
        item = self.currentItem()
        return item.data(0, PATH) if item is not None else ""

    def chosen_paths(self):
        """Return the records of all chosen runs."""
        return [item.data(0, PATH) for item in self.selectedItems()]

    def _items(self):
        """Return the rows."""
        return [self.topLevelItem(row) for row in range(self.topLevelItemCount())]

    def _fill(self, item, run):
        """Write a run into its row."""
        if run.state not in self._icons:
            self._icons[run.state] = state_icon(run.state)
        item.setIcon(0, self._icons[run.state])
        took = f"{run.progress:.0f} %" if run.state == RUNNING else brief(run.seconds)
        for column, text in enumerate((run_name(run), moment(run.started), took)):
            if item.text(column) != text:
                item.setText(column, text)
        item.setTextAlignment(2, Qt.AlignRight | Qt.AlignVCenter)
        tip = [tr(run.title), run_name(run), state_sentence(run), run.error]
        item.setToolTip(0, "\n".join(filter(None, tip)))


def fits(run, words):
    """Return whether a run has all words in its tool, subject or state."""
    text = f"{run_name(run)} {run.title} {tr(run.title)} {run.state} {state_sentence(run)}".lower()
    return all(word in text for word in words.lower().split())
