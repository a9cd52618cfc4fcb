"""Learning rates: what a text means, how the schedule runs, what the range test answers."""

import itertools
import math

import numpy as np
import pytest

from engine.errors import ParameterError
from engine.training.learning_rate import (
    END,
    START,
    OneCycle,
    Rates,
    find_rate,
    parse_rates,
    range_test_steps,
    steepest,
)


@pytest.mark.parametrize(
    ("text", "pretrained", "expected"),
    [
        ("", True, None),
        ("0.001", False, Rates(0.001, 0.001)),
        ("1e-3", True, Rates(1e-4, 1e-3)),
        ("slice(1e-5, 1e-3)", True, Rates(1e-5, 1e-3)),
        ("slice('1.0000e-04', '1.0000e-03', None)", False, Rates(1e-4, 1e-3)),
    ],
)
def test_texts_of_rates(text, pretrained, expected):
    """One rate is lowered for a pre-trained backbone, two are taken as they are."""
    rates = parse_rates(text, pretrained)

    assert (rates is None) == (expected is None)
    if rates is not None:
        assert (rates.backbone, rates.head) == pytest.approx((expected.backbone, expected.head))


@pytest.mark.parametrize("text", ["fast", "-1", "0", "slice(1e-3)x", "slice(1e-3, 1e-5)", "slice(a, b)", "100", "nan"])
def test_bad_rates_are_refused(text):
    """What is no rate is refused with its value."""
    with pytest.raises(ParameterError, match="learning_rate"):
        parse_rates(text, False)


def test_rates_are_written_as_arcgis_does():
    """The text of the model definition."""
    assert Rates(1e-3, 1e-3).text() == "1.0000e-03"
    assert Rates(1e-4, 1e-3).text() == "slice('1.0000e-04', '1.0000e-03', None)"


def test_schedule_rises_then_falls():
    """A tenth of the way up, the rest down along a cosine."""
    factors = [OneCycle(position).factor for position in np.linspace(0, 1, 101)]

    assert factors[0] == pytest.approx(START)
    assert max(factors) == pytest.approx(1.0) and factors.index(max(factors)) == 10
    assert factors[-1] == pytest.approx(END)
    assert all(later <= earlier for earlier, later in itertools.pairwise(factors[10:]))


def test_schedule_ends_exactly():
    """A thousand steps of a thousandth reach the end, no step more."""
    schedule = OneCycle()
    for step in range(1000):
        assert not schedule.done, step
        schedule.advance(1 / 1000)

    assert schedule.done


def test_range_test_finds_the_fall():
    """The rate lies where the loss falls, within the limits around the usual one."""

    def losses():
        value = 2.0
        while True:
            rate = yield value
            value = value * (1 - min(0.3, rate * 100)) if rate < 1e-2 else value * 3

    walk = losses()
    next(walk)

    rate, seen = find_rate(lambda rate: walk.send(rate), 40, 1e-3)

    assert 1e-3 / 2 <= rate <= 2e-3
    assert len(seen) <= 40


@pytest.mark.parametrize("value", [1.0, math.nan, math.inf])
def test_range_test_without_an_answer_takes_the_usual_rate(value):
    """A loss that does not fall, or is no number, says nothing."""
    rate, _ = find_rate(lambda _: value, 20, 1e-3)

    assert rate == 1e-3


def test_steepest_needs_points():
    """A handful of points is not a curve."""
    assert steepest(np.geomspace(1e-5, 1e-2, 4), np.array([4.0, 3.0, 2.0, 1.0])) is None


def test_short_trainings_have_no_range_test():
    """The range test takes at most a twentieth of the training, else it is left out."""
    assert range_test_steps(100) == 0
    assert range_test_steps(400) == 20
    assert range_test_steps(100_000) == 40
