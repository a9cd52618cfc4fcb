"""Cutting the chips of one raster with their labels: strip by strip, each block of the file decoded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from affine import Affine

from ..job import Job
from ..raster.grid import starts
from ..raster.reading import RasterSource
from ..raster.strips import StripReader
from .chips import ChipKind, ChipWriter, write_whole
from .placing import PlacedLabels, Placement
from .record import ChipRow, FolderRecord
from .registry import ChipLabel, SampleFormat
from .turning import Turn, turns

SWATH_BYTES = 96 * 2**20
"""Largest strip held in memory; wider rasters are worked swath by swath."""

_EDGE = 0.01
"""Pixels by which a chip may stand over the edge of a mask polygon, for rounding."""


@dataclass(frozen=True)
class Cutting:
    """How chips are cut.

    Attributes:
        cols: Width of a chip.
        rows: Height of a chip.
        stride_x: Columns from one chip to the next.
        stride_y: Rows from one chip to the next.
        all_tiles: Also chips without a label.
        least_share: Labels with a smaller share of their area inside a chip are left out, 0..1.
        angle: Degrees of the first turned copy, 0 for none.
    """

    cols: int
    rows: int
    stride_x: int
    stride_y: int
    all_tiles: bool
    least_share: float
    angle: float


@dataclass(frozen=True)
class LabelledRaster:
    """One raster of an export.

    Attributes:
        source: The raster on its grid.
        labels: Its labels in pixels.
        mask: Polygon in pixels that chips must lie in, None for anywhere.
    """

    source: RasterSource
    labels: PlacedLabels
    mask: shapely.Geometry | None


class Exporter:
    """Writes chips and labels of one raster after another into one folder, and keeps the folder's record."""

    def __init__(self, folder: Path, cutting: Cutting, record: FolderRecord, form: SampleFormat) -> None:
        """Write into ``folder/images`` and ``folder/labels``, which exist."""
        self._folder, self._cutting, self._record, self._form = folder, cutting, record, form
        self._labels_folder = str(folder / "labels")
        self._turns = turns(cutting.rows, cutting.cols, cutting.angle)

    def export(self, raster: LabelledRaster, kind: ChipKind, job: Job, done: Callable[[float], None]) -> None:
        """Write the chips of one raster.

        Args:
            raster: What to cut.
            kind: What all chips of the raster have in common.
            job: Asked for a cancel before each chip.
            done: Told the share of the raster that is done, 0..1.
        """
        source, cutting = raster.source, self._cutting
        writer = ChipWriter(self._folder / "images", kind)
        rows = starts(source.rows, cutting.rows, cutting.stride_y)
        swaths = list(self._swaths(source))
        with source.open() as reader:
            for index, cols in enumerate(swaths):
                margin = self._margin
                width = int(cols[-1] - cols[0]) + cutting.cols + 2 * margin[0]
                strips = StripReader(reader, int(cols[0]) - margin[0], width)
                for number, row in enumerate(rows):
                    job.check()
                    self._strip(raster, writer, strips, row, cols, job)
                    done((index + (number + 1) / len(rows)) / len(swaths))

    def _strip(
        self, raster: LabelledRaster, writer: ChipWriter, strips: StripReader, row: int, cols: np.ndarray, job: Job
    ) -> None:
        """Write the chips of one strip, upright and turned."""
        cutting, labels = self._cutting, raster.labels
        placements: list[tuple[Turn | None, dict[int, slice], Placement]] = []
        upright = labels.in_strip(row, cutting.rows, cols, cutting.cols, cutting.least_share)
        placements.append((None, dict(upright.by_chip()), upright))
        for step in self._turns:
            turned = labels.in_turned_strip(
                row, cutting.rows, cols, cutting.cols, cutting.least_share, step.transform, max(step.margin)
            )
            placements.append((step, dict(turned.by_chip()), turned))
        chips = range(len(cols)) if cutting.all_tiles else sorted(set().union(*(found for _, found, _ in placements)))
        if not chips:
            return
        margin = self._margin
        pixels, valid = strips.read(row - margin[1], cutting.rows + 2 * margin[1])
        written: list[list[int]] = [[] for _ in placements]
        for chip in chips:
            job.check()
            for (turn, found, placement), numbers in zip(placements, written, strict=True):
                place = found.get(chip)
                if place is None and not cutting.all_tiles:
                    continue
                left = int(cols[chip])
                if raster.mask is not None and not self._inside(raster.mask, left, row, turn):
                    continue
                cut, seen = self._cut(pixels, valid, left - int(cols[0]) + margin[0], margin[1], turn)
                if place is None and not seen.any():
                    continue
                transform = _chip_transform(raster.source.transform, left, row, turn)
                self._write(raster.source, writer, cut, seen, transform, turn, placement, place or slice(0, 0))
                numbers.append(chip)
        cell_area = abs(raster.source.transform.determinant)
        for (_, _, placement), numbers in zip(placements, written, strict=True):
            kept = np.isin(placement.chips, numbers)
            self._record.objects.add(
                placement.chips[kept], placement.values[kept], placement.areas[kept] * cell_area, len(numbers)
            )

    def _cut(
        self, pixels: np.ndarray, valid: np.ndarray, col: int, row: int, turn: Turn | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the pixels of one chip, upright or turned, from its strip."""
        across, down = (0, 0) if turn is None else turn.margin
        cut = np.s_[row - down : row + self._cutting.rows + down, col - across : col + self._cutting.cols + across]
        part, seen = np.ascontiguousarray(pixels[(slice(None), *cut)]), valid[cut]
        return (part, seen) if turn is None else turn.apply(part, seen)

    def _write(
        self,
        source: RasterSource,
        writer: ChipWriter,
        pixels: np.ndarray,
        valid: np.ndarray,
        transform: Affine,
        turn: Turn | None,
        placement: Placement,
        place: slice,
    ) -> None:
        """Write one chip with its label and take it into the record."""
        record = self._record
        stem = f"{record.next_index:012d}"
        record.pixels.add(pixels, valid)
        writer.write(stem, pixels, transform)
        values, boxes = placement.values[place], placement.boxes[place]
        label = ChipLabel(stem + writer.suffix, record.cols, record.rows, record.bands, boxes, values)
        with open(f"{self._labels_folder}/{stem}{self._form.suffix}", "wb", buffering=0) as stream:
            write_whole(stream, self._form.text(label).encode("utf-8"))
        record.chips.append(
            ChipRow(
                stem, source.path, turn.angle if turn is not None else 0.0, _bounds(transform, record.cols, record.rows)
            )
        )
        record.next_index += 1

    def _inside(self, mask: shapely.Geometry, col: int, row: int, turn: Turn | None) -> bool:
        """Return whether a chip lies completely in the mask."""
        chip = shapely.box(_EDGE, _EDGE, self._cutting.cols - _EDGE, self._cutting.rows - _EDGE)
        place = Affine.translation(col, row) @ (turn.transform if turn is not None else Affine.identity())
        corners = shapely.transform(chip, lambda points: np.array([place @ tuple(point) for point in points.tolist()]))
        return bool(shapely.covers(mask, corners))

    @property
    def _margin(self) -> tuple[int, int]:
        """Columns and rows around the chips that turned ones need."""
        return (
            max((turn.margin[0] for turn in self._turns), default=0),
            max((turn.margin[1] for turn in self._turns), default=0),
        )

    def _swaths(self, source: RasterSource) -> Iterator[np.ndarray]:
        """Yield the first columns of the chips, in groups whose strips fit the memory."""
        cutting = self._cutting
        cols = np.array(starts(source.cols, cutting.cols, cutting.stride_x))
        column = len(source.bands) * np.dtype(source.dtype).itemsize * (cutting.rows + 2 * self._margin[1])
        width = max(2 * cutting.cols, SWATH_BYTES // column)
        begin = 0
        while begin < len(cols):
            end = max(begin + 1, int(np.searchsorted(cols, cols[begin] + width - cutting.cols, side="right")))
            yield cols[begin:end]
            begin = end


def touched_chips(raster: LabelledRaster, cutting: Cutting) -> int:
    """Return how many chips of a raster an export writes at most, turned copies included."""
    cols = np.array(starts(raster.source.cols, cutting.cols, cutting.stride_x))
    rows = starts(raster.source.rows, cutting.rows, cutting.stride_y)
    copies = 1 + len(turns(1, 1, cutting.angle))
    if cutting.all_tiles:
        return len(cols) * len(rows) * copies
    return copies * sum(len(raster.labels.touched(row, cutting.rows, cols, cutting.cols)) for row in rows)


def _chip_transform(transform: Affine, col: int, row: int, turn: Turn | None) -> Affine:
    """Return pixel to map of a chip."""
    if turn is not None:
        return turn.chip_transform(transform, col, row)
    a, b, c, d, e, f = transform.a, transform.b, transform.c, transform.d, transform.e, transform.f
    return Affine(a, b, c + a * col + b * row, d, e, f + d * col + e * row)


def _bounds(transform: Affine, cols: int, rows: int) -> tuple[float, float, float, float]:
    """Return left, bottom, right, top of a chip in map units."""
    across, down = (transform.a * cols, transform.b * rows), (transform.d * cols, transform.e * rows)
    left, top = transform.c, transform.f
    x = (left, left + across[0], left + across[1], left + across[0] + across[1])
    y = (top, top + down[0], top + down[1], top + down[0] + down[1])
    return min(x), min(y), max(x), max(y)
