"""Label Objects for Deep Learning: the pane that draws training samples on a raster layer or a folder of images."""

from __future__ import annotations

import os

from qgis.core import QgsProject, QgsRasterLayer
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QLabel, QSplitter, QTabWidget, QToolBar, QVBoxLayout, QWidget

from ...provider.words import tr
from . import sample_files
from .class_table import ClassTable
from .drawing_actions import DrawingActions
from .export_tab import ExportTab
from .image_folder import ImageFolder
from .keyboard import Keyboard
from .on_map import OnMap
from .sample_actions import SampleActions
from .sample_files import SampleError
from .samples import Samples
from .schema import LabelClass, Schema, SchemaError, load_schema
from .schema_editor import SchemaEditor
from .segments import Segments
from .source_row import SourceRow
from .suggesting import SuggestPanel

TITLE = "Label Objects for Deep Learning"


class LabelPane(QgsDockWidget):
    """The pane.

    Attributes:
        raster_changed: Told when another raster layer or image is labelled.
        iface: QGIS's interface.
        canvas: The map.
        raster_layer: The raster layer that is labelled, None before one is chosen.
        folder: The ``ImageFolder`` that is labelled, None for a raster layer of the project.
        samples: The ``Samples``, None before a raster is chosen.
        schema: The classes.
        keyboard: The keys of the pane, to which others may be added.
        tools_row: The toolbar of the drawing tools, to which other tools are added.
    """

    raster_changed = pyqtSignal()

    def __init__(self, iface):
        """Build the pane for the interface of QGIS."""
        super().__init__(TITLE)
        self.setObjectName("LabelObjectsForDeepLearning")
        self.iface, self.canvas = iface, iface.mapCanvas()
        self.raster_layer = self.samples = self.folder = None
        self.on_map = OnMap(self.canvas)
        self.keyboard = Keyboard(self)
        self.source = SourceRow()
        self.editor = SchemaEditor(Schema(tr("Classes"), [LabelClass(tr("Object"), 1)]))
        self.table = ClassTable()
        self.suggestions = SuggestPanel(self)
        self.export_tab = ExportTab(self)
        self.tools_row = QToolBar()
        self.tools_row.setIconSize(QSize(18, 18))
        self.tools_row.setStyleSheet(
            "QToolBar { spacing: 0px; border: 0px } QToolButton { padding: 1px; margin: 0px }"
            ' QToolButton[popupMode="1"] { padding-right: 13px }'
        )
        self.status = QLabel()
        self.status.setWordWrap(True)
        self._lay_out()
        self.drawing = DrawingActions(self)
        self.segments = Segments(self)
        self.actions_of_samples = SampleActions(self)
        self._connect()
        for widget in (self, self.canvas, self.editor.tree, self.table.table):
            self.keyboard.watch(widget)
        self._start()

    @property
    def schema(self):
        """The classes."""
        return self.editor.schema

    def current_class(self):
        """Return the class that the next sample gets, None where the schema has none."""
        return self.editor.current()

    def can_draw(self):
        """Return whether a sample can be drawn; says what is missing if not."""
        if self.raster_layer is None:
            self.tell(tr("There is nothing to label: choose a raster layer or a folder of images."), bad=True)
        elif self.current_class() is None:
            self.tell(tr("There is no class: make one with the plus button."), bad=True)
        return self.raster_layer is not None and self.current_class() is not None

    def tell(self, text, bad=False):
        """Say something in the last line of the pane.

        Args:
            text: One sentence.
            bad: Whether something did not work.
        """
        self.status.setText(text)
        self.status.setStyleSheet("color: #c62828" if bad else "")
        self.status.setVisible(bool(text))

    def set_raster(self, layer):
        """Label a raster layer, going on with the samples that lie beside it.

        Args:
            layer: The raster layer; None labels nothing.
        """
        if self.folder is not None:
            return
        samples = None
        if layer is not None:
            source = layer.source() if os.path.isfile(layer.source()) else ""
            samples = self._opened(sample_files.default_path(source, layer.name()), layer)
        self._take(layer if samples is not None else None, samples)

    def open_folder(self, path):
        """Label the images of a folder one after another.

        Args:
            path: The folder.
        """
        try:
            folder = ImageFolder(path)
            layer = folder.layer()
            samples = Samples(sample_files.default_path(path, os.path.basename(path)), layer, folder.name)
        except SampleError as error:
            self.tell(str(error), bad=True)
            return
        self.leave_folder(choose=False)
        self.folder = folder
        self.source.show_images(folder)
        self.on_map.show_image(layer)
        self._take(layer, samples)

    def show_image(self, index):
        """Label another image of the folder.

        Args:
            index: Its number, from 0.
        """
        if self.folder is None:
            return
        before, self.folder.index = self.folder.index, index
        try:
            layer = self.folder.layer()
        except SampleError as error:
            self.folder.index = before
            self.source.show_images(self.folder)
            self.tell(str(error), bad=True)
            return
        self.drawing.cancel()
        self.on_map.show_image(layer, self.samples.layer if self.samples.exists else None)
        self.raster_layer = layer
        self.samples.show_image(layer, self.folder.name)
        self.tell("")
        self.raster_changed.emit()

    def step_image(self, by):
        """Go to the next image, or with -1 to the previous; returns False without a folder."""
        if self.folder is None:
            return False
        if not self.source.step(by):
            self.tell(tr("That was the last image.") if by > 0 else tr("This is the first image."))
        return True

    def leave_folder(self, choose=True):
        """Take the images of the folder off the map.

        Args:
            choose: Whether the raster layer that is chosen is labelled instead.
        """
        folder, self.folder = self.folder, None
        if folder is None:
            return
        self.on_map.show_image(None)
        folder.close()
        self.source.show_images(None)
        if choose:
            self.set_raster(self.source.layers.currentLayer())

    def use_samples(self, path):
        """Go on with the samples of another GeoPackage.

        Args:
            path: The GeoPackage; it is made with the first sample where it is missing.
        """
        samples = self._opened(path, self.raster_layer)
        if samples is not None:
            self._take(self.raster_layer, samples)

    def export_input(self):
        """Return the input raster of an export: the folder, or the raster layer's id."""
        if self.folder is not None:
            return self.folder.folder
        return self.raster_layer.id() if self.raster_layer is not None else ""

    def refresh(self):
        """Show the samples, counts and steps as they are now."""
        samples = self.samples
        self.table.show_totals(samples.totals() if samples else [], samples.path if samples else "")
        if samples is not None and samples.exists:
            self.on_map.show_samples(samples.layer)
            if not os.path.exists(self._schema_path()):
                self._keep_schema()
        self.drawing.enable()
        self._show_whole_image()

    def close_down(self):
        """Give back what the pane holds of QGIS."""
        self.drawing.release()
        self.keyboard.release()
        self.on_map.frame()
        self.leave_folder(choose=False)
        self._take(None, None)

    def closeEvent(self, event):
        """Give the map its own tool back when the pane is closed."""
        self.drawing.release()
        super().closeEvent(event)

    def _start(self):
        """Begin with the raster layer that is active in QGIS, or with the first."""
        active = self.iface.activeLayer()
        if isinstance(active, QgsRasterLayer):
            self.source.layers.setLayer(active)
        self.tell("")
        self.set_raster(self.source.layers.currentLayer())

    def _connect(self):
        """Let the parts of the pane work together."""
        QgsProject.instance().layersWillBeRemoved.connect(self._layers_go)
        self.source.layer_chosen.connect(self.set_raster)
        self.source.folder_chosen.connect(self.open_folder)
        self.source.image_chosen.connect(self.show_image)
        self.source.folder_left.connect(self.leave_folder)
        self.source.label_image.connect(lambda: self.actions_of_samples.label_image())
        self.editor.changed.connect(self._schema_changed)
        self.editor.edited.connect(self.actions_of_samples.follow_class)
        self.editor.failed.connect(lambda text: self.tell(text, bad=True))
        self.table.select.connect(self.actions_of_samples.select_classes)
        self.table.delete.connect(self.actions_of_samples.delete_classes)
        self.table.merge.connect(self.actions_of_samples.merge_classes)
        self.table.load.connect(self.actions_of_samples.load)
        self.table.save.connect(self.actions_of_samples.save)

    def _lay_out(self):
        """Put the parts in their places: classes and tools above, samples and export below."""
        self.tabs = QTabWidget()
        self.tabs.addTab(self.table, tr("Samples"))
        self.tabs.addTab(self.suggestions, tr("Suggest"))
        self.tabs.addTab(self.export_tab, tr("Export"))
        splitter = QSplitter(Qt.Vertical)
        splitter.addWidget(self.editor)
        splitter.addWidget(self.tabs)
        splitter.setChildrenCollapsible(False)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 1)
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        for part in (self.source, self.tools_row):
            column.addWidget(part)
        column.addWidget(splitter, 1)
        column.addWidget(self.status)
        inner.setMinimumWidth(280)
        self.setWidget(inner)

    def _opened(self, path, layer):
        """Return the samples of a file, None (and a sentence) where they cannot be used."""
        try:
            return Samples(path, layer, self.folder.name if self.folder is not None else "")
        except SampleError as error:
            self.tell(str(error), bad=True)
            return None

    def _take(self, layer, samples):
        """Label a raster layer with its samples from now on."""
        self.drawing.cancel()
        if self.samples is not None:
            self.samples.changed.disconnect(self.refresh)
        self.raster_layer, self.samples = layer, samples
        if layer is not None and self.folder is None:
            layer.willBeDeleted.connect(self._layer_removed)
        if samples is not None:
            self._schema_of(samples)
            samples.changed.connect(self.refresh)
        self.export_tab.show_samples(samples)
        if layer is not None:
            self.tell("")
        elif not self.source.layers.count():
            self.tell(tr("Open a raster layer, or choose a folder of images with the button above."))
        self.refresh()
        self.raster_changed.emit()

    def _layer_removed(self):
        """Let go of a raster layer that the project removes."""
        if self.sender() is self.raster_layer:
            self._take(None, None)

    def _layers_go(self, ids):
        """Leave the folder when somebody else takes its image off the map."""
        if self.on_map.forget_image(ids):
            self.leave_folder(choose=False)
            self._take(None, None)
            self.tell(tr("The image was taken off the map: choose the folder again to go on; its samples are saved."))

    def _show_whole_image(self):
        """Show the class of the whole image, in words and as a frame."""
        self.on_map.frame()
        if self.folder is None or self.samples is None:
            return
        whole = self.samples.whole_image()
        name = whole[0][sample_files.NAME] if whole else ""
        self.source.show_state(self.folder, self.samples.images(), name)
        if whole:
            self.on_map.frame(self.raster_layer, tuple(int(whole[0][part]) for part in ("RED", "GREEN", "BLUE")))

    def _schema_path(self):
        """Return the file that keeps the classes beside the samples."""
        return os.path.splitext(self.samples.path)[0] + ".json"

    def _schema_of(self, samples):
        """Show the classes that were kept with samples, and those that only the samples know."""
        kept = os.path.splitext(samples.path)[0] + ".json"
        if os.path.exists(kept):
            try:
                self.editor.show_schema(load_schema(kept))
            except SchemaError as error:
                self.tell(str(error), bad=True)
        elif samples.exists and samples.totals():
            self.editor.show_schema(Schema())
        self.editor.adopt(samples.totals())

    def _schema_changed(self):
        """Keep the classes with the samples."""
        if self.samples is not None and self.samples.exists:
            self._keep_schema()
        self.refresh()

    def _keep_schema(self):
        """Write the classes beside the samples."""
        try:
            self.schema.save(self._schema_path())
        except SchemaError as error:
            self.tell(str(error), bad=True)
