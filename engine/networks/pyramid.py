"""The feature pyramid: maps of equal width at several strides, made top-down from a backbone's maps."""

from __future__ import annotations

from torch import Tensor, nn
from torchvision.ops import FeaturePyramidNetwork
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool, LastLevelP6P7

from ..errors import ParameterError
from .backbones import Body


class FeaturePyramid(nn.Module):
    """A feature pyramid.

    Attributes:
        strides: Stride of each map it returns, ascending.
        channels: Channels of every map.
    """

    def __init__(self, body: Body, channels: int, finest: int = 8, pooled: bool = False) -> None:
        """Build the pyramid above a body.

        Args:
            body: The backbone; not kept.
            channels: Channels of every map.
            finest: Finest stride taken from the body.
            pooled: Coarser levels: one at stride 64 by pooling, or by convolutions at strides 64 and 128.

        Raises:
            ParameterError: The body has no map at the finest stride.
        """
        super().__init__()
        if finest not in body.strides:
            have = ", ".join(str(stride) for stride in body.strides)
            raise ParameterError(
                f"backbone {body.name} has no feature map at stride {finest} (it has {have}); choose another backbone"
            )
        self._first = body.strides.index(finest)
        top = LastLevelMaxPool() if pooled else LastLevelP6P7(channels, channels)
        self.strides = (*body.strides[self._first :], *((64,) if pooled else (64, 128)))
        self.channels = channels
        self.fpn = FeaturePyramidNetwork(list(body.channels[self._first :]), channels, extra_blocks=top)

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Return the pyramid of a body's maps, finest first."""
        named = {str(index): level for index, level in enumerate(maps[self._first :])}
        return list(self.fpn(named).values())
