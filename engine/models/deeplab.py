"""DeepLabV3: scores from convolutions with holes of several widths."""

from __future__ import annotations

from typing import Any

from .pixel_arguments import pixel_arguments
from .registry import PIXEL_FORMATS, ModelSpec, architecture


@architecture(
    "DEEPLAB",
    title="DeepLabV3",
    task="pixel_classification",
    formats=PIXEL_FORMATS,
    arguments=pixel_arguments(dice=True),
    model_name="DeepLab",
    configuration="_deeplab_infrencing",
    rate=1e-3,
)
def build(spec: ModelSpec) -> Any:
    """Backbone and convolutions with holes of several widths; scores at stride 16, interpolated."""
    from ..networks.deeplab import deeplab

    return deeplab(spec)
