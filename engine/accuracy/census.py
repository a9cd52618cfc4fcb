"""Counting pairs of classified value and ground truth over a whole raster, and finding drawn pixels again.

The first walk counts; it keeps how many pixels of each stratum every cell holds, so that the second one reads only the
cells in which a drawn pixel lies.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import RasterError
from ..job import Job
from ..raster.class_tables import LARGEST_VALUE
from .class_pairs import CELL_COLS, CELL_ROWS, NONE, Pairing, Values
from .squares import Squares

Integers = NDArray[np.int64]

MOST_CLASSES = 1000
"""Beyond this many values a raster is no map of classes, and its confusion matrix no table to read."""


@dataclass
class Census:
    """What a raster holds.

    Attributes:
        values: Class values of both sides in the order in which they were met; rows and columns of the others.
        map_counts: (k,) int64 pixels of each classified value, the truth known or not.
        pairs: (k, k) int64 pixels of each classified value (row) and ground truth (column).
        without_class: Pixels of the grid that have no classified value, or lie outside the mask.
        strata: Per cell, the numbers of the classified values whose truth is known there, and their pixels.
        squares: Where map and truth differ.
    """

    values: list[int] = field(default_factory=list)
    map_counts: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    pairs: Integers = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    without_class: int = 0
    strata: list[tuple[Integers, Integers]] = field(default_factory=list)
    squares: Squares = field(default_factory=lambda: Squares.over(1, 1))


@dataclass(frozen=True)
class Sample:
    """Pixels, or places in pixels, with their classes.

    Attributes:
        row: (n,) int64 row on the grid.
        col: (n,) int64 column on the grid.
        classified: (n,) int32 classified value, ``NONE`` where there is none.
        truth: (n,) int32 ground truth.
    """

    row: Integers
    col: Integers
    classified: Values
    truth: Values

    def __len__(self) -> int:
        """Return the number of places."""
        return len(self.row)

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> Sample:
        """Return some of the places."""
        return Sample(self.row[index], self.col[index], self.classified[index], self.truth[index])


def count(pairing: Pairing, points: Sample, job: Job) -> tuple[Census, Sample]:
    """Walk over the raster once.

    Args:
        pairing: What is compared.
        points: Places on the grid whose classified value is wanted.
        job: Told the progress, and asked for a cancel.

    Returns:
        What the raster holds, and the points with their classified values.

    Raises:
        RasterError: A value is no class, or there are more than ``MOST_CLASSES``.
    """
    grid = pairing.classified
    census, numbers = Census(squares=Squares.over(grid.rows, grid.cols)), _Numbers(grid.path)
    found = points.classified.copy()
    cell_of, order = _by_cell(points, grid.cols)
    with pairing.open() as reader:
        for number, window in enumerate(job.track(pairing.cells(), "Counting pixels", start=0.05, end=0.55)):
            classified, truth = reader.read(window)
            _count_cell(census, numbers, classified, truth)
            both = (classified != NONE) & (truth != NONE)
            census.squares.add(window, both, both & (classified != truth))
            here = order[np.searchsorted(cell_of, number) : np.searchsorted(cell_of, number, side="right")]
            found[here] = classified[points.row[here] - window.row, points.col[here] - window.col]
    census.values = numbers.values
    return census, Sample(points.row, points.col, found, points.truth)


def find(pairing: Pairing, census: Census, ranks: dict[int, Integers], pooled: bool, job: Job) -> Sample:
    """Find the pixels of drawn ranks.

    Args:
        pairing: What was counted.
        census: The counts.
        ranks: Per stratum, a number into the values of the census, distinct ranks in any order; with ``pooled`` there
            is one stratum, of any number, that holds all pixels.
        pooled: All pixels with a known truth are one stratum.
        job: Asked for a cancel.

    Returns:
        The pixels, stratum by stratum, each in the order of its ranks.
    """
    lookup = np.full(LARGEST_VALUE + 2, -1, np.int64)
    lookup[np.array(census.values, np.int64) + 1] = 0 if pooled else np.arange(len(census.values))
    parts: list[Integers] = []
    wanted = {0: next(iter(ranks.values()))} if pooled else ranks
    places = {stratum: _places(census, None if pooled else stratum, drawn) for stratum, drawn in wanted.items()}
    cells = pairing.cells()
    needed = sorted({cell for cell_of, _ in places.values() for cell in np.unique(cell_of).tolist()})
    offsets = dict(zip(wanted, np.cumsum([0, *map(len, wanted.values())])[:-1].tolist(), strict=True))
    with pairing.open() as reader:
        for cell in needed:
            job.check()
            window = cells[cell]
            classified, truth = reader.read(window)
            kind = lookup[classified + 1]
            kind[truth == NONE] = -1
            for stratum, (cell_of, local) in places.items():
                here = np.flatnonzero(cell_of == cell)
                if len(here):
                    flat = np.flatnonzero(kind.ravel() == stratum)[local[here]]
                    row, col = np.divmod(flat, window.width)
                    both = np.stack([classified.ravel()[flat], truth.ravel()[flat]]).astype(np.int64)
                    parts.append(np.stack([here + offsets[stratum], row + window.row, col + window.col, *both]))
    joined = np.concatenate(parts, axis=1) if parts else np.zeros((5, 0), np.int64)
    _, row, col, classified_values, truth_values = joined[:, np.argsort(joined[0], kind="stable")]
    return Sample(row, col, classified_values.astype(np.int32), truth_values.astype(np.int32))


class _Numbers:
    """The numbers 0, 1, 2 ... of class values, in the order in which they are met."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lookup = np.full(LARGEST_VALUE + 1, -1, np.int64)
        self.values: list[int] = []

    def of(self, values: Values) -> Integers:
        """Return the numbers of values, none of which is ``NONE``."""
        numbers = self._lookup[values]
        if (numbers < 0).any():
            new = np.unique(values[numbers < 0]).tolist()
            if len(self.values) + len(new) > MOST_CLASSES:
                raise RasterError(
                    f"{self._path} and its reference hold more than {MOST_CLASSES} values: that is no class raster, "
                    "choose one of classes"
                )
            self._lookup[new] = np.arange(len(self.values), len(self.values) + len(new))
            self.values += new
            numbers = self._lookup[values]
        return numbers


def _count_cell(census: Census, numbers: _Numbers, classified: Values, truth: Values) -> None:
    """Add one cell to the counts."""
    known = classified != NONE
    mapped = numbers.of(classified[known])
    wanted = truth[known]
    both = wanted != NONE
    pairs = mapped[both], numbers.of(wanted[both])
    size = len(numbers.values)
    _grow(census, size)
    census.without_class += int(known.size - len(mapped))
    census.map_counts += np.bincount(mapped, minlength=size)
    cell = np.bincount(pairs[0] * size + pairs[1], minlength=size * size).reshape(size, size)
    census.pairs += cell
    strata = cell.sum(axis=1)
    present = np.flatnonzero(strata)
    census.strata.append((present, strata[present]))


def _grow(census: Census, size: int) -> None:
    """Make room for values that were not met before."""
    more = size - len(census.map_counts)
    if more:
        census.map_counts = np.pad(census.map_counts, (0, more))
        census.pairs = np.pad(census.pairs, ((0, more), (0, more)))


def _by_cell(points: Sample, cols: int) -> tuple[Integers, Integers]:
    """Return the cells in which points lie, ascending, and the number of the point of each."""
    across = -(-cols // CELL_COLS)
    cell = points.row // CELL_ROWS * across + points.col // CELL_COLS
    order = np.argsort(cell, kind="stable")
    return cell[order], order


def _places(census: Census, stratum: int | None, ranks: Integers) -> tuple[Integers, Integers]:
    """Return in which cell each rank of a stratum lies, and its rank within the cell; None stands for all strata."""
    ends = np.cumsum([_in_cell(cell, stratum) for cell in census.strata])
    cell = np.searchsorted(ends, ranks, side="right")
    return cell, ranks - np.concatenate(([0], ends))[cell]


def _in_cell(cell: tuple[Integers, Integers], stratum: int | None) -> int:
    """Return how many pixels of a stratum a cell holds."""
    numbers, sizes = cell
    return int(sizes.sum() if stratum is None else sizes[numbers == stratum].sum())
