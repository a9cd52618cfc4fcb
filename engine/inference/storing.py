"""Finished rows of tiles on their way to the disk: a thread that writes them and notes them in the journal.

At most ``AHEAD`` rows wait, so memory does not grow when the disk is slow. Rows are put on the disk in groups of about
a second or ``GROUP_BYTES``, since waiting for it after every row of small tiles would take longer than computing them.
"""

from __future__ import annotations

import time
import zlib
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Self

import numpy as np

from .detections import Array
from .journal import FinishedRow, Journal, Record
from .stages import STORING, WAITING_FOR_DISK, Stopwatch
from .work_file import WorkFile

AHEAD = 1
"""Rows that wait while another is written."""

GROUP_SECONDS = 1.0
GROUP_BYTES = 16 * 2**20


def checksums(strips: Mapping[str, Array]) -> dict[str, int]:
    """Return the CRC-32 of each product's pixels, (bands, rows, cols)."""
    return {name: zlib.crc32(np.ascontiguousarray(strip).data) for name, strip in strips.items()}


class RowStore:
    """Writes finished rows of tiles; a context manager, at whose end all are on the disk."""

    def __init__(self, files: Mapping[str, WorkFile], journal: Journal, record: Record, watch: Stopwatch) -> None:
        """Prepare the thread.

        Args:
            files: Work file of each product, at the first row that is missing.
            journal: Told what is finished.
            record: What the journal has already; finished rows are added.
            watch: Told how long is written and waited.
        """
        self._files = files
        self._journal = journal
        self._rows = record.rows
        self._watch = watch
        self._waiting: deque[Future[None]] = deque()
        self._unsynced = 0
        self._synced_at = time.monotonic()
        self._failed = False
        self._stack = ExitStack()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")

    def __enter__(self) -> Self:
        self._stack.enter_context(self._journal)
        for file in self._files.values():
            self._stack.enter_context(file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits, put it on the disk, and close the files."""
        with self._stack:
            try:
                if kind is None:
                    with self._watch.stage(WAITING_FOR_DISK):
                        self._thread.submit(self._sync).result()
                        self._drain(0)
            finally:
                self._thread.shutdown(wait=True)

    def put(self, row: int, at_once: int, tiles: int, strips: dict[str, Array]) -> None:
        """Write a finished row of tiles, later; wait while too many do.

        Args:
            row: The row of tiles.
            at_once: Tiles worked on at once when it was begun.
            tiles: Tiles computed in it.
            strips: (bands, rows, cols) of each product; not to be changed any more.

        Raises:
            OutputError: The disk is full or gone; rows that the journal has are kept.
        """
        with self._watch.stage(WAITING_FOR_DISK):
            self._drain(AHEAD)
        self._waiting.append(self._thread.submit(self._store, row, at_once, tiles, strips))

    def _drain(self, left: int) -> None:
        """Wait until no more than some rows wait; what went wrong with a row is raised here."""
        while len(self._waiting) > left:
            self._waiting.popleft().result()

    def _store(self, row: int, at_once: int, tiles: int, strips: dict[str, Array]) -> None:
        """Write one row, in the thread; none behind one that could not be written."""
        if self._failed:
            return
        self._failed = True
        with self._watch.stage(STORING):
            for name, strip in strips.items():
                self._files[name].append(strip)
                self._unsynced += strip.nbytes
            end = max(file.row for file in self._files.values())
            finished = FinishedRow(row, end, at_once, tiles, checksums(strips))
            self._journal.finished(finished)
            self._rows.append(finished)
        if self._unsynced >= GROUP_BYTES or time.monotonic() - self._synced_at >= GROUP_SECONDS:
            self._sync()
        self._failed = False

    def _sync(self) -> None:
        """Put on the disk what is written, in the thread."""
        with self._watch.stage(STORING):
            for file in self._files.values():
                file.sync()
            self._journal.synced(len(self._rows))
            self._unsynced, self._synced_at = 0, time.monotonic()
