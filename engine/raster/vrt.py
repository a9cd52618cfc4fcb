"""Virtual rasters (.vrt) written by hand: bands over parts of other rasters, as XML that GDAL 2 and later reads."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape  # nosec B406 # escapes, parses nothing

from affine import Affine
from rasterio.crs import CRS

from ..classes import ClassInfo

GDAL_TYPES = {
    "uint8": "Byte", "int8": "Int8", "uint16": "UInt16", "int16": "Int16", "uint32": "UInt32", "int32": "Int32",
    "uint64": "UInt64", "int64": "Int64", "float32": "Float32", "float64": "Float64",
}  # fmt: skip
"""Numpy name of a type -> GDAL's."""

LARGEST_CATEGORY = 1023
"""Largest value up to which names are listed as categories: the list has an entry for every number below."""


@dataclass(frozen=True)
class Place:
    """Where a raster lies in a virtual one.

    Attributes:
        path: The raster.
        rows: Its height.
        cols: Its width.
        left: Column of its left edge in pixels of the virtual raster; may have decimals.
        top: Row of its upper edge.
        width: Its width in pixels of the virtual raster.
        height: Its height there.
        nodata: Its value of invalid pixels; what lies below shows through them.
        masked: What lies below shows through where its mask or alpha band hides it.
        whole: Every pixel of it counts, whatever GDAL takes for its mask.
    """

    path: str
    rows: int
    cols: int
    left: float
    top: float
    width: float
    height: float
    nodata: float | None = None
    masked: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Band:
    """One band of a virtual raster.

    Attributes:
        dtype: Numpy name of its type.
        source: 1-based band of the rasters below.
        nodata: Value of pixels without any raster below.
        name: Description.
        interpretation: GDAL's word, such as ``Palette`` or ``Red``; empty for none.
        colors: Value to red, green, blue, alpha.
        categories: Names by value.
    """

    dtype: str
    source: int = 1
    nodata: float | None = None
    name: str = ""
    interpretation: str = ""
    colors: Mapping[int, tuple[int, ...]] | None = None
    categories: Sequence[ClassInfo] = ()


def vrt_text(
    shape: tuple[int, int],
    transform: Affine | None,
    crs: CRS | None,
    bands: Sequence[Band],
    places: Sequence[Place],
    *,
    folder: Path | None = None,
    masked: bool = False,
) -> str:
    """Return the XML of a virtual raster.

    Args:
        shape: Rows and columns.
        transform: Pixel to map; None leaves it out.
        crs: CRS, None without one.
        bands: Its bands.
        places: The rasters below; the first lies on top.
        folder: Where the file will stand, for paths relative to it; None writes absolute paths.
        masked: Whether it gets a mask made of the masks of the rasters.
    """
    rows, cols = shape
    lines = [f'<VRTDataset rasterXSize="{cols}" rasterYSize="{rows}">']
    if crs is not None:
        lines.append(f'  <SRS dataAxisToSRSAxisMapping="1,2">{escape(crs.to_wkt())}</SRS>')
    if transform is not None:
        numbers = ", ".join(f"{number:.17g}" for number in transform.to_gdal())
        lines.append(f"  <GeoTransform>{numbers}</GeoTransform>")
    for number, band in enumerate(bands, 1):
        lines += _band(number, band, places, folder)
    if masked:
        lines += ["  <MaskBand>", '    <VRTRasterBand dataType="Byte">']
        lines += [_source(place, "mask,1", 0, folder) for place in reversed(places)]
        lines += ["    </VRTRasterBand>", "  </MaskBand>"]
    return "\n".join([*lines, "</VRTDataset>", ""])


def color_table(colors: Mapping[int, tuple[int, ...]]) -> list[str]:
    """Return the XML of a colour table, transparent black where a value has no colour."""
    entries = (colors.get(value, (0, 0, 0, 0)) for value in range(max(colors, default=-1) + 1))
    rows = [f'      <Entry c1="{r}" c2="{g}" c3="{b}" c4="{a}"/>' for r, g, b, a in entries]
    return ["    <ColorTable>", *rows, "    </ColorTable>"]


def category_names(classes: Sequence[ClassInfo]) -> list[str]:
    """Return the XML of GDAL's category names; none where values are too large for a list."""
    names = {entry.value: entry.name for entry in classes}
    if not names or max(names) > LARGEST_CATEGORY or min(names) < 0:
        return []
    rows = [f"      <Category>{escape(names.get(value, ''))}</Category>" for value in range(max(names) + 1)]
    return ["    <CategoryNames>", *rows, "    </CategoryNames>"]


def _band(number: int, band: Band, places: Sequence[Place], folder: Path | None) -> list[str]:
    """Return the XML of a band."""
    lines = [f'  <VRTRasterBand dataType="{GDAL_TYPES[band.dtype]}" band="{number}">']
    if band.name:
        lines.append(f"    <Description>{escape(band.name)}</Description>")
    if band.nodata is not None:
        lines.append(f"    <NoDataValue>{band.nodata:.17g}</NoDataValue>")
    if band.interpretation:
        lines.append(f"    <ColorInterp>{band.interpretation}</ColorInterp>")
    lines += color_table(band.colors) if band.colors else []
    lines += category_names(band.categories)
    lines += [_source(place, str(band.source), place.nodata, folder) for place in reversed(places)]
    return [*lines, "  </VRTRasterBand>"]


def _source(place: Place, band: str, nodata: float | None, folder: Path | None) -> str:
    """Return the XML of a raster below a band."""
    relative = folder is not None
    path = os.path.relpath(place.path, folder) if relative else place.path
    if place.whole and band.startswith("mask"):
        band, hidden = "1", "<ScaleOffset>255</ScaleOffset><ScaleRatio>0</ScaleRatio>"
    else:
        hidden = "" if nodata is None else f"<NODATA>{nodata:.17g}</NODATA>"
    hidden += "<UseMaskBand>true</UseMaskBand>" if place.masked and not band.startswith("mask") else ""
    kind = "ComplexSource" if hidden else "SimpleSource"
    return (
        f'    <{kind}><SourceFilename relativeToVRT="{int(relative)}">{escape(path.replace(os.sep, "/"))}'
        f"</SourceFilename><SourceBand>{band}</SourceBand>"
        f'<SrcRect xOff="0" yOff="0" xSize="{place.cols}" ySize="{place.rows}"/>'
        f'<DstRect xOff="{place.left:.12g}" yOff="{place.top:.12g}" xSize="{place.width:.12g}" '
        f'ySize="{place.height:.12g}"/>{hidden}</{kind}>'
    )
