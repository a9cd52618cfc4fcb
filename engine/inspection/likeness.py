"""Chips that are there twice: with the same pixels, or nearly the same."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import shapely

from ..errors import SampleFolderError
from ..samples.samples import second_image
from .looks import FLATTEST, Looks
from .subject import Subject, label_mark

NEAR_BITS = 3
"""Prints of chips that are nearly the same differ in at most as many bits."""
NEAR_LEVEL = 0.03
"""And their brightness by at most this share."""
_PARTS = 4
_LARGEST_GROUP = 200
"""Chips that share a part of their print, beyond which the part says too little."""


@dataclass(frozen=True)
class Likeness:
    """Chips that are there twice.

    Attributes:
        contradicting: Groups of chips with the same pixels and different labels.
        equal: Groups of chips with the same pixels and the same labels.
        near: Pairs of chips that look nearly the same and show different ground.
    """

    contradicting: list[list[int]]
    equal: list[list[int]]
    near: list[tuple[int, int]]


def likeness_of(subject: Subject, looks: Looks) -> Likeness:
    """Compare all chips with each other."""
    groups = defaultdict(list)
    for chip, look in enumerate(looks.looks):
        if look is not None and look.void < 1.0:
            groups[look.digest].append(chip)
    contradicting: list[list[int]] = []
    equal: list[list[int]] = []
    for group in groups.values():
        if len(group) > 1 and _same_second(subject, group):
            (equal if len({_mark(subject, chip) for chip in group}) == 1 else contradicting).append(group)
    known = {pair for group in (*equal, *contradicting) for pair in combinations(group, 2)}
    near = [pair for pair in _near(looks) if pair not in known and not _same_ground(subject, *pair)]
    return Likeness(contradicting, equal, near)


def _same_second(subject: Subject, group: list[int]) -> bool:
    """Return whether chips are alone: of pairs the second chip may differ, and equal first ones say nothing."""
    return all(second_image(subject.samples.samples[chip]) is None for chip in group)


def _mark(subject: Subject, chip: int) -> bytes:
    """Return what marks the label of a chip; a damaged label has a mark of its own."""
    try:
        return label_mark(subject.samples.samples[chip])
    except SampleFolderError:
        return b"damaged"


def _near(looks: Looks) -> list[tuple[int, int]]:
    """Return pairs of chips whose prints differ in few bits: then one of its four parts is the same."""
    found = set()
    width = 64 // _PARTS
    clear = [(chip, look) for chip, look in enumerate(looks.looks) if look is not None and look.contrast > FLATTEST]
    for part in range(_PARTS):
        groups = defaultdict(list)
        for chip, look in clear:
            groups[look.print >> (part * width) & (2**width - 1)].append((chip, look))
        for group in groups.values():
            if len(group) > _LARGEST_GROUP:
                continue
            for (one, first), (two, second) in combinations(group, 2):
                level = abs(first.level - second.level) <= NEAR_LEVEL * max(abs(first.level), abs(second.level))
                if level and (first.print ^ second.print).bit_count() <= NEAR_BITS:
                    found.add((one, two))
    return sorted(found)


def _same_ground(subject: Subject, one: int, two: int) -> bool:
    """Return whether two chips overlap on the ground, where they look alike for a good reason."""
    bounds = subject.samples.bounds[[one, two]]
    if not np.isfinite(bounds).all():
        return False
    return bool(shapely.intersects(shapely.box(*bounds[0]), shapely.box(*bounds[1])))
