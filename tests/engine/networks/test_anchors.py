"""Anchors and which of them learns which object."""

import pytest
import torch

from engine.networks.anchors import IGNORED, NOTHING, anchor_boxes, anchor_shapes, grid_centers, level_anchors, matched

ANCHORS = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 20], [40, 40, 50, 50], [4, 0, 14, 10]])


def test_shapes_keep_the_area_in_every_ratio():
    """A ratio is height by width."""
    shapes = anchor_shapes([16, 32], [0.5, 1, 2])
    assert shapes.prod(1).tolist() == pytest.approx([256] * 3 + [1024] * 3)
    assert (shapes[:, 1] / shapes[:, 0]).tolist() == pytest.approx([0.5, 1, 2] * 2)


def test_cells_are_centred_row_by_row():
    """(x, y) in pixels, also for cells that are not square."""
    assert grid_centers(2, 3, (10, 4), torch.device("cpu")).tolist() == [
        [2, 5],
        [6, 5],
        [10, 5],
        [2, 15],
        [6, 15],
        [10, 15],
    ]


def test_anchors_of_a_cell_stand_together():
    """That is the order in which the heads predict."""
    boxes = anchor_boxes(torch.tensor([[8.0, 8.0], [24.0, 8.0]]), torch.tensor([[4.0, 8.0], [2.0, 2.0]]))
    assert boxes.tolist() == [[6, 4, 10, 12], [7, 7, 9, 9], [22, 4, 26, 12], [23, 7, 25, 9]]


def test_each_level_has_its_own_cells():
    """Rows and columns come from the feature map."""
    maps = [torch.zeros(1, 2, 2, 3), torch.zeros(1, 2, 1, 2)]
    shapes = [torch.ones(3, 2), torch.ones(3, 2)]
    assert [len(boxes) for boxes in level_anchors(maps, (8, 16), shapes)] == [18, 6]


def test_an_anchor_learns_the_object_it_covers():
    """IoU 1, 0.5, 0 and 0.43 with one object."""
    assert matched(ANCHORS, ANCHORS[:1], 0.5, 0.4).tolist() == [0, 0, NOTHING, IGNORED]


def test_every_object_is_learnt_by_its_closest_anchor_however_far():
    """A small object that no anchor covers is not lost."""
    small = torch.tensor([[41.0, 41.0, 43.0, 43.0]])
    assert matched(ANCHORS, small, 0.5, 0.4).tolist() == [NOTHING, NOTHING, 0, NOTHING]


def test_an_object_that_touches_no_anchor_is_learnt_by_none():
    """Being closest with no overlap at all is no reason."""
    assert (matched(ANCHORS, torch.tensor([[90.0, 90, 95, 95]]), 0.5, 0.4) == NOTHING).all()


def test_without_objects_every_anchor_learns_that_there_is_nothing():
    """An empty chip is all background."""
    assert (matched(ANCHORS, torch.zeros(0, 4), 0.5, 0.4) == NOTHING).all()
