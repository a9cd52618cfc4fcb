"""Instances whose masks are not files: polygons, run lengths, or values of a raster, drawn when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from rasterio.features import rasterize

from ...errors import SampleFolderError
from ...job import Job
from ...raster.crs import GDAL_ERRORS
from ..boxes import Objects, cut_at_chip
from ..heads import Head
from ..layout import Layout
from ..naming import classified
from ..registry import Understood
from ..samples import DrawnSample, Outline, quick_open
from .run_lengths import decompressed, frame_of, mask_of


@dataclass(frozen=True)
class Polygons:
    """An instance as rings in chip pixels.

    Attributes:
        rings: (n, 2) float64 each, columns and rows of the corners.
    """

    rings: tuple[np.ndarray, ...]

    def mask(self, rows: int, cols: int) -> np.ndarray:
        """Return the pixels whose centres lie inside; the pixel in the middle of an instance smaller than that."""
        shapes = [shapely.Polygon(ring) for ring in self.rings]
        drawn = rasterize(shapes, out_shape=(rows, cols), dtype=np.uint8)
        if not drawn.any():
            col, row = np.concatenate(self.rings).mean(axis=0)
            drawn[min(max(int(row), 0), rows - 1), min(max(int(col), 0), cols - 1)] = 1
        return np.asarray(drawn, bool)


@dataclass(frozen=True)
class RunLengths:
    """An instance as run lengths.

    Attributes:
        counts: Numbers, or the compressed text.
        place: File and instance, for messages.
    """

    counts: tuple[int, ...] | str
    place: str

    def mask(self, rows: int, cols: int) -> np.ndarray:
        """Return the pixels of the runs.

        Raises:
            SampleFolderError: The runs are damaged or of another size.
        """
        with self._told():
            return mask_of(self._runs(), rows, cols)

    def frame(self, rows: int, cols: int) -> list[float]:
        """Return ``col_min, row_min, col_max, row_max`` of the pixels of the runs, all 0 without any.

        Raises:
            SampleFolderError: The runs are damaged or of another size.
        """
        with self._told():
            return frame_of(self._runs(), rows, cols)

    def _runs(self) -> Sequence[int]:
        """Return the numbers."""
        return decompressed(self.counts) if isinstance(self.counts, str) else self.counts

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say which instance has damaged runs."""
        try:
            yield
        except ValueError as error:
            raise SampleFolderError(
                f"{self.place} has damaged run lengths ({error}): correct or remove this annotation"
            ) from error


@dataclass(frozen=True)
class RasterValue:
    """An instance as the pixels of one value in a raster.

    Attributes:
        path: The raster.
        value: The value.
    """

    path: Path
    value: int

    def mask(self, rows: int, cols: int) -> np.ndarray:
        """Return the pixels of the value.

        Raises:
            SampleFolderError: The raster is damaged.
        """
        return read_band(self.path) == self.value


@dataclass(frozen=True)
class OutlinedObjects(Objects):
    """What a label says of a chip with instances.

    Attributes:
        outlines: One a box.
    """

    outlines: tuple[Outline, ...] = ()


def instances_understood(
    layouts: list[Layout], contents: list[Sequence[Any]], heads: Sequence[Head], job: Job
) -> Understood:
    """Return the samples of chips whose labels are ``OutlinedObjects``.

    Args:
        layouts: The folders.
        contents: What their labels say.
        heads: Size of each chip.
        job: Told what is left out.

    Raises:
        SampleFolderError: No chip has an instance.
    """
    parsed: list[list[OutlinedObjects]] = [list(content) for content in contents]
    classes, values = classified(layouts, parsed, job)
    images = [chip for layout in layouts for chip, _ in layout.pairs]
    samples, dropped = [], 0
    entries = (entry for part in parsed for entry in part)
    for image, entry, numbers, head in zip(images, entries, values, heads, strict=True):
        boxes, full = cut_at_chip(entry, head)
        dropped += int((~full).sum())
        keep = np.flatnonzero(full & (numbers >= 0))
        outlines = tuple(entry.outlines[index] for index in keep)
        samples.append(DrawnSample(image, boxes[keep], numbers[keep], outlines=outlines, shape=head.shape))
    if dropped:
        job.warn(f"{dropped} instances without an area inside their chip are left out")
    if not any(len(sample.boxes) for sample in samples):
        raise SampleFolderError(f"no chip of {layouts[0].folder} has a label: choose chips with labelled objects")
    return Understood(samples, classes)


def read_band(path: Path) -> np.ndarray:
    """Return the first band of a raster, (rows, cols).

    Raises:
        SampleFolderError: It is damaged.
    """
    try:
        with quick_open(), rasterio.open(path) as raster:
            return np.asarray(raster.read(1))
    except (*GDAL_ERRORS, ValueError) as error:
        raise SampleFolderError(f"the label {path} cannot be read: it is damaged; replace or remove it") from error
