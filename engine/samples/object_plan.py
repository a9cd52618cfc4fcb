"""Which objects of a raster get a chip, in which order, and where their chips lie: arithmetic on arrays.

Objects are worked in the order of the raster's blocks: groups of one row of blocks, from left to right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine

from ..raster.grid import Window
from ..raster.reading import RasterSource
from .cutting import Cutting
from .object_windows import LARGEST, object_windows
from .placing import PlacedLabels
from .turning import turns

SWATH_BYTES = 96 * 2**20
"""Largest strip held in memory; wider rasters are worked swath by swath."""

BAND_ROWS = 128
"""Least height of the groups, for rasters whose blocks are lower."""

GROUP = 4096
"""Most objects of a group."""

UNIT_TILES = 4
"""Least height of a unit of work, in heights of a tile."""

DENSE = 0.25
"""Share of a strip that the chips in it must cover to be cut from it; sparser ones are read one by one."""


@dataclass(frozen=True)
class Group:
    """Objects whose chips begin in one row of blocks.

    Attributes:
        objects: (n,) int64, which of the placed objects, from left to right.
        strip: What holds their chips, turned ones included, but not those of large objects; its columns are those of
            the whole swath. None where chips are so few that each is read alone.
    """

    objects: np.ndarray
    strip: Window | None


@dataclass(frozen=True)
class PlacedChips:
    """The chips of some objects at one angle.

    Attributes:
        windows: (n, 4) int64 ``col, row, width, height`` of the upright chip; a turned one is turned about its centre.
        shapes: (n,) object, the objects in pixels of their chips.
        boxes: (n, 4) float64 ``col_min, row_min, col_max, row_max``, frame of the object in chip pixels, cut at the
            chip, rounded to 0.01; the whole chip of a point.
        areas: (n,) float64, area of the part inside the chip, in pixels.
    """

    windows: np.ndarray
    shapes: np.ndarray
    boxes: np.ndarray
    areas: np.ndarray

    def outlines(self, angle: float, inset: float) -> np.ndarray:
        """Return (n,) object, the chips as polygons in raster pixels, each side drawn in by some pixels."""
        first, sizes = self.windows[:, :2].astype(np.float64), self.windows[:, 2:].astype(np.float64)
        chips = shapely.box(*(first + inset).T, *(first + sizes - inset).T)
        return _turned(chips, first + sizes / 2, first + sizes / 2, -angle)


class ObjectPlan:
    """The objects of one raster in the order of their chips.

    Attributes:
        order: (k,) int64, which of the placed objects get a chip, in order.
        values: (n,) int64, class values of all placed objects.
        areas: (n,) float64, their areas in pixels.
        larger: (n,) bool, which are larger than a chip can be.
        shapeless: How many have no extent, and so no frame and no chip.
    """

    def __init__(self, placed: PlacedLabels, source: RasterSource, cutting: Cutting) -> None:
        """Plan the chips of placed objects."""
        self._cutting, self._geometry = cutting, placed.geometry
        self.values, self.areas = placed.values, shapely.area(placed.geometry)
        self._bounds = shapely.bounds(placed.geometry).reshape(-1, 4)
        self._windows = object_windows(self._bounds, (cutting.rows, cutting.cols), cutting.fixed)
        sides = self._bounds[:, 2:] - self._bounds[:, :2]
        self._needed = _with_turned(self._windows, sides, cutting)
        kept = np.full(len(sides), True) if cutting.fixed else (sides > 0).any(axis=1)
        self.shapeless = int(len(kept) - kept.sum())
        largest = (cutting.cols, cutting.rows) if cutting.fixed else (LARGEST + 2, LARGEST + 2)
        self.larger = (sides > largest).any(axis=1)
        self._band = max(BAND_ROWS, source.block_shape[0])
        self._tallest = int(self._needed[:, 3].max(initial=0)) if cutting.fixed else max(2 * cutting.rows, 512)
        pixel = len(source.bands) * np.dtype(source.dtype).itemsize
        width = SWATH_BYTES // (pixel * (self._band + self._tallest))
        self._width = max(2 * self._tallest, 2 * cutting.cols, width)
        places = np.maximum(self._windows[:, :2], 0)
        swaths = places[:, 0] // self._width if source.cols > self._width else np.zeros(len(kept), np.int64)
        bands = places[:, 1] // self._band
        order = np.lexsort((np.arange(len(kept)), places[:, 0], bands, swaths))
        self.order = order[kept[order]]
        self._keys = np.column_stack([swaths, bands])

    def __len__(self) -> int:
        """Return how many objects get a chip."""
        return len(self.order)

    def touched(self, row: int, height: int, starts: np.ndarray, width: int) -> np.ndarray:
        """Return no chip: those of objects lie on no grid."""
        return np.empty(0, np.int64)

    def pixels(self, unit: tuple[int, int]) -> int:
        """Return how many pixels the upright chips of a unit have together."""
        return int(np.prod(self._windows[self.order[slice(*unit)], 2:], axis=1).sum())

    def units(self, objects: int) -> list[tuple[int, int]]:
        """Return the order in units of work: first and last + 1 of each.

        A unit holds whole rows of blocks, so many that those read twice hardly count, and some objects at least.
        """
        keys = self._keys[self.order]
        first, rows, found = 0, 0, []
        for _, band in _runs(keys[:, 0] * (int(keys[:, 1].max(initial=0)) + 1) + keys[:, 1]):
            rows += self._band
            if band.stop - first >= objects and rows >= UNIT_TILES * self._cutting.rows:
                found.append((first, band.stop))
                first, rows = band.stop, 0
        if first < len(self.order) or not found:
            found.append((first, len(self.order)))
        return found

    def groups(self, unit: tuple[int, int]) -> Iterator[Group]:
        """Yield the objects of a unit group by group; groups of one row of blocks have one strip."""
        order = self.order[slice(*unit)]
        keys = self._keys[order]
        for _, swath in _runs(keys[:, 0]):
            columns = self._columns(order[swath])
            for _, band in _runs(keys[swath, 1]):
                objects = order[swath.start + band.start : swath.start + band.stop]
                strip = self._strip(objects, columns)
                for start in range(0, len(objects), GROUP):
                    yield Group(objects[start : start + GROUP], strip)

    def placed(self, objects: np.ndarray, angle: float) -> PlacedChips:
        """Return the chips of objects at an angle in degrees; frames are those of the turned objects."""
        geometry, windows = self._geometry[objects], self._windows[objects]
        if not angle or self._cutting.fixed:
            return _placed(geometry, windows, angle)
        centres = (self._bounds[objects, :2] + self._bounds[objects, 2:]) / 2
        turned = _turned(geometry, centres, np.zeros((len(objects), 2)), angle)
        bounds = shapely.bounds(turned).reshape(-1, 4)
        middles = (bounds[:, :2] + bounds[:, 2:]) / 2
        upright = np.concatenate([np.zeros_like(middles), bounds[:, 2:] - bounds[:, :2]], axis=1)
        sizes = object_windows(upright, (0, 0), fixed=False)[:, 2:]
        a, b, _, d, e, _ = Affine.rotation(angle)[:6]
        places = centres + np.column_stack(
            [a * middles[:, 0] + b * middles[:, 1], d * middles[:, 0] + e * middles[:, 1]]
        )
        first = np.floor(places - sizes / 2 + 0.5 + 1e-6).astype(np.int64)
        return _placed(geometry, np.concatenate([first, sizes], axis=1), angle)

    def _columns(self, objects: np.ndarray) -> tuple[int, int]:
        """Return first column and width of what the chips of objects need."""
        needed = self._low(objects)
        first = int(needed[:, 0].min(initial=0))
        return first, int((needed[:, 0] + needed[:, 2]).max(initial=first)) - first

    def _strip(self, objects: np.ndarray, columns: tuple[int, int]) -> Window | None:
        """Return the strip for a group, None when its chips are few."""
        needed = self._low(objects)
        if not len(needed):
            return None
        top, bottom = int(needed[:, 1].min()), int((needed[:, 1] + needed[:, 3]).max())
        area = int(np.prod(needed[:, 2:], axis=1).sum())
        if area < DENSE * columns[1] * (bottom - top):
            return None
        return Window(columns[0], top, columns[1], bottom - top)

    def _low(self, objects: np.ndarray) -> np.ndarray:
        """Return (n, 4) int64 windows that hold the chips of objects at all angles, those of large ones left out."""
        needed = self._needed[objects]
        return needed[(needed[:, 3] <= self._tallest) & (needed[:, 2] <= self._width)]


def _with_turned(windows: np.ndarray, sides: np.ndarray, cutting: Cutting) -> np.ndarray:
    """Return (n, 4) int64 windows that hold the chips at all angles, given the sides of the objects' frames."""
    if cutting.angle <= 0:
        return windows
    sizes = windows[:, 2:]
    radius = np.hypot(*sizes.T) / 2 if cutting.fixed else np.hypot(*sides.T) + 4
    reach = np.ceil(radius - sizes.min(axis=1) / 2).astype(np.int64)[:, None] + 4
    return np.concatenate([windows[:, :2] - reach, sizes + 2 * reach], axis=1)


def _placed(geometry: np.ndarray, windows: np.ndarray, angle: float) -> PlacedChips:
    """Return objects in the pixels of their chips."""
    sizes = windows[:, 2:].astype(np.float64)
    shapes = _turned(geometry, windows[:, :2] + sizes / 2, sizes / 2, angle)
    frames = shapely.bounds(shapes).reshape(-1, 4)
    limits = np.concatenate([sizes, sizes], axis=1)
    whole = (frames[:, :2] >= -0.005).all(axis=1) & (frames[:, 2:] <= sizes + 0.005).all(axis=1)
    areas = shapely.area(shapes)
    for index in np.flatnonzero(~whole & (areas > 0)).tolist():
        areas[index] = shapely.area(shapely.clip_by_rect(shapes[index], 0, 0, *sizes[index]))
    boxes = np.round(np.clip(frames, 0, limits), 2) + 0.0
    flat = boxes[:, 2:] <= boxes[:, :2]
    boxes[:, :2] = np.where(flat, np.minimum(np.floor(boxes[:, :2]), sizes - 1), boxes[:, :2])
    boxes[:, 2:] = np.where(flat, boxes[:, :2] + 1, boxes[:, 2:])
    points = (frames[:, 2:] == frames[:, :2]).all(axis=1)
    boxes[points] = np.concatenate([np.zeros_like(sizes), sizes], axis=1)[points]
    return PlacedChips(windows, shapes, boxes, areas)


def _turned(geometry: np.ndarray, centres: np.ndarray, new: np.ndarray, angle: float) -> np.ndarray:
    """Return each geometry turned about its own centre, which moves to a new place; an angle as ``Turn`` has it."""
    points, owner = shapely.get_coordinates(geometry, return_index=True)
    points = points - centres[owner]
    if angle:
        a, b, _, d, e, _ = (~Affine.rotation(angle))[:6]
        points = np.column_stack([a * points[:, 0] + b * points[:, 1], d * points[:, 0] + e * points[:, 1]])
    return np.asarray(shapely.set_coordinates(geometry.copy(), points + new[owner]))


def _runs(keys: np.ndarray) -> Iterator[tuple[int, slice]]:
    """Yield each run of equal keys and where it stands."""
    edges = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1], [True]])) if len(keys) else np.zeros(0, int)
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        yield int(keys[begin]), slice(begin, end)


def angles(angle: float) -> list[float]:
    """Return the angles of the copies of a chip, 0 first."""
    return [0.0, *(turn.angle for turn in turns(1, 1, angle))]
