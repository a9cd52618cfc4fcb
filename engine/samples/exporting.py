"""Cutting the chips of one raster with their labels: strip by strip, each block of the file decoded once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from affine import Affine

from ..job import Job
from ..raster.alignment import Overlay, OverlayStrips
from ..raster.grid import starts
from ..raster.reading import RasterSource
from ..raster.strips import StripReader
from .chip_rows import ChipRow
from .chips import ChipKind, ChipWriter
from .cutting import Cutting
from .record import FolderRecord
from .registry import ChipFile, GridFormat, Labeller, PlacedOnRaster, RunLabels, Written
from .turning import Turn, turns

SWATH_BYTES = 96 * 2**20
"""Largest strip held in memory; wider rasters are worked swath by swath."""

PARTS = ("images", "images2")
"""Folders of the chips, and of the second chips of change pairs."""

UNIT_TILES = 8
"""Least height of a unit of work, in heights of a chip."""

_EDGE = 0.01
"""Pixels by which a chip may stand over the edge of a mask polygon, for rounding."""


@dataclass(frozen=True)
class LabelledRaster:
    """One raster of an export.

    Attributes:
        source: The raster on its grid.
        placed: The labels on it, as the format needs them.
        mask: Polygon in pixels that chips must lie in, None for anywhere.
        second: The second raster of a change pair on the grid of the first, None without.
        name: What the user calls it; empty for its path.
        unit: First and last + 1 of what is cut in one go: rows of chips on the grid, or objects; None for all.
    """

    source: RasterSource
    placed: PlacedOnRaster
    mask: shapely.Geometry | None
    second: Overlay | None = None
    name: str = ""
    unit: tuple[int, int] | None = None

    @property
    def title(self) -> str:
        """What the user calls it."""
        return self.name or self.source.path


@dataclass(frozen=True)
class _Swath:
    """What the strips of one range of columns are read with.

    Attributes:
        raster: The raster.
        cols: First columns of the chips.
        writer: Writes the chips.
        pixels: Strips of the raster.
        labeller: Makes the labels.
        second: Strips of the second raster and what writes its chips, None without.
    """

    raster: LabelledRaster
    cols: np.ndarray
    writer: ChipWriter
    pixels: StripReader
    labeller: Labeller
    second: tuple[OverlayStrips, ChipWriter] | None


class GridCut:
    """Base of the label formats whose chips lie on a grid.

    Attributes:
        sides: See ``SampleFormat``.
        label_folders: See ``SampleFormat``.
        by_object: See ``SampleFormat``.
        drawn_from: See ``SampleFormat``.
        any_size: See ``SampleFormat``.
        takes_instances: See ``SampleFormat``.
        plain_folders: See ``SampleFormat``.
        too_small: See ``SampleFormat``.
    """

    by_object = False
    drawn_from = "outlines"
    any_size = False
    takes_instances = False
    plain_folders = False
    sides: tuple[str, ...] = ("",)
    label_folders: tuple[str, ...] = ("labels",)
    too_small = "the labels are smaller than a hundredth of a pixel"

    def units(self, raster: LabelledRaster, cutting: Cutting) -> list[LabelledRaster]:
        """Return a raster in units of some rows of chips, so high that rows read twice hardly count."""
        rows = _rows(raster, cutting)
        step = math.ceil(UNIT_TILES * cutting.rows / cutting.stride_y)
        return [replace(raster, unit=(row, min(row + step, len(rows)))) for row in range(0, len(rows), step)]

    def expected(self, raster: LabelledRaster, cutting: Cutting, job: Job) -> int:
        """Return how many chips of a raster an export writes at most, turned copies included."""
        return touched_chips(raster, cutting, job)

    def why_none(self, statistics: Any) -> str:
        """Return nothing: labels that lie in no chip are not counted."""
        return ""

    def exporter(self: GridFormat, folder: Path, cutting: Cutting, record: FolderRecord, labels: RunLabels) -> Exporter:
        """Return what cuts the chips of the grid."""
        return Exporter(folder, cutting, record, self, labels)


class Exporter:
    """Writes chips and labels of one raster after another into one folder, and keeps the folder's record.

    Attributes:
        unpaired: Chips left out because the second raster has no valid pixel there.
    """

    def __init__(
        self, folder: Path, cutting: Cutting, record: FolderRecord, form: GridFormat, labels: RunLabels
    ) -> None:
        """Write into the sub-folders ``images``, ``labels`` and, with a second raster, ``images2``, which exist."""
        self._folder, self._cutting, self._record, self._form, self._labels = folder, cutting, record, form, labels
        self._turns: list[Turn | None] = [None, *turns(cutting.rows, cutting.cols, cutting.angle)]
        self.unpaired = 0

    def export(
        self, raster: LabelledRaster, kinds: Sequence[ChipKind], job: Job, done: Callable[[float], None]
    ) -> None:
        """Write the chips of one raster.

        Args:
            raster: What to cut.
            kinds: What all chips of the raster have in common; a second one for those of the second raster.
            job: Asked for a cancel before each chip.
            done: Told the share of the raster that is done, 0..1.
        """
        source, cutting = raster.source, self._cutting
        writers = [ChipWriter(self._folder / name, kind) for name, kind in zip(PARTS, kinds, strict=False)]
        rows = _rows(raster, cutting)
        swaths = list(self._swaths(source))
        turned = [turn for turn in self._turns if turn is not None]
        with ExitStack() as stack:
            reader = stack.enter_context(source.open())
            labeller = stack.enter_context(
                self._form.labeller(self._labels, raster.placed, source, cutting, turned, self._record.labels)
            )
            other = stack.enter_context(raster.second.source.open()) if raster.second is not None else None
            for index, cols in enumerate(swaths):
                first = int(cols[0]) - self._margin[0]
                width = int(cols[-1]) - first + cutting.cols + self._margin[0]
                second = None
                if raster.second is not None and other is not None:
                    second = raster.second.strips(other, first, width), writers[1]
                swath = _Swath(raster, cols, writers[0], StripReader(reader, first, width), labeller, second)
                for number, row in enumerate(rows):
                    job.check()
                    self._strip(swath, row, job)
                    done((index + (number + 1) / len(rows)) / len(swaths))

    def _strip(self, swath: _Swath, row: int, job: Job) -> None:
        """Write the chips of one strip, upright and turned."""
        cutting, cols, raster = self._cutting, swath.cols, swath.raster
        labels = swath.labeller.strip(row, cols)
        found = [labels.labelled(copy) for copy in range(len(self._turns))]
        chips = range(len(cols)) if cutting.all_tiles else sorted(set().union(*found))
        if not chips:
            return
        margin = self._margin
        rows = row - margin[1], cutting.rows + 2 * margin[1]
        pixels, valid = swath.pixels.read(*rows)
        second = None if swath.second is None else swath.second[0].read(*rows)
        written: list[list[int]] = [[] for _ in found]
        for chip in chips:
            job.check()
            for copy, (turn, labelled) in enumerate(zip(self._turns, found, strict=True)):
                if chip not in labelled and not cutting.all_tiles:
                    continue
                left = int(cols[chip])
                if raster.mask is not None and not self._inside(raster.mask, left, row, turn):
                    continue
                place = left - int(cols[0]) + margin[0], margin[1]
                cut, seen = self._cut(pixels, valid, *place, turn)
                if chip not in labelled and not seen.any():
                    continue
                pair = None if second is None else self._cut(*second, *place, turn)
                if pair is not None and not pair[1].any():
                    self.unpaired += 1
                    continue
                transform = _chip_transform(raster.source.transform, left, row, turn)
                stem = self._write(swath, transform, (cut, seen), pair)
                file = ChipFile(self._folder / "labels", stem, stem + swath.writer.suffix, transform)
                self._enter(raster.title, turn, file, labels.write(copy, chip, file))
                written[copy].append(chip)
        for copy, numbers in enumerate(written):
            labels.count(copy, numbers)

    def _write(
        self,
        swath: _Swath,
        transform: Affine,
        cut: tuple[np.ndarray, np.ndarray],
        pair: tuple[np.ndarray, np.ndarray] | None,
    ) -> str:
        """Write one chip, and its second one, and take their pixels into the record; return their stem."""
        record = self._record
        stem = f"{record.next_index:012d}"
        record.pixels.add(*cut)
        swath.writer.write(stem, cut[0], transform)
        if pair is not None and swath.second is not None:
            record.second.pixels.add(*pair)
            swath.second[1].write(stem, pair[0], transform)
        return stem

    def _enter(self, source: str, turn: Turn | None, file: ChipFile, written: Written) -> None:
        """Take a written chip into the record."""
        record = self._record
        bounds = _bounds(file.transform, record.cols, record.rows)
        angle = turn.angle if turn is not None else 0.0
        record.chips.append(ChipRow(file.stem, source, angle, bounds, written.pixels, labels=written.labels))
        record.next_index += 1

    def _cut(
        self, pixels: np.ndarray, valid: np.ndarray, col: int, row: int, turn: Turn | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the pixels of one chip, upright or turned, from its strip."""
        across, down = (0, 0) if turn is None else turn.margin
        cut = np.s_[row - down : row + self._cutting.rows + down, col - across : col + self._cutting.cols + across]
        part, seen = np.ascontiguousarray(pixels[(slice(None), *cut)]), valid[cut]
        return (part, seen) if turn is None else turn.apply(part, seen)

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
            max((turn.margin[0] for turn in self._turns if turn is not None), default=0),
            max((turn.margin[1] for turn in self._turns if turn is not None), default=0),
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


def touched_chips(raster: LabelledRaster, cutting: Cutting, job: Job) -> int:
    """Return how many chips of a raster an export writes at most, turned copies included."""
    cols = np.array(starts(raster.source.cols, cutting.cols, cutting.stride_x))
    rows = _rows(raster, cutting)
    copies = 1 + len(turns(1, 1, cutting.angle))
    if cutting.all_tiles:
        return len(cols) * len(rows) * copies
    touched = 0
    for row in rows:
        job.check()
        touched += len(raster.placed.touched(row, cutting.rows, cols, cutting.cols))
    return copies * touched


def _rows(raster: LabelledRaster, cutting: Cutting) -> list[int]:
    """Return the first rows of the chips of a raster, or of a unit of it."""
    return starts(raster.source.rows, cutting.rows, cutting.stride_y)[slice(*(raster.unit or (None,)))]


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
