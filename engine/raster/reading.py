"""Rasters as a run sees them: one grid, data bands only, and which pixels are valid.

Arrays are (bands, rows, cols) in the file's own dtype. Invalid pixels (nodata, NaN, masked, transparent, outside) are 0
in every band. What the grid is: see ``views``; which bands are data: see ``bands``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import MaskFlags

from ..errors import RasterError
from ..job import Job
from ..tools.values import Extent
from .bands import alpha_band, chosen, measured_alpha, names_of, palette_of
from .crs import known_crs
from .opening import check, opened
from .reader import CACHE_BYTES, RasterReader
from .views import View, cell_size_of, cut, file_view, with_cell_size

__all__ = ["RasterReader", "RasterSource", "raster_source"]


@dataclass(frozen=True)
class RasterSource:
    """A raster seen through the grid of a run; holds no open file and can be sent to another process.

    Attributes:
        path: What GDAL opens.
        rows: Height of the grid.
        cols: Width of the grid.
        bands: 1-based bands of the file, in the order they are read; a palette's band stands three times.
        dtype: Numpy name of the pixels' type.
        transform: Pixel to map of the grid.
        crs: CRS of the grid, if the raster has one.
        nodata: Value of invalid pixels in the file; they are read as 0.
        band_names: One text a band, empty when not known.
        block_shape: Rows and columns of the blocks in which the file is cheapest to read.
        view: How the grid lies in the file.
        alpha: 1-based band of the file that is the mask, 0 without one.
        masked: The file has a mask of its own beside the bands.
        nodata_values: Nodata of each read band, None without.
        palette: RGBA quadruples; empty unless the file is a palette raster.
        palette_columns: Which of red, green, blue each band takes from the palette.
        nearest: Resampling takes the nearest pixel, as class values need; else pixels are interpolated.
    """

    path: str
    rows: int
    cols: int
    bands: tuple[int, ...]
    dtype: str
    transform: Affine
    crs: CRS | None
    nodata: float | None
    band_names: tuple[str, ...]
    block_shape: tuple[int, int]
    view: View
    alpha: int = 0
    masked: bool = False
    nodata_values: tuple[float | None, ...] = ()
    palette: bytes = b""
    palette_columns: tuple[int, ...] = ()
    nearest: bool = False

    @property
    def cell_size(self) -> tuple[float, float]:
        """Ground size of a pixel in CRS units, across and down."""
        return cell_size_of(self.transform)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top of the grid in map units."""
        corners = [self.transform @ at for at in ((0, 0), (self.cols, 0), (0, self.rows), (self.cols, self.rows))]
        across, down = [x for x, _ in corners], [y for _, y in corners]
        return min(across), min(down), max(across), max(down)

    @property
    def always_valid(self) -> bool:
        """Whether every pixel of the grid is known to be valid without reading it."""
        unmasked = not (self.view.warped or self.alpha or self.masked or self.palette)
        return (
            unmasked and np.dtype(self.dtype).kind != "f" and not any(value is not None for value in self.nodata_values)
        )

    def open(self) -> RasterReader:
        """Return a reader: a context manager, to be used in the thread that enters it."""
        return RasterReader(self)


def raster_source(
    path: str,
    *,
    job: Job,
    extent: Extent | None = None,
    cell_size: float | None = None,
    bands: Sequence[int | str] | None = None,
    pixel_space: bool = False,
    expand_palette: bool = True,
) -> RasterSource:
    """Look at a raster and fix the grid in which a run reads it.

    Args:
        path: What GDAL opens.
        job: Told what may surprise.
        extent: Part to work on; whole pixels that it touches, cut at the raster's edges. None takes all.
        cell_size: Ground size of a pixel in CRS units; None keeps the raster's own.
        bands: 0-based data bands or their names; None takes all but the alpha band.
        pixel_space: Keep rows and columns as stored instead of turning the grid north-up.
        expand_palette: Read a palette raster as red, green, blue; False reads its values, as class rasters need.

    Raises:
        RasterError: The raster is missing, unreadable, truncated, lacks a band, lies outside the extent, or the cell
            size does not fit.
    """
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES), opened(path) as dataset:
        check(dataset, path)
        view, crs = file_view(dataset, pixel_space)
        crs = known_crs(crs, path, RasterError)
        if extent is not None:
            view = cut(view, extent, crs, path)
        if cell_size is not None:
            if pixel_space:
                raise RasterError(
                    f"a cell size ({cell_size:g}) cannot be had in PIXEL_SPACE: choose MAP_SPACE or no cell size"
                )
            view = with_cell_size(view, cell_size, path)
        alpha = alpha_band(dataset)
        palette = palette_of(dataset) if expand_palette else b""
        names = names_of(dataset, alpha, palette)
        wanted = chosen(bands, names, path)
        data_bands = [band for band in range(1, dataset.count + 1) if band != alpha]
        file_bands = tuple(data_bands[0] if palette else data_bands[index] for index in wanted)
        kinds = {dataset.dtypes[band - 1] for band in file_bands}
        dtype = np.result_type(*kinds)
        if len(kinds) > 1:
            job.message(f"{path}: bands of types {', '.join(sorted(kinds))} are read as {dtype}")
        if alpha:
            job.message(f"{path}: band {alpha} is the alpha band; it is the mask, not data")
        if data := measured_alpha(dataset):
            name = dataset.descriptions[data - 1]
            job.message(
                f"{path}: band {data} is marked as alpha, but its name {name} is that of data; it is read as data"
            )
        if palette:
            job.message(f"{path}: the palette is read as red, green and blue")
        flags = dataset.mask_flag_enums[file_bands[0] - 1]
        return RasterSource(
            path=path,
            rows=view.rows,
            cols=view.cols,
            bands=file_bands,
            dtype="uint8" if palette else str(dtype),
            transform=view.transform,
            crs=crs,
            nodata=dataset.nodatavals[file_bands[0] - 1],
            band_names=tuple(names[index] for index in wanted),
            block_shape=(256, 512) if view.warped else dataset.block_shapes[file_bands[0] - 1],
            view=view,
            alpha=alpha,
            masked=MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags,
            nodata_values=tuple(dataset.nodatavals[band - 1] for band in file_bands),
            palette=palette,
            palette_columns=wanted if palette else (),
        )
