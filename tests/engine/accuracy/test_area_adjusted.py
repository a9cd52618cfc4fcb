"""Stratified estimates of accuracy and area."""

from __future__ import annotations

import numpy as np
import pytest

from engine.accuracy.area_adjusted import area_adjusted
from engine.accuracy.confusion import Z95, figures
from engine.accuracy.sampling import allocate

COUNTS = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]], float)
PIXELS = np.array([200_000, 150_000, 3_200_000, 6_450_000], float)
HECTARES = 900_000
"""Of the whole map: ten million pixels of 30 m."""


def test_the_worked_example_of_olofsson_is_reproduced():
    """Remote Sensing of Environment 148, section 5.2 and tables 8 and 9, to the digits printed there.

    Two half widths of producer's accuracies are printed as 0.23 and 0.01; the paper's own equation 7 gives 0.254 and
    0.018, which independent implementations confirm.
    """
    found = area_adjusted(COUNTS, PIXELS)
    table_9 = [[0.0176, 0, 0.0013, 0.0011], [0, 0.0110, 0.0016, 0.0024], [0.0019, 0, 0.2967, 0.0213]]
    assert found.matrix[:3] == pytest.approx(np.array(table_9), abs=0.00005)
    assert found.matrix[3] == pytest.approx([0.0040, 0.0020, 0.0179, 0.6212], abs=0.00005)
    assert (found.figures.overall, Z95 * found.overall_error) == pytest.approx((0.947, 0.018), abs=0.0005)
    assert found.figures.users == pytest.approx([0.88, 0.73, 0.93, 0.96], abs=0.005)
    assert Z95 * found.users_error == pytest.approx([0.07, 0.10, 0.04, 0.02], abs=0.005)
    assert found.figures.producers == pytest.approx([0.75, 0.85, 0.93, 0.96], abs=0.005)
    assert Z95 * found.producers_error == pytest.approx([0.213, 0.254, 0.034, 0.018], abs=0.0005)
    assert found.area * HECTARES == pytest.approx([21_158, 11_686, 285_770, 581_386], abs=0.5)
    assert Z95 * found.area_error * HECTARES == pytest.approx([6_158, 3_756, 15_510, 16_282], abs=0.7)


@pytest.mark.parametrize("sampling", ["STRATIFIED_RANDOM", "EQUALIZED_STRATIFIED_RANDOM", "RANDOM"])
def test_intervals_cover_the_truth_as_often_as_they_say(sampling):
    """1500 samples of 600 from a known map: no bias, and 95 percent intervals hold the truth 93 to 97 times in 100.

    The errors told are the spread of the estimates, to a tenth. For simple random samples the estimator is the
    post-stratified one.
    """
    shares = np.array([[0.04, 0.01, 0.0], [0.02, 0.30, 0.04], [0.01, 0.05, 0.53]])
    size = 10_000_000
    strata = (shares.sum(axis=1) * size).astype(np.int64)
    rng = np.random.default_rng(11)
    drawn = []
    for _ in range(1500):
        if sampling == "RANDOM":
            drawn.append(rng.multinomial(600, shares.ravel()).reshape(3, 3))
        else:
            quotas = allocate(strata, 600, sampling)
            drawn.append([rng.multinomial(n, row / row.sum()) for n, row in zip(quotas, shares, strict=True)])
    found = [area_adjusted(np.array(sample, float), strata.astype(float)) for sample in drawn]
    truth = figures(shares)
    for known, values, errors in (
        (truth.overall, [each.figures.overall for each in found], [each.overall_error for each in found]),
        (truth.users[1], [each.figures.users[1] for each in found], [each.users_error[1] for each in found]),
        (
            truth.producers[1],
            [each.figures.producers[1] for each in found],
            [each.producers_error[1] for each in found],
        ),
        (
            truth.producers[2],
            [each.figures.producers[2] for each in found],
            [each.producers_error[2] for each in found],
        ),
        (shares.sum(axis=0)[1], [each.area[1] for each in found], [each.area_error[1] for each in found]),
    ):
        values, errors = np.array(values), np.array(errors)
        assert values.mean() == pytest.approx(known, abs=4 * values.std() / np.sqrt(len(values)))
        assert np.sqrt((errors**2).mean()) == pytest.approx(values.std(), rel=0.1)
        assert 0.93 <= (abs(values - known) <= Z95 * errors).mean() <= 0.97


def test_a_census_of_the_map_is_the_map():
    """Counts of all pixels: estimates are the plain figures."""
    found, known = area_adjusted(COUNTS, COUNTS.sum(axis=1)), figures(COUNTS)
    assert found.figures.overall == pytest.approx(known.overall)
    assert found.figures.producers == pytest.approx(known.producers)
    assert found.area == pytest.approx(COUNTS.sum(axis=0) / COUNTS.sum())


def test_a_stratum_without_a_sample_is_left_out_and_told():
    """The estimates hold for the strata that were sampled."""
    counts = np.array([[8.0, 2, 0], [1, 9, 0], [0, 0, 0]])
    found = area_adjusted(counts, np.array([40.0, 40, 20]))
    assert found.covered == pytest.approx(0.8)
    assert found.figures.overall == pytest.approx(0.85)
    assert np.isnan(found.users_error[2])
    assert np.isfinite(found.overall_error)


def test_a_single_sample_tells_no_error():
    """Its stratum has an estimate, and nothing that depends on it has an error."""
    found = area_adjusted(np.array([[5.0, 5], [0, 1]]), np.array([50.0, 50]))
    assert found.figures.overall == pytest.approx(0.75)
    assert np.isnan([found.overall_error, found.users_error[1], found.area_error[0]]).all()
    assert np.isfinite(found.users_error[0])


def test_a_class_that_the_map_lacks_has_an_area():
    """Its producer's accuracy is 0, its user's accuracy does not exist."""
    found = area_adjusted(np.array([[8.0, 2], [0, 0]]), np.array([100.0, 0]))
    assert found.area == pytest.approx([0.8, 0.2])
    assert found.figures.producers[1] == 0
    assert np.isnan(found.figures.users[1])
