"""Backbones for segmentation: the same networks as for detection, with feature maps at strides 1 to 32.

The first map is the images themselves, but for networks that have features of their own there (VGG). Parameter names
inside ``Body.network`` are those of the library it comes from, so ImageNet weights fit by name.
"""

from __future__ import annotations

import segmentation_models_pytorch as smp
from segmentation_models_pytorch.encoders.resnet import ResNetEncoder
from segmentation_models_pytorch.encoders.timm_universal import TimmUniversalEncoder
from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck

from ..errors import ParameterError
from ..models.backbones import TIMM_PREFIX, backbone_name
from .backbones import Body
from .timm_bodies import BUILD_ERRORS
from .torchvision_bodies import torchvision_name

STRIDES = (1, 2, 4, 8, 16, 32)

POOLED = ("VGG", "DENSENET")
"""Beginnings of names of backbones that halve by pooling: their last stages cannot be dilated instead."""

WIDE = "wide_resnet50_2"

smp.encoders.encoders.setdefault(
    WIDE,
    {
        "encoder": ResNetEncoder,
        "pretrained_settings": {},
        "params": {
            "out_channels": [3, 64, 256, 512, 1024, 2048],
            "block": Bottleneck,
            "layers": [3, 4, 6, 3],
            "width_per_group": 128,
        },
    },
)


class TimmMaps:
    """Gives the maps of a network of timm as the library's encoder does; an object, because it is copied and sent."""

    def __init__(self, encoder: TimmUniversalEncoder) -> None:
        """Keep what the encoder found out about its network."""
        self.channels_last = bool(encoder._is_channel_last)
        self.starts_at_4 = bool(encoder._is_transformer_style)
        self.starts_at_1 = bool(encoder._is_vgg_style)

    def __call__(self, network: nn.Module, images: Tensor) -> list[Tensor]:
        """Return the maps from stride 1 on, (n, channels, rows, cols); a stride the network lacks has 0 channels."""
        maps = list(network(images))
        if self.channels_last:
            maps = [level.permute(0, 3, 1, 2) for level in maps]
        if self.starts_at_4:
            maps = [images[:, :0, ::2, ::2], *maps]
        return maps if self.starts_at_1 else [images, *maps]


def encoder_body(name: str, bands: int, stride: int = 32) -> Body:
    """Return a backbone with random weights.

    Args:
        name: One of ``BACKBONES``, or ``timm:<model>``.
        bands: Number of bands, 1 or more.
        stride: Stride of the last feature map, 8, 16 or 32: later stages are dilated. Backbones that halve by pooling,
            and those of timm that cannot be dilated, keep 32.

    Raises:
        ParameterError: The backbone is unknown or has no feature maps at strides 4 to 32.
    """
    name = backbone_name(name)
    if name.startswith(POOLED):
        stride = 32
    if name.startswith(TIMM_PREFIX) and stride < 32:
        try:
            return body_of(name, bands, _encoder(name, bands, stride), stride)
        except ParameterError:
            stride = 32
    return body_of(name, bands, _encoder(name, bands, stride), stride)


def library_name(name: str) -> str:
    """Return what segmentation_models_pytorch calls one of our backbones."""
    return "tu-" + name[len(TIMM_PREFIX) :] if name.startswith(TIMM_PREFIX) else torchvision_name(name)


def body_of(name: str, bands: int, encoder: nn.Module, stride: int = 32) -> Body:
    """Return an encoder of segmentation_models_pytorch as a backbone.

    Args:
        name: Our name of it.
        bands: Number of bands it takes.
        encoder: The encoder.
        stride: Stride of its last map.
    """
    channels = tuple(int(width) for width in encoder.out_channels)  # type: ignore[union-attr]
    strides = tuple(min(own, stride) for own in STRIDES)
    if isinstance(encoder, TimmUniversalEncoder):
        return Body(name, bands, encoder.model, TimmMaps(encoder), strides, channels)
    return Body(name, bands, encoder, _maps, strides, channels)


def _maps(network: nn.Module, images: Tensor) -> list[Tensor]:
    return list(network(images))


def _encoder(name: str, bands: int, stride: int) -> nn.Module:
    try:
        encoder: nn.Module = smp.encoders.get_encoder(
            library_name(name), in_channels=bands, depth=5, weights=None, output_stride=stride
        )
    except BUILD_ERRORS as error:
        raise ParameterError(
            f"backbone {name} cannot be built with feature maps at strides 4 to 32 ({error}); choose another backbone"
        ) from error
    return encoder
