"""Several rasters as one: a virtual raster over all, the first on top, refused where they do not belong together."""

from __future__ import annotations

import math
import os
import xml.etree.ElementTree as ElementTree  # nosec B405 # expat limits expansion
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from affine import Affine
from rasterio.crs import CRS
from rasterio.enums import MaskFlags

from ..classes import ClassInfo
from ..errors import RasterError
from ..files import replaced
from ..job import Job
from .bands import alpha_band, palette_of
from .class_output import class_band
from .crs import crs_text, known_crs
from .opening import check, opened
from .views import UNPLACED, cell_size_of, file_transform
from .vrt import Band, Place, vrt_text

SLACK = 1e-3
"""Share of a pixel by which grids may differ and count as one."""

LARGEST_LIST = 64 * 2**20
"""Bytes of a .vrt beyond which its list of rasters is not read."""


@dataclass(frozen=True)
class _Part:
    """One raster of a mosaic."""

    path: str
    rows: int
    cols: int
    transform: Affine
    crs: CRS | None
    bands: tuple[int, ...]
    dtypes: tuple[str, ...]
    names: tuple[str, ...]
    nodata: tuple[float | None, ...]
    colors: tuple[str, ...]
    palette: bytes
    masked: bool
    whole: bool

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top."""
        right, bottom = self.transform @ (self.cols, self.rows)
        return self.transform.c, bottom, right, self.transform.f


def write_mosaic(paths: Sequence[str], target: Path, job: Job) -> None:
    """Write a virtual raster over several, the first on top.

    Args:
        paths: The rasters; they must share CRS, bands and types.
        target: The .vrt to write, with absolute paths in it.
        job: Told when cell sizes differ or grids do not meet.

    Raises:
        RasterError: A raster has another CRS, another number of bands or another type than the first, or no place
            on the map; the sentence names it.
    """
    parts = []
    for path in paths:
        job.check()
        parts.append(_part(path))
    first = parts[0]
    for part in parts[1:]:
        _check_alike(first, part)
    transform, rows, cols = _grid(parts, job)
    same_nodata = None not in first.nodata and all(part.nodata == first.nodata for part in parts)
    masked = not same_nodata or any(part.masked for part in parts)
    bands = [
        Band(dtype, number, first.nodata[at] if not masked else None, first.names[at], first.colors[at])
        for at, (number, dtype) in enumerate(zip(first.bands, first.dtypes, strict=True))
    ]
    if first.palette:
        colors = {at // 4: tuple(first.palette[at : at + 4]) for at in range(0, len(first.palette), 4)}
        bands[0] = replace(bands[0], colors=colors, interpretation="Palette")
    places = [_placed(part, transform, part.nodata[0]) for part in parts]
    text = vrt_text((rows, cols), transform, first.crs, bands, places, masked=masked)
    with replaced(target, job) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_collection(paths: Sequence[str], target: Path, classes: Sequence[ClassInfo], nodata: int, job: Job) -> str:
    """Write a virtual raster over class rasters beside it, with colours and names, that QGIS opens.

    Args:
        paths: The class rasters, of one type; the first lies on top.
        target: The .vrt to write; paths in it are relative.
        classes: Classes with their colours.
        nodata: Value of pixels without a class.
        job: Told why, when there can be none.

    Returns:
        The path of the virtual raster; empty when the rasters have no common CRS, or one has no place or is rotated.
    """
    try:
        parts = [_part(path) for path in paths]
        for part in parts[1:]:
            _check_alike(parts[0], part, palettes=False)
        transform, rows, cols = _grid(parts, Job())
    except RasterError as error:
        job.warn(f"no virtual raster is written over the results: {error}")
        return ""
    bands = [class_band(parts[0].dtypes[0], nodata, classes)]
    places = [_placed(part, transform, nodata) for part in parts]
    text = vrt_text((rows, cols), transform, parts[0].crs, bands, places, folder=target.parent)
    with replaced(target, job) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return str(target)


def parts_of_vrt(path: str) -> list[str]:
    """Return the rasters that a .vrt lies over, each once, the lowest first; empty for another raster."""
    if not path.lower().endswith(".vrt") or not os.path.isfile(path) or os.path.getsize(path) > LARGEST_LIST:
        return []
    content = Path(path).read_bytes()
    try:
        if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
            raise ElementTree.ParseError("it declares entities")
        root = ElementTree.fromstring(content)  # nosec B314 # expat limits expansion
    except ElementTree.ParseError as error:
        raise RasterError(f"{path} is no valid virtual raster ({error}): make it again") from error
    found: dict[str, None] = {}
    for entry in root.iter("SourceFilename"):
        text = (entry.text or "").strip()
        if text and entry.get("relativeToVRT") == "1":
            text = os.path.normpath(os.path.join(os.path.dirname(path), text))
        if text:
            found[text] = None
    return list(found)


def _part(path: str) -> _Part:
    """Look at one raster."""
    with opened(path) as dataset:
        check(dataset, path)
        transform = file_transform(dataset)
        if transform == UNPLACED or not _is_north_up(transform):
            what = "has no georeference" if transform == UNPLACED else "is rotated or south-up"
            raise RasterError(
                f"{path} {what} and cannot be part of a mosaic: choose processing_mode PROCESS_ITEMS_SEPARATELY"
            )
        alpha = alpha_band(dataset)
        bands = tuple(band for band in range(1, dataset.count + 1) if band != alpha)
        flags = dataset.mask_flag_enums[0]
        return _Part(
            path=os.path.abspath(path) if os.path.exists(path) else path,
            rows=dataset.height,
            cols=dataset.width,
            transform=transform,
            crs=known_crs(dataset.crs, path, RasterError),
            bands=bands,
            dtypes=tuple(dataset.dtypes[band - 1] for band in bands),
            names=tuple(dataset.descriptions[band - 1] or "" for band in bands),
            nodata=tuple(dataset.nodatavals[band - 1] for band in bands),
            colors=tuple(_interpretation(dataset, band) for band in bands),
            palette=palette_of(dataset),
            masked=bool(alpha) or (MaskFlags.per_dataset in flags and MaskFlags.alpha not in flags),
            whole=not alpha and MaskFlags.alpha in flags,
        )


def _is_north_up(transform: Affine) -> bool:
    """Return whether columns run east and rows south."""
    turned = max(abs(transform.b), abs(transform.d)) > 1e-7 * min(abs(transform.a), abs(transform.e))
    return transform.a > 0 > transform.e and not turned


def _interpretation(dataset: Any, band: int) -> str:
    """Return GDAL's word for red, green and blue bands."""
    word = str(dataset.colorinterp[band - 1].name)
    return word.capitalize() if word in ("red", "green", "blue") else ""


def _check_alike(first: _Part, part: _Part, palettes: bool = True) -> None:
    """Refuse a raster that does not go with the first."""
    remedy = "process them separately (PROCESS_ITEMS_SEPARATELY) or make them alike"
    if first.crs != part.crs:
        one, other = crs_text(first.crs) or "no CRS", crs_text(part.crs) or "no CRS"
        raise RasterError(f"{part.path} is in {other:.60} and {first.path} in {one:.60}: {remedy}")
    if len(first.bands) != len(part.bands):
        raise RasterError(f"{part.path} has {len(part.bands)} bands and {first.path} {len(first.bands)}: {remedy}")
    if first.dtypes != part.dtypes:
        raise RasterError(f"{part.path} holds {part.dtypes[0]} and {first.path} {first.dtypes[0]}: {remedy}")
    if palettes and first.palette != part.palette:
        raise RasterError(f"{part.path} has another palette than {first.path}: {remedy}")


def _grid(parts: Sequence[_Part], job: Job) -> tuple[Affine, int, int]:
    """Return transform, rows and columns of the finest grid that covers all parts."""
    finest = min(parts, key=lambda part: cell_size_of(part.transform))
    across, down = cell_size_of(finest.transform)
    other = next((part for part in parts if not _same_cell(part, across, down)), None)
    if other is not None:
        size = cell_size_of(other.transform)[0]
        job.warn(f"{other.path} has cells of {size:g} and {finest.path} of {across:g}: the mosaic has {across:g}")
    edges = [part.bounds for part in parts]
    cols_left = math.ceil((finest.transform.c - min(edge[0] for edge in edges)) / across - SLACK)
    rows_above = math.ceil((max(edge[3] for edge in edges) - finest.transform.f) / down - SLACK)
    transform = finest.transform @ Affine.translation(-cols_left, -rows_above)
    cols = math.ceil((max(edge[2] for edge in edges) - transform.c) / across - SLACK)
    rows = math.ceil((transform.f - min(edge[1] for edge in edges)) / down - SLACK)
    apart = next((part for part in parts if other is None and not _on_grid(part, transform)), None)
    if apart is not None:
        job.warn(f"the cells of {apart.path} do not meet those of {finest.path}: they are moved by part of a cell")
    return transform, rows, cols


def _same_cell(part: _Part, across: float, down: float) -> bool:
    """Return whether a raster's cells have a size, to a thousandth of a pixel over its whole width."""
    own = cell_size_of(part.transform)
    return abs(own[0] / across - 1) * part.cols < 0.5 and abs(own[1] / down - 1) * part.rows < 0.5


def _on_grid(part: _Part, transform: Affine) -> bool:
    """Return whether the corner of a raster is a corner of the grid's cells."""
    col, row = ~transform @ (part.transform.c, part.transform.f)
    return max(abs(col - round(col)), abs(row - round(row))) < 0.01


def _placed(part: _Part, transform: Affine, nodata: float | None) -> Place:
    """Return where a raster lies on the grid; corners that are nearly whole are made whole."""
    left, top = ~transform @ (part.transform.c, part.transform.f)
    right, bottom = ~transform @ (part.transform @ (part.cols, part.rows))
    left, top, right, bottom = (_whole(number) for number in (left, top, right, bottom))
    width, height = right - left, bottom - top
    return Place(part.path, part.rows, part.cols, left, top, width, height, nodata, part.masked, part.whole)


def _whole(number: float) -> float:
    """Return a number rounded when it is nearly whole."""
    return float(round(number)) if abs(number - round(number)) < 0.01 else number
