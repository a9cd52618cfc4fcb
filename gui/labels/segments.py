"""Segments for the label pane: a button with a tool, and where the segments come from.

They are computed for what the map shows, by Segment Image in the background, or taken from a layer of the user's.
"""

from __future__ import annotations

import os
import shutil
import tempfile

from qgis.core import QgsMapLayerProxyModel, QgsProject, QgsWkbTypes
from qgis.gui import QgsMapLayerComboBox, QgsRubberBand
from qgis.PyQt.QtCore import QObject, QTimer
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import QAction, QFormLayout, QMenu, QPushButton, QSpinBox, QWidget, QWidgetAction

from ...provider.words import counted, marked, tr
from . import view
from .looks import icon
from .one_run import OneRun, as_sentence
from .segment_sources import ComputedSegments, SegmentError, source_of
from .segment_tool import SegmentTool
from .waiting import Waiting

TOOL = "segmentimage"

KEY, WHAT = "S", marked("Segments: click or drag; Enter or right click saves them as one sample")
"""Key and what the tool does."""

SIZE = 20
"""Width of a segment in pixels, when nobody chose another."""

LINES = QColor(255, 214, 10, 150)
"""Outlines of the computed segments."""


class Segments(QObject):
    """What the label pane needs to pick segments.

    Attributes:
        tool: The map tool.
        menu: Size, layer and a command to compute them anew; for the button of the tool.
        runs: Holds the run that is under way.
    """

    def __init__(self, pane):
        """Add the tool to the drawing tools of a pane."""
        super().__init__(pane)
        self.pane, self.canvas = pane, pane.canvas
        self.runs = OneRun()
        self.waiting = self.band = None
        self.folder = ""
        self.tool = SegmentTool(pane, pane.canvas)
        self.tool.wanted.connect(self._needed)
        self.tool.failed.connect(self.tell)
        self.tool.drawn.connect(pane.drawing.save)
        self.tool.activated.connect(self._ready)
        self.tool.deactivated.connect(self._hide)
        self.menu = self._menu()
        self._add_button()
        pane.raster_changed.connect(self.forget)

    def compute(self):
        """Compute segments for what the map shows, unless a layer gives them."""
        raster = self.pane.raster_layer
        if self.runs.run is not None or raster is None or self.layer.currentLayer() is not None:
            return
        part = view.visible_part(self.canvas, raster)
        if part.isEmpty():
            self.tell(tr("the map shows nothing of {}: zoom to the layer first").format(raster.name()))
            return
        self.forget()
        self.folder = tempfile.mkdtemp(prefix="segments-")
        values = {
            "in_raster": raster,
            "out_segments": os.path.join(self.folder, "segments.gpkg"),
            "segment_size": self.size.value(),
            "extent": view.run_extent(part),
        }
        cell_size = view.screen_cell_size(self.canvas, raster, part)
        if cell_size:
            values["cell_size"] = f"{cell_size:.15g}"
        self.waiting = Waiting(self.pane.iface.messageBar(), tr("Finding segments in this view…"), self.cancel)
        run = self.runs.start(TOOL, values, lambda outputs: self._done(outputs, part), self._failed)
        if run is not None:
            self.waiting.follow(run.feedback)

    def cancel(self):
        """Stop the run that is under way."""
        self.runs.cancel()
        self._end_waiting()

    def forget(self):
        """Drop segments and runs: another raster, or other segments."""
        self.cancel()
        self._hide()
        self.tool.use(None)
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = ""

    def tell(self, sentence):
        """Say in the pane what did not work."""
        self.pane.tell(as_sentence(sentence), bad=True)

    def _add_button(self):
        """Put the tool beside the other drawing tools, with a key of its own."""
        pane, drawing = self.pane, self.pane.drawing
        action = QAction(icon("label_segment"), f"{tr(WHAT)} ({KEY})", pane)
        action.setCheckable(True)
        action.setMenu(self.menu)
        drawing.actions["V"].actionGroup().addAction(action)
        rest = next((known for known in pane.tools_row.actions() if known.isSeparator()), None)
        pane.tools_row.insertAction(rest, action)
        self.tool.setAction(action)
        action.triggered.connect(lambda _=False: drawing.take(KEY))
        drawing.tools[KEY], drawing.actions[KEY] = self.tool, action
        pane.keyboard.add((KEY,), tr("Segments"), lambda: drawing.take(KEY))

    def _menu(self):
        """Return the menu with size and layer."""
        menu, inner = QMenu(), QWidget()
        form = QFormLayout(inner)
        self.size = QSpinBox()
        self.size.setRange(4, 100)
        self.size.setValue(SIZE)
        self.size.setSuffix(tr(" pixels"))
        self.size.setToolTip(tr("Width of a segment on average; about half the width of the smallest object"))
        QgsProject.instance().layersWillBeRemoved.connect(self._drop)  # before the box, which would take another layer
        self.layer = QgsMapLayerComboBox()
        self.layer.setFilters(QgsMapLayerProxyModel.PolygonLayer | QgsMapLayerProxyModel.RasterLayer)
        self.layer.setAllowEmptyLayer(True, tr("computed for the view"))
        self.layer.setLayer(None)
        self.layer.setToolTip(tr("Segments of your own: polygons, or a raster of their numbers; empty computes them"))
        self.layer.layerChanged.connect(self._take)
        again = QPushButton(tr("Segments of this view"))
        again.clicked.connect(lambda: (menu.hide(), self.compute()))
        form.addRow(tr("Segment size"), self.size)
        form.addRow("", again)
        form.addRow(tr("Or from layer"), self.layer)
        action = QWidgetAction(menu)
        action.setDefaultWidget(inner)
        menu.addAction(action)
        self.again = again
        return menu

    def _take(self, layer):
        """Take segments from a layer of the user's, or compute them again."""
        self.forget()
        self.size.setEnabled(layer is None)
        self.again.setEnabled(layer is None)
        self._ready()

    def _drop(self, ids):
        """Let go of a layer that the project removes."""
        if self.layer.currentLayer() is not None and self.layer.currentLayer().id() in ids:
            self.layer.setLayer(None)

    def _ready(self):
        """Have segments where the tool is used."""
        if self.canvas.mapTool() is not self.tool or self.pane.raster_layer is None:
            return
        layer = self.layer.currentLayer()
        if layer is None:
            if self.tool.source is None:
                QTimer.singleShot(0, self.compute)  # when the pane has said what the tool does
            else:
                self._draw()
        elif self.tool.source is None:
            try:
                self.tool.use(source_of(layer, self.pane.raster_layer))
            except SegmentError as error:
                self.tell(str(error))

    def _needed(self, point):
        """Compute segments where the user has clicked, unless it is known that there are none."""
        source = self.tool.source
        if not isinstance(source, ComputedSegments) or not source.extent.contains(point):
            self.compute()

    def _done(self, outputs, part):
        """Take the segments that a run found."""
        self._end_waiting()
        self.tool.use(ComputedSegments(outputs["out_segments"], part))
        self.pane.tell(counted(len(self.tool.source), "{} segment in this view.", "{} segments in this view."))
        self._draw()

    def _failed(self, why):
        """Tell why there are no segments."""
        self._end_waiting()
        self.tell(why)

    def _end_waiting(self):
        """Take the progress away."""
        if self.waiting is not None:
            self.waiting.end()
            self.waiting = None

    def _draw(self):
        """Draw the outlines of computed segments while the tool is used."""
        self._hide()
        if not isinstance(self.tool.source, ComputedSegments) or self.canvas.mapTool() is not self.tool:
            return
        self.band = QgsRubberBand(self.canvas, QgsWkbTypes.PolygonGeometry)
        self.band.setStrokeColor(LINES)
        self.band.setFillColor(QColor(0, 0, 0, 0))
        self.band.setWidth(1)
        self.band.setToGeometry(self.tool.source.outlines(), self.pane.raster_layer.crs())

    def _hide(self):
        """Take the outlines away."""
        if self.band is not None:
            self.canvas.scene().removeItem(self.band)
            self.band = None
