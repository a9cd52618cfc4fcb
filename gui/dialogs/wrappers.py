"""Editors of parameters that depend on a model or a model type: in the tool's dialog, the batch panel and the modeler.

QGIS makes them by the path of their class, which stands in the parameter's metadata. In the tool's dialog the editor
is embedded; in a cell of the batch panel, and beside the modeler's own field, a button opens it.
"""

from __future__ import annotations

from processing.gui.wrappers import WidgetWrapper
from qgis.core import QgsProcessingModelChildParameterSource, QgsProcessingParameterDefinition
from qgis.gui import QgsGui
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ...engine.errors import ModelPackageError
from ...engine.models.registry import architectures
from ...engine.tools.arguments import ARGUMENTS
from ...engine.tools.model_offers import read_model
from ...provider.words import tr
from .argument_table import ArgumentTable
from .class_list import ClassList


def known_model(text):
    """Return what a model package offers; None where there is none or it cannot be read."""
    try:
        return read_model(text) if isinstance(text, str) and text.strip() else None
    except ModelPackageError:
        return None


def argument_editor(kind, followed, parent=None):
    """Return the table of arguments that the value of the followed parameter allows."""
    table = ArgumentTable(parent)
    refresh_arguments(table, kind, followed)
    return table


def refresh_arguments(table, kind, followed):
    """Show the arguments that the value of the followed parameter allows."""
    if kind.task:
        model = known_model(followed)
        fits = model is not None and model.task in kind.task.split(" or ")
        table.set_specs(model.arguments if fits else ARGUMENTS[kind.task])
    else:
        entry = architectures().get(str(followed or "").upper())
        table.set_specs(entry.arguments if entry is not None else ())


def class_editor(kind, followed, parent=None):
    """Return the list of the classes of the model that is the value of the followed parameter."""
    names = ClassList(parent)
    refresh_classes(names, kind, followed)
    return names


def refresh_classes(names, kind, followed):
    """Offer the classes of the model that is the value of the followed parameter."""
    model = known_model(followed)
    names.set_classes(model.classes if model is not None else ())


class ArgumentsWrapper:
    """What QGIS is told to make for a table of arguments."""

    def __new__(cls, param, dialog, row=0, col=0):
        """Return what suits the dialog."""
        return _made(param, dialog, argument_editor, refresh_arguments)


class ClassesWrapper:
    """What QGIS is told to make for names of classes."""

    def __new__(cls, param, dialog, row=0, col=0):
        """Return what suits the dialog."""
        return _made(param, dialog, class_editor, refresh_classes)


def _made(param, dialog, make, refresh):
    """Return the editor for the kind of dialog."""
    kind = param.algorithm().tool.parameters()[param.name()].kind
    if type(dialog).__name__ == "ModelerParametersDialog":
        return _modeler_widget(param, dialog, kind, make)
    if type(dialog).__name__ == "BatchAlgorithmDialog":
        return _InCell(param, dialog, kind, make)
    return _Embedded(param, dialog, kind, make, refresh)


class _Following(WidgetWrapper):
    """A wrapper that knows the parameter its editor depends on."""

    def __init__(self, param, dialog, kind):
        """Make the widget; the other wrappers are told later."""
        self.kind = kind
        self.followed = None
        super().__init__(param, dialog)

    def postInitialize(self, wrappers):
        """Find the wrapper of the followed parameter."""
        self.followed = next((each for each in wrappers if each.parameterDefinition().name() == self.kind.of), None)

    def createLabel(self):
        """Return the label, as QGIS words it in its language."""
        label = super().createLabel()
        if label is not None and self.parameterDefinition().flags() & QgsProcessingParameterDefinition.FlagOptional:
            form = QCoreApplication.translate("QObject", "%1 [optional]")
            label.setText(form.replace("%1", self.parameterDefinition().description()))
        return label

    def followed_value(self):
        """Return the value of the followed parameter."""
        return None if self.followed is None else self.followed.parameterValue()


class _Embedded(_Following):
    """The editor itself."""

    def __init__(self, param, dialog, kind, make, refresh):
        """Keep how the editor is made and refreshed."""
        self.make, self.refresh_editor = make, refresh
        super().__init__(param, dialog, kind)

    def createWidget(self):
        """Return the editor, of nothing chosen yet."""
        editor = self.make(self.kind, None)
        editor.changed.connect(lambda: self.widgetValueHasChanged.emit(self))
        return editor

    def postInitialize(self, wrappers):
        """Follow the other parameter."""
        super().postInitialize(wrappers)
        if self.followed is not None:
            self.followed.widgetValueHasChanged.connect(lambda _: self.follow())
            self.follow()

    def follow(self):
        """Show what the other parameter allows now."""
        self.refresh_editor(self.widget, self.kind, self.followed_value())

    def setValue(self, value):
        """Show a value."""
        self.widget.set_text(value if isinstance(value, str) else "")
        self.widgetValueHasChanged.emit(self)

    def value(self):
        """Return the value."""
        return self.widget.text()


class _InCell(_Following):
    """A line of text and a button that opens the editor."""

    def __init__(self, param, dialog, kind, make):
        """Keep how the editor is made."""
        self.make = make
        super().__init__(param, dialog, kind)

    def createWidget(self):
        """Return line and button."""
        box = QWidget()
        self.line = QLineEdit()
        self.line.textChanged.connect(lambda _: self.widgetValueHasChanged.emit(self))
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line)
        row.addWidget(_button(self.choose))
        return box

    def choose(self):
        """Open the editor and take its value."""
        text = chosen(self.line.text(), self.make(self.kind, self.followed_value()), self.parameterDefinition())
        if text is not None:
            self.line.setText(text)

    def setValue(self, value):
        """Show a value."""
        self.line.setText(value if isinstance(value, str) else "")

    def value(self):
        """Return the value."""
        return self.line.text().strip()


def _modeler_widget(param, dialog, kind, make):
    """Return the modeler's own field, where a value of the model may also be chosen, with a button for the editor."""
    registry = QgsGui.processingGuiRegistry()
    field = registry.createModelerParameterWidget(dialog.model, dialog.childId, param, dialog.context)
    field.setDialog(dialog)

    def given(widget):
        value = widget.value() if widget is not None else None
        value = value[0] if isinstance(value, list) and value else value
        static = isinstance(value, QgsProcessingModelChildParameterSource) and (
            value.source() == QgsProcessingModelChildParameterSource.fromStaticValue(None).source()
        )
        return value.staticValue() if static else None

    def choose():
        followed = given(dialog.widget.widget.wrappers.get(kind.of))
        text = chosen(given(field) or "", make(kind, followed), param)
        if text is not None:
            field.setWidgetValue(QgsProcessingModelChildParameterSource.fromStaticValue(text))

    field.layout().addWidget(_button(choose))
    return field


def _button(act):
    """Return the button that opens the editor."""
    button = QToolButton()
    button.setText("…")
    button.setToolTip(tr("Choose from what the model offers"))
    button.clicked.connect(lambda _: act())
    return button


def chosen(text, editor, param):
    """Show an editor in a dialog of its own; return its text, or None when the user cancels."""
    dialog = QDialog()
    dialog.setWindowTitle(param.description())
    dialog.resize(560, dialog.sizeHint().height())
    editor.set_text(text)
    buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel)
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    box = QVBoxLayout(dialog)
    box.addWidget(QLabel(param.description()))
    box.addWidget(editor)
    box.addWidget(buttons)
    return editor.text() if dialog.exec_() == QDialog.Accepted else None
