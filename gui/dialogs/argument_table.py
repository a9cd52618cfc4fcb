"""The *Arguments* table: one row for each argument that a model offers, with an editor that suits it.

Its value is the text ``padding 64; batch_size 4``, so that dialogs, models and ``qgis_process`` hold the same.
"""

from __future__ import annotations

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...engine.errors import ParameterError
from ...engine.tools.pairs import pairs_from_text, text_from_pairs
from ...provider.words import tr
from .looks import ERROR, FAULTY, notice

MOST_ROWS = 9
"""Rows that are seen at once; more scroll."""


class ArgumentTable(QWidget):
    """Names, values and rules of arguments; a plain line of text while nobody knows which there are.

    Attributes:
        changed: Emitted when a value was edited.
    """

    changed = pyqtSignal()

    def __init__(self, parent=None):
        """Start without arguments: with the line of text."""
        super().__init__(parent)
        self.specs = ()
        self.unknown = []
        self.editors = {}
        self.line = QLineEdit()
        self.line.setPlaceholderText("padding 64; batch_size 4")
        self.line.textEdited.connect(lambda _: self._edited())
        self.table = self._empty_table()
        self.message = notice(ERROR)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        for widget in (self.table, self.line, self.message):
            box.addWidget(widget)
        self.set_specs(())

    def set_specs(self, specs):
        """Show these arguments; what was given before stays, and what is not among them is told."""
        given = self.text()
        self.specs = tuple(specs)
        self.table.setVisible(bool(self.specs))
        self.line.setVisible(not self.specs)
        self._fill()
        self.set_text(given)

    def text(self):
        """Return the value: only what was given."""
        if not self.specs:
            return self.line.text().strip()
        rows = [(name, _value(editor)) for name, editor in self.editors.items()]
        return text_from_pairs([(name, value) for name, value in rows if value] + self.unknown)

    def set_text(self, text):
        """Take a value; a text that is no value table is shown as it is, to be mended."""
        text = (text or "").strip()
        self.line.setText(text)
        try:
            pairs = pairs_from_text("arguments", text)
        except ParameterError as error:
            self.unknown = []
            self._show(str(error))
            return
        named = {alias: spec.name for spec in self.specs for alias in (spec.name, *spec.aliases)}
        given = {named[name.lower()]: value for name, value in pairs if name.lower() in named}
        self.unknown = [(name, value) for name, value in pairs if name.lower() not in named] if self.specs else []
        for name, editor in self.editors.items():
            _set_value(editor, given.get(name, ""))
        self._check()

    def fault(self):
        """Return what is wrong, in one sentence; empty when all is well."""
        if not self.specs:
            try:
                pairs_from_text("arguments", self.line.text())
            except ParameterError as error:
                return str(error)
            return ""
        for spec in self.specs:
            fault = _fault(spec, _value(self.editors[spec.name]))
            if fault:
                return fault
        if self.unknown:
            known = ", ".join(spec.name for spec in self.specs)
            return tr("argument '{}' is unknown to this model; it has: {}").format(self.unknown[0][0], known)
        return ""

    def _empty_table(self):
        """Return the table without rows."""
        table = QTableWidget(0, 3)
        table.setHorizontalHeaderLabels([tr("Argument"), tr("Value"), tr("Allowed")])
        table.verticalHeader().setVisible(False)
        table.setSelectionMode(QAbstractItemView.NoSelection)
        table.setEditTriggers(QAbstractItemView.NoEditTriggers)
        table.setFocusPolicy(Qt.NoFocus)
        header = table.horizontalHeader()
        header.setMinimumSectionSize(100)
        header.setSectionResizeMode(0, QHeaderView.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeToContents)
        return table

    def _fill(self):
        """Make a row for each argument."""
        self.editors = {}
        self.table.setRowCount(len(self.specs))
        for row, spec in enumerate(self.specs):
            name, rule = QTableWidgetItem(spec.name), QTableWidgetItem(_rule(spec))
            rule.setForeground(self.palette().placeholderText())
            editor = _editor(spec, self._edited)
            default = spec.default or tr("chosen by the run")
            for part in (name, rule, editor):
                part.setToolTip(f"<b>{spec.name}</b>: {tr(spec.help)}<br>{_rule(spec)}. {tr('Default')}: {default}.")
            self.editors[spec.name] = editor
            self.table.setItem(row, 0, name)
            self.table.setCellWidget(row, 1, editor)
            self.table.setItem(row, 2, rule)
        height = QLineEdit().sizeHint().height()
        for row in range(len(self.specs)):
            self.table.setRowHeight(row, height)
        shown = min(len(self.specs), MOST_ROWS)
        self.table.setFixedHeight(self.table.horizontalHeader().sizeHint().height() + shown * height + 4)

    def _edited(self):
        """Check what was edited and tell it."""
        self._check()
        self.changed.emit()

    def _check(self):
        """Mark cells that are wrong and show the first sentence."""
        for spec in self.specs:
            editor = self.editors[spec.name]
            editor.setStyleSheet(FAULTY if _fault(spec, _value(editor)) else "")
        self._show(self.fault())

    def _show(self, sentence):
        """Show a sentence below."""
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))


def _editor(spec, edited):
    """Return the widget for a value: a list of words, or a line."""
    words = {"bool": ("True", "False"), "choice": spec.choices}.get(spec.kind)
    if words is None:
        line = QLineEdit()
        line.setFrame(False)
        line.setPlaceholderText(spec.default or tr("chosen by the run"))
        line.textEdited.connect(lambda _: edited())
        return line
    box = QComboBox()
    box.setFocusPolicy(Qt.StrongFocus)
    box.addItem(tr("{} (default)").format(spec.default) if spec.default else tr("chosen by the run"), "")
    for word in words:
        box.addItem(word, word)
    box.activated.connect(lambda _: edited())
    return box


def _value(editor):
    """Return the text of an editor; empty for the default."""
    return editor.currentData() or "" if isinstance(editor, QComboBox) else editor.text().strip()


def _set_value(editor, text):
    """Put a text into an editor."""
    if isinstance(editor, QLineEdit):
        editor.setText(text)
        return
    words = [str(editor.itemData(index)).lower() for index in range(editor.count())]
    if text.lower() not in words:
        editor.addItem(text, text)
        words.append(text.lower())
    editor.setCurrentIndex(words.index(text.lower()))


def _fault(spec, text):
    """Return why a text is no value of an argument, empty when it is one or nothing was given."""
    try:
        if text:
            spec.parse(text)
    except ParameterError as error:
        return str(error)
    return ""


def _rule(spec):
    """Return which values are allowed, short."""
    if spec.kind in ("bool", "choice"):
        return tr("from the list")
    words = {"int": tr("whole"), "float": tr("number"), "text": tr("text")}.get(spec.kind, tr("numbers"))
    if spec.low is not None and spec.high is not None:
        return f"{words} {spec.low:g} – {spec.high:g}"
    return f"{words} ≥ {spec.low:g}" if spec.low is not None else words
