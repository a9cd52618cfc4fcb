"""Export Training Data For Deep Learning: rasters + labels -> chips + label files + statistics.

Nothing half written stays: chips go to a temporary folder that takes its place when all is written, metadata included.
"""

from __future__ import annotations

import math
from collections.abc import Callable
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
from ..samples.exporting import Cutting, Exporter, LabelledRaster, touched_chips
from ..samples.placing import PlacedLabels, in_pixels
from ..samples.record import FolderRecord
from ..samples.registry import SampleFormat, get_sample_format
from ..samples.statistics import ObjectStatistics, PixelStatistics
from ..samples.target import continued, earlier_record, staged
from ..tools.export_training_data import ExportTrainingData
from ..tools.values import FeatureSource
from ..vector.labels import Labels, read_labels
from ..vector.reading import FeatureTable, read_features, related

_LABEL_BYTES = 2048
"""Bytes set aside for the label and world file of a chip."""


def run(request: ExportTrainingData, job: Job) -> dict[str, str]:
    """Export chips and labels; see ExportTrainingData for the parameters."""
    out = Path(request.out_folder)
    earlier = earlier_record(out)
    form = get_sample_format(request.metadata_format)
    paths = list_rasters(request.in_raster)
    labels = read_labels(request.in_class_data, request.class_value_field, request.buffer_radius, job)
    rasters = labelled_rasters(request, paths, labels, job)
    cutting = Cutting(
        cols=request.tile_size_x,
        rows=request.tile_size_y,
        stride_x=request.stride_x,
        stride_y=request.stride_y,
        all_tiles=request.output_nofeature_tiles,
        least_share=request.min_polygon_overlap_ratio,
        angle=request.rotation_angle,
    )
    kinds = [chip_kind(request, raster.source) for raster in rasters]
    record = new_record(request, rasters, kinds, labels, form)
    if earlier is not None:
        record = continued(earlier, record, labels.numbered, out, job)
    expected = [touched_chips(raster, cutting) for raster in rasters]
    files.room_for(out, sum(expected) * (kinds[0].bytes + _LABEL_BYTES), "the chips")
    before = len(record.chips)
    with staged(out, earlier is not None, job) as folder:
        exporter = Exporter(folder, cutting, record, form)
        done = 0
        for raster, kind, count in zip(rasters, kinds, expected, strict=True):
            exporter.export(raster, kind, job, _progress(job, done, count, sum(expected)))
            done += count
        if len(record.chips) == before:
            raise FeatureError(no_chip(request, record))
        record.classes = tuple(entry for entry in record.classes if entry.value in record.objects.areas_by_class)
        record.write(folder, job)
    written = len(record.chips) - before
    job.message(
        f"{written} chips written; {out} holds {len(record.chips)} with {record.objects.objects} labelled objects"
    )
    return {"out_folder": str(out), "out_chips": str(written)}


def labelled_rasters(request: ExportTrainingData, paths: list[str], labels: Labels, job: Job) -> list[LabelledRaster]:
    """Return each raster with the labels on it.

    Raises:
        RasterError: A raster is unfit, or the rasters of a folder differ in bands or pixel type.
        FeatureError: No label lies on any raster, or CRSs cannot be related.
    """
    mask = None if request.in_mask_polygons is None else read_mask(request.in_mask_polygons, job)
    cell_size = _wanted_cell_size(request, paths, labels, job)
    placed_labels: dict[str | None, Labels] = {}
    placed_masks: dict[str | None, FeatureTable | None] = {}
    rasters: list[LabelledRaster] = []
    reached = np.zeros(len(labels), bool)
    for path in paths:
        job.check()
        source = _source(request, path, cell_size, job)
        crs = crs_text(source.crs)
        if crs not in placed_labels:
            placed_labels[crs] = labels.in_crs(source.crs, path, job)
            placed_masks[crs] = None if mask is None else related(mask, source.crs, job=job, other=path)
        placed = PlacedLabels(placed_labels[crs], source)
        reached[placed.rows] = True
        if source.rows < request.tile_size_y or source.cols < request.tile_size_x:
            job.warn(
                f"{path} ({source.cols} x {source.rows} pixels) is smaller than a chip: its chip is filled with "
                f"0 beside the raster"
            )
        if len(placed) or request.output_nofeature_tiles:
            rasters.append(LabelledRaster(source, placed, _mask_in_pixels(placed_masks[crs], source)))
    if not reached.any():
        where = f"the {len(paths)} rasters of {request.in_raster}" if len(paths) > 1 else request.in_raster
        extent = " within the extent" if request.extent is not None else ""
        raise FeatureError(
            f"none of the {len(labels)} labels of {labels.table.name} lies on {where}{extent}: check the layer, "
            f"its CRS and the extent"
        )
    if outside := int(len(labels) - reached.sum()):
        job.message(f"{outside} of {len(labels)} labels lie outside the imagery and are left out")
    if len(rasters) < len(paths):
        job.message(f"{len(paths) - len(rasters)} of {len(paths)} rasters have no label and are left out")
    _check_alike([raster.source for raster in rasters])
    _tell_size(request, rasters, job)
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
    labels: Labels,
    form: SampleFormat,
) -> FolderRecord:
    """Return the record of the folder before the first chip."""
    kind = kinds[0]
    return FolderRecord(
        metadata_format=request.metadata_format,
        image_suffix=SUFFIXES[kind.image_format][0],
        label_suffix=form.suffix,
        bands=kind.bands,
        dtype=kind.dtype,
        cols=kind.cols,
        rows=kind.rows,
        image_space=request.reference_system,
        band_names=kind.band_names,
        classes=labels.classes,
        pixels=PixelStatistics.of_bands(kind.bands),
        objects=ObjectStatistics(),
        next_index=request.start_index,
        cell_sizes=[raster.source.cell_size for raster in rasters],
        crs=kind.crs,
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


def no_chip(request: ExportTrainingData, record: FolderRecord) -> str:
    """Return the sentence for an export in which no chip was left to write."""
    reasons = []
    if request.in_mask_polygons is not None:
        reasons.append(
            f"no chip of {record.cols} x {record.rows} pixels with a label lies completely inside the mask polygons"
        )
    if request.min_polygon_overlap_ratio > 0:
        reasons.append(f"no label has {request.min_polygon_overlap_ratio:g} of its area inside one chip")
    reason = " or ".join(reasons) or "the labels are smaller than a hundredth of a pixel"
    return f"no chip was written: {reason}; choose smaller chips, a larger mask or a smaller ratio"


def _source(request: ExportTrainingData, path: str, cell_size: float | None, job: Job) -> RasterSource:
    """Return a raster on the grid of the run."""
    pixel_space = request.reference_system == "PIXEL_SPACE"
    return raster_source(path, job=job, extent=request.extent, cell_size=cell_size, pixel_space=pixel_space)


def _wanted_cell_size(request: ExportTrainingData, paths: list[str], labels: Labels, job: Job) -> float | None:
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
    silent = Job()
    source = _source(request, paths[0], None, silent)
    bounds = shapely.bounds(labels.in_crs(source.crs, paths[0], silent).table.geometry)
    proposed = propose_cell_size(bounds, source.cell_size)
    if proposed is None:
        job.message(f"the raster's own cell size {source.cell_size[0]:.6g} suits the labelled objects and is kept")
    return proposed


def _tell_size(request: ExportTrainingData, rasters: list[LabelledRaster], job: Job) -> None:
    """Say how large the labelled objects are in the chips."""
    bounds = np.concatenate([raster.labels.map_bounds for raster in rasters])
    used = rasters[0].source.cell_size
    own = raster_source(rasters[0].source.path, job=Job()).cell_size if request.cell_size.strip() else used
    job.message(size_in_words(bounds, own, used, propose_cell_size(bounds, own)))


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
