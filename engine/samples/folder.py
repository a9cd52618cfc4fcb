"""Training folders: chips, their labels and classes, statistics; ours, Esri's and those of others.

Reading a folder opens labels and the heads of chips, never their pixels; ``read_chip`` does that for one chip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from ..classes import ClassInfo
from ..errors import SampleFolderError
from ..job import Job
from .heads import check_alike, chip_heads
from .layout import Layout, find_layout
from .one_size import of_one_size
from .record import crs_of_reference
from .registry import get_sample_format
from .samples import (
    BoxSample,
    ChipSample,
    InstanceSample,
    LabelSample,
    MaskSample,
    PanopticSample,
    TilePair,
    read_chip,
    read_label,
)
from .statistics import BandStats, PixelStatistics

__all__ = [
    "BoxSample",
    "ChipSample",
    "InstanceSample",
    "LabelSample",
    "MaskSample",
    "PanopticSample",
    "SampleSet",
    "read_chip",
    "read_label",
    "read_samples",
]


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
        tile_rows: Height of a chip as it is read.
        tile_cols: Width of a chip as it is read.
        band_names: One a band, empty texts where not known.
        cell_size: Ground size of a pixel, (x, y); None when not known.
        crs_wkt: CRS of the first folder, None when not known.
        bounds: (n, 4) float64 left, bottom, right, top of each chip; NaN where it has no georeference.
        sources: Raster that each chip was cut from, empty texts where not known.
        image_space: ``MAP_SPACE`` or ``PIXEL_SPACE``.
        band_stats: Statistics of the pixels of all chips, None when no folder has them.
        emd: Template of the first folder, empty in folders of others.
        stats: JSON statistics of the first folder, empty in folders of others.
        unlabelled: Of label rasters: 0 when 0 stands for pixels without a label, None when 0 is a background class.
        dates: Images of the same ground that stand one above the other in a chip; ``bands`` counts those of all.
    """

    folders: tuple[Path, ...]
    metadata_format: str
    samples: Sequence[ChipSample]
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
    unlabelled: int | None = None
    dates: int = 1

    def __len__(self) -> int:
        """Return the number of chips."""
        return len(self.samples)

    @property
    def date_bands(self) -> int:
        """Bands of one date."""
        return self.bands // self.dates

    @property
    def paired(self) -> bool:
        """Whether every chip has a second one, of another date."""
        return all(isinstance(sample, (MaskSample, TilePair)) and sample.image2 is not None for sample in self.samples)


def read_samples(folders: Sequence[str], job: Job, alike: bool = True) -> SampleSet:
    """Read the labels of training folders and the heads of their chips.

    Args:
        folders: One or more folders of the same format, chip size, bands and pixel type.
        job: Told what was mended, and asked for a cancel.
        alike: Refuse what cannot be trained: chips of differing size, bands or pixel type, and a single chip. Chips
            with a class as a whole are brought to one size instead.

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
        if type(layout.form) is not type(layouts[0].form):
            raise SampleFolderError(
                f"{layout.folder} and {layouts[0].folder} come from different programs: bring them to one format with "
                f"Convert Training Data first"
            )
    form = layouts[0].form
    contents = [layout.form.read(layout, job) for layout in layouts]
    heads = [head for layout, said in zip(layouts, contents, strict=True) for head in chip_heads(layout, said, job)]
    images = [chip for layout in layouts for chip in layout.images]
    any_size = get_sample_format(layouts[0].form_name).any_size
    if alike:
        check_alike(heads, images, any_size)
    if alike and len(images) < 2:
        raise SampleFolderError(
            f"{layouts[0].folder} holds one chip: training and validation need one each at least; export with a "
            f"smaller stride or tile"
        )
    first = heads[0]
    found = form.understand(layouts, contents, heads, job)
    emd, statistics = layouts[0].emd, layouts[0].statistics
    samples = of_one_size(found.samples, statistics, emd, job) if any_size and alike else found.samples
    shape = samples[0].shape or first.shape
    return SampleSet(
        folders=tuple(layout.folder for layout in layouts),
        metadata_format=layouts[0].form_name,
        samples=samples,
        classes=found.classes,
        bands=first.bands,
        dtype=first.dtype,
        tile_rows=shape[1],
        tile_cols=shape[2],
        band_names=first.band_names,
        cell_size=_cell_size(statistics) or first.cell_size,
        crs_wkt=first.crs_wkt or _crs_wkt(statistics),
        bounds=np.array([head.bounds for head in heads], np.float64).reshape(-1, 4),
        sources=[
            layout.chips[chip.stem].source if chip.stem in layout.chips else ""
            for layout in layouts
            for chip in layout.images
        ],
        image_space=str(emd.get("ImageSpaceUsed") or "MAP_SPACE"),
        band_stats=_band_stats(layouts, first.bands),
        emd=emd,
        stats=statistics,
        unlabelled=found.unlabelled,
    )


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
