"""DeepLabV3 and DeepLabV3+: convolutions with holes look at several scales at once.

Chen et al. 2017, "Rethinking Atrous Convolution for Semantic Image Segmentation" (arXiv 1706.05587); with ``plus`` the
finer map of stride 4 is merged in, Chen et al. 2018, "Encoder-Decoder with Atrous Separable Convolution" (arXiv
1802.02611), with plain convolutions. The branch that pools the whole image has a group norm.
"""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from ..models.registry import ModelSpec
from .encoder_decoder import EncoderDecoder, convolution, group_norm
from .encoders import encoder_body
from .pixel_losses import LossSettings

STRIDE = 16
"""Stride of the last feature map where the backbone can be dilated."""

RATES = (6, 12, 18)
"""Spacing of the convolutions' holes at stride 16, in cells; the paper's."""

WIDTH = 256
"""Channels of every branch, and before the head."""

FINE_WIDTH = 48
"""Channels of the map of stride 4; the paper's."""


def deeplab(spec: ModelSpec, plus: bool = False) -> EncoderDecoder:
    """Return a network with random weights.

    Args:
        spec: Backbone, bands, channels and losses.
        plus: Whether it is DeepLabV3+.

    Raises:
        ParameterError: The backbone is unknown.
    """
    body = encoder_body(spec.backbone, spec.bands, STRIDE)
    rates = tuple(rate * STRIDE // body.strides[-1] for rate in RATES)
    decoder = AtrousDecoder(body.channels[-1], rates, body.channels[2] if plus else 0)
    head = nn.Conv2d(WIDTH, spec.outputs, 1)
    return EncoderDecoder(body, decoder, head, spec.outputs, LossSettings.from_spec(spec))


class AtrousDecoder(nn.Module):
    """Atrous spatial pyramid pooling, and the finer map of stride 4 where it is wanted."""

    def __init__(self, inputs: int, rates: tuple[int, ...], fine: int) -> None:
        """Make the branches.

        Args:
            inputs: Channels of the coarsest map.
            rates: Spacing of each branch's holes, in cells.
            fine: Channels of the map of stride 4; 0 leaves it out.
        """
        super().__init__()
        self.branches = nn.ModuleList(
            [convolution(inputs, WIDTH, 1), *(convolution(inputs, WIDTH, 3, rate) for rate in rates)]
        )
        self.whole = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Conv2d(inputs, WIDTH, 1, bias=False), group_norm(WIDTH), nn.ReLU(inplace=True)
        )
        self.merge = nn.Sequential(convolution(WIDTH * (len(rates) + 2), WIDTH, 1), nn.Dropout(0.1))
        self.fine = convolution(fine, FINE_WIDTH, 1) if fine else None
        self.last = convolution(WIDTH + (FINE_WIDTH if fine else 0), WIDTH)

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Return one map of the backbone's maps."""
        level = maps[-1]
        seen = [branch(level) for branch in self.branches]
        whole = self.whole(level).expand(-1, -1, *level.shape[-2:])
        merged: Tensor = self.merge(torch.cat((*seen, whole), dim=1))
        if self.fine is not None:
            fine = self.fine(maps[2])
            merged = functional.interpolate(merged, size=fine.shape[-2:], mode="bilinear", align_corners=False)
            merged = torch.cat((merged, fine), dim=1)
        decoded: Tensor = self.last(merged)
        return decoded
