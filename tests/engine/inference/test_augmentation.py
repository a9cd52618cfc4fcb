"""Test-time augmentation: views and back, confidences merged over the views."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.inference.augmentation import VIEWS, boxes_of_view, merge_views, scores_of_view, view_of
from engine.inference.detections import Detections


@pytest.mark.parametrize("view", VIEWS)
def test_a_box_found_in_a_view_lies_where_the_object_is(view):
    """Every flip and turn is undone, also on a tile that is no square."""
    image = torch.zeros(1, 1, 7, 11)
    image[0, 0, 1:3, 4:9] = 1
    rows, cols = np.nonzero(view_of(image, view)[0, 0].numpy())
    seen = np.array([[cols.min(), rows.min(), cols.max() + 1, rows.max() + 1]], float)
    assert boxes_of_view(seen, view, (7, 11)).tolist() == [[4, 1, 9, 3]]


def test_all_views_differ():
    """Eight views of a picture without symmetry are eight pictures."""
    image = torch.arange(9.0).reshape(1, 1, 3, 3)
    assert len({tuple(view_of(image, view).flatten().tolist()) for view in VIEWS}) == 8


@pytest.mark.parametrize(("policy", "score"), [("mean", 0.7), ("max", 0.8), ("min", 0.6)])
def test_one_object_of_all_views_is_one_detection(policy, score):
    """Confidences are merged by the policy, boxes by their weighted mean."""
    one = Detections.of([[10, 10, 20, 20]], [0.8], [1])
    other = Detections.of([[11, 10, 21, 20]], [0.6], [1])
    merged = merge_views([one, other] * 4, 0.5, policy)
    assert len(merged) == 1
    assert merged.scores[0] == pytest.approx(score)
    assert merged.boxes[0, 0] == pytest.approx((10 * 0.8 + 11 * 0.6) / 1.4)


def test_an_object_that_few_views_find_falls_below_the_threshold():
    """The mean counts views without it as 0."""
    views = [Detections.of([[10, 10, 20, 20]], [0.9], [1])] * 3 + [Detections.none()] * 5
    assert len(merge_views(views, 0.5, "mean")) == 0
    assert len(merge_views(views, 0.5, "max")) == 1


def test_neighbours_and_classes_stay_apart():
    """Only what overlaps by half and is of one class is merged."""
    view = Detections.of([[0, 0, 10, 10], [4, 0, 14, 10], [0, 0, 10, 10]], [0.9, 0.8, 0.7], [1, 1, 2])
    assert len(merge_views([view] * 8, 0.5, "mean")) == 3


@pytest.mark.parametrize("view", list(VIEWS))
def test_scores_of_a_view_are_turned_back(view):
    """A pixel's scores come back to the pixel."""
    images = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).reshape(2, 3, 4, 5)
    assert (scores_of_view(view_of(images, view), view) == images).all()
