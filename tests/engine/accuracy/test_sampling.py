"""How many pixels are drawn from each stratum, which ones, and how far apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.accuracy.sampling import SAMPLINGS, Spread, allocate, draw_ranks


def test_a_proportional_sample_gives_rare_classes_ten():
    """500 from classes of 90, 9.9 and 0.1 percent: the rare one gets 10, the others share the rest by area."""
    assert allocate(np.array([90_000, 9_900, 100]), 500, "STRATIFIED_RANDOM").tolist() == [441, 49, 10]


def test_an_equalised_sample_gives_each_class_the_same():
    """A class with fewer pixels gives all it has; others get no more for it."""
    assert allocate(np.array([90_000, 40, 0, 9_900]), 400, "EQUALIZED_STRATIFIED_RANDOM").tolist() == [133, 40, 0, 133]


def test_fewer_points_than_classes_still_meet_every_class():
    """One each."""
    assert allocate(np.array([50, 60, 70]), 2, "STRATIFIED_RANDOM").tolist() == [1, 1, 1]


@given(
    sizes=st.lists(st.integers(0, 10**10), min_size=1, max_size=12),
    asked=st.integers(1, 5000),
    sampling=st.sampled_from(SAMPLINGS),
)
@settings(max_examples=200, deadline=None)
def test_never_more_than_there_are_and_as_many_as_asked(sizes, asked, sampling):
    """A proportional sample has the size asked for whenever there are so many and no more classes."""
    quotas = allocate(np.array(sizes), asked, sampling)
    assert (quotas <= sizes).all()
    assert all(quota >= 1 for quota, size in zip(quotas, sizes, strict=True) if size)
    if sampling != "EQUALIZED_STRATIFIED_RANDOM" and sum(size > 0 for size in sizes) <= asked <= sum(sizes):
        assert quotas.sum() == asked


def test_ranks_are_distinct_seeded_and_reach_every_pixel():
    """Ten thousand million pixels need no more memory than the draw; each rank is as likely as another."""
    ranks = draw_ranks(10**10, 500, (42, 3))
    assert len(set(ranks.tolist())) == 500
    assert (ranks == draw_ranks(10**10, 500, (42, 3))).all()
    assert (ranks != draw_ranks(10**10, 500, (43, 3))).any()
    assert sorted(draw_ranks(7, 20, (1,)).tolist()) == list(range(7))
    hits = np.bincount(np.concatenate([draw_ranks(20, 5, (seed,)) for seed in range(4000)]), minlength=20)
    assert hits == pytest.approx(np.full(20, 1000), abs=130)


def test_places_keep_their_distance():
    """No two taken places are nearer than asked, and every place passed over is near to a taken one."""
    x, y = np.random.default_rng(5).uniform(-50, 50, (2, 400))
    places = np.column_stack([x, y])
    (taken,) = Spread(12.5).take([places], np.array([400]))
    gaps = np.hypot(x[:, None] - x, y[:, None] - y)
    assert (gaps[taken][:, taken] + np.eye(taken.sum()) * 99 >= 12.5).all()
    assert (gaps[~taken][:, taken].min(axis=1) < 12.5).all()
    assert Spread(12.5).take([places], np.array([7]))[0].sum() == 7
    assert Spread(0).take([places], np.array([9]))[0].tolist() == [True] * 9 + [False] * 391


def test_where_room_is_scarce_each_stratum_gets_its_turn():
    """Three strata all over the same ground, far more asked for than fit: all have nearly the same number."""
    strata = list(np.random.default_rng(1).uniform(0, 1000, (3, 500, 2)))
    taken = [int(chosen.sum()) for chosen in Spread(150).take(strata, np.array([500, 500, 3]))]
    assert taken[2] == 3 and min(taken[:2]) > 5 and abs(taken[0] - taken[1]) <= 3
