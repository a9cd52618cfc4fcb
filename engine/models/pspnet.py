"""PSPNet: scores that know the whole tile."""

from __future__ import annotations

from typing import Any

from .pixel_arguments import pixel_arguments
from .registry import PIXEL_FORMATS, ArgumentSpec, ModelSpec, architecture

ARGUMENTS = (
    *pixel_arguments(dice=True),
    ArgumentSpec("use_unet", "true", "bool", help="Decode with a U-Net's decoder.", aliases=("use_net",)),
    ArgumentSpec(
        "pyramid_sizes",
        "[1, 2, 3, 6]",
        "list",
        1,
        64,
        whole=True,
        help="Cells along a side of each grid over which features are averaged.",
    ),
)


@architecture(
    "PSPNET",
    title="PSPNet",
    task="pixel_classification",
    formats=PIXEL_FORMATS,
    arguments=ARGUMENTS,
    model_name="PSPNetClassifier",
    configuration="_psp",
    rate=1e-3,
)
def build(spec: ModelSpec) -> Any:
    """Backbone and means of its features over grids of several sizes, decoded by a U-Net's decoder or interpolated."""
    from ..networks.pspnet import pyramid_scene_parsing

    return pyramid_scene_parsing(spec)
