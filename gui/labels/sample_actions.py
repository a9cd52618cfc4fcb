"""What is done with whole classes of samples, with the selected ones, and with files of samples."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QFileDialog, QInputDialog

from ...provider.words import counted, marked, tr
from . import sample_files
from .loading import read_rows
from .sample_files import SampleError
from .schema import LabelClass

POLYGONS = marked("Polygons (*.gpkg *.shp *.geojson *.fgb);;All files (*)")


def _said(method):
    """Return a method whose ``SampleError`` becomes a sentence of the pane; it returns False then."""

    def guarded(self, *arguments, **named):
        try:
            return method(self, *arguments, **named)
        except SampleError as error:
            self.pane.tell(str(error), bad=True)
            return False

    guarded.__doc__ = method.__doc__
    return guarded


class SampleActions:
    """Actions on the samples of a pane; each is one step that can be taken back."""

    def __init__(self, pane):
        """Act for a pane."""
        self.pane = pane

    @_said
    def label_image(self):
        """Give the whole image that is shown the chosen class; returns whether it has it."""
        if self.pane.folder is None or not self.pane.can_draw():
            return False
        class_ = self.pane.current_class()
        self.pane.samples.label_image(class_)
        self.pane.tell(tr("The whole image is {}.").format(class_.name))
        return True

    @_said
    def assign(self):
        """Give the selected samples the chosen class."""
        samples, class_ = self.pane.samples, self.pane.current_class()
        ids = samples.layer.selectedFeatureIds() if samples.exists else []
        if not ids or class_ is None:
            self.pane.tell(tr("No sample is selected: pick some with the arrow (V)."))
            return False
        samples.relabel(ids, class_)
        self.pane.tell(counted(len(ids), "{} sample became {}.", "{} samples became {}.", class_.name))
        return True

    def select_classes(self, values):
        """Select the samples of some class values on the map."""
        self.pane.samples.layer.selectByIds(self.pane.samples.ids_of(values))

    @_said
    def delete_classes(self, values):
        """Delete all samples of some class values."""
        ids = self.pane.samples.ids_of(values)
        self.pane.samples.remove(ids)
        self.pane.tell(
            counted(
                len(ids), "{} sample deleted; Ctrl+Z brings it back.", "{} samples deleted; Ctrl+Z brings them back."
            )
        )

    @_said
    def merge_classes(self, values, into=None):
        """Make the samples of several class values samples of one of them.

        Args:
            values: The class values.
            into: The value that stays; asked for when it is None.
        """
        totals = {total.value: total for total in self.pane.samples.totals() if total.value in values}
        names = [total.name for total in totals.values()]
        if into is None:
            name, fits = QInputDialog.getItem(self.pane, tr("Merge Classes"), tr("All become"), names, 0, False)
            if not fits:
                return False
            into = list(totals)[names.index(name)]
        kept = totals[into]
        class_ = self.pane.schema.by_value(into) or LabelClass(kept.name, kept.value, kept.color)
        ids = self.pane.samples.ids_of([value for value in values if value != into])
        self.pane.samples.relabel(ids, class_)
        self.pane.tell(
            counted(
                len(ids),
                "{} sample became {}; Ctrl+Z takes it back.",
                "{} samples became {}; Ctrl+Z takes it back.",
                class_.name,
            )
        )
        return True

    @_said
    def follow_class(self, value, class_):
        """Give samples the new name, value and colour of their class.

        Args:
            value: The value that the class had.
            class_: The class as it is now.
        """
        samples = self.pane.samples
        if samples is not None:
            samples.relabel(samples.ids_of([value]), class_)

    @_said
    def load(self, path=""):
        """Go on with a file of samples, or add the polygons of another file to those that are there."""
        pane = self.pane
        if pane.samples is None:
            pane.can_draw()
            return False
        path = path or QFileDialog.getOpenFileName(pane, tr("Load Samples"), "", tr(POLYGONS))[0]
        if not path:
            return False
        if sample_files.fits(path, pane.raster_layer, bool(pane.samples.image)):
            pane.use_samples(path)
            return True
        if pane.samples.image:
            raise SampleError(
                tr("{} names no images (field ImageName): load samples of a folder of images").format(path)
            )
        otherwise = pane.current_class() or LabelClass(tr("Object"), pane.schema.free_value())
        rows = read_rows(path, pane.raster_layer, pane.schema, otherwise)
        if not rows:
            raise SampleError(tr("{} has no polygon on {}: choose another file").format(path, pane.raster_layer.name()))
        pane.samples.add_many(rows)
        pane.editor.adopt(pane.samples.totals())
        pane.tell(counted(len(rows), "{} sample loaded.", "{} samples loaded."))
        return True

    @_said
    def save(self, path=""):
        """Write a copy of the samples to another file."""
        pane = self.pane
        if pane.samples is None or not pane.samples.exists:
            pane.tell(tr("There is no sample yet: draw some first."))
            return False
        path = path or QFileDialog.getSaveFileName(pane, tr("Save a Copy of the Samples"), "", "GeoPackage (*.gpkg)")[0]
        if not path:
            return False
        path = path if path.lower().endswith(".gpkg") else path + ".gpkg"
        pane.samples.copy(path)
        pane.tell(tr("A copy is in {}; drawing goes on in {}.").format(path, pane.samples.path))
        return True
