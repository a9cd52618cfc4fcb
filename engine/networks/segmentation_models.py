"""The networks behind the argument ``model`` of MMSEGMENTATION."""

from __future__ import annotations

from ..models.registry import ModelSpec
from .segmenter import Segmenter


def segmentation_model(name: str, spec: ModelSpec) -> Segmenter:
    """Return a network with random weights; libraries that others do not need are imported here.

    Args:
        name: One of ``models.mmsegmentation.MODELS``.
        spec: Backbone, bands, channels and losses.

    Raises:
        ParameterError: The backbone is unknown or does not go with it.
    """
    if name == "mask2former":
        from .mask_transformer import mask_transformer

        return mask_transformer(spec)
    if name in ("deeplabv3", "deeplabv3plus"):
        from .deeplab import deeplab

        return deeplab(spec, plus=name == "deeplabv3plus")
    if name == "pspnet":
        from .pspnet import pyramid_scene_parsing

        return pyramid_scene_parsing(spec)
    from .segmentation_zoo import dense_prediction_transformer, pyramid_attention, zoo_network

    if name == "dpt":
        return dense_prediction_transformer(spec)
    if name == "pan":
        return pyramid_attention(spec)
    return zoo_network({"sem_fpn": "fpn"}.get(name, name), spec)
