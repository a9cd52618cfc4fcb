"""Multi-labeled tiles: chips on a grid, each with all classes in it; an XML file a chip, with a list of their names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape  # nosec B406 # escapes, parses nothing

import numpy as np

from ..classes import ClassInfo
from ..errors import FeatureError
from ..job import Job
from ..raster.reading import RasterSource
from ..vector.labels import read_labels
from .chip_files import OneLabelFile
from .chip_names import ChipNames, labels_understood
from .chips import write_whole
from .class_source import ClassRasterLabels, is_raster
from .cutting import Cutting
from .exporting import GridCut
from .heads import Head
from .layout import Layout
from .listing import Listing
from .object_labels import tell_features_only
from .pascal_voc import annotation, named_chips
from .placed_classes import PlacedClasses
from .presence import FeaturePresence, PresentLabels, RasterPresence, StripPresence, names_in, parted
from .registry import ChipFile, LabelRequest, RunLabels, Understood, Written, sample_format
from .statistics import ObjectStatistics
from .turning import Turn

_LABEL_BYTES = 2048
"""A list of some classes and a world file."""


@sample_format("MultiLabeled_Tiles")
class MultiLabeledTiles(GridCut, OneLabelFile):
    """Makes, writes and reads ``labels/<chip>.xml``: the name of the one object lists the classes of the chip."""

    suffixes = (".xml",)
    drawn_from = "classes"
    any_size = True
    statistics = ObjectStatistics

    def labels(self, request: LabelRequest, job: Job) -> PresentLabels | ClassRasterLabels:
        """Return what has classes: features of any kind, or class rasters.

        Raises:
            FeatureError: There is nothing.
            RasterError: A raster is no class raster.
        """
        if request.source is None:
            raise FeatureError("no labels are given: choose labelled features or a class raster (in_class_data)")
        if is_raster(request.source):
            tell_features_only(request, False, job)
            return ClassRasterLabels(request.source, request.imagery, request.pixel_space, job)
        labels = read_labels(request.source, request.field, request.buffer_radius, job, lines=True, bare=True)
        return PresentLabels(parted(labels, job), request.imagery)

    def object_pixels(self, labels: RunLabels) -> None:
        """Which classes are in a chip asks for no size of objects."""

    def label_bytes(self, cutting: Cutting) -> int:
        """Return the bytes set aside for the label and world file of a chip."""
        return _LABEL_BYTES

    def labeller(
        self, labels: RunLabels, placed: Any, source: RasterSource, cutting: Cutting, turns: Sequence[Turn],
        statistics: ObjectStatistics,
    ) -> ListLabeller:  # fmt: skip
        """Return what lists the classes of the chips of one raster."""
        if isinstance(placed, PlacedClasses):
            presence: FeaturePresence | RasterPresence = RasterPresence(placed, labels, source, cutting, turns)
        else:
            presence = FeaturePresence(placed, cutting, turns)
        return ListLabeller(presence, _names(labels.classes), source, cutting, statistics)

    def tell(self, labels: RunLabels, statistics: ObjectStatistics, job: Job) -> None:
        """Say how many classes a chip has."""
        low, high = statistics.per_chip.limits()
        job.message(f"a chip has {low:.0f} to {high:.0f} classes, {statistics.per_chip.mean:.2f} on average")

    def recognises(self, listing: Listing) -> bool:
        """In folders of others XML files hold rectangles."""
        return False

    def read(self, layout: Layout, job: Job) -> list[ChipNames]:
        """Return the classes of each chip: those that its objects list."""
        found = []
        for said in named_chips(layout, job):
            found.append(ChipNames(names_in(",".join(said.names)), None, said.size, said.bands))
        return found

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the samples of all folders; names go before values."""
        return labels_understood(layouts, contents, heads, job, values_first=False)


class ListLabeller:
    """Writes the classes of the chips of one raster, strip by strip; a context manager."""

    def __init__(
        self, presence: FeaturePresence | RasterPresence, names: Mapping[int, str], source: RasterSource,
        cutting: Cutting, statistics: ObjectStatistics,
    ) -> None:  # fmt: skip
        """Write what ``presence`` knows by ``names``."""
        self._presence, self.names, self.statistics = presence, names, statistics
        self.shape = (len(source.bands), cutting.rows, cutting.cols)
        self.cell_area = abs(source.transform.determinant)

    def __enter__(self) -> ListLabeller:
        """Open what the labels are read from."""
        self._presence.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        """Close it."""
        self._presence.__exit__(*error)

    def strip(self, row: int, cols: np.ndarray) -> ListStrip:
        """Return the classes of the chips that begin in a row."""
        return ListStrip(self, self._presence.strip(row, cols))


class ListStrip:
    """The classes of one strip of chips, upright and turned."""

    def __init__(self, labeller: ListLabeller, strip: StripPresence) -> None:
        """Write what is present in a strip."""
        self._labeller, self._strip = labeller, strip

    def labelled(self, copy: int) -> Collection[int]:
        """Return the chips that have a class."""
        return self._strip.chips(copy)

    def write(self, copy: int, chip: int, file: ChipFile) -> Written:
        """Write the list of a chip; a chip without a class has no object."""
        labeller = self._labeller
        names = ",".join(labeller.names[value] for value in self._strip.present(copy, chip))
        _, rows, cols = labeller.shape
        text = annotation(file.image_name, labeller.shape, [(escape(names), 0, 0, cols, rows)] if names else [])
        with open(f"{file.folder}/{file.stem}.xml", "wb", buffering=0) as stream:
            write_whole(stream, text.encode("ascii", "xmlcharrefreplace"))
        return Written()

    def count(self, copy: int, chips: Sequence[int]) -> None:
        """Take the classes of the chips that were written into the statistics, each as one object."""
        found = [(chip, *entry) for chip in chips for entry in self._strip.present(copy, chip).items()]
        places, values, areas = np.array(found, np.float64).reshape(-1, 3).T
        statistics = self._labeller.statistics
        statistics.add(places.astype(np.int64), values.astype(np.int64), areas * self._labeller.cell_area, len(chips))


def _names(classes: Sequence[ClassInfo]) -> dict[int, str]:
    """Return how each class is written: its name; its value where a list of names would not tell it."""
    names = [entry.name.casefold() for entry in classes]
    return {
        entry.value: entry.name
        if entry.name.strip() == entry.name and "," not in entry.name and names.count(entry.name.casefold()) == 1
        else str(entry.value)
        for entry in classes
    }
