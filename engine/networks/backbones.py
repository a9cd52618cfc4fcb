"""Backbones: image networks cut into stages, for any number of bands.

A ``Body`` returns its feature maps at strides 4, 8, 16 and 32 (some networks of timm have no stride 4). Parameter names
inside ``Body.network`` are those of the library it comes from, so ImageNet weights fit by name. Nothing is fetched
when a backbone is built: ``fetch_weights`` is a step of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor, nn

from ..errors import ParameterError
from ..models.backbones import TIMM_PREFIX, backbone_name
from .pretrained import fetch_weights
from .torchvision_bodies import torchvision_network

__all__ = ["WEIGHT_SCHEMES", "Body", "build_body", "fetch_weights", "first_convolution", "load_pretrained"]

WEIGHT_SCHEMES = ("RANDOM", "RED_BAND", "ALL_RANDOM")
"""What the first layer gets where a raster has other bands than red, green and blue."""

Features = Callable[[nn.Module, Tensor], list[Tensor]]
"""Network and images to feature maps, finest first."""


class Body(nn.Module):
    """A backbone.

    Attributes:
        name: The backbone's name.
        bands: Number of bands it takes.
        network: The library's network without its classifier.
        strides: Stride of each feature map it returns, ascending.
        channels: Channels of each feature map.
    """

    def __init__(
        self,
        name: str,
        bands: int,
        network: nn.Module,
        features: Features,
        strides: tuple[int, ...],
        channels: tuple[int, ...],
    ) -> None:
        """Wrap a network; see the class for the arguments."""
        super().__init__()
        self.name = name
        self.bands = bands
        self.network = network
        self.strides = strides
        self.channels = channels
        self._features = features

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the feature maps of (n, bands, rows, cols) images, finest first."""
        return self._features(self.network, images)


def build_body(name: str, bands: int) -> Body:
    """Return a backbone with random weights.

    Args:
        name: One of ``BACKBONES``, or ``timm:<model>``.
        bands: Number of bands, 1 or more.

    Raises:
        ParameterError: The backbone is unknown or has no feature maps at strides 8 to 32.
    """
    name = backbone_name(name)
    if name.startswith(TIMM_PREFIX):
        from .timm_bodies import timm_network  # a second of processor time that other backbones need not pay

        return Body(name, bands, *timm_network(name[len(TIMM_PREFIX) :], bands))
    network, features, strides, channels = torchvision_network(name)
    _replace_first_convolution(network, bands)
    return Body(name, bands, network, features, strides, channels)


def load_pretrained(
    body: Body, state: Mapping[str, Tensor], scheme: str = "RANDOM", rgb: tuple[int, int, int] = (0, 1, 2)
) -> None:
    """Put ImageNet weights into a backbone.

    Args:
        body: The backbone; changed in place.
        state: Weights of the whole library model for three bands, as ``fetch_weights`` returns them.
        scheme: First layer when there are other bands than three: ``RANDOM`` keeps random weights for the bands that
            are not red, green or blue, ``RED_BAND`` copies the red ones there, ``ALL_RANDOM`` keeps all random.
        rgb: Which bands are red, green and blue, 0-based; bands that do not exist are passed over.

    Raises:
        ParameterError: The scheme is unknown, or the weights are those of another network.
    """
    if scheme not in WEIGHT_SCHEMES:
        raise ParameterError(f"weight_init_scheme is {scheme!r}; it must be one of {', '.join(WEIGHT_SCHEMES)}")
    given: Mapping[str, Tensor] = state
    if body.name.startswith(TIMM_PREFIX):
        from .timm_bodies import timm_state  # see build_body

        given = timm_state(body.name[len(TIMM_PREFIX) :], state)
    first = first_convolution(body.network)[0] + ".weight"
    fitted = {}
    for key, own in body.network.state_dict().items():
        if key not in given:
            raise ParameterError(f"the weights have no {key}: they are not those of backbone {body.name}")
        weight = given[key]
        if key == first and (body.bands != 3 or rgb != (0, 1, 2)):
            weight = _for_bands(own, weight, scheme, rgb)
        if weight.shape != own.shape:
            raise ParameterError(f"weight {key} has shape {tuple(weight.shape)}: not that of backbone {body.name}")
        fitted[key] = weight
    body.network.load_state_dict(fitted)


def first_convolution(network: nn.Module) -> tuple[str, nn.Conv2d]:
    """Return name and module of the first convolution of a network.

    Raises:
        ParameterError: It has none.
    """
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            return name, module
    raise ParameterError(f"network {type(network).__name__} has no convolution; choose another backbone")


def _replace_first_convolution(network: nn.Module, bands: int) -> None:
    name, old = first_convolution(network)
    if old.in_channels == bands:
        return
    new = nn.Conv2d(
        bands,
        old.out_channels,
        kernel_size=(old.kernel_size[0], old.kernel_size[1]),
        stride=(old.stride[0], old.stride[1]),
        padding=old.padding if isinstance(old.padding, str) else (old.padding[0], old.padding[1]),
        bias=old.bias is not None,
    )
    nn.init.kaiming_normal_(new.weight, mode="fan_out", nonlinearity="relu")
    if new.bias is not None:
        nn.init.zeros_(new.bias)
    network.set_submodule(name, new)


def _for_bands(own: Tensor, of_rgb: Tensor, scheme: str, rgb: tuple[int, int, int]) -> Tensor:
    """Return first-layer weights for any number of bands from those for red, green and blue."""
    bands = own.shape[1]
    if scheme == "ALL_RANDOM":
        return own
    if bands == 1:
        return of_rgb.sum(dim=1, keepdim=True)
    weight = own.clone()
    if scheme == "RED_BAND":
        weight[:] = of_rgb[:, :1]
    for color, band in enumerate(rgb):
        if band < bands:
            weight[:, band] = of_rgb[:, color]
    return weight
