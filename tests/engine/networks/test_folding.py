"""Folding batch norms: same answers, fewer layers, and never at the price of wrong ones."""

import pytest
import torch
from torch import nn

from engine.models.registry import build_network, get_architecture
from engine.networks.backbones import Body, build_body
from engine.networks.fcos import FCOS
from engine.networks.folding import prepare_for_inference
from engine.networks.segmenter import LossSettings, Segmenter

torch.set_num_threads(1)


def lived_in(network):
    """Give batch norms statistics that a fresh network does not have."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -1, 1)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 1.5)
    return network.eval()


def norms(network):
    """Return the number of batch norms."""
    return sum(isinstance(module, nn.BatchNorm2d) for module in network.modules())


@pytest.mark.parametrize(
    ("name", "left"),
    [("RESNET18", 0), ("MOBILENET_V2", 0), ("VGG11_BN", 0), ("timm:mobilenetv3_small_050", 0), ("DENSENET121", 62)],
)
def test_answers_stay_the_same(name, left):
    """DenseNets keep the norms that stand before their convolutions."""
    torch.manual_seed(0)
    network = lived_in(FCOS(build_body(name, 4), 1))
    folded = prepare_for_inference(network)
    images = torch.randn(1, 4, 64, 96)

    assert norms(folded) == left
    with torch.inference_mode():
        for one, other in zip(network.outputs(images), folded.outputs(images), strict=True):
            assert (one - other).abs().max() <= 1e-4 * one.abs().max()


def test_the_original_is_left_as_it_is():
    """Training goes on with it."""
    network = lived_in(FCOS(build_body("RESNET18", 3), 1)).train()
    before = norms(network)

    prepare_for_inference(network)

    assert network.training and norms(network) == before
    assert all(parameter.requires_grad for parameter in network.parameters())
    assert not network.body.network.conv1.weight.is_contiguous(memory_format=torch.channels_last)


def test_images_are_brought_into_the_layout_of_the_weights():
    """Channels last pays only when both have it."""
    folded = prepare_for_inference(lived_in(FCOS(build_body("RESNET18", 3), 1)))
    assert folded.prepared(torch.zeros(2, 3, 64, 64)).is_contiguous(memory_format=torch.channels_last)
    plain = prepare_for_inference(lived_in(FCOS(build_body("RESNET18", 3), 1)), channels_last=False)
    assert plain.prepared(torch.zeros(2, 3, 64, 64)).is_contiguous()


class Forked(nn.Module):
    """A network whose convolution is read before its batch norm too: it must not be folded."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1, stride=8)
        self.norm = nn.BatchNorm2d(8)


def forked_features(network, images):
    """Return three feature maps."""
    first = network.conv(images)
    second = network.norm(first) + first
    return [second, second[..., ::2, ::2], second[..., ::4, ::4]]


def test_a_network_that_would_answer_differently_is_left_unfolded():
    """The folded copy is compared with the original."""
    network = lived_in(FCOS(Body("FORKED", 3, Forked(), forked_features, (8, 16, 32), (8, 8, 8)), 1))
    folded = prepare_for_inference(network)
    images = torch.randn(1, 3, 64, 64)

    assert norms(folded) == 1
    with torch.inference_mode():
        assert torch.allclose(network.outputs(images)[0], folded.outputs(images)[0], atol=1e-4)


class Doubling(Segmenter):
    """Batch norms after a convolution, after a transposed one, and before one."""

    def __init__(self):
        super().__init__(None, 2, LossSettings())
        self.layers = nn.Sequential(
            nn.Conv2d(3, 8, 2, stride=2),
            nn.BatchNorm2d(8),
            nn.ConvTranspose2d(8, 6, 2, stride=2),
            nn.BatchNorm2d(6),
            nn.ReLU(),
            nn.BatchNorm2d(6),
            nn.Conv2d(6, 2, 1),
        )

    def logits(self, images):
        """Run the layers."""
        return self.layers(images.contiguous(memory_format=self.memory_format))


def test_all_norms_of_a_segmentation_network_are_folded_that_can_be():
    """A norm that no convolution stands before is left."""
    torch.manual_seed(0)
    network = lived_in(Doubling())
    folded = prepare_for_inference(network)
    images = torch.randn(2, 3, 32, 48)

    assert norms(network) == 3 and norms(folded) == 1
    with torch.inference_mode():
        assert torch.allclose(network.logits(images), folded.logits(images), atol=1e-5)
        assert folded.logits(images).is_contiguous(memory_format=torch.channels_last)


def test_unet_keeps_the_layout_from_images_to_scores():
    """No map is copied into another layout on the way: padding, upsampling and joining keep channels last."""
    network = prepare_for_inference(build_network(get_architecture("UNET").spec("RESNET18", 3, 3)))
    layouts = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_pre_hook(
                lambda _, given: layouts.append(given[0].is_contiguous(memory_format=torch.channels_last))
            )
    with torch.inference_mode():
        network.logits(torch.randn(1, 3, 64, 96))
    assert layouts and all(layouts)
