"""How the pixels of a file become the grid a run works on: flipped, cut to an extent, or resampled.

A grid in map space is north-up. A south-up or mirrored raster is read flipped, a rotated one and another cell size are
resampled; in pixel space rows and columns stay as stored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from affine import Affine
from rasterio.crs import CRS
from rasterio.transform import from_gcps
from rasterio.warp import transform_bounds

from ..errors import RasterError
from ..tools.values import Extent
from .crs import GDAL_ERRORS, known_crs

UNPLACED = Affine(1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
"""Where a raster without georeference lies: one unit a pixel, rows downwards from 0, as QGIS draws it."""

_FINEST = 1000
"""How many times finer than a pixel a cell size may be; beyond, it is in the wrong unit or has a slip."""

_SLACK = 1e-4
"""Share of a pixel by which an extent may miss a pixel edge and still mean that edge."""


@dataclass(frozen=True)
class View:
    """The grid of a run over one file.

    Attributes:
        transform: Pixel to map of the grid.
        rows: Height of the grid.
        cols: Width of the grid.
        warped: The file is resampled to the grid; else the grid is a part of the file's own pixels.
        row: First row of the part, counted after flipping (not warped).
        col: First column of the part, counted after flipping (not warped).
        flip_rows: Rows are read from the last to the first.
        flip_cols: Columns are read from the last to the first.
    """

    transform: Affine
    rows: int
    cols: int
    warped: bool = False
    row: int = 0
    col: int = 0
    flip_rows: bool = False
    flip_cols: bool = False


def file_view(dataset: Any, pixel_space: bool) -> tuple[View, CRS | None]:
    """Return the grid of a whole open dataset, and its CRS."""
    rows, cols = dataset.height, dataset.width
    transform = file_transform(dataset)
    crs = dataset.crs or dataset.gcps[1]
    if abs(transform.determinant) < 1e-300:
        raise RasterError(f"{dataset.name} has a georeference without an area: give it a valid one")
    if pixel_space:
        return View(transform, rows, cols), crs
    if _is_axis_aligned(transform):
        return _flipped(transform, rows, cols), crs
    return _turned(transform, rows, cols), crs


def file_transform(dataset: Any) -> Affine:
    """Return the transform of an open dataset's own pixels; control points are met by the best affine one."""
    points, _ = dataset.gcps
    if not dataset.transform.is_identity:
        return dataset.transform
    return from_gcps(points) if len(points) >= 3 else UNPLACED


def cut(view: View, extent: Extent, crs: CRS | None, name: str) -> View:
    """Return the part of a grid that an extent touches, in whole pixels.

    Raises:
        RasterError: The extent is empty, lies outside, or its CRS cannot be related to the grid's.
    """
    left, bottom, right, top = extent_bounds(extent, crs, name)
    inverse = ~view.transform
    corners = [inverse @ corner for corner in ((left, bottom), (left, top), (right, bottom), (right, top))]
    col_min = max(0, math.floor(min(col for col, _ in corners) + _SLACK))
    col_max = min(view.cols, math.ceil(max(col for col, _ in corners) - _SLACK))
    row_min = max(0, math.floor(min(row for _, row in corners) + _SLACK))
    row_max = min(view.rows, math.ceil(max(row for _, row in corners) - _SLACK))
    if col_min >= col_max or row_min >= row_max:
        raise RasterError(
            f"the extent {left:g}, {bottom:g}, {right:g}, {top:g} lies outside {name}: choose one that overlaps "
            f"the raster"
        )
    return View(
        view.transform @ Affine.translation(col_min, row_min),
        row_max - row_min,
        col_max - col_min,
        view.warped,
        view.row + row_min,
        view.col + col_min,
        view.flip_rows,
        view.flip_cols,
    )


def with_cell_size(view: View, cell_size: float, name: str) -> View:
    """Return a north-up grid over the same area with another cell size.

    Raises:
        RasterError: The cell size is not positive, larger than the area, or absurdly fine.
    """
    if not (math.isfinite(cell_size) and cell_size > 0):
        raise RasterError(
            f"cell size {cell_size} is not a positive number: choose the ground size of a pixel in map units"
        )
    across, down = view.transform.a, -view.transform.e
    if math.isclose(across, cell_size, rel_tol=1e-6) and math.isclose(down, cell_size, rel_tol=1e-6):
        return view
    cols, rows = round(view.cols * across / cell_size), round(view.rows * down / cell_size)
    if cols < 1 or rows < 1:
        raise RasterError(
            f"cell size {cell_size:g} is larger than {name} ({view.cols * across:g} by {view.rows * down:g} map "
            f"units): "
            "choose a smaller one"
        )
    if cell_size * _FINEST < min(across, down):
        raise RasterError(
            f"cell size {cell_size:g} is more than {_FINEST} times finer than the {across:g} of {name}: choose one "
            f"nearer to it, in map units"
        )
    transform = Affine(cell_size, 0.0, view.transform.c, 0.0, -cell_size, view.transform.f)
    return View(transform, rows, cols, warped=True)


def extent_bounds(extent: Extent, crs: CRS | None, name: str) -> tuple[float, float, float, float]:
    """Return left, bottom, right, top of an extent in a CRS.

    Raises:
        RasterError: The extent is empty or its CRS cannot be related to the other.
    """
    bounds = (extent.left, extent.bottom, extent.right, extent.top)
    if not all(map(math.isfinite, bounds)) or extent.left >= extent.right or extent.bottom >= extent.top:
        raise RasterError(f"the extent {bounds} is empty: left must be below right and bottom below top")
    if not extent.crs:
        return bounds
    source = known_crs(extent.crs, "the extent", RasterError)
    if crs is None:
        raise RasterError(f"the extent has a CRS and {name} has none: give the extent in the raster's own coordinates")
    if source is None or source == crs:
        return bounds
    try:
        moved = transform_bounds(source, crs, *bounds, densify_pts=21)
    except GDAL_ERRORS as error:
        raise RasterError(
            f"the extent's CRS cannot be related to that of {name}: give the extent in the raster's CRS"
        ) from error
    if not all(map(math.isfinite, moved)):
        raise RasterError(f"the extent cannot be expressed in the CRS of {name}: choose one near the raster")
    return moved


def _is_axis_aligned(transform: Affine) -> bool:
    """Return whether rows and columns run along the map's axes, to a thousandth of a pixel over 10,000 pixels."""
    return max(abs(transform.b), abs(transform.d)) <= 1e-7 * min(abs(transform.a), abs(transform.e))


def _flipped(transform: Affine, rows: int, cols: int) -> View:
    """Return the north-up grid of the same pixels."""
    flip_cols, flip_rows = transform.a < 0, transform.e > 0
    left = transform.c + (transform.a * cols if flip_cols else 0.0)
    top = transform.f + (transform.e * rows if flip_rows else 0.0)
    north_up = Affine(abs(transform.a), 0.0, left, 0.0, -abs(transform.e), top)
    return View(north_up, rows, cols, flip_rows=flip_rows, flip_cols=flip_cols)


def _turned(transform: Affine, rows: int, cols: int) -> View:
    """Return the north-up grid that holds a rotated raster at its own cell size."""
    corners = [transform @ corner for corner in ((0, 0), (cols, 0), (0, rows), (cols, rows))]
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    bottom, top = min(y for _, y in corners), max(y for _, y in corners)
    across, down = cell_size_of(transform)
    return View(
        Affine(across, 0.0, left, 0.0, -down, top),
        math.ceil((top - bottom) / down - _SLACK),
        math.ceil((right - left) / across - _SLACK),
        warped=True,
    )


def cell_size_of(transform: Affine) -> tuple[float, float]:
    """Return the ground size of a pixel along its columns' and its rows' direction."""
    return math.hypot(transform.a, transform.d), math.hypot(transform.b, transform.e)
