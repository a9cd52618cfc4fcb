"""Class colours, legends and outlines of output layers, kept with the data so that every later opening shows them."""

from __future__ import annotations

import os

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsColorRampShader,
    QgsEditorWidgetSetup,
    QgsFillSymbol,
    QgsGradientColorRamp,
    QgsGradientStop,
    QgsLineSymbol,
    QgsMarkerSymbol,
    QgsPalettedRasterRenderer,
    QgsRasterLayer,
    QgsRasterShader,
    QgsRendererCategory,
    QgsSingleBandPseudoColorRenderer,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtGui import QColor

from .labelling import add_labels

OPACITY = 0.7
"""Opacity of rasters of classes and probabilities: the imagery below them shows through."""

SURE = ((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37))
"""From improbable to sure; grows evenly lighter, so it is read in print and by colour-blind people too."""

UNSURE = ((252, 253, 191), (252, 137, 97), (183, 55, 121), (81, 18, 124), (0, 0, 4))
"""From sure to undecided, for entropy."""

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


def colour_by_class(path, field, classes, label=True):
    """Style a layer by class, with labels, and keep the style with the data; a table has nothing to style.

    Args:
        path: The layer, as QGIS opens it.
        field: Field with the class name.
        classes: Rows of name and colour, in legend order; an empty name stands for all other values.
        label: Whether features bear labels where they are large enough on the screen.
    """
    layer = QgsVectorLayer(path, "styled", "ogr")
    kind = layer.geometryType()
    symbols = {QgsWkbTypes.PointGeometry: point, QgsWkbTypes.LineGeometry: line, QgsWkbTypes.PolygonGeometry: outline}
    if kind not in symbols:
        return
    categories = [QgsRendererCategory(name, symbols[kind](color), name or "no label") for name, color in classes]
    layer.setRenderer(QgsCategorizedSymbolRenderer(field, categories))
    if label:
        add_labels(layer, field, several=len([name for name, _ in classes if name]) > 1)
    _save(layer, path)


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
    entries = [QgsPalettedRasterRenderer.Class(value, _shown(name, color), name) for value, name, color in classes]
    layer.setRenderer(QgsPalettedRasterRenderer(layer.dataProvider(), 1, entries))
    layer.renderer().setOpacity(OPACITY)
    _keep_beside(layer, path)


def _shown(name, color):
    """Return the colour of a class in a raster; a background shows the imagery as it is."""
    return QColor(*color, 0 if name.lower() == "background" else 255)


def shade(path, ramp=SURE):
    """Style the first band of a raster of probabilities from 0 to 1, with a bar as legend.

    Args:
        path: The raster, as QGIS opens it.
        ramp: Colours at equal steps from 0 to 1.
    """
    layer = QgsRasterLayer(path, "styled", "gdal")
    if not layer.isValid():
        return
    first, *middle, last = (QColor(*color) for color in ramp)
    stops = [QgsGradientStop((place + 1) / (len(middle) + 1), color) for place, color in enumerate(middle)]
    colours = QgsColorRampShader(0.0, 1.0, QgsGradientColorRamp(first, last, False, stops))
    colours.classifyColorRamp(5)
    shader = QgsRasterShader(0.0, 1.0)
    shader.setRasterShaderFunction(colours)
    renderer = QgsSingleBandPseudoColorRenderer(layer.dataProvider(), 1, shader)
    renderer.setClassificationMin(0.0)
    renderer.setClassificationMax(1.0)
    renderer.setOpacity(OPACITY)
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


def colour_all(path, color, faint=False):
    """Style all features of a layer alike, with labels of class and confidence, and keep the style with the data.

    Args:
        path: The layer, as QGIS opens it.
        color: Red, green, blue, 0..255.
        faint: Whether lines are thin and fills nearly clear, for layers of which there may be very many features.
    """
    layer = QgsVectorLayer(path, "styled", "ogr")
    if not layer.isValid():
        return
    layer.setRenderer(QgsSingleSymbolRenderer(outline(color, 0.35, 14) if faint else outline(color)))
    names = [field.name() for field in layer.fields()]
    field = next((name for name in names if name.lower() in ("class", "classname")), "")
    several = bool(field) and len(layer.uniqueValues(names.index(field), 2)) > 1
    add_labels(layer, field, several)
    _save(layer, path)


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
