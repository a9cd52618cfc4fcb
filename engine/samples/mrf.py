"""Chips in Meta Raster Format: an XML file (.mrf), the pixels band by band (.til), and where each band begins (.idx).

The format places a raster by its bounds only: a rotated chip has no place in it, and its world file says where it lies.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape  # nosec B406 # escapes, parses nothing

import numpy as np
import rasterio
from affine import Affine

from ..errors import ParameterError
from ..raster.vrt import GDAL_TYPES

if TYPE_CHECKING:
    from .chips import ChipKind

_TYPES = ("uint8", "uint16", "int16", "uint32", "int32", "float32", "float64")


class MrfLayout:
    """What all MRF chips of a kind have in common.

    Attributes:
        index: Content of the .idx file: offset and size of each band.
    """

    def __init__(self, kind: ChipKind) -> None:
        """Prepare the texts for a kind of chips."""
        self._rows, self._cols = kind.rows, kind.cols
        size = f'x="{kind.cols}" y="{kind.rows}"'
        photometric = (
            "" if kind.bands in (1, 3) else "    <Photometric>MULTISPECTRAL</Photometric>\n"
        )  # no band is alpha
        self._head = (
            f'<MRF_META>\n  <Raster>\n    <Size {size} c="{kind.bands}" />\n    <PageSize {size} c="1" />\n'
            f"    <Compression>NONE</Compression>\n    <DataType>{GDAL_TYPES[kind.dtype]}</DataType>\n"
            f"{photometric}    <NetByteOrder>FALSE</NetByteOrder>\n  </Raster>\n  <GeoTags>\n"
        )
        wkt = "" if kind.crs is None else f"    <Projection>{escape(kind.crs.to_wkt())}</Projection>\n"
        self._tail = f"{wkt}  </GeoTags>\n</MRF_META>\n"
        band = kind.rows * kind.cols * np.dtype(kind.dtype).itemsize
        self.index = b"".join(struct.pack(">QQ", band * number, band) for number in range(kind.bands))

    def header(self, transform: Affine) -> bytes:
        """Return the content of the .mrf file of a chip."""
        bounds = ""
        if transform.b == 0.0 == transform.d:
            right, bottom = transform @ (self._cols, self._rows)
            edges = f'minx="{transform.c!r}" miny="{bottom!r}" maxx="{right!r}" maxy="{transform.f!r}"'
            bounds = f"    <BoundingBox {edges} />\n"
        return (self._head + bounds + self._tail).encode("utf-8")


def check_mrf(dtype: str) -> None:
    """Refuse MRF where it cannot be read again.

    Raises:
        ParameterError: This build of GDAL lacks the driver, or the format lacks the pixel type.
    """
    if "MRF" not in _drivers():
        raise ParameterError(
            f"MRF chips need GDAL's MRF driver, which GDAL {rasterio.__gdal_version__} lacks here: choose TIFF"
        )
    if dtype not in _TYPES:
        raise ParameterError(f"MRF chips hold {', '.join(_TYPES)} and not {dtype}: choose TIFF")


def _drivers() -> dict[str, str]:
    """Return the drivers of GDAL by their short names."""
    with rasterio.Env() as env:
        return dict(env.drivers())
