"""The make-up of an epoch."""

import pytest

from engine.job import Job
from engine.training.batches import FEWEST_VIEWS, BatchChoice, choose_batch, smaller


@pytest.mark.parametrize(
    ("chips", "size", "repeats"), [(5000, 64, 1), (400, 20, 1), (150, 7, 1), (100, 5, 1), (30, 6, 4), (2, 4, 48)]
)
def test_empty_batch_size_leaves_twenty_steps(chips, size, repeats):
    """The largest batch up to 64 that leaves twenty steps; few chips are shown several times."""
    choice = choose_batch(None, chips, None, FEWEST_VIEWS, Job())

    assert choice.repeats == repeats
    assert choice.size == size
    assert chips * repeats // choice.size >= 20


def test_chips_that_always_look_alike_are_not_repeated():
    """Without augmentation a repetition would show nothing new."""
    choice = choose_batch(None, 10, None, 0, Job())

    assert choice == BatchChoice(2, 1)


def test_fewer_chips_than_a_batch_are_told():
    """A batch larger than the data becomes smaller, with a warning."""
    job = Job()

    assert choose_batch(64, 10, None, 0, job).size == 10
    assert "batch_size 64" in job.warnings[0]


def test_memory_limits_the_batch():
    """What does not fit is not tried."""
    job = Job()

    assert choose_batch(32, 1000, 5, FEWEST_VIEWS, job).size == 5
    assert "memory" in job.warnings[0]


def test_out_of_memory_halves():
    """After memory ran out the batch is half as large, one chip at least."""
    assert smaller(BatchChoice(7, 1)).size == 3
    assert smaller(BatchChoice(1, 1)).size == 1
