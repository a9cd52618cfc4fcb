"""Small pieces of a division of an image become part of the neighbour that is most like them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


def joined_small(
    regions: NDArray[Any], image: NDArray[np.float32], small: NDArray[np.bool_], movable: int, enough: float
) -> Numbers:
    """Return for each region the one that it belongs to now.

    Small regions are taken from the smallest up, each joins the neighbour whose mean is nearest, until it is large
    enough. A region without a neighbour stays as it is.

    Args:
        regions: (rows, cols) region of each pixel, 0 for none.
        image: (bands, rows, cols) values that are compared.
        small: Whether a region is to be joined, by region.
        movable: Regions up to this number may be joined to others; those above only take others in.
        enough: Pixels from which a region stays as it is.
    """
    owner = np.arange(len(small), dtype=np.int64)
    if not small.any():
        return owner
    area = np.bincount(regions.ravel(), minlength=len(small)).astype(np.float64)
    sums = np.stack([np.bincount(regions.ravel(), band.ravel(), len(small)) for band in image], axis=1)
    neighbours = _neighbours(regions, small)

    def root(region: int) -> int:
        while owner[region] != region:
            owner[region] = owner[owner[region]]
            region = int(owner[region])
        return region

    few = np.flatnonzero(small)
    for region in few[np.argsort(area[few], kind="stable")].tolist():
        one = root(region)
        while one <= movable and area[one] < enough:
            beside = sorted({root(other) for other in neighbours.get(one, ())} - {one})
            if not beside:
                break
            means = sums[beside] / area[beside, None]
            nearest = beside[int(np.argmin(((means - sums[one] / area[one]) ** 2).sum(axis=1)))]
            owner[one] = nearest
            area[nearest] += area[one]
            sums[nearest] += sums[one]
            neighbours.setdefault(nearest, set()).update(neighbours.pop(one))
            one = nearest
    return np.array([root(region) for region in range(len(small))], np.int64)


def _neighbours(regions: NDArray[Any], small: NDArray[np.bool_]) -> dict[int, set[int]]:
    """Return the regions that share an edge of a pixel with each small one, and the small ones beside others."""
    count = len(small)
    codes = []
    for one, other in ((regions[:, :-1], regions[:, 1:]), (regions[:-1], regions[1:])):
        meet = (one != other) & (one > 0) & (other > 0) & (small[one] | small[other])
        first, second = one[meet].astype(np.int64), other[meet].astype(np.int64)
        codes += [first * count + second, second * count + first]
    found: dict[int, set[int]] = {}
    for code in np.unique(np.concatenate(codes)).tolist():
        found.setdefault(code // count, set()).add(code % count)
    return found
