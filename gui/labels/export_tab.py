"""The tab that cuts training chips from what was labelled: what matters of the export tool, the rest by a button."""

from __future__ import annotations

import os
import re
from html import escape

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import Qt, QUrl
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ...provider.words import counted, marked, tr
from ..running import Run
from ..tool_dialog import open_tool

TOOL, TRAINING = "exporttrainingdatafordeeplearning", "traindeeplearningmodel"

FORMATS = (
    (marked("Object detection"), "PASCAL_VOC_rectangles"),
    (marked("Object detection (KITTI)"), "KITTI_rectangles"),
    (marked("Pixel classification"), "Classified_Tiles"),
    (marked("Instance segmentation"), "RCNN_Masks"),
    (marked("Object classification"), "Labeled_Tiles"),
    (marked("Object classification (ImageNet)"), "Imagenet"),
    (marked("Several classes a chip"), "MultiLabeled_Tiles"),
)
"""What the chips are for, and the metadata format of it."""

WITHOUT_STRIDE = ("Labeled_Tiles", "Imagenet")
"""Formats with one chip for each object."""


class ExportTab(QWidget):
    """Essential parameters of Export Training Data For Deep Learning, and its run.

    Attributes:
        written: The folder of the last export, empty before the first.
    """

    def __init__(self, pane):
        """Export the samples of a pane."""
        super().__init__()
        self.pane = pane
        self.run, self.written = None, ""
        self.format = QComboBox()
        for text, name in FORMATS:
            self.format.addItem(tr(text), name)
            self.format.setItemData(self.format.count() - 1, tr("Metadata format {}").format(name), Qt.ToolTipRole)
        self.format.setSizeAdjustPolicy(QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.folder = QgsFileWidget()
        self.folder.setStorageMode(QgsFileWidget.GetDirectory)
        self.folder.setDialogTitle(tr("Folder of the Chips"))
        self.tile, self.stride = QSpinBox(), QSpinBox()
        for box, value, low in ((self.tile, 256, 16), (self.stride, 128, 1)):
            box.setRange(low, 16384)
            box.setSuffix(" px")
            box.setValue(value)
        self.image_format = QComboBox()
        self.image_format.addItems(["TIFF", "PNG", "JPEG"])
        self.empty = QCheckBox(tr("Chips without a sample too"))
        self.export, self.more = QPushButton(tr("Export")), QPushButton(tr("All Parameters…"))
        self.more.setToolTip(tr("Open the tool's dialog, filled with what stands here"))
        self.progress, self.cancel = QProgressBar(), QPushButton(tr("Cancel"))
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setOpenExternalLinks(False)
        self.said.linkActivated.connect(self._follow)
        self._lay_out()
        self.format.currentIndexChanged.connect(self._enable)
        self.tile.valueChanged.connect(lambda size: self.stride.setMaximum(size))
        self.export.clicked.connect(self.start)
        self.more.clicked.connect(lambda: open_tool(TOOL, self.parameters()))
        self.cancel.clicked.connect(self.stop)
        self._enable()
        self._running(False)

    def parameters(self):
        """Return the values of the export tool."""
        size = self.tile.value()
        stride = size if self.format.currentData() in WITHOUT_STRIDE else min(size, self.stride.value())
        return {
            "in_raster": self.pane.export_input(),
            "out_folder": self.folder.filePath(),
            "in_class_data": self.pane.samples.source if self.pane.samples is not None else "",
            "image_chip_format": self.image_format.currentText(),
            "tile_size_x": size,
            "tile_size_y": size,
            "stride_x": stride,
            "stride_y": stride,
            "output_nofeature_tiles": self.empty.isChecked(),
            "metadata_format": self.format.currentData(),
            "class_value_field": "Classvalue",
        }

    def show_samples(self, samples):
        """Offer a folder beside the samples, unless another was chosen."""
        if samples is not None:
            stem = os.path.splitext(samples.path)[0]
            stem = stem[: -len("_samples")] if stem.endswith("_samples") else stem
            self.folder.setFilePath(fresh_folder(stem + "_chips"))
        self.said.clear()

    def start(self):
        """Run the export in the background."""
        if self.pane.samples is None or not self.pane.samples.exists:
            self._say(tr("There is no sample yet: draw some first."))
            return
        if not self.folder.filePath():
            self._say(tr("The chips need a folder: choose one."))
            return
        self._say("")
        self._running(True)
        self.written = self.folder.filePath()
        run = Run(TOOL, self.parameters(), self._done, self._failed)
        if run.task is not None:
            run.feedback.progressChanged.connect(lambda share: self.progress.setValue(int(share)))
            self.run = run

    def stop(self):
        """Cancel the export."""
        if self.run is not None:
            self.run.cancel()

    def _done(self, outputs):
        """Say how many chips there are, and what to do with them."""
        self._running(False)
        count = int(outputs.get("out_chips") or 0)
        folder = escape(os.path.basename(self.written))
        chips = counted(count, "{} chip written to {}.", "{} chips written to {}.", folder)
        links = f'<a href="folder">{tr("Open folder")}</a> · <a href="train">{tr("Train a model…")}</a>'
        self._say(f"{chips} {links}")
        self.folder.setFilePath(fresh_folder(self.written))

    def _failed(self, why):
        """Say why there are no chips."""
        self._running(False)
        self._say(escape(why))

    def _say(self, text):
        """Show a sentence below the buttons."""
        self.said.setText(text)

    def _follow(self, link):
        """Open the folder, or the dialog that trains with it."""
        if link == "train":
            open_tool(TRAINING, {"in_folder": self.written})
        else:
            QDesktopServices.openUrl(QUrl.fromLocalFile(self.written))

    def _running(self, going):
        """Show the progress while the export goes on."""
        if not going:
            self.run = None
        self.progress.setValue(0)
        for widget in (self.progress, self.cancel):
            widget.setVisible(going)
        for widget in (self.export, self.more):
            widget.setVisible(not going)

    def _enable(self):
        """Offer a stride where the format has one."""
        self.stride.setEnabled(self.format.currentData() not in WITHOUT_STRIDE)

    def _lay_out(self):
        """Put the widgets in their places."""
        sizes = QHBoxLayout()
        for widget, stretch in ((self.tile, 1), (QLabel(tr("Stride")), 0), (self.stride, 1)):
            sizes.addWidget(widget, stretch)
        form = QFormLayout()
        form.setVerticalSpacing(4)
        form.addRow(tr("For"), self.format)
        form.addRow(tr("Folder"), self.folder)
        form.addRow(tr("Chip"), sizes)
        form.addRow(tr("Image"), self.image_format)
        form.addRow("", self.empty)
        row = QHBoxLayout()
        row.addWidget(self.progress, 1)
        row.addWidget(self.cancel)
        row.addWidget(self.more)
        row.addWidget(self.export)
        self.export.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addLayout(form)
        column.addLayout(row)
        column.addWidget(self.said)
        column.addStretch()


def fresh_folder(path):
    """Return a folder that is empty or not there: the path, or with _2, _3 ...; chips of two exports do not mix.

    Args:
        path: The folder that is wanted.
    """
    stem, number = re.sub(r"_\d+$", "", path) if path[-1:].isdigit() else path, 2
    while os.path.isdir(path) and os.listdir(path):
        path, number = f"{stem}_{number}", number + 1
    return path
