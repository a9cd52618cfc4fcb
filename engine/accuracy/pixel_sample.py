"""Which pixels or reference points are compared: drawn by class of the map, kept apart, and told."""

from __future__ import annotations

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from ..job import Job
from ..tools.compute_pixel_accuracy import ComputePixelAccuracy
from .census import Census, Sample, find
from .class_pairs import Pairing, Values
from .sampling import RANDOM, Spread, allocate, draw_ranks

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_OVERDRAWN = 4
"""How many times as many pixels as wanted are drawn first when a distance is to be kept."""

_MOST_DRAWN = 200_000
"""Pixels of a stratum that are tried at most when a distance is to be kept."""


def draw_pixels(pairing: Pairing, census: Census, request: ComputePixelAccuracy, asked: int, job: Job) -> Sample:
    """Draw random pixels whose truth is known.

    Args:
        pairing: What is compared.
        census: Its counts.
        request: Gives sampling, distance and seed.
        asked: How many are wanted.
        job: Told when there are fewer.

    Returns:
        The pixels by class of the map, in the order in which they were drawn.
    """
    pooled = request.sampling == RANDOM
    sizes = census.pairs.sum(axis=1)
    strata = [0] if pooled else _ascending(census, sizes)
    available = sizes.sum(keepdims=True) if pooled else sizes[strata]
    quotas = allocate(available, asked, request.sampling)
    seeds = [(request.seed, 0 if pooled else census.values[stratum] + 1) for stratum in strata]
    distance = request.min_point_distance
    factor = _OVERDRAWN if distance else 1
    while True:
        ranks = {
            stratum: draw_ranks(int(size), min(int(quota) * factor, max(int(quota), _MOST_DRAWN)), seed)
            for stratum, size, quota, seed in zip(strata, available, quotas, seeds, strict=True)
        }
        drawn = find(pairing, census, ranks, pooled, job)
        chosen = _spread_out(drawn, [len(ranks[stratum]) for stratum in strata], quotas, pairing, distance)
        exhausted = all(
            len(ranks[stratum]) >= min(size, _MOST_DRAWN) for stratum, size in zip(strata, available, strict=True)
        )
        if exhausted or chosen.sum() == quotas.sum():
            break
        factor *= 8
    _tell(int(chosen.sum()), int(quotas.sum()), asked, request, job)
    return drawn.take(chosen)


def thin_points(
    classified: Values, places: Floats, request: ComputePixelAccuracy, asked: int | None, job: Job
) -> Integers:
    """Return which reference points are compared: all, or random ones when fewer are asked for or a distance is.

    Args:
        classified: (n,) class of the map at each point.
        places: (n, 2) map units.
        request: Gives sampling, distance and seed.
        asked: How many are wanted; None for all.
        job: Told when there are fewer.

    Returns:
        (m,) int64, in ascending order.
    """
    distance = request.min_point_distance
    if (asked is None or asked >= len(classified)) and not distance:
        if asked is not None and asked > len(classified):
            job.message(f"{asked} points were asked for and there are {len(classified)}: all are taken")
        return np.arange(len(classified))
    groups = np.zeros(len(classified), np.int64) if request.sampling == RANDOM else classified.astype(np.int64)
    values, sizes = np.unique(groups, return_counts=True)
    quotas = sizes if asked is None else allocate(sizes, asked, request.sampling)
    order, drawn = np.argsort(sizes, kind="stable"), []
    for value in values[order].tolist():
        own = np.flatnonzero(groups == value)
        drawn.append(own[draw_ranks(len(own), len(own), (request.seed, int(value) + 1))])
    taken = Spread(distance).take([places[own] for own in drawn], quotas[order])
    result = np.sort(np.concatenate([own[chosen] for own, chosen in zip(drawn, taken, strict=True)]))
    if asked is None:
        job.message(f"{len(result)} of {len(classified)} points lie {distance:g} or more from each other")
    else:
        _tell(len(result), int(quotas.sum()), asked, request, job)
        job.message(f"{len(result)} of {len(classified)} reference points were drawn; num_random_points=0 takes all")
    return result


def _ascending(census: Census, sizes: Integers) -> list[int]:
    """Return the strata that have pixels, the rarest first: it has the first turn where room is scarce."""
    return sorted(np.flatnonzero(sizes).tolist(), key=lambda stratum: (sizes[stratum], census.values[stratum]))


def _spread_out(
    drawn: Sample, lengths: list[int], quotas: Integers, pairing: Pairing, distance: float
) -> NDArray[np.bool_]:
    """Return which drawn pixels are kept: of each stratum its quota, none too near to another."""
    transform: Affine = pairing.classified.transform
    x = transform.a * drawn.col + transform.b * drawn.row
    y = transform.d * drawn.col + transform.e * drawn.row
    strata = np.split(np.column_stack([x, y]), np.cumsum(lengths)[:-1])
    return np.concatenate(Spread(distance).take(strata, quotas))


def _tell(placed: int, wanted: int, asked: int, request: ComputePixelAccuracy, job: Job) -> None:
    """Tell how many points there are when they are not as many as asked for."""
    if placed < wanted:
        job.warn(
            f"{placed} of {wanted} points could be placed {request.min_point_distance:g} or more from each other: "
            "the comparison goes on with these"
        )
    elif placed != asked:
        reason = "there are no more"
        if request.sampling != RANDOM:
            rounded = "a class has fewer pixels than its share, or shares were rounded"
            reason = "each class gets at least one" if placed > asked else rounded
        job.message(f"{asked} points were asked for and {placed} are compared: {reason}")
