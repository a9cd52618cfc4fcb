"""The samples of a raster layer or of a collection of images: kept in a GeoPackage, written as they are drawn.

Every change is committed to the file before the call returns, so that a crash loses nothing. Shapes are in the CRS of
the raster layer; those of a collection are in pixels of their image, x the column and y minus the row, as QGIS draws
images without georeference. Changes can be taken back one by one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from qgis.core import (
    QgsCategorizedSymbolRenderer,
    QgsFeature,
    QgsFeatureRequest,
    QgsRendererCategory,
)
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ...algorithms.styling import outline
from ...provider.words import tr
from . import sample_files as files
from .counts import Counts
from .new_features import labelled, new_feature
from .pixel_count import count_pixels
from .sample_files import COUNT, IMAGE, VALUE, SampleError
from .writing import replace


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
        self._counts = Counts()
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
        features = [
            labelled(new_feature(fields, geometry, self.raster, self.image), class_) for geometry, class_ in rows
        ]
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
        after = [labelled(feature, class_) for feature in before]
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
        return self._counts.totals()

    def copy(self, path):
        """Write all samples to another GeoPackage.

        Raises:
            SampleError: The file is the one that holds the samples, or cannot be written.
        """
        if os.path.abspath(path) == os.path.abspath(self.path):
            raise SampleError(tr("{} holds these samples already: choose another file for the copy").format(path))
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
        change = self._done[-1]
        self._write(change.added, change.removed)
        self._undone.append(self._done.pop())
        self.changed.emit()
        return change.removed + change.added

    def redo(self):
        """Do the step again that was taken back; return the features that it touched, none when there was no step."""
        if not self._undone:
            return ()
        change = self._undone[-1]
        self._write(change.removed, change.added)
        self._done.append(self._undone.pop())
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
            kind = tr("a raster layer") if self.image else tr("a folder of images")
            raise SampleError(tr("{} holds samples of {}: choose another file").format(self.path, kind))
        theirs, ours = everything.crs(), self.raster.crs()
        if ours.isValid() and theirs != ours:
            text = tr("{} is in {}, the raster in {}: load it into a new file, which reprojects the samples")
            crs = theirs.authid() or tr("no CRS"), ours.authid() or ours.description()
            raise SampleError(text.format(self.path, *crs))
        self._all = everything
        self._count_all()

    def _count_all(self):
        """Count the samples of the file; changes made here are counted as they are made."""
        self._counts = Counts(self._all.getFeatures(QgsFeatureRequest().setFlags(QgsFeatureRequest.NoGeometry)))

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

    def _write(self, removed, added):
        """Change the file, the counts and what is shown; returns the new features, with their ids."""
        written = replace(self._all, self.path, removed, added)
        self._counts.add(removed, -1)
        self._counts.add(added, 1)
        shown = self.layer
        shown.dataProvider().reloadData()
        shown.updateExtents()
        self.style()
        shown.triggerRepaint()
        return written

    def _remember(self, change):
        """Put a step on the undo list and tell."""
        self._done.append(change)
        self._undone = []
        self.changed.emit()
