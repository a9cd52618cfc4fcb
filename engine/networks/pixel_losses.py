"""Losses of segmentation networks: what the scores of labelled pixels cost.

Logits are (batch, channels, rows, cols), targets int64 (batch, rows, cols) with ``UNLABELLED`` where nothing is known.
Every loss is a float32 scalar, a mean over the labelled pixels of the batch, and 0 where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as functional
from torch import Tensor

from ..errors import ModelPackageError
from ..models.arguments import ArgumentSpec
from ..models.registry import ModelSpec

UNLABELLED = -1
"""Target of a pixel of which nothing is known, or nothing may be learnt."""

FOCUS = 2.0
"""How strongly the focal loss turns away from pixels that are already right; the paper's best."""

SMOOTH = 1.0
"""Pixels added to both sides of a Dice fraction, so that a class of few pixels does not jump."""

CLASS_WEIGHTS = "class_weights"
"""Name in ``ModelSpec.extra`` under which a training keeps the weight of every channel."""

CLASS_SHARES = "class_shares"
"""Name under which it keeps how frequent every class is, where that is where the network starts from."""

_WEIGHT_LIST = ArgumentSpec(CLASS_WEIGHTS, "", "list", 0)


@dataclass(frozen=True)
class LossSettings:
    """Which losses are summed.

    Attributes:
        class_weights: Weight of a pixel of each channel in cross entropy or focal loss; None weighs all the same.
        focal: Whether the focal loss takes the place of cross entropy.
        dice: Whether the Dice loss is added.
        dice_fraction: Share of the Dice loss in the sum, 0..1; the other loss has the rest.
        mixup: Whether a training step blends pairs of images.
    """

    class_weights: tuple[float, ...] | None = None
    focal: bool = False
    dice: bool = False
    dice_fraction: float = 0.5
    mixup: bool = False

    @classmethod
    def from_spec(cls, spec: ModelSpec) -> Self:
        """Return the settings that stand in a specification: its arguments, and the weights in ``extra``.

        Raises:
            ModelPackageError: There are weights, but not one of each channel.
        """
        values = spec.values()
        weights = _WEIGHT_LIST.parse(dict(spec.extra).get(CLASS_WEIGHTS, ""))
        if weights is not None and len(weights) != spec.outputs:
            raise ModelPackageError(
                f"the description of the network has {len(weights)} class weights for {spec.outputs} channels: "
                "train the model again"
            )
        return cls(
            class_weights=weights,
            focal=bool(values.get("focal_loss", False)),
            dice=bool(values.get("dice_loss", False)),
            dice_fraction=float(values.get("dice_loss_fraction", 0.5)),
            mixup=bool(values.get("mixup", False)),
        )


def pixel_losses(logits: Tensor, targets: Tensor, settings: LossSettings) -> dict[str, Tensor]:
    """Return the named losses of a batch; their sum is what training lowers.

    Args:
        logits: (n, channels, rows, cols).
        targets: (n, rows, cols) int64.
        settings: Which losses.
    """
    logits = logits.float()
    weights = None if settings.class_weights is None else logits.new_tensor(settings.class_weights)
    share = 1.0 - settings.dice_fraction if settings.dice else 1.0
    losses: dict[str, Tensor] = {}
    if settings.focal:
        losses["focal"] = share * focal_loss(logits, targets, weights)
    else:
        losses["cross_entropy"] = share * cross_entropy(logits, targets, weights)
    if settings.dice:
        losses["dice"] = settings.dice_fraction * dice_loss(logits, targets)
    return losses


def cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the mean of -log p of the labelled pixels' own channels, weighted by channel.

    Args:
        logits: (n, channels, rows, cols) float32.
        targets: (n, rows, cols) int64.
        weights: (channels,) float32, or None.
    """
    total = functional.cross_entropy(logits, targets, weights, ignore_index=UNLABELLED, reduction="sum")
    return total / _weight_of(targets, weights)


def focal_loss(logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Return the mean of -(1 - p)^2 log p of the labelled pixels' own channels, weighted by channel.

    Lin et al. 2017, "Focal Loss for Dense Object Detection" (arXiv 1708.02002), equation 5 with its alpha as the
    channels' weights, for a softmax.

    Args:
        logits: (n, channels, rows, cols) float32.
        targets: (n, rows, cols) int64.
        weights: (channels,) float32, or None.
    """
    log_chance = -functional.cross_entropy(logits, targets, ignore_index=UNLABELLED, reduction="none")
    each = -((1.0 - log_chance.exp()) ** FOCUS) * log_chance
    if weights is not None:
        each = each * weights[targets.clamp(min=0)]
    return (each * (targets != UNLABELLED)).sum() / _weight_of(targets, weights)


def dice_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """Return 1 - the mean soft Dice coefficient of the channels that the batch has labelled pixels of.

    The coefficient is (2 sum p t + s) / (sum p + sum t + s) over the labelled pixels of the whole batch: Milletari et
    al. 2016, "V-Net" (arXiv 1606.04797), equation of section 3, without the squares, smoothed by one pixel.

    Args:
        logits: (n, channels, rows, cols) float32.
        targets: (n, rows, cols) int64.
    """
    chances = logits.softmax(dim=1)
    channels = torch.arange(logits.shape[1], device=logits.device).view(1, -1, 1, 1)
    own = targets[:, None] == channels
    over = (0, 2, 3)
    hit = (chances * own).sum(over)
    claimed = (chances * (targets[:, None] != UNLABELLED)).sum(over)
    there = own.sum(over)
    coefficient = (2.0 * hit + SMOOTH) / (claimed + there + SMOOTH)
    present = there > 0
    return ((1.0 - coefficient) * present).sum() / present.sum().clamp(min=1)


def _weight_of(targets: Tensor, weights: Tensor | None) -> Tensor:
    """Return the summed weight of the labelled pixels; 1 where that is nothing."""
    known = targets != UNLABELLED
    total = known.sum() if weights is None else (weights[targets.clamp(min=0)] * known).sum()
    return torch.where(total > 0, total, torch.ones_like(total))
