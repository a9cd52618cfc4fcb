"""What a run will do, settled and told before it starts: rasters, bands, cell sizes, tiles, memory, disk."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from ..classes import ClassInfo
from ..errors import OutputError, ParameterError, RasterError
from ..files import room_for, writable
from ..job import Job
from ..models.registry import get_architecture
from ..package.emd import ModelPackage
from ..raster.crs import asked_crs, crs_text
from ..raster.reading import RasterSource, raster_source
from ..raster.sources import list_rasters
from ..raster.views import UNPLACED, extent_bounds
from ..tools.arguments import DetectionArguments, ModelDefaults
from ..tools.detect_objects import DetectObjects
from ..tools.values import Extent, FeatureSource, FeatureTarget
from ..vector.geopackage import layers_of
from ..vector.reading import read_features, related
from ..vector.writing import output_path
from .area import MaskArea
from .detections import Array
from .kinds import KINDS
from .reading import AHEAD, sections
from .scale import model_cell_size, unit_name, working_cell_size
from .tiles import TileGrid

ROAD_MODELS = ("multitaskroadextractor", "connectnet")
"""Names of models whose pixels are roads, in small letters."""

DETECTIONS_A_TILE = 300
"""Objects a tile is expected to hold at most, for the estimate of the disk needed."""

BYTES_A_FEATURE = 250
"""Disk that a feature takes in a GeoPackage with its index."""


@dataclass(frozen=True)
class RasterPlan:
    """One raster of a run.

    Attributes:
        source: The raster through the grid of the run.
        grid: Its tiles.
        area: Where to look; None means everywhere.
        name: The raster's name in the output; empty when there is only one.
    """

    source: RasterSource
    grid: TileGrid
    area: MaskArea | None
    name: str


class ImageRequest(Protocol):
    """The parameters that every tool with images has."""

    @property
    def cell_size(self) -> str:
        """Cell size as asked for: a number, ``auto`` or empty."""

    @property
    def extent(self) -> Extent | None:
        """Part of the raster."""

    @property
    def use_pixelspace(self) -> bool:
        """Whether rows and columns stay as stored."""


def model_defaults(package: ModelPackage) -> ModelDefaults:
    """Return what a model says about its arguments."""
    emd = package.emd
    fixed, built_in = emd.get("BatchSize"), emd.get("ModelPadding")
    pairs = get_architecture(package.architecture).dates > 1
    roads = str(emd.get("ModelName", "")).replace(" ", "").lower() in ROAD_MODELS
    return ModelDefaults(
        tile=package.tile,
        padding=package.padding,
        threshold=package.threshold,
        batch_size=int(fixed) if isinstance(fixed, int | float) and fixed >= 1 else None,
        nms_overlap=ModelDefaults.nms_overlap if package.nms_overlap is None else package.nms_overlap,
        background=package.spec.background,
        kind="changes" if pairs else "edges" if emd.get("IsEdgeDetection") else "roads" if roads else "classes",
        learn_version=_version(emd.get("ArcGISLearnVersion")),
        built_in_padding=int(built_in) if isinstance(built_in, int | float) and built_in >= 1 else None,
        any_tile=bool(emd.get("SupportsVariableTileSize", True)),
    )


def _version(text: object) -> tuple[int, ...] | None:
    """Return a version such as ``1.8.4`` as numbers, None for anything else."""
    parts = str(text or "").strip().split(".")
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else None


def detection_arguments(request: DetectObjects, package: ModelPackage, job: Job) -> DetectionArguments:
    """Return the arguments of a run.

    Raises:
        ParameterError: An argument is unknown or out of range, or the second pass names a field that is not written.
    """
    if request.run_nms and request.confidence_score_field.casefold() != "confidence":
        raise ParameterError(
            f"confidence_score_field is {request.confidence_score_field}: the output has Confidence, give that"
        )
    if request.run_nms and request.class_value_field.casefold() not in ("", "class", "classvalue"):
        job.warn(f"class_value_field {request.class_value_field} is no field of the output: Class is taken")
    return KINDS[package.task].arguments.from_pairs(request.arguments, model_defaults(package), job)


def wanted_labels(asked: Sequence[str], classes: Sequence[ClassInfo]) -> Array:
    """Return (classes + 1,) bool by label: which classes are asked for.

    Args:
        asked: Names in any case, or values; none asks for all.
        classes: The model's classes; label 1 is the first.

    Raises:
        ParameterError: A class is not known to the model.
    """
    wanted = np.zeros(len(classes) + 1, bool)
    wanted[1:] = not asked
    for text in asked:
        matches = [index for index, entry in enumerate(classes, 1) if entry.name.casefold() == text.strip().casefold()]
        matches = matches or [index for index, entry in enumerate(classes, 1) if str(entry.value) == text.strip()]
        if not matches:
            known = ", ".join(f"{entry.name} ({entry.value})" for entry in classes)
            raise ParameterError(f"in_objects_of_interest names {text}: the model knows {known}, choose from these")
        wanted[matches] = True
    return wanted


def plan_rasters(
    request: DetectObjects, package: ModelPackage, arguments: DetectionArguments, job: Job
) -> list[RasterPlan]:
    """Return the rasters of a run with their tiles.

    Raises:
        RasterError: A raster is unreadable, lacks bands, or lies outside the extent.
        FeatureError: The mask layer cannot be related to a raster.
    """
    paths = list_rasters(request.in_raster)
    several = len(paths) > 1 or os.path.isdir(request.in_raster)
    sources = []
    for path in paths:
        job.check()
        source = fitted_source(path, request, package, several, job)
        if source is None:
            continue
        sources.append((source, os.path.basename(path) if several else ""))
    if not sources:
        raise RasterError(f"no raster of {request.in_raster} lies in the extent: choose one that overlaps them")
    tile = package.tile if arguments.tile_size is None else (arguments.tile_size, arguments.tile_size)
    plans = []
    for source, name in sources:
        grid = TileGrid(source.rows, source.cols, *tile, arguments.padding)
        area = None if request.mask is None else mask_area(request.mask, source, job)
        plans.append(RasterPlan(source, grid, area, name))
    return plans


def output_crs(request: DetectObjects, plans: Sequence[RasterPlan], job: Job) -> str | None:
    """Return the CRS of the output: the one asked for, else that of the first raster.

    Raises:
        RasterError: Rasters without a CRS are to be brought into one.
    """
    first = plans[0].source.crs
    asked = asked_crs(request.output_crs)
    target = asked or first
    if target is None and all(plan.source.crs is None for plan in plans):
        return None
    lost = next((plan.source.path for plan in plans if plan.source.crs is None), "")
    if lost or target is None:
        raise RasterError(f"{lost} has no CRS and the output needs one ({crs_text(target)}): give the raster its CRS")
    if asked is None and any(plan.source.crs != first for plan in plans):
        job.warn(f"the rasters have different CRSs: the output is in that of the first, {crs_text(target)}")
    return crs_text(target)


def tell_tiles(plans: Sequence[RasterPlan], padding: int, batch_size: int, job: Job) -> int:
    """Tell how many tiles of which size a run has, and return their number."""
    tiles = sum(len(plan.grid) for plan in plans)
    first = plans[0].source
    rows, cols = plans[0].grid.tile_rows, plans[0].grid.tile_cols
    unit, across, down = unit_name(first.crs), cols * first.cell_size[0], rows * first.cell_size[1]
    rasters = f" in {len(plans)} rasters" if len(plans) > 1 else ""
    job.message(
        f"{tiles} tiles of {cols} x {rows} pixels{rasters}, {across:.4g} x {down:.4g} {unit} on the ground, "
        f"padding {padding} pixels, {batch_size} in a batch"
    )
    return tiles


def announce(
    plans: Sequence[RasterPlan],
    arguments: DetectionArguments,
    target: FeatureTarget,
    job: Job,
) -> int:
    """Tell what will be done, refuse an output that cannot be written, and return the number of tiles.

    Raises:
        OutputError: The output's place is not writable or too full.
    """
    tiles = tell_tiles(plans, arguments.padding, arguments.batch_size, job)
    disk = 200_000 + tiles * DETECTIONS_A_TILE * BYTES_A_FEATURE
    memory = max(bytes_held(plan, arguments.batch_size) for plan in plans)
    job.message(
        f"memory for tiles {max(1, memory // 10**6)} MB beside the network's own, disk about {max(1, disk // 10**6)} MB"
    )
    room_for(check_layer(target), disk, "the detected objects")
    return tiles


def check_layer(target: FeatureTarget) -> Path:
    """Refuse now a layer that could not be written when everything is computed; return its file.

    Raises:
        OutputError: It has no format, or its place is not writable or taken by something else.
    """
    path, _, driver = output_path(target)
    if path.is_dir():
        raise OutputError(f"{path} is a folder: give the output a file name")
    if driver == "GPKG" and path.exists():
        try:
            layers_of(path)
        except sqlite3.Error as error:
            raise OutputError(f"{path} exists and is no GeoPackage: choose another file or remove it") from error
    writable(path)
    return path


def fitted_source(
    path: str, request: ImageRequest, package: ModelPackage, several: bool, job: Job
) -> RasterSource | None:
    """Return a raster with the bands and the cell size of the model; None for one of several outside the extent."""
    own = raster_source(path, job=Job(), pixel_space=request.use_pixelspace)
    if several and request.extent is not None and not meets(request.extent, own):
        job.message(f"{path} lies outside the extent: left out")
        return None
    bands = model_bands(own, package.bands, job)
    unplaced = own.crs is None and own.transform == UNPLACED and not request.cell_size
    trained = None if unplaced else model_cell_size(package.cell_size, package.crs, own)
    cell = None if unplaced else working_cell_size(request.cell_size, trained, own, job, fixed=request.use_pixelspace)
    return raster_source(
        path,
        job=job,
        extent=request.extent,
        cell_size=cell,
        bands=bands,
        pixel_space=request.use_pixelspace,
    )


def meets(extent: Extent, source: RasterSource) -> bool:
    """Return whether an extent and a raster have ground in common."""
    left, bottom, right, top = extent_bounds(extent, source.crs, source.path)
    west, south, east, north = source.bounds
    return left < east and west < right and bottom < north and south < top


def model_bands(source: RasterSource, wanted: Sequence[int | str], job: Job) -> list[int]:
    """Return which data bands of a raster the model gets, counted from 0, and say so.

    Raises:
        RasterError: The raster lacks one.
    """
    names = [name.casefold() for name in source.band_names]
    available = len(source.bands)
    if available < len(wanted):
        raise RasterError(
            f"{source.path} has {available} bands and the model needs {len(wanted)}: "
            "choose a raster with the bands it was trained on"
        )
    by_name = [names.index(str(band).casefold()) if str(band).casefold() in names else -1 for band in wanted]
    if all(isinstance(band, int) for band in wanted):
        found = [int(band) for band in wanted]
    elif min(by_name) >= 0:
        found = by_name
    elif not any(names):
        found = list(range(len(wanted)))
        asked = ", ".join(map(str, wanted))
        job.warn(f"{source.path} names no bands and the model wants {asked}: its first {len(wanted)} are taken")
    else:
        missing = ", ".join(str(band) for band, index in zip(wanted, by_name, strict=True) if index < 0)
        raise RasterError(
            f"{source.path} has no band {missing}; it has {', '.join(source.band_names)}: "
            "choose a raster with the model's bands"
        )
    if max(found) >= available:
        raise RasterError(
            f"the model takes band {max(found) + 1} and {source.path} has {available}: "
            "choose a raster with the bands it was trained on"
        )
    words = ", ".join(f"{index + 1} {source.band_names[index]}".strip() for index in found)
    job.message(f"bands of {Path(source.path).name} given to the model: {words} (of {available})")
    return found


def mask_area(mask: FeatureSource, source: RasterSource, job: Job) -> MaskArea:
    """Return the mask layer over a raster."""
    table = related(read_features(mask, job=job, geometry="polygon"), source.crs, job=job, other=source.path)
    return MaskArea(table.geometry, source.transform)


def bytes_held(plan: RasterPlan, batch_size: int) -> int:
    """Return the memory that strips and a batch of a raster take."""
    source, grid = plan.source, plan.grid
    pixel = len(source.bands) * np.dtype(source.dtype).itemsize + 1
    strip = max(section.window.width * section.window.height for section in sections(source, grid, range(1))) * pixel
    batch = batch_size * grid.tile_rows * grid.tile_cols * len(source.bands) * 4
    return strip * (AHEAD + 1) + 2 * batch
