"""MMSegmentation's role: one model type, many networks to choose from by the argument ``model``."""

from __future__ import annotations

from typing import Any

from ..errors import ParameterError
from .pixel_arguments import pixel_arguments
from .registry import PIXEL_FORMATS, ArgumentSpec, ModelSpec, architecture

MODELS = (
    "deeplabv3",
    "deeplabv3plus",
    "unet",
    "unetplusplus",
    "fpn",
    "sem_fpn",
    "linknet",
    "manet",
    "pan",
    "pspnet",
    "upernet",
    "segformer",
    "dpt",
    "mask2former",
)
"""Networks that can be chosen; sem_fpn is ArcGIS's name of fpn."""

NEAREST = {
    "ann": "pspnet",
    "apcnet": "pspnet",
    "ccnet": "manet",
    "cgnet": "linknet",
    "danet": "manet",
    "dmnet": "pspnet",
    "dnlnet": "manet",
    "emanet": "manet",
    "encnet": "deeplabv3",
    "fastscnn": "linknet",
    "fcn": "deeplabv3",
    "gcnet": "manet",
    "hrnet": "unetplusplus",
    "mobilenet_v2": "deeplabv3plus with backbone MOBILENET_V2",
    "mobilenet_v3": "deeplabv3plus with backbone timm:mobilenetv3_large_100",
    "nonlocal_net": "manet",
    "ocrnet": "upernet",
    "ocrnet_base": "upernet",
    "pointrend": "deeplabv3plus",
    "psanet": "pspnet",
    "resnest": "deeplabv3 with backbone timm:resnest50d",
}
"""ArcGIS's other names, and what of ours does the same kind of work."""

ARGUMENTS = (
    *pixel_arguments(dice=True),
    ArgumentSpec("model", "deeplabv3", "text", help="The network: one of " + ", ".join(MODELS) + "."),
    ArgumentSpec(
        "model_weight", "false", "text", help="Path of weights of the same network to start from (.pth, .safetensors)."
    ),
)


@architecture(
    "MMSEGMENTATION",
    title="MMSegmentation family",
    task="pixel_classification",
    formats=PIXEL_FORMATS,
    arguments=ARGUMENTS,
    model_name="MMSegmentation",
    configuration="_model_extension_inferencing",
    rate=1e-3,
)
def build(spec: ModelSpec) -> Any:
    """One of many segmentation networks, chosen by the argument model, on any backbone."""
    from ..networks.segmentation_models import segmentation_model

    return segmentation_model(offered(spec.values()["model"]), spec)


def offered(name: str) -> str:
    """Return a network's name as we write it.

    Raises:
        ParameterError: We do not have it; the nearest is named.
    """
    plain = name.strip().lower()
    if plain in MODELS:
        return plain
    near = f"{NEAREST[plain]} is the nearest" if plain in NEAREST else f"choose one of {', '.join(MODELS)}"
    raise ParameterError(f"argument model is {name!r}, which this plugin does not have; {near}")
