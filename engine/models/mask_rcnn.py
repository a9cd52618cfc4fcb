"""Mask R-CNN: a two-stage detector with masks."""

from __future__ import annotations

from typing import Any

from .faster_rcnn import ARGUMENTS
from .registry import INSTANCE_FORMATS, ModelSpec, architecture


def emd_keys(spec: ModelSpec) -> dict[str, Any]:
    """Return the keys that arcgis.learn writes for this model alone."""
    return {"MaskRCNNkwargs": spec.values()}


@architecture(
    "MASKRCNN",
    title="Mask R-CNN",
    task="instance_segmentation",
    formats=INSTANCE_FORMATS,
    arguments=ARGUMENTS,
    model_name="MaskRCNN",
    configuration="_maskrcnn_inferencing",
    emd_keys=emd_keys,
    rate=5e-4,
    heavy=True,
)
def build(spec: ModelSpec) -> Any:
    """Two-stage detector with masks: proposes regions, judges each, mends its box and draws its mask."""
    from ..networks.mask_rcnn import MaskRCNN

    return MaskRCNN.from_spec(spec)
