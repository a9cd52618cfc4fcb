"""From scores to detections: threshold, decoding, suppression."""

import torch

from engine.networks.detector import best_boxes, of_objects, suppressed

BOXES = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [30, 30, 40, 40], [-5, 45, 8, 60]])


def test_only_cells_that_pass_are_decoded():
    """Decoding costs time for every cell of the image."""
    asked = []

    def decode(image, cells):
        asked.append(cells.tolist())
        return BOXES[cells]

    scores = torch.tensor([[[0.9, 0.1], [0.2, 0.3], [0.6, 0.8], [0.1, 0.0]]])
    (found,) = best_boxes(scores, decode, (50, 50), 0.5, 0.1, 10)

    assert asked == [[0, 2, 2]]
    assert found["labels"].tolist() == [1, 2, 1]
    assert found["scores"].tolist() == torch.tensor([0.9, 0.8, 0.6]).tolist()


def test_the_better_of_two_boxes_of_one_class_is_kept():
    """Overlapping boxes of different classes both stay."""
    scores = torch.tensor([0.5, 0.9, 0.8, 0.7])
    same = suppressed(BOXES, scores, torch.tensor([1, 1, 1, 1]), (50, 50), 0.3, 10)
    other = suppressed(BOXES, scores, torch.tensor([1, 2, 1, 1]), (50, 50), 0.3, 10)

    assert len(same["boxes"]) == 3 and len(other["boxes"]) == 4
    assert same["boxes"][0].tolist() == [1, 0, 11, 10]


def test_boxes_are_cut_to_the_image_and_those_outside_dropped():
    """A box that is nothing inside the image is no detection."""
    boxes = torch.tensor([[-5.0, 45, 8, 60], [60, 10, 70, 20], [5, 5, 5, 9]])
    found = suppressed(boxes, torch.ones(3), torch.ones(3, dtype=torch.int64), (50, 40), 0.3, 10)

    assert found["boxes"].tolist() == [[0, 45, 8, 50]]


def test_a_crowd_is_bounded_by_its_best():
    """Time and memory of a suppression do not grow with what a low threshold lets through."""
    places = torch.arange(1000, dtype=torch.float32)[:, None] * 12
    boxes = torch.cat((places, torch.zeros_like(places), places + 10, torch.full_like(places, 10)), dim=1)
    scores = torch.linspace(0.1, 0.9, 1000).reshape(1, 1000, 1)

    (found,) = best_boxes(scores, lambda _, cells: boxes[cells], (10, 12_000), 0.0, 0.3, 5)

    assert found["scores"].tolist() == scores.flatten().flip(0)[:5].tolist()


def test_objects_are_gathered_over_a_batch_with_empty_images():
    """The index of an object counts within its image."""
    targets = [
        {"boxes": BOXES[:2], "labels": torch.tensor([1, 2])},
        {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)},
        {"boxes": BOXES[2:], "labels": torch.tensor([3, 4])},
    ]
    boxes, labels = of_objects(targets, torch.tensor([0, 2, 2]), torch.tensor([1, 0, 1]))

    assert labels.tolist() == [2, 3, 4]
    assert torch.equal(boxes, BOXES[1:])
