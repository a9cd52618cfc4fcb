"""Class colours, legends and outlines of output layers, kept with the data so that every later opening shows them."""

from __future__ import annotations

import os

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsContrastEnhancement,
    QgsEditorWidgetSetup,
    QgsFillSymbol,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsPalettedRasterRenderer,
    QgsRasterLayer,
    QgsRendererCategory,
    QgsSingleBandGrayRenderer,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QColor

HIT, FALSE_ALARM, MISSED = (0, 158, 115), (213, 94, 0), (0, 114, 178)
"""Colours of accuracy layers, as in the report: right, wrong and missed; told apart also by colour-blind people."""


def outline(color, width=0.6, opacity=36):
    """Return an outline in a colour over a faint fill of it, so that the imagery below stays visible.

    Args:
        color: Red, green, blue, 0..255.
        width: Width of the outline in millimetres.
        opacity: Alpha of the fill, 0..255.
    """
    red, green, blue = color
    return QgsFillSymbol.createSimple(
        {
            "color": f"{red},{green},{blue},{opacity}",
            "outline_color": f"{red},{green},{blue},255",
            "outline_width": str(width),
            "outline_style": "solid",
        }
    )


def line(color):
    """Return a line in a colour."""
    return QgsLineSymbol.createSimple({"color": "{},{},{}".format(*color), "width": "0.8"})


def point(color):
    """Return a point in a colour with a white rim."""
    look = {"color": "{},{},{}".format(*color), "outline_color": "255,255,255", "size": "2.2"}
    return QgsMarkerSymbol.createSimple(look)


def colour_by_class(path, field, classes):
    """Style a layer by class and keep the style with the data; a table has nothing to style.

    Args:
        path: The layer, as QGIS opens it.
        field: Field with the class name.
        classes: Rows of name and colour, in legend order; an empty name stands for all other values.
    """
    kind = QgsVectorLayer(path, "styled", "ogr").geometryType()
    symbols = {QgsWkbTypes.PointGeometry: point, QgsWkbTypes.LineGeometry: line, QgsWkbTypes.PolygonGeometry: outline}
    if kind not in symbols:
        return
    categories = [QgsRendererCategory(name, symbols[kind](color), name or "no label") for name, color in classes]
    _keep(path, QgsCategorizedSymbolRenderer(field, categories))


def has_style(path):
    """Return whether a vector layer has a style of its own already; saving another would ask before it replaces it.

    Args:
        path: The layer, as QGIS opens it.
    """
    if ".gpkg" not in path.lower():
        return os.path.exists(os.path.splitext(path)[0] + ".qml")
    return QgsVectorLayer(path, "styled", "ogr").listStylesInDatabase()[0] > 0


def colour_classes(path, classes):
    """Style a class raster with the colour and the name of each class, in a .qml file beside it.

    Args:
        path: The raster, as QGIS opens it.
        classes: Rows of value, name and colour, in legend order.
    """
    layer = QgsRasterLayer(path, "styled", "gdal")
    if not layer.isValid():
        return
    entries = [QgsPalettedRasterRenderer.Class(value, QColor(*color), name) for value, name, color in classes]
    layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, entries))
    _keep_beside(layer, path)


def shade(path):
    """Style the first band of a raster of probabilities in grey, black for 0 and white for 1."""
    layer = QgsRasterLayer(path, "styled", "gdal")
    if not layer.isValid():
        return
    stretch = QgsContrastEnhancement(layer.dataProvider().dataType(1))
    stretch.setMinimumValue(0.0)
    stretch.setMaximumValue(1.0)
    stretch.setContrastEnhancementAlgorithm(QgsContrastEnhancement.StretchToMinimumMaximum)
    renderer = QgsSingleBandGrayRenderer(layer.dataProvider(), 1)
    renderer.setContrastEnhancement(stretch)
    layer.setRenderer(renderer)
    _keep_beside(layer, path)


def show_images(path, field):
    """Let the forms of a layer show the images whose paths, relative to the layer's file, a field holds.

    Args:
        path: The layer, as QGIS opens it.
        field: The field with the paths.
    """
    layer = QgsVectorLayer(path, "styled", "ogr")
    index = layer.fields().indexOf(field)
    if index < 0:
        return
    folder = os.path.dirname(path.split("|")[0])
    shown = {"DocumentViewer": 1, "RelativeStorage": 2, "DefaultRoot": folder, "FileWidget": True}
    layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("ExternalResource", shown))
    _save(layer, path)


def colour_all(path, color):
    """Style all features of a layer alike and keep the style with the data."""
    _keep(path, QgsSingleSymbolRenderer(outline(color)))


def colour_points(path, field, rows):
    """Style points by the values of a field and keep the style with the data.

    Args:
        path: The layer, as QGIS opens it.
        field: The field.
        rows: Rows of value, name and colour, in legend order.
    """
    categories = [QgsRendererCategory(value, point(color), name) for value, name, color in rows]
    _keep(path, QgsCategorizedSymbolRenderer(field, categories))


def _keep_beside(layer, path):
    """Store a raster layer's style in the .qml file that QGIS looks for beside the raster."""
    layer.saveNamedStyle(os.path.splitext(path)[0] + ".qml")


def _keep(path, renderer):
    """Store a renderer as the layer's default style: in the GeoPackage, else in a .qml file beside the data."""
    layer = QgsVectorLayer(path, "styled", "ogr")
    if not layer.isValid():
        return
    layer.setRenderer(renderer)
    _save(layer, path)


def _save(layer, path):
    """Store the style that a vector layer has now as its default."""
    if ".gpkg" in path.lower():
        layer.saveStyleToDatabase("default", "by Imagery Deep Learning", True, "")
    else:
        layer.saveDefaultStyle()
