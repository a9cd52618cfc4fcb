"""Backbones of the timm library: any of its models that has feature maps at strides 8, 16 and 32."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import timm
import timm.models
from torch import Tensor, nn

from ..errors import ParameterError
from .torchvision_bodies import STRIDES, Network

BUILD_ERRORS = (RuntimeError, ValueError, AttributeError, TypeError, KeyError, AssertionError)
"""What timm raises for a name it does not know or a model that cannot give features."""


class ChosenMaps:
    """Takes some of the feature maps of a network; an object, because it is copied and sent to other processes."""

    def __init__(self, wanted: tuple[int, ...], channels: tuple[int, ...]) -> None:
        """Keep which maps are wanted and how many channels each has."""
        self.wanted = wanted
        self.channels = channels

    def __call__(self, network: nn.Module, images: Tensor) -> list[Tensor]:
        """Return the wanted maps as (n, channels, rows, cols)."""
        maps = network(images)
        chosen = [maps[index] for index in self.wanted]
        return [
            level if level.shape[1] == width else level.permute(0, 3, 1, 2)
            for level, width in zip(chosen, self.channels, strict=True)
        ]


def timm_network(name: str, bands: int) -> Network:
    """Return a feature extractor with random weights.

    Args:
        name: The library's name of the model.
        bands: Number of bands.

    Raises:
        ParameterError: The model is unknown or has no feature maps at strides 8, 16 and 32.
    """
    try:
        network = timm.create_model(name, pretrained=False, features_only=True, in_chans=bands)
    except BUILD_ERRORS as error:
        raise ParameterError(
            f"backbone timm:{name} cannot be built as a feature extractor ({error}); choose another model of timm"
        ) from error
    info: Any = network.feature_info
    strides = [int(stride) for stride in info.reduction()]
    wanted = tuple(index for index, stride in enumerate(strides) if stride in STRIDES)
    found = tuple(strides[index] for index in wanted)
    if found not in (STRIDES, STRIDES[1:]):
        raise ParameterError(
            f"backbone timm:{name} has feature maps at strides {', '.join(map(str, strides))}, but those at "
            "8, 16 and 32 are needed; choose another model of timm"
        )
    channels = tuple(int(info.channels()[index]) for index in wanted)
    return network, ChosenMaps(wanted, channels), found, channels


def timm_state(name: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the weights of a whole model under the names of its feature extractor, for three bands.

    Raises:
        ParameterError: They are not the weights of this model.
    """
    try:
        network = timm.create_model(
            name, pretrained=True, features_only=True, pretrained_cfg_overlay={"state_dict": dict(state)}
        )
    except BUILD_ERRORS as error:
        raise ParameterError(f"the weights are not those of backbone timm:{name} ({error})") from error
    found = {key: value.detach() for key, value in network.state_dict().items()}
    if not _arrived(found, state):
        raise ParameterError(f"the weights are not those of backbone timm:{name}: hardly any of them fits")
    return found


def _arrived(found: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> bool:
    """Return whether most weights are among the given ones: timm passes over names it does not know."""
    marks = {(tuple(value.shape), float(value.double().sum())) for value in given.values()}
    weights = [value for value in found.values() if value.ndim >= 2]
    return 2 * sum((tuple(value.shape), float(value.double().sum())) in marks for value in weights) >= len(weights)


def timm_address(name: str) -> str:
    """Return where a model's default weights are, or an empty text when there are none."""
    config = timm.models.get_pretrained_cfg(name)
    if config is None:
        return ""
    if config.url:
        return str(config.url)
    if config.hf_hub_id:
        return f"https://huggingface.co/{config.hf_hub_id}/resolve/main/{config.hf_hub_filename or 'model.safetensors'}"
    return ""
