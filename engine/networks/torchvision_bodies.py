"""The backbones of torchvision without their classifiers, and where in them the feature maps are."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torchvision import models

STRIDES = (4, 8, 16, 32)

OTHER_NAMES = {"RESNEXT50": "resnext50_32x4d", "WIDE_RESNET50": "wide_resnet50_2"}
"""Our names that are not torchvision's in capitals."""

Network = tuple[nn.Module, Callable[[nn.Module, Tensor], list[Tensor]], tuple[int, ...], tuple[int, ...]]


def torchvision_name(name: str) -> str:
    """Return torchvision's name of one of our backbones."""
    return OTHER_NAMES.get(name, name.lower())


def torchvision_network(name: str) -> Network:
    """Return a network for three bands with random weights.

    Args:
        name: One of ``BACKBONES``.

    Returns:
        The network, the function that takes its feature maps, their strides and their channels.
    """
    network = models.get_model(torchvision_name(name), weights=None)
    if name.startswith("VGG"):
        network.avgpool, network.classifier = nn.Identity(), nn.Identity()
        return network, _vgg_features, STRIDES, (256, 512, 512, 512)
    if name.startswith("DENSENET"):
        network.classifier = nn.Identity()
        features = network.features
        inner = tuple(features.get_submodule(f"transition{stage}").norm.num_features for stage in (1, 2, 3))
        return network, _densenet_features, STRIDES, (*inner, features.norm5.num_features)
    if name == "MOBILENET_V2":
        network.classifier = nn.Identity()
        return network, _mobilenet_features, STRIDES, (24, 32, 96, 1280)
    width = network.fc.in_features
    network.fc, network.avgpool = nn.Identity(), nn.Identity()
    return network, _resnet_features, STRIDES, (width // 8, width // 4, width // 2, width)


def _resnet_features(network: nn.Module, images: Tensor) -> list[Tensor]:
    level = images
    for name in ("conv1", "bn1", "relu", "maxpool"):
        level = network.get_submodule(name)(level)
    maps = []
    for name in ("layer1", "layer2", "layer3", "layer4"):
        level = network.get_submodule(name)(level)
        maps.append(level)
    return maps


def _vgg_features(network: nn.Module, images: Tensor) -> list[Tensor]:
    """Take what enters the third, fourth and fifth pooling, and what leaves the fifth."""
    level, maps, pools = images, [], 0
    for layer in network.get_submodule("features").children():
        if isinstance(layer, nn.MaxPool2d):
            pools += 1
            if pools >= 3:
                maps.append(level)
        level = layer(level)
    return [*maps, level]


def _densenet_features(network: nn.Module, images: Tensor) -> list[Tensor]:
    level, maps = images, []
    for name, layer in network.get_submodule("features").named_children():
        level = layer(level)
        if name in ("denseblock1", "denseblock2", "denseblock3", "norm5"):
            maps.append(level)
    return maps


def _mobilenet_features(network: nn.Module, images: Tensor) -> list[Tensor]:
    level, maps = images, []
    for index, layer in enumerate(network.get_submodule("features").children()):
        level = layer(level)
        if index in (3, 6, 13, 18):
            maps.append(level)
    return maps
