"""Writing the chips of a conversion one after another into a folder of ours, with all that an export writes."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import ParameterError
from ..job import Job
from ..raster.grid import starts
from ..raster.reading import RasterSource
from ..raster.views import UNPLACED
from ..samples.chips import SUFFIXES, ChipKind
from ..samples.cutting import Cutting
from ..samples.exporting import PARTS
from ..samples.first_record import record_of_kinds
from ..samples.folder import SampleSet
from ..samples.record import FolderRecord
from ..samples.registry import SampleFormat
from ..tools.convert_training_data import ConvertTrainingData
from .chips import ChipRasters, LabelledChip

LARGEST_WHOLE = 1024
"""Chips of differing sizes are filled up to the largest of them, unless that is larger."""

_ALIKE = {".tiff": ".tif", ".jpeg": ".jpg"}


def cutting_of(request: ConvertTrainingData, samples: SampleSet, form: SampleFormat, job: Job) -> Cutting:
    """Return how chips are cut: as they are, to the asked size, or to that of the largest.

    Args:
        request: What was asked for.
        samples: The training data.
        form: Format that is written.
        job: Told when chips are cut or filled up without having been asked.
    """
    shapes = np.array([sample.shape for sample in samples.samples])
    rows, cols = (int(side) for side in shapes[:, 1:].max(axis=0))
    alike = bool((shapes[:, 1:] == shapes[0, 1:]).all())
    if request.tile_size:
        rows = cols = request.tile_size
    elif not alike and not form.by_object:
        rows, cols = min(rows, LARGEST_WHOLE), min(cols, LARGEST_WHOLE)
        job.warn(
            f"the chips differ in size and a training needs them alike: they are cut and filled up with 0 to "
            f"{cols} x {rows} pixels; tile_size chooses another size"
        )
    return Cutting(
        cols=cols,
        rows=rows,
        stride_x=min(request.stride or cols, cols),
        stride_y=min(request.stride or rows, rows),
        all_tiles=request.output_nofeature_tiles or form.drawn_from == "images",
        least_share=0.0,
        angle=0.0,
        fixed=bool(request.tile_size) or not form.by_object,
    )


def image_format(request: ConvertTrainingData, samples: SampleSet, cutting: Cutting) -> str:
    """Return the format of the chips: the asked one, else their own; JPEG that must be cut anew becomes PNG."""
    if request.image_chip_format:
        return request.image_chip_format
    suffixes = {_suffix(sample.image) for sample in samples.samples}
    whole = all(sample.shape is None or sample.shape[1:] == (cutting.rows, cutting.cols) for sample in samples.samples)
    found = next((name for name, known in SUFFIXES.items() if suffixes == {known[0]}), "TIFF")
    return "PNG" if found == "JPEG" and not whole else found


def chips_at_most(samples: SampleSet, cutting: Cutting) -> int:
    """Return how many chips are cut on a grid."""
    shapes = [sample.shape for sample in samples.samples if sample.shape is not None]
    return sum(
        len(starts(rows, cutting.rows, cutting.stride_y)) * len(starts(cols, cutting.cols, cutting.stride_x))
        for _, rows, cols in shapes
    )


class ConvertedFolder:
    """Writes chips into a folder, and keeps its record.

    Attributes:
        record: What is known of the folder.
        copied: Chips whose file is that of the source, byte for byte.
    """

    def __init__(self, folder: Path, form: SampleFormat, cutting: Cutting, record: FolderRecord) -> None:
        """Write into the sub-folders of chips and labels, which exist."""
        self._folder, self._form, self._cutting, self.record = folder, form, cutting, record
        self.copied = 0

    def write(self, chip: LabelledChip, kinds: list[ChipKind], job: Job) -> None:
        """Write the chips that are cut from one chip.

        Args:
            chip: What is cut.
            kinds: What its chips have in common, and its second ones.
            job: Asked for a cancel.
        """
        before = len(self.record.chips)
        for unit in self._form.units(chip.raster, self._cutting):
            exporter = self._form.exporter(self._folder, self._cutting, self.record, chip.labels)
            exporter.export(unit, kinds, job, _nothing)
        rows = self.record.chips[before:]
        source = chip.raster.source
        if source.transform == UNPLACED:
            unknown = (np.nan,) * 4
            self.record.chips[before:] = [replace(row, bounds=unknown) for row in rows]
        if len(rows) == 1 and self._is_whole(source):
            place = "/".join(part for part in (PARTS[0], rows[0].folder, rows[0].chip) if part)
            shutil.copyfile(source.path, self._folder / f"{place}{self.record.image_suffix}")
            self.copied += 1

    def _is_whole(self, source: RasterSource) -> bool:
        """Return whether the file of a chip can be taken as it is: it has the size, the format and the bands."""
        same = (source.rows, source.cols) == (self._cutting.rows, self._cutting.cols)
        plain = source.always_valid and len(set(source.bands)) == len(source.bands)
        return same and plain and not self._form.by_object and _suffix(Path(source.path)) == self.record.image_suffix


def record_of(
    samples: SampleSet, request: ConvertTrainingData, form: SampleFormat, kinds: list[ChipKind], cutting: Cutting
) -> FolderRecord:
    """Return the record of the folder before the first chip; ``kinds`` are of the chips and of second ones, if any."""
    return replace(
        record_of_kinds(kinds, form, request.metadata_format, ["second chips"]),
        image_space=samples.image_space,
        classes=samples.classes if form.drawn_from != "images" else (),
        cell_sizes=[] if samples.cell_size is None else [samples.cell_size],
        unlabelled=None if form.statistics.features else samples.unlabelled,
        crop_tile_mode="Fixed_Size" if cutting.fixed else "Variable_Size",
    )


def kinds_of(
    rasters: ChipRasters, source: RasterSource, second: RasterSource | None, format_name: str, cutting: Cutting
) -> list[ChipKind]:
    """Return the kind of the chips cut from one chip, and of its second ones.

    Raises:
        ParameterError: The format cannot hold the pixels.
    """
    kinds = []
    for raster in (source, *([] if second is None else [second])):
        kind = ChipKind(
            format_name,
            "NONE",
            len(raster.bands),
            cutting.rows,
            cutting.cols,
            raster.dtype,
            raster.band_names,
            source.crs,
        )
        try:
            kind.check(raster.path)
        except ParameterError as error:
            raise ParameterError(f"image_chip_format does not suit: {error}") from error
        kinds.append(kind)
    return kinds


def _suffix(path: Path) -> str:
    """Return the suffix of a file as we write it."""
    suffix = path.suffix.lower()
    return _ALIKE.get(suffix, suffix)


def _nothing(share: float) -> None:
    """Progress is counted in chips of the source."""
