"""Which layer can be reviewed, which of its fields say what, and the fields that a review adds.

A decision stands in ``review``; ``orig_class``, ``orig_value`` and ``orig_shape`` (WKT in the layer's CRS) keep what a
decision has replaced and are empty where nothing was.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from qgis.core import (
    QgsCoordinateTransformContext,
    QgsField,
    QgsProject,
    QgsVectorDataProvider,
    QgsVectorFileWriter,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QVariant

from ...provider.words import marked, tr

STATE, CLASS_WAS, VALUE_WAS, SHAPE_WAS = "review", "orig_class", "orig_value", "orig_shape"
ACCEPTED, REJECTED, RELABELLED, REDRAWN, ADDED = (
    marked("accepted"),
    marked("rejected"),
    marked("relabelled"),
    marked("redrawn"),
    marked("added"),
)
STATES = (ACCEPTED, REJECTED, RELABELLED, REDRAWN, ADDED)
KEPT = (ACCEPTED, RELABELLED, REDRAWN, ADDED)
"""What a reviewer says is there."""

_NEEDED = (
    QgsVectorDataProvider.AddAttributes,
    QgsVectorDataProvider.ChangeAttributeValues,
    QgsVectorDataProvider.ChangeGeometries,
    QgsVectorDataProvider.AddFeatures,
    QgsVectorDataProvider.DeleteFeatures,
)
_NAMES = {
    "class_name": ("class", "classlabel", "classname", "label", "class_name"),
    "class_value": ("classvalue", "value", "class_value"),
    "confidence": ("confidence", "score", "probability"),
    "entropy": ("entropy", "uncertainty"),
}


class ReviewError(Exception):
    """A sentence for the user: what is wrong and what helps."""


@dataclass(frozen=True)
class Fields:
    """The fields of a layer of results; empty where there is none.

    Attributes:
        class_name: Text with the class.
        class_value: Whole number with the class.
        confidence: 0..1, or 0..100.
        entropy: How uncertain the model was, more is more.
    """

    class_name: str = ""
    class_value: str = ""
    confidence: str = ""
    entropy: str = ""


def guess(layer):
    """Return the fields of a layer as Detect Objects and Classify Objects name them, in any case."""
    own = (STATE, CLASS_WAS, VALUE_WAS, SHAPE_WAS)
    known = {field.name().casefold(): field for field in layer.fields() if field.name() not in own}
    found = {}
    for role, names in _NAMES.items():
        for name in names:
            field = known.get(name)
            if field is not None and field.isNumeric() == (role != "class_name"):
                found[role] = field.name()
                break
    return Fields(**found)


def why_not(layer):
    """Return why a layer cannot be reviewed as it is, in one sentence with the remedy; empty when it can."""
    name, remedy = layer.name(), tr("copy it to a GeoPackage")
    if not layer.isValid():
        return tr("{} cannot be opened: mend its source.").format(name)
    if layer.geometryType() not in (QgsWkbTypes.PointGeometry, QgsWkbTypes.PolygonGeometry):
        kind = QgsWkbTypes.geometryDisplayString(layer.geometryType()).lower()
        return tr("{} holds {} features, and results are points or polygons: choose another layer.").format(name, kind)
    if layer.isEditable() and layer.isModified():
        return tr("{} has edits that are not saved: save or discard them, then choose the layer again.").format(name)
    if layer.subsetString().lstrip().casefold().startswith("select"):
        return tr("{} is filtered by a query of its own: {}.").format(name, remedy)
    if layer.providerType() == "memory":
        return tr("{} is a temporary layer, which is gone when QGIS closes: {}.").format(name, remedy)
    if layer.providerType() != "ogr" or layer.dataProvider().storageType() != "GPKG":
        stored = layer.dataProvider().storageType() or layer.providerType()
        return tr("{} is {}, and only a GeoPackage keeps each decision at once: {}.").format(name, stored, remedy)
    lacking = [one for one in _NEEDED if not layer.dataProvider().capabilities() & one]
    if layer.readOnly() or lacking:
        return tr("{} is read-only, and decisions are kept in its fields: {}.").format(name, remedy)
    return ""


def can_be_copied(layer):
    """Return whether a copy in a GeoPackage could be reviewed."""
    kinds = (QgsWkbTypes.PointGeometry, QgsWkbTypes.PolygonGeometry)
    return layer.isValid() and layer.geometryType() in kinds


def add_fields(layer):
    """Give a layer the fields of a review that it lacks.

    Raises:
        ReviewError: They cannot be added, or a field of that name holds something else.
    """
    present = {field.name(): field for field in layer.fields()}
    kinds = {
        STATE: QVariant.String,
        CLASS_WAS: QVariant.String,
        VALUE_WAS: QVariant.LongLong,
        SHAPE_WAS: QVariant.String,
    }
    for name in (STATE, CLASS_WAS, SHAPE_WAS):
        if name in present and present[name].type() != QVariant.String:
            raise ReviewError(
                tr("the field {} of {} holds {} and a review writes texts there: rename it").format(
                    name, layer.name(), present[name].typeName()
                )
            )
    missing = [QgsField(name, kind) for name, kind in kinds.items() if name not in present]
    if missing and not layer.dataProvider().addAttributes(missing):
        said = (layer.dataProvider().errors() or [tr("locked or full")])[-1].strip()
        layer.dataProvider().clearErrors()
        raise ReviewError(
            tr(
                "the field {} cannot be added to {} ({}): close other programs that use the file, or "
                "copy it to a GeoPackage"
            ).format(STATE, layer.name(), said)
        )
    layer.updateFields()


def free_path(folder, stem):
    """Return a path of a new GeoPackage in a folder: ``stem.gpkg``, or with a number where that is taken."""
    number = 1
    while True:
        name = f"{stem}.gpkg" if number == 1 else f"{stem}_{number}.gpkg"
        if not os.path.exists(os.path.join(folder, name)):
            return os.path.join(folder, name)
        number += 1


def copy_to_geopackage(layer, path):
    """Write a layer with its edits to a new GeoPackage.

    Args:
        layer: The layer.
        path: The file; it appears when it is whole.

    Raises:
        ReviewError: It cannot be written.
    """
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = os.path.splitext(os.path.basename(path))[0]
    partial = path + ".partial.gpkg"
    context = QgsProject.instance().transformContext() or QgsCoordinateTransformContext()
    error, said = QgsVectorFileWriter.writeAsVectorFormatV3(layer, partial, context, options)[:2]
    if error != QgsVectorFileWriter.NoError:
        if os.path.exists(partial):
            os.remove(partial)
        raise ReviewError(tr("{} cannot be written ({}): choose another folder").format(path, said))
    os.replace(partial, path)
