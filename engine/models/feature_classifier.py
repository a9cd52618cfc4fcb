"""Feature classifier: one class, or several, for an object or an image as a whole."""

from __future__ import annotations

from typing import Any

from .backbones import FULL_RESOLUTION
from .registry import BACKBONES, LABEL_FORMATS, ArgumentSpec, ModelSpec, architecture

SMALL_TILE = 64
"""Side up to which chips are shown to a network that keeps every pixel, where nothing was learnt before."""

ARGUMENTS = (
    ArgumentSpec(
        "use_statistics",
        "auto",
        "choice",
        choices=("auto", "true", "false"),
        help="Learn from mean, deviation and quantiles of each band inside the object too; auto does, but for many "
        "chips of three 8-bit bands.",
    ),
    ArgumentSpec("class_balancing", "false", "bool", help="Weigh a class by the inverse of its frequency."),
    ArgumentSpec(
        "class_weights", "", "list", 0, help="Weight of each class, in the order of their values; empty for all alike."
    ),
    ArgumentSpec("mixup", "false", "bool", help="Learn from blended pairs of chips."),
    ArgumentSpec(
        "dropout", "0.3", "float", 0, 0.9, help="Share of features and statistics that a training step hides."
    ),
)


def untrained(tile: tuple[int, int], chips: int) -> str:
    """Return the backbone that learns best from random weights."""
    return FULL_RESOLUTION if max(tile) <= SMALL_TILE else "RESNET18"


@architecture(
    "FEATURE_CLASSIFIER",
    title="Feature classifier",
    task="object_classification",
    formats=LABEL_FORMATS,
    backbones=(*BACKBONES, FULL_RESOLUTION),
    arguments=ARGUMENTS,
    model_name="FeatureClassifier",
    configuration="_FeatureClassifier",
    rate=1e-3,
    untrained=untrained,
)
def build(spec: ModelSpec) -> Any:
    """Class of an object by the features of a backbone inside it, and by statistics of its bands."""
    from ..networks.feature_classifier import FeatureClassifier

    return FeatureClassifier.from_spec(spec)
