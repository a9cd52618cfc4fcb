"""The grid on which the pixels of an image are classified, and the grid on which the result is written."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from affine import Affine
from rasterio.crs import CRS
from rasterio.warp import calculate_default_transform

from ..errors import ParameterError, RasterError
from ..job import Job
from ..package.emd import ModelPackage
from ..raster.class_output import OutputGrid
from ..raster.crs import GDAL_ERRORS, asked_crs, crs_text
from ..raster.opening import first_line
from ..raster.pairs import pair_source
from ..raster.reading import RasterSource, raster_source
from ..raster.views import UNPLACED, View, cell_size_of
from ..tools.arguments import PixelArguments
from ..tools.pixel_runs import PixelRun
from .preparation import RasterPlan, fitted_source, mask_area, model_bands
from .scale import warn_of_cells
from .tiles import TileGrid

STEP = 32
"""Sides of tiles that are fitted to a small image are multiples of this, which is what networks halve."""

ALIGNED = 1e-3
"""Share of a cell by which edges may differ and count as aligned."""


@dataclass(frozen=True)
class ImagePlan:
    """One image of a run.

    Attributes:
        plan: The image and its tiles on the grid of the run.
        target: The grid of the result.
    """

    plan: RasterPlan
    target: OutputGrid

    @property
    def grid(self) -> OutputGrid:
        """The grid of the run."""
        source = self.plan.source
        return OutputGrid(source.transform, source.rows, source.cols, source.crs)


def plan_image(
    path: str, request: PixelRun, package: ModelPackage, arguments: PixelArguments, name: str, job: Job
) -> ImagePlan | None:
    """Return the plan of an image; None for one of several that lies outside the extent.

    Args:
        path: What GDAL opens.
        request: Cell size, extent, snap raster, output CRS, mask.
        package: The model.
        arguments: Padding and tile size.
        name: The image's name when there are several, else empty.
        job: Told what may surprise.

    Raises:
        RasterError: The image is unreadable, lacks bands, lies outside the extent, or cannot be brought into a CRS.
        ParameterError: The snap raster does not belong to the output.
        FeatureError: The mask layer cannot be related to the image.
    """
    source = fitted_source(path, request, package, bool(name), job)
    return None if source is None else _planned(source, None, request, package, arguments, name, job)


def plan_pair(
    paths: tuple[str, str], request: PixelRun, package: ModelPackage, arguments: PixelArguments, job: Job
) -> ImagePlan:
    """Return the plan of two rasters of different dates on the grid of the first, where both are.

    Args:
        paths: What GDAL opens: the earlier raster, the later one.
        request: Cell size, extent, snap raster, output CRS, mask.
        package: The model.
        arguments: Padding and tile size.
        job: Told what may surprise.

    Raises:
        RasterError: See ``plan_image``; or they share no ground, or have different bands.
        ParameterError: See ``plan_image``.
        FeatureError: See ``plan_image``.
    """
    own, other = (raster_source(path, job=Job()) for path in paths)
    if len(own.bands) != len(other.bands):
        raise RasterError(
            f"{paths[1]} has {len(other.bands)} bands and {paths[0]} {len(own.bands)}: choose two rasters with the "
            "same bands in the same order"
        )
    first = fitted_source(paths[0], request, package, False, job)
    if first is None:
        raise RasterError(f"{paths[0]} lies outside the extent: choose one that overlaps it")
    second = raster_source(paths[1], job=job, bands=model_bands(other, package.bands, job))
    plan = _planned(first, second, request, package, arguments, "", job)
    warn_of_cells(own, other, job)
    return plan


def _planned(
    source: RasterSource,
    second: RasterSource | None,
    request: PixelRun,
    package: ModelPackage,
    arguments: PixelArguments,
    name: str,
    job: Job,
) -> ImagePlan:
    """Return the plan of a raster at the model's cell size, and of a second one laid over it; see ``plan_image``."""
    path = source.path
    crs = asked_crs(request.output_crs) or source.crs
    if crs is not None and source.crs is None:
        raise RasterError(f"{path} has no CRS and the output is to be in {crs_text(crs)}: give the raster its CRS")
    snap = _snap_lattice(request.snap_raster, crs, job) if request.snap_raster else None
    moved = crs != source.crs
    if snap is not None and not moved:
        source = _snapped(source, snap, job)
    if second is not None:
        source = pair_source(source, second, job)
    target = _reprojected(source, crs, snap) if moved else _own_grid(path, source, request, job)
    tile = _tile(source, package, arguments)
    area = None if request.mask is None else mask_area(request.mask, source, job)
    return ImagePlan(
        RasterPlan(source, TileGrid(source.rows, source.cols, *tile, arguments.padding), area, name), target
    )


def _tile(source: RasterSource, package: ModelPackage, arguments: PixelArguments) -> tuple[int, int]:
    """Return rows and columns of a tile: those asked for, else the model's.

    Where the model's are larger than what it was trained on, an image that is smaller still gets smaller tiles.
    """
    if arguments.tile_size is not None:
        return arguments.tile_size, arguments.tile_size
    shown = package.resize_to or package.tile
    if max(shown) <= max(package.spec.tile):
        return package.tile
    least = 4 * arguments.padding
    rows, cols = (max(least, STEP * -(-side // STEP)) for side in (source.rows, source.cols))
    return min(package.tile[0], rows), min(package.tile[1], cols)


def _own_grid(path: str, source: RasterSource, request: PixelRun, job: Job) -> OutputGrid:
    """Return the grid of a result in the image's own CRS: the image's, where its cells are kept."""
    view = source.view
    working = OutputGrid(source.transform, source.rows, source.cols, source.crs)
    if view.flip_rows or view.flip_cols:
        across, down = (-1 if view.flip_cols else 1), (-1 if view.flip_rows else 1)
        corner = Affine.translation(source.cols if view.flip_cols else 0, source.rows if view.flip_rows else 0)
        job.message(f"{path} is stored south-up or mirrored: the result has the same rows and columns")
        return replace(working, transform=source.transform @ corner @ Affine.scale(across, down))
    if not view.warped:
        if request.use_pixelspace and (_turned(source.transform) or source.transform.a < 0 or source.transform.e > 0):
            job.message(f"{path} is classified as it is stored, and the result has its own cells")
        return working
    stored = raster_source(path, job=Job(), pixel_space=True)
    if not _turned(stored.transform):
        return working
    same = all(math.isclose(*pair, rel_tol=1e-6) for pair in zip(stored.cell_size, source.cell_size, strict=True))
    if same and request.extent is None and not request.snap_raster:
        job.message(f"{path} is rotated: it is classified north-up, and the result has its own rotated cells")
        return OutputGrid(stored.transform, stored.rows, stored.cols, source.crs)
    job.message(f"{path} is rotated: the result is north-up")
    return working


def _turned(transform: Affine) -> bool:
    """Return whether rows and columns do not run along the map's axes."""
    return max(abs(transform.b), abs(transform.d)) > 1e-7 * min(abs(transform.a), abs(transform.e))


def _reprojected(source: RasterSource, crs: CRS | None, snap: Affine | None) -> OutputGrid:
    """Return the grid of a result in another CRS, with about as many cells, kept to a snap raster's edges."""
    try:
        transform, cols, rows = calculate_default_transform(source.crs, crs, source.cols, source.rows, *source.bounds)
    except GDAL_ERRORS as error:
        raise RasterError(
            f"{source.path} cannot be brought into {crs_text(crs)} ({first_line(error)}): choose another output_crs"
        ) from error
    if snap is not None:
        transform, rows, cols = _on_lattice(transform, rows, cols, snap)
    return OutputGrid(transform, rows, cols, crs)


def _snap_lattice(path: str, crs: CRS | None, job: Job) -> Affine:
    """Return the transform of a snap raster.

    Raises:
        ParameterError: It is in another CRS than the output, or rotated.
    """
    snap = raster_source(path, job=Job(), pixel_space=True)
    if snap.crs != crs:
        raise ParameterError(
            f"snap_raster {path} is in {crs_text(snap.crs) or 'no CRS'} and the output in {crs_text(crs) or 'no CRS'}: "
            "choose a snap raster in the output's CRS, or give output_crs"
        )
    if snap.transform == UNPLACED or _turned(snap.transform):
        raise ParameterError(f"snap_raster {path} has no georeference or is rotated: choose one that is north-up")
    return snap.transform


def _snapped(source: RasterSource, snap: Affine, job: Job) -> RasterSource:
    """Return an image on cells that keep to a snap raster's edges; resampled when they do not do so already."""
    if _turned(source.transform):
        raise ParameterError(
            f"{source.path} is rotated and cannot keep to a snap raster's cells: leave snap_raster out"
        )
    across, down = source.cell_size
    size = abs(snap.a)
    ratio = max(across / size, size / across)
    if abs(ratio - round(ratio)) > ALIGNED * ratio:
        job.warn(
            f"cells of {across:g} are no multiple or part of the snap raster's {size:g}: only the upper left corner of "
            "the result lies on its cell edges"
        )
    transform, rows, cols = _on_lattice(source.transform, source.rows, source.cols, snap)
    shift = (transform.c - source.transform.c) / across, (transform.f - source.transform.f) / down
    if max(map(abs, shift)) <= ALIGNED:
        return source
    job.message(f"{source.path} is resampled to the cells of the snap raster")
    view = View(transform, rows, cols, warped=True)
    return replace(source, transform=transform, rows=rows, cols=cols, view=view, block_shape=(256, 512))


def _on_lattice(transform: Affine, rows: int, cols: int, snap: Affine) -> tuple[Affine, int, int]:
    """Return a north-up grid over the same area whose upper left corner is a corner of the lattice."""
    across, down = cell_size_of(transform)
    left, top = transform.c, transform.f
    wide, high = abs(snap.a), abs(snap.e)
    begin = snap.c + math.floor((left - snap.c) / wide + ALIGNED) * wide
    above = snap.f + math.ceil((top - snap.f) / high - ALIGNED) * high
    if math.isclose(across, wide, rel_tol=1e-9) and math.isclose(down, high, rel_tol=1e-9):
        across, down = wide, high
    wider = math.ceil((left + cols * cell_size_of(transform)[0] - begin) / across - ALIGNED)
    higher = math.ceil((above - (top - rows * cell_size_of(transform)[1])) / down - ALIGNED)
    return Affine(across, 0.0, begin, 0.0, -down, above), higher, wider
