"""The samples of a raster layer or of a collection of images: kept in a GeoPackage, written as they are drawn.

Every change is committed to the file before the call returns, so that a crash loses nothing. Shapes are in the CRS of
the raster layer; those of a collection are in pixels of their image, x the column and y minus the row, as QGIS draws
images without georeference. Changes can be taken back one by one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from qgis.core import (
    NULL,
    QgsCategorizedSymbolRenderer,
    QgsFeature,
    QgsFeatureRequest,
    QgsGeometry,
    QgsRendererCategory,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...algorithms.styling import outline
from . import sample_files as files
from .pixel_count import count_pixels, has_pixels
from .sample_files import BLUE, COUNT, GREEN, IMAGE, NAME, RED, VALUE, SampleError


@dataclass(frozen=True)
class Total:
    """What there is of a class.

    Attributes:
        name: The class.
        value: Its value.
        color: Red, green, blue, 0..255.
        samples: Number of samples.
        pixels: Pixels in them.
    """

    name: str
    value: int
    color: tuple
    samples: int
    pixels: int


@dataclass(frozen=True)
class Change:
    """A step that can be taken back: the features that it removed and those that it added.

    Attributes:
        removed: Features as they were.
        added: Features as they are since.
    """

    removed: tuple
    added: tuple


class Samples(QObject):
    """Samples in a GeoPackage, which is made with the first of them.

    Attributes:
        changed: Told after every change.
        path: The GeoPackage.
        raster: The raster layer that is labelled.
        image: In a collection, the image that is shown, as ``ImageName`` holds it; empty for a raster layer.
    """

    changed = pyqtSignal()

    def __init__(self, path, raster, image=""):
        """Open the samples of a raster layer; a file that is missing is made when it is needed.

        Args:
            path: The GeoPackage.
            raster: The raster layer.
            image: Name of the image, in a collection.

        Raises:
            SampleError: The file is there and holds no samples, or those of another CRS.
        """
        super().__init__()
        self.path, self.raster, self.image = path, raster, image
        self._styled = None
        self._counts = {}
        self._done, self._undone = [], []
        self._layer = self._all = None
        if os.path.exists(path) and files.is_sample_file(path):
            self._open()
            self._show()

    @property
    def exists(self):
        """Whether the file is there."""
        return self._all is not None

    @property
    def layer(self):
        """The layer of samples (of the image that is shown); making the file where there is none.

        It may be taken out of the project: then it is opened again here.

        Raises:
            SampleError: The file cannot be written.
        """
        if self._all is None:
            files.create(self.path, self.raster.crs(), collection=bool(self.image))
            self._open()
        if self._layer is None:
            self._show()
        return self._layer

    @property
    def source(self):
        """All samples, as the engine opens them."""
        return files.source_of(self.path)

    def add(self, geometry, class_):
        """Save a sample and return its id.

        Args:
            geometry: A polygon in the layer's CRS; None labels the whole image of a collection.
            class_: Its ``LabelClass``.

        Raises:
            SampleError: The shape has no area, lies outside the raster, or cannot be saved.
        """
        return self.add_many([(geometry, class_)])[0]

    def add_many(self, rows):
        """Save several samples as one step of the undo list and return their ids.

        Args:
            rows: Pairs of geometry and ``LabelClass``, as ``add`` takes them.

        Raises:
            SampleError: As ``add``; then none of them is saved.
        """
        fields = self.layer.fields()
        features = [self._feature(fields, geometry, class_) for geometry, class_ in rows]
        added = self._write((), features)
        self._remember(Change((), tuple(added)))
        return [feature.id() for feature in added]

    def remove(self, ids):
        """Delete samples as one step.

        Args:
            ids: Their ids; unknown ones are passed over.
        """
        removed = self.features(ids)
        if removed:
            self._write(removed, ())
            self._remember(Change(tuple(removed), ()))

    def relabel(self, ids, class_):
        """Give samples another class as one step.

        Args:
            ids: Their ids.
            class_: The ``LabelClass``.
        """
        before = self.features(ids)
        after = [self._labelled(QgsFeature(feature), class_) for feature in before]
        if before:
            self._write(before, after)
            self._remember(Change(tuple(before), tuple(after)))

    def label_image(self, class_):
        """Give the whole image a class, in place of the class it had; return the id of the label.

        Args:
            class_: The ``LabelClass``.
        """
        before = self.whole_image()
        if not before:
            return self.add(None, class_)
        self.relabel([before[0].id()], class_)
        return before[0].id()

    def whole_image(self):
        """Return the features that label the whole image that is shown."""
        return [feature for feature in self.features() if not feature.hasGeometry()] if self.image else []

    def features(self, ids=None):
        """Return samples with their geometry: those of the image that is shown, or those of some ids in any image."""
        if self._all is None:
            return []
        if ids is None:
            return [QgsFeature(feature) for feature in self.layer.getFeatures()]
        request = QgsFeatureRequest().setFilterFids([int(one) for one in ids])
        return [QgsFeature(feature) for feature in self._all.getFeatures(request)]

    def ids_of(self, values):
        """Return the ids of all samples of some class values, in every image of a collection."""
        if self._all is None:
            return []
        request = QgsFeatureRequest().setFlags(QgsFeatureRequest.NoGeometry)
        return [feature.id() for feature in self._all.getFeatures(request) if feature[VALUE] in set(values)]

    def totals(self):
        """Return a ``Total`` for each class that has samples, in all images, by class value."""
        counted = sorted(self._counts.items())
        return [Total(name, value, color, *numbers) for (value, name, color), numbers in counted]

    def copy(self, path):
        """Write all samples to another GeoPackage.

        Raises:
            SampleError: The file is the one that holds the samples, or cannot be written.
        """
        if os.path.abspath(path) == os.path.abspath(self.path):
            raise SampleError(f"{path} holds these samples already: choose another file for the copy")
        files.copy(self._all, path, self.raster.crs())

    def images(self):
        """Return the names of the images of a collection that have samples."""
        if self._all is None or not self.image:
            return set()
        return self._all.uniqueValues(self._all.fields().indexOf(IMAGE))

    def can_undo(self):
        """Return whether there is a step to take back."""
        return bool(self._done)

    def can_redo(self):
        """Return whether there is a step to do again."""
        return bool(self._undone)

    def undo(self):
        """Take the last step back; return the features that it had touched, none when there was no step."""
        if not self._done:
            return ()
        change = self._done.pop()
        self._write(change.added, change.removed)
        self._undone.append(change)
        self.changed.emit()
        return change.removed + change.added

    def redo(self):
        """Do the step again that was taken back; return the features that it touched, none when there was no step."""
        if not self._undone:
            return ()
        change = self._undone.pop()
        self._write(change.removed, change.added)
        self._done.append(change)
        self.changed.emit()
        return change.removed + change.added

    def show_image(self, raster, image):
        """Go on with another image of the collection; the steps that can be taken back stay.

        Args:
            raster: Its raster layer.
            image: Its name.
        """
        self.raster, self.image = raster, image
        if self._layer is not None:
            self._layer.removeSelection()
            self._filter()
            self._layer.triggerRepaint()
        self.changed.emit()

    def style(self):
        """Draw the samples in the colours of their classes; the legend has the classes that there are."""
        if self._layer is None:
            return
        rows = {total.value: (total.name, total.color) for total in self.totals()}
        if rows == self._styled:
            return
        self._styled = rows
        categories = [QgsRendererCategory(value, outline(color), name) for value, (name, color) in rows.items()]
        self._layer.setRenderer(QgsCategorizedSymbolRenderer(VALUE, categories))
        self._layer.triggerRepaint()
        self._layer.emitStyleChanged()

    def _open(self):
        """Open the file for changes and counts, whatever the project does with the layer that is shown."""
        everything = files.open_layer(self.path, "all")
        if bool(self.image) != (everything.fields().indexOf(IMAGE) >= 0):
            kind = "a raster layer" if self.image else "a folder of images"
            raise SampleError(f"{self.path} holds samples of {kind}: choose another file")
        theirs, ours = everything.crs(), self.raster.crs()
        if ours.isValid() and theirs != ours:
            crs = f"is in {theirs.authid() or 'no CRS'}, the raster in {ours.authid() or ours.description()}"
            raise SampleError(f"{self.path} {crs}: load it into a new file, which reprojects the samples")
        self._all = everything
        self._count_all()

    def _count_all(self):
        """Count the samples of the file; changes made here are counted as they are made."""
        self._counts = {}
        self._count(self._all.getFeatures(QgsFeatureRequest().setFlags(QgsFeatureRequest.NoGeometry)), 1)

    def _count(self, features, sign):
        """Add samples to the counts, or with -1 take them out."""
        for feature in features:
            color = tuple(_number(feature[name]) for name in (RED, GREEN, BLUE))
            key = (_number(feature[VALUE]), str(feature[NAME]), color)
            samples, pixels = self._counts.get(key, (0, 0))
            self._counts[key] = samples + sign, pixels + sign * _number(feature[COUNT])
            if not self._counts[key][0]:
                del self._counts[key]

    def _show(self):
        """Make the layer that is shown."""
        layer = files.open_layer(self.path, os.path.splitext(os.path.basename(self.path))[0])
        layer.setCrs(self.raster.crs())
        layer.willBeDeleted.connect(self._forget_layer)
        layer.afterCommitChanges.connect(self._edited)
        layer.committedGeometriesChanges.connect(self._recount)
        self._layer = layer
        self._styled = None
        self._filter()
        self.style()

    def _forget_layer(self):
        """Take note that the project removed the layer."""
        self._layer = None

    def _recount(self, _, geometries):
        """Count the pixels of samples again that were reshaped with QGIS's own tools."""
        counted = self._all.fields().indexOf(COUNT)
        changed = {number: {counted: count_pixels(shape, self.raster)} for number, shape in geometries.items()}
        self._all.dataProvider().changeAttributeValues(changed)

    def _edited(self):
        """Go on after an edit with QGIS's own tools, which the steps here know nothing of."""
        self._done, self._undone = [], []
        self._count_all()
        self.style()
        self.changed.emit()

    def _filter(self):
        """Show the samples of the present image only."""
        if self.image:
            text = self.image.replace("'", "''")
            self._layer.setSubsetString(f"\"{IMAGE}\" = '{text}'")

    def _feature(self, fields, geometry, class_):
        """Return a new sample, its shape made valid and cut to the raster."""
        feature = QgsFeature(fields)
        if self.image:
            feature[IMAGE] = self.image
        if geometry is None:
            feature[COUNT] = self.raster.width() * self.raster.height()
        else:
            shape = usable(geometry, self.raster)
            feature.setGeometry(shape)
            feature[COUNT] = count_pixels(shape, self.raster)
        return self._labelled(feature, class_)

    def _labelled(self, feature, class_):
        """Return a feature with the fields of a class."""
        feature[NAME], feature[VALUE] = class_.name, class_.value
        feature[RED], feature[GREEN], feature[BLUE] = class_.color
        return feature

    def _write(self, removed, added):
        """Change the file; features that are among both keep their place and change their attributes.

        Returns:
            The features that were added, with their ids.
        """
        provider = self._all.dataProvider()
        before, after = {feature.id() for feature in removed}, {feature.id() for feature in added}
        gone = [number for number in before if number not in after]
        if gone and not provider.deleteFeatures(gone):
            raise SampleError(f"{self.path} cannot be changed ({_why(provider)}): is it open elsewhere?")
        changed = {feature.id(): _attributes(feature) for feature in added if feature.id() in before}
        if changed and not provider.changeAttributeValues(changed):
            raise SampleError(f"{self.path} cannot be changed ({_why(provider)}): is it open elsewhere?")
        new = [_numbered(feature) for feature in added if feature.id() not in before]
        done, written = provider.addFeatures(new) if new else (True, [])
        if not done:
            raise SampleError(f"{self.path} cannot be written ({_why(provider)}): is it full or read-only?")
        self._count(removed, -1)
        self._count(added, 1)
        shown = self.layer
        shown.dataProvider().reloadData()
        shown.updateExtents()
        self.style()
        shown.triggerRepaint()
        return list(written)

    def _remember(self, change):
        """Put a step on the undo list and tell."""
        self._done.append(change)
        self._undone = []
        self.changed.emit()


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
            raise SampleError(f"the shape lies outside {raster.name()}: draw on the image")
    parts = [
        part for part in shape.asGeometryCollection() if part.type() == QgsWkbTypes.PolygonGeometry and part.area() > 0
    ]
    if not parts:
        raise SampleError("the shape has no area: draw it larger")
    return QgsGeometry.collectGeometry(parts)


def _attributes(feature):
    """Return the attributes of a feature by number, without its id."""
    return {number: value for number, value in enumerate(feature.attributes()) if number}


def _numbered(feature):
    """Return a feature that is saved under the id it had; a new one gets the next."""
    numbered = QgsFeature(feature)
    numbered[0] = feature.id() if feature.id() >= 0 else None
    return numbered


def _why(provider):
    """Return what the provider says went wrong."""
    errors = provider.errors()
    provider.clearErrors()
    return errors[-1] if errors else "no reason given"


def _number(value):
    """Return a whole number of a field, 0 where it is empty."""
    return 0 if value is None or value == NULL else int(value)
