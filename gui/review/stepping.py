"""Goes through results in an order, page by page, and shows each on the map."""

from __future__ import annotations

from dataclasses import replace

from qgis.core import QgsCoordinateTransform, QgsGeometry, QgsPointXY, QgsProject, QgsWkbTypes
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtGui import QColor

from .drawing import band
from .fields import STATE
from .store import OPEN, plain

NEAR = 1000.0
"""Scale from which on points are shown; polygons are shown by their size."""


class Stepper(QObject):
    """The result that is looked at, those before it and those to come.

    Attributes:
        moved: Told with the id of the current result; None when there is none left.
        choice: What is stepped through.
        current: Id of the current result; None without.
    """

    moved = pyqtSignal(object)

    def __init__(self, store):
        """Stand before the first result."""
        super().__init__()
        self.store, self.choice, self.current = store, None, None
        self._ahead, self._behind, self._last = [], [], None

    def start(self, choice):
        """Go to the first result of a choice."""
        self.choice, self.current, self._last = choice, None, None
        self._ahead, self._behind = [], []
        self.forward()

    def forward(self):
        """Go to the next result; those that were passed over come again at the end."""
        seen = self.current
        if seen is not None:
            self._behind.append(seen)
        self.current = self._following(seen)
        self.moved.emit(self.current)

    def back(self):
        """Go to the result that was looked at before; nothing happens at the first."""
        while self._behind:
            fid = self._behind.pop()
            if self.store.feature(fid).isValid():
                self.go_to(fid)
                return

    def go_to(self, fid):
        """Look at a result; the current one comes next."""
        if self.current is not None and self.current != fid:
            self._ahead.insert(0, self.current)
        self.current = fid
        self.moved.emit(fid)

    def _following(self, seen):
        """Return the next id that still belongs to the choice; None without."""
        for _ in range(2):  # to the end, then once more from the beginning
            while True:
                if not self._ahead:
                    self._ahead = self.store.page(self.choice, self._last)
                    if not self._ahead:
                        break
                    self._last = self._ahead[-1]
                fid = self._ahead.pop(0)
                if fid != seen and self._belongs(fid):
                    return fid
            if self.choice.shown != OPEN or self._last is None:
                break
            self._last = None
        return seen if self.choice.shown == OPEN and seen is not None and self._belongs(seen) else None

    def _belongs(self, fid):
        """Return whether a result is there, and open where only those are shown."""
        feature = self.store.feature(fid)
        return feature.isValid() and (self.choice.shown != OPEN or not plain(self.store.result(fid)[STATE]))

    def with_choice(self, **changes):
        """Start again with parts of the choice changed."""
        self.start(replace(self.choice, **changes))


class Spotlight:
    """Shows a result on the map: marked, in the middle, with ground around it."""

    def __init__(self, canvas, layer):
        """Show results of a layer on a canvas."""
        self._canvas, self._layer = canvas, layer
        self._halo = band(canvas, layer.geometryType(), QColor(0, 0, 0, 170), 0, 6)
        self._ring = band(canvas, layer.geometryType(), fill=0, width=3)

    def show(self, feature, context):
        """Mark a result and bring it into the middle.

        Args:
            feature: The result.
            context: How many times its larger side the map shows.
        """
        self.mark(feature)
        shape = self.on_map(feature.geometry())
        box = shape.boundingBox()
        if shape.isEmpty():
            return
        if self._layer.geometryType() == QgsWkbTypes.PointGeometry:
            self._canvas.setCenter(QgsPointXY(box.center()))
            if self._canvas.scale() > NEAR:
                self._canvas.zoomScale(NEAR)
        else:
            side = 0.5 * context * max(box.width(), box.height())
            self._canvas.setExtent(QgsGeometry.fromPointXY(box.center()).buffer(side, 8).boundingBox())
        self._canvas.refresh()

    def mark(self, feature):
        """Mark a result without moving the map; None takes the mark away."""
        for one in (self._halo, self._ring):
            one.reset(self._layer.geometryType())
            if feature is not None:
                one.setToGeometry(self.on_map(feature.geometry()), None)

    def on_map(self, geometry):
        """Return a shape of the layer in the CRS of the map."""
        return self._transformed(geometry, QgsCoordinateTransform.ForwardTransform)

    def on_layer(self, geometry):
        """Return a shape of the map in the CRS of the layer."""
        return self._transformed(geometry, QgsCoordinateTransform.ReverseTransform)

    def remove(self):
        """Take the mark off the map."""
        for one in (self._halo, self._ring):
            self._canvas.scene().removeItem(one)

    def _transformed(self, geometry, direction):
        """Return a shape between layer and map."""
        crs = self._canvas.mapSettings().destinationCrs()
        shape = QgsGeometry(geometry)
        shape.transform(QgsCoordinateTransform(self._layer.crs(), crs, QgsProject.instance()), direction)
        return shape
