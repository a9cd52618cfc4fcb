"""Layers of results for the tests of the review."""

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsField,
    QgsFields,
    QgsGeometry,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

LEFT, TOP = 500_000.0, 4_650_000.0
ROWS = (
    ("tree", 1, 0.9),
    ("car", 2, 0.8),
    ("tree", 1, 0.55),
    ("car", 2, 0.3),
    ("tree", 1, 0.1),
)
"""Class, class value and confidence of the results, in the order of their ids 1 to 5."""


def box(number):
    """Return the square of a result: 8 m wide, 20 m apart."""
    left = LEFT + 10 + 20 * number
    return QgsRectangle(left, TOP - 30, left + 8, TOP - 22)


def write_results(path, rows=ROWS, kind=QgsWkbTypes.Polygon, driver="GPKG", shapes=None):
    """Write results as Detect Objects does and return the layer."""
    fields = QgsFields()
    for name, type_ in (
        ("Class", QVariant.String),
        ("Classvalue", QVariant.Int),
        ("Confidence", QVariant.Double),
    ):
        fields.append(QgsField(name, type_))
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = driver
    options.layerName = path.stem
    crs = QgsCoordinateReferenceSystem("EPSG:32633")
    writer = QgsVectorFileWriter.create(str(path), fields, kind, crs, QgsCoordinateTransformContext(), options)
    for number, row in enumerate(rows):
        feature = QgsFeature(fields)
        shape = QgsGeometry.fromRect(shapes[number] if shapes else box(number))
        feature.setGeometry(shape.centroid() if kind == QgsWkbTypes.Point else shape)
        feature.setAttributes(list(row))
        assert writer.addFeature(feature)
    del writer
    return QgsVectorLayer(str(path), path.stem, "ogr")


def states(layer):
    """Return what is written in a file about each result, read by an opening of its own."""
    fresh = QgsVectorLayer(layer.source(), "fresh", "ogr")
    return {feature.id(): feature["review"] or None for feature in fresh.getFeatures()}
