"""Draws the pixel demo's map with QGIS, without a window: rasters side by side, with the legend that QGIS shows.

Run by the Python that QGIS uses, with a JSON text as its argument: ``panels`` (each with ``raster`` and ``title``; the
first is imagery, or the first ``images``, the others class rasters that lie on it) and ``target`` (PNG file to write).
"""

from __future__ import annotations

import json
import os
import sys

from qgis.core import (
    QgsApplication,
    QgsContrastEnhancement,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsMultiBandColorRenderer,
    QgsRasterLayer,
    QgsRasterMinMaxOrigin,
)
from qgis.PyQt.QtCore import QRectF, QSize, Qt
from qgis.PyQt.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter

PANEL, GAP, HEAD = 620, 10, 34
INK, PAPER, FAINT = QColor("#14191f"), QColor("#ffffff"), QColor("#d9dde1")
SHOWN = {6: (5, 4, 3), 8: (5, 4, 3), 13: (12, 8, 4)}  # short-wave infrared, near infrared, red: vegetation is green


def imagery(path: str) -> QgsRasterLayer:
    """Return an image layer: true colour of three bands, vegetation standing out where there are more."""
    layer = opened(path)
    bands = layer.bandCount()
    if bands >= 3:
        red, green, blue = SHOWN.get(bands, (1, 2, 3))
        layer.setRenderer(QgsMultiBandColorRenderer(layer.dataProvider(), red, green, blue))
    if bands != 3:
        layer.setContrastEnhancement(
            QgsContrastEnhancement.StretchToMinimumMaximum, QgsRasterMinMaxOrigin.CumulativeCut, layer.extent(), 250000
        )
    return layer


def opened(path: str) -> QgsRasterLayer:
    """Return a layer as QGIS shows it."""
    layer = QgsRasterLayer(path, "raster")
    if not layer.isValid():
        raise SystemExit(f"{path} cannot be opened")
    return layer


def legend(layer: QgsRasterLayer) -> list:
    """Return the legend of a class raster as (name, colour), as QGIS shows it to a user."""
    renderer = layer.renderer()
    if renderer.type() != "paletted":
        raise SystemExit(f"{layer.source()} is not drawn by class but as {renderer.type()}")
    return [(entry.label, entry.color) for entry in renderer.classes()]


def rendered(layer: QgsRasterLayer, extent, size: QSize) -> QImage:
    """Return a picture of an extent."""
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(extent)
    settings.setOutputSize(size)
    settings.setBackgroundColor(FAINT)
    settings.setFlag(QgsMapSettings.Antialiasing, False)
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    return job.renderedImage()


def row_of(rows: list, width: int, metrics) -> list:
    """Return where each entry of the legend goes, as (line, left), in as many lines as it needs."""
    places, line, left = [], 0, GAP
    for name, _ in rows:
        need = 26 + metrics.horizontalAdvance(name) + 22
        if left + need > width and left > GAP:
            line, left = line + 1, GAP
        places.append((line, left))
        left += need
    return places


def main() -> None:
    """Draw the panels in a row and the legend below."""
    task = json.loads(sys.argv[1])
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    images = task.get("images", 1)
    layers = [imagery(panel["raster"]) for panel in task["panels"][:images]]
    layers += [opened(panel["raster"]) for panel in task["panels"][images:]]
    extent = layers[0].extent()
    scale = PANEL / max(extent.width(), extent.height())
    size = QSize(round(extent.width() * scale), round(extent.height() * scale))
    rows = legend(layers[images])
    width = len(layers) * (size.width() + GAP) + GAP
    font = QFont("DejaVu Sans", 11)
    metrics = QFontMetrics(font)
    places = row_of(rows, width, metrics)
    foot = (places[-1][0] + 1) * 28 + GAP if places else 0
    image = QImage(width, HEAD + size.height() + GAP + foot, QImage.Format_RGB32)
    image.fill(PAPER)
    painter = QPainter(image)
    painter.setFont(font)
    painter.setPen(INK)
    for number, (panel, layer) in enumerate(zip(task["panels"], layers, strict=True)):
        left = GAP + number * (size.width() + GAP)
        painter.drawText(QRectF(left, 0, size.width(), HEAD), Qt.AlignVCenter, panel["title"])
        painter.drawImage(left, HEAD, rendered(layer, extent, size))
    for (name, colour), (line, left) in zip(rows, places, strict=True):
        top = HEAD + size.height() + GAP + line * 28
        painter.fillRect(QRectF(left, top + 4, 18, 18), colour)
        painter.drawRect(QRectF(left, top + 4, 18, 18))
        painter.drawText(QRectF(left + 26, top, width, 26), Qt.AlignVCenter, name)
    painter.end()
    if not image.save(task["target"]):
        raise SystemExit(f"{task['target']} cannot be written")
    sys.stdout.flush()
    os._exit(0)  # QGIS without a window does not end cleanly


if __name__ == "__main__":
    main()
