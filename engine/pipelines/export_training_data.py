"""Export Training Data For Deep Learning: rasters + labels -> chips + label files + statistics.

Nothing half written stays: chips go to a temporary folder that takes its place when all is written, metadata included.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely

from .. import files
from ..errors import FeatureError, ParameterError, RasterError
from ..job import Job
from ..raster.crs import crs_text
from ..raster.reading import RasterSource, raster_source
from ..raster.sources import list_rasters
from ..samples.cell_size import propose_cell_size, size_in_words
from ..samples.chips import SUFFIXES, ChipKind
from ..samples.cutting import Cutting
from ..samples.exporting import PARTS, LabelledRaster
from ..samples.pairing import SecondImages
from ..samples.placing import PlacedLabels, in_pixels
from ..samples.record import FolderRecord, SecondRasters
from ..samples.registry import LabelRequest, RunLabels, SampleFormat, get_sample_format
from ..samples.statistics import PixelStatistics
from ..samples.target import continued, earlier_record, staged
from ..tools.export_training_data import ExportTrainingData
from ..tools.values import FeatureSource
from ..vector.reading import FeatureTable, read_features, related

_TOO_SMALL = "the labels are smaller than a hundredth of a pixel"


def run(request: ExportTrainingData, job: Job) -> dict[str, str]:
    """Export chips and labels; see ExportTrainingData for the parameters."""
    out = Path(request.out_folder)
    form = get_sample_format(request.metadata_format)
    if request.in_raster2 and not form.pairs:
        raise ParameterError(
            f"in_raster2 is given and {request.metadata_format} has no second chips: leave it empty, or choose "
            f"Classified_Tiles"
        )
    earlier = earlier_record(out)
    paths = list_rasters(request.in_raster)
    labels = form.labels(_label_request(request, paths), job)
    rasters = labelled_rasters(request, paths, labels, form, job)
    cutting = _cutting(request)
    kinds = [_kinds(request, raster) for raster in rasters]
    record = new_record(request, rasters, kinds[0], labels, form)
    if earlier is not None:
        record = continued(earlier, record, labels.numbered, out, job)
    expected = [form.expected(raster, cutting, job) for raster in rasters]
    files.room_for(out, sum(expected) * (sum(kind.bytes for kind in kinds[0]) + form.label_bytes(cutting)), "the chips")
    before = len(record.chips)
    parts = (*PARTS[: len(kinds[0])], "labels")
    with staged(out, earlier is not None, parts, job) as folder:
        exporter = form.exporter(folder, cutting, record, labels)
        done = 0
        for raster, kind, count in zip(rasters, kinds, expected, strict=True):
            exporter.export(raster, kind, job, _progress(job, done, count, sum(expected)))
            done += count
        if len(record.chips) == before:
            raise FeatureError(no_chip(request, record, exporter.unpaired))
        met = record.labels.values()
        record.classes = tuple(entry for entry in record.classes if entry.value in met)
        record.write(folder, job)
    if exporter.unpaired:
        job.warn(f"{exporter.unpaired} chips are left out because {request.in_raster2} has no valid pixel there")
    form.tell(labels, record.labels, job)
    written = len(record.chips) - before
    job.message(f"{written} chips written; {out} holds {len(record.chips)} with {record.labels.words()}")
    return {"out_folder": str(out), "out_chips": str(written)}


def labelled_rasters(
    request: ExportTrainingData, paths: list[str], labels: RunLabels, form: SampleFormat, job: Job
) -> list[LabelledRaster]:
    """Return each raster with the labels on it, and with its second raster.

    Raises:
        RasterError: A raster is unfit, or the rasters of a folder differ in bands or pixel type.
        FeatureError: No label lies on any raster, or CRSs cannot be related.
    """
    mask = None if request.in_mask_polygons is None else read_mask(request.in_mask_polygons, job)
    pixel_space = request.reference_system == "PIXEL_SPACE"
    seconds = SecondImages(request.in_raster2, pixel_space, job) if request.in_raster2 else None
    cell_size = _wanted_cell_size(request, paths, labels, form, job)
    placed_masks: dict[str | None, FeatureTable | None] = {}
    rasters: list[LabelledRaster] = []
    for path in paths:
        job.check()
        source = _source(request, path, cell_size, job)
        placed = labels.on(source, job)
        crs = crs_text(source.crs)
        if crs not in placed_masks:
            placed_masks[crs] = None if mask is None else related(mask, source.crs, job=job, other=path)
        if source.rows < request.tile_size_y or source.cols < request.tile_size_x:
            job.warn(
                f"{path} ({source.cols} x {source.rows} pixels) is smaller than a chip: its chip is filled with "
                f"0 beside the raster"
            )
        if len(placed) or request.output_nofeature_tiles:
            second = None if seconds is None else seconds.on(source, job)
            rasters.append(LabelledRaster(source, placed, _mask_in_pixels(placed_masks[crs], source), second))
    labels.tell(job)
    if len(rasters) < len(paths):
        job.message(f"{len(paths) - len(rasters)} of {len(paths)} rasters have no label and are left out")
    _check_alike([raster.source for raster in rasters])
    _tell_size(request, rasters, labels, form, job)
    return rasters


def chip_kind(request: ExportTrainingData, source: RasterSource) -> ChipKind:
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


def new_record(
    request: ExportTrainingData,
    rasters: list[LabelledRaster],
    kinds: list[ChipKind],
    labels: RunLabels,
    form: SampleFormat,
) -> FolderRecord:
    """Return the record of the folder before the first chip; ``kinds`` are of the chips and of second ones, if any."""
    kind = kinds[0]
    return FolderRecord(
        metadata_format=request.metadata_format,
        image_suffix=SUFFIXES[kind.image_format][0],
        label_suffix=form.suffixes[0],
        bands=kind.bands,
        dtype=kind.dtype,
        cols=kind.cols,
        rows=kind.rows,
        image_space=request.reference_system,
        band_names=kind.band_names,
        classes=labels.classes,
        pixels=PixelStatistics.of_bands(kind.bands),
        labels=form.statistics(),
        next_index=request.start_index,
        cell_sizes=[raster.source.cell_size for raster in rasters],
        crs=kind.crs,
        unlabelled=labels.unlabelled,
        second=_second_record(rasters, kinds),
    )


def _second_record(rasters: list[LabelledRaster], kinds: list[ChipKind]) -> SecondRasters:
    """Return the record of the second chips before the first one."""
    if len(kinds) == 1:
        return SecondRasters()
    kind = kinds[1]
    paths = [raster.second.source.path for raster in rasters if raster.second is not None]
    return SecondRasters(
        kind.bands, kind.dtype, kind.band_names, PixelStatistics.of_bands(kind.bands), list(dict.fromkeys(paths))
    )


def read_mask(source: FeatureSource, job: Job) -> FeatureTable:
    """Return the polygons that chips must lie in.

    Raises:
        FeatureError: The layer is empty or holds no polygons.
    """
    mask = read_features(source, job=job, geometry="polygon")
    if not len(mask):
        raise FeatureError(f"the mask {mask.name} has no polygon: draw one, or leave in_mask_polygons empty")
    return mask


def no_chip(request: ExportTrainingData, record: FolderRecord, unpaired: int) -> str:
    """Return the sentence for an export in which no chip was left to write.

    Args:
        request: What was asked for.
        record: Of the folder, without a chip of this run.
        unpaired: Chips that were left out because the second raster has nothing there.
    """
    if unpaired:
        return (
            f"no chip was written: {request.in_raster2} has no valid pixel in any of the {unpaired} chips; choose a "
            f"second raster of the labelled ground"
        )
    reasons = []
    if request.in_mask_polygons is not None:
        reasons.append(
            f"no chip of {record.cols} x {record.rows} pixels with a label lies completely inside the mask polygons"
        )
    if request.min_polygon_overlap_ratio > 0:
        reasons.append(f"no label has {request.min_polygon_overlap_ratio:g} of its area inside one chip")
    if not reasons:
        what = "no label holds the centre of a pixel" if record.metadata_format == "Classified_Tiles" else _TOO_SMALL
        return f"no chip was written: {what}; choose imagery with smaller pixels, or a smaller cell_size"
    return f"no chip was written: {' or '.join(reasons)}; choose smaller chips, a larger mask or a smaller ratio"


def _label_request(request: ExportTrainingData, paths: list[str]) -> LabelRequest:
    """Return what concerns the labels."""
    imagery = f"the {len(paths)} rasters of {request.in_raster}" if len(paths) > 1 else request.in_raster
    return LabelRequest(
        source=request.in_class_data,
        field=request.class_value_field,
        buffer_radius=request.buffer_radius,
        imagery=imagery + (" within the extent" if request.extent is not None else ""),
        pixel_space=request.reference_system == "PIXEL_SPACE",
        least_share=request.min_polygon_overlap_ratio,
    )


def _cutting(request: ExportTrainingData) -> Cutting:
    """Return how chips are cut."""
    return Cutting(
        cols=request.tile_size_x,
        rows=request.tile_size_y,
        stride_x=request.stride_x,
        stride_y=request.stride_y,
        all_tiles=request.output_nofeature_tiles,
        least_share=request.min_polygon_overlap_ratio,
        angle=request.rotation_angle,
        compression=request.compression,
    )


def _kinds(request: ExportTrainingData, raster: LabelledRaster) -> list[ChipKind]:
    """Return the kind of a raster's chips, and of its second ones."""
    kinds = [chip_kind(request, raster.source)]
    if raster.second is not None:
        kinds.append(replace(chip_kind(request, raster.second.source), crs=raster.source.crs))
    return kinds


def _source(request: ExportTrainingData, path: str, cell_size: float | None, job: Job) -> RasterSource:
    """Return a raster on the grid of the run."""
    pixel_space = request.reference_system == "PIXEL_SPACE"
    return raster_source(path, job=job, extent=request.extent, cell_size=cell_size, pixel_space=pixel_space)


def _wanted_cell_size(
    request: ExportTrainingData, paths: list[str], labels: RunLabels, form: SampleFormat, job: Job
) -> float | None:
    """Return the cell size of the chips, None for the rasters' own."""
    text = request.cell_size.strip().lower()
    if not text:
        return None
    if text != "auto":
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number > 0):
            raise ParameterError(f"cell_size {request.cell_size!r} is no positive number: give a ground size, or auto")
        return number
    source = _source(request, paths[0], None, Job())
    pixels, bounds = form.object_pixels(labels), labels.bounds(source)
    if pixels is None or bounds is None:
        job.message(f"the raster's own cell size {source.cell_size[0]:.6g} is kept, as land cover needs every pixel")
        return None
    proposed = propose_cell_size(bounds, source.cell_size, pixels)
    if proposed is None:
        job.message(f"the raster's own cell size {source.cell_size[0]:.6g} suits the labelled objects and is kept")
    return proposed


def _tell_size(
    request: ExportTrainingData, rasters: list[LabelledRaster], labels: RunLabels, form: SampleFormat, job: Job
) -> None:
    """Say how large the labelled objects are in the chips."""
    pixels = form.object_pixels(labels)
    placed = [raster.placed.map_bounds for raster in rasters if isinstance(raster.placed, PlacedLabels)]
    if pixels is None or not placed:
        return
    bounds = np.concatenate(placed)
    used = rasters[0].source.cell_size
    own = raster_source(rasters[0].source.path, job=Job()).cell_size if request.cell_size.strip() else used
    job.message(size_in_words(bounds, own, used, propose_cell_size(bounds, own, pixels)))


def _mask_in_pixels(mask: FeatureTable | None, source: RasterSource) -> shapely.Geometry | None:
    """Return the union of the mask polygons in pixels of a raster, ready for many questions."""
    if mask is None:
        return None
    union = shapely.union_all(in_pixels(mask.geometry, ~source.transform))
    shapely.prepare(union)
    return union


def _check_alike(sources: list[RasterSource]) -> None:
    """Refuse rasters whose chips would not go into one folder."""
    first = sources[0]
    for source in sources[1:]:
        if (len(source.bands), source.dtype) != (len(first.bands), first.dtype):
            raise RasterError(
                f"{source.path} has {len(source.bands)} bands of {source.dtype} and {first.path} has "
                f"{len(first.bands)} of "
                f"{first.dtype}: chips of one folder are alike; export them to folders of their own"
            )


def _progress(job: Job, done: int, count: int, total: int) -> Callable[[float], None]:
    """Return a function that reports the share of one raster as progress of the run."""

    def report(share: float) -> None:
        job.progress((done + count * share) / max(total, 1), "Exporting chips")

    return report
