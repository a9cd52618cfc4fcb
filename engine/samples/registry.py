"""The label formats of training folders: one file each in this folder, found by scanning it.

A format says what the labels of an export are, how those of a strip of chips are made and written, which statistics
are kept of them, and how a folder's labels are read back. Nothing else knows formats apart.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from affine import Affine

from ..errors import EngineError, ParameterError
from ..job import Job
from ..tools.values import FeatureSource

if TYPE_CHECKING:
    from ..classes import ClassInfo
    from ..raster.reading import RasterSource
    from .chip_files import ChipFiles
    from .chip_rows import ChipRow
    from .chips import ChipKind
    from .cutting import Cutting
    from .exporting import LabelledRaster
    from .heads import Head
    from .layout import Layout
    from .listing import Listing
    from .record import FolderRecord
    from .samples import ChipSample
    from .statistics import LabelStatistics
    from .turning import Turn


FROM = ("images", "classes", "boxes", "outlines")
"""What is known of the objects in a chip, each more than the one before: nothing, which classes, where, their masks."""


@dataclass(frozen=True)
class LabelRequest:
    """What an export was asked for that concerns its labels.

    Attributes:
        source: Features, a raster, or a folder of rasters; None when nothing was given.
        field: Class value field of features.
        buffer_radius: Radius of the circles that points become, in the unit of the layer's CRS.
        imagery: The rasters to cut, in words for messages.
        pixel_space: Rasters are read as stored.
        least_share: Features with a smaller share of their area inside a chip are left out of it.
        frames: Each chip is the frame of an object.
        instances: What masks of instances are made from, in formats that have them beside label rasters; else None.
        instance_field: Class value field of the instances.
        paired: A second raster is given: every chip shows two dates.
    """

    source: FeatureSource | None
    field: str
    buffer_radius: float
    imagery: str
    pixel_space: bool = False
    least_share: float = 0.0
    frames: bool = False
    instances: FeatureSource | None = None
    instance_field: str = ""
    paired: bool = False


@dataclass(frozen=True)
class ChipFile:
    """Where the label of a chip goes.

    Attributes:
        folder: Folder of the labels.
        stem: File name without suffix.
        image_name: File name of the chip, without folder.
        transform: Pixel to map of the chip.
    """

    folder: Path
    stem: str
    image_name: str
    transform: Affine


@dataclass(frozen=True)
class Written:
    """What was written of a chip's label.

    Attributes:
        pixels: Value and count of its pixels, where the label is one raster of class values; else None.
        labels: Its label files, relative to the exported folder with ``/``; None for the one file of the chip's name.
    """

    pixels: tuple[tuple[int, int], ...] | None = None
    labels: tuple[str, ...] | None = None


class PlacedOnRaster(Protocol):
    """The labels of a run on the grid of one raster."""

    def __len__(self) -> int:
        """Return 0 when the raster has no label."""

    def touched(self, row: int, height: int, starts: np.ndarray, width: int) -> np.ndarray:
        """Return which chips of a strip may have labels: quick, and never too few."""


class RunLabels(Protocol):
    """The labels of an export, whatever they come from."""

    @property
    def classes(self) -> tuple[ClassInfo, ...]:
        """Classes in ascending order of their values; all that may occur on the rasters placed so far."""

    @property
    def numbered(self) -> bool:
        """Whether the labels say which class they are of; else there is one, named after the layer."""

    @property
    def unlabelled(self) -> int | None:
        """What 0 stands for in label rasters, see ``SampleSet``; None where labels are no rasters."""

    def on(self, source: RasterSource, job: Job) -> PlacedOnRaster:
        """Place the labels on a raster."""

    def bounds(self, source: RasterSource) -> np.ndarray | None:
        """Return (n, 4) float64 bounds of the labelled objects in a raster's CRS, None when they are no objects."""

    def tell(self, job: Job) -> None:
        """Say what lies outside the rasters, when all were placed; ``FeatureError`` when everything does."""


class StripLabels(Protocol):
    """The labels of one strip of chips; copy 0 is upright, the others are turned."""

    def labelled(self, copy: int) -> Collection[int]:
        """Return the chips of the strip that have a label."""

    def write(self, copy: int, chip: int, file: ChipFile) -> Written:
        """Write the label of a chip, one file or several; return what was written."""

    def count(self, copy: int, chips: Sequence[int]) -> None:
        """Take the labels of the chips that were written into the statistics."""


class Labeller(Protocol):
    """Makes the labels of one raster, strip by strip; a context manager."""

    def __enter__(self) -> Labeller: ...
    def __exit__(self, *error: Any) -> None: ...

    def strip(self, row: int, cols: np.ndarray) -> StripLabels:
        """Return the labels of the chips that begin in a row, at ascending columns; rows of one swath only grow."""


class ChipExporter(Protocol):
    """Writes chips and labels of one raster after another into one folder, and keeps the folder's record.

    Attributes:
        unpaired: Chips left out because the second raster has no valid pixel there.
    """

    unpaired: int

    def export(
        self, raster: LabelledRaster, kinds: Sequence[ChipKind], job: Job, done: Callable[[float], None]
    ) -> None:
        """Write the chips of one raster; ``kinds`` are of its chips and of second ones, if any."""


class Content(Protocol):
    """What the label of one chip says."""

    @property
    def size(self) -> tuple[int, int] | None:
        """Columns and rows of the chip as the label says, None when it does not."""

    @property
    def bands(self) -> int:
        """Bands of the chip as the label says, 0 when it does not."""


@dataclass(frozen=True)
class Understood:
    """What all labels of a training say.

    Attributes:
        samples: One a chip.
        classes: In ascending order of their values, each with a colour.
        unlabelled: See ``SampleSet``.
    """

    samples: Sequence[ChipSample]
    classes: tuple[ClassInfo, ...]
    unlabelled: int | None = None


class LabelReader(Protocol):
    """Reads the labels of training folders."""

    def read(self, layout: Layout, job: Job) -> Sequence[Content]:
        """Return what the label files of a folder say; ``SampleFolderError`` when one is broken."""

    def understand(
        self, layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
    ) -> Understood:
        """Return the samples of all folders, given what their labels say and the heads of all chips."""


class SampleFormat(LabelReader, Protocol):
    """Makes, writes and reads the labels of one metadata mode."""

    def recognises(self, listing: Listing) -> bool:
        """Return whether the files of a folder that no export tool wrote are of this format."""

    def chip_files(self, listing: Listing, rows: Mapping[str, ChipRow], job: Job) -> ChipFiles:
        """Return the chips of a folder and their label files; ``SampleFolderError`` when there are none.

        Args:
            listing: The folder.
            rows: Rows of our ``chips.csv`` by chip, empty in folders of others.
            job: Told what is left out.
        """

    @property
    def suffixes(self) -> tuple[str, ...]:
        """Suffixes of the label files, in lower case; the first is the one that is written."""

    @property
    def pairs(self) -> bool:
        """Whether a second raster may be exported beside the first."""

    @property
    def sides(self) -> tuple[str, ...]:
        """Folders in the output folder, an export each: of ``in_raster`` and ``in_raster2``; else one empty name."""

    @property
    def by_object(self) -> bool:
        """Whether one chip is cut for each object, not for each place of a grid."""

    @property
    def drawn_from(self) -> str:
        """What chips must have to be labelled: one of ``FROM``."""

    @property
    def takes_instances(self) -> bool:
        """Whether instances are given beside the labels of pixels."""

    @property
    def any_size(self) -> bool:
        """Whether the chips of a training may differ in size: they are squeezed to one."""

    @property
    def too_small(self) -> str:
        """What labels are that bear no chip because of their size, as the end of a sentence about them."""

    @property
    def plain_folders(self) -> bool:
        """Whether folders of classes have no blanks in their names, because paths of chips have none."""

    @property
    def label_folders(self) -> tuple[str, ...]:
        """Folders of the label files beside that of the chips; none in formats without label files."""

    @property
    def statistics(self) -> type[LabelStatistics]:
        """Statistics of the labels; made without arguments they are of nothing."""

    def labels(self, request: LabelRequest, job: Job) -> RunLabels:
        """Return the labels of an export."""

    def expected(self, raster: LabelledRaster, cutting: Cutting, job: Job) -> int:
        """Return how many chips of a raster an export writes at most, turned copies included."""

    def units(self, raster: LabelledRaster, cutting: Cutting) -> list[LabelledRaster]:
        """Return a raster in units of work, in order, each with its ``unit``: the same whatever works on them."""

    def exporter(self, folder: Path, cutting: Cutting, record: FolderRecord, labels: RunLabels) -> ChipExporter:
        """Return what cuts chips: on a grid, or one for each object."""

    def object_pixels(self, labels: RunLabels) -> float | None:
        """Return how many pixels across an object should be, None when the raster's own cell size is best."""

    def label_bytes(self, cutting: Cutting) -> int:
        """Return the bytes set aside for the label and world files of a chip."""

    def tell(self, labels: RunLabels, statistics: Any, job: Job) -> None:
        """Say what the user should know of the labels that were written."""

    def why_none(self, statistics: Any) -> str:
        """Return why no chip was written, empty when the labels themselves do not tell."""


class GridFormat(SampleFormat, Protocol):
    """A format whose chips lie on a grid."""

    def labeller(
        self, labels: RunLabels, placed: Any, source: RasterSource, cutting: Cutting, turns: Sequence[Turn],
        statistics: Any,
    ) -> Labeller:  # fmt: skip
        """Return what makes the labels of one raster and keeps the statistics."""


_FORMATS: dict[str, SampleFormat] = {}


def sample_format(name: str) -> Callable[[type[SampleFormat]], type[SampleFormat]]:
    """Register a class as the label format of a metadata mode, such as ``PASCAL_VOC_rectangles``.

    Raises:
        EngineError: The name is taken.
    """

    def register(kind: type[SampleFormat]) -> type[SampleFormat]:
        if name.casefold() in {known.casefold() for known in _FORMATS}:
            raise EngineError(f"the sample format {name} is registered twice: rename one")
        _FORMATS[name] = kind()
        return kind

    return register


def sample_formats() -> dict[str, SampleFormat]:
    """Return all label formats by name, in alphabetical order."""
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"{package}.{module.name}")
    return dict(sorted(_FORMATS.items()))


def get_sample_format(name: str) -> SampleFormat:
    """Return the label format of a metadata mode, in any case.

    Raises:
        ParameterError: There is none of that name.
    """
    formats = sample_formats()
    for known, entry in formats.items():
        if known.casefold() == name.casefold():
            return entry
    raise ParameterError(f"{name} is no label format that works here: choose one of {', '.join(formats)}")


def format_name(name: str) -> str | None:
    """Return a metadata mode in its own spelling, None when it is not known."""
    return next((known for known in sample_formats() if known.casefold() == name.casefold()), None)
