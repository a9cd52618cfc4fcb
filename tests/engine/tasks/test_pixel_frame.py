"""How large the tiles are that a trained segmentation network is given."""

from dataclasses import replace

import pytest

from engine.models.registry import build_network, get_architecture
from engine.tasks.pixel_findings import frame_of
from engine.training.scale import ChipScale


def network(code, arguments=()):
    """Return a small network."""
    return build_network(replace(get_architecture(code).spec("RESNET18", 3, 2, arguments), background=True))


@pytest.mark.parametrize(
    ("chip", "view", "tile", "resize_to", "padding"),
    [
        ((192, 192), (192, 192), (576, 576), None, 72),
        ((128, 96), (128, 96), (512, 384), None, 48),
        ((1024, 1024), (256, 256), (2048, 2048), (512, 512), 256),
        ((512, 512), (512, 512), (512, 512), None, 64),
    ],
)
def test_a_local_network_is_shown_several_chips_at_once(chip, view, tile, resize_to, padding):
    """Whole multiples of what it was trained on, at the same scale."""
    frame = frame_of(ChipScale(chip, view, view, chip), network("UNET"))

    assert (frame.tile, frame.resize_to, frame.padding) == (tile, resize_to, padding)


def test_a_network_that_pools_the_whole_image_keeps_its_size():
    """Its scores depend on how much ground it sees."""
    same = ChipScale((128, 128), (128, 128), (128, 128), (128, 128))

    assert frame_of(same, network("DEEPLAB")).tile == (128, 128)
    assert frame_of(same, network("MMSEGMENTATION", (("model", "manet"),))).tile == (128, 128)
    assert frame_of(same, network("HED_EDGEDETECTOR")).tile == (512, 512)
