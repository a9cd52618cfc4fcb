"""FCOS: which cell learns what, and how predictions become boxes."""

import functools

import pytest
import torch

from engine.errors import ParameterError
from engine.models.registry import get_architecture
from engine.networks.backbones import build_body
from engine.networks.fcos import FCOS, _boxes, _paired_iou

torch.set_num_threads(1)


@functools.cache
def network(**options):
    """Return a small network."""
    torch.manual_seed(0)
    return FCOS(build_body("RESNET18", 1), 1, channels=32, convolutions=1, **options).eval()


def learners(boxes, size=256, **options):
    """Return for each object (stride, x, y) of the cells that learn it."""
    detector = network(**options)
    with torch.inference_mode():
        _, centers, strides, reach = detector._predictions(detector._maps(torch.zeros(1, 1, size, size)))
    learnt = detector._assigned(torch.tensor(boxes, dtype=torch.float32), centers, strides, reach)
    cells = torch.cat((strides[:, None], centers), dim=1)
    return [cells[learnt == index].tolist() for index in range(len(boxes))]


def test_a_small_object_is_learnt_by_the_finest_cells_around_its_centre():
    """A square of 20 pixels around (52, 52): the nine cells within 1.5 strides."""
    (cells,) = learners([[42, 42, 62, 62]])
    assert sorted(cells) == [[8.0, x, y] for x in (44.0, 52.0, 60.0) for y in (44.0, 52.0, 60.0)]


def test_large_objects_are_learnt_by_coarser_levels():
    """The farthest side decides: up to 64 pixels at stride 8, up to 128 at 16, and so on."""
    for side, stride in ((40, 8.0), (150, 16.0), (250, 16.0)):
        (cells,) = learners([[0, 0, side, side]])
        assert cells and {cell[0] for cell in cells} <= {stride, stride * 2}


def test_every_object_of_usual_size_is_learnt_somewhere():
    """From 10 pixels on, wherever it lies relative to the cells."""
    for side in (10, 16, 33, 64, 100, 128, 129, 180, 200):
        for shift in (0.0, 3.0, 5.5):
            (cells,) = learners([[20 + shift, 20 + shift, 20 + shift + side, 20 + shift + side]])
            assert cells, (side, shift)


def test_where_two_objects_claim_a_cell_the_smaller_one_has_it():
    """A tank on a pad is not hidden by it."""
    pad, tank = learners([[30, 30, 90, 90], [52, 52, 68, 68]])
    assert tank and not {tuple(cell) for cell in pad} & {tuple(cell) for cell in tank}


def test_no_cell_learns_anything_without_objects():
    """An empty chip is all background."""
    detector = network()
    with torch.inference_mode():
        _, centers, strides, reach = detector._predictions(detector._maps(torch.zeros(1, 1, 64, 64)))
    assert (detector._assigned(torch.zeros(0, 4), centers, strides, reach) == -1).all()


def test_distances_lead_from_a_centre_to_the_sides():
    """Left, top, right, bottom."""
    assert _boxes(torch.tensor([[20.0, 10.0]]), torch.tensor([[1.0, 2, 3, 4]])).tolist() == [[19, 8, 23, 14]]


def test_quality_is_one_in_the_middle_and_less_at_the_side():
    """Centerness as published; or the IoU itself."""
    boxes = torch.tensor([[0.0, 0, 20, 20], [0, 0, 20, 20]])
    centers = torch.tensor([[10.0, 10.0], [5.0, 10.0]])
    predicted = torch.tensor([[0.0, 0, 20, 20], [0, 0, 10, 20]])

    assert network()._wanted_quality(centers, boxes, predicted).tolist() == pytest.approx([1.0, (5 / 15) ** 0.5])
    assert network(quality="iou")._wanted_quality(centers, boxes, predicted).tolist() == pytest.approx([1.0, 0.5])
    assert _paired_iou(boxes[:1], torch.tensor([[30.0, 30, 40, 40]])).tolist() == [0.0]


def test_a_fresh_network_expects_hardly_any_object():
    """Otherwise the first steps are lost to unlearning."""
    with torch.inference_mode():
        logits = network().outputs(torch.randn(1, 1, 64, 64))[0]
    assert float(logits.sigmoid().mean()) == pytest.approx(0.01, abs=0.005)


def test_the_reference_size_is_kept():
    """ResNet-18: 12.6 million parameters, as measured in the project's reference."""
    entry = get_architecture("FCOS")
    built = entry.build(entry.spec("RESNET18", 3, 1))
    assert sum(value.numel() for value in built.parameters()) == pytest.approx(12.63e6, rel=0.01)


def test_a_finer_pyramid_is_offered():
    """Stride 4 for objects below 10 pixels."""
    assert network(finest_stride=4).pyramid.strides[0] == 4
    (cells,) = learners([[50, 50, 56, 56]], finest_stride=4)
    assert cells and {cell[0] for cell in cells} == {4.0}


def test_channels_that_do_not_divide_are_refused():
    """Group normalisation needs them."""
    with pytest.raises(ParameterError, match="multiple of 32"):
        FCOS(build_body("RESNET18", 1), 1, channels=100)
