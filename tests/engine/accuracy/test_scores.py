"""Precision, recall, average precision."""

from __future__ import annotations

import numpy as np
import pytest
from faster_coco_eval import COCO, COCOeval_faster
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.accuracy.matching import match_boxes
from engine.accuracy.scores import (
    COCO_OVERLAPS,
    average_precision,
    best_threshold,
    precision_recall,
    scores_by_class,
    weighted_average_precision,
)


def coco_precision(boxes, scores, classes, images, references, reference_classes, reference_images) -> np.ndarray:
    """AP of COCO's own tool, (10 overlaps, classes), all sizes and no cap on detections."""
    to_coco = [[float(a), float(b), float(c - a), float(d - b)] for a, b, c, d in references]
    wanted = [
        {"id": k + 1, "image_id": int(i), "category_id": int(c), "bbox": b, "area": b[2] * b[3], "iscrowd": 0}
        for k, (b, c, i) in enumerate(zip(to_coco, reference_classes, reference_images, strict=True))
    ]
    found = [
        {
            "image_id": int(i),
            "category_id": int(c),
            "bbox": [float(b[0]), float(b[1]), float(b[2] - b[0]), float(b[3] - b[1])],
            "score": float(s),
        }
        for b, s, c, i in zip(boxes, scores, classes, images, strict=True)
    ]
    data = {
        "images": [{"id": k} for k in range(1, 4)],
        "categories": [{"id": k, "name": str(k)} for k in range(1, 3)],
        "annotations": wanted,
    }
    truth = COCO(data)
    judge = COCOeval_faster(truth, truth.loadRes(found), iouType="bbox")
    judge.params.areaRng, judge.params.areaRngLbl, judge.params.maxDets = [[0, 1e10]], ["all"], [10**6]
    judge.evaluate()
    judge.accumulate()
    precision = judge.eval["precision"][:, :, :, 0, 0]
    return precision.mean(axis=1)


@given(seed=st.integers(0, 10**6), n=st.integers(1, 80), m=st.integers(1, 60))
@settings(max_examples=40, deadline=None)
def test_average_precision_is_that_of_coco(seed, n, m):
    """Random boxes of two classes in three images, scores with ties: equal to 1e-9 at all ten overlaps."""
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 30, (m, 2))
    references = np.concatenate([corner, corner + rng.integers(4, 20, (m, 2))], axis=1).astype(float)
    boxes = references[rng.integers(0, m, n)] + rng.integers(-2, 3, (n, 4))
    reference_classes, reference_images = rng.integers(1, 3, m), rng.integers(1, 4, m)
    classes, images = rng.integers(1, 3, n), np.sort(rng.integers(1, 4, n))
    scores = rng.integers(1, 20, n) / 20

    expected = coco_precision(boxes, scores, classes, images, references, reference_classes, reference_images)

    entries = scores_by_class(
        boxes, scores, classes, references, reference_classes, groups=images, reference_groups=reference_images
    )
    by_name = {entry.name: entry for entry in entries}
    for place, name in enumerate(("1", "2")):
        if (reference_classes == place + 1).any():
            np.testing.assert_allclose(by_name[name].overlap_precision, expected[:, place], rtol=0, atol=1e-9)
            assert by_name[name].average_precision == pytest.approx(expected[0, place], abs=1e-9)
        elif name in by_name:
            assert np.isnan(by_name[name].average_precision) and (expected[:, place] == -1).all()


def test_a_perfect_detector_scores_one():
    """Every reference found, nothing else: all figures are 1."""
    boxes = np.array([[0, 0, 10, 10], [20, 0, 30, 10], [0, 20, 10, 30]], float)
    overall = scores_by_class(boxes, [0.9, 0.8, 0.7], [1, 1, 2], boxes, [1, 1, 2])[-1]
    assert overall.name == "All classes"
    assert tuple(overall.counts) == (3, 0, 0)
    assert (overall.counts.precision, overall.counts.recall, overall.counts.f1) == (1, 1, 1)
    assert overall.average_precision == overall.mean_average_precision == pytest.approx(1)


def test_average_precision_of_a_worked_example():
    """Hits at ranks 1 and 3 of 3, two references: half the recalls at precision 1, half at 2/3."""
    value = average_precision([True, False, True], [0.9, 0.8, 0.7], 2)
    assert value == pytest.approx((51 * 1 + 50 * 2 / 3) / 101)


def test_nothing_found_is_zero_and_no_reference_is_undefined():
    """Recall 0 is a figure; AP without references is none."""
    assert average_precision([], [], 3) == 0.0
    assert np.isnan(average_precision([False], [0.5], 0))
    nothing = scores_by_class(np.zeros((0, 4)), [], [], [[0, 0, 1, 1]], [4])
    assert [entry.name for entry in nothing] == ["4", "All classes"]
    assert tuple(nothing[0].counts) == (0, 0, 1)
    assert nothing[0].counts.recall == 0 and np.isnan(nothing[0].counts.precision)


def test_the_curve_has_one_point_per_distinct_score():
    """Detections of equal score are kept or dropped together."""
    curve = precision_recall([True, False, True, False], [0.9, 0.5, 0.5, 0.1], 4)
    assert curve.thresholds.tolist() == [0.9, 0.5, 0.1]
    assert curve.precision.tolist() == [1, pytest.approx(2 / 3), 0.5]
    assert curve.recall.tolist() == [0.25, 0.5, 0.5]


def test_the_best_threshold_keeps_the_hits_and_drops_the_noise():
    """The cut with the largest F1, as the score of the last detection to keep."""
    threshold, f1 = best_threshold([True, True, False, False], [0.9, 0.6, 0.3, 0.2], 2)
    assert (threshold, f1) == (0.6, 1.0)
    threshold, f1 = best_threshold([False], [0.9], 2)
    assert np.isnan(threshold) and f1 == 0


@given(seed=st.integers(0, 10**6), n=st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_a_weight_of_two_is_the_same_detection_twice(seed, n):
    """The weighted AP of a resampled scene equals the AP of the scene written out."""
    rng = np.random.default_rng(seed)
    hits, weights = rng.random(n) < 0.6, rng.integers(0, 4, n)
    references = int((hits * weights).sum()) + 3
    value = weighted_average_precision(hits, weights, references)
    assert value == pytest.approx(average_precision(np.repeat(hits, weights), np.zeros(weights.sum()), references))


def test_a_false_class_is_no_match():
    """A detection on the right place but of another class is wrong, and the object is missed."""
    entries = scores_by_class([[0, 0, 1, 1]], [0.9], [1], [[0, 0, 1, 1]], [2])
    assert [tuple(entry.counts) for entry in entries] == [(0, 1, 0), (0, 0, 1), (0, 1, 1)]
    assert match_boxes([[0, 0, 1, 1]], [0.9], [[0, 0, 1, 1]], 0.5).tolist() == [0]
    assert len(COCO_OVERLAPS) == 10
