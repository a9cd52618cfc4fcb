"""How many pixels of a raster layer a shape covers: those whose centres lie in it."""

from __future__ import annotations

import math

from osgeo import gdal, ogr
from qgis.core import QgsGeometry

STRIP = 8_000_000
"""Pixels that are burnt at a time: large shapes are counted in strips of rows."""


def has_pixels(raster):
    """Return whether a raster layer has pixels of its own; a web layer has none."""
    return raster.width() > 0 and raster.height() > 0 and not raster.extent().isEmpty()


def count_pixels(geometry: QgsGeometry, raster):
    """Return how many pixels of a raster layer a shape covers.

    Args:
        geometry: The shape, in the layer's CRS.
        raster: The raster layer.

    Returns:
        The number of pixels whose centres lie in the shape; 0 for a layer without pixels of its own.
    """
    if not has_pixels(raster) or geometry.isEmpty():
        return 0
    extent, box = raster.extent(), geometry.boundingBox()
    size_x, size_y = extent.width() / raster.width(), extent.height() / raster.height()
    left = max(0, math.floor((box.xMinimum() - extent.xMinimum()) / size_x))
    right = min(raster.width(), math.ceil((box.xMaximum() - extent.xMinimum()) / size_x))
    top = max(0, math.floor((extent.yMaximum() - box.yMaximum()) / size_y))
    bottom = min(raster.height(), math.ceil((extent.yMaximum() - box.yMinimum()) / size_y))
    if right <= left or bottom <= top:
        return 0
    shape = ogr.CreateGeometryFromWkb(bytes(geometry.asWkb()))
    rows = max(1, STRIP // (right - left))
    count = 0
    for first in range(top, bottom, rows):
        place = (extent.xMinimum() + left * size_x, size_x, 0, extent.yMaximum() - first * size_y, 0, -size_y)
        count += _burnt(shape, right - left, min(rows, bottom - first), place)
    return count


def _burnt(shape, cols, rows, place):
    """Return how many pixels of a strip have their centre in a shape."""
    strip = gdal.GetDriverByName("MEM").Create("", cols, rows, 1, gdal.GDT_Byte)
    strip.SetGeoTransform(place)
    source = ogr.GetDriverByName("Memory").CreateDataSource("")
    layer = source.CreateLayer("shape")
    feature = ogr.Feature(layer.GetLayerDefn())
    feature.SetGeometry(shape)
    layer.CreateFeature(feature)
    gdal.PushErrorHandler("CPLQuietErrorHandler")  # it would warn of every shape that neither side has a CRS
    gdal.RasterizeLayer(strip, [1], layer, burn_values=[1])
    gdal.PopErrorHandler()
    return bytes(strip.ReadRaster(0, 0, cols, rows)).count(1)
