"""Reading one raster on the grid of another: whole pixels where the grids agree, resampled where they do not."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.warp import transform, transform_bounds

from ..errors import RasterError
from ..job import Job
from .crs import GDAL_ERRORS
from .reading import RasterReader, RasterSource
from .strips import StripReader
from .views import View, cell_size_of

_SLACK = 0.01
"""Share of a pixel by which two grids may differ and still agree."""


@dataclass(frozen=True)
class Overlay:
    """A raster on the grid of another one.

    Attributes:
        source: The raster, on its own grid where that agrees, else on the other's.
        col: Column of ``source`` at which the other grid begins; it may lie outside.
        row: Row of ``source`` at which the other grid begins; it may lie outside.
        resampled: Why the pixels are not those of the file, empty when they are.
    """

    source: RasterSource
    col: int
    row: int
    resampled: str = ""

    def strips(self, reader: RasterReader, col: int, width: int) -> OverlayStrips:
        """Return a reader of strips of the other grid.

        Args:
            reader: An open reader of ``source``.
            col: First column, in the other grid.
            width: Number of columns.
        """
        return OverlayStrips(StripReader(reader, col + self.col, width), self.row)


@dataclass(frozen=True)
class OverlayStrips:
    """Strips of an overlay, each beginning at or below the one before."""

    strips: StripReader
    row: int

    def read(self, row: int, height: int) -> tuple[np.ndarray, np.ndarray]:
        """Return pixels and validity of rows of the other grid; see ``StripReader.read``."""
        return self.strips.read(row + self.row, height)


def on_grid(source: RasterSource, grid: RasterSource, job: Job) -> Overlay | None:
    """Lay a raster over the grid of another one.

    Args:
        source: The raster; ``nearest`` says how it is resampled.
        grid: The other one.
        job: Warned when neither has a CRS.

    Returns:
        The overlay; None when they share no ground.

    Raises:
        RasterError: Only one of them has a CRS, or the two CRSs cannot be related.
    """
    if (source.crs is None) != (grid.crs is None):
        lacking, having = (source, grid) if source.crs is None else (grid, source)
        raise RasterError(
            f"{lacking.path} has no CRS and {having.path} has one: give {lacking.path} its CRS, then run again"
        )
    if source.crs is None:
        job.warn(f"neither {source.path} nor {grid.path} has a CRS: the same coordinates are assumed")
    same = source.crs == grid.crs
    if same and not _overlap(source.bounds, grid.bounds):
        return None
    if not same and not _overlap(bounds_on(source, grid), grid.bounds):
        return None
    offset = _whole_offset(source, grid) if same else None
    if offset is not None:
        return Overlay(source, *offset)
    view = View(grid.transform, grid.rows, grid.cols, warped=True)
    warped = replace(
        source, rows=grid.rows, cols=grid.cols, transform=grid.transform, crs=grid.crs, view=view,
        block_shape=(256, 512),
    )  # fmt: skip
    return Overlay(warped, 0, 0, _difference(source, grid))


def _whole_offset(source: RasterSource, grid: RasterSource) -> tuple[int, int] | None:
    """Return column and row of ``source`` at which the grid begins, None when their pixels do not coincide."""
    between = ~source.transform @ grid.transform
    reach = max(grid.cols, grid.rows)
    turned = (between.a - 1, between.b, between.d, between.e - 1)
    col, row = round(between.c), round(between.f)
    if max(map(abs, turned)) * reach > _SLACK or max(abs(between.c - col), abs(between.f - row)) > _SLACK:
        return None
    return col, row


def _difference(source: RasterSource, grid: RasterSource) -> str:
    """Return in words how two grids differ."""
    if source.crs != grid.crs:
        return "another CRS"
    own, other = cell_size_of(source.transform), cell_size_of(grid.transform)
    if max(abs(a / b - 1) for a, b in zip(own, other, strict=True)) > 1e-6:
        return f"cell size {own[0]:.6g} instead of {other[0]:.6g}"
    if source.view.warped:
        return "rotated"  # its transform is that of the north-up grid it is read on
    between: Affine = ~source.transform @ grid.transform
    if max(abs(between.a - 1), abs(between.b), abs(between.d), abs(between.e - 1)) > 1e-6:
        return "rotated or flipped"
    shift = between.c - round(between.c), between.f - round(between.f)
    return f"shifted by {max(map(abs, shift)):.2g} of a cell"


def cell_size_on(source: RasterSource, grid: RasterSource) -> tuple[float, float]:
    """Return the width and height of a raster's middle cell in units of another one's CRS.

    Raises:
        RasterError: The CRSs cannot be related.
    """
    if source.crs == grid.crs:
        return cell_size_of(source.transform)
    middle = source.cols / 2, source.rows / 2
    corners = [source.transform @ (middle[0] + col, middle[1] + row) for col, row in ((0, 0), (1, 0), (0, 1))]
    try:
        x, y = transform(source.crs or CRS(), grid.crs or CRS(), *zip(*corners, strict=True))[:2]
    except GDAL_ERRORS as error:
        raise _unrelated(source, grid) from error
    return math.hypot(x[1] - x[0], y[1] - y[0]), math.hypot(x[2] - x[0], y[2] - y[0])


def bounds_on(source: RasterSource, grid: RasterSource) -> tuple[float, float, float, float]:
    """Return left, bottom, right, top of a raster in the CRS of another one.

    Raises:
        RasterError: The CRSs cannot be related.
    """
    if source.crs == grid.crs:
        return source.bounds
    first, second = source.crs or CRS(), grid.crs or CRS()
    try:
        left, bottom, right, top = transform_bounds(first, second, *source.bounds, densify_pts=21)
    except GDAL_ERRORS as error:
        raise _unrelated(source, grid) from error
    return left, bottom, right, top


def _unrelated(source: RasterSource, grid: RasterSource) -> RasterError:
    return RasterError(
        f"the CRS of {source.path} cannot be related to that of {grid.path}: reproject one of them first"
    )


def _overlap(one: tuple[float, float, float, float], two: tuple[float, float, float, float]) -> bool:
    """Return whether two bounds share an area; unknown ones do."""
    if not np.isfinite([*one, *two]).all():
        return True
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]
