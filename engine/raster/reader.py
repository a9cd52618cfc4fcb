"""Reading windows of a raster on the grid of a run: pixels and which of them are valid."""

from __future__ import annotations

import os
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import MaskFlags, Resampling
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window as FileWindow

from ..errors import RasterError
from .bands import measured_alpha
from .crs import GDAL_ERRORS, known_crs
from .grid import Window
from .opening import first_line, opened
from .sampling import kernel_options
from .views import file_transform
from .vrt import Band, Place, vrt_text

if TYPE_CHECKING:
    from .reading import RasterSource

CACHE_BYTES = 64 * 2**20
"""GDAL's block cache while a raster is read; its own default grows to 5 % of the memory."""

_ANY_CRS = CRS.from_epsg(3857)
"""Stands on both sides of a resampling where the raster has no CRS."""


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
        file_crs = known_crs(self._file.crs or self._file.gcps[1], source.path, RasterError) or crs
        placed = file_transform(self._file)
        if measured_alpha(self._file):
            self._file = _unmarked(self._file, source, placed)
        options |= kernel_options(source.transform, (source.rows, source.cols), crs, placed, file_crs)
        return WarpedVRT(
            self._file,
            src_crs=file_crs,
            src_transform=placed,
            crs=crs,
            transform=source.transform,
            width=source.cols,
            height=source.rows,
            resampling=Resampling.nearest if source.palette or source.nearest else Resampling.bilinear,
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


def _unmarked(dataset: Any, source: RasterSource, transform: Affine) -> Any:
    """Return a file without its band roles and close it: GDAL resamples no band that is marked as alpha as data."""
    masked = MaskFlags.per_dataset in dataset.mask_flag_enums[0] and MaskFlags.alpha not in dataset.mask_flag_enums[0]
    bands = [
        Band(kind, source=number, nodata=nodata)
        for number, (kind, nodata) in enumerate(zip(dataset.dtypes, dataset.nodatavals, strict=True), 1)
    ]
    rows, cols = dataset.shape
    path = os.path.abspath(source.path) if os.path.exists(source.path) else source.path
    place = Place(path, rows, cols, 0.0, 0.0, cols, rows)
    text = vrt_text((rows, cols), transform, dataset.crs, bands, [place], masked=masked)
    dataset.close()
    return opened(text)


def _absent(band: np.ndarray, nodata: float | None) -> np.ndarray | None:
    """Return where a band has no value; None when it has one everywhere for certain."""
    if band.dtype.kind == "f":
        absent = ~np.isfinite(band)  # one infinite pixel would spoil every score that it reaches
        if nodata is not None and np.isfinite(nodata):
            absent |= band == band.dtype.type(nodata)
        return absent
    if nodata is None or not np.isfinite(nodata) or nodata != int(nodata):
        return None
    limits = np.iinfo(band.dtype)
    return band == band.dtype.type(int(nodata)) if limits.min <= nodata <= limits.max else None
