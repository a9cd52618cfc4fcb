"""What is known of the chips of an export before the first one: their kind, and the record of their folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..raster.reading import RasterSource
from ..tools.export_training_data import ExportTrainingData
from .chips import SUFFIXES, ChipKind
from .exporting import LabelledRaster
from .record import FolderRecord, SecondRasters
from .registry import RunLabels, SampleFormat
from .sides import Side
from .statistics import PixelStatistics


def chip_kinds(request: ExportTrainingData, raster: LabelledRaster) -> list[ChipKind]:
    """Return the kind of a raster's chips, and of its second ones."""
    kinds = [_chip_kind(request, raster.source)]
    if raster.second is not None:
        kinds.append(replace(_chip_kind(request, raster.second.source), crs=raster.source.crs))
    return kinds


def _chip_kind(request: ExportTrainingData, source: RasterSource) -> ChipKind:
    """Return what the chips of a raster have in common; refuses what the image format cannot hold."""
    kind = ChipKind(
        image_format=request.image_chip_format,
        compression=request.compression if request.image_chip_format == "TIFF" else "NONE",
        bands=len(source.bands),
        rows=request.tile_size_y,
        cols=request.tile_size_x,
        dtype=source.dtype,
        band_names=source.band_names,
        crs=source.crs,
    )
    kind.check(source.path)
    return kind


def first_record(
    request: ExportTrainingData,
    side: Side,
    rasters: list[LabelledRaster],
    kinds: list[ChipKind],
    labels: RunLabels,
    form: SampleFormat,
) -> FolderRecord:
    """Return the record of a folder before the first chip; ``kinds`` are of the chips and of second ones, if any."""
    paths = [raster.second.source.path for raster in rasters if raster.second is not None]
    return replace(
        record_of_kinds(kinds, form, request.metadata_format, [side.names.get(path, path) for path in paths]),
        image_space=request.reference_system,
        classes=labels.classes,
        next_index=request.start_index,
        cell_sizes=[raster.source.cell_size for raster in rasters],
        unlabelled=labels.unlabelled,
        crop_tile_mode="Fixed_Size" if request.crop_mode == "FIXED_SIZE" else "Variable_Size",
        blacken_around_feature=request.blacken_around_feature,
    )


def record_of_kinds(kinds: list[ChipKind], form: SampleFormat, name: str, second: Iterable[str]) -> FolderRecord:
    """Return the record of a folder of which no more is known than the kind of its chips.

    Args:
        kinds: Of the chips, and of the second ones, if any.
        form: The format of the labels.
        name: Its name.
        second: What the second chips are cut from.
    """
    kind = kinds[0]
    return FolderRecord(
        metadata_format=name,
        image_suffix=SUFFIXES[kind.image_format][0],
        label_suffix=next(iter(form.suffixes), ""),
        bands=kind.bands,
        dtype=kind.dtype,
        cols=kind.cols,
        rows=kind.rows,
        image_space="MAP_SPACE",
        band_names=kind.band_names,
        classes=(),
        pixels=PixelStatistics.of_bands(kind.bands),
        labels=form.statistics(),
        crs=kind.crs,
        plain_folders=form.plain_folders,
        second=_second_record(kinds[1], second) if len(kinds) > 1 else SecondRasters(),
    )


def _second_record(kind: ChipKind, sources: Iterable[str]) -> SecondRasters:
    """Return the record of the second chips before the first one."""
    pixels = PixelStatistics.of_bands(kind.bands)
    return SecondRasters(kind.bands, kind.dtype, kind.band_names, pixels, list(dict.fromkeys(sources)))
