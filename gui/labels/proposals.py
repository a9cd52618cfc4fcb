"""What a model proposes as samples: shapes with a class and a confidence, until they are accepted or rejected."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsGeometry,
    QgsSpatialIndex,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.gui import QgsRubberBand
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor

SAME = 0.5
"""IoU from which a proposal and a sample are one object."""

NAME, VALUE, CONFIDENCE = "Class", "Classvalue", "Confidence"
"""Fields of Detect Objects."""


@dataclass(frozen=True)
class Proposal:
    """A detection that may become a sample.

    Attributes:
        number: Tells it apart.
        geometry: Its shape, in the CRS of the raster.
        name: The model's name of its class.
        value: The model's value of its class.
        confidence: 0..1.
        color: The model's colour of its class, None where it has none.
    """

    number: int
    geometry: QgsGeometry
    name: str
    value: int
    confidence: float
    color: tuple | None


def read_proposals(path):
    """Return the detections of a layer, surest first.

    Args:
        path: What Detect Objects has written, as QGIS opens it.
    """
    layer = QgsVectorLayer(path, "detections", "ogr")
    colors = _colors(layer)
    found = [
        Proposal(
            feature.id(),
            feature.geometry(),
            str(feature[NAME]),
            int(feature[VALUE]),
            float(feature[CONFIDENCE]),
            colors.get(str(feature[NAME])),
        )
        for feature in layer.getFeatures()
    ]
    return sorted(found, key=lambda one: (-one.confidence, one.number))


def without_doubles(proposals):
    """Return proposals of which no two are one object: the surest of those that are, whatever their classes.

    Args:
        proposals: All of them, surest first.
    """
    kept, index = {}, QgsSpatialIndex()
    for proposal in proposals:
        near = (kept[number] for number in index.intersects(proposal.geometry.boundingBox()))
        if not any(overlap(proposal.geometry, other.geometry) >= SAME for other in near):
            kept[proposal.number] = proposal
            index.addFeature(proposal.number, proposal.geometry.boundingBox())
    return list(kept.values())


def without_known(proposals, samples):
    """Return the proposals that are no sample yet.

    Args:
        proposals: All of them.
        samples: The ``Samples`` that there are.
    """
    known = {feature.id(): feature for feature in samples.features() if feature.hasGeometry()} if samples.exists else {}
    index = QgsSpatialIndex()
    for feature in known.values():
        index.addFeature(feature)
    return [
        proposal
        for proposal in proposals
        if not any(
            overlap(proposal.geometry, known[number].geometry()) >= SAME
            for number in index.intersects(proposal.geometry.boundingBox())
        )
    ]


def overlap(one, other):
    """Return the IoU of two shapes, 0..1."""
    shared = one.intersection(other).area()
    whole = one.area() + other.area() - shared
    return shared / whole if whole > 0 else 0.0


class Proposals(QObject):
    """The proposals that are still open.

    Attributes:
        changed: Told after every change.
        threshold: Confidence from which they are shown.
    """

    changed = pyqtSignal()

    def __init__(self):
        """Start without any."""
        super().__init__()
        self._open = {}
        self.threshold = 0.0

    def __len__(self):
        """Return how many are open, shown or not."""
        return len(self._open)

    def replace(self, proposals):
        """Put others in the place of all."""
        self._open = {proposal.number: proposal for proposal in proposals}
        self.changed.emit()

    def limit(self, threshold):
        """Show those of at least a confidence, 0..1."""
        self.threshold = threshold
        self.changed.emit()

    def shown(self):
        """Return those that are sure enough, surest first."""
        return [proposal for proposal in self._open.values() if proposal.confidence >= self.threshold]

    def take(self, proposals):
        """Drop some: they were accepted or rejected."""
        for proposal in proposals:
            self._open.pop(proposal.number, None)
        self.changed.emit()

    def at(self, point):
        """Return the smallest that is shown at a point in the CRS of the raster, None where there is none."""
        here = QgsGeometry.fromPointXY(point)
        found = [proposal for proposal in self.shown() if proposal.geometry.intersects(here)]
        return min(found, key=lambda one: one.geometry.area(), default=None)

    def names(self):
        """Return name, value and colour of each class of the model that is open, most frequent first."""
        counts = {}
        for proposal in self._open.values():
            key = (proposal.name, proposal.value, proposal.color)
            counts[key] = counts.get(key, 0) + 1
        return sorted(counts, key=lambda key: (-counts[key], key[1]))


class ProposalsOnMap:
    """Draws proposals over the map, dashed, each class in its colour; nothing is added to the project."""

    def __init__(self, canvas):
        """Draw on a map."""
        self.canvas = canvas
        self.bands = []

    def draw(self, proposals, crs, color_of):
        """Draw proposals in place of those drawn before.

        Args:
            proposals: What to draw.
            crs: CRS of their shapes.
            color_of: Called with the name of a class; returns red, green, blue.
        """
        self.clear()
        groups = {}
        for proposal in proposals:
            groups.setdefault(tuple(color_of(proposal)), []).append(proposal.geometry)
        for color, shapes in groups.items():
            band = QgsRubberBand(self.canvas, QgsWkbTypes.PolygonGeometry)
            band.setStrokeColor(QColor(*color))
            band.setSecondaryStrokeColor(QColor(255, 255, 255, 160))
            band.setFillColor(QColor(*color, 25))
            band.setLineStyle(Qt.DashLine)
            band.setWidth(2)
            band.setToGeometry(QgsGeometry.collectGeometry(shapes), crs)
            self.bands.append(band)

    def clear(self):
        """Draw none."""
        for band in self.bands:
            self.canvas.scene().removeItem(band)
        self.bands = []


def _colors(layer):
    """Return the colour of each class name in a layer's legend."""
    renderer = layer.renderer()
    if not isinstance(renderer, QgsCategorizedSymbolRenderer):
        return {}
    found = {}
    for category in renderer.categories():
        if category.symbol() is not None:
            color = category.symbol().symbolLayer(0).strokeColor()
            found[str(category.value())] = (color.red(), color.green(), color.blue())
    return found
