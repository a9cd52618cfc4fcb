"""Losses of pixels against numbers worked out by hand, and where there is hardly anything to learn from."""

import json
import math

import pytest
import torch

from engine.errors import ModelPackageError
from engine.models.registry import get_architecture
from engine.networks.pixel_losses import (
    UNLABELLED,
    LossSettings,
    cross_entropy,
    dice_loss,
    focal_loss,
    pixel_losses,
)

torch.set_num_threads(1)


def pixels(*chances):
    """Return logits of one row of pixels, from the probability of each channel."""
    return torch.tensor(chances, dtype=torch.float32).log().t()[None, :, None, :]


def row(*targets):
    """Return targets of one row of pixels."""
    return torch.tensor([[targets]])


TWO = pixels((0.5, 0.5), (0.8, 0.2), (0.1, 0.9))


def test_cross_entropy_is_a_mean_over_labelled_pixels():
    """The third pixel is not labelled and changes nothing."""
    loss = cross_entropy(TWO, row(0, 1, UNLABELLED))
    assert float(loss) == pytest.approx(-(math.log(0.5) + math.log(0.2)) / 2)


def test_class_weights_weigh_pixels_by_their_class():
    """The sum is divided by the summed weight, so weights of one size are no weights."""
    loss = cross_entropy(TWO, row(0, 1, UNLABELLED), torch.tensor([1.0, 3.0]))
    assert float(loss) == pytest.approx(-(math.log(0.5) + 3 * math.log(0.2)) / 4)
    assert torch.allclose(cross_entropy(TWO, row(0, 1, 1), torch.full((2,), 7.0)), cross_entropy(TWO, row(0, 1, 1)))


def test_the_focal_loss_turns_away_from_pixels_that_are_right():
    """Each term of the cross entropy times (1 - p) squared."""
    loss = focal_loss(TWO, row(0, UNLABELLED, 1), torch.tensor([1.0, 3.0]))
    assert float(loss) == pytest.approx(-(0.25 * math.log(0.5) + 3 * 0.01 * math.log(0.9)) / 4)


def test_the_dice_loss_is_a_mean_over_the_classes_that_are_there():
    """Worked out for two labelled pixels of one class: the other class is not counted."""
    both = 1 - (2 * (0.5 + 0.8) + 1) / ((0.5 + 0.8) + 2 + 1)
    assert float(dice_loss(TWO, row(0, 0, UNLABELLED))) == pytest.approx(both)
    first = 1 - (2 * 0.5 + 1) / ((0.5 + 0.8) + 1 + 1)
    second = 1 - (2 * 0.2 + 1) / ((0.5 + 0.2) + 1 + 1)
    assert float(dice_loss(TWO, row(0, 1, UNLABELLED))) == pytest.approx((first + second) / 2)


def test_a_perfect_answer_costs_almost_nothing():
    """Dice and cross entropy agree on that."""
    logits = 20.0 * torch.nn.functional.one_hot(row(0, 1, 1), 2).permute(0, 3, 1, 2).float()
    losses = pixel_losses(logits, row(0, 1, 1), LossSettings(dice=True))
    assert all(float(loss) < 1e-4 for loss in losses.values())


def test_losses_are_named_and_share_as_asked():
    """The fraction is the Dice loss's; the rest is the other's."""
    targets = row(0, 1, UNLABELLED)
    plain = pixel_losses(TWO, targets, LossSettings())
    assert list(plain) == ["cross_entropy"]
    both = pixel_losses(TWO, targets, LossSettings(focal=True, dice=True, dice_fraction=0.25))
    assert list(both) == ["focal", "dice"]
    assert torch.allclose(both["focal"], 0.75 * focal_loss(TWO, targets))
    assert torch.allclose(both["dice"], 0.25 * dice_loss(TWO, targets))


@pytest.mark.parametrize("settings", [LossSettings(), LossSettings((1.0, 0.0), True, True), LossSettings(dice=True)])
@pytest.mark.parametrize("targets", [row(UNLABELLED, UNLABELLED, UNLABELLED), row(UNLABELLED, 1, UNLABELLED)])
def test_hardly_anything_labelled_is_finite_and_has_a_gradient(settings, targets):
    """No pixel, one pixel, one class, a class of weight 0."""
    logits = TWO.clone().requires_grad_()
    total = sum(pixel_losses(logits, targets, settings).values())
    total.backward()
    assert total.dtype == torch.float32 and total.isfinite() and logits.grad.isfinite().all()
    if not (targets != UNLABELLED).any():
        assert float(total.detach()) == 0


def test_a_network_of_one_channel_has_nothing_to_learn():
    """Its only class is certain everywhere."""
    logits = torch.zeros((1, 1, 1, 3), requires_grad=True)
    total = sum(pixel_losses(logits, row(0, 0, UNLABELLED), LossSettings(focal=True, dice=True)).values())
    total.backward()
    assert float(total.detach()) == pytest.approx(0)


def test_half_precision_logits_are_summed_in_single_precision():
    """Training with bfloat16 keeps its losses."""
    loss = pixel_losses(TWO.bfloat16(), row(0, 1, 1), LossSettings(dice=True))
    assert all(value.dtype == torch.float32 for value in loss.values())


def test_settings_come_from_the_arguments_and_the_weights_of_the_training():
    """One weight for each channel, or the package is refused."""
    arguments = (("focal_loss", "true"), ("dice_loss", "true"), ("dice_loss_fraction", "0.3"), ("mixup", "true"))
    spec = get_architecture("FULLRES").spec("NONE", 4, 2, arguments)
    assert LossSettings.from_spec(spec) == LossSettings(None, True, True, 0.3, True)

    weighted = type(spec)(**{**spec.__dict__, "extra": (("class_weights", json.dumps([0.5, 2.0])),)})
    assert LossSettings.from_spec(weighted).class_weights == (0.5, 2.0)
    with pytest.raises(ModelPackageError, match="2 class weights for 3 channels"):
        LossSettings.from_spec(type(spec)(**{**weighted.__dict__, "background": True}))
