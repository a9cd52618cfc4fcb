"""Which labels lie in which chips, and where: arithmetic on arrays, one strip of chips at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine

from ..raster.reading import RasterSource
from ..vector.labels import Labels
from .turning import Turn


@dataclass(frozen=True)
class Placement:
    """The labels of a strip of chips.

    Attributes:
        chips: (n,) int64, which chip of the strip, ascending.
        values: (n,) int64 class values.
        boxes: (n, 4) float64 ``col_min, row_min, col_max, row_max`` in chip pixels, cut at the chip, rounded to 0.01.
        areas: (n,) float64, area of the part inside the chip, in pixels.
        labels: (n,) int64, which of the placed labels.
    """

    chips: np.ndarray
    values: np.ndarray
    boxes: np.ndarray
    areas: np.ndarray
    labels: np.ndarray

    def by_chip(self) -> Iterator[tuple[int, slice]]:
        """Yield each chip that has labels, and where they stand."""
        edges = np.flatnonzero(np.diff(self.chips, prepend=-1, append=-1)) if len(self.chips) else np.zeros(0, int)
        for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
            yield int(self.chips[begin]), slice(begin, end)


class PlacedLabels:
    """Labels in the pixels of one raster."""

    def __init__(self, labels: Labels, source: RasterSource) -> None:
        """Place labels, given in the raster's CRS, on its grid; those outside are left out."""
        geometry = labels.table.geometry
        map_bounds = shapely.bounds(geometry)
        left, bottom, right, top = source.bounds
        inside = (
            (map_bounds[:, 0] < right)
            & (map_bounds[:, 2] > left)
            & (map_bounds[:, 1] < top)
            & (map_bounds[:, 3] > bottom)
        )
        self.map_bounds = map_bounds[inside]
        self.geometry = in_pixels(geometry[inside], ~source.transform)
        bounds = shapely.bounds(self.geometry)
        touching = (bounds[:, 0] < source.cols) & (bounds[:, 2] > 0) & (bounds[:, 1] < source.rows) & (bounds[:, 3] > 0)
        if not touching.all():
            self.geometry, bounds, self.map_bounds = (
                self.geometry[touching],
                bounds[touching],
                self.map_bounds[touching],
            )
        kept = np.flatnonzero(inside)[touching]
        self.rows, self.values = labels.rows[kept], labels.values[kept]
        self._bounds = bounds
        self._areas = shapely.area(self.geometry)
        full = (bounds[:, 2] - bounds[:, 0]) * (bounds[:, 3] - bounds[:, 1])
        self._rectangle = self._areas >= full * (1 - 1e-9)
        self._tree = shapely.STRtree(self.geometry)
        self._size = (source.cols, source.rows)

    def __len__(self) -> int:
        """Return the number of labels that touch the raster."""
        return len(self.values)

    def touched(self, row: int, height: int, starts: np.ndarray, width: int, margin: int = 0) -> np.ndarray:
        """Return which chips of a strip the boxes of labels touch: quick, and never too few.

        Args:
            row: First row of the strip.
            height: Height of a chip.
            starts: (n,) int64 ascending first columns of the chips.
            width: Width of a chip.
            margin: Pixels around the chips that count as well.
        """
        _, chips = self.pairs(row, height, starts, width, margin)
        return np.unique(chips)

    def in_strip(self, row: int, height: int, starts: np.ndarray, width: int, least_share: float) -> Placement:
        """Return the labels of upright chips.

        Args:
            row: First row of the strip.
            height: Height of a chip.
            starts: (n,) int64 ascending first columns of the chips.
            width: Width of a chip.
            least_share: Labels with a smaller share of their area inside the chip are left out, 0..1.
        """
        labels, chips = self.pairs(row, height, starts, width, 0)
        origin = np.column_stack([starts[chips], np.full(len(chips), row)])
        limits = np.minimum((width, height), np.array(self._size) - origin)
        boxes = self._bounds[labels] - np.tile(origin, 2)
        whole = (boxes[:, :2] >= 0).all(axis=1) & (boxes[:, 2:] <= limits).all(axis=1)
        boxes = np.clip(boxes, 0, np.tile(limits, 2))
        areas = np.where(whole, self._areas[labels], (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))
        cut = np.flatnonzero(~whole & ~self._rectangle[labels])
        if len(cut):
            parts = _moved(self.geometry[labels[cut]], -origin[cut])
            boxes[cut], areas[cut] = _clipped(parts, width, height)
            boxes[cut] = np.minimum(boxes[cut], np.tile(limits[cut], 2))
        return self._placement(labels, chips, boxes, areas, least_share)

    def in_turned_strip(
        self, row: int, height: int, starts: np.ndarray, width: int, least_share: float, turn: Affine, margin: int
    ) -> Placement:
        """Return the labels of chips that are turned about their centres; boxes are upright in the turned chip.

        Args:
            row: First row of the strip.
            height: Height of a chip.
            starts: (n,) int64 ascending first columns of the chips.
            width: Width of a chip.
            least_share: Labels with a smaller share of their area inside the chip are left out, 0..1.
            turn: From pixels of the turned chip to pixels of the upright one.
            margin: How far a turned chip reaches beyond the upright one.
        """
        labels, chips = self.pairs(row, height, starts, width, margin)
        origin = np.column_stack([starts[chips], np.full(len(chips), row)])
        parts = in_pixels(_moved(self.geometry[labels], -origin), ~turn)
        boxes, areas = _clipped(parts, width, height)
        return self._placement(labels, chips, boxes, areas, least_share)

    def large_enough(
        self, row: int, height: int, starts: np.ndarray, width: int, least_share: float, turn: Turn | None
    ) -> dict[int, np.ndarray]:
        """Return for each chip that has any the labels of which a large enough share lies inside it, ascending.

        Args:
            row: First row of the strip.
            height: Height of a chip.
            starts: (n,) int64 ascending first columns of the chips.
            width: Width of a chip.
            least_share: Labels with a smaller share of their area inside the chip are left out, 0..1.
            turn: How the chips are turned, None for upright ones.
        """
        size = (row, height, starts, width, least_share)
        found = self.in_strip(*size) if turn is None else self.in_turned_strip(*size, turn.transform, max(turn.margin))
        return {chip: np.sort(found.labels[place]) for chip, place in found.by_chip()}

    def within(self, col: int, row: int, width: int, height: int) -> np.ndarray:
        """Return the labels whose boxes meet a rectangle of pixels, in their order."""
        return np.sort(self._tree.query(shapely.box(col, row, col + width, row + height)))

    def pairs(
        self, row: int, height: int, starts: np.ndarray, width: int, margin: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return label and chip of every pair whose boxes overlap, labels ascending.

        Args:
            row: First row of the strip.
            height: Height of a chip.
            starts: (n,) int64 ascending first columns of the chips.
            width: Width of a chip.
            margin: Pixels around the chips that count as well.
        """
        strip = shapely.box(starts[0] - margin, row - margin, starts[-1] + width + margin, row + height + margin)
        labels = np.sort(self._tree.query(strip))
        bounds = self._bounds[labels]
        first = np.searchsorted(starts, bounds[:, 0] - width - margin, side="right")
        last = np.searchsorted(starts, bounds[:, 2] + margin, side="left")
        counts = np.maximum(last - first, 0)
        counts[(bounds[:, 1] >= row + height + margin) | (bounds[:, 3] <= row - margin)] = 0
        before = np.cumsum(counts) - counts
        chips = np.repeat(first - before, counts) + np.arange(counts.sum())
        return np.repeat(labels, counts), chips

    def _placement(
        self, labels: np.ndarray, chips: np.ndarray, boxes: np.ndarray, areas: np.ndarray, least_share: float
    ) -> Placement:
        """Leave out what is empty or too small a part, and sort by chip."""
        boxes = np.round(boxes, 2) + 0.0
        keep = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1]) & (areas > 0)
        if least_share > 0:
            keep &= areas >= self._areas[labels] * (least_share - 1e-9)
        order = np.flatnonzero(keep)
        order = order[np.argsort(chips[order], kind="stable")]
        return Placement(chips[order], self.values[labels[order]], boxes[order], areas[order], labels[order])


def in_pixels(geometry: np.ndarray, transform: Affine) -> np.ndarray:
    """Return geometries under an affine transform."""
    a, b, c, d, e, f = transform[:6]

    def moved(points: np.ndarray) -> np.ndarray:
        x, y = points[:, 0], points[:, 1]
        return np.column_stack([a * x + b * y + c, d * x + e * y + f])

    return shapely.transform(geometry, moved) if len(geometry) else geometry


def _moved(geometry: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Return each geometry moved by its own (x, y)."""
    points, owner = shapely.get_coordinates(geometry, return_index=True)
    return shapely.set_coordinates(geometry.copy(), points + offsets[owner])


def _clipped(geometry: np.ndarray, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the boxes and areas of geometries cut at a chip; zero where nothing is left."""
    parts = shapely.clip_by_rect(geometry, 0, 0, width, height)
    return np.nan_to_num(shapely.bounds(parts)), shapely.area(parts)
