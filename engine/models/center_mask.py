"""CenterMask: a detector without anchors that draws masks, the first choice without pre-trained weights."""

from __future__ import annotations

from typing import Any

from . import fcos
from .registry import INSTANCE_FORMATS, ArgumentSpec, ModelSpec, architecture

ARGUMENTS = (
    *fcos.ARGUMENTS,
    ArgumentSpec("mask_convolutions", "4", "int", 0, 8, help="Convolutions of the head that draws masks."),
)


@architecture(
    "CENTERMASK",
    title="CenterMask",
    task="instance_segmentation",
    formats=INSTANCE_FORMATS,
    arguments=ARGUMENTS,
    rate=2e-3,
)
def build(spec: ModelSpec) -> Any:
    """Detector without anchors, with masks: every cell of a pyramid may find an object, a head draws its mask."""
    from ..networks.center_mask import CenterMask

    return CenterMask.from_spec(spec)
