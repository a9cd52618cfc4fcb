"""Making masks of instances: a strip of chips is painted once with a number for each polygon, then cut by class."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import FeatureError
from ..raster.reading import RasterSource
from .chips import ChipKind, ChipWriter
from .cutting import Cutting
from .instance_labels import InstanceLabels
from .instance_statistics import InstanceStatistics
from .painting import Coding, PolygonPainter
from .placing import PlacedLabels
from .registry import ChipFile, RunLabels, Written
from .strip_cut import StripCut
from .turning import Turn

MOST_INSTANCES = 65_535
"""Instances of one class that the 16 bits of a label raster number in a chip."""

LAYER_BYTES = 2**28
"""Most bytes of the layers of a strip; beyond that each chip is painted by itself, which takes longer."""

_ANY = -1
"""Stands for all classes where one layer holds the polygons of all."""

_LARGE = 2**22
"""Pixels of the frame of a polygon up to which it is asked whether it holds a pixel centre."""


@dataclass(frozen=True)
class ClassMasks:
    """The masks of one class in a chip.

    Attributes:
        value: The class.
        numbers: (rows, cols) uint8, or uint16 above 255 instances: 1..n, 0 for none.
        pixels: (n,) int64, pixels of each instance, none of them 0.
    """

    value: int
    numbers: np.ndarray
    pixels: np.ndarray


class InstanceLabeller:
    """Makes the masks of one raster, strip by strip; a context manager."""

    def __init__(
        self, labels: RunLabels, placed: PlacedLabels, source: RasterSource, cutting: Cutting, turns: Sequence[Turn],
        statistics: InstanceStatistics, part: str,
    ) -> None:  # fmt: skip
        """Label chips of a raster with placed polygons; ``part`` is the folder of the folders of classes."""
        self.placed, self.cutting, self.statistics = placed, cutting, statistics
        self.turns: list[Turn | None] = [None, *turns]
        self.painter = PolygonPainter(placed, Coding(0, "uint16", None))
        known = labels.crossing if isinstance(labels, InstanceLabels) else None
        self.crossing = np.zeros(len(placed), bool) if known is None else known[placed.rows]
        self.cell_area = abs(source.transform.determinant)
        self._part, self._source = part, source
        self._writers: dict[tuple[int, np.dtype[Any]], ChipWriter] = {}
        self._with_centre: dict[int, bool] = {}

    def __enter__(self) -> InstanceLabeller:
        return self

    def __exit__(self, *error: Any) -> None:
        """Nothing is open."""

    def strip(self, row: int, cols: np.ndarray) -> InstanceStrip:
        """Return the masks of the chips that begin in a row."""
        return InstanceStrip(self, row, cols)

    def paint(self, frame: tuple[int, int, int, int], polygons: np.ndarray) -> np.ndarray:
        """Return a frame in which polygons have their places in the list, from 1; beyond the raster there are none.

        Args:
            frame: Row, height, column and width.
            polygons: (n,) int64, the placed polygons, the last on top.
        """
        row, height, col, width = frame
        out = np.zeros((height, width), np.uint16 if len(polygons) < 2**16 else np.int32)
        self.painter.burn(out, row, col, polygons, np.arange(1, len(polygons) + 1))
        out[max(0, self._source.rows - row) :] = out[:, max(0, self._source.cols - col) :] = 0
        out[: max(0, -row)] = out[:, : max(0, -col)] = 0
        return out

    def write(self, masks: ClassMasks, file: ChipFile) -> str:
        """Write the masks of one class in a chip; return the file relative to the exported folder."""
        folder, dtype = f"{self._part}/{self.statistics.folders[masks.value]}", masks.numbers.dtype
        kind = masks.value, dtype
        if kind not in self._writers:
            cut, target = self.cutting, file.folder.parent / folder
            target.mkdir(exist_ok=True)
            self._writers[kind] = ChipWriter(
                target, ChipKind("TIFF", cut.compression, 1, cut.rows, cut.cols, str(dtype), ("",), self._source.crs)
            )
        writer = self._writers[kind]
        writer.write(file.stem, masks.numbers[None], file.transform)
        return f"{folder}/{file.stem}{writer.suffix}"

    def check_count(self, count: int, value: int) -> None:
        """Refuse more instances than a mask can number."""
        if count > MOST_INSTANCES:
            raise FeatureError(
                f"a chip of {self._source.path} has {count} instances of class {value} and a label raster numbers up "
                f"to {MOST_INSTANCES}: choose smaller chips"
            )

    def note_absent(self, absent: np.ndarray) -> None:
        """Remember the polygons among those without a pixel in a chip that hold no pixel centre anywhere."""
        for label in absent.tolist():
            if label not in self._with_centre:
                self._with_centre[label] = self._holds_centre(label)
                if not self._with_centre[label]:
                    self.statistics.unseen.add(int(self.placed.rows[label]))

    def _holds_centre(self, label: int) -> bool:
        """Return whether a pixel centre lies in a polygon; very large ones are taken to hold one."""
        left, top, right, bottom = self.placed.geometry[label].bounds
        col, row = int(np.floor(left)), int(np.floor(top))
        height, width = int(np.ceil(bottom)) - row, int(np.ceil(right)) - col
        if height * width > _LARGE:
            return True
        out = np.zeros((height, width), np.uint8)
        return bool(self.painter.burn(out, row, col, np.array([label]), np.ones(1, np.int64)).any())


class InstanceStrip:
    """The masks of one strip of chips, upright and turned."""

    def __init__(self, labeller: InstanceLabeller, row: int, cols: np.ndarray) -> None:
        """Remember where the chips lie; nothing is painted before it is asked for."""
        self._labeller, self._row, self._cols = labeller, row, cols
        self._place = StripCut(row, cols, labeller.cutting, labeller.turns)
        self._candidates: dict[int, dict[int, np.ndarray]] = {}
        top, height, col, width = self._place.frame()
        self._within = labeller.placed.within(col, top, width, height)
        self._values = labeller.placed.values[self._within]
        self._by_class = bool(labeller.crossing[self._within].any())
        layers = len(np.unique(self._values)) if self._by_class else 1
        pixel = 2 if len(self._within) < 2**16 else 4
        self._one_by_one = labeller.cutting.least_share > 0 or layers * height * width * pixel > LAYER_BYTES
        self._layers: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._counted: dict[tuple[int, int], list[tuple[int, np.ndarray]]] = {}

    def labelled(self, copy: int) -> Collection[int]:
        """Return the chips in which a pixel has an instance."""
        chips = self._polygons(copy)
        return {chip for chip in chips if any(numbers.any() for numbers, _ in self._parts(copy, chip))}

    def write(self, copy: int, chip: int, file: ChipFile) -> Written:
        """Write one label raster for each class of the chip."""
        found = sorted(self._masks(copy, chip), key=lambda masks: masks.value)
        self._counted[copy, chip] = [(masks.value, masks.pixels) for masks in found]
        return Written(labels=tuple(self._labeller.write(masks, file) for masks in found))

    def count(self, copy: int, chips: Sequence[int]) -> None:
        """Take the masks that were written into the statistics."""
        counted = [(chip, value, pixels) for chip in chips for value, pixels in self._counted[copy, chip]]
        sizes = [len(pixels) for _, _, pixels in counted]
        areas = np.concatenate([np.zeros(0, np.int64), *(pixels for _, _, pixels in counted)])
        self._labeller.statistics.add(
            np.repeat(np.array([chip for chip, _, _ in counted], np.int64), sizes),
            np.repeat(np.array([value for _, value, _ in counted], np.int64), sizes),
            areas * self._labeller.cell_area,
            len(chips),
        )

    def _polygons(self, copy: int) -> dict[int, np.ndarray]:
        """Return the polygons of each chip that may be in it, ascending."""
        if copy not in self._candidates:
            cutting, placed = self._labeller.cutting, self._labeller.placed
            size = self._row, cutting.rows, self._cols, cutting.cols
            if cutting.least_share > 0:
                found = placed.large_enough(*size, cutting.least_share, self._labeller.turns[copy])
            else:
                labels, chips = placed.pairs(*size, self._place.reach(copy))
                order = np.argsort(chips, kind="stable")
                names, begin = np.unique(chips[order], return_index=True)
                found = dict(zip(names.tolist(), np.split(labels[order], begin[1:]), strict=True)) if len(names) else {}
            self._candidates[copy] = found
        return self._candidates[copy]

    def _parts(self, copy: int, chip: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield what a chip is cut from, with the numbers of polygons, and the polygons that they number from 1.

        One such layer is enough, unless polygons of several classes lie over each other: then each class has one.
        """
        labeller, mine = self._labeller, self._polygons(copy).get(chip, np.zeros(0, np.int64))
        values = labeller.placed.values[mine]
        if self._one_by_one:
            for value in _distinct(values):
                chosen = mine[values == value]
                yield labeller.paint(self._place.window(copy, chip), chosen), chosen
            return
        for value in _distinct(values) if self._by_class else [_ANY] * bool(len(mine)):
            painted, polygons = self._layer(value)
            yield self._place.part(painted, copy, chip), polygons

    def _layer(self, value: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the numbers of the polygons of a class, or of any, in the whole strip, and those polygons."""
        if value not in self._layers:
            polygons = self._within if value == _ANY else self._within[self._values == value]
            self._layers[value] = self._labeller.paint(self._place.frame(), polygons), polygons
        return self._layers[value]

    def _masks(self, copy: int, chip: int) -> Iterator[ClassMasks]:
        """Yield the masks of each class in a chip."""
        labeller, size = self._labeller, (self._labeller.cutting.rows, self._labeller.cutting.cols)
        candidates = self._polygons(copy).get(chip, np.zeros(0, np.int64))
        seen = np.zeros(len(candidates), bool)
        for part, polygons in self._parts(copy, chip):
            numbers = self._place.chip(part, copy).ravel()
            full = np.flatnonzero(numbers != 0)  # of booleans it is thirty times as fast as of numbers
            places = np.minimum(np.searchsorted(polygons, candidates), len(polygons) - 1)
            mine = np.flatnonzero(polygons[places] == candidates)
            table = np.zeros(len(polygons) + 1, np.intp)
            table[places[mine] + 1] = np.arange(1, len(mine) + 1)
            local = table[numbers[full]]
            pixels = np.bincount(local, minlength=len(mine) + 1)[1:]
            present = np.flatnonzero(pixels)
            seen[mine[present]] = True
            values = labeller.placed.values[candidates[mine[present]]]
            for value in _distinct(values):
                chosen = present[values == value]
                labeller.check_count(len(chosen), value)
                table = np.zeros(len(mine) + 1, np.uint8 if len(chosen) <= 255 else np.uint16)
                table[chosen + 1] = np.arange(1, len(chosen) + 1)
                mask = np.zeros(numbers.size, table.dtype)
                mask[full] = table[local]
                yield ClassMasks(value, mask.reshape(size), pixels[chosen])
        labeller.note_absent(candidates[~seen])


def _distinct(values: np.ndarray) -> list[int]:
    """Return the class values of some polygons, ascending."""
    return sorted(set(values.tolist()))
