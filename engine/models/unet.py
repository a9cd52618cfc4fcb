"""U-Net: the first choice for objects and classes that can be told by their surroundings."""

from __future__ import annotations

from typing import Any

from .pixel_arguments import pixel_arguments
from .registry import PIXEL_FORMATS, ModelSpec, architecture


@architecture(
    "UNET",
    title="U-Net",
    task="pixel_classification",
    formats=PIXEL_FORMATS,
    arguments=pixel_arguments(dice=True),
    model_name="UnetClassifier",
    configuration="_unet",
    rate=1e-3,
)
def build(spec: ModelSpec) -> Any:
    """Backbone and a decoder that doubles its maps step by step, with the backbone's finer maps beside them."""
    from ..networks.segmentation_zoo import zoo_network

    return zoo_network("unet", spec)
