"""Writing chips: TIFF, MRF, PNG or JPEG, with georeference inside or beside them, and a world file.

Uncompressed TIFF chips of one run differ in their pixels and in six numbers only. GDAL writes the first one; the others
are made from it by replacing those bytes, which takes a quarter of the time. Two chips are compared with what GDAL
writes before that is trusted.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.io import MemoryFile

from ..errors import OutputError, ParameterError
from ..raster.crs import GDAL_ERRORS
from ..raster.opening import first_line
from .mrf import MrfLayout, check_mrf

SUFFIXES = {"TIFF": (".tif", ".tfw"), "PNG": (".png", ".pgw"), "JPEG": (".jpg", ".jgw"), "MRF": (".mrf", ".mfw")}
"""Suffix of the chip and of its world file."""

_DRIVERS = {"TIFF": "GTiff", "PNG": "PNG", "JPEG": "JPEG"}
_RGB = ("red", "green", "blue")


@dataclass(frozen=True)
class ChipKind:
    """What all chips of a run have in common.

    Attributes:
        image_format: ``TIFF``, ``PNG`` or ``JPEG``.
        compression: ``NONE``, ``LZW`` or ``DEFLATE``, of TIFF.
        bands: Number of bands.
        rows: Height in pixels.
        cols: Width in pixels.
        dtype: Numpy name of the pixel type.
        band_names: One a band, empty texts where not known.
        crs: CRS, None without.
        nodata: What the chips declare as nodata, None for nothing.
    """

    image_format: str
    compression: str
    bands: int
    rows: int
    cols: int
    dtype: str
    band_names: tuple[str, ...]
    crs: CRS | None
    nodata: float | None = None

    def check(self, path: str) -> None:
        """Refuse pixels that the image format cannot hold.

        Raises:
            ParameterError: PNG or JPEG with more than 3 bands or another type than 8 bits; MRF that GDAL cannot read.
        """
        if self.image_format == "MRF":
            check_mrf(self.dtype)
        if self.image_format in ("TIFF", "MRF"):
            return
        if self.bands > 3 or self.bands == 2:
            raise ParameterError(
                f"{self.image_format} chips hold 1 or 3 bands and {path} has {self.bands}: choose TIFF or a "
                f"raster of 3 bands"
            )
        if self.dtype != "uint8":
            raise ParameterError(
                f"{self.image_format} chips hold 8 bits a band and {path} has {self.dtype}: choose TIFF or an 8 "
                f"bit raster"
            )

    @property
    def bytes(self) -> int:
        """Bytes of an uncompressed chip."""
        return self.bands * self.rows * self.cols * np.dtype(self.dtype).itemsize


class ChipWriter:
    """Writes the chips of one raster into a folder."""

    def __init__(self, folder: Path, kind: ChipKind, once: bool = False) -> None:
        """Write chips of a kind into ``folder``; a template is made unless there is only one chip."""
        self.kind = kind
        self.suffix, self._world_suffix = SUFFIXES[kind.image_format]
        self._folder = str(folder)
        plain = kind.image_format == "TIFF" and kind.compression == "NONE" and not once
        self._template = _template_of(kind) if plain else None
        self._mrf = MrfLayout(kind) if kind.image_format == "MRF" else None

    def write(self, stem: str, pixels: np.ndarray, transform: Affine) -> None:
        """Write one chip and its world file.

        Args:
            stem: File name without suffix.
            pixels: (bands, rows, cols) C-contiguous, of the kind's type.
            transform: Pixel to map of the chip.
        """
        path = f"{self._folder}/{stem}{self.suffix}"
        if self._template is not None and transform.b == 0.0 == transform.d and transform.a > 0.0 > transform.e:
            with open(path, "wb", buffering=0) as stream:
                self._template.write(stream, pixels, transform)
        elif self._mrf is not None:
            parts: dict[str, bytes | memoryview] = {".mrf": self._mrf.header(transform), ".idx": self._mrf.index}
            parts[".til"] = pixels.reshape(-1).view(np.uint8).data
            for suffix, content in parts.items():
                with open(f"{self._folder}/{stem}{suffix}", "wb", buffering=0) as stream:
                    write_whole(stream, content)
        else:
            try:
                with rasterio.open(path, "w", **_profile(self.kind), transform=transform) as chip:
                    chip.write(pixels)
            except GDAL_ERRORS as error:
                raise OutputError(
                    f"the chip {path} cannot be written ({first_line(error)}): free some space or choose another place"
                ) from error
        with open(f"{self._folder}/{stem}{self._world_suffix}", "wb", buffering=0) as stream:
            write_whole(stream, world_file(transform).encode("ascii"))


def write_whole(stream: Any, content: bytes | bytearray | memoryview) -> None:
    """Write to an unbuffered file until all is there: a full disk takes a part first and refuses the next one."""
    written = stream.write(content)
    while written < len(content):
        content = memoryview(content)[written:]
        written = stream.write(content)


def world_file(transform: Affine) -> str:
    """Return the six lines of a world file: it counts from the centre of the upper left pixel."""
    a, b, d, e = transform.a, transform.b, transform.d, transform.e
    left, top = transform.c + (a + b) / 2, transform.f + (d + e) / 2
    digits = 10 if max(abs(a), abs(b)) >= 1e-3 else 16
    return f"%.{digits}f\n" * 6 % (a, d, b, e, left, top)


class _Template:
    """A chip written by GDAL, in which pixels and position are replaced."""

    def __init__(self, head: bytes, tail: bytes, tie_point: int, scale: int) -> None:
        """Take a chip's bytes before and after the pixels, and where tie point and cell size stand before them."""
        self._head, self._tail, self._tie_point, self._scale = bytearray(head), tail, tie_point, scale

    @classmethod
    def made(cls, kind: ChipKind) -> _Template | None:
        """Return the template of a kind of chips, None when GDAL does not lay them out as expected."""
        shape = (kind.bands, kind.rows, kind.cols)
        pixels = (np.arange(np.prod(shape)) * 7919 % 127).astype(kind.dtype).reshape(shape)
        first = Affine(0.7548776662, 0.0, 123456.5698402909, 0.0, -0.6180339887, 654321.4142135623)
        content, body = encoded(kind, pixels, first), pixels.tobytes()
        begin = content.find(body)
        head, tail = content[: max(begin, 0)], content[begin + len(body) :]
        tie_point = head.find(struct.pack("<2d", first.c, first.f))
        scale = head.find(struct.pack("<2d", first.a, -first.e))
        if min(begin, tie_point, scale) < 0:
            return None
        template = cls(head, tail, tie_point, scale)
        second = Affine(0.25, 0.0, -71.125, 0.0, -0.5, 4_000_000.75)
        pixels = pixels[:, ::-1, ::-1].copy()
        made = BytesIO()
        template.write(made, pixels, second)
        return template if made.getvalue() == encoded(kind, pixels, second) else None

    def write(self, stream: Any, pixels: np.ndarray, transform: Affine) -> None:
        """Write one chip to a binary stream."""
        struct.pack_into("<2d", self._head, self._tie_point, transform.c, transform.f)
        struct.pack_into("<2d", self._head, self._scale, transform.a, -transform.e)
        write_whole(stream, self._head)
        write_whole(stream, pixels.reshape(-1).view(np.uint8).data)
        if self._tail:
            write_whole(stream, self._tail)


def encoded(kind: ChipKind, pixels: np.ndarray, transform: Affine) -> bytes:
    """Return the file that GDAL writes for a chip."""
    with MemoryFile() as memory:
        with memory.open(**_profile(kind), transform=transform) as chip:
            chip.write(pixels)
        memory.seek(0)
        return bytes(memory.read())


@lru_cache(maxsize=8)
def _template_of(kind: ChipKind) -> _Template | None:
    """Return the template of a kind of chips; it is made once, however many writers write such chips."""
    return _Template.made(kind)


def _profile(kind: ChipKind) -> dict[str, Any]:
    """Return rasterio's settings for a chip."""
    profile: dict[str, Any] = {
        "driver": _DRIVERS[kind.image_format],
        "width": kind.cols,
        "height": kind.rows,
        "count": kind.bands,
        "dtype": kind.dtype,
        "crs": kind.crs,
        "nodata": kind.nodata,
    }
    if kind.image_format == "JPEG":
        profile["quality"] = 95
    if kind.image_format == "TIFF":
        rgb = kind.dtype in ("uint8", "uint16") and kind.bands >= 3 and _is_rgb(kind.band_names)
        profile |= {
            "photometric": "RGB" if rgb or (kind.bands == 3 and kind.dtype == "uint8") else "MINISBLACK",
            "alpha": "NO",
            "interleave": "band" if kind.compression == "NONE" else "pixel",
            "blockysize": kind.rows,
        }
        if kind.compression != "NONE":
            profile |= {"compress": kind.compression}
            if np.dtype(kind.dtype).kind in "iu":
                profile["predictor"] = 2
    return profile


def _is_rgb(names: tuple[str, ...]) -> bool:
    """Return whether the first three bands are red, green and blue."""
    return tuple(name.casefold() for name in names[:3]) == _RGB
