"""The page with what comes out of a review: cleaned layer, training samples, ground truth, and the tools that go on."""

from __future__ import annotations

import os

from qgis.core import (
    QgsApplication,
    QgsCoordinateTransform,
    QgsCsException,
    QgsMapLayerProxyModel,
    QgsProject,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgsMapLayerComboBox
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ...provider.words import tr
from ..labels.pixel_count import has_pixels
from ..tool_dialog import open_tool
from . import outputs
from .areas import Grid
from .fields import free_path
from .layer_choice import output_place
from .look import renderer_of
from .writing import Writing

EXPORT, ACCURACY = "exporttrainingdatafordeeplearning", "computeaccuracyforobjectdetection"


class ResultsPage(QWidget):
    """Writes the outputs of a review in the background.

    Attributes:
        written: Layers that were written last, by name of the layer.
    """

    def __init__(self, parent=None):
        """Lay the page out."""
        super().__init__(parent)
        self._store = self._threshold = None
        self._colors, self.written, self._tasks, self._stale = {}, {}, [], {"samples": True, "truth": True}
        self.keep_open = QCheckBox(tr("Keep results that are not reviewed"))
        self.keep_open.setToolTip(
            tr("Those at or above the threshold go into the cleaned layer and the samples as if they were accepted")
        )
        self.keep_open.toggled.connect(lambda _: self.outdate())
        self.said = QLabel()
        self.said.setWordWrap(True)
        self.said.setTextInteractionFlags(Qt.TextSelectableByMouse)
        parts = QWidget()
        inner = QVBoxLayout(parts)
        inner.setContentsMargins(0, 6, 0, 0)
        for part in (self.keep_open, self._cleaned_box(), self._samples_box(), self._truth_box()):
            inner.addWidget(part)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        scroll.setWidget(parts)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(scroll, 1)
        box.addWidget(self.said)

    def _cleaned_box(self):
        """Return the part with the cleaned layer."""
        self.save_cleaned = QPushButton(tr("Save cleaned layer"))
        self.save_cleaned.clicked.connect(self.write_cleaned)
        return _part(tr("Cleaned layer"), tr("Accepted, relabelled, redrawn and added."), [self.save_cleaned])

    def _samples_box(self):
        """Return the part with the training samples."""
        self.raster = QgsMapLayerComboBox()
        self.raster.setFilters(QgsMapLayerProxyModel.RasterLayer)
        self.tile, self.stride = QSpinBox(), QSpinBox()
        for spin, low, value in ((self.tile, 16, 256), (self.stride, 1, 128)):
            spin.setRange(low, 16384)
            spin.setValue(value)
            spin.setSuffix(" px")
            spin.setMinimumWidth(70)
            spin.valueChanged.connect(lambda _: self.outdate())
        self.raster.layerChanged.connect(lambda _: self.outdate())
        self.save_samples, self.export = QPushButton(tr("Save samples")), QPushButton(tr("Export…"))
        self.save_samples.clicked.connect(lambda _: self.write_samples())
        self.export.clicked.connect(lambda _: self.write_samples(self.open_export))
        self.export.setToolTip(tr("Save, then open Export Training Data For Deep Learning with samples and ground"))
        form = QFormLayout()
        form.addRow(tr("Image"), self.raster)
        sizes = QHBoxLayout()
        sizes.addWidget(self.tile, 1)
        sizes.addWidget(QLabel(tr("Stride")))
        sizes.addWidget(self.stride, 1)
        form.addRow(tr("Tile"), sizes)
        text = tr("What is there, and the ground about all decisions: its chips over rejected results are empty.")
        return _part(tr("New training samples"), text, [self.save_samples, self.export], form)

    def _truth_box(self):
        """Return the part with the ground truth."""
        self.save_truth, self.accuracy = QPushButton(tr("Save ground truth")), QPushButton(tr("Compute accuracy…"))
        self.save_truth.clicked.connect(lambda _: self.write_truth())
        self.accuracy.clicked.connect(lambda _: self.write_truth(self.open_accuracy))
        self.accuracy.setToolTip(tr("Save, then open Compute Accuracy For Object Detection"))
        text = tr("What is there, and the reviewed detections as they were found. Add what was missed to judge recall.")
        return _part(tr("Ground truth"), text, [self.save_truth, self.accuracy])

    def use(self, store, threshold, colors):
        """Take the results from a store; None disables the page.

        Args:
            store: The results.
            threshold: 0..1.
            colors: Colour by (name, value).
        """
        if store is not self._store:
            self.said.setText("")
        self._store, self._threshold, self._colors = store, threshold, colors
        self.setEnabled(store is not None)
        polygons = store is not None and store.layer.geometryType() == QgsWkbTypes.PolygonGeometry
        self.accuracy.setEnabled(polygons)
        if store is not None and not polygons:
            self.accuracy.setToolTip(
                tr("Accuracy compares polygons: buffer the points of the saved ground truth first")
            )
        self.outdate()

    def choose_image(self, layer):
        """Choose the topmost raster with pixels where the results of a layer are."""
        project = QgsProject.instance()
        for raster in project.layerTreeRoot().layerOrder():
            if raster.type() == raster.RasterLayer and has_pixels(raster):
                to_raster = QgsCoordinateTransform(layer.crs(), raster.crs(), project)
                try:
                    ground = to_raster.transformBoundingBox(layer.extent())
                except QgsCsException:
                    continue
                if raster.extent().intersects(ground):
                    self.raster.setLayer(raster)
                    return

    def outdate(self):
        """What was written does not hold any more."""
        self._stale = {"samples": True, "truth": True}

    def write_cleaned(self):
        """Write the cleaned layer."""
        path, reviewed = self._begin("cleaned")

        def done(number):
            self._add(path, [os.path.splitext(os.path.basename(path))[0]])
            self.said.setText(tr("{} features are in {}.").format(f"{number:,}".replace(",", " "), path))

        self._start(tr("cleaned layer"), lambda check: outputs.write_cleaned(path, reviewed, check), done)

    def write_samples(self, then=None):
        """Write samples and ground, unless that is done; then go on."""
        if then is not None and not self._stale["samples"]:
            then()
            return
        path, reviewed = self._begin("samples")
        raster = self.raster.currentLayer()
        raster = raster if raster is not None and has_pixels(raster) else None
        grid = None if raster is None else Grid.of(raster, self.tile.value(), self.stride.value())
        pixels = None if raster is None else outputs.Pixels(raster)

        def done(numbers):
            samples, chips = numbers
            self._add(path, [outputs.SAMPLES, outputs.GROUND] if grid is not None else [outputs.SAMPLES])
            self._stale["samples"] = False
            self.said.setText(_about_samples(samples, chips, grid, path))
            if then is not None and samples and (grid is None or chips):
                then()

        self._start(
            tr("training samples"), lambda check: outputs.write_samples(path, reviewed, grid, pixels, check), done
        )

    def write_truth(self, then=None):
        """Write ground truth and detections, unless that is done; then go on."""
        if then is not None and not self._stale["truth"]:
            then()
            return
        path, reviewed = self._begin("truth")

        def done(numbers):
            true, detected = numbers
            self._add(path, [outputs.TRUTH, outputs.DETECTIONS])
            self._stale["truth"] = False
            self.said.setText(tr("{} true objects and {} reviewed detections are in {}.").format(true, detected, path))
            if then is not None:
                then()

        self._start(tr("ground truth"), lambda check: outputs.write_truth(path, reviewed, check), done)

    def open_export(self):
        """Open the export tool with samples and ground."""
        raster = self.raster.currentLayer()
        values = {
            "in_class_data": self.written[outputs.SAMPLES].source(),
            "class_value_field": "Classvalue",
            "tile_size_x": self.tile.value(),
            "tile_size_y": self.tile.value(),
            "stride_x": self.stride.value(),
            "stride_y": self.stride.value(),
        }
        if raster is not None:
            values["in_raster"] = raster.id()
        if outputs.GROUND in self.written:
            values.update(in_mask_polygons=self.written[outputs.GROUND].id(), output_nofeature_tiles=True)
        return open_tool(EXPORT, values)

    def open_accuracy(self):
        """Open the accuracy tool with ground truth and detections."""
        values = {
            "detected_features": self.written[outputs.DETECTIONS].id(),
            "ground_truth_features": self.written[outputs.TRUTH].id(),
            "detected_class_value_field": "Classvalue",
            "ground_truth_class_value_field": "Classvalue",
        }
        return open_tool(ACCURACY, values)

    def stop(self):
        """Cancel what is being written."""
        for task in self._tasks:
            task.cancel()

    def _begin(self, ending):
        """Return a free path and the results as they are now."""
        folder, stem = output_place(self._store.layer)
        reviewed = outputs.Reviewed.of(self._store, self._threshold, self.keep_open.isChecked(), self._colors)
        return free_path(folder, f"{stem}_{ending}"), reviewed

    def _start(self, title, write, done):
        """Write in the background."""
        self.said.setText(tr("Writing the {} …").format(title))
        self._working(True)

        def end(tell, what):
            self._tasks.remove(task)
            self._working(False)
            tell(what)

        task = Writing(
            tr("Review: {}").format(title),
            write,
            lambda written: end(done, written),
            lambda why: end(self.said.setText, tr("The {} was not written: {}.").format(title, why)),
        )
        self._tasks.append(task)
        QgsApplication.taskManager().addTask(task)

    def _working(self, working):
        """Let no second output begin while one is written."""
        for button in (self.save_cleaned, self.save_samples, self.export, self.save_truth, self.accuracy):
            button.setDisabled(working)
        if not working and self._store is not None:
            self.accuracy.setEnabled(self._store.layer.geometryType() == QgsWkbTypes.PolygonGeometry)

    def _add(self, path, names):
        """Add layers of a file to the project, in a group of the review, the first on top."""
        stem = os.path.splitext(os.path.basename(path))[0]
        root = QgsProject.instance().layerTreeRoot()
        title = tr("Review of {}").format(self._store.layer.name())
        group = root.findGroup(title) or root.insertGroup(0, title)
        for place, name in enumerate(names):
            made = QgsVectorLayer(f"{path}|layername={name}", stem if name == stem else f"{stem} {name}", "ogr")
            made.setRenderer(renderer_of(name, self._store, self._colors))
            QgsProject.instance().addMapLayer(made, False)
            group.insertLayer(place, made)
            self.written[name] = made


def _about_samples(samples, chips, grid, path):
    """Return what was written, with what is missing."""
    said = tr("{} samples are in {}.").format(samples, path)
    if not samples:
        return tr("{} Accept or add at least one object: an export needs samples.").format(said)
    if grid is None:
        return tr("{} Choose the image to have the ground too; without it rejected places teach nothing.").format(said)
    if not chips:
        return tr(
            "{} No chip of {} pixels fits between results that nobody looked at: review those "
            "near the decided ones, raise the threshold, or choose smaller tiles."
        ).format(said, grid.tile)
    return tr("{} {} chips of {} pixels lie wholly on reviewed ground.").format(said, chips, grid.tile)


def _part(title, text, buttons, form=None):
    """Return a titled part with a text, a form and a row of buttons."""
    part = QGroupBox(title)
    label = QLabel(text)
    label.setWordWrap(True)
    box = QVBoxLayout(part)
    box.setSpacing(4)
    box.addWidget(label)
    if form is not None:
        box.addLayout(form)
    row = QHBoxLayout()
    for button in buttons:
        row.addWidget(button, 1)
    box.addLayout(row)
    return part
