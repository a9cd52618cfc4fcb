"""Which class of the schema each class of a model becomes: by name at first, as the user says then."""

from __future__ import annotations

from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

from ...provider.words import marked, tr
from .schema import LabelClass

LEFT_OUT, NEW = marked("leave out"), marked("new class")
"""Choices beside the classes of the schema."""

UNKNOWN = (255, 255, 255)
"""Colour of proposals that are left out."""


class ClassMapping(QWidget):
    """A row for each class of the model with a box of what it becomes.

    Attributes:
        changed: Told when the user chooses.
    """

    changed = pyqtSignal()

    def __init__(self, pane):
        """Build an empty table for a pane, whose schema it offers."""
        super().__init__()
        self.pane = pane
        self.rows = QGridLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setColumnStretch(1, 1)
        self.boxes = {}
        self.made = {}
        pane.editor.changed.connect(self.refresh)

    def show_classes(self, classes):
        """Show the classes of a model.

        Args:
            classes: Name, value and colour (or None) of each; repeated ones are passed over.
        """
        while self.rows.count():
            self.rows.takeAt(0).widget().deleteLater()
        self.boxes, self.made = {}, {}
        for name, value, color in classes:
            if name in self.boxes:
                continue
            free = self.pane.schema.by_value(value) is None
            self.made[name] = LabelClass(name, value if free else 0, color or self.pane.schema.free_color())
            box = QComboBox()
            box.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
            box.setToolTip(tr("What objects that the model calls {} become").format(name))
            self.boxes[name] = box
            at = len(self.boxes) - 1
            self.rows.addWidget(QLabel(f"{name} →"), at, 0)
            self.rows.addWidget(box, at, 1)
            self._fill(name, self._alike(name))
            box.currentIndexChanged.connect(lambda _: self.changed.emit())

    def is_taken(self, name):
        """Return whether objects of a class of the model become samples."""
        box = self.boxes.get(name)
        return box is not None and box.currentData() != LEFT_OUT

    def class_of(self, name):
        """Return the ``LabelClass`` that a class of the model becomes; a new one is added to the schema.

        Raises:
            SchemaError: The new class cannot be added.
        """
        chosen = self.boxes[name].currentData()
        found = None if chosen == NEW else self.pane.schema.by_value(chosen)
        if found is None:
            found = self._alike(name) or self._added(name)
            self.refresh()
            self._fill(name, found)
        return found

    def color_of(self, name):
        """Return red, green, blue of what a class of the model becomes."""
        if not self.is_taken(name):
            return UNKNOWN
        chosen = self.boxes[name].currentData()
        found = None if chosen == NEW else self.pane.schema.by_value(chosen)
        return self.made[name].color if found is None else found.color

    def refresh(self):
        """Offer the schema as it is now, keeping what was chosen."""
        for name, box in self.boxes.items():
            chosen = box.currentData()
            if chosen in (LEFT_OUT, NEW):
                self._fill(name, chosen)
            else:
                self._fill(name, self.pane.schema.by_value(chosen) or self._alike(name))

    def _alike(self, name):
        """Return the class of the schema with a name, in any case; None without one."""
        classes = self.pane.schema.all()
        return next((known for known in classes if known.name.strip().casefold() == name.strip().casefold()), None)

    def _added(self, name):
        """Add a class of the model to the schema and return it."""
        made = self.made[name]
        if not made.value or self.pane.schema.by_value(made.value) is not None:
            made.value = self.pane.schema.free_value()
        self.pane.schema.check(made)
        self.pane.editor.adopt([made])
        return self.pane.schema.by_value(made.value)

    def _fill(self, name, chosen):
        """Fill a box and choose a class of the schema, ``LEFT_OUT``, or, with None or ``NEW``, a new class."""
        box = self.boxes[name]
        box.blockSignals(True)
        box.clear()
        for known in self.pane.schema.all():
            box.addItem(known.name, known.value)
        if self._alike(name) is None:
            box.addItem(tr(NEW), NEW)
        box.addItem(tr(LEFT_OUT), LEFT_OUT)
        data = chosen.value if isinstance(chosen, LabelClass) else chosen or NEW
        box.setCurrentIndex(max(0, box.findData(data)))
        box.blockSignals(False)
