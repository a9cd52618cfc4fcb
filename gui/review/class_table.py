"""The classes of a review: key, colour, how many are left, accepted, rejected, changed and added; and new classes."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QIcon, QPixmap
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHeaderView,
    QLineEdit,
    QSpinBox,
    QTreeWidget,
    QTreeWidgetItem,
)

from ...provider.words import marked, tr
from .fields import ACCEPTED, ADDED, REDRAWN, REJECTED, RELABELLED

COLUMNS = (
    (marked("Key"), marked("Number key that gives the current result this class"), None),
    (marked("Class"), "", None),
    (marked("Left"), marked("Not reviewed, at or above the threshold"), ("",)),
    ("✓", marked("Accepted"), (ACCEPTED,)),
    ("✗", marked("Rejected"), (REJECTED,)),
    ("≠", marked("Relabelled or redrawn, under the class they have now"), (RELABELLED, REDRAWN)),
    ("+", marked("Added: objects that were missed"), (ADDED,)),
)


def icon_of(color):
    """Return a square in a colour."""
    pixels = QPixmap(12, 12)
    pixels.fill(QColor(*color))
    return QIcon(pixels)


def title_of(name, value):
    """Return how a class is called."""
    return str(name) if name is not None else str(value) if value is not None else tr("no class")


class ClassTable(QTreeWidget):
    """Counts by class; never takes the keyboard away from the map."""

    def __init__(self, parent=None):
        """Show no class."""
        super().__init__(parent)
        self.setColumnCount(len(COLUMNS))
        self.setHeaderLabels([tr(label) for label, _, _ in COLUMNS])
        for column, (_, tip, _) in enumerate(COLUMNS):
            self.headerItem().setToolTip(column, tr(tip))
            if column != 1:
                self.headerItem().setTextAlignment(column, Qt.AlignRight)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setSelectionMode(QAbstractItemView.NoSelection)
        self.setFocusPolicy(Qt.NoFocus)
        self.header().setStretchLastSection(False)
        self.header().setMinimumSectionSize(24)
        for column in range(len(COLUMNS)):
            self.header().setSectionResizeMode(column, QHeaderView.ResizeToContents)
        self.header().setSectionResizeMode(1, QHeaderView.Stretch)

    def show_counts(self, classes, colors, tally):
        """Show classes with their counts.

        Args:
            classes: Pairs of name and value, in the order of the keys.
            colors: Colour by pair.
            tally: Counts by (state, name, value).
        """
        self.clear()
        for number, (name, value) in enumerate(classes, 1):
            key = str(number) if number <= 9 else ""
            item = QTreeWidgetItem([key, title_of(name, value)])
            item.setIcon(1, icon_of(colors[(name, value)]))
            item.setTextAlignment(0, Qt.AlignRight | Qt.AlignVCenter)
            for column, (_, _, states) in enumerate(COLUMNS):
                if states is not None:
                    count = sum(tally[(state, name, value)] for state in states)
                    item.setText(column, f"{count:,}".replace(",", " ") if count else "–")
                    item.setTextAlignment(column, Qt.AlignRight | Qt.AlignVCenter)
            self.addTopLevelItem(item)


class NewClass(QDialog):
    """Asks for name and value of a class."""

    def __init__(self, value, parent=None):
        """Offer a value that is free."""
        super().__init__(parent)
        self.setWindowTitle(tr("New class"))
        self.name, self.value = QLineEdit(), QSpinBox()
        self.value.setRange(0, 2**31 - 1)
        self.value.setValue(value)
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        form = QFormLayout(self)
        form.addRow(tr("Name"), self.name)
        form.addRow(tr("Value"), self.value)
        form.addRow(self.buttons)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.buttons.button(QDialogButtonBox.Ok).setEnabled(False)
        self.name.textChanged.connect(
            lambda text: self.buttons.button(QDialogButtonBox.Ok).setEnabled(bool(text.strip()))
        )
