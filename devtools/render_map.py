"""Draws the demo's map with QGIS, without a window: the raster under hits, false alarms and misses.

Run by the Python that QGIS uses, with a JSON text as its argument: ``raster``, ``area`` (left,right,bottom,top or
empty), ``hits``, ``false_alarms``, ``misses`` (layers), ``title``, ``target`` and ``detail`` (PNG files to write).
"""

from __future__ import annotations

import json
import os
import sys

from qgis.core import (
    QgsApplication,
    QgsFillSymbol,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsRasterLayer,
    QgsRectangle,
    QgsSingleSymbolRenderer,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QFont, QImage, QPainter, QPen

STYLES = (
    ("misses", "missed", "#ffd21f"),
    ("false_alarms", "false alarm", "#ff2d2d"),
    ("hits", "found", "#1fe0ff"),
)
LONGER_SIDE = 1600
DETAIL = QSize(800, 560)
DETAIL_CELLS = 1.6  # cells of the raster to a pixel of the detail


def layers_of(task: dict) -> list:
    """Return the map's layers, the topmost first."""
    layers = []
    for key, _, colour in STYLES:
        layer = QgsVectorLayer(task[key], key, "ogr")
        if not layer.isValid():
            raise SystemExit(f"{task[key]} cannot be opened")
        line = {"style": "no", "outline_color": colour, "outline_width": "0.6", "outline_width_unit": "MM"}
        layer.setRenderer(QgsSingleSymbolRenderer(QgsFillSymbol.createSimple(line)))
        layers.append(layer)
    raster = QgsRasterLayer(task["raster"], "raster")
    if not raster.isValid():
        raise SystemExit(f"{task['raster']} cannot be opened")
    return [*layers, raster]


def render(layers: list, extent: QgsRectangle, size: QSize) -> QImage:
    """Return a picture of an extent."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(layers[-1].crs())
    settings.setExtent(extent)
    settings.setOutputSize(size)
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    return job.renderedImage()


def add_legend(image: QImage, layers: list, title: str) -> None:
    """Draw the title and what the colours mean, with counts, into the lower left corner."""
    painter = QPainter(image)
    painter.setRenderHint(QPainter.Antialiasing)
    painter.setFont(QFont("DejaVu Sans", 11))
    metrics = painter.fontMetrics()
    rows = [
        (f"{word} ({layer.featureCount()})", colour) for (_, word, colour), layer in zip(STYLES, layers, strict=False)
    ]
    width = max([metrics.horizontalAdvance(title)] + [metrics.horizontalAdvance(text) + 30 for text, _ in rows]) + 24
    line = metrics.height() + 6
    box = QRectF(12, image.height() - 12 - line * (len(rows) + 1) - 14, width, line * (len(rows) + 1) + 14)
    painter.fillRect(box, QColor(20, 26, 32, 215))
    painter.setPen(QColor("white"))
    painter.drawText(QRectF(box.left() + 12, box.top() + 7, width, line), Qt.AlignVCenter, title)
    for number, (text, colour) in enumerate(reversed(rows), start=1):
        top = box.top() + 7 + number * line
        painter.setPen(QPen(QColor(colour), 2))
        painter.drawRect(QRectF(box.left() + 12, top + 4, 18, line - 10))
        painter.setPen(QColor("white"))
        painter.drawText(QRectF(box.left() + 42, top, width, line), Qt.AlignVCenter, text)
    painter.end()


def detail_around(centre, raster) -> QgsRectangle:
    """Return the ground of the detail: around a place, as far as the raster goes."""
    whole = raster.extent()
    cell = DETAIL_CELLS * raster.rasterUnitsPerPixelX()
    cell = min(cell, whole.width() / DETAIL.width(), whole.height() / DETAIL.height())
    width, height = DETAIL.width() * cell, DETAIL.height() * cell
    left = min(max(centre.x() - width / 2, whole.xMinimum()), whole.xMaximum() - width)
    bottom = min(max(centre.y() - height / 2, whole.yMinimum()), whole.yMaximum() - height)
    return QgsRectangle(left, bottom, left + width, bottom + height)


def main() -> None:
    """Draw the whole area, and a part of it in the middle at a scale to look into."""
    task = json.loads(sys.argv[1])
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    layers = layers_of(task)
    extent = layers[-1].extent()
    if task["area"]:
        left, right, bottom, top = (float(number) for number in task["area"].split(","))
        extent = QgsRectangle(left, bottom, right, top)
    scale = LONGER_SIDE / max(extent.width(), extent.height())
    image = render(layers, extent, QSize(round(extent.width() * scale), round(extent.height() * scale)))
    add_legend(image, layers, task["title"])
    part = detail_around(extent.center(), layers[-1])
    detail = render(layers, part, DETAIL)
    add_legend(detail, layers, task["title"])
    if not image.save(task["target"]) or not detail.save(task["detail"]):
        raise SystemExit(f"{task['target']} cannot be written")
    sys.stdout.flush()
    os._exit(0)  # QGIS without a window does not end cleanly


if __name__ == "__main__":
    main()
