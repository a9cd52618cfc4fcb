"""How many chips a step takes and how often an epoch shows each chip."""

from __future__ import annotations

from dataclasses import dataclass

from ..job import Job

LARGEST = 64
FEWEST_STEPS = 20
"""Steps an epoch should have, so that the schedule has something to work on."""
SMALLEST = 2
"""Batch norms need more than one chip."""
FEWEST_VIEWS = 96
"""An epoch of fewer chips shows each several times, each time cut and turned differently."""


@dataclass(frozen=True)
class BatchChoice:
    """The make-up of an epoch.

    Attributes:
        size: Chips of a step.
        repeats: How often each chip is shown in an epoch.
    """

    size: int
    repeats: int


def choose_batch(asked: int | None, chips: int, fitting: int | None, views: int, job: Job) -> BatchChoice:
    """Return the make-up of an epoch.

    Args:
        asked: What the user gave, or None.
        chips: Chips that train.
        fitting: Chips that fit memory, or None when nobody knows.
        views: Views that an epoch has at least; 0 where a chip looks the same each time.
        job: Told the choice.
    """
    repeats = max(1, -(-views // chips))
    views = chips * repeats
    if repeats > 1:
        job.message(f"{chips} chips are few: an epoch shows each {repeats} times, each time augmented differently")
    if asked is not None:
        size = min(asked, views)
        if size < asked:
            job.warn(f"batch_size {asked} is more than the {views} chips of an epoch: {size} is used")
    else:
        size = max(SMALLEST, min(LARGEST, views // FEWEST_STEPS))
        size = min(size, views)
    if fitting is not None and size > fitting:
        job.warn(f"a batch of {size} chips would not fit the free memory: {fitting} is used")
        size = fitting
    job.message(f"Batch size {size}, {max(1, views // size)} steps an epoch")
    return BatchChoice(size, repeats)


def smaller(choice: BatchChoice) -> BatchChoice:
    """Return the choice after memory ran out."""
    return BatchChoice(max(1, choice.size // 2), choice.repeats)
