"""Makes the feature of a sample: its shape mended and cut to the raster, its pixels counted, its class written down."""

from __future__ import annotations

from qgis.core import QgsFeature, QgsGeometry, QgsWkbTypes

from ...provider.words import tr
from .pixel_count import count_pixels, has_pixels
from .sample_files import BLUE, COUNT, GREEN, IMAGE, NAME, RED, VALUE, SampleError


def new_feature(fields, geometry, raster, image):
    """Return a new sample without a class.

    Args:
        fields: Fields of the layer of samples.
        geometry: A polygon in the raster's CRS; None for the whole image of a collection.
        raster: The raster layer.
        image: Name of the image, in a collection; else empty.

    Raises:
        SampleError: The shape has no area, or lies outside the raster.
    """
    feature = QgsFeature(fields)
    if image:
        feature[IMAGE] = image
    if geometry is None:
        feature[COUNT] = raster.width() * raster.height()
    else:
        shape = usable(geometry, raster)
        feature.setGeometry(shape)
        feature[COUNT] = count_pixels(shape, raster)
    return feature


def labelled(feature, class_):
    """Return a copy of a feature with the fields of a ``LabelClass``."""
    feature = QgsFeature(feature)
    feature[NAME], feature[VALUE] = class_.name, class_.value
    feature[RED], feature[GREEN], feature[BLUE] = class_.color
    return feature


def usable(geometry: QgsGeometry, raster):
    """Return a shape as a sample can have it: valid, with an area, within the raster.

    Raises:
        SampleError: Nothing is left of it.
    """
    shape = QgsGeometry(geometry)
    if not shape.isGeosValid():
        shape = shape.makeValid()
    if has_pixels(raster):
        shape = shape.intersection(QgsGeometry.fromRect(raster.extent()))
        if shape.isEmpty():
            raise SampleError(tr("the shape lies outside {}: draw on the image").format(raster.name()))
    parts = [
        part for part in shape.asGeometryCollection() if part.type() == QgsWkbTypes.PolygonGeometry and part.area() > 0
    ]
    if not parts:
        raise SampleError(tr("the shape has no area: draw it larger"))
    return QgsGeometry.collectGeometry(parts)
