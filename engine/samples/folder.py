"""Training folders of boxes: chips, their boxes and classes, statistics; ours, Esri's and those of others.

Reading a folder opens labels and the heads of chips, never their pixels; ``read_chip`` does that for one chip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import rasterio

from ..classes import ClassInfo
from ..errors import RasterError, SampleFolderError
from ..job import Job
from ..raster.bands import alpha_band, names_of, palette_of
from ..raster.crs import GDAL_ERRORS
from ..raster.opening import opened
from ..raster.views import cell_size_of
from .layout import Layout, find_layout
from .naming import classified
from .record import crs_of_reference
from .registry import Objects
from .statistics import BandStats, PixelStatistics


@dataclass
class BoxSample:
    """A chip with its boxes.

    Attributes:
        image: File of the chip.
        boxes: (n, 4) float32 ``col_min, row_min, col_max, row_max`` in chip pixels, inside the chip.
        classes: (n,) int64 class values.
        shape: Bands, rows and columns that the chip must have, None to accept any.
    """

    image: Path
    boxes: np.ndarray
    classes: np.ndarray
    shape: tuple[int, int, int] | None = None


@dataclass
class SampleSet:
    """The chips of one or more training folders.

    Attributes:
        folders: Where they come from.
        metadata_format: Label format, such as ``PASCAL_VOC_rectangles``.
        samples: One a chip.
        classes: In ascending order of their values, each with a colour.
        bands: Bands of a chip.
        dtype: Numpy name of the chips' pixel type.
        tile_rows: Height of a chip.
        tile_cols: Width of a chip.
        band_names: One a band, empty texts where not known.
        cell_size: Ground size of a pixel, (x, y); None when not known.
        crs_wkt: CRS of the first folder, None when not known.
        bounds: (n, 4) float64 left, bottom, right, top of each chip; NaN where it has no georeference.
        sources: Raster that each chip was cut from, empty texts where not known.
        image_space: ``MAP_SPACE`` or ``PIXEL_SPACE``.
        band_stats: Statistics of the pixels of all chips, None when no folder has them.
        emd: Template of the first folder, empty in folders of others.
        stats: JSON statistics of the first folder, empty in folders of others.
    """

    folders: tuple[Path, ...]
    metadata_format: str
    samples: list[BoxSample]
    classes: tuple[ClassInfo, ...]
    bands: int
    dtype: str
    tile_rows: int
    tile_cols: int
    band_names: tuple[str, ...]
    cell_size: tuple[float, float] | None
    crs_wkt: str | None
    bounds: np.ndarray
    sources: list[str]
    image_space: str
    band_stats: BandStats | None
    emd: dict[str, Any] = field(default_factory=dict)
    stats: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of chips."""
        return len(self.samples)


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


def read_samples(folders: Sequence[str], job: Job) -> SampleSet:
    """Read the labels of training folders and the heads of their chips.

    Args:
        folders: One or more folders of the same format, chip size, bands and pixel type.
        job: Told what was mended, and asked for a cancel.

    Raises:
        SampleFolderError: A folder is missing, empty or damaged, the folders differ, or there is nothing to learn from.
    """
    if not folders:
        raise SampleFolderError("no training folder is given: choose one that the export wrote")
    layouts = [find_layout(Path(folder), job) for folder in folders]
    for layout in layouts[1:]:
        if layout.form_name != layouts[0].form_name:
            raise SampleFolderError(
                f"{layout.folder} holds {layout.form_name} and {layouts[0].folder} {layouts[0].form_name}: "
                "train on folders of one format"
            )
    parsed = [_parsed(layout, job) for layout in layouts]
    heads = [head for layout, objects in zip(layouts, parsed, strict=True) for head in _heads(layout, objects, job)]
    images = [chip for layout in layouts for chip, _ in layout.pairs]
    _check_alike(heads, images)
    if len(images) < 2:
        raise SampleFolderError(
            f"{layouts[0].folder} holds one chip: training and validation need one each at least; export with a "
            f"smaller stride or tile"
        )
    first = heads[0]
    shape = (first.bands, first.rows, first.cols)
    classes, values = classified(layouts, parsed, job)
    samples = _samples(images, [entry for objects in parsed for entry in objects], values, shape, job)
    if not any(len(sample.boxes) for sample in samples):
        raise SampleFolderError(f"no chip of {layouts[0].folder} has a label: export chips with labelled objects")
    emd, statistics = layouts[0].emd, layouts[0].statistics
    return SampleSet(
        folders=tuple(layout.folder for layout in layouts),
        metadata_format=layouts[0].form_name,
        samples=samples,
        classes=classes,
        bands=first.bands,
        dtype=first.dtype,
        tile_rows=first.rows,
        tile_cols=first.cols,
        band_names=first.band_names,
        cell_size=_cell_size(statistics) or first.cell_size,
        crs_wkt=first.crs_wkt or _crs_wkt(statistics),
        bounds=np.array([head.bounds for head in heads], np.float64).reshape(-1, 4),
        sources=[
            layout.chips[chip.stem].source if chip.stem in layout.chips else ""
            for layout in layouts
            for chip, _ in layout.pairs
        ],
        image_space=str(emd.get("ImageSpaceUsed") or "MAP_SPACE"),
        band_stats=_band_stats(layouts, first.bands),
        emd=emd,
        stats=statistics,
    )


def read_chip(sample: BoxSample) -> np.ndarray:
    """Read the pixels of a chip.

    Returns:
        (bands, rows, cols) in the chip's own type, without alpha band; NaN is 0.

    Raises:
        SampleFolderError: The chip is missing, corrupt, or of another shape than the rest.
    """
    try:
        with rasterio.open(sample.image) as chip:
            alpha, palette = alpha_band(chip), palette_of(chip)
            if palette:
                table = np.frombuffer(palette, np.uint8).reshape(-1, 4)
                pixels = np.ascontiguousarray(np.moveaxis(table[chip.read(1)][..., :3], -1, 0))
            else:
                pixels = chip.read([band for band in range(1, chip.count + 1) if band != alpha])
    except (*GDAL_ERRORS, ValueError) as error:
        raise SampleFolderError(
            f"the chip {sample.image} cannot be read: it is damaged; export it again or remove it"
        ) from error
    if sample.shape is not None and pixels.shape != sample.shape:
        raise SampleFolderError(
            f"the chip {sample.image} has {_shape(pixels.shape)} and the others {_shape(sample.shape)}: remove "
            f"it or export again"
        )
    if pixels.dtype.kind == "f":
        np.nan_to_num(pixels, copy=False, nan=0.0)
    return pixels


def _parsed(layout: Layout, job: Job) -> list[Objects]:
    """Return what the label files say."""
    found = []
    for number, (_, label) in enumerate(layout.pairs):
        if number % 64 == 0:
            job.check()
        found.append(layout.form.parse(label.read_bytes(), label))
    return found


def _heads(layout: Layout, parsed: list[Objects], job: Job) -> list[Head]:
    """Return the heads of a folder's chips.

    In a folder of ours the first chip is opened; the labels and ``chips.csv`` say the rest.
    """
    first = _head(layout.pairs[0][0])
    heads = []
    for number, ((chip, _), objects) in enumerate(zip(layout.pairs, parsed, strict=True)):
        if number % 64 == 0:
            job.check()
        row = layout.chips.get(chip.stem)
        said = objects.size or (first.cols, first.rows)
        trusted = row is not None and said == (first.cols, first.rows) and objects.bands in (0, first.bands)
        if row is not None and trusted:
            heads.append(
                Head(
                    first.bands,
                    first.dtype,
                    said[1],
                    said[0],
                    first.band_names,
                    row.bounds,
                    first.cell_size,
                    first.crs_wkt,
                )
            )
        else:
            heads.append(_head(chip))
    properties = layout.emd.get("InputRastersProps")
    names = properties.get("BandNames") if isinstance(properties, dict) else None
    if isinstance(names, list) and len(names) == first.bands:
        heads[0] = replace(heads[0], band_names=tuple(map(str, names)))
    return heads


def _head(path: Path) -> Head:
    """Open a chip and look at what it says of itself."""
    try:
        with opened(str(path)) as chip:
            alpha, palette = alpha_band(chip), palette_of(chip)
            names = names_of(chip, alpha, palette)
            placed = not chip.transform.is_identity
            bounds = _bounds(chip) if placed else (float("nan"),) * 4
            return Head(
                bands=len(names),
                dtype=str(chip.dtypes[0]),
                rows=chip.height,
                cols=chip.width,
                band_names=names,
                bounds=bounds,
                cell_size=cell_size_of(chip.transform) if placed else None,
                crs_wkt=chip.crs.to_wkt() if chip.crs else None,
            )
    except RasterError as error:
        raise SampleFolderError(
            f"the chip {path} cannot be read: it is damaged; export it again or remove it"
        ) from error


def _bounds(chip: Any) -> tuple[float, float, float, float]:
    """Return left, bottom, right, top of an open chip."""
    corners = [
        chip.transform @ corner for corner in ((0, 0), (chip.width, 0), (0, chip.height), (chip.width, chip.height))
    ]
    across, down = [x for x, _ in corners], [y for _, y in corners]
    return min(across), min(down), max(across), max(down)


def _check_alike(heads: list[Head], images: list[Path]) -> None:
    """Refuse chips of different size, bands or pixel type, with two examples."""
    first = heads[0]
    for head, image in zip(heads, images, strict=True):
        if (head.bands, head.dtype, head.rows, head.cols) != (first.bands, first.dtype, first.rows, first.cols):
            one, two = (_shape((entry.bands, entry.rows, entry.cols)) + f" of {entry.dtype}" for entry in (first, head))
            raise SampleFolderError(
                f"chips of one training are alike, but {images[0]} has {one} and {image} has {two}: "
                "train on folders with the same chip size, bands and pixel type"
            )


def _shape(shape: tuple[int, ...]) -> str:
    """Return bands, rows and columns in words."""
    return f"{shape[0]} bands, {shape[2]} x {shape[1]} pixels"


def _samples(
    images: list[Path], objects: list[Objects], values: list[np.ndarray], shape: tuple[int, int, int], job: Job
) -> list[BoxSample]:
    """Return the samples: boxes cut at the chip, empty ones left out and counted."""
    limits = np.array([shape[2], shape[1], shape[2], shape[1]], np.float32)
    samples, dropped = [], 0
    for image, entry, classes in zip(images, objects, values, strict=True):
        boxes = np.clip(entry.boxes, 0, limits)
        full = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
        dropped += int((~full & (entry.boxes.any(axis=1) if len(boxes) else full)).sum())
        keep = full & (classes >= 0)
        samples.append(BoxSample(image, boxes[keep], classes[keep], shape))
    if dropped:
        job.warn(f"{dropped} boxes without an area inside their chip are left out")
    return samples


def _cell_size(statistics: dict[str, Any]) -> tuple[float, float] | None:
    """Return the smallest cell size that the statistics name."""
    size = statistics.get("MinCellSize")
    if not isinstance(size, dict):
        return None
    try:
        x, y = float(size["x"]), float(size["y"])
    except (KeyError, TypeError, ValueError):
        return None
    return (x, y) if x > 0 and y > 0 else None


def _crs_wkt(statistics: dict[str, Any]) -> str | None:
    """Return the CRS that the statistics name."""
    size = statistics.get("MinCellSize")
    crs = crs_of_reference(size.get("spatialReference")) if isinstance(size, dict) else None
    return crs.to_wkt() if crs is not None else None


def _band_stats(layouts: list[Layout], bands: int) -> BandStats | None:
    """Return the statistics of all folders together, None when one of them has none."""
    parts = [PixelStatistics.from_json(layout.statistics.get("BandStatsState"), bands) for layout in layouts]
    known = [part for part in parts if part is not None and part.count]
    if len(known) < len(parts):
        return None

    def merged(total: PixelStatistics, part: PixelStatistics) -> PixelStatistics:
        total.merge(part)
        return total

    return reduce(merged, known, PixelStatistics.of_bands(bands)).summary()
