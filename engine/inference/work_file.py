"""The work file of a run: an uncompressed tiled TIFF, filled from top to bottom, that survives the end of its writer.

What was appended is with the operating system at once and on the disk after ``sync``.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np

from ..errors import OutputError
from .detections import Array
from .tiff_header import BLOCK, Layout, header

_NO_ROOM = {getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG") if hasattr(errno, name)}


def write_bytes(stream: BinaryIO, data: bytes | memoryview) -> None:
    """Write all of some bytes to an unbuffered file."""
    rest = memoryview(data).cast("B")
    while len(rest):
        rest = rest[stream.write(rest) :]


def refused(path: Path, error: OSError) -> OutputError:
    """Return the sentence for a file that cannot be written."""
    if error.errno in _NO_ROOM:
        return OutputError(
            f"the disk of {path} is full: free some space and run the same again; it goes on where it stopped"
        )
    return OutputError(f"{path} cannot be written ({error.strerror}): mend that and run the same again; it goes on")


class WorkFile:
    """An open work file; one thread at a time.

    Attributes:
        path: The file.
        layout: What it holds.
        row: First row that is not yet written.
    """

    def __init__(self, path: Path, layout: Layout, row: int = 0) -> None:
        """Start a new file, or go on with one.

        Args:
            path: The file.
            layout: What it holds.
            row: Rows that are finished; 0 starts anew.

        Raises:
            OutputError: The file cannot be made or opened.
        """
        self.path, self.layout, self.row = path, layout, row
        self._head = header(layout)
        shape = (layout.bands, layout.across, BLOCK, BLOCK)
        self._blocks = np.zeros(shape, layout.dtype)
        try:
            self._stream: BinaryIO = open(path, "r+b" if row else "w+b", buffering=0)  # noqa: SIM115 (closed on exit)
            if not row:
                write_bytes(self._stream, self._head)
                self._stream.truncate(file_bytes(layout))
            elif row % BLOCK:
                for band in range(layout.bands):
                    self._blocks[band] = self._stored(band, row // BLOCK)
        except OSError as error:
            raise refused(path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._stream.close()

    def append(self, pixels: Array) -> None:
        """Write the next rows.

        Args:
            pixels: (bands, rows, cols) of the file's type.

        Raises:
            OutputError: The disk is full or the file is gone.
        """
        done = 0
        try:
            while done < pixels.shape[1]:
                line = self.row % BLOCK
                some = min(BLOCK - line, pixels.shape[1] - done)
                self._place(pixels[:, done : done + some], line)
                done += some
                if line + some == BLOCK or done == pixels.shape[1]:
                    self._store(self.row // BLOCK)
                self.row += some
                if line + some == BLOCK:
                    self._blocks[...] = 0
        except OSError as error:
            raise refused(self.path, error) from error

    def sync(self) -> None:
        """Wait until everything written is on the disk.

        Raises:
            OutputError: The disk is full or gone.
        """
        try:
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise refused(self.path, error) from error

    def read(self, first: int, last: int) -> Array:
        """Return (bands, last - first, cols) finished rows."""
        blocks = range(first // BLOCK, -(-last // BLOCK))
        bands = [np.concatenate([self._rows(band, block) for block in blocks]) for band in range(self.layout.bands)]
        begin = first - blocks.start * BLOCK
        return np.stack([band[begin : begin + last - first] for band in bands])

    def _rows(self, band: int, block: int) -> Array:
        """Return (BLOCK, cols) pixels of a row of blocks."""
        lines = self._stored(band, block).transpose(1, 0, 2).reshape(BLOCK, -1)
        return lines[:, : self.layout.cols]

    def _place(self, pixels: Array, line: int) -> None:
        """Put some rows into the row of blocks in work."""
        whole = pixels.shape[2] // BLOCK * BLOCK
        target = self._blocks[:, :, line : line + pixels.shape[1]]
        blocks = pixels[:, :, :whole].reshape(*pixels.shape[:2], -1, BLOCK)
        target[:, : whole // BLOCK] = blocks.transpose(0, 2, 1, 3)
        if whole < pixels.shape[2]:
            target[:, -1, :, : pixels.shape[2] - whole] = pixels[:, :, whole:]

    def _offset(self, band: int, block: int) -> int:
        return len(self._head) + (band * self.layout.down + block) * self.layout.row_bytes

    def _store(self, block: int) -> None:
        """Write the row of blocks in work as it is."""
        for band in range(self.layout.bands):
            self._stream.seek(self._offset(band, block))
            write_bytes(self._stream, self._blocks[band].data)

    def _stored(self, band: int, block: int) -> Array:
        """Return (blocks, BLOCK, BLOCK) of the file."""
        self._stream.seek(self._offset(band, block))
        data = bytearray(self.layout.row_bytes)
        view, done = memoryview(data), 0
        while done < len(data):
            count = self._stream.readinto(view[done:])  # type: ignore[attr-defined]
            if not count:
                raise OutputError(f"{self.path} ends too early: remove it and run the same again")
            done += count
        return np.frombuffer(data, self.layout.dtype).reshape(-1, BLOCK, BLOCK)


def file_bytes(layout: Layout) -> int:
    """Return the size of a work file, for the check of the room on the disk too."""
    return len(header(layout)) + layout.bands * layout.down * layout.row_bytes


def is_work_file(path: Path, layout: Layout) -> bool:
    """Return whether a file is a work file of this layout, whatever of it is finished."""
    head = header(layout)
    try:
        with path.open("rb") as stream:
            return path.stat().st_size == file_bytes(layout) and stream.read(len(head)) == head
    except OSError:
        return False
