"""Where picked segments come from: a run for the view, a layer of polygons, or a raster of segment numbers.

A source answers ``at(point)``: the segment under a point in the CRS of the raster that is labelled, as a key that tells
segments apart and its shape in that CRS; None where there is none.
"""

from __future__ import annotations

from osgeo import gdal, ogr
from qgis.core import (
    QgsCoordinateTransform,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsSpatialIndex,
    QgsVectorLayer,
)

from ...provider.words import tr
from .pixel_count import has_pixels

FIRST_SIDE, LARGEST_SIDE = 256, 4096
"""Pixels across of the part of a raster in which the outline of a segment is sought: at first, and at most."""


class SegmentError(ValueError):
    """Segments that cannot be had; the message says what to do."""


def source_of(layer, raster):
    """Return the source that reads a layer of the user's.

    Args:
        layer: Polygons, or a raster of segment numbers.
        raster: The raster layer that is labelled.

    Raises:
        SegmentError: The raster has no pixels of its own.
    """
    if isinstance(layer, QgsRasterLayer):
        if not has_pixels(layer):
            raise SegmentError(
                tr("{} has no pixels of its own: choose a raster of segment numbers").format(layer.name())
            )
        return RasterSegments(layer, raster)
    return LayerSegments(layer, raster)


class ComputedSegments:
    """The segments that a run wrote; all in memory, as they are drawn as well.

    Attributes:
        extent: What part of the raster they cover.
    """

    def __init__(self, path, extent):
        """Read the polygons of a file."""
        self.extent = extent
        self._shapes = {}
        self._index = QgsSpatialIndex()
        layer = QgsVectorLayer(path, "segments", "ogr")
        for feature in layer.getFeatures(QgsFeatureRequest().setSubsetOfAttributes([])):
            self._shapes[feature.id()] = feature.geometry()
            self._index.addFeature(feature)

    def __len__(self):
        """Return how many there are."""
        return len(self._shapes)

    def outlines(self):
        """Return all of them as one shape."""
        return QgsGeometry.collectGeometry(list(self._shapes.values()))

    def at(self, point):
        """Return key and shape of the segment at a point."""
        here = QgsGeometry.fromPointXY(point)
        for number in self._index.intersects(QgsRectangle(point, point)):
            if self._shapes[number].intersects(here):
                return number, self._shapes[number]
        return None


class LayerSegments:
    """The polygons of a layer of the user's, which may have another CRS than the raster."""

    def __init__(self, layer, raster):
        """Read a vector layer for a raster layer."""
        self.layer = layer
        self._there = QgsCoordinateTransform(raster.crs(), layer.crs(), QgsProject.instance())

    def at(self, point):
        """Return key and shape of the segment at a point; the smallest where several lie on one another."""
        place = self._there.transform(point)
        here = QgsGeometry.fromPointXY(place)
        request = QgsFeatureRequest().setFilterRect(QgsRectangle(place, place)).setSubsetOfAttributes([])
        found = [feature for feature in self.layer.getFeatures(request) if feature.geometry().intersects(here)]
        if not found:
            return None
        feature = min(found, key=lambda one: one.geometry().area())
        shape = feature.geometry()
        shape.transform(self._there, QgsCoordinateTransform.ReverseTransform)
        return feature.id(), shape


class RasterSegments:
    """The connected areas of one value in the first band of a raster."""

    def __init__(self, layer, raster):
        """Read a raster layer for the one that is labelled."""
        self.layer = layer
        self._there = QgsCoordinateTransform(raster.crs(), layer.crs(), QgsProject.instance())
        self._last = None

    def at(self, point):
        """Return key and shape of the segment at a point.

        Raises:
            SegmentError: It is larger than can be outlined.
        """
        if self._last is not None and self._last[1].intersects(QgsGeometry.fromPointXY(point)):
            return self._last
        place = self._there.transform(point)
        extent = self.layer.extent()
        if not extent.contains(place):
            return None
        size_x, size_y = extent.width() / self.layer.width(), extent.height() / self.layer.height()
        col = min(int((place.x() - extent.xMinimum()) / size_x), self.layer.width() - 1)
        row = min(int((extent.yMaximum() - place.y()) / size_y), self.layer.height() - 1)
        outline = self._outlined(col, row)
        if outline is None:
            return None
        shape, key = outline
        shape.transform(self._there, QgsCoordinateTransform.ReverseTransform)
        self._last = key, shape
        return self._last

    def _outlined(self, col, row):
        """Return the area about a pixel in the layer's CRS and its key; None where the pixel has no value."""
        side = FIRST_SIDE
        while side <= LARGEST_SIDE:
            left, top = max(0, col - side // 2), max(0, row - side // 2)
            right, bottom = min(self.layer.width(), left + side), min(self.layer.height(), top + side)
            found = self._traced((left, top, right, bottom), col, row)
            if found is None:
                return None
            shape, cut = found
            if not cut:
                return shape, (self.layer.id(), shape.boundingBox().toString(9), round(shape.area(), 9))
            side *= 4
        raise SegmentError(
            tr("the area of one value in {} is wider than {} pixels: choose a raster of segment numbers").format(
                self.layer.name(), LARGEST_SIDE
            )
        )

    def _traced(self, pixels, col, row):
        """Return the area about a pixel within a part of the raster, and whether it goes on outside of it."""
        left, top, right, bottom = pixels
        extent = self.layer.extent()
        size_x, size_y = extent.width() / self.layer.width(), extent.height() / self.layer.height()
        part = QgsRectangle(
            extent.xMinimum() + left * size_x,
            extent.yMaximum() - bottom * size_y,
            extent.xMinimum() + right * size_x,
            extent.yMaximum() - top * size_y,
        )
        cols, rows = right - left, bottom - top
        block = self.layer.dataProvider().block(1, part, cols, rows)
        if not block.isValid() or block.isNoData(row - top, col - left):
            return None
        shape = _area(block, (part.xMinimum(), size_x, 0, part.yMaximum(), 0, -size_y), col - left, row - top)
        box, slack = shape.boundingBox(), 0.5 * min(size_x, size_y)
        cut = (
            (left > 0 and box.xMinimum() < part.xMinimum() + slack)
            or (right < self.layer.width() and box.xMaximum() > part.xMaximum() - slack)
            or (top > 0 and box.yMaximum() > part.yMaximum() - slack)
            or (bottom < self.layer.height() and box.yMinimum() < part.yMinimum() + slack)
        )
        return shape, cut


def _area(block, place, col, row):
    """Return the connected area of one value about a pixel of a block.

    Args:
        block: Pixels of a raster provider.
        place: GDAL's geotransform of the block.
        col: Column of the pixel.
        row: Its row.
    """
    kind = int(getattr(block.dataType(), "value", block.dataType()))  # QGIS numbers types of pixels as GDAL does
    picture = gdal.GetDriverByName("MEM").Create("", block.width(), block.height(), 1, kind)
    picture.SetGeoTransform(place)
    band = picture.GetRasterBand(1)
    band.WriteRaster(0, 0, block.width(), block.height(), bytes(block.data()))
    folder = ogr.GetDriverByName("Memory").CreateDataSource("")
    layer = folder.CreateLayer("areas")
    trace = gdal.FPolygonize if kind in (gdal.GDT_Float32, gdal.GDT_Float64) else gdal.Polygonize
    trace(band, None, layer, -1)
    point = ogr.Geometry(ogr.wkbPoint)
    point.AddPoint_2D(place[0] + (col + 0.5) * place[1], place[3] + (row + 0.5) * place[5])
    layer.SetSpatialFilter(point)
    shape = QgsGeometry()
    for feature in layer:
        if feature.GetGeometryRef().Contains(point):
            shape.fromWkb(bytes(feature.GetGeometryRef().ExportToWkb()))
    return shape
