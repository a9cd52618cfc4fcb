"""Chips of objects, read by threads ahead of the network.

Objects are taken in raster order: sorted into squares of the raster (whole rows where the file is stored so), and each
square is read at once when its objects fill it, else object by object, which GDAL's block cache serves. So every block
of a file is decoded about once however many objects lie on it. Memory holds a few squares and their chips.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

import numpy as np

from ..raster.grid import Window
from ..raster.reading import RasterReader, RasterSource
from ..samples.object_windows import object_windows
from .detections import Array
from .object_cutting import LARGE, Chips, Piece, chip_of, frames_in_chips, read_large
from .object_outlines import Outlines
from .object_places import Cut, Places
from .reading import AHEAD
from .stages import READING, WAITING, Stopwatch

SIDE = 512
"""Side of a square in pixels, at least."""

ROWS_BYTES = 32 * 2**20
"""Size of a strip of whole rows, where the file is stored in rows."""

CHIP_BYTES = 8 * 2**20
"""Chips that are cut at once."""

FILLED = 0.15
"""Share of a square that windows must cover for it to be read at once."""


@dataclass(frozen=True)
class Objects:
    """What is read.

    Attributes:
        sources: The rasters.
        places: Where the objects lie.
        cut: How they are cut.
        outlines: Their outlines where chips are blackened, else None.
    """

    sources: Sequence[RasterSource]
    places: Places
    cut: Cut
    outlines: Outlines | None


@dataclass(frozen=True)
class Section:
    """Objects that are read together.

    Attributes:
        raster: Number of their raster.
        objects: (k,) int64 positions.
        windows: (k, 4) int64 ``col, row, width, height``.
    """

    raster: int
    objects: Array
    windows: Array


class ReadingOrder:
    """The order in which objects are read: raster by raster, square by square; 24 bytes an object."""

    def __init__(self, objects: Objects) -> None:
        """Sort the objects."""
        places = objects.places
        self._placed = np.flatnonzero(places.raster >= 0)
        self._windows = np.empty((len(self._placed), 4), np.int32)
        keys = np.zeros((4, len(self._placed)), np.int32)  # column, row, then the square
        raster = places.raster[self._placed]
        most = np.ones(len(objects.sources), np.int64)
        for number in np.unique(raster).tolist():
            source, mine = objects.sources[number], raster == number
            windows = objects.cut.windows(places.bounds[self._placed[mine]])
            rows, cols = _square(source)
            at = np.maximum(windows[:, :2], 0)
            self._windows[mine] = windows
            keys[:, mine] = np.stack([at[:, 0], at[:, 1], at[:, 0] // cols, at[:, 1] // rows])
            chip = len(source.bands) * objects.cut.tile[0] * objects.cut.tile[1] * np.dtype(source.dtype).itemsize
            most[number] = max(1, CHIP_BYTES // chip)
        order = np.lexsort((*keys, raster))
        self._placed, self._windows, raster = self._placed[order], self._windows[order], raster[order]
        square = np.stack([raster, keys[3][order], keys[2][order]])
        begins = np.flatnonzero(np.concatenate([[True], (square[:, 1:] != square[:, :-1]).any(axis=0)]))
        begins = begins if len(order) else np.empty(0, np.int64)
        sizes = np.diff(np.append(begins, len(order)))
        rank = np.arange(len(order)) - np.repeat(begins, sizes)
        self._begins = np.append(np.flatnonzero(rank % most[raster] == 0), len(order))
        self._raster = raster[self._begins[:-1]] if len(order) else raster

    def __len__(self) -> int:
        """Return the number of sections."""
        return len(self._begins) - 1

    def section(self, number: int) -> Section:
        """Return one section."""
        part = slice(int(self._begins[number]), int(self._begins[number + 1]))
        return Section(int(self._raster[number]), self._placed[part], self._windows[part].astype(np.int64))


def read_chips(objects: Objects, watch: Stopwatch, readers: int) -> Generator[Chips, None, None]:
    """Yield the chips of all objects that have a valid pixel, in raster order.

    Args:
        objects: What is read.
        watch: Told how long was read and waited.
        readers: Threads that read.

    Raises:
        RasterError: A file is damaged.
    """
    order = ReadingOrder(objects)
    with ExitStack() as stack:
        lanes = [stack.enter_context(_Lane(objects, watch)) for _ in range(max(1, min(readers, len(order))))]
        waiting: deque[Future[Chips]] = deque()
        stack.callback(_cancel, waiting)
        ahead = AHEAD + len(lanes) - 1
        for number in range(len(order) + ahead):
            if number < len(order):
                waiting.append(lanes[number % len(lanes)].submit(order.section(number)))
            if number >= ahead:
                with watch.stage(WAITING):
                    chips = waiting.popleft().result()
                yield chips


class _Lane:
    """One thread with one open raster at a time; work is done in the order it was submitted."""

    def __init__(self, objects: Objects, watch: Stopwatch) -> None:
        """Prepare the thread; files are opened in it."""
        self._objects, self._watch = objects, watch
        self._number = -1
        self._open = ExitStack()
        self._reader: RasterReader | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reader")

    def submit(self, section: Section) -> Future[Chips]:
        """Read a section, later."""
        return self._thread.submit(self._read, section)

    def __enter__(self) -> _Lane:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the raster in the thread, and end it."""
        self._thread.submit(self._open.close)
        self._thread.shutdown(wait=True)

    def _read(self, section: Section) -> Chips:
        """Read a section, from its raster."""
        with self._watch.stage(READING):
            if self._reader is None or section.raster != self._number:
                self._open.close()
                self._number = section.raster
                self._reader = self._open.enter_context(self._objects.sources[section.raster].open())
            return read_section(self._reader, section, self._objects)


def read_section(reader: RasterReader, section: Section, objects: Objects) -> Chips:
    """Return the chips of the objects of a section that have a valid pixel."""
    source, tile = reader.source, objects.cut.tile
    bounds = objects.places.bounds[section.objects]
    frames = section.windows if objects.cut.whole else object_windows(bounds, tile, False)
    areas = section.windows[:, 2] * section.windows[:, 3]
    shared = _shared_piece(reader, section, areas)
    made = np.empty((len(section.objects), len(source.bands), *tile), source.dtype)
    kept = np.zeros(len(made), bool)
    for place, (position, window) in enumerate(zip(section.objects.tolist(), section.windows, strict=True)):
        if areas[place] > LARGE:
            pixels, kept[place] = read_large(reader, window)
        else:
            piece = shared or _piece(reader, _inside(window[None], source))
            kept[place] = piece.has_data(frames[place])
            pixels = piece.cut(window) if kept[place] else piece.pixels
        if kept[place]:
            outline = None if objects.outlines is None else objects.outlines.get(position)
            made[place] = chip_of(pixels, window, outline, tile)
    placed = frames_in_chips(bounds[kept], section.windows[kept], tile)
    return Chips(section.objects[kept], made[kept], placed, len(section.objects))


def _shared_piece(reader: RasterReader, section: Section, areas: Array) -> Piece | None:
    """Return the pixels around all objects of a section, None where they are too few for their ground."""
    some = section.windows[areas <= LARGE]
    if len(some) < 2:
        return None
    box = _inside(some, reader.source)
    if FILLED * box.width * box.height > areas[areas <= LARGE].sum():
        return None
    return _piece(reader, box)


def _inside(windows: Array, source: RasterSource) -> Window:
    """Return the frame around windows, cut at the raster's edge; of one pixel at least."""
    first = np.clip(windows[:, :2].min(axis=0), 0, [source.cols - 1, source.rows - 1])
    last = np.minimum((windows[:, :2] + windows[:, 2:]).max(axis=0), [source.cols, source.rows])
    width, height = np.maximum(last - first, 1).tolist()
    return Window(int(first[0]), int(first[1]), width, height)


def _piece(reader: RasterReader, window: Window) -> Piece:
    """Read a window."""
    pixels, valid = reader.read(window)
    return Piece(pixels, None if reader.source.always_valid else valid, window.col, window.row)


def _square(source: RasterSource) -> tuple[int, int]:
    """Return rows and columns of the squares of a raster, in whole blocks."""
    rows, cols = source.block_shape
    if cols < source.cols:
        return -(-SIDE // rows) * rows, -(-SIDE // cols) * cols
    bytes_a_row = source.cols * (len(source.bands) * np.dtype(source.dtype).itemsize + 1)
    tall = max(1, min(SIDE, ROWS_BYTES // bytes_a_row) // rows) * rows
    return tall, source.cols


def _cancel(waiting: Sequence[Future[Chips]] | deque[Future[Chips]]) -> None:
    """Forget what was not begun."""
    for future in waiting:
        future.cancel()
