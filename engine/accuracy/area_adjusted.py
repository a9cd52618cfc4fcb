"""Accuracy and area estimated from a sample whose strata are the classes of the map, after Olofsson et al. (2014).

"Good practices for estimating area and assessing accuracy of land change", Remote Sensing of Environment 148, 42-57;
equation numbers below are those of that paper. Pixels counted on a map are no estimate of an area, because the map
errs; and the accuracy of a sample that holds rare classes more often than the map does is not that of the map. Both are
mended by weighing each row of the sample's confusion matrix with the share of the map that its class covers.

For a simple random sample the same formulas are the post-stratified estimator (Card 1982), as the paper says in its
section 4. Corrections for a finite population are left out: samples are small beside maps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .confusion import Figures, figures

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AreaAdjusted:
    """Estimates for the whole map; errors are standard errors, NaN where a stratum has a single sample.

    Attributes:
        matrix: (k, k) estimated shares of the area, rows map, columns ground truth; sums to 1 (equation 4).
        map_share: (k,) share of the map that each class covers.
        figures: Overall, user's and producer's accuracy, kappa, IoU and F1 of the map (equations 1 to 3).
        overall_error: Of the overall accuracy (equation 5).
        users_error: (k,) of the user's accuracies (equation 6).
        producers_error: (k,) of the producer's accuracies (equation 7).
        area: (k,) estimated share of the area that each class really covers (equation 9).
        area_error: (k,) of the areas (equation 10).
        covered: Share of the map that lies in strata with a sample; the estimates hold for this part.
    """

    matrix: Floats
    map_share: Floats
    figures: Figures
    overall_error: float
    users_error: Floats
    producers_error: Floats
    area: Floats
    area_error: Floats
    covered: float


def area_adjusted(counts: Floats, map_sizes: Floats) -> AreaAdjusted:
    """Return the stratified estimates.

    Args:
        counts: (k, k) sample counts, rows map classes (the strata), columns ground truth.
        map_sizes: (k,) pixels, or area, that each class covers on the map; 0 for classes that only the truth knows.

    Raises:
        ValueError: No stratum of the map has a sample.
    """
    counts, map_sizes = np.asarray(counts, np.float64), np.asarray(map_sizes, np.float64)
    sampled = counts.sum(axis=1)
    present = (sampled > 0) & (map_sizes > 0)
    if not present.any():
        raise ValueError("no class of the map has a sample")
    known = np.where(present, map_sizes, 0.0)
    weights = known / known.sum()
    drawn = np.where(present, sampled, 1.0)
    shares = np.where(present[:, None], counts / drawn[:, None], 0.0)
    matrix = weights[:, None] * shares
    found = figures(matrix)
    # a share of 0 or 1 varies nowhere else either, but from one sample nothing can be said
    spread = shares * (1 - shares) / np.where(sampled > 1, sampled - 1, np.nan)[:, None]
    spread[~present] = 0.0
    users_spread = np.where(present, np.diag(spread), np.nan)
    return AreaAdjusted(
        matrix,
        map_sizes / map_sizes.sum(),
        found,
        float(np.sqrt((weights**2 * np.diag(spread)).sum())),
        np.sqrt(users_spread),
        _producers_error(weights, shares, spread),
        matrix.sum(axis=0),
        np.sqrt((weights[:, None] ** 2 * spread).sum(axis=0)),
        float(known.sum() / map_sizes.sum()),
    )


def _producers_error(weights: Floats, shares: Floats, spread: Floats) -> Floats:
    """Return the standard errors of the producer's accuracies (equation 7, with shares for pixel counts).

    Args:
        weights: (k,) share of the map in each stratum.
        shares: (k, k) share of each truth in the sample of each stratum.
        spread: (k, k) variance of each of these shares.
    """
    area = (weights[:, None] * shares).sum(axis=0)
    right = weights * np.diag(shares)
    with np.errstate(invalid="ignore", divide="ignore"):
        producers = right / area
        own = weights**2 * np.diag(spread)
        others = (weights[:, None] ** 2 * spread).sum(axis=0) - own
        variance = ((1 - producers) ** 2 * own + producers**2 * others) / area**2
    return np.sqrt(np.where(area > 0, variance, np.nan))
