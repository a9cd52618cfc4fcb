"""Random samples of pixels: how many from each stratum, which ones, and how far apart.

A pixel of a stratum is named by its rank, its place in the order in which ``cells`` walks over the raster. Ranks are
drawn from the number of pixels alone, so a draw depends on the seed and on nothing else.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

STRATIFIED, EQUALIZED, RANDOM = "STRATIFIED_RANDOM", "EQUALIZED_STRATIFIED_RANDOM", "RANDOM"
SAMPLINGS = (STRATIFIED, EQUALIZED, RANDOM)

FEWEST_PER_CLASS = 10
"""What a rare class gets at least from a proportional sample, if the number asked for and the class allow it."""


def allocate(sizes: Integers, asked: int, sampling: str) -> Integers:
    """Return how many to draw from each stratum.

    Args:
        sizes: (k,) how many each stratum has.
        asked: How many are wanted in all.
        sampling: ``STRATIFIED_RANDOM``: by the strata's sizes, rare ones at least ``FEWEST_PER_CLASS``;
            ``EQUALIZED_STRATIFIED_RANDOM``: the same from each, rounded down, at least 1; ``RANDOM`` is the first of
            these with a single stratum.

    Returns:
        (k,) int64, never more than the sizes.
    """
    sizes = np.asarray(sizes, np.int64)
    strata = int((sizes > 0).sum())
    if not strata or (asked >= sizes.sum() and sampling != EQUALIZED):
        return sizes.copy()
    if sampling == EQUALIZED:
        return np.minimum(sizes, max(1, asked // strata))
    least = np.minimum(sizes, max(1, min(FEWEST_PER_CLASS, asked // strata)))
    given = least.copy()
    free = sizes > 0
    while free.any():
        share = sizes * free * ((asked - given[~free].sum()) / sizes[free].sum())
        short = free & (share < least)
        if not short.any():
            break
        free &= ~short
    if free.any():
        given[free] = _rounded(share[free], int(asked - given[~free].sum()))
    return np.minimum(given, sizes)


def _rounded(shares: Floats, total: int) -> Integers:
    """Return whole numbers of a given sum near the shares, those with the largest rests rounded up."""
    whole = np.floor(shares + 1e-9).astype(np.int64)
    rest = np.argsort(-(shares - whole), kind="stable")
    whole[rest[: max(0, total - int(whole.sum()))]] += 1
    return whole


def draw_ranks(size: int, count: int, seed: tuple[int, ...]) -> Integers:
    """Return distinct ranks below a size, in random order.

    Args:
        size: How many there are.
        count: How many are drawn; all of them when there are no more.
        seed: Any numbers; the same ones give the same draw.
    """
    random = np.random.default_rng(seed)
    return random.choice(size, min(size, count), replace=False).astype(np.int64)  # nosec B311 # no secret


class Spread:
    """Places that keep a distance: each is taken only when no place taken before is nearer."""

    def __init__(self, distance: float) -> None:
        """Start with no place; a distance of 0 takes all."""
        self._distance = distance
        self._taken: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)

    def take(self, strata: Sequence[Floats], quotas: Integers) -> list[NDArray[np.bool_]]:
        """Take places of strata in turns, one of each at a time, so that none takes all the room.

        Args:
            strata: (n, 2) places of each stratum in the order in which they are tried.
            quotas: (k,) how many are wanted of each at most.

        Returns:
            For each stratum (n,) bool, which were taken.
        """
        if not self._distance:
            return [np.arange(len(places)) < quota for places, quota in zip(strata, quotas.tolist(), strict=True)]
        taken = [np.zeros(len(places), bool) for places in strata]
        tries = [iter(enumerate(places.tolist())) for places in strata]
        left = quotas.tolist()
        waiting = [stratum for stratum, quota in enumerate(left) if quota]
        while waiting:
            going_on = []
            for stratum in waiting:
                index = next((index for index, place in tries[stratum] if self._free(*place)), None)
                if index is not None:
                    taken[stratum][index] = True
                    left[stratum] -= 1
                    going_on += [stratum] * (left[stratum] > 0)
            waiting = going_on
        return taken

    def _free(self, x: float, y: float) -> bool:
        """Take one place if none is near; places lie in a grid of cells as wide as the distance."""
        col, row = math.floor(x / self._distance), math.floor(y / self._distance)
        for other in ((col + i, row + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
            for a, b in self._taken.get(other, ()):
                if math.hypot(a - x, b - y) < self._distance:
                    return False
        self._taken[col, row].append((x, y))
        return True
