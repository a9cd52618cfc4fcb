"""Which sizes of objects networks see well, given the size at which training would show them."""

from __future__ import annotations

from dataclasses import dataclass

from ..training.scale import OBJECT_RULE, factor_of
from .subject import Subject

LOWEST, HIGHEST = 0.24, 6.0
"""Sizes that are seen well, as multiples of the size at which objects are learnt best."""


@dataclass(frozen=True)
class Seen:
    """Sizes in chip pixels.

    Attributes:
        smallest: Objects below it are seen badly.
        best: At about this size objects are learnt best.
        largest: Objects above it are seen badly.
        factor: How many times larger than on disk training would show the chips.
    """

    smallest: float
    best: float
    largest: float
    factor: float


def seen_sizes(subject: Subject) -> Seen | None:
    """Return the sizes that networks see well which find objects one by one; None without objects."""
    if not len(subject.boxes):
        return None
    tile = (subject.samples.tile_rows, subject.samples.tile_cols)
    factor, _ = factor_of(tile, subject.sizes, OBJECT_RULE)
    good = OBJECT_RULE.good / factor
    return Seen(LOWEST * good, good, min(HIGHEST * good, max(tile)), factor)
