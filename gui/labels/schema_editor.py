"""The part of the pane that shows the classes: choose, make, change, delete, load and save them."""

from __future__ import annotations

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QMenu,
    QMessageBox,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ...provider.words import marked, tr
from .class_dialog import ClassDialog
from .looks import button, swatch
from .schema import LabelClass, Schema, SchemaError, land_cover, load_schema

FILES = marked("Classification schema (*.json *.ecs)")


class SchemaEditor(QWidget):
    """The tree of classes with its buttons.

    Attributes:
        changed: Told when the schema has other classes, or its classes other properties.
        edited: Told with the value that a class had and the class as it is now.
        chosen: Told when another class is chosen.
        failed: Told with a sentence.
        schema: The ``Schema``.
    """

    changed = pyqtSignal()
    edited = pyqtSignal(int, object)
    chosen = pyqtSignal()
    failed = pyqtSignal(str)

    def __init__(self, schema):
        """Show a schema."""
        super().__init__()
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels([tr("Class"), tr("Value"), tr("Key")])
        self.tree.setIconSize(QSize(14, 14))
        self.tree.setAlternatingRowColors(True)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeToContents)
        self.tree.currentItemChanged.connect(lambda *_: self.chosen.emit())
        self.tree.itemDoubleClicked.connect(lambda *_: self.edit_class())
        self.tree.setExpandsOnDoubleClick(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(self._buttons())
        column.addWidget(self.tree)
        self.show_schema(schema)

    def show_schema(self, schema):
        """Show another schema, with its first class chosen."""
        self.schema = schema
        self._fill(None)

    def current(self):
        """Return the class that is chosen, None in an empty schema."""
        item = self.tree.currentItem()
        return item.data(0, Qt.UserRole) if item is not None else None

    def choose(self, class_):
        """Choose a class."""
        for item in self._items():
            if item.data(0, Qt.UserRole) is class_:
                self.tree.setCurrentItem(item)

    def choose_number(self, number):
        """Choose the class with a number in the tree, from 0; returns whether there is one."""
        classes = self.schema.all()
        if number < len(classes):
            self.choose(classes[number])
        return number < len(classes)

    def step(self, by):
        """Choose the next class, or with -1 the one before."""
        classes = self.schema.all()
        if classes:
            at = next((number for number, known in enumerate(classes) if known is self.current()), 0)
            self.choose(classes[(at + by) % len(classes)])

    def adopt(self, totals):
        """Add the classes of samples that the schema lacks.

        Args:
            totals: ``Total`` rows of the samples; those whose name or value is taken are left out.
        """
        before = len(self.schema.all())
        for total in totals:
            if self.schema.by_value(total.value) is None and self.schema.by_name(total.name) is None and total.name:
                self.schema.add(LabelClass(total.name, total.value, total.color))
        if len(self.schema.all()) > before:
            self._told(self.current())

    def add_class(self, below=False):
        """Ask for a new class and add it at the end, or below the chosen one."""
        parent = self.current() if below else None
        start = LabelClass("", self.schema.free_value(), self.schema.free_color())
        dialog = ClassDialog(self.schema, start, parent=self)
        if dialog.exec_() == QDialog.Accepted:
            made = dialog.result_class()
            self.schema.add(made, parent)
            self._told(made)

    def edit_class(self):
        """Ask for another name, value or colour of the chosen class."""
        known = self.current()
        if known is None:
            return
        dialog = ClassDialog(self.schema, known, but=known, parent=self)
        if dialog.exec_() == QDialog.Accepted:
            made, value = dialog.result_class(), known.value
            known.name, known.value, known.color = made.name, made.value, made.color
            self.edited.emit(value, known)
            self._told(known)

    def delete_class(self):
        """Take the chosen class out of the schema, with those below it; samples of it stay."""
        known = self.current()
        if known is not None:
            self.schema.remove(known)
            self._told(None)

    def clear(self):
        """Begin a new schema without classes."""
        self.replace(Schema())

    def replace(self, schema):
        """Take another schema in place of this one."""
        self.show_schema(schema)
        self.changed.emit()

    def load(self, path=""):
        """Load a schema from a file that is asked for."""
        path = path or QFileDialog.getOpenFileName(self, tr("Load Schema"), "", tr(FILES))[0]
        if not path:
            return
        try:
            self.replace(load_schema(path))
        except SchemaError as error:
            self.failed.emit(str(error))

    def save(self, path=""):
        """Save the schema to a file that is asked for."""
        path = path or QFileDialog.getSaveFileName(self, tr("Save Schema"), self.schema.name + ".json", tr(FILES))[0]
        if not path:
            return
        try:
            self.schema.save(path if path.lower().endswith((".json", ".ecs")) else path + ".json")
        except SchemaError as error:
            self.failed.emit(str(error))

    def _buttons(self):
        """Return the row of buttons above the tree."""
        row = QHBoxLayout()
        row.setSpacing(0)
        title = QLabel(f"<b>{tr('Classes')}</b>")
        row.addWidget(title)
        row.addStretch()
        self.menu = QMenu(self)
        for text, act in (
            (tr("New Schema"), self._ask_clear),
            (tr("Load Schema…"), self.load),
            (tr("Save Schema…"), self.save),
            (tr("Land Cover (NLCD 2011)"), lambda: self.replace(land_cover())),
        ):
            self.menu.addAction(text).triggered.connect(lambda _=False, act=act: act())
        for made in (
            button("symbologyAdd.svg", tr("New class"), self.add_class),
            button("label_child", tr("New class below the chosen one"), lambda: self.add_class(below=True)),
            button("symbologyEdit.svg", tr("Edit the chosen class (double click)"), self.edit_class),
            button("symbologyRemove.svg", tr("Delete the chosen class; its samples stay"), self.delete_class),
        ):
            row.addWidget(made)
        more = button("mActionFileOpen.svg", tr("New, load, save; land cover classes"), lambda: None)
        more.setMenu(self.menu)
        more.setPopupMode(QToolButton.InstantPopup)
        row.addWidget(more)
        return row

    def _ask_clear(self):
        """Begin a new schema, after a question when classes would go."""
        question = tr("Take the {} classes away? The samples stay.").format(len(self.schema.all()))
        if not self.schema.classes or QMessageBox.question(self, "New Schema", question) == QMessageBox.Yes:
            self.clear()

    def _told(self, chosen):
        """Show the schema as it is now and tell."""
        self._fill(chosen)
        self.changed.emit()

    def _fill(self, chosen):
        """Fill the tree, and choose a class or else the first."""
        self.tree.blockSignals(True)
        self.tree.clear()
        self._rows(self.schema.classes, self.tree.invisibleRootItem())
        for number, item in enumerate(self._items()):
            item.setText(2, str((number + 1) % 10) if number < 10 else "")
        self.tree.expandAll()
        self.tree.setRootIsDecorated(any(known.children for known in self.schema.classes))
        self.tree.blockSignals(False)
        if chosen is None:
            self.choose_number(0)
        else:
            self.choose(chosen)
        self.chosen.emit()

    def _rows(self, classes, parent):
        """Add rows for classes below an item."""
        for known in classes:
            item = QTreeWidgetItem(parent, [known.name, str(known.value), ""])
            item.setIcon(0, swatch(known.color))
            item.setToolTip(0, known.name)
            item.setTextAlignment(1, Qt.AlignRight | Qt.AlignVCenter)
            item.setTextAlignment(2, Qt.AlignCenter)
            item.setData(0, Qt.UserRole, known)
            self._rows(known.children, item)

    def _items(self):
        """Return all items from top to bottom, as ``Schema.all`` orders the classes."""
        found, waiting = [], [self.tree.invisibleRootItem()]
        while waiting:
            item = waiting.pop()
            waiting += [item.child(number) for number in reversed(range(item.childCount()))]
            found.append(item)
        return found[1:]
