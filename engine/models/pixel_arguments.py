"""Arguments that every segmentation architecture takes, with ArcGIS's names."""

from __future__ import annotations

from .arguments import ArgumentSpec

BACKGROUND_CHOICES = ("auto", "class", "ignore")
"""What pixels of value 0 are: as the training data says, a class of their own, or not labelled."""


def pixel_arguments(*, dice: bool) -> tuple[ArgumentSpec, ...]:
    """Return the arguments.

    Args:
        dice: Whether the Dice loss is added by default.
    """
    return (
        ArgumentSpec(
            "class_balancing", "false", "bool", help="Weigh the pixels of a class by the inverse of its frequency."
        ),
        ArgumentSpec("mixup", "false", "bool", help="Learn from blended pairs of chips."),
        ArgumentSpec("focal_loss", "false", "bool", help="Learn hard pixels more than easy ones."),
        ArgumentSpec(
            "dice_loss",
            str(dice).lower(),
            "bool",
            help="Add the Dice loss, which counts small and large classes alike.",
        ),
        ArgumentSpec("dice_loss_fraction", "0.5", "float", 0, 1, help="Share of the Dice loss where it is added."),
        ArgumentSpec("ignore_classes", "", "list", 0, whole=True, help="Class values whose pixels are not learnt."),
        ArgumentSpec(
            "background",
            "auto",
            "choice",
            choices=BACKGROUND_CHOICES,
            help="What pixels of value 0 are: as the training data says (auto), a class, or unlabelled (ignore).",
        ),
    )
