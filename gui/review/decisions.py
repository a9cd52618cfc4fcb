"""What a reviewer decides about results: each decision is in the file when the call returns, and can be taken back."""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import NULL, QgsFeature, QgsGeometry, QgsWkbTypes
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...provider.words import tr
from .fields import (
    ACCEPTED,
    ADDED,
    CLASS_WAS,
    KEPT,
    REDRAWN,
    REJECTED,
    RELABELLED,
    SHAPE_WAS,
    STATE,
    VALUE_WAS,
    ReviewError,
)


@dataclass(frozen=True)
class Step:
    """A decision that can be taken back.

    Attributes:
        fid: The result.
        values: Its attributes before, by field name.
        geometry: Its shape before; None when it stayed.
        added: It was not there before.
        removed: The feature that is gone; None when it is still there.
    """

    fid: int
    values: dict
    geometry: QgsGeometry | None = None
    added: bool = False
    removed: QgsFeature | None = None


class Decisions(QObject):
    """Decisions about the results of a store.

    Attributes:
        changed: Told after each, with the keys under which ``Store.counts`` counts the result before and after (None:
            it is not there) and its confidence (None without one).
    """

    changed = pyqtSignal(object, object, object)

    def __init__(self, store):
        """Start without a step to take back."""
        super().__init__()
        self.store = store
        self._steps = []

    @property
    def can_undo(self):
        """Whether there is a decision to take back."""
        return bool(self._steps)

    def accept(self, fid):
        """Say that a result is right; what was relabelled, redrawn or added is so already."""
        if self.store.result(fid)[STATE] not in KEPT:
            self._decide(fid, {STATE: ACCEPTED})

    def reject(self, fid):
        """Say that there is nothing, or something else; an object that was added by hand is removed."""
        feature = self.store.result(fid)
        if feature[STATE] == ADDED:
            self._remove(feature)
        else:
            self._decide(fid, {STATE: REJECTED}, feature)

    def relabel(self, fid, name, value):
        """Give a result another class; its first one is kept.

        Args:
            fid: The result.
            name: Class name; None without such a field.
            value: Class value; None without such a field.

        Raises:
            ReviewError: The layer has no field for the class, or the file refuses the decision.
        """
        fields = self.store.fields
        if not (fields.class_name or fields.class_value):
            raise ReviewError(
                tr("{} has no class field: choose it under Fields, then relabel").format(self.store.layer.name())
            )
        feature = self.store.result(fid)
        by_hand = feature[STATE] == ADDED
        values = {} if by_hand else {STATE: RELABELLED}
        for field, kept, given in ((fields.class_name, CLASS_WAS, name), (fields.class_value, VALUE_WAS, value)):
            if field and given is not None and given != feature[field]:
                values[field] = given
                if feature[kept] == NULL and not by_hand:
                    values[kept] = feature[field]
        if not by_hand and len(values) == 1:  # it has the class already
            self.accept(fid)
        else:
            self._decide(fid, values, feature)

    def redraw(self, fid, geometry):
        """Give a result another shape; its first one is kept.

        Args:
            fid: The result.
            geometry: Polygon or point in the layer's CRS.

        Raises:
            ReviewError: The shape has no area, or the file refuses it.
        """
        shape = self._fitting(geometry)
        feature = self.store.result(fid)
        before = QgsGeometry(feature.geometry())
        values = {STATE: REDRAWN}
        if feature[SHAPE_WAS] == NULL and feature[STATE] != ADDED:
            # kept before it is replaced: whenever QGIS dies, the first shape is in one of both places
            self._write(fid, {SHAPE_WAS: before.asWkt(6)})
        if feature[STATE] == ADDED:
            values = {}
        self._write_shape(fid, shape)
        self._decide(fid, values, feature, before)

    def add(self, geometry, name, value):
        """Add an object that was missed and return its id.

        Args:
            geometry: Polygon or point in the layer's CRS.
            name: Class name; None without such a field.
            value: Class value; None without such a field.

        Raises:
            ReviewError: The shape has no area, or the file refuses it.
        """
        layer, fields = self.store.layer, self.store.fields
        feature = QgsFeature(layer.fields())
        feature.setGeometry(self._fitting(geometry))
        for field, given in ((STATE, ADDED), (fields.class_name, name), (fields.class_value, value)):
            if field and given is not None:
                feature[field] = given
        done, (written,) = layer.dataProvider().addFeatures([feature])
        if not done:
            raise self._refused()
        self._steps.append(Step(written.id(), {}, added=True))
        self._tell(None, written.id())
        return written.id()

    def clear(self, fid):
        """Make a result as it was found, not reviewed; an object that was added by hand is removed."""
        feature = self.store.result(fid)
        if feature[STATE] == ADDED:
            self._remove(feature)
            return
        fields = self.store.fields
        values = {STATE: NULL}
        for field, kept in ((fields.class_name, CLASS_WAS), (fields.class_value, VALUE_WAS)):
            if field and feature[kept] != NULL:
                values.update({field: feature[kept], kept: NULL})
        before = None
        if feature[SHAPE_WAS] != NULL:
            before = QgsGeometry(feature.geometry())
            self._write_shape(fid, QgsGeometry.fromWkt(feature[SHAPE_WAS]))
            values[SHAPE_WAS] = NULL
        self._decide(fid, values, feature, before)

    def undo(self):
        """Take the last decision back and return the id of its result; None when it is gone or nothing was decided."""
        if not self._steps:
            return None
        step = self._steps[-1]
        if step.removed is None and not self.store.feature(step.fid).isValid():
            self._steps.pop()  # somebody else has deleted it: the step before can be taken back
            self.store.result(step.fid)
        fid = self._take_back(step)
        self._steps.pop()
        return fid

    def _take_back(self, step):
        """Write how it was before a step; return the id of its result, None when it is gone."""
        if step.removed is not None:
            if not self.store.layer.dataProvider().addFeatures([QgsFeature(step.removed)])[0]:
                raise self._refused()
            self._tell(None, step.fid)
            return step.fid
        feature = self.store.result(step.fid)
        if step.added:
            self._delete(feature)
            return None
        before = self.store.key(feature)
        if step.geometry is not None:
            self._write_shape(step.fid, step.geometry)
        self._write(step.fid, step.values)
        self._tell(before, step.fid)
        return step.fid

    def _decide(self, fid, values, feature=None, geometry=None):
        """Write values and remember how it was."""
        feature = feature or self.store.result(fid)
        kept = (STATE, CLASS_WAS, VALUE_WAS, SHAPE_WAS, self.store.fields.class_name, self.store.fields.class_value)
        self._write(fid, values)
        self._steps.append(Step(fid, {name: feature[name] for name in kept if name}, geometry))
        self._tell(self.store.key(feature), fid)

    def _remove(self, feature):
        """Remove an object that was added by hand; it comes back under its id when that is taken back."""
        self._delete(feature)
        self._steps.append(Step(feature.id(), {}, removed=feature))

    def _delete(self, feature):
        """Delete a feature from the file."""
        before, confidence = self.store.key(feature), self.store.confidence(feature)
        if not self.store.layer.dataProvider().deleteFeatures([feature.id()]):
            raise self._refused()
        self.changed.emit(before, None, confidence)
        self.store.layer.triggerRepaint()

    def _write(self, fid, values):
        """Write values of a result to the file."""
        layer = self.store.layer
        by_index = {layer.fields().indexOf(name): value for name, value in values.items()}
        if by_index and not layer.dataProvider().changeAttributeValues({fid: by_index}):
            raise self._refused()

    def _write_shape(self, fid, geometry):
        """Write the shape of a result to the file."""
        if not self.store.layer.dataProvider().changeGeometryValues({fid: geometry}):
            raise self._refused()

    def _tell(self, before, fid):
        """Tell how a result is counted now, and let the map show it."""
        feature = self.store.result(fid)
        self.changed.emit(before, self.store.key(feature), self.store.confidence(feature))
        self.store.layer.triggerRepaint()

    def _fitting(self, geometry):
        """Return a shape as the layer holds shapes."""
        layer = self.store.layer
        if layer.geometryType() == QgsWkbTypes.PolygonGeometry and geometry.area() <= 0:
            raise ReviewError(tr("the shape has no area: draw at least three corners that are apart"))
        shape = geometry if geometry.isGeosValid() else geometry.makeValid()
        if QgsWkbTypes.geometryType(shape.wkbType()) != layer.geometryType():
            raise ReviewError(tr("the outline crosses itself and encloses nothing: draw it again"))
        fitting = shape.coerceToType(layer.wkbType())
        if len(fitting) != 1:
            raise ReviewError(tr("the outline crosses itself and gives {} parts: draw it again").format(len(fitting)))
        return fitting[0]

    def _refused(self):
        """Return the error of a file that refused a decision."""
        provider = self.store.layer.dataProvider()
        said = (provider.errors() or [tr("locked or full")])[-1].strip()
        provider.clearErrors()
        return ReviewError(
            tr(
                "the decision is not saved, {} refused it ({}): close other programs that use the "
                "file, make room on the disk, then decide again"
            ).format(self.store.layer.name(), said)
        )
