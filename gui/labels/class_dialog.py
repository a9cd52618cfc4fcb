"""The small dialog in which a class is made or changed: name, value, colour."""

from __future__ import annotations

from qgis.gui import QgsColorButton
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QSpinBox

from ...provider.words import tr
from .schema import LabelClass, SchemaError


class ClassDialog(QDialog):
    """Asks for name, value and colour of a class; what the schema refuses is said in the dialog."""

    def __init__(self, schema, class_, but=None, parent=None):
        """Show a class.

        Args:
            schema: The schema that it will stand in.
            class_: What the dialog starts with.
            but: The class of the schema that is changed; None for a new one.
            parent: Widget that the dialog belongs to.
        """
        super().__init__(parent)
        self.setWindowTitle(tr("New Class") if but is None else tr("Edit Class"))
        self.schema, self.but = schema, but
        self.name, self.value, self.color = QLineEdit(class_.name), QSpinBox(), QgsColorButton()
        self.value.setRange(0, 65535)
        self.value.setValue(class_.value)
        self.color.setColor(QColor(*class_.color))
        self.why = QLabel()
        self.why.setWordWrap(True)
        self.why.setStyleSheet("color: #c62828")
        self.why.hide()
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        for label, widget in ((tr("Name"), self.name), (tr("Value"), self.value), (tr("Colour"), self.color)):
            form.addRow(label, widget)
        form.addRow(self.why)
        form.addRow(self.buttons)
        self.setMinimumWidth(300)
        self.name.selectAll()
        self.name.setFocus()

    def result_class(self):
        """Return the class that the dialog shows, without classes below it."""
        color = self.color.color()
        return LabelClass(self.name.text().strip(), self.value.value(), (color.red(), color.green(), color.blue()))

    def accept(self):
        """Close if the class can stand in the schema."""
        try:
            self.schema.check(self.result_class(), self.but)
        except SchemaError as error:
            self.why.setText(str(error))
            self.why.show()
            return
        super().accept()
