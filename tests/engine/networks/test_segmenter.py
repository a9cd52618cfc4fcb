"""What all segmentation networks share: padding, blended pairs, and the networks we put together ourselves."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from engine.errors import ParameterError
from engine.models.registry import build_network, get_architecture
from engine.networks.encoder_decoder import steady_pooling
from engine.networks.full_resolution import FullResolution
from engine.networks.hed import balanced_cross_entropy
from engine.networks.pixel_losses import LossSettings
from engine.networks.segmenter import UNLABELLED, Segmenter, padded

torch.set_num_threads(1)


@pytest.mark.parametrize(
    ("size", "expected"), [((64, 96), (64, 96)), ((65, 32), (96, 64)), ((1, 1), (64, 64)), ((1, 300), (64, 320))]
)
def test_images_become_a_multiple_and_no_smaller_than_needed(size, expected):
    """What was there stays where it was, and only existing values are added."""
    images = torch.randn(2, 3, *size)
    larger = padded(images, 32, 64)

    assert tuple(larger.shape) == (2, 3, *expected)
    assert torch.equal(larger[..., : size[0], : size[1]], images)
    assert set(larger.unique().tolist()) <= set(images.unique().tolist())


def test_edges_are_mirrored():
    """The row after the last is the last but one."""
    images = torch.randn(1, 1, 60, 64)
    assert torch.equal(padded(images, 32, 64)[..., 60, :], images[..., 58, :])


class Constant(Segmenter):
    """Scores that are the first bands of the image."""

    def logits(self, images):
        """Take the bands."""
        return images[:, : self.channels]


def test_mixup_costs_what_the_blended_images_cost_for_both_targets():
    """Only in training mode, and not for a single image."""
    network = Constant(None, 2, LossSettings(mixup=True))
    images = torch.randn(2, 2, 4, 5)
    targets = torch.stack((torch.zeros(4, 5), torch.ones(4, 5))).long()
    plain = Constant(None, 2, LossSettings()).losses(images, targets)["cross_entropy"]

    assert network.eval().losses(images, targets)["cross_entropy"] == plain
    network.train()
    torch.manual_seed(3)
    share = float(torch.distributions.Beta(0.4, 0.4).sample())
    torch.manual_seed(3)
    mixed = network.losses(images, targets)["cross_entropy"]

    blended = share * images + (1 - share) * images.flip(0)
    one = nn.functional.cross_entropy(blended, targets)
    other = nn.functional.cross_entropy(blended, targets.flip(0))
    assert torch.allclose(mixed, share * one + (1 - share) * other)
    alone = network.losses(images[:1], targets[:1])["cross_entropy"]
    assert torch.allclose(alone, nn.functional.cross_entropy(images[:1], targets[:1]))


@pytest.mark.parametrize("blocks", [0, 1, 3])
def test_a_full_resolution_network_sees_as_far_as_it_says(blocks):
    """A changed pixel changes scores within its reach and nowhere else, so tiles that share as much are seamless."""
    network = FullResolution(2, 3, 16, blocks, LossSettings()).eval()
    images = torch.randn(1, 2, 21, 25)
    changed = images.clone()
    changed[..., 10, 12] += 5
    with torch.inference_mode():
        moved = (network.logits(images) - network.logits(changed)).abs().amax(dim=(0, 1)) > 1e-7

    rows, cols = torch.nonzero(moved, as_tuple=True)
    assert network.reach == blocks
    assert max(int((rows - 10).abs().max()), int((cols - 12).abs().max())) == blocks


def test_bands_are_hidden_in_training_alone():
    """Whole bands of an image become their mean, which is 0."""
    network = FullResolution(6, 3, 16, 1, LossSettings(), band_drop=0.5)
    seen = []
    network.pixel.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    images = torch.ones(4, 6, 8, 9)

    network.logits(images)
    network.eval().logits(images)

    shares = seen[0].mean(dim=(2, 3))
    assert set(shares.unique().tolist()) == {0.0, 1.0} and not torch.equal(shares[0], shares[1])
    assert torch.equal(seen[1], images)


def test_a_pooling_branch_gets_group_norms_and_others_keep_theirs():
    """A batch of one has a single value there."""
    network = nn.Sequential(
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Sequential(nn.Conv2d(3, 32, 1), nn.BatchNorm2d(32))),
        nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.BatchNorm2d(32)),
    )
    steady_pooling(network)
    assert isinstance(network[0][1][1], nn.GroupNorm) and isinstance(network[1][1], nn.BatchNorm2d)


def edges(classes=1, background=True):
    """Return the specification of an edge detector."""
    return replace(get_architecture("HED_EDGEDETECTOR").spec("RESNET18", 3, classes), background=background)


def test_scores_of_edges_are_a_sigmoid_under_the_channel_of_the_first_class():
    """Background first; further classes mean edge too and are never the best."""
    torch.manual_seed(0)
    network = build_network(edges(classes=2)).eval()
    images = torch.randn(1, 3, 40, 50)
    with torch.inference_mode():
        edge = network.side_outputs(images)[:, 0]
        scores = network.scores(images)
    assert torch.allclose(scores[:, 1], edge.sigmoid(), atol=1e-6)
    assert (scores[:, 2] < 1e-6).all()


def test_edges_need_a_background():
    """Without it there is nothing they stand out from."""
    with pytest.raises(ParameterError, match="background to class"):
        build_network(edges(background=False))


def test_edge_and_background_weigh_the_same():
    """One edge pixel among three labelled ones weighs as much as the two others together."""
    logits, targets = torch.tensor([[[1.0, -2.0, 0.5, 9.0]]]), torch.tensor([[[1, 0, 0, UNLABELLED]]])
    each = nn.functional.binary_cross_entropy_with_logits(logits, (targets > 0).float(), reduction="none")[0, 0]
    expected = (2 / 3 * each[0] + 1 / 3 * (each[1] + each[2])) / 3
    assert torch.allclose(balanced_cross_entropy(logits, targets), expected)


def test_chips_without_an_edge_still_teach_background():
    """A batch of one kind is not weighted away."""
    logits = torch.zeros(1, 2, 2)
    assert float(balanced_cross_entropy(logits, torch.zeros(1, 2, 2).long())) == pytest.approx(0.6931, abs=1e-4)


@pytest.mark.parametrize(("name", "text"), [("use_unet", "false"), ("use_net", "no")])
def test_pspnet_is_built_without_a_unet_under_both_spellings(name, text):
    """One dialog of ArcGIS says use_net."""
    spec = get_architecture("PSPNET").spec("RESNET18", 3, 2, ((name, text), ("pyramid_sizes", "[1, 4]")))
    assert dict(spec.arguments)["use_unet"] == "false"
    network = build_network(spec)
    assert len(network.decoder[0].branches) == 2
    assert network.body.strides[-1] == 16
