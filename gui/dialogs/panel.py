"""What stands around the fields of a tool's dialog: rows that come and go, and a sentence below each field."""

from __future__ import annotations

from qgis.gui import QgsCollapsibleGroupBoxBasic
from qgis.PyQt import sip
from qgis.PyQt.QtWidgets import QBoxLayout, QComboBox, QLineEdit

from .looks import ERROR, HINT, notice, say

MARK = "CollGrpBxHide"
"""Property by which a QgsCollapsibleGroupBox knows what it has to show again."""


class Row:
    """The label, the field and the sentence of one parameter.

    Attributes:
        wrapper: QGIS's wrapper of the field.
        group: The group of advanced parameters around it, None for others.
        shown: Whether the row is there.
    """

    def __init__(self, wrapper):
        """Put a sentence below the field."""
        self.wrapper = wrapper
        self.shown = True
        self.hint, self.fault = "", ""
        field = self.field
        self.line = notice(HINT)
        around = field.parentWidget() if field is not None else None
        closing = around is not None and around.inherits("QgsCollapsibleGroupBoxBasic")
        self.group = sip.cast(around, QgsCollapsibleGroupBoxBasic) if closing else None
        place = around.layout() if around is not None else None
        if isinstance(place, QBoxLayout) and place.indexOf(field) >= 0:
            place.insertWidget(place.indexOf(field) + 1, self.line)

    @property
    def field(self):
        """The widget of the value."""
        made = self.wrapper.wrappedWidget()
        return made if made is not None else getattr(self.wrapper, "widget", None)

    @property
    def label(self):
        """The label above it, None for a check box."""
        made = self.wrapper.wrappedLabel()
        return made if made is not None else getattr(self.wrapper, "label", None)

    @property
    def value(self):
        """What the field holds."""
        return self.wrapper.parameterValue()

    def show(self, shown):
        """Show the row, or take it out of sight."""
        if shown != self.shown:
            self.shown = shown
            self.arrange()

    def arrange(self):
        """Let be seen what is to be seen; called again when the group around it was opened or closed."""
        for widget in (self.label, self.field):
            if widget is not None:
                self._see(widget, self.shown)
        self._say()

    def _see(self, widget, seen):
        """Show a widget, in a closed group as soon as it is opened: the group shows again what has its mark."""
        if self.group is not None and self.group.isCollapsed():
            widget.setProperty(MARK, seen)
            widget.hide()
        else:
            widget.setVisible(seen)

    def tell(self, hint="", fault=""):
        """Say what is known of the value, or what is wrong with it."""
        if (hint, fault) != (self.hint, self.fault):
            self.hint, self.fault = hint, fault
            self._say()

    def suggest(self, text):
        """Show in an empty field what it stands for."""
        field = self.field
        line = field if isinstance(field, QLineEdit) else field.findChild(QLineEdit) if field is not None else None
        if line is not None:
            line.setPlaceholderText(text)

    def offer(self, choices):
        """Leave these of the choices of a list; what was chosen stays, to be told as wrong if it is not among them."""
        box = self.field if isinstance(self.field, QComboBox) else self.field.findChild(QComboBox)
        if box is None:
            return
        for index in range(box.count()):
            left = not box.itemData(index) or box.itemData(index) in choices
            box.view().setRowHidden(index, not left)
            box.model().item(index).setEnabled(left)

    def _say(self):
        """Show the sentence."""
        say(self.line, self.fault or self.hint, ERROR if self.fault else HINT)
        self._see(self.line, self.shown and bool(self.line.text()))
