"""Names of the backbones a user can choose; the networks themselves stand in ``engine/networks/backbones.py``."""

from __future__ import annotations

from ..errors import ParameterError

RESNETS = (
    "RESNET18",
    "RESNET34",
    "RESNET50",
    "RESNET101",
    "RESNET152",
    "RESNEXT50",
    "WIDE_RESNET50",
)
DENSENETS = ("DENSENET121", "DENSENET161", "DENSENET169", "DENSENET201")
VGGS = ("VGG11", "VGG11_BN", "VGG13", "VGG13_BN", "VGG16", "VGG16_BN", "VGG19", "VGG19_BN")

BACKBONES = (*RESNETS, "MOBILENET_V2", *DENSENETS, *VGGS)
"""Backbones with ImageNet weights of torchvision, in the order they are offered."""

TIMM_PREFIX = "timm:"
"""What stands before the name of a model of the timm library."""

FULL_RESOLUTION = "FULLRES"
"""Few convolutions that keep every pixel, for small chips; there are no ImageNet weights of it."""

NO_BACKBONE = "NONE"
"""Backbone of an architecture that has none, whatever was asked for."""


def backbone_name(text: str, choices: tuple[str, ...] = BACKBONES) -> str:
    """Return a backbone's name as we write it: capitals, or ``timm:`` and the library's own name.

    Args:
        text: The name as the user or a model package gives it, in any case; ``resnet34`` and ``ResNet-34`` both do.
        choices: The names an architecture accepts beside ``timm:``.

    Raises:
        ParameterError: The backbone is not offered.
    """
    plain = text.strip()
    if plain.lower().startswith(TIMM_PREFIX):
        name = plain[len(TIMM_PREFIX) :].strip()
        if name:
            return TIMM_PREFIX + name
    folded = {choice.replace("_", "").replace("-", "").upper(): choice for choice in choices}
    found = folded.get(plain.replace("_", "").replace("-", "").upper())
    if found is None:
        raise ParameterError(f"backbone {text!r} is unknown; choose one of {', '.join(choices)} or timm:<model>")
    return found
