"""Strips of a raster, read by threads ahead of the network.

A row of tiles is read as a strip, so that each block of the file is decoded once for it; a strip wider than the memory
allows is cut into sections of whole tiles. Each reading thread has a file handle of its own. At most ``AHEAD`` strips
wait, so memory does not grow with the raster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

import numpy as np
import rasterio

from ..raster.grid import Window
from ..raster.reading import RasterReader, RasterSource
from .detections import Array
from .stages import READING, WAITING, Stopwatch
from .tiles import TileGrid

AHEAD = 2
"""Strips that are read or wait while the network works on another."""

STRIP_BYTES = 8 * 2**20
"""A strip is cut into sections of about this size."""

WHOLE_ROW_BYTES = 256 * 2**20
"""The same where the file's blocks are as wide as the raster: each section would decode all of them again."""


LARGEST_CACHE = 64 * 2**20
"""GDAL's block cache at most; it holds the blocks that a strip shares with the next one."""

SMALLEST_CACHE = 16 * 2**20
"""GDAL's block cache at least."""

READERS_FOR_GPU = 4
"""Threads that read ahead of a GPU."""


@dataclass(frozen=True)
class Section:
    """Neighbouring tiles of one row of tiles.

    Attributes:
        row: The row of tiles.
        first: Column of the first tile.
        last: Column behind the last tile.
        window: The pixels they see, inside the raster.
    """

    row: int
    first: int
    last: int
    window: Window


@dataclass(frozen=True)
class Tile:
    """What the network looks at.

    Attributes:
        index: Number of the tile in its grid.
        row: Its row of tiles.
        pixels: (bands, rows, cols) in the raster's dtype, 0 where invalid; a raster smaller than the tile is mirrored.
        valid: (rows, cols) bool of the part inside the raster, or None when all of it is valid.
        offset: Column and row of the tile's upper left pixel.
    """

    index: int
    row: int
    pixels: Array
    valid: Array | None
    offset: tuple[int, int]


Area = Callable[[Window], Array | None]
"""Which pixels of a window a mask layer leaves: (rows, cols) bool, or None for all."""


def reader_threads(device_type: str) -> int:
    """Return how many threads read: one is faster than any network on a CPU, a GPU takes more."""
    return 1 if device_type == "cpu" else READERS_FOR_GPU


def sections(source: RasterSource, grid: TileGrid, rows: range | None = None) -> list[Section]:
    """Return what is read at once, row by row.

    Args:
        source: The raster.
        grid: Its tiles.
        rows: Rows of tiles that are read; None reads all.
    """
    pixel_bytes = len(source.bands) * np.dtype(source.dtype).itemsize + 1
    limit = WHOLE_ROW_BYTES if source.block_shape[1] >= source.cols else STRIP_BYTES
    count = len(grid.col_starts)
    stride = grid.tile_cols - 2 * grid.padding
    most = max(1, (limit // (pixel_bytes * grid.tile_rows) - grid.tile_cols) // stride + 1)
    found = []
    for row in range(len(grid.row_starts)) if rows is None else rows:
        top = grid.row_starts[row]
        for first in range(0, count, most):
            last = min(count, first + most)
            left, right = grid.col_starts[first], min(grid.cols, grid.col_starts[last - 1] + grid.tile_cols)
            height = min(grid.rows, top + grid.tile_rows) - top
            found.append(Section(row, first, last, Window(left, top, right - left, height)))
    return found


def read_tiles(
    source: RasterSource,
    grid: TileGrid,
    area: Area | None,
    watch: Stopwatch,
    readers: int = 1,
    rows: range | None = None,
) -> Generator[list[Tile], None, None]:
    """Yield the tiles with a valid pixel, in the order of the grid: one list for each section, which may be empty.

    Args:
        source: The raster.
        grid: Its tiles.
        area: What a mask layer leaves; None leaves all. Called in the reading threads.
        watch: Told how long was read and waited.
        readers: Threads that read.
        rows: Rows of tiles that are read; None reads all.

    Raises:
        RasterError: The file is damaged.
    """

    def read(reader: RasterReader, section: Section) -> list[Tile]:
        with watch.stage(READING):
            pixels, valid = reader.read(section.window)
            inside = area(section.window) if area is not None else None
            if inside is not None:
                valid &= inside
                pixels[:, ~valid] = 0
            return _cut(section, grid, pixels, valid)

    wanted = sections(source, grid, rows)
    with ExitStack() as stack:
        cache = _cache_bytes(source, grid)
        lanes = [stack.enter_context(_Lane(source, cache)) for _ in range(max(1, min(readers, len(wanted))))]
        waiting: deque[Future[list[Tile]]] = deque()
        stack.callback(_cancel, waiting)
        ahead = AHEAD + len(lanes) - 1
        for number in range(len(wanted) + ahead):
            if number < len(wanted):
                waiting.append(lanes[number % len(lanes)].submit(read, wanted[number]))
            if number >= ahead:
                with watch.stage(WAITING):
                    tiles = waiting.popleft().result()
                yield tiles


class _Lane:
    """One thread with one open raster; work is done in the order it was submitted."""

    def __init__(self, source: RasterSource, cache_bytes: int) -> None:
        """Prepare the thread; the file is opened in it, with a block cache of some bytes."""
        self._reader = source.open()
        self._cache_bytes = cache_bytes
        self._open = ExitStack()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reader")

    def submit(self, work: Callable[[RasterReader, Section], list[Tile]], section: Section) -> Future[list[Tile]]:
        """Do some work with the open raster, later."""
        return self._thread.submit(work, self._reader, section)

    def __enter__(self) -> _Lane:
        """Open the raster in the thread."""
        try:
            self._thread.submit(self._enter).result()
        except BaseException:
            self._thread.shutdown()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the raster in the thread, and end it."""
        self._thread.submit(self._open.close)
        self._thread.shutdown(wait=True)

    def _enter(self) -> None:
        """Open the raster."""
        self._open.enter_context(self._reader)
        self._open.enter_context(rasterio.Env(GDAL_CACHEMAX=self._cache_bytes))


def _cache_bytes(source: RasterSource, grid: TileGrid) -> int:
    """Return the block cache that keeps what two strips share: the blocks in the overlap of two rows of tiles."""
    block_rows = source.block_shape[0]
    shared = (-(-2 * grid.padding // block_rows) + 1) * block_rows
    needed = 2 * shared * source.cols * len(source.bands) * np.dtype(source.dtype).itemsize
    return max(SMALLEST_CACHE, min(LARGEST_CACHE, needed))


def _cancel(waiting: Sequence[Future[list[Tile]]] | deque[Future[list[Tile]]]) -> None:
    """Forget what was not begun."""
    for future in waiting:
        future.cancel()


def _cut(section: Section, grid: TileGrid, pixels: Array, valid: Array) -> list[Tile]:
    """Cut a section into its tiles; those without a valid pixel are left out."""
    tiles = []
    everywhere = bool(valid.all())
    for col in range(section.first, section.last):
        left = grid.col_starts[col]
        inside = slice(left - section.window.col, left - section.window.col + grid.tile_cols)
        part = None if everywhere else valid[:, inside]
        if part is not None and not part.any():
            continue
        if part is not None and part.all():
            part = None
        index, offset = grid.index(section.row, col), (left, section.window.row)
        tiles.append(Tile(index, section.row, _filled(pixels[:, :, inside], grid), part, offset))
    return tiles


def _filled(pixels: Array, grid: TileGrid) -> Array:
    """Return pixels of the size of a tile: what lies outside a small raster mirrors what lies inside."""
    rows, cols = pixels.shape[1:]
    if (rows, cols) == (grid.tile_rows, grid.tile_cols):
        return pixels
    return pixels[:, _mirrored(rows, grid.tile_rows)[:, None], _mirrored(cols, grid.tile_cols)[None, :]]


def _mirrored(length: int, wanted: int) -> Array:
    """Return which pixel stands at each place when a line is mirrored at its ends as often as needed."""
    period = max(1, 2 * (length - 1))
    place = np.arange(wanted) % period
    return np.minimum(place, period - place) if length > 1 else np.zeros(wanted, np.int64)
