"""Cutting one chip for each object of a raster, in the order of its blocks, so that each is decoded about once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from affine import Affine

from ..job import Job
from ..raster.grid import Window
from .cell_size import OBJECT_PIXELS
from .chip_rows import ChipRow
from .chips import ChipKind
from .cut_statistics import ABSENT, MASKED, SHAPELESS, SMALL, VOID, CutStatistics
from .cutting import Cutting
from .exporting import PARTS, LabelledRaster
from .label_layer import FeatureLabels
from .object_cutter import ObjectCutter
from .object_labels import RegionLabels, object_labels
from .object_plan import ObjectPlan, PlacedChips, angles
from .object_windows import inside
from .record import FolderRecord
from .registry import ChipFile, LabelRequest, RunLabels, Written
from .sized_chips import Writer, chip_writer
from .turning import Turn

UNIT_OBJECTS = 2048
"""Objects of a unit of work at least."""

_LABEL_BYTES = 2048
"""A label and two world files."""

_EDGE = 0.01
"""Pixels by which a chip may stand over the edge of a mask polygon, for rounding."""


@dataclass(frozen=True)
class ObjectChip:
    """What is known of the chip of an object when its label is written.

    Attributes:
        file: Where its files go.
        value: Class value of the object.
        box: (4,) float64 ``col_min, row_min, col_max, row_max``, frame of the object in chip pixels.
        shape: Bands, rows and columns of the chip.
    """

    file: ChipFile
    value: int
    box: np.ndarray
    shape: tuple[int, ...]


class ObjectCut(ABC):
    """Base of the formats with one chip for each object; they add ``suffixes``, ``label_folders`` and two methods.

    Attributes:
        by_object: See ``SampleFormat``, like the others.
    """

    by_object = True
    drawn_from = "classes"
    any_size = True
    takes_instances = False
    plain_folders = False
    pairs = False
    sides: tuple[str, ...] = ("",)
    too_small = "the labels are smaller than a hundredth of a pixel"
    statistics = CutStatistics

    @abstractmethod
    def folder(self, record: FolderRecord, value: int) -> str:
        """Return the sub-folder of ``images`` for the chips of a class, empty for ``images`` itself."""

    @abstractmethod
    def write_label(self, chip: ObjectChip) -> Written:
        """Write the label of a chip."""

    def labels(self, request: LabelRequest, job: Job) -> FeatureLabels | RegionLabels:
        """Return the objects of an export; see ``object_labels`` for what is refused."""
        return object_labels(request, job)

    def object_pixels(self, labels: RunLabels) -> float | None:
        """Return the width at which objects are told apart best, None when they have no size."""
        sized = isinstance(labels, FeatureLabels) and shapely.area(labels.labels.table.geometry).any()
        return OBJECT_PIXELS if sized else None

    def label_bytes(self, cutting: Cutting) -> int:
        """Return the bytes set aside for the label and world file of a chip."""
        return _LABEL_BYTES

    def units(self, raster: LabelledRaster, cutting: Cutting) -> list[LabelledRaster]:
        """Return a raster in units of some objects, with the plan of their chips in place of the labels."""
        placed: Any = raster.placed
        plan = ObjectPlan(placed, raster.source, cutting)
        return [replace(raster, placed=plan, unit=unit) for unit in plan.units(UNIT_OBJECTS)]

    def expected(self, raster: LabelledRaster, cutting: Cutting, job: Job) -> int:
        """Return how many chips of the tile's size need as much room as those of a unit."""
        plan: Any = raster.placed
        first, last = raster.unit or (0, len(plan))
        copies = len(angles(cutting.angle))
        if cutting.fixed:
            return (last - first) * copies
        pixels = plan.pixels((first, last)) * (2 if copies > 1 else 1)
        return copies * -(-pixels // (cutting.rows * cutting.cols)) + (last - first) * copies // 16

    def exporter(self, folder: Path, cutting: Cutting, record: FolderRecord, labels: RunLabels) -> ObjectExporter:
        """Return what cuts the chips of objects."""
        return ObjectExporter(folder, cutting, record, self)

    def tell(self, labels: RunLabels, statistics: Any, job: Job) -> None:
        """Say which objects have no chip, and which are larger than theirs."""
        statistics.tell(job)

    def why_none(self, statistics: Any) -> str:
        """Return what became of all the objects."""
        found = sorted(statistics.left_out.items())
        return " and ".join(f"{count} objects {reason}" for reason, count in found)


class ObjectExporter:
    """Writes the chips of objects of one unit after another into one folder, and keeps the folder's record.

    Attributes:
        unpaired: There are no second chips.
    """

    unpaired = 0

    def __init__(self, folder: Path, cutting: Cutting, record: FolderRecord, form: ObjectCut) -> None:
        """Write into the sub-folder ``images`` and those of the format's labels, which exist."""
        self._folder, self._cutting, self._record, self._form = folder, cutting, record, form
        self._statistics: Any = record.labels
        self._angles = angles(cutting.angle)
        self._turns: dict[float, Turn] = {}
        self._made: set[str] = set()

    def export(
        self, raster: LabelledRaster, kinds: Sequence[ChipKind], job: Job, done: Callable[[float], None]
    ) -> None:
        """Write the chips of one unit.

        Args:
            raster: What to cut; its labels are an ``ObjectPlan``.
            kinds: What all chips have in common; their size is that of the tile.
            job: Asked for a cancel before each chip.
            done: Told the share of the unit that is done, 0..1.
        """
        plan: Any = raster.placed
        unit = raster.unit or (0, len(plan))
        if unit[0] == 0:
            self._statistics.leave_out(SHAPELESS, plan.shapeless)
        writer = chip_writer(self._folder / PARTS[0], kinds[0], self._cutting.fixed)
        count = 0
        with raster.source.open() as reader:
            cutter = ObjectCutter(reader)
            for group in plan.groups(unit):
                job.check()
                cutter.aim(group)
                work = _Work(raster, plan, group.objects, cutter, writer)
                self._group(work, job)
                count += len(group.objects)
                done(count / (unit[1] - unit[0]))

    def _group(self, work: _Work, job: Job) -> None:
        """Write the chips of a group, each upright and turned."""
        copies = []
        for angle in self._angles:
            placed = work.plan.placed(work.objects, angle)
            copies.append((placed, angle, self._kept(work, placed, angle)))
        written = []
        for index, value in enumerate(work.plan.values[work.objects].tolist()):
            job.check()
            for placed, angle, kept in copies:
                if kept[index] and self._write(work, placed, index, angle, value):
                    written.append((value, float(placed.areas[index])))
        if written:
            values, areas = np.array(written).T
            areas *= abs(work.raster.source.transform.determinant)
            self._statistics.add(np.arange(len(written)), values.astype(np.int64), areas, len(written))

    def _write(self, work: _Work, placed: PlacedChips, index: int, angle: float, value: int) -> bool:
        """Write one chip and its label; return whether its object has a valid pixel, else nothing is written."""
        record, raster, box = self._record, work.raster, placed.boxes[index]
        pixels, seen, transform = self._cut(work, placed, index, angle)
        if not _sees(seen, box):
            self._statistics.leave_out(VOID, int(not angle))
            return False
        if self._cutting.blacken and (kept := inside(placed.shapes[index], *seen.shape)) is not None:
            pixels, seen = np.where(kept, pixels, np.zeros((), pixels.dtype)), seen & kept
        if not angle:
            self._statistics.larger += int(work.plan.larger[work.objects[index]])
        stem, folder = f"{record.next_index:012d}", self._class_folder(value)
        record.pixels.add(pixels, seen)
        work.writer.write(f"{folder}/{stem}" if folder else stem, pixels, transform)
        file = ChipFile(self._folder / "labels", stem, stem + work.writer.suffix, transform)
        said = self._form.write_label(ObjectChip(file, value, box, pixels.shape))
        bounds = _bounds(transform, pixels.shape[2], pixels.shape[1])
        record.chips.append(ChipRow(stem, raster.title, angle, bounds, None, folder, said.labels))
        record.next_index += 1
        return True

    def _kept(self, work: _Work, placed: PlacedChips, angle: float) -> np.ndarray:
        """Return which chips are to be written; upright ones that are not are counted."""
        full = work.plan.areas[work.objects]
        absent = (placed.areas <= 0) & (full > 0)
        small = ~absent & (placed.areas < full * (self._cutting.least_share - 1e-9))
        outside = np.zeros(len(full), bool)
        if work.raster.mask is not None:
            outside = ~absent & ~small & ~shapely.covers(work.raster.mask, placed.outlines(angle, _EDGE))
        if not angle:
            for reason, found in ((ABSENT, absent), (SMALL, small), (MASKED, outside)):
                self._statistics.leave_out(reason, int(found.sum()))
        return ~absent & ~small & ~outside

    def _cut(self, work: _Work, placed: PlacedChips, index: int, angle: float) -> tuple[np.ndarray, np.ndarray, Affine]:
        """Return the pixels of a chip, which of them are valid, and its pixel to map."""
        col, row, width, height = placed.windows[index].tolist()
        place = work.raster.source.transform
        if not angle:
            pixels, seen = work.cutter.cut(Window(col, row, width, height))
            return pixels, seen, _moved(place, col, row)
        turn = self._turn(angle, height, width)
        across, down = turn.margin
        around = work.cutter.cut(Window(col - across, row - down, width + 2 * across, height + 2 * down))
        return *turn.apply(*around), turn.chip_transform(place, col, row)

    def _turn(self, angle: float, rows: int, cols: int) -> Turn:
        """Return the turn of a chip; those of chips of the tile's size are kept."""
        if not self._cutting.fixed:
            return Turn(rows, cols, angle)
        if angle not in self._turns:
            self._turns[angle] = Turn(rows, cols, angle)
        return self._turns[angle]

    def _class_folder(self, value: int) -> str:
        """Return the sub-folder of the chips of a class, made if need be."""
        name = self._form.folder(self._record, value)
        if name and name not in self._made:
            (self._folder / PARTS[0] / name).mkdir(exist_ok=True)
            self._made.add(name)
        return name


@dataclass(frozen=True)
class _Work:
    """What the chips of a group are made with.

    Attributes:
        raster: What is cut.
        plan: Its objects.
        objects: (n,) int64, which of them are the group.
        cutter: Cuts the pixels.
        writer: Writes the chips.
    """

    raster: LabelledRaster
    plan: ObjectPlan
    objects: np.ndarray
    cutter: ObjectCutter
    writer: Writer


def _sees(seen: np.ndarray, box: np.ndarray) -> bool:
    """Return whether the frame of an object holds a valid pixel."""
    left, top, right, bottom = box.tolist()
    rows, cols = seen.shape
    left, top = min(int(left), cols - 1), min(int(top), rows - 1)
    return bool(seen[top : max(top + 1, -int(-bottom // 1)), left : max(left + 1, -int(-right // 1))].any())


def _moved(transform: Affine, col: int, row: int) -> Affine:
    """Return pixel to map of a chip."""
    a, b, c, d, e, f = transform.a, transform.b, transform.c, transform.d, transform.e, transform.f
    return Affine(a, b, c + a * col + b * row, d, e, f + d * col + e * row)


def _bounds(transform: Affine, cols: int, rows: int) -> tuple[float, float, float, float]:
    """Return left, bottom, right, top of a chip in map units."""
    x = [transform.c + transform.a * col + transform.b * row for col in (0, cols) for row in (0, rows)]
    y = [transform.f + transform.d * col + transform.e * row for col in (0, cols) for row in (0, rows)]
    return min(x), min(y), max(x), max(y)
