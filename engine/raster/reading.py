"""Rasters as a run sees them: one grid, data bands only, and which pixels are valid.

Arrays are (bands, rows, cols) in the file's own dtype. Invalid pixels (nodata, NaN, masked, transparent, outside) are 0
in every band. What the grid is: see ``views``; which bands are data: see ``bands``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, cast

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import MaskFlags, Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window as FileWindow

from ..errors import RasterError
from ..job import Job
from ..tools.values import Extent
from .bands import alpha_band, chosen, names_of, palette_of
from .crs import GDAL_ERRORS, known_crs
from .grid import Window
from .opening import check, first_line, opened
from .views import View, cell_size_of, cut, file_transform, file_view, with_cell_size

CACHE_BYTES = 64 * 2**20
"""GDAL's block cache while a raster is read; its own default grows to 5 % of the memory."""


_ANY_CRS = CRS.from_epsg(3857)
"""Stands on both sides of a resampling where the raster has no CRS."""


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
            size
            does not fit.
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


class RasterReader:
    """An open raster; use it as a context manager and in one thread only."""

    def __init__(self, source: RasterSource) -> None:
        """Remember what to read; ``__enter__`` opens the file."""
        self.source = source
        self._environment: Any = None
        self._file: Any = None
        self._dataset: Any = None
        self._mask_band = source.alpha
        self._palette = np.frombuffer(source.palette, np.uint8).reshape(-1, 4)

    def __enter__(self) -> RasterReader:
        """Open the file."""
        self._environment = rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES)
        self._environment.__enter__()
        try:
            self._file = self._dataset = opened(self.source.path)
            if self.source.view.warped:
                self._dataset = self._warped()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._close()

    def read(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Read one window of the grid.

        Args:
            window: Where; it may reach outside the grid.

        Returns:
            (bands, rows, cols) pixels in the raster's dtype, 0 where invalid; (rows, cols) bool, True where valid. Both
            are new arrays that the caller may change.

        Raises:
            RasterError: The file is damaged there.
        """
        source = self.source
        col, row = max(0, window.col), max(0, window.row)
        cols = min(source.cols, window.col + window.width) - col
        rows = min(source.rows, window.row + window.height) - row
        if (col, row, cols, rows) == (window.col, window.row, window.width, window.height):
            return self._inside(window)
        pixels = np.zeros((len(source.bands), window.height, window.width), source.dtype)
        valid = np.zeros((window.height, window.width), bool)
        if cols > 0 and rows > 0:
            target = np.s_[row - window.row : row - window.row + rows, col - window.col : col - window.col + cols]
            pixels[(slice(None), *target)], valid[target] = self._inside(Window(col, row, cols, rows))
        return pixels, valid

    def _inside(self, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Read a window that lies inside the grid."""
        source, view = self.source, self.source.view
        col, row = window.col, window.row
        if not view.warped:
            col, row = col + view.col, row + view.row
            if view.flip_cols:
                col = self._file.width - col - window.width
            if view.flip_rows:
                row = self._file.height - row - window.height
        place = FileWindow(col, row, window.width, window.height)
        try:
            if source.palette:
                pixels, valid = self._read_palette(place)
            else:
                pixels = self._dataset.read(source.bands, window=place, out_dtype=source.dtype)
                valid = self._validity(pixels, place)
        except GDAL_ERRORS as error:
            raise RasterError(
                f"{source.path} cannot be read at rows {row} to {row + window.height} ({first_line(error)}): "
                "the file is damaged or truncated; get a whole copy"
            ) from error
        if not source.always_valid:
            pixels[:, ~valid] = 0
        if view.flip_cols or view.flip_rows:
            turn = np.s_[:: -1 if view.flip_rows else 1, :: -1 if view.flip_cols else 1]
            pixels, valid = np.ascontiguousarray(pixels[(slice(None), *turn)]), np.ascontiguousarray(valid[turn])
        return pixels, valid

    def _validity(self, pixels: np.ndarray, place: FileWindow) -> np.ndarray:
        """Return which pixels are valid; a band that alone lacks a value gets 0 there."""
        source = self.source
        if source.always_valid:
            return np.ones(pixels.shape[1:], bool)
        if self._mask_band:
            valid = self._dataset.read(self._mask_band, window=place) > 0
        elif source.masked:
            valid = self._dataset.dataset_mask(window=place) > 0
        else:
            valid = np.ones(pixels.shape[1:], bool)
        missing = np.ones(pixels.shape[1:], bool)
        for band, value in zip(pixels, source.nodata_values, strict=True):
            absent = _absent(band, value)
            if absent is None:
                missing[:] = False
                continue
            missing &= absent
            if band.dtype.kind == "f" or (value is not None and value < 0):
                band[absent] = 0
        return cast(np.ndarray, valid & ~missing)

    def _read_palette(self, place: FileWindow) -> tuple[np.ndarray, np.ndarray]:
        """Read palette values as colours; transparent entries and nodata are invalid."""
        source = self.source
        values = self._dataset.read(source.bands[0], window=place)
        colors = self._palette[values]
        pixels = np.ascontiguousarray(np.moveaxis(colors[..., list(source.palette_columns)], -1, 0))
        valid = colors[..., 3] > 0
        if source.nodata is not None:
            valid &= values != source.nodata
        if self._mask_band:
            valid &= self._dataset.read(self._mask_band, window=place) > 0
        return pixels, valid

    def _warped(self) -> WarpedVRT:
        """Open the file resampled to the grid, with an alpha band for what is valid."""
        source = self.source
        crs = source.crs or _ANY_CRS
        options: dict[str, Any] = {}
        if not source.alpha:
            options["add_alpha"] = True
            self._mask_band = self._file.count + 1
            if source.nodata is None and np.dtype(source.dtype).kind == "f":
                options["src_nodata"] = float("nan")
        return WarpedVRT(
            self._file,
            src_crs=crs,
            src_transform=file_transform(self._file),
            crs=crs,
            transform=source.transform,
            width=source.cols,
            height=source.rows,
            resampling=Resampling.nearest if source.palette else Resampling.bilinear,
            tolerance=0.001,
            **options,
        )

    def _close(self) -> None:
        """Close what is open."""
        for handle in (self._dataset, self._file):
            if handle is not None:
                handle.close()
        self._dataset = self._file = None
        if self._environment is not None:
            self._environment.__exit__(None, None, None)
            self._environment = None


def _absent(band: np.ndarray, nodata: float | None) -> np.ndarray | None:
    """Return where a band has no value; None when it has one everywhere for certain."""
    if band.dtype.kind == "f":
        absent = np.isnan(band)
        if nodata is not None and np.isfinite(nodata):
            absent |= band == band.dtype.type(nodata)
        return absent
    if nodata is None or not np.isfinite(nodata) or nodata != int(nodata):
        return None
    limits = np.iinfo(band.dtype)
    return band == band.dtype.type(int(nodata)) if limits.min <= nodata <= limits.max else None
