"""Masks of detections, as the network gives them and as pixels of the raster.

``FrameMasks`` are squares of probabilities, each in a frame around its object. ``PixelMasks`` are the pixels of each
object, packed eight to a byte inside its smallest window, all in one buffer: an object of 40 x 40 pixels takes 200
bytes, and putting pieces together is exact and does not depend on their order.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

Array = np.ndarray

INSIDE = 0.5
"""Probability from which a pixel belongs to an object."""

AT_ONCE = 1 << 22
"""Pixels that are drawn at once."""

_BITS = np.array([bin(byte).count("1") for byte in range(256)], np.uint8)


@dataclass(frozen=True)
class FrameMasks:
    """Probabilities in frames.

    Attributes:
        frames: (n, 4) float64, ``col_min, row_min, col_max, row_max`` in the pixels that the boxes are in.
        values: (n, cells, cells) float32, 0..1.
    """

    frames: Array
    values: Array

    def take(self, which: Array | slice) -> Self:
        """Return those that an index, a mask or a slice picks."""
        return type(self)(self.frames[which], self.values[which])

    @classmethod
    def concatenate(cls, parts: Sequence[FrameMasks]) -> FrameMasks:
        """Return all masks of several, in their order."""
        return cls(np.concatenate([part.frames for part in parts]), np.concatenate([part.values for part in parts]))

    def turned_back(self, frames: Array, view: int) -> FrameMasks:
        """Return the masks that were seen in a view (``augmentation``), with their frames in the image as it is."""
        values = np.rot90(self.values, -(view & 3), (1, 2))
        return FrameMasks(frames, values[:, :, ::-1] if view & 4 else values)

    def merged(self, groups: Sequence[Array], weights: Array, policy: str) -> FrameMasks:
        """Return one mask for each group, in the mean of its frames.

        Args:
            groups: Numbers of the masks of each group, at least one.
            weights: (n,) float64, how much each counts in the mean.
            policy: ``mean``, ``max`` or ``min`` of the probabilities.
        """
        if not groups:
            return self.take(slice(0, 0))
        members = np.concatenate(groups)
        first = np.cumsum([0, *(len(group) for group in groups)])[:-1]
        group = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
        share = weights[members] / np.add.reduceat(weights[members], first)[group]
        frames = np.add.reduceat(self.frames[members] * share[:, None], first)
        cells = self.values.shape[1]
        places = _places(frames[group], cells)
        seen = _sampled(self.values[members], self.frames[members], *places)
        if policy == "mean":
            return FrameMasks(frames, np.add.reduceat(seen * share[:, None, None].astype(np.float32), first))
        best = np.maximum if policy == "max" else np.minimum
        return FrameMasks(frames, best.reduceat(seen, first))

    def drawn(self, size: tuple[int, int]) -> PixelMasks:
        """Return the pixels of an image that belong to each object; nothing outside a frame does.

        Args:
            size: Rows and columns of the image; frames are in its pixels.
        """
        rows, cols = size
        low = np.clip(np.floor(self.frames[:, :2]), 0, [cols, rows]).astype(np.int64)
        high = np.clip(np.ceil(self.frames[:, 2:]), 0, [cols, rows]).astype(np.int64)
        sides = np.maximum(high - low, 0)
        masks: list[Array] = [np.zeros((0, 0), bool)] * len(low)
        for some in _alike(sides):
            width, height = sides[some].max(axis=0)
            x = low[some, :1] + np.arange(width) + 0.5
            y = low[some, 1:] + np.arange(height) + 0.5
            inside = np.asarray(_sampled(self.values[some], self.frames[some], x, y) >= INSIDE)
            for number, place in enumerate(some.tolist()):
                masks[place] = inside[number, : sides[place, 1], : sides[place, 0]]
        return PixelMasks.of(low, masks)


@dataclass(frozen=True)
class PixelMasks:
    """Pixels of objects.

    Attributes:
        windows: (n, 4) int64, ``col_min, row_min, col_max, row_max`` of the pixels of each, the last ones excluded.
        bits: (bytes,) uint8, the windows row by row, each packed by itself.
        ends: (n,) int64, where each ends in the bytes.
    """

    windows: Array
    bits: Array
    ends: Array

    @classmethod
    def of(cls, corners: Array, masks: Sequence[Array]) -> PixelMasks:
        """Return masks from arrays.

        Args:
            corners: (n, 2) int64, column and row of each array's first pixel.
            masks: (rows, cols) bool each; one without a pixel has an empty window.
        """
        windows = np.empty((len(masks), 4), np.int64)
        packed = []
        for place, (corner, mask) in enumerate(zip(np.asarray(corners).tolist(), masks, strict=True)):
            col, row = corner
            down, across = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
            if not len(down):
                windows[place] = col, row, col, row
                packed.append(np.zeros(0, np.uint8))
                continue
            top, bottom, left, right = int(down[0]), int(down[-1]) + 1, int(across[0]), int(across[-1]) + 1
            windows[place] = col + left, row + top, col + right, row + bottom
            packed.append(np.packbits(mask[top:bottom, left:right]))
        ends = np.cumsum([len(part) for part in packed], dtype=np.int64)
        return cls(windows, np.concatenate([np.zeros(0, np.uint8), *packed]), ends)

    def __len__(self) -> int:
        return len(self.windows)

    @property
    def starts(self) -> Array:
        """(n,) int64, where each begins in the bytes."""
        return np.concatenate([np.zeros(1, np.int64), self.ends[:-1]])[: len(self.ends)]

    @cached_property
    def areas(self) -> Array:
        """(n,) int64, pixels of each."""
        areas = np.zeros(len(self), np.int64)
        filled = self.ends > self.starts
        if filled.any():
            areas[filled] = np.add.reduceat(_BITS[self.bits], self.starts[filled], dtype=np.int64)
        return areas

    def pixels(self, place: int) -> Array:
        """Return the (rows, cols) bool of one mask's window."""
        left, top, right, bottom = self.windows[place].tolist()
        end = int(self.ends[place])
        start = int(self.ends[place - 1]) if place else 0
        count = (bottom - top) * (right - left)
        return np.unpackbits(self.bits[start:end], count=count).reshape(bottom - top, right - left).view(bool)

    def take(self, which: Array | slice) -> PixelMasks:
        """Return those that an index, a mask or a slice picks."""
        places = np.arange(len(self))[which]
        starts, lengths = self.starts[places], (self.ends - self.starts)[places]
        ends = np.cumsum(lengths)
        index = np.repeat(starts - (ends - lengths), lengths) + np.arange(int(ends[-1]) if len(ends) else 0)
        return PixelMasks(self.windows[places], self.bits[index], ends)

    @classmethod
    def concatenate(cls, parts: Sequence[PixelMasks]) -> PixelMasks:
        """Return all masks of several, in their order."""
        lengths = [np.diff(part.ends, prepend=0) for part in parts]
        return cls(
            np.concatenate([part.windows for part in parts]),
            np.concatenate([part.bits for part in parts]),
            np.cumsum(np.concatenate(lengths)),
        )

    def moved(self, offsets: Array) -> PixelMasks:
        """Return the masks moved by (n, 2) columns and rows."""
        return PixelMasks(self.windows + np.tile(offsets, 2), self.bits, self.ends)

    def cut(self, limits: Array) -> PixelMasks:
        """Return what lies inside (n, 4) limits, whole pixels."""
        beyond = np.concatenate([self.windows[:, :2] < limits[:, :2], self.windows[:, 2:] > limits[:, 2:]], axis=1)
        outside = np.asarray(beyond.any(axis=1))
        if not outside.any():
            return self
        corners, masks = self.windows[:, :2].copy(), []
        for place in range(len(self)):
            mask = self.pixels(place)
            if outside[place]:
                left, top, right, bottom = self.windows[place].tolist()
                low_col, low_row, high_col, high_row = limits[place].tolist()
                col, row = max(left, low_col), max(top, low_row)
                down = slice(row - top, max(row, min(bottom, high_row)) - top)
                mask = mask[down, col - left : max(col, min(right, high_col)) - left]
                corners[place] = col, row
            masks.append(mask)
        return PixelMasks.of(corners, masks)


def common_pixels(one: PixelMasks, first: Array, other: PixelMasks, second: Array, limits: Array | None) -> Array:
    """Return (p, 3) int64: pixels that two masks of a pair share, those of the one, and those of the other.

    Args:
        one: Masks.
        first: (p,) number of the one of each pair.
        other: Masks, perhaps the same.
        second: (p,) number of the other.
        limits: (p, 4) whole pixels that count; None where all do.
    """
    counts = np.zeros((len(first), 3), np.int64)
    if limits is None:
        counts[:, 1], counts[:, 2] = one.areas[first], other.areas[second]
    known = -1
    mine = np.zeros((0, 0), bool)
    for place, (left, right) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        if left != known:
            mine, known = one.pixels(left), left
        theirs = other.pixels(right)
        own, its = one.windows[left], other.windows[right]
        if limits is not None:
            limit = limits[place]
            counts[place, 1] = int(np.count_nonzero(_part(mine, own, limit)))
            counts[place, 2] = int(np.count_nonzero(_part(theirs, its, limit)))
            own_part, its_part = np.concatenate([np.maximum(own[:2], limit[:2]), np.minimum(own[2:], limit[2:])]), its
        else:
            own_part, its_part = own, its
        both = np.concatenate([np.maximum(own_part[:2], its_part[:2]), np.minimum(own_part[2:], its_part[2:])])
        if (both[2:] > both[:2]).all():
            counts[place, 0] = int(np.count_nonzero(_part(mine, own, both) & _part(theirs, its, both)))
    return counts


def mask_overlap(one: PixelMasks, first: Array, other: PixelMasks, second: Array, limits: Array | None = None) -> Array:
    """Return (p,) float64: IoU of pairs of masks, on what counts; see ``common_pixels``."""
    shared, mine, theirs = common_pixels(one, first, other, second, limits).T
    return np.asarray(shared / np.maximum(mine + theirs - shared, 1), np.float64)


def possible_overlap(one: PixelMasks, first: Array, other: PixelMasks, second: Array) -> Array:
    """Return (p,) float64: the IoU that two masks cannot exceed, by their windows and areas; quick."""
    mine, theirs = one.areas[first], other.areas[second]
    low = np.maximum(one.windows[first, :2], other.windows[second, :2])
    high = np.minimum(one.windows[first, 2:], other.windows[second, 2:])
    shared = np.minimum(np.clip(high - low, 0, None).prod(axis=1), np.minimum(mine, theirs))
    return np.asarray(shared / np.maximum(mine + theirs - shared, 1), np.float64)


def _part(mask: Array, window: Array, limit: Array) -> Array:
    """Return what of a mask lies inside a limit."""
    left, top = (limit[:2] - window[:2]).tolist()
    right, bottom = (limit[2:] - window[:2]).tolist()
    return mask[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]


def _alike(sides: Array) -> Iterator[Array]:
    """Yield numbers of windows of about the same size, some at a time; those without a pixel are left out."""
    filled = np.flatnonzero((sides > 0).all(axis=1))
    powers = np.ceil(np.log2(sides[filled])).astype(np.int64)
    order = np.lexsort(powers.T)
    filled, powers = filled[order], powers[order]
    new = np.flatnonzero(np.diff(powers, axis=0, prepend=-1).any(axis=1)).tolist()
    for begin, end in itertools.pairwise([*new, len(filled)]):
        count = max(1, AT_ONCE >> int(powers[begin].sum()))
        for start in range(begin, end, count):
            yield filled[start : min(start + count, end)]


def _places(frames: Array, cells: int) -> tuple[Array, Array]:
    """Return (n, cells) columns and rows of the middles of the cells of frames."""
    steps = (np.arange(cells) + 0.5) / cells
    size = frames[:, 2:] - frames[:, :2]
    return frames[:, :1] + steps * size[:, :1], frames[:, 1:2] + steps * size[:, 1:]


def _sampled(values: Array, frames: Array, x: Array, y: Array) -> Array:
    """Return (n, rows, cols) float32: masks at columns x (n, cols) and rows y (n, rows), 0 outside their frames."""
    across, down = _weights(frames[:, 0::2], x, values.shape[2]), _weights(frames[:, 1::2], y, values.shape[1])
    found: Array = down @ values.astype(np.float32) @ across.transpose(0, 2, 1)
    return found


def _weights(ends: Array, places: Array, cells: int) -> Array:
    """Return (n, places, cells) float32: how much each cell counts at each place, bilinear; 0 beyond the ends."""
    cell = (places - ends[:, :1]) / np.maximum(ends[:, 1:] - ends[:, :1], 1e-9) * cells - 0.5
    inside = (cell >= -0.5) & (cell <= cells - 0.5)
    near = np.clip(cell, 0, cells - 1)
    weights = np.maximum(0, 1 - np.abs(near[..., None] - np.arange(cells)))
    return np.asarray(weights * inside[..., None], np.float32)
