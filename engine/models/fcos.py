"""FCOS: a detector without anchors, the first choice where no pre-trained weights are at hand."""

from __future__ import annotations

from typing import Any

from .registry import ArgumentSpec, ModelSpec, architecture

ARGUMENTS = (
    ArgumentSpec(
        "center_sampling_radius",
        "1.5",
        "float",
        0.5,
        8.0,
        help="How far from an object's centre, in cells of the pyramid level, a cell may learn the object.",
    ),
    ArgumentSpec("channels", "128", "int", 32, 512, help="Channels of pyramid and heads; a multiple of 32."),
    ArgumentSpec("convolutions", "2", "int", 0, 8, help="Convolutions in each of the two heads."),
    ArgumentSpec(
        "finest_stride",
        "8",
        "choice",
        choices=("4", "8"),
        help="Pixels per cell of the finest pyramid level; 4 finds objects below 10 pixels and costs about twice.",
    ),
    ArgumentSpec(
        "quality",
        "centerness",
        "choice",
        choices=("centerness", "iou"),
        help="What weighs the score of a box: how central its cell is, or the IoU that the network expects.",
    ),
)


@architecture("FCOS", title="FCOS", task="object_detection", arguments=ARGUMENTS, rate=2e-3)
def build(spec: ModelSpec) -> Any:
    """Detector without anchors: every cell of a feature pyramid predicts class, box and how central it is."""
    from ..networks.fcos import FCOS

    return FCOS.from_spec(spec)
