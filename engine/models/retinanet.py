"""RetinaNet: a one-stage detector with anchors."""

from __future__ import annotations

from typing import Any

from .registry import ArgumentSpec, ModelSpec, architecture

ARGUMENTS = (
    ArgumentSpec(
        "scales", "[1, 0.8, 0.63]", "list", 0.05, 16, help="Sizes of the anchors of a level, as factors of four cells."
    ),
    ArgumentSpec("ratios", "[0.5, 1, 2]", "list", 0.05, 20, help="Aspect ratios of the anchors, height by width."),
    ArgumentSpec("channels", "128", "int", 32, 512, help="Channels of pyramid and head; a multiple of 32."),
)


@architecture(
    "RETINANET",
    title="RetinaNet",
    task="object_detection",
    arguments=ARGUMENTS,
    configuration="_RetinaNet_Inference",
)
def build(spec: ModelSpec) -> Any:
    """One-stage detector with anchors on a feature pyramid, learnt with the focal loss."""
    from ..networks.retinanet import RetinaNet

    return RetinaNet.from_spec(spec)
