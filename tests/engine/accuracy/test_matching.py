"""Matching of detections with references."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.accuracy import matching
from engine.accuracy.matching import best_overlaps, candidate_pairs, match_boxes, match_candidates
from engine.errors import ParameterError


def overlaps(boxes: np.ndarray, references: np.ndarray) -> np.ndarray:
    """IoU of all boxes with all references."""
    low = np.maximum(boxes[:, None, :2], references[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], references[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(axis=2)
    area, other = (np.prod(b[:, 2:] - b[:, :2], axis=1) for b in (boxes, references))
    whole = area[:, None] + other[None, :] - common
    return np.divide(common, whole, out=np.zeros_like(common), where=common > 0)


def greedy(boxes, scores, references, limit, groups, reference_groups) -> list[int]:
    """COCO's rule, word for word: of equal IoU the last reference."""
    iou = overlaps(boxes, references)
    matched, free = [-1] * len(boxes), set(range(len(references)))
    for number in np.argsort(-scores, kind="stable"):
        best, chosen = limit, -1
        for reference in sorted(free):
            value = iou[number, reference]
            if groups[number] == reference_groups[reference] and value > 0 and value >= best:
                best, chosen = value, reference
        if chosen >= 0:
            matched[number] = chosen
            free.discard(chosen)
    return matched


def some_boxes(rng: np.random.Generator, n: int, whole: bool) -> np.ndarray:
    """Crowded boxes of sizes 1:32, some without area."""
    corner = rng.uniform(0, 12, (n, 2))
    boxes = np.concatenate([corner, corner + 2.0 ** rng.uniform(-1, 4, (n, 2)) * (rng.random((n, 2)) > 0.04)], axis=1)
    return np.round(boxes) if whole else boxes


@given(
    seed=st.integers(0, 10**6),
    n=st.integers(0, 40),
    m=st.integers(0, 40),
    whole=st.booleans(),
    limit=st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.75, 1.0]),
    rounds=st.sampled_from([0, 1, 24]),
)
@settings(max_examples=150, deadline=None)
def test_matches_are_those_of_the_plain_greedy_rule(seed, n, m, whole, limit, rounds):
    """Any boxes, scores with ties, several images: the grid gives what comparing all with all gives."""
    rng = np.random.default_rng(seed)
    boxes, references = some_boxes(rng, n, whole), some_boxes(rng, m, whole)
    scores, groups, other = rng.integers(0, 9, n) / 9, rng.integers(0, 2, n), rng.integers(0, 2, m)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "_ROUNDS", rounds)
        matched = match_boxes(boxes, scores, references, limit, groups=groups, reference_groups=other)
    assert matched.tolist() == greedy(boxes, scores, references, limit, groups, other)


@given(seed=st.integers(0, 10**6), n=st.integers(0, 30), m=st.integers(0, 30))
@settings(max_examples=40, deadline=None)
def test_best_overlaps_are_the_largest_of_all_pairs(seed, n, m):
    """For each box and each reference, the best IoU with any of the other side."""
    rng = np.random.default_rng(seed)
    boxes, references = some_boxes(rng, n, False), some_boxes(rng, m, False)
    of_box, of_reference = best_overlaps(boxes, references)
    table = np.concatenate([overlaps(boxes, references), np.zeros((n, 1))], axis=1)
    np.testing.assert_allclose(of_box, table.max(axis=1))
    table = np.concatenate([overlaps(boxes, references), np.zeros((1, m))], axis=0)
    np.testing.assert_allclose(of_reference, table.max(axis=0))


def test_the_second_detection_of_an_object_is_wrong():
    """One reference is found once, by the better score; the IoU of the match is told."""
    boxes = [[0, 0, 10, 10], [1, 0, 11, 10]]
    pairs = candidate_pairs(boxes, [0.6, 0.9], [[0, 0, 10, 10]], 0.5)
    matched, overlap = match_candidates(pairs, 0.5)
    assert matched.tolist() == [-1, 0]
    assert overlap.tolist() == [0, pytest.approx(90 / 110)]


def test_a_higher_limit_is_read_from_the_same_pairs():
    """Pairs found once serve every IoU of COCO's mean."""
    pairs = candidate_pairs([[0, 0, 10, 10]], [1.0], [[0, 0, 10, 8]], 0.5)
    assert [match_candidates(pairs, limit)[0].tolist() for limit in (0.5, 0.8, 0.81)] == [[0], [0], [-1]]


def test_arrays_that_do_not_fit_together_are_refused():
    """The numbers are told."""
    with pytest.raises(ParameterError, match="2 scores for 1 boxes"):
        match_boxes([[0, 0, 1, 1]], [0.1, 0.2], [], 0.5)
    with pytest.raises(ParameterError, match="2 groups for 1 boxes"):
        match_boxes([[0, 0, 1, 1]], [0.1], [], 0.5, groups=[1, 2])
    with pytest.raises(ParameterError, match=r"min_iou 1\.2"):
        match_boxes([[0, 0, 1, 1]], [0.1], [], 1.2)
