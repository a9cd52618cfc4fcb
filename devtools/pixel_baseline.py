"""What a single pixel tells: the figures that the pixel demo's network has to leave behind.

Maximum likelihood is the classification that every GIS has had since the seventies: one normal distribution of the
bands for each class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import rasterio

from .pixel_sources import Ground, PixelSource

SAMPLES = 50_000  # pixels of a class that its distribution is made from at most
BATCH = 500_000


@dataclass(frozen=True)
class Baseline:
    """Overall accuracies.

    Attributes:
        majority: Of giving every judged pixel the class that most of them have.
        likelihood: Of maximum likelihood.
    """

    majority: float
    likelihood: float


def maximum_likelihood(train: np.ndarray, classes: np.ndarray, pixels: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the (m,) class of pixels by the normal distributions of training pixels, all classes equally frequent.

    Args:
        train: (n, bands) float64 training pixels.
        classes: (n,) their classes.
        pixels: (m, bands) float64.
        seed: Chooses among many training pixels.
    """
    rng = np.random.default_rng(seed)
    known = np.unique(classes)
    scores = np.empty((len(known), len(pixels)), np.float64)
    common = np.cov(train, rowvar=False).reshape(train.shape[1], -1)
    for number, value in enumerate(known):
        own = train[classes == value]
        own = own[rng.permutation(len(own))[:SAMPLES]]
        share = len(own) / (len(own) + 10 * own.shape[1])  # few pixels lean on the distribution of all
        spread = share * np.cov(own, rowvar=False).reshape(common.shape) if len(own) > 1 else 0 * common
        spread = spread + (1 - share) * common + 1e-6 * np.trace(common) * np.eye(len(common))
        root = np.linalg.cholesky(np.linalg.inv(spread))
        away = (pixels - own.mean(axis=0)) @ root
        scores[number] = -0.5 * (away**2).sum(axis=1) + np.log(np.diag(root)).sum()
    return known[scores.argmax(axis=0)]


def pixel_baseline(source: PixelSource) -> Baseline | None:
    """Return the baseline of a source; None where labels and imagery have different grids."""
    with rasterio.open(source.raster) as file:
        if file.shape != source.ground.values.shape or not file.transform.almost_equals(source.ground.transform, 1e-6):
            return None
        image, valid = file.read(), file.dataset_mask() > 0
    right, truths = 0, []
    for training in source.trainings:
        train, classes = _pixels(image, valid & training.known, source.ground)
        judged, truth = _pixels(image, valid & training.judged, source.truth)
        for start in range(0, len(truth), BATCH):
            part = slice(start, start + BATCH)
            right += int((maximum_likelihood(train, classes, judged[part]) == truth[part]).sum())
        truths.append(truth)
    counts = np.bincount(np.concatenate(truths))
    return Baseline(float(counts.max() / counts.sum()), right / int(counts.sum()))


def _pixels(image: np.ndarray, where: np.ndarray, ground: Ground) -> tuple[np.ndarray, np.ndarray]:
    """Return the (n, bands) float64 pixels whose class is known, and their classes."""
    where = where & (ground.values != ground.nodata)
    return image[:, where].T.astype(np.float64), ground.values[where]
