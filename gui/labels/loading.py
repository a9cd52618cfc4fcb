"""Samples out of layers of others: shapes with a class, brought into the CRS of the raster."""

from __future__ import annotations

from qgis.core import (
    NULL,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeatureRequest,
    QgsProject,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ...provider.words import tr
from .new_features import usable
from .sample_files import BLUE, GREEN, NAME, RED, VALUE, SampleError
from .schema import LabelClass

NAMES = (NAME, "Class", "class_name", "label", "name")
"""Fields that hold the name of a class, in any case; the first that is there counts."""

VALUES = (VALUE, "value", "class_value", "class_id", "gridcode")
"""Fields that hold the value of a class, in any case; the first that is there counts."""


def read_rows(path, raster, schema, otherwise):
    """Return the polygons of a file with their classes.

    Args:
        path: A file of polygons.
        raster: The raster layer; shapes are brought into its CRS.
        schema: The schema; classes that it lacks are made, and are not added to it.
        otherwise: The ``LabelClass`` of shapes without a class.

    Returns:
        Pairs of ``QgsGeometry`` and ``LabelClass``; shapes outside the raster are left out.

    Raises:
        SampleError: The file cannot be read, or a place of it has none in the raster's CRS.
    """
    layer = QgsVectorLayer(path, "loaded", "ogr")
    if not layer.isValid() or layer.geometryType() != QgsWkbTypes.PolygonGeometry:
        raise SampleError(tr("{} holds no polygons: choose a file of polygons, such as a GeoPackage").format(path))
    if layer.crs().isValid() != raster.crs().isValid():
        without = raster.name() if layer.crs().isValid() else path
        raise SampleError(tr("{} has no CRS and the other has one: give it its CRS first").format(without))
    moved = QgsCoordinateTransform(layer.crs(), raster.crs(), QgsProject.instance())
    fields = {field.name().casefold(): field.name() for field in layer.fields()}
    picked = {
        kind: next((fields[name.casefold()] for name in names if name.casefold() in fields), None)
        for kind, names in (("name", NAMES), ("value", VALUES))
    }
    colors = [fields.get(name.casefold()) for name in (RED, GREEN, BLUE)]
    made, rows = {}, []
    for feature in layer.getFeatures(QgsFeatureRequest()):
        shape = feature.geometry()
        if shape.isEmpty():
            continue
        try:
            shape.transform(moved)
        except QgsCsException as error:
            raise SampleError(
                tr("{} has places that {} does not know: clip it first").format(path, raster.crs().authid())
            ) from error
        if _reaches(shape, raster):
            name, value = (_given(feature, picked[kind]) for kind in ("name", "value"))
            color = tuple(_given(feature, field) or 0 for field in colors) if all(colors) else None
            rows.append((shape, _class(schema, made, (name, value, color), otherwise)))
    return rows


def _reaches(shape, raster):
    """Return whether something of a shape is left on the raster; what only touches its edge is outside."""
    try:
        usable(shape, raster)
    except SampleError:
        return False
    return True


def _given(feature, field):
    """Return what a feature has in a field, None where it has nothing."""
    given = feature[field] if field else None
    return None if given is None or given == NULL or given == "" else given


def _class(schema, made, given, otherwise):
    """Return the class of name, value and colour: one of the schema, or one that is made."""
    name, value, color = given
    if name is None and value is None:
        return otherwise
    number = int(value) if value is not None and str(value).lstrip("-").isdecimal() else None
    name = str(name) if name is not None else str(value)
    known = schema.by_name(name) or (schema.by_value(number) if number is not None else None)
    if known is not None:
        return known
    if name not in made:
        taken = {known.value for known in (*schema.all(), *made.values())}
        free = number if number is not None and number not in taken else max(taken, default=0) + 1
        made[name] = LabelClass(name, free, color or schema.free_color())
    return made[name]
