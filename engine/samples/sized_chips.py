"""Writing chips of varying size: the same files as ``ChipWriter`` makes for each size, without a template for each.

Uncompressed TIFF chips of two sizes differ in some numbers of their directory. GDAL writes one, from which the
directory of any other size is made. Some sizes are compared with what GDAL writes before that is trusted.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from affine import Affine

from .chips import SUFFIXES, ChipKind, ChipWriter, encoded, world_file, write_whole

_WIDTH, _LENGTH, _STRIPS, _STRIP_ROWS, _STRIP_BYTES, _SCALE, _TIE_POINT = 256, 257, 273, 278, 279, 33550, 33922
"""Tags of a TIFF directory that depend on size and place."""

_SHORT, _LONG, _DOUBLE = 3, 4, 12
_FORMATS = {_SHORT: "H", _LONG: "I", _DOUBLE: "d"}
_PLACES = {1: 1, 2: 1, _SHORT: 2, _LONG: 4, _DOUBLE: 8}
"""Bytes of a value of a type."""

_PROOFS = ((1, 2), (3, 130), (300, 260))
"""Rows and columns of the chips that are compared."""

_HERE = Affine(0.25, 0.0, -71.125, 0.0, -0.5, 4_000_000.75)


class Writer(Protocol):
    """Writes chips into a folder."""

    @property
    def suffix(self) -> str:
        """Suffix of the chips."""

    def write(self, stem: str, pixels: np.ndarray, transform: Affine) -> None:
        """Write one chip and its world file; see ``ChipWriter``."""


def chip_writer(folder: Path, kind: ChipKind, fixed: bool) -> Writer:
    """Return what writes chips of a kind: all of its size, or of any."""
    return ChipWriter(folder, kind) if fixed else SizedChipWriter(folder, kind)


class SizedChipWriter:
    """Writes chips that differ in size, and else are of one kind.

    Attributes:
        suffix: Suffix of the chips.
    """

    def __init__(self, folder: Path, kind: ChipKind) -> None:
        """Write into a folder; the size of the kind has no meaning."""
        self.suffix, self._world_suffix = SUFFIXES[kind.image_format][:2]
        self._folder, self._kind = folder, kind
        plain = kind.image_format == "TIFF" and kind.compression == "NONE"
        self._directory = _Directory.proven(kind) if plain else None

    def write(self, stem: str, pixels: np.ndarray, transform: Affine) -> None:
        """Write one chip and its world file.

        Args:
            stem: File name without suffix; may name a folder that exists.
            pixels: (bands, rows, cols) C-contiguous, of the kind's type.
            transform: Pixel to map of the chip.
        """
        rows, cols = pixels.shape[1:]
        if self._directory is None or not _north_up(transform):
            ChipWriter(self._folder, replace(self._kind, rows=rows, cols=cols), once=True).write(
                stem, pixels, transform
            )
            return
        with open(f"{self._folder}/{stem}{self.suffix}", "wb", buffering=0) as stream:
            write_whole(stream, self._directory.head(rows, cols, transform) + pixels.tobytes())
        with open(f"{self._folder}/{stem}{self._world_suffix}", "wb", buffering=0) as stream:
            write_whole(stream, world_file(transform).encode("ascii"))


@dataclass(frozen=True)
class _Entry:
    """An entry of a TIFF directory: tag, type, number of values, and the values as bytes."""

    tag: int
    type: int
    count: int
    values: bytes

    @classmethod
    def of(cls, tag: int, type_: int, *values: float) -> _Entry:
        """Return an entry with some numbers."""
        return cls(tag, type_, len(values), struct.pack(f"<{len(values)}{_FORMATS[type_]}", *values))


class _Directory:
    """The directory of uncompressed TIFF chips of a kind, whose pixels follow it band by band."""

    def __init__(self, content: bytes, band_bytes: int) -> None:
        """Take the directory of a chip that GDAL wrote; ``band_bytes`` are those of a pixel in one band."""
        (count,) = struct.unpack_from("<H", content, 8)
        self._band_bytes = band_bytes
        self._entries: dict[int, _Entry] = {}
        places: dict[int, int] = {}
        for number in range(count):
            tag, type_, values, place = struct.unpack_from("<HHII", content, 10 + 12 * number)
            size = values * _PLACES[type_]
            begin = place if size > 4 else 18 + 12 * number
            places[tag] = place if size > 4 else 0
            self._entries[tag] = _Entry(tag, type_, values, content[begin : begin + size])
        self._layout = [tag for tag in sorted(self._entries, key=lambda tag: places[tag]) if tag != _STRIP_BYTES]
        self._layout.insert(self._layout.index(_STRIPS), _STRIP_BYTES)
        self._bands = self._entries[_STRIPS].count

    @classmethod
    def proven(cls, kind: ChipKind) -> _Directory | None:
        """Return the directory of a kind of chips, None when GDAL does not lay them out as expected."""
        try:
            directory = cls(_encoded(kind, 40, 50), np.dtype(kind.dtype).itemsize)
            proofs = [_encoded(kind, *size) for size in _PROOFS]
            made = [directory.head(*size, _HERE) + _pixels(kind, *size).tobytes() for size in _PROOFS]
        except (KeyError, ValueError, struct.error):
            return None
        return directory if made == proofs else None

    def head(self, rows: int, cols: int, transform: Affine) -> bytes:
        """Return all bytes of a chip before its pixels."""
        strip = rows * cols * self._band_bytes
        kind = _SHORT if self._bands > 1 and strip <= 65535 else _LONG
        entries = self._entries | {
            entry.tag: entry
            for entry in (
                _Entry.of(_WIDTH, _SHORT, cols),
                _Entry.of(_LENGTH, _SHORT, rows),
                _Entry.of(_STRIP_ROWS, _SHORT, rows),
                _Entry.of(_STRIP_BYTES, kind, *[strip] * self._bands),
                _Entry.of(_SCALE, _DOUBLE, transform.a, -transform.e, 0.0),
                _Entry.of(_TIE_POINT, _DOUBLE, 0.0, 0.0, 0.0, transform.c, transform.f, 0.0),
            )
        }
        places, end = {}, 14 + 12 * len(entries)
        for tag in self._layout:
            if len(entries[tag].values) > 4:
                places[tag] = end
                end += len(entries[tag].values)
        entries[_STRIPS] = _Entry.of(_STRIPS, _LONG, *[end + strip * band for band in range(self._bands)])
        parts = [b"II*\0\x08\0\0\0", struct.pack("<H", len(entries))]
        for tag, entry in sorted(entries.items()):
            values = struct.pack("<I", places[tag]) if tag in places else entry.values.ljust(4, b"\0")
            parts.append(struct.pack("<HHI", tag, entry.type, entry.count) + values)
        parts.append(bytes(4))
        parts += [entries[tag].values for tag in self._layout if tag in places]
        return b"".join(parts)


def _encoded(kind: ChipKind, rows: int, cols: int) -> bytes:
    """Return the file that GDAL writes for a chip of a size."""
    return encoded(replace(kind, rows=rows, cols=cols), _pixels(kind, rows, cols), _HERE)


def _pixels(kind: ChipKind, rows: int, cols: int) -> np.ndarray:
    """Return (bands, rows, cols) pixels to compare."""
    shape = (kind.bands, rows, cols)
    return (np.arange(np.prod(shape)) * 7919 % 127).astype(kind.dtype).reshape(shape)


def _north_up(transform: Affine) -> bool:
    """Return whether rows run from north to south and columns from west to east."""
    return transform.b == 0.0 == transform.d and transform.a > 0.0 > transform.e
