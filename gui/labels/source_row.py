"""The uppermost part of the pane: the raster layer that is labelled, or the images of a folder one after another."""

from __future__ import annotations

from html import escape

from qgis.core import QgsMapLayerProxyModel
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ...provider.words import tr
from .looks import button


class SourceRow(QWidget):
    """A choice of raster layers; with a folder, a choice of its images with buttons for the next and the previous.

    Attributes:
        layer_chosen: Told with a raster layer, or None.
        folder_chosen: Told with a folder.
        image_chosen: Told with the number of an image, from 0.
        label_image: Told when the whole image gets the current class.
        folder_left: Told when raster layers are labelled again.
    """

    layer_chosen, folder_chosen, image_chosen = pyqtSignal(object), pyqtSignal(str), pyqtSignal(int)
    label_image, folder_left = pyqtSignal(), pyqtSignal()

    def __init__(self):
        """Show the choice of raster layers."""
        super().__init__()
        self.layers = QgsMapLayerComboBox()
        self.layers.setFilters(QgsMapLayerProxyModel.RasterLayer)
        self.layers.setToolTip(tr("Raster layer that is labelled"))
        self.layers.layerChanged.connect(lambda layer: self.layer_chosen.emit(layer))
        self.images = QComboBox()
        self.images.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.images.currentIndexChanged.connect(lambda index: self.image_chosen.emit(index))
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.raster_part, self.folder_part = QWidget(), QWidget()
        self._row(
            self.raster_part, self.layers, button("mActionFileOpen.svg", tr("Label a folder of images…"), self.ask)
        )
        self._row(
            self.folder_part,
            button("mActionArrowLeft.svg", tr("Previous image (B)"), lambda: self.step(-1)),
            self.images,
            button("mActionArrowRight.svg", tr("Next image (N)"), lambda: self.step(1)),
            button("label_image", tr("Give the whole image the chosen class (W)"), self.label_image.emit),
            button("mTaskCancel.svg", tr("Leave the folder and label a raster layer"), self.folder_left.emit),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        for part in (self.raster_part, self.folder_part, self.state):
            column.addWidget(part)
        self.show_images(None)

    def ask(self):
        """Ask for a folder of images."""
        folder = QFileDialog.getExistingDirectory(self, tr("Folder of Images"))
        if folder:
            self.folder_chosen.emit(folder)

    def show_images(self, folder):
        """Show the images of an ``ImageFolder``; None shows the raster layers."""
        self.raster_part.setVisible(folder is None)
        self.folder_part.setVisible(folder is not None)
        self.state.setVisible(folder is not None)
        self.images.blockSignals(True)
        self.images.clear()
        if folder is not None:
            self.images.addItems(folder.names)
            self.images.setCurrentIndex(folder.index)
            self.images.setToolTip(folder.folder)
        self.images.blockSignals(False)

    def show_state(self, folder, labelled, whole):
        """Say which image this is, how many have samples, and the class of the whole image.

        Args:
            folder: The ``ImageFolder``.
            labelled: Names of the images with samples.
            whole: Name of the class of the whole image, empty for none.
        """
        done = sum(name in labelled for name in folder.names)
        text = tr("{} of {} · {} labelled").format(folder.index + 1, len(folder.names), done)
        self.state.setText(text + (f" · {tr('whole image')}: <b>{escape(whole)}</b>" if whole else ""))

    def step(self, by):
        """Go on by images; returns whether there is one."""
        index = self.images.currentIndex() + by
        if not 0 <= index < self.images.count():
            return False
        self.images.setCurrentIndex(index)
        return True

    def _row(self, part, *widgets):
        """Put widgets in a row, the choice as wide as there is room."""
        row = QHBoxLayout(part)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(1)
        for widget in widgets:
            row.addWidget(widget, 1 if isinstance(widget, QComboBox) else 0)
