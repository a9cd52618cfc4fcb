"""Scores of classes drawn toward how frequent the classes are, as far as the validation chips need it.

A network that learnt nothing, or what only its training chips show, names classes that always naming the most frequent
one would undercut. Its scores are then blended with the frequencies of the classes, and every user of the model gets
the same blend, because the description of the network holds it. A network that is better than that keeps its scores.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from ..networks.feature_classifier import DRAWN, FREQUENCIES

STRENGTHS = tuple(round(0.05 * step, 2) for step in range(1, 21))
"""Shares of the frequencies in a blend that are tried; of 1 the most frequent class is named for every object."""
SMALLEST = 1e-6
"""Least probability that counts in the loss."""


@dataclass(frozen=True)
class Shrinkage:
    """A blend of scores with frequencies.

    Attributes:
        strength: Share of the frequencies in the blend, above 0, at most 1.
        frequencies: Share of each class among the validation chips, sum 1.
    """

    strength: float
    frequencies: tuple[float, ...]

    def drawn(self, scores: np.ndarray) -> np.ndarray:
        """Return the blend of (n, classes) scores."""
        return np.asarray((1 - self.strength) * scores + self.strength * np.array(self.frequencies))

    def extra(self) -> dict[str, str]:
        """Return what the description of the network keeps of it."""
        return {FREQUENCIES: json.dumps(self.frequencies), DRAWN: json.dumps(self.strength)}


def chosen_shrinkage(scores: np.ndarray, wanted: np.ndarray) -> Shrinkage | None:
    """Return the blend that suits the validation chips best, None where the scores alone name as many classes rightly.

    Among the blends that are right at least as often as always naming the most frequent class it is the one whose
    scores are the likeliest: how often a blend is right says little on few chips.

    Args:
        scores: (n, classes) float, sum 1 each.
        wanted: (n, classes) bool, the one class of each chip.
    """
    if not len(wanted):
        return None
    scores, wanted = np.asarray(scores, np.float64), np.asarray(wanted, bool)
    frequencies = wanted.mean(axis=0)
    least = float(frequencies.max())
    if _right(scores, wanted) >= least:
        return None
    blends = [Shrinkage(strength, tuple(frequencies.tolist())) for strength in STRENGTHS]
    good = [blend for blend in blends if _right(blend.drawn(scores), wanted) >= least]
    return min(good, key=lambda blend: _loss(blend.drawn(scores), wanted))


def _right(scores: np.ndarray, wanted: np.ndarray) -> float:
    """Return the share of chips whose best score is that of their class."""
    return float(wanted[np.arange(len(wanted)), scores.argmax(axis=1)].mean())


def _loss(scores: np.ndarray, wanted: np.ndarray) -> float:
    """Return the mean negative logarithm of the score of the right class."""
    return float(-np.log(np.maximum(scores[wanted], SMALLEST)).mean())
