"""Suppression of duplicates over a whole scene."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torchvision
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ParameterError
from engine.inference import suppression
from engine.inference.suppression import suppress_boxes

LIMITS = (0.0, 0.05, 0.1, 0.3, 0.5, 0.7, 0.95, 1.0)


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """IoU of two boxes, 0 where one has no area."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    if width <= 0 or height <= 0 or min(areas) <= 0:
        return 0.0
    return width * height / (sum(areas) - width * height)


def greedy(boxes, scores, classes, limit, touches=None, distance=None) -> list[int]:
    """The definition, word for word."""
    n = len(boxes)
    touches = np.zeros(n, bool) if touches is None else touches
    distance = np.zeros(n) if distance is None else distance
    key = [
        (touches[i], -scores[i], -distance[i], boxes[i][1], boxes[i][0], boxes[i][3], boxes[i][2], i) for i in range(n)
    ]
    kept: list[int] = []
    for i in sorted(range(n), key=key.__getitem__):
        if all(classes[i] != classes[k] or overlap(boxes[i], boxes[k]) <= limit for k in kept):
            kept.append(i)
    return sorted(kept)


def crowd(seed: int, n: int, spread: float, whole: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes of very different sizes, some without area, with scores that are often equal."""
    rng = np.random.default_rng(seed)
    corner = rng.uniform(-spread, spread, (n, 2))
    size = 2.0 ** rng.uniform(-3, 4, (n, 2)) * (rng.random((n, 2)) > 0.05)
    boxes = np.concatenate([corner, corner + size], axis=1)
    if whole:
        boxes = np.round(boxes)
    return boxes, (rng.integers(1, 12, n) / 12).astype(np.float32), rng.integers(0, 3, n) * 7 - 3


@given(
    seed=st.integers(0, 10**6),
    n=st.integers(0, 60),
    spread=st.sampled_from([1.0, 10.0, 60.0]),
    whole=st.booleans(),
    limit=st.sampled_from(LIMITS),
    far=st.sampled_from([0.0, 4.65e6]),
)
@settings(max_examples=150, deadline=None)
def test_the_survivors_are_those_of_the_plain_greedy_rule(seed, n, spread, whole, limit, far):
    """Any boxes, any limit: the grid gives the set that comparing all with all gives."""
    boxes, scores, classes = crowd(seed, n, spread, whole)
    boxes += far
    assert suppress_boxes(boxes, scores, classes, limit).tolist() == greedy(boxes, scores, classes, limit)


@given(seed=st.integers(0, 10**6), n=st.integers(1, 50), limit=st.sampled_from(LIMITS))
@settings(max_examples=80, deadline=None)
def test_borders_and_distances_rank_before_position(seed, n, limit):
    """A box cut by a tile border yields to a whole one; of equal scores the one farther from its tile's edge wins."""
    boxes, scores, classes = crowd(seed, n, 10.0, True)
    rng = np.random.default_rng(seed)
    touches, distance = rng.random(n) < 0.4, rng.integers(0, 3, n).astype(float)
    kept = suppress_boxes(boxes, scores, classes, limit, touches_border=touches, edge_distance=distance)
    assert kept.tolist() == greedy(boxes, scores, classes, limit, touches, distance)


@given(seed=st.integers(0, 10**6), limit=st.sampled_from(LIMITS))
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_input_changes_nothing(seed, limit):
    """The same boxes survive however the detections were listed, equal scores included."""
    boxes, scores, classes = crowd(seed, 80, 12.0, False)
    kept = suppress_boxes(boxes, scores, classes, limit)
    shuffle = np.random.default_rng(seed + 1).permutation(len(boxes))
    again = shuffle[suppress_boxes(boxes[shuffle], scores[shuffle], classes[shuffle], limit)]
    assert sorted(again.tolist()) == kept.tolist()


@given(seed=st.integers(0, 10**6), limit=st.sampled_from(LIMITS), exponent=st.sampled_from([-8, -3, 5, 9]))
@settings(max_examples=60, deadline=None)
def test_any_scale_stretch_and_class_value_will_do(seed, limit, exponent):
    """Sizes of 1:10^6 in one scene, boxes a thousand times longer than wide, class values far apart."""
    rng = np.random.default_rng(seed)
    size = 10.0 ** rng.uniform(-3, 3, (50, 2))
    corner = rng.choice([0.0, 1.0, 1000.0], (50, 2)) + rng.normal(0, 1, (50, 2)) * size / 3
    boxes = np.concatenate([corner, corner + size], axis=1) * 10.0**exponent
    scores, classes = rng.random(50), rng.choice([-(10**15), 0, 7 * 10**12], 50)
    assert suppress_boxes(boxes, scores, classes, limit).tolist() == greedy(boxes, scores, classes, limit)


@pytest.mark.parametrize("limit", [0.5, 0.1, 0.0])
def test_a_scene_keeps_the_set_that_batched_nms_keeps(limit):
    """Distinct scores, five classes, sizes 1:50, several detections an object: the very same indexes."""
    rng = np.random.default_rng(7)
    size = 8 * 50 ** rng.random((1000, 1)) * np.exp(rng.uniform(-0.4, 0.4, (1000, 2)))
    centre = rng.uniform(0, 2500, (1000, 2))
    objects = rng.integers(0, 1000, 6000)
    centre = centre[objects] + rng.normal(0, 0.12, (6000, 2)) * size[objects]
    half = size[objects] * np.exp(rng.normal(0, 0.1, (6000, 2))) / 2
    boxes = np.concatenate([centre - half, centre + half], axis=1)
    scores = (rng.permutation(6000) + 1) / 8192
    classes = (objects % 5).astype(np.int64)

    kept = suppress_boxes(boxes, scores.astype(np.float32), classes, limit)

    expected = torchvision.ops.batched_nms(*map(torch.from_numpy, (boxes, scores, classes)), limit)
    assert kept.tolist() == sorted(expected.tolist())


def test_ten_thousand_detections_of_one_object_leave_one(monkeypatch):
    """A heap of boxes is worked in portions of the precedence, so pairs stay few; the answer is the same."""
    monkeypatch.setattr(suppression, "_MOST_PAIRS", 20_000)
    monkeypatch.setattr(suppression, "_FIRST_PORTION", 64)
    rng = np.random.default_rng(3)
    corner = rng.uniform(0, 2, (10_000, 2))
    boxes = np.concatenate([corner, corner + 50], axis=1)
    scores = rng.permutation(10_000) / 16384
    kept = suppress_boxes(boxes, scores, np.zeros(10_000, int), 0.5)
    assert kept.tolist() == [int(scores.argmax())]


def test_portions_change_nothing(monkeypatch):
    """Worked in many small portions, the survivors are those of one pass."""
    boxes, scores, classes = crowd(5, 1500, 40.0, False)
    expected = suppress_boxes(boxes, scores, classes, 0.2)
    monkeypatch.setattr(suppression, "_MOST_PAIRS", 300)
    monkeypatch.setattr(suppression, "_FIRST_PORTION", 16)
    assert suppress_boxes(boxes, scores, classes, 0.2).tolist() == expected.tolist()


def test_a_long_chain_is_settled_one_by_one():
    """Every box overlaps only the next better one: every second one is dropped."""
    left = np.arange(3000) * 10.0
    boxes = np.stack([left, np.zeros(3000), left + 12, np.full(3000, 12.0)], axis=1)
    kept = suppress_boxes(boxes, 1 - np.arange(3000) / 4096, np.zeros(3000, int), 0.0)
    assert kept.tolist() == list(range(0, 3000, 2))


def test_touching_borders_do_not_overlap():
    """At the limit 0 a common edge is no overlap, the smallest common area is."""
    boxes = np.array([[0, 0, 10, 10], [10, 0, 20, 10], [19.999, 0, 30, 10]], float)
    assert suppress_boxes(boxes, np.array([0.9, 0.8, 0.7]), np.zeros(3, int), 0.0).tolist() == [0, 1]


@pytest.mark.parametrize("limit", LIMITS)
def test_boxes_without_area_survive_and_drop_nothing(limit):
    """Points, lines, inverted, endless and undefined boxes overlap nothing."""
    good = [[0, 0, 10, 10], [50, 50, 60, 60]]
    odd = [[5, 5, 5, 5], [1, 2, 9, 2], [9, 9, 1, 1], [0, 0, np.inf, 10], [np.nan, 0, 10, 10], [-np.inf, 0, np.inf, 1]]
    boxes = np.array(odd + good, float)
    scores = np.linspace(1, 0.3, len(boxes))
    assert suppress_boxes(boxes, scores, np.zeros(len(boxes), int), limit).tolist() == list(range(len(boxes)))


def test_undefined_scores_come_last():
    """A box whose score is NaN yields to any other."""
    boxes = np.tile([0.0, 0, 10, 10], (3, 1))
    assert suppress_boxes(boxes, np.array([np.nan, 0.1, np.nan]), np.zeros(3, int), 0.5).tolist() == [1]


def test_no_boxes_leave_none():
    """Nothing found is a result."""
    kept = suppress_boxes(np.zeros((0, 4)), np.zeros(0), np.zeros(0, int), 0.5)
    assert kept.tolist() == [] and kept.dtype == np.int64


@pytest.mark.parametrize("limit", [-0.1, 1.5, float("nan")])
def test_a_limit_that_is_no_overlap_is_refused(limit):
    """The message names the value and the range."""
    with pytest.raises(ParameterError, match="from 0 to 1"):
        suppress_boxes(np.zeros((1, 4)), np.zeros(1), np.zeros(1, int), limit)
