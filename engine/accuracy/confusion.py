"""What a confusion matrix tells: overall, user's and producer's accuracy, kappa, IoU, F1, with standard errors.

Rows are the classified values and columns the ground truth, as in ArcGIS. Entries are counts, or shares of an area:
the figures are the same for both, standard errors need counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Z95 = 1.959963984540054
"""Half width of a 95 % interval in standard errors."""


@dataclass(frozen=True)
class Figures:
    """Figures of one matrix; NaN where a class has no entry that the figure is made from.

    Attributes:
        overall: Share of the diagonal.
        kappa: Cohen's kappa; NaN when everything on both sides is one class.
        users: (k,) user's accuracy, diagonal over row total.
        producers: (k,) producer's accuracy, diagonal over column total.
        iou: (k,) intersection over union.
        f1: (k,) harmonic mean of user's and producer's accuracy.
    """

    overall: float
    kappa: float
    users: Floats
    producers: Floats
    iou: Floats
    f1: Floats

    @property
    def mean_iou(self) -> float:
        """Mean IoU of the classes that occur on either side."""
        return _mean(self.iou)

    @property
    def mean_f1(self) -> float:
        """Mean F1 of the classes that occur on either side."""
        return _mean(self.f1)


@dataclass(frozen=True)
class Errors:
    """Standard errors of the figures of a simple random sample; NaN where there are fewer than two to judge from.

    Attributes:
        overall: Of the overall accuracy.
        kappa: Of kappa.
        users: (k,) of the user's accuracies.
        producers: (k,) of the producer's accuracies.
    """

    overall: float
    kappa: float
    users: Floats
    producers: Floats


def figures(matrix: Floats) -> Figures:
    """Return the figures of a confusion matrix.

    Args:
        matrix: (k, k) counts or shares, rows classified, columns ground truth.
    """
    matrix = np.asarray(matrix, np.float64)
    right, rows, columns = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    total = matrix.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        overall = right.sum() / total
        chance = float((rows * columns).sum() / total**2)
        kappa = (overall - chance) / (1 - chance) if chance < 1 else np.nan
        return Figures(
            float(overall),
            float(kappa),
            right / rows,
            right / columns,
            right / (rows + columns - right),
            2 * right / (rows + columns),
        )


def standard_errors(matrix: Floats) -> Errors:
    """Return the standard errors of the figures, as of a simple random sample.

    Accuracies are shares p of n: ``sqrt(p (1 - p) / (n - 1))``. Kappa's is the large-sample one of Fleiss, Cohen and
    Everitt (1969, Psychological Bulletin 72), by the delta method, as remote sensing writes it (Congalton and Green,
    Assessing the Accuracy of Remotely Sensed Data, equation 5.5).

    Args:
        matrix: (k, k) counts.
    """
    known = figures(matrix)
    rows, columns, total = matrix.sum(axis=1), matrix.sum(axis=0), float(matrix.sum())
    return Errors(
        float(_share_error(np.array([known.overall]), np.array([total]))[0]),
        _kappa_error(np.asarray(matrix, np.float64)),
        _share_error(known.users, rows),
        _share_error(known.producers, columns),
    )


def wilson(share: Floats, count: Floats) -> Floats:
    """Return the 95 % score interval of shares (Wilson 1927), which holds for small counts and for shares of 0 and 1.

    Args:
        share: (k,) shares, 0..1 or NaN.
        count: (k,) what they are shares of.

    Returns:
        (k, 2) lower and upper ends, NaN where there is no share.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        part = Z95**2 / count
        middle = (share + part / 2) / (1 + part)
        half = np.sqrt(share * (1 - share) / count + part / (4 * count)) * Z95 / (1 + part)
    ends = np.stack([middle - half, middle + half], axis=-1)
    return np.where(np.isfinite(ends), np.clip(ends, 0.0, 1.0), np.nan)


def _share_error(share: Floats, count: Floats) -> Floats:
    """Return the standard errors of shares of counts."""
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(share * (1 - share) / (count - 1))
    return np.where(count > 1, error, np.nan)


def _kappa_error(matrix: Floats) -> float:
    """Return the standard error of kappa."""
    total = matrix.sum()
    if total < 2:
        return float("nan")
    shares = matrix / total
    rows, columns, right = shares.sum(axis=1), shares.sum(axis=0), np.diag(shares)
    agreed, chance = right.sum(), (rows * columns).sum()
    if chance >= 1:
        return float("nan")
    both = (right * (rows + columns)).sum()
    # element (i, j) is weighed with the row total of class j and the column total of class i
    crossed = (shares * (rows[None, :] + columns[:, None]) ** 2).sum()
    left = 1 - chance
    variance = (
        agreed * (1 - agreed) / left**2
        + 2 * (1 - agreed) * (2 * agreed * chance - both) / left**3
        + (1 - agreed) ** 2 * (crossed - 4 * chance**2) / left**4
    )
    return float(np.sqrt(max(variance, 0.0) / total))


def _mean(values: Floats) -> float:
    """Return the mean of the known values, NaN without one."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
