"""How wide the kernel of a resampling is: GDAL takes a turned raster for a coarser one and blurs it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from affine import Affine
from rasterio.crs import CRS
from rasterio.warp import transform

AS_FINE = 1.05
"""Cells of the file in a cell of the grid, across or down, up to which nothing is averaged."""


def kernel_options(grid: Affine, shape: tuple[int, int], grid_crs: CRS, file: Affine, file_crs: CRS) -> dict[str, str]:
    """Return GDAL's options for a kernel that interpolates between neighbours; none where cells must be averaged.

    Args:
        grid: Transform of the grid that is resampled to.
        shape: Its rows and columns.
        grid_crs: Its CRS.
        file: Transform of the file.
        file_crs: CRS of the file.
    """
    rows, cols = shape
    places = [grid @ (cols / 2 + right, rows / 2 + down) for right, down in ((0, 0), (1, 0), (0, 1))]
    x: Sequence[float] = [place[0] for place in places]
    y: Sequence[float] = [place[1] for place in places]
    if grid_crs != file_crs:
        x, y = transform(grid_crs, file_crs, x, y)[:2]
    inverse = ~file
    (col, row), *others = [inverse @ place for place in zip(x, y, strict=True)]
    steps = [math.hypot(other[0] - col, other[1] - row) for other in others]
    return {"XSCALE": "1", "YSCALE": "1"} if max(steps) <= AS_FINE else {}
