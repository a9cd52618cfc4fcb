"""The networks behind the argument ``model`` of MMSEGMENTATION."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from ..errors import ModelPackageError
from ..models.arguments import NO
from ..models.registry import ModelSpec
from ..package.weights import read_weights
from .segmenter import Segmenter

OTHER_NAMES = (("encoder.", "body.network."), ("segmentation_head.", "head."))
"""Beginnings of parameter names in files of segmentation_models_pytorch, and ours."""

ENOUGH = 0.5
"""Least share of a network's layers that a file of weights must fit."""


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


def take_model_weight(network: nn.Module, text: str) -> int:
    """Put the weights that the argument ``model_weight`` names into a network; a training does this before it starts.

    Layers that the file lacks or has in another shape, such as a head for other classes, keep what they have.

    Args:
        network: The network; changed.
        text: Path of a file of our own or of segmentation_models_pytorch; empty or ``false`` for none.

    Returns:
        The number of tensors taken over.

    Raises:
        ModelPackageError: The file is missing, unsafe or damaged, or its weights are those of another network.
    """
    if text.strip().lower() in ("", *NO):
        return 0
    path = Path(text.strip())
    if not path.is_file():
        raise ModelPackageError(f"argument model_weight is {text}: there is no such file; give a path, or false")
    own = network.state_dict()
    fitting: dict[str, Tensor] = {}
    for name, tensor in read_weights(path).items():
        own_name = name
        for theirs, ours in OTHER_NAMES:
            if name.startswith(theirs):
                own_name = ours + name[len(theirs) :]
        if own_name in own and own[own_name].shape == tensor.shape:
            fitting[own_name] = tensor
    if len(fitting) < ENOUGH * len(own):
        raise ModelPackageError(
            f"the weights {path.name} fit {len(fitting)} of the network's {len(own)} layers: they are those of another "
            "network; choose the same model and backbone, or set model_weight to false"
        )
    network.load_state_dict(fitting, strict=False)
    return len(fitting)
