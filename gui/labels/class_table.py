"""The tab that counts: each class with its samples and its share of the labelled pixels; merge, delete, load, save."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...provider.words import counted, tr
from .looks import button, swatch


class ClassTable(QWidget):
    """The table of classes that have samples, with its buttons.

    Attributes:
        select, delete: Told with class values.
        merge: Told with the class values whose samples are to become one class.
        load, save: Told when samples are to be loaded or saved elsewhere.
    """

    select, delete, merge = pyqtSignal(list), pyqtSignal(list), pyqtSignal(list)
    load, save = pyqtSignal(), pyqtSignal()

    def __init__(self):
        """Show an empty table."""
        super().__init__()
        self.table = QTableWidget(0, 4)
        self.table.setHorizontalHeaderLabels([tr("Class"), tr("Samples"), tr("Pixels"), tr("Share")])
        self.table.horizontalHeaderItem(3).setToolTip(tr("Share of the labelled pixels"))
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(22)
        self.table.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.table.setEditTriggers(QAbstractItemView.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.Stretch)
        for column in (1, 2, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeToContents)
        self.sum = QLabel()
        self.sum.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(0)
        self.buttons = [
            button("mActionSelectAll.svg", tr("Select the samples of the chosen classes on the map"), self._select),
            button("mActionMergeFeatures.svg", tr("Merge the chosen classes into one of them…"), self._merge),
            button("mActionDeleteSelected.svg", tr("Delete all samples of the chosen classes"), self._delete),
        ]
        for made in self.buttons:
            row.addWidget(made)
        row.addStretch()
        row.addWidget(button("mActionFileOpen.svg", tr("Load samples…"), self.load.emit))
        row.addWidget(button("mActionFileSaveAs.svg", tr("Save a copy of the samples…"), self.save.emit))
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(3)
        column.addLayout(row)
        column.addWidget(self.table)
        column.addWidget(self.sum)
        self.table.itemSelectionChanged.connect(self._enable)
        self._enable()

    def show_totals(self, totals, path):
        """Show what there is of each class.

        Args:
            totals: ``Total`` rows.
            path: The file that holds the samples.
        """
        chosen = self.values()
        pixels = sum(total.pixels for total in totals)
        self.table.setRowCount(len(totals))
        for row, total in enumerate(totals):
            share = f"{100 * total.pixels / pixels:.1f} %" if pixels else "–"
            texts = (total.name, f"{total.samples:,}", f"{total.pixels:,}", share)
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                item.setData(Qt.UserRole, total.value)
                if column:
                    item.setTextAlignment(Qt.AlignRight | Qt.AlignVCenter)
                else:
                    item.setIcon(swatch(total.color))
                    item.setToolTip(tr("{} (value {})").format(total.name, total.value))
                self.table.setItem(row, column, item)
                item.setSelected(total.value in chosen)
        count = sum(total.samples for total in totals)
        kept = (
            counted(count, "{} sample, kept in", "{} samples, kept in")
            if count
            else tr("No samples yet. They will be kept in")
        )
        self.sum.setText(f"<small>{kept} {path}</small>" if path else "")
        self.sum.setToolTip(path)

    def values(self):
        """Return the class values of the chosen rows."""
        rows = sorted({index.row() for index in self.table.selectionModel().selectedRows()})
        return [self.table.item(row, 0).data(Qt.UserRole) for row in rows]

    def _enable(self):
        """Offer what the chosen rows allow."""
        count = len(self.values())
        for made, least in zip(self.buttons, (1, 2, 1)):
            made.setEnabled(count >= least)

    def _select(self):
        """Tell which samples are to be selected."""
        self.select.emit(self.values())

    def _merge(self):
        """Tell which classes become one."""
        self.merge.emit(self.values())

    def _delete(self):
        """Tell whose samples are to be deleted."""
        self.delete.emit(self.values())
