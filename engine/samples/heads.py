"""What a chip says of itself without its pixels: size, bands, type, place."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import RasterError, SampleFolderError
from ..job import Job
from ..raster.bands import alpha_band, names_of, palette_of
from ..raster.opening import opened
from ..raster.views import cell_size_of
from .layout import Layout
from .registry import Content, get_sample_format
from .samples import quick_open, shape_in_words

AT_ONCE = 64
"""Chips that a thread opens before it hands them over."""

THREADS = 8
"""Threads that open chips: opening is waiting where the disk is far, and 0.6 ms of a processor where it is near."""


@dataclass(frozen=True)
class Head:
    """What is known of a chip without its pixels."""

    bands: int
    dtype: str
    rows: int
    cols: int
    band_names: tuple[str, ...]
    bounds: tuple[float, float, float, float]
    cell_size: tuple[float, float] | None
    crs_wkt: str | None
    south_up: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        """Bands, rows and columns."""
        return self.bands, self.rows, self.cols


def chip_heads(layout: Layout, contents: Sequence[Content], job: Job) -> list[Head]:
    """Return the heads of a folder's chips.

    In a folder of ours the first chip is opened; the labels and ``chips.csv`` say the rest. Those of others are opened
    one and all, by several threads, because a disk in a network lets each of them wait.
    """
    (first,) = _opened_heads(layout.images[:1], job)
    any_size = get_sample_format(layout.form_name).any_size
    known: list[Head | None] = []
    for chip, content in zip(layout.images, contents, strict=True):
        row = layout.chips.get(chip.stem)
        said = content.size or (first.cols, first.rows)
        trusted = (any_size or said == (first.cols, first.rows)) and content.bands in (0, first.bands)
        said_head = replace(first, bounds=row.bounds, cols=said[0], rows=said[1]) if row is not None else None
        known.append(said_head if trusted else None)
    unknown = [chip for chip, head in zip(layout.images, known, strict=True) if head is None]
    found = iter(_opened_heads(unknown, job))
    heads = [head or next(found) for head in known]
    properties = layout.emd.get("InputRastersProps")
    names = properties.get("BandNames") if isinstance(properties, dict) else None
    if isinstance(names, list) and len(names) == first.bands:
        heads[0] = replace(heads[0], band_names=tuple(map(str, names)))
    return heads


def _opened_heads(chips: Sequence[Path], job: Job) -> list[Head]:
    """Open chips and look at what each says of itself; the first one that cannot be read ends it."""
    parts = [chips[start : start + AT_ONCE] for start in range(0, len(chips), AT_ONCE)]
    if len(parts) < 2:
        return [head for part in parts for head in _heads(part)]
    heads: list[Head] = []
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for some in pool.map(_heads, parts):
                job.check()
                heads += some
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return heads


def _heads(chips: Sequence[Path]) -> list[Head]:
    """Return the heads of some chips, with GDAL's settings made once."""
    with quick_open():
        return [_head(chip) for chip in chips]


def _head(path: Path) -> Head:
    """Open a chip and look at what it says of itself."""
    try:
        with opened(str(path)) as chip:
            alpha, palette = alpha_band(chip), palette_of(chip)
            names = names_of(chip, alpha, palette)
            placed = not chip.transform.is_identity
            bounds = bounds_of(chip) if placed else (float("nan"),) * 4
            return Head(
                bands=len(names),
                dtype=str(chip.dtypes[0]),
                rows=chip.height,
                cols=chip.width,
                band_names=names,
                bounds=bounds,
                cell_size=cell_size_of(chip.transform) if placed else None,
                crs_wkt=chip.crs.to_wkt() if chip.crs else None,
                south_up=placed and chip.transform.e > 0,
            )
    except RasterError as error:
        raise SampleFolderError(
            f"the chip {path} cannot be read: it is damaged; export it again or remove it"
        ) from error


def bounds_of(chip: Any) -> tuple[float, float, float, float]:
    """Return left, bottom, right, top of an open chip."""
    corners = [
        chip.transform @ corner for corner in ((0, 0), (chip.width, 0), (0, chip.height), (chip.width, chip.height))
    ]
    across, down = [x for x, _ in corners], [y for _, y in corners]
    return min(across), min(down), max(across), max(down)


def check_alike(heads: list[Head], images: list[Path], any_size: bool = False) -> None:
    """Refuse chips of different bands or pixel type, and of different size unless any will do, with two examples."""
    first = heads[0]
    for head, image in zip(heads, images, strict=True):
        same = any_size or (head.rows, head.cols) == (first.rows, first.cols)
        if not same or (head.bands, head.dtype) != (first.bands, first.dtype):
            one, two = (
                shape_in_words((entry.bands, entry.rows, entry.cols)) + f" of {entry.dtype}" for entry in (first, head)
            )
            raise SampleFolderError(
                f"chips of one training are alike, but {images[0]} has {one} and {image} has {two}: "
                "train on folders with the same chip size, bands and pixel type"
            )
