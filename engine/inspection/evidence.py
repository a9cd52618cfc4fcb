"""What findings are drawn from, what a finding is, and the words that several of them use."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .likeness import Likeness
from .looks import Looks
from .sides import Sides
from .subject import Subject
from .worth import Seen

ERROR, WARNING, NOTE = "error", "warning", "note"
SEVERITIES = (ERROR, WARNING, NOTE)

MOST_EXAMPLES = 6
"""Chips that are shown with a finding."""


@dataclass(frozen=True)
class Finding:
    """Something that was found.

    Attributes:
        severity: ``error``, ``warning`` or ``note``.
        text: What was found.
        remedy: What to do about it.
        examples: Chips that show it.
    """

    severity: str
    text: str
    remedy: str
    examples: tuple[int, ...] = field(default=())


@dataclass(frozen=True)
class Evidence:
    """All that findings are drawn from.

    Attributes:
        subject: The training data.
        looks: What the chips look like.
        likeness: Chips that are there twice.
        sides: What splits into training and validation do.
        seen: Sizes of objects that networks see well; None where there is no such rule.
        told: Warnings of the reading.
    """

    subject: Subject
    looks: Looks
    likeness: Likeness
    sides: Sides | None
    seen: Seen | None
    told: tuple[str, ...] = ()


def most_of(subject: Subject, which: np.ndarray) -> tuple[int, ...]:
    """Return the chips that hold most of some objects."""
    counts = np.bincount(subject.owners[which], minlength=len(subject))
    order = np.argsort(-counts, kind="stable")[:MOST_EXAMPLES]
    return tuple(int(chip) for chip in order if counts[chip])


def first_of(groups: list[list[int]]) -> tuple[int, ...]:
    """Return the chips of the first groups."""
    return tuple([chip for group in groups for chip in group[:2]][:MOST_EXAMPLES])


def share(which: np.ndarray) -> str:
    """Return a share in words."""
    return f"{int(which.sum())} ({which.mean():.0%})"


def many(count: int, one: str, several: str) -> str:
    """Return a number with the words for one or for several."""
    return f"{count:,} {one if count == 1 else several}"


def chips_in_words(count: int) -> str:
    """Return a number of chips in words."""
    return many(count, "chip", "chips")


def named(names: list[str]) -> str:
    """Return some names, the first eight."""
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
