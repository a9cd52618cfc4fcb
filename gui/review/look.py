"""How a reviewed layer looks: rejected results faded, those below the threshold hardly there, what is open dashed."""

from __future__ import annotations

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFillSymbol,
    QgsProperty,
    QgsRendererCategory,
    QgsSingleSymbolRenderer,
    QgsSymbol,
    QgsSymbolLayer,
    QgsWkbTypes,
)

from ...algorithms.styling import outline, point
from .fields import REJECTED, STATE
from .outputs import DETECTIONS, GROUND, SAMPLES, TRUTH

FADED, BELOW = 22, 8
"""Opacity of rejected results, and of open ones below the threshold, in per cent."""

COLORS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (213, 94, 0), (204, 121, 167), (0, 114, 178))
"""Colours of classes that have none, told apart also by colour-blind people."""


def class_colors(store, classes):
    """Return the colour of each class, red, green, blue: that of the layer's legend, else the next of ours.

    Args:
        store: The results.
        classes: Pairs of name and value.
    """
    renderer = store.layer.renderer()
    legend = {}
    if isinstance(renderer, QgsCategorizedSymbolRenderer):
        for category in renderer.categories():
            color = category.symbol().color()
            legend[str(category.value())] = legend[category.label()] = (color.red(), color.green(), color.blue())
    found = {}
    for number, (name, value) in enumerate(classes):
        ours = COLORS[number % len(COLORS)]
        found[(name, value)] = legend.get(str(name), legend.get(str(value), ours))
    return found


def show_states(store, threshold, colors):
    """Let the layer show what was decided.

    Args:
        store: The results.
        threshold: 0..1.
        colors: Colour by (name, value), as ``class_colors`` returns it.
    """
    layer = store.layer
    renderer = layer.renderer().clone() if layer.renderer() else None
    if not isinstance(renderer, QgsCategorizedSymbolRenderer):
        renderer = _by_class(store, colors)
    above = store.above(threshold)
    low = f"WHEN coalesce(\"{STATE}\", '') = '' AND NOT {above} THEN {BELOW} " if above else ""
    opacity = f"CASE WHEN \"{STATE}\" = '{REJECTED}' THEN {FADED} {low}ELSE 100 END"
    if isinstance(renderer, QgsCategorizedSymbolRenderer):
        known = {str(category.value()) for category in renderer.categories()}
        by = {store.fields.class_name: 0, store.fields.class_value: 1}.get(renderer.classAttribute().strip('"'))
        for (name, value), color in colors.items():
            shown = None if by is None else (name, value)[by]
            if shown is not None and str(shown) not in known:
                renderer.addCategory(QgsRendererCategory(shown, _symbol(layer, color), str(name or value)))
        for place, category in enumerate(renderer.categories()):
            symbol = category.symbol().clone()
            _dress(symbol, opacity)
            renderer.updateCategorySymbol(place, symbol)
    else:
        symbol = renderer.symbol().clone()
        _dress(symbol, opacity)
        renderer.setSymbol(symbol)
    layer.setRenderer(renderer)
    layer.triggerRepaint()


def renderer_of(name, store, colors):
    """Return how a layer that a review has written looks.

    Args:
        name: Name of the layer.
        store: The results that were reviewed.
        colors: Colour by (name, value).
    """
    if name == GROUND:
        look = {"color": "90,90,90,70", "style": "b_diagonal", "outline_color": "60,60,60", "outline_width": "0.3"}
        return QgsSingleSymbolRenderer(QgsFillSymbol.createSimple(look))
    if name not in (SAMPLES, TRUTH, DETECTIONS):
        return _by_class(store, colors)
    field = "Classname" if name == SAMPLES else "Class"
    rows = [(str(value if title is None else title), color) for (title, value), color in colors.items()]
    categories = [QgsRendererCategory(title, _symbol(store.layer, color), title) for title, color in rows]
    return QgsCategorizedSymbolRenderer(field, categories)


def _by_class(store, colors):
    """Return a renderer that shows classes; one symbol where there are none."""
    field = store.fields.class_name or store.fields.class_value
    if not field or not colors:
        return QgsSingleSymbolRenderer(_symbol(store.layer, COLORS[0]))
    rows = [
        (name if store.fields.class_name else value, str(name or value), color)
        for (name, value), color in colors.items()
    ]
    categories = [QgsRendererCategory(shown, _symbol(store.layer, color), label) for shown, label, color in rows]
    return QgsCategorizedSymbolRenderer(field, categories)


def _symbol(layer, color):
    """Return a symbol of a class."""
    return point(color) if layer.geometryType() == QgsWkbTypes.PointGeometry else outline(color, 0.5, 24)


def _dress(symbol, opacity):
    """Let opacity and rim follow the state: what is open is dashed, or has a white rim where it is a point."""
    symbol.setDataDefinedProperty(QgsSymbol.PropertyOpacity, QgsProperty.fromExpression(opacity))
    is_open = f"coalesce(\"{STATE}\", '') = ''"
    if symbol.type() == QgsSymbol.Marker:
        part, rim = QgsSymbolLayer.PropertyStrokeColor, f"CASE WHEN {is_open} THEN '255,255,255' ELSE '30,30,30' END"
    else:
        part, rim = QgsSymbolLayer.PropertyStrokeStyle, f"CASE WHEN {is_open} THEN 'dash' ELSE 'solid' END"
    for number in range(symbol.symbolLayerCount()):
        symbol.symbolLayer(number).setDataDefinedProperty(part, QgsProperty.fromExpression(rim))
