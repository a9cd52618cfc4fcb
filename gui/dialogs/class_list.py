"""Classes of a model as a list to tick; its value is the text ``Palm;House``, and nothing ticked is all of them."""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QIcon, QPixmap
from qgis.PyQt.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from ...provider.words import tr
from .looks import ERROR, notice, say

MOST_ROWS = 6


class ClassList(QWidget):
    """Names of classes to tick; a plain line of text while no model is known.

    Attributes:
        changed: Emitted when a tick or the text was changed.
    """

    changed = pyqtSignal()

    def __init__(self, parent=None):
        """Start without a model: with the line of text."""
        super().__init__(parent)
        self.classes = ()
        self.unknown = []
        self.line = QLineEdit()
        self.line.setPlaceholderText(tr("all classes"))
        self.line.textEdited.connect(lambda _: self.changed.emit())
        self.list = QListWidget()
        self.list.itemChanged.connect(lambda _: self._ticked())
        self.message = notice(ERROR)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        for widget in (self.list, self.line, self.message):
            box.addWidget(widget)
        self.set_classes(())

    def set_classes(self, classes):
        """Offer classes: name, value and colour of each; what was chosen before stays."""
        given = self.text()
        self.classes = tuple(classes)
        self.list.setVisible(bool(self.classes))
        self.line.setVisible(not self.classes)
        self.list.blockSignals(True)
        self.list.clear()
        for name, value, color in self.classes:
            item = QListWidgetItem(_swatch(color), name, self.list)
            item.setToolTip(f"{name} ({value})")
            item.setFlags(item.flags() | Qt.ItemIsUserCheckable)
            item.setCheckState(Qt.Unchecked)
        self.list.blockSignals(False)
        row = max(18, self.list.sizeHintForRow(0))
        self.list.setFixedHeight(min(len(self.classes), MOST_ROWS) * row + 6)
        self.set_text(given)

    def text(self):
        """Return the names that are ticked, parted by semicolons."""
        if not self.classes:
            return self.line.text().strip()
        items = [self.list.item(row) for row in range(self.list.count())]
        return ";".join([item.text() for item in items if item.checkState() == Qt.Checked] + self.unknown)

    def set_text(self, text):
        """Tick what a text names, by name or value."""
        self.line.setText(text or "")
        names = [name.strip().strip("'\"") for name in (text or "").split(";") if name.strip()]
        folded = {name.casefold() for name in names}
        self.list.blockSignals(True)
        known = set()
        for row, (name, value, _) in enumerate(self.classes):
            words = {name.casefold(), str(value)}
            known |= words
            self.list.item(row).setCheckState(Qt.Checked if words & folded else Qt.Unchecked)
        self.list.blockSignals(False)
        self.unknown = [name for name in names if name.casefold() not in known] if self.classes else []
        self._tell()

    def fault(self):
        """Return what is wrong, in one sentence; empty when all is well."""
        if not self.unknown:
            return ""
        known = ", ".join(f"{name} ({value})" for name, value, _ in self.classes)
        return tr("the model does not know {}: it knows {}").format(", ".join(self.unknown), known)

    def _ticked(self):
        """Forget names that the model does not know once the user chooses from the list."""
        self.unknown = []
        self._tell()
        self.changed.emit()

    def _tell(self):
        """Show what is wrong."""
        say(self.message, self.fault(), ERROR)


def _swatch(color):
    """Return a small square of a class's colour."""
    picture = QPixmap(12, 12)
    picture.fill(QColor(*color) if min(color) >= 0 else QColor(160, 160, 160))
    return QIcon(picture)
