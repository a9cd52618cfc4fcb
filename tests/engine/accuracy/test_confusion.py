"""Figures of a confusion matrix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score, jaccard_score

from engine.accuracy.confusion import figures, standard_errors, wilson

CONGALTON = np.array([[65, 4, 22, 24], [6, 81, 5, 8], [0, 11, 85, 19], [4, 7, 3, 90]], float)
"""The example of Congalton and Green's book, analyst 1: overall accuracy 74 %, kappa 0.65, variance 0.00077."""


def test_kappa_and_its_error_are_those_of_the_textbook():
    """Congalton and Green's worked example, to the digits they print."""
    found, errors = figures(CONGALTON), standard_errors(CONGALTON)
    assert found.overall == pytest.approx(321 / 434)
    assert found.kappa == pytest.approx(0.65, abs=0.005)
    assert errors.kappa**2 == pytest.approx(0.00077, abs=0.00001)


@given(seed=st.integers(0, 10**6), classes=st.integers(2, 6))
@settings(max_examples=40, deadline=None)
def test_figures_are_those_of_scikit_learn(seed, classes):
    """Kappa, F1 and IoU of random pairs, to 1e-12."""
    rng = np.random.default_rng(seed)
    classified, truth = rng.integers(0, classes, (2, 80))
    matrix = np.zeros((classes, classes))
    np.add.at(matrix, (classified, truth), 1)
    found = figures(matrix)
    known = sorted({*classified, *truth})
    assert found.kappa == pytest.approx(cohen_kappa_score(truth, classified))
    assert found.f1[known] == pytest.approx(f1_score(truth, classified, average=None, labels=known))
    assert found.iou[known] == pytest.approx(jaccard_score(truth, classified, average=None, labels=known))
    assert found.mean_iou == pytest.approx(jaccard_score(truth, classified, average="macro", labels=known))


def test_standard_errors_are_the_spread_of_repeated_samples():
    """Overall accuracy, kappa and a producer's accuracy over 4000 simple random samples of 300, to 5 percent."""
    shares = np.array([[0.3, 0.05, 0.01], [0.04, 0.25, 0.05], [0.02, 0.03, 0.25]])
    rng = np.random.default_rng(3)
    samples = rng.multinomial(300, shares.ravel(), size=4000).reshape(-1, 3, 3).astype(float)
    found = [figures(sample) for sample in samples]
    errors = [standard_errors(sample) for sample in samples[:200]]
    for spread, told in (
        (np.std([each.overall for each in found]), np.mean([each.overall for each in errors])),
        (np.std([each.kappa for each in found]), np.mean([each.kappa for each in errors])),
        (np.std([each.producers[1] for each in found]), np.mean([each.producers[1] for each in errors])),
        (np.std([each.users[2] for each in found]), np.mean([each.users[2] for each in errors])),
    ):
        assert told == pytest.approx(spread, rel=0.05)


def test_classes_without_an_entry_have_no_figures():
    """A class that neither side has is no class of the means; one that only the map has lowers them."""
    found = figures(np.array([[4.0, 0, 0], [0, 0, 0], [1, 0, 0]]))
    assert np.isnan([found.users[1], found.producers[1], found.iou[1], found.f1[1], found.producers[2]]).all()
    assert (found.users[2], found.iou[2], found.mean_iou) == (0, 0, pytest.approx(0.4))


def test_one_class_has_no_kappa():
    """Chance alone explains everything."""
    found, errors = figures(np.array([[7.0]])), standard_errors(np.array([[7.0]]))
    assert (found.overall, errors.overall) == (1, 0)
    assert np.isnan([found.kappa, errors.kappa]).all()


def test_wilson_intervals_hold_at_the_ends():
    """10 of 10: from 0.722 to 1, as tables of the score interval print; no sample has no interval."""
    ends = wilson(np.array([1.0, 0.5, np.nan]), np.array([10.0, 4.0, 0.0]))
    assert ends[0] == pytest.approx([0.722, 1.0], abs=0.001)
    assert ends[1] == pytest.approx([0.150, 0.850], abs=0.001)
    assert np.isnan(ends[2]).all()
