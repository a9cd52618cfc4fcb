"""Labels of output layers: class and confidence of each feature, at scales at which there is room for them."""

from __future__ import annotations

import math

from qgis.core import (
    Qgis,
    QgsFeatureRequest,
    QgsPalLayerSettings,
    QgsProperty,
    QgsTextBufferSettings,
    QgsTextFormat,
    QgsUnitTypes,
    QgsVectorLayerSimpleLabeling,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QColor

OVER_POINT = (Qgis.LabelPlacement if hasattr(Qgis, "LabelPlacement") else QgsPalLayerSettings).OverPoint
"""Placement on a point; newer versions have another thing under the older name."""

LOOKED_AT = 500
"""Features whose size is looked at for the scale of labels."""

LABEL_MILLIMETRES = 7.0
"""Size on the screen from which on a feature of middling size bears its label."""


def add_labels(layer, field, several):
    """Label features with class and confidence at scales at which there is room for that.

    The label stands on the upper left corner of its feature and gives way where labels would lie on each other.

    Args:
        layer: The layer; unchanged where it has neither a class nor a confidence, or no features.
        field: Field with the class name; may be empty.
        several: Whether there are several classes; the name of the only one says nothing.
    """
    names = {one.name().lower(): one.name() for one in layer.fields()}
    confidence = names.get("confidence", "")
    parts = [f'"{field}"'] if field and (several or not confidence) else []
    if confidence:
        # 0..1 here, 0..100 in layers of other programs
        share = f'round("{confidence}" * if("{confidence}" > 1, 1, 100))'
        parts.append(f"if(\"{confidence}\" is null, '', {share} || ' %')")
    scale = label_scale(layer)
    if not parts or not scale:
        return
    settings = QgsPalLayerSettings()
    settings.fieldName = "concat(" + ", ' ', ".join(parts) + ")"
    settings.isExpression = True
    settings.scaleVisibility = True
    settings.minimumScale, settings.maximumScale = scale, 0
    if layer.geometryType() == QgsWkbTypes.PolygonGeometry:
        settings.geometryGeneratorEnabled = True
        settings.geometryGenerator = "make_point(x_min($geometry), y_max($geometry))"
        settings.geometryGeneratorType = QgsWkbTypes.PointGeometry
        settings.placement = OVER_POINT
        settings.quadOffset = QgsPalLayerSettings.QuadrantAboveRight
    if confidence:
        # where there is no room for all labels, the surest ones stand
        surest = QgsProperty.fromExpression(f'10 * if("{confidence}" > 1, 0.01, 1) * "{confidence}"')
        settings.dataDefinedProperties().setProperty(QgsPalLayerSettings.Priority, surest)
    settings.setFormat(_label_format())
    layer.setLabeling(QgsVectorLayerSimpleLabeling(settings))
    layer.setLabelsEnabled(True)


def label_scale(layer):
    """Return the denominator of the smallest scale at which features are large enough for a label; 0 for none.

    Args:
        layer: A layer of points, lines or polygons; of points the distance between neighbours stands for their size.
    """
    extent = layer.extent()
    count = layer.featureCount()
    if count < 1 or extent.isEmpty():
        return 0
    size = math.sqrt(extent.width() * extent.height() / count) / 4
    if layer.geometryType() != QgsWkbTypes.PointGeometry:
        request = QgsFeatureRequest().setNoAttributes().setLimit(LOOKED_AT)
        boxes = [feature.geometry().boundingBox() for feature in layer.getFeatures(request)]
        sizes = sorted(max(box.width(), box.height()) for box in boxes if not box.isNull())
        size = sizes[len(sizes) // 2] if sizes else 0
    metres = size * QgsUnitTypes.fromUnitToUnitFactor(layer.crs().mapUnits(), QgsUnitTypes.DistanceMeters)
    if not metres > 0:
        return 0
    exact = metres * 1000 / LABEL_MILLIMETRES
    power = 10 ** math.floor(math.log10(exact))
    return max(step * power for step in (1, 2, 5) if step * power <= exact)


def _label_format():
    """Return the look of labels: small and dark with a white rim, readable on every imagery."""
    look = QgsTextFormat()
    look.setSize(7.5)
    look.setColor(QColor(30, 30, 30))
    rim = QgsTextBufferSettings()
    rim.setEnabled(True)
    rim.setSize(0.7)
    rim.setColor(QColor(255, 255, 255, 225))
    look.setBuffer(rim)
    return look
