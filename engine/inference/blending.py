"""The streaming blend: scores of overlapping tiles become final pixels, tile by tile from top to bottom.

Around each border between the cores of two tiles lies a *seam* of ``2 * half`` pixels in which their scores are mixed:
the weight of the later tile rises there as a cosine from 0 to 1, that of the earlier one is the rest. Weights are
separable and sum to 1 everywhere. Outside the seams a pixel is one tile's own. A tile without a valid pixel is not
computed; every pixel whose seam it would take part in lies in it, so it is invalid too and no weight is missed.

The *part* of a tile is what becomes final with it: its core, moved up and left by ``half``. Of a tile's scores only the
seam to the next tile, and the seam to the next row (the *carry*), are kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .decision import Decider
from .detections import Array
from .reading import Tile
from .tiles import TileGrid


@dataclass(frozen=True)
class Scores:
    """What a network says of one tile.

    Attributes:
        values: (channels, rows, cols) on the network's device, in pixels of the tile.
        probabilities: Whether they are probabilities already; else the logits of a softmax.
    """

    values: torch.Tensor
    probabilities: bool


@dataclass(frozen=True)
class Part:
    """What becomes final with a tile, along one axis.

    Attributes:
        begin: First pixel, in the raster.
        end: Behind the last pixel.
        before: Pixels of the seam to the tile before, the first of the part.
        after: Pixels of the seam to the next tile, which follow the part.
    """

    begin: int
    end: int
    before: int
    after: int


class Parts:
    """How the parts of tiles lie in a raster.

    Attributes:
        half: Pixels on each side of a border in which two tiles are mixed.
        rows: Part of each row of tiles.
        cols: Part of each column of tiles.
    """

    def __init__(self, grid: TileGrid, half: int) -> None:
        """Lay out the parts of a grid; see ``seam_half``."""
        self.half = half
        edges = grid.cores(np.arange(len(grid)))
        across = len(grid.col_starts)
        self.rows = _parts(edges[::across, 1], grid.rows, half)
        self.cols = _parts(edges[:across, 0], grid.cols, half)


def seam_half(grid: TileGrid, blend: bool, reach: int | None) -> int:
    """Return on how many pixels on each side of a border two tiles are mixed.

    The padding; less where seams would meet, and less by a known reach of the network: pixels nearer to their tile's
    edge than it reaches are wrong there and must not count.

    Args:
        grid: The tiles.
        blend: Whether tiles are mixed at all.
        reach: Radius in pixels of what a score depends on; None when it is not known.
    """
    if not blend:
        return 0
    half = min(grid.padding, min(grid.tile_rows, grid.tile_cols) // 2 - grid.padding)
    return half if reach is None or reach > grid.padding else min(half, grid.padding - reach)


class Carry:
    """The seam between two rows of tiles, (channels, 2 * half, cols) float32: in memory, or in a file if too large."""

    def __init__(self, shape: tuple[int, int, int], device: torch.device, path: Path | None) -> None:
        """Make room.

        Args:
            shape: Channels, rows, columns.
            device: Where it lies when it is kept in memory.
            path: File to map; None keeps it in memory.
        """
        self._device = device
        if path is None:
            self._scores = torch.zeros(shape, device=device)
        else:
            self._scores = torch.from_numpy(np.memmap(path, np.float32, "w+", shape=shape))

    def take(self, part: Part) -> torch.Tensor:
        """Return what the row above left over the columns of a part."""
        return self._scores[:, :, part.begin : part.end].to(self._device)

    def put(self, part: Part, scores: torch.Tensor) -> None:
        """Leave something for the row below."""
        self._scores[:, :, part.begin : part.end] = scores


@contextmanager
def carry_of(parts: Parts, channels: int, device: torch.device, path: Path, budget: int) -> Iterator[Carry]:
    """Give the carry of a run; its file, if it needs one, is gone afterwards.

    Args:
        parts: How tiles lie.
        channels: Score channels.
        device: The network's.
        path: Where the file would lie.
        budget: Bytes the carry may take in memory.
    """
    rows = 2 * parts.half if len(parts.rows) > 1 else 0
    shape = (channels, rows, parts.cols[-1].end)
    filed = 4 * math.prod(shape) > budget and math.prod(shape) > 0
    try:
        yield Carry(shape, device, path if filed else None)
    finally:
        if filed:
            path.unlink(missing_ok=True)


class Blender:
    """Takes the scores of a row of tiles one by one and fills the final pixels in."""

    def __init__(self, parts: Parts, decider: Decider, carry: Carry, device: torch.device) -> None:
        """Prepare for a run."""
        self._parts = parts
        self._decider = decider
        self._carry = carry
        width = 2 * parts.half
        angle = (torch.arange(width, dtype=torch.float64) + 0.5) * (math.pi / max(1, width))
        self._rising = (0.5 - 0.5 * torch.cos(angle)).float().to(device)
        self._falling = 1.0 - self._rising
        self._held: tuple[int, torch.Tensor] | None = None
        self._strip: dict[str, Array] = {}

    def begin(self, row: int) -> None:
        """Start a row of tiles."""
        part = self._parts.rows[row]
        self._strip = self._decider.empty(part.end - part.begin, self._parts.cols[-1].end)
        self._held = None

    def finish(self) -> dict[str, Array]:
        """Return the products of the row's part: (bands, rows, cols) each."""
        return self._strip

    def add(self, tile: Tile, column: int, scores: Scores) -> None:
        """Take the scores of the next tile of the row.

        Args:
            tile: The tile.
            column: Its column of tiles.
            scores: What the network says of it; its memory may be reused.
        """
        down, across = self._parts.rows[tile.row], self._parts.cols[column]
        left, top = across.begin - tile.offset[0], down.begin - tile.offset[1]
        rows, cols = down.end - down.begin, across.end - across.begin
        inside = np.s_[top : top + rows + down.after, left : left + cols + across.after]
        planes = scores.values[(slice(None), *inside)].float().contiguous()
        if not scores.probabilities:
            self._to_probabilities(planes, down, across)
        planes = self._mixed_across(planes, column, across)
        self._mix_down(planes, down, across)
        valid = None if tile.valid is None else tile.valid[top : top + rows, left : left + cols]
        out = {name: strip[:, :, across.begin : across.end] for name, strip in self._strip.items()}
        self._decider.decide(planes[:, :rows], valid, out)

    def _to_probabilities(self, planes: torch.Tensor, down: Part, across: Part) -> None:
        """Take the softmax: everywhere when it is asked for, else only in the seams, since it keeps the order."""
        if self._decider.needs_probabilities:
            places = [planes]
        else:
            bottom, right = planes.shape[1] - down.after, planes.shape[2] - across.after
            middle = planes[:, down.before : bottom]
            places = [planes[:, : down.before], planes[:, bottom:]]
            places += [middle[:, :, : across.before], middle[:, :, right:]]
        for place in places:
            if place.numel():
                place.copy_(place.softmax(0))

    def _mixed_across(self, planes: torch.Tensor, column: int, across: Part) -> torch.Tensor:
        """Mix with the tile to the left, keep the seam to the next one, and return the part's columns."""
        if across.before:
            seam = planes[:, :, : across.before].mul_(self._rising)
            if self._held is not None and self._held[0] == column - 1:
                seam.add_(self._held[1])
        if not across.after:
            return planes
        self._held = (column, planes[:, :, -across.after :] * self._falling)
        return planes[:, :, : -across.after]

    def _mix_down(self, planes: torch.Tensor, down: Part, across: Part) -> None:
        """Mix with the row above and keep the seam to the next one."""
        if down.before:
            planes[:, : down.before].mul_(self._rising[:, None]).add_(self._carry.take(across))
        if down.after:
            self._carry.put(across, planes[:, -down.after :] * self._falling[:, None])


def _parts(edges: Array, length: int, half: int) -> list[Part]:
    """Return the parts along one axis from where the cores begin."""
    begins = [int(edge) - half if place else 0 for place, edge in enumerate(edges)]
    ends = [*begins[1:], length]
    last = len(begins) - 1
    return [
        Part(begin, end, 2 * half if place else 0, 2 * half if place < last else 0)
        for place, (begin, end) in enumerate(zip(begins, ends, strict=True))
    ]
