"""Faster R-CNN: its options bound what a detection may ask for."""

import pytest
import torch

from engine.errors import ParameterError
from engine.models.registry import build_network, get_architecture
from engine.networks.backbones import build_body
from engine.networks.faster_rcnn import FasterRCNN

torch.set_num_threads(1)

FEW = (("rpn_post_nms_top_n_test", "40"), ("box_score_thresh", "0"))


def network(*arguments, classes=1):
    """Return a network with few regions."""
    torch.manual_seed(0)
    entry = get_architecture("FASTERRCNN")
    built = build_network(entry.spec("RESNET18", 1, classes, (*FEW, *arguments), (64, 64))).eval()
    return built


def detected(built, threshold=0.0, overlap=0.9, **options):
    """Return what it detects in a fixed image."""
    images = torch.randn((1, 1, 64, 64), generator=torch.Generator().manual_seed(3))
    return built.detect(images, threshold, overlap, **options)[0]


def test_the_networks_own_bounds_hold():
    """Score, overlap and number of detections of the arguments cannot be talked away."""
    free = network(("box_nms_thresh", "0.9"))
    bound = network(("box_nms_thresh", "0.9"), ("box_detections_per_img", "3"))
    strict = network(("box_nms_thresh", "0.01"))

    assert len(detected(free)["boxes"]) > 3
    assert len(detected(bound)["boxes"]) == 3
    assert len(detected(strict)["boxes"]) < len(detected(free)["boxes"])
    assert len(detected(free, max_detections=2)["boxes"]) == 2


@pytest.mark.parametrize("part", ["rpn", "box"])
def test_thresholds_that_cross_are_refused(part):
    """An anchor cannot be object and background at once."""
    with pytest.raises(ParameterError, match=f"{part}_bg_iou_thresh is 0.8"):
        network((f"{part}_bg_iou_thresh", "0.8"), (f"{part}_fg_iou_thresh", "0.6"))


def test_a_backbone_without_fine_features_is_refused():
    """Regions are cut out at stride 4."""
    body = build_body("RESNET18", 3)
    body.strides = body.strides[1:]
    with pytest.raises(ParameterError, match="stride 4"):
        FasterRCNN(body, 1, **get_architecture("FASTERRCNN").parse_arguments(()))
