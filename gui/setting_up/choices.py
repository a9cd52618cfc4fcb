"""What people choose before the engine is set up: where it lies, for which processor, with which parts, from where."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ...engine.installation.building import NEEDED
from ...engine.installation.builds import AUTO, CPU, CUDA, driver_version
from ...engine.installation.places import engine_folder
from ...provider.words import marked, tr

BAD = "#b3261e"
"""Colour of what cannot work, legible on light and dark."""

PARTS = (
    ("training", marked("Training and reports"), marked("train models, tables and reports of accuracy")),
    ("transformers", marked("Transformer models"), marked("models made of transformers")),
)
SOURCES = (
    marked("Fetch it from the internet"),
    marked("Take an offline bundle"),
    marked("Use a Python environment that exists"),
)
FETCHED, BUNDLE, EXISTING = range(3)


class Choices(QWidget):
    """The form; ``changed`` tells that ``complaint`` may be another one."""

    changed = pyqtSignal()

    def __init__(self, parent=None):
        """Start with what fits most."""
        super().__init__(parent)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(12)
        form.setFieldGrowthPolicy(QFormLayout.AllNonFixedFieldsGrow)
        form.addRow(tr("Folder"), self._place())
        form.addRow(tr("Processor"), self._processors())
        form.addRow(tr("Parts"), self._parts())
        form.addRow(tr("Source"), self._sources())
        for path in (self.folder, self.bundle, self.existing):
            path.fileChanged.connect(self._refresh)
        self.source.buttonToggled.connect(self._refresh)
        self._refresh()

    def parameters(self):
        """Return the parameters of Set Up the Deep Learning Engine."""
        source = self.source.checkedId()
        found = {"engine_folder": self._chosen_folder(), "processor": self.processor.currentData()}
        found.update({name: box.isChecked() for name, box in self.parts.items()})
        if source == BUNDLE:
            found["bundle"] = self.bundle.filePath()
        if source == EXISTING:
            found["existing"] = self.existing.filePath()
        return found

    def complaint(self):
        """Return why it cannot begin, empty when it can."""
        source = self.source.checkedId()
        if source == BUNDLE and not os.path.isdir(os.path.join(self.bundle.filePath(), "wheels")):
            return tr("Choose the folder that Build Offline Bundle wrote.")
        if source == EXISTING and not os.path.isfile(self.existing.filePath()):
            return tr("Choose the program python of the environment.")
        free = self._free()
        if source != EXISTING and free is not None and free < NEEDED:
            return tr("{} GB are needed there and {} GB are free: choose another folder.").format(
                f"{NEEDED / 1e9:.0f}", f"{free / 1e9:.1f}"
            )
        return ""

    def _place(self):
        """Return the row of the folder, with the room that is there."""
        row = QWidget()
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        self.folder = QgsFileWidget()
        self.folder.setStorageMode(QgsFileWidget.GetDirectory)
        self.folder.setFilePath(str(engine_folder()))
        self.room = QLabel()
        column.addWidget(self.folder)
        column.addWidget(self.room)
        return row

    def _processors(self):
        """Return the choice of the processor; what was found is said in its first entry."""
        driver = driver_version()
        found = (
            tr("NVIDIA driver {} found").format(".".join(map(str, driver))) if driver else tr("no NVIDIA driver found")
        )
        if sys.platform == "darwin":
            found = tr("for this Mac")
        self.processor = QComboBox()
        self.processor.addItem(tr("Automatic ({})").format(found), AUTO)
        self.processor.addItem("CPU", CPU)
        self.processor.addItem(tr("NVIDIA graphics card (CUDA)"), CUDA)
        return self.processor

    def _parts(self):
        """Return the check boxes of the parts; that which runs models is always there."""
        row = QWidget()
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        always = QCheckBox(tr("Run models (detect, classify, find change)"))
        always.setChecked(True)
        always.setEnabled(False)
        column.addWidget(always)
        self.parts = {}
        for name, title, what in PARTS:
            box = QCheckBox(f"{tr(title)} ({tr(what)})")
            box.setChecked(True)
            column.addWidget(box)
            self.parts[name] = box
        return row

    def _sources(self):
        """Return the choice of the source, with a path below the second and the third."""
        row = QWidget()
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        self.source = QButtonGroup(row)
        self.bundle, self.existing = QgsFileWidget(), QgsFileWidget()
        self.bundle.setStorageMode(QgsFileWidget.GetDirectory)
        self.existing.setStorageMode(QgsFileWidget.GetFile)
        for number, text in enumerate(SOURCES):
            button = QRadioButton(tr(text))
            self.source.addButton(button, number)
            column.addWidget(button)
            path = {BUNDLE: self.bundle, EXISTING: self.existing}.get(number)
            if path is not None:
                column.addWidget(path)
        self.source.button(FETCHED).setChecked(True)
        return row

    def _refresh(self, *_):
        """Show what belongs to the choices, and tell."""
        source = self.source.checkedId()
        self.bundle.setVisible(source == BUNDLE)
        self.existing.setVisible(source == EXISTING)
        for widget in (self.folder, self.processor, *self.parts.values()):
            widget.setEnabled(source != EXISTING)
        text, enough = self._room()
        self.room.setText(tr("Nothing is installed: the environment is used as it is.") if source == EXISTING else text)
        self.room.setStyleSheet("" if enough or source == EXISTING else f"color: {BAD}")
        self.changed.emit()

    def _room(self):
        """Return what is said about the room in the folder, and whether it is enough."""
        free = self._free()
        said = "" if free is None else tr("{} GB are free there. ").format(f"{free / 1e9:.0f}")
        needed = tr("{}{} GB are needed while it is installed; 2 to 8 GB stay.").format(said, f"{NEEDED / 1e9:.0f}")
        return needed, free is None or free >= NEEDED

    def _chosen_folder(self):
        """Return the folder as a parameter: empty for the usual one."""
        chosen = self.folder.filePath().strip()
        return "" if not chosen or Path(chosen) == engine_folder() else chosen

    def _free(self):
        """Return the bytes that are free where the engine will lie, None when nobody knows."""
        place = Path(self.folder.filePath().strip() or engine_folder())
        there = next((folder for folder in (place, *place.parents) if folder.is_dir()), None)
        return None if there is None else shutil.disk_usage(there).free
