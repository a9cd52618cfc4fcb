"""What an export will cut: rasters with the labels on them, the kinds of chips, the record of what is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import ParameterError, RasterError
from ..job import Job
from ..raster.reading import RasterSource, raster_source
from ..tools.export_training_data import ExportTrainingData
from .cell_size import tell_size, wanted_cell_size
from .chips import ChipKind
from .cutting import Cutting
from .exporting import PARTS, LabelledRaster
from .first_record import chip_kinds, first_record
from .mask_polygons import MaskPolygons
from .pairing import SecondImages
from .placing import PlacedLabels
from .record import FolderRecord
from .registry import LabelRequest, RunLabels, SampleFormat, sample_formats
from .sides import Side


@dataclass(frozen=True)
class Unit:
    """Some chips that are cut in one go.

    Attributes:
        raster: What is cut.
        kinds: Of its chips, and of its second chips if there are any.
        expected: Number of chips at most.
    """

    raster: LabelledRaster
    kinds: Sequence[ChipKind]
    expected: int


@dataclass(frozen=True)
class Plan:
    """What an export writes into one folder.

    Attributes:
        side: The folder inside the output folder, and the images it is cut from.
        form: Format of the labels.
        labels: The labels.
        cutting: How chips are cut.
        units: What is cut, in this order.
        record: What is known of the folder before the first chip.
    """

    side: Side
    form: SampleFormat
    labels: RunLabels
    cutting: Cutting
    units: Sequence[Unit]
    record: FolderRecord

    @property
    def expected(self) -> int:
        """Number of chips at most."""
        return sum(unit.expected for unit in self.units)

    @property
    def bytes(self) -> int:
        """Bytes of all files at most, uncompressed."""
        labels = self.form.label_bytes(self.cutting)
        return sum(unit.expected * (sum(kind.bytes for kind in unit.kinds) + labels) for unit in self.units)

    @property
    def parts(self) -> tuple[str, ...]:
        """The sub-folders of chips and labels."""
        return (*PARTS[: len(self.units[0].kinds)], *self.form.label_folders)

    @property
    def folders(self) -> list[str]:
        """The sub-folders of chips and labels, relative to the output folder."""
        return [f"{self.side.name}/{part}".lstrip("/") for part in self.parts]


def planned(request: ExportTrainingData, side: Side, form: SampleFormat, job: Job) -> Plan:
    """Look at the rasters and labels of an export.

    Raises:
        RasterError: A raster is unfit, or the rasters of a folder differ in bands or pixel type.
        FeatureError: No label lies on any raster, or CRSs cannot be related.
        ParameterError: The chip format cannot hold the pixels.
    """
    _check_objects(request, form, job)
    _check_instances(request, form)
    labels = form.labels(_label_request(request, side), job)
    cutting = _cutting(request)
    rasters = _labelled_rasters(request, side, cutting, labels, form, job)
    kinds = [chip_kinds(request, raster) for raster in rasters]
    record = first_record(request, side, rasters, kinds[0], labels, form)
    units = [
        Unit(unit, kind, form.expected(unit, cutting, job))
        for raster, kind in zip(rasters, kinds, strict=True)
        for unit in form.units(raster, cutting)
    ]
    return Plan(side, form, labels, cutting, units, record)


def _check_objects(request: ExportTrainingData, form: SampleFormat, job: Job) -> None:
    """Refuse what only chips of objects have where chips lie on a grid, and say what they have no use for."""
    if form.by_object:
        if request.output_nofeature_tiles:
            job.warn(f"output_nofeature_tiles has no effect: {request.metadata_format} has one chip for each object")
        return
    given = [request.crop_mode] if request.crop_mode != "FIXED_SIZE" else []
    given += ["BLACKEN_AROUND_FEATURE"] if request.blacken_around_feature else []
    if given:
        others = [name for name, other in sample_formats().items() if other.by_object]
        raise ParameterError(
            f"{given[0]} is for chips of objects and {request.metadata_format} cuts chips on a grid: leave it out, or "
            f"choose metadata_format {' or '.join(others)}"
        )


def _check_instances(request: ExportTrainingData, form: SampleFormat) -> None:
    """Refuse instances beside labels where the format has no use for them, and their absence where it needs them."""
    given = "in_instance_data" if request.in_instance_data is not None else ""
    given = given or ("instance_class_value_field" if request.instance_class_value_field else "")
    if form.takes_instances and request.in_instance_data is None:
        raise ParameterError(
            f"{request.metadata_format} has masks of instances beside the classes of pixels, and in_instance_data is "
            f"empty: give the instances"
        )
    if given and not form.takes_instances:
        others = [name for name, other in sample_formats().items() if other.takes_instances]
        raise ParameterError(
            f"{given} is given and {request.metadata_format} has one kind of labels, from in_class_data: leave it "
            f"empty, or choose metadata_format {' or '.join(others)}"
        )


def _labelled_rasters(
    request: ExportTrainingData, side: Side, cutting: Cutting, labels: RunLabels, form: SampleFormat, job: Job
) -> list[LabelledRaster]:
    """Return each raster with the labels on it, and with its second raster; those without a chip are left out."""
    pixel_space = request.reference_system == "PIXEL_SPACE"
    mask = MaskPolygons(request.in_mask_polygons, job)
    seconds = SecondImages(side.second, side.seconds, pixel_space, job) if side.seconds else None
    source_of = _source_of(request)
    pixels = form.object_pixels(labels)
    cell_size = wanted_cell_size(request.cell_size, lambda: source_of(side.paths[0], None, Job()), labels, pixels, job)
    rasters: list[LabelledRaster] = []
    for path in side.paths:
        job.check()
        source = source_of(path, cell_size, job)
        placed = labels.on(source, job)
        inside = mask.on(source)
        if cutting.fixed and (source.rows < cutting.rows or source.cols < cutting.cols):
            job.warn(
                f"{path} ({source.cols} x {source.rows} pixels) is smaller than a chip: its chip is filled with "
                f"0 beside the raster"
            )
        if request.image_chip_format == "MRF" and (
            cutting.angle or not source.transform.b == 0.0 == source.transform.d
        ):
            job.warn("MRF places chips by their bounds: rotated ones have their place in the world file only")
        if len(placed) or cutting.all_tiles:
            second = None if seconds is None else seconds.on(source, job)
            rasters.append(LabelledRaster(source, placed, inside, second, side.names.get(path, path)))
    labels.tell(job)
    if len(rasters) < len(side.paths):
        job.message(f"{len(side.paths) - len(rasters)} of {len(side.paths)} rasters have no label and are left out")
    _check_alike([raster.source for raster in rasters])
    used = rasters[0].source.cell_size
    own = source_of(rasters[0].source.path, None, Job()).cell_size if cell_size else used
    bounds = [raster.placed.map_bounds for raster in rasters if isinstance(raster.placed, PlacedLabels)]
    tell_size(own, used, bounds, pixels, job)
    return rasters


def _source_of(request: ExportTrainingData) -> Callable[[str, float | None, Job], RasterSource]:
    """Return what looks at a raster on the grid of the run, given its path and a cell size."""
    pixel_space = request.reference_system == "PIXEL_SPACE"
    return lambda path, cell_size, job: raster_source(
        path, job=job, extent=request.extent, cell_size=cell_size, pixel_space=pixel_space
    )


def _label_request(request: ExportTrainingData, side: Side) -> LabelRequest:
    """Return what concerns the labels."""
    return LabelRequest(
        source=request.in_class_data,
        field=request.class_value_field,
        buffer_radius=request.buffer_radius,
        imagery=side.words + (" within the extent" if request.extent is not None else ""),
        pixel_space=request.reference_system == "PIXEL_SPACE",
        least_share=request.min_polygon_overlap_ratio,
        frames=request.crop_mode == "BOUNDING_BOX",
        instances=request.in_instance_data,
        instance_field=request.instance_class_value_field,
        paired=bool(request.in_raster2),
    )


def _cutting(request: ExportTrainingData) -> Cutting:
    """Return how chips are cut; without labels every tile is."""
    return Cutting(
        cols=request.tile_size_x,
        rows=request.tile_size_y,
        stride_x=request.strides[0],
        stride_y=request.strides[1],
        all_tiles=request.output_nofeature_tiles or request.in_class_data is None,
        least_share=request.min_polygon_overlap_ratio,
        angle=request.rotation_angle,
        compression=request.compression,
        fixed=request.crop_mode == "FIXED_SIZE",
        blacken=request.blacken_around_feature,
    )


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
