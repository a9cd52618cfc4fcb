"""Draws the object demo's map with QGIS, without a window: classified objects with their own style over the raster.

Run by the Python that QGIS uses, with a JSON text as its argument: ``raster``, ``layer``, ``title`` and ``target`` (PNG
file to write).
"""

from __future__ import annotations

import json
import os
import sys

from qgis.core import (
    QgsApplication,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QFont, QImage, QPainter

WIDTH, HEIGHT, HEAD = 1200, 900, 40
SHOWN = 0.6
"""Share of the objects' ground, in both directions, that is shown: all of it would be too small to see."""
INK, PAPER = QColor("#14191f"), QColor("#ffffff")


def opened(layer):
    """Return a layer that could be opened."""
    if not layer.isValid():
        raise SystemExit(f"{layer.source()} cannot be opened")
    return layer


def render(layers, extent) -> QImage:
    """Return a picture of an extent."""
    settings = QgsMapSettings()
    settings.setLayers(layers)
    settings.setDestinationCrs(layers[-1].crs())
    settings.setExtent(extent)
    settings.setOutputSize(QSize(WIDTH, HEIGHT))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    return job.renderedImage()


def middle(extent) -> QgsRectangle:
    """Return the middle of an extent in the proportions of the picture."""
    height = SHOWN * min(extent.height(), extent.width() * HEIGHT / WIDTH)
    width = height * WIDTH / HEIGHT
    centre = extent.center()
    left, bottom = centre.x() - width / 2, centre.y() - height / 2
    return QgsRectangle(left, bottom, left + width, bottom + height)


def write(task: dict) -> None:
    """Write the picture with a title and the legend above it."""
    objects = opened(QgsVectorLayer(task["layer"], "objects", "ogr"))
    objects.loadDefaultStyle()
    picture = render([objects, opened(QgsRasterLayer(task["raster"], "raster"))], middle(objects.extent()))
    page = QImage(QSize(WIDTH, HEIGHT + HEAD), QImage.Format_RGB32)
    page.fill(PAPER)
    painter = QPainter(page)
    painter.setFont(QFont("DejaVu Sans", 11))
    painter.drawImage(0, HEAD, picture)
    painter.setPen(INK)
    painter.drawText(QRectF(10, 0, WIDTH - 20, HEAD), Qt.AlignVCenter, task["title"])
    right = WIDTH - 10
    for category in reversed([known for known in objects.renderer().categories() if known.value()]):
        width = painter.fontMetrics().boundingRect(category.label()).width() + 8
        right -= width
        painter.drawText(QRectF(right, 0, width, HEAD), Qt.AlignVCenter, category.label())
        right -= 20
        painter.fillRect(right, HEAD // 2 - 6, 12, 12, category.symbol().symbolLayer(0).strokeColor())
        right -= 10
    painter.end()
    page.save(task["target"])


if __name__ == "__main__":
    application = QgsApplication([], False)
    application.initQgis()
    write(json.loads(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)
