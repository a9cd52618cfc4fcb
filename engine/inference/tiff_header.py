"""The head of an uncompressed tiled BigTIFF whose blocks all have their place before the first one is written.

GDAL writes a tiny file of the same kind; its tags (types, georeference, nodata) are taken over and those of the size
and of the blocks are put in their place. So a program that dies leaves a file that any reader opens.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from affine import Affine
from rasterio.crs import CRS
from rasterio.io import MemoryFile

BLOCK = 256
"""Rows and columns of a block."""

_WIDTH, _LENGTH, _OFFSETS, _BYTE_COUNTS = 256, 257, 324, 325
_LONG8 = 16
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 16: 8, 17: 8}
_START = 16
_ALIGNED = 4096


@dataclass(frozen=True)
class Layout:
    """What a work file holds.

    Attributes:
        rows: Rows of the raster.
        cols: Columns of the raster.
        bands: Number of bands, one after the other in the file.
        dtype: Numpy name of the type.
        nodata: Value of invalid pixels.
        transform: Pixel to map.
        crs: CRS, if there is one.
    """

    rows: int
    cols: int
    bands: int
    dtype: str
    nodata: float
    transform: Affine
    crs: CRS | None

    @property
    def across(self) -> int:
        """Blocks beside one another."""
        return -(-self.cols // BLOCK)

    @property
    def down(self) -> int:
        """Blocks above one another."""
        return -(-self.rows // BLOCK)

    @property
    def row_bytes(self) -> int:
        """Bytes of a row of blocks of one band."""
        return self.across * BLOCK * BLOCK * np.dtype(self.dtype).itemsize


def header(layout: Layout) -> bytes:
    """Return the bytes before the first block; blocks follow band by band, row by row, left to right."""
    tags = {**_template_tags(layout)}
    blocks = layout.across * layout.down * layout.bands
    tags[_WIDTH] = (_LONG8, 1, struct.pack("<Q", layout.cols))
    tags[_LENGTH] = (_LONG8, 1, struct.pack("<Q", layout.rows))
    block_bytes = BLOCK * BLOCK * np.dtype(layout.dtype).itemsize
    tags[_BYTE_COUNTS] = (_LONG8, blocks, np.full(blocks, block_bytes, "<u8").tobytes())
    tags[_OFFSETS] = (_LONG8, blocks, b"\0" * 8 * blocks)
    size = len(_packed(tags))
    size += -size % _ALIGNED
    offsets = size + block_bytes * np.arange(blocks, dtype="<u8")
    tags[_OFFSETS] = (_LONG8, blocks, offsets.astype("<u8").tobytes())
    return _packed(tags).ljust(size, b"\0")


def _packed(tags: dict[int, tuple[int, int, bytes]]) -> bytes:
    """Return file head, directory and the values that do not fit into it."""
    entries, values = [], b""
    first = _START + 8 + 20 * len(tags) + 8
    for tag, (kind, count, value) in sorted(tags.items()):
        if len(value) > 8:
            values += b"\0" * (-len(values) % 8)
            place = struct.pack("<Q", first + len(values))
            values += value
        else:
            place = value.ljust(8, b"\0")
        entries.append(struct.pack("<HHQ", tag, kind, count) + place)
    head = struct.pack("<2sHHHQ", b"II", 43, 8, 0, _START)
    return head + struct.pack("<Q", len(entries)) + b"".join(entries) + struct.pack("<Q", 0) + values


def _template_tags(layout: Layout) -> dict[int, tuple[int, int, bytes]]:
    """Return type, count and value bytes of every tag of a tiny file that GDAL writes."""
    shape = {"width": BLOCK, "height": BLOCK, "count": layout.bands, "dtype": layout.dtype}
    place = {"crs": layout.crs, "transform": layout.transform, "nodata": layout.nodata}
    options = {"tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK, "interleave": "band", "SPARSE_OK": True}
    with MemoryFile() as memory:
        memory.open(driver="GTiff", BIGTIFF="YES", ENDIANNESS="LITTLE", **shape, **place, **options).close()
        data = memory.read()
    (start,) = struct.unpack_from("<Q", data, 8)
    (count,) = struct.unpack_from("<Q", data, start)
    tags = {}
    for number in range(count):
        entry = start + 8 + 20 * number
        tag, kind, values = struct.unpack_from("<HHQ", data, entry)
        length = values * _TYPE_BYTES[kind]
        at = entry + 12 if length <= 8 else struct.unpack_from("<Q", data, entry + 12)[0]
        tags[tag] = (kind, values, data[at : at + length])
    return tags
