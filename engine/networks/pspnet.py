"""PSPNet: features of the whole image at several scales beside those of each cell.

Zhao et al. 2017, "Pyramid Scene Parsing Network" (arXiv 1612.01105). With ``use_unet`` the pyramid stands before a
U-Net's decoder, as in arcgis.learn; without, scores are made at stride 16 where the backbone can, and interpolated.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from ..models.registry import ModelSpec
from .encoder_decoder import EncoderDecoder, convolution, group_norm
from .encoders import encoder_body
from .pixel_losses import LossSettings
from .segmentation_zoo import zoo_network

WIDTH = 256
"""Channels before the head where there is no U-Net decoder."""

STRIDE = 16
"""Stride of the last map without U-Net decoder, where the backbone can; the paper's 8 costs four times as much."""

DROPPED = 0.1
"""Share of channels dropped in training before the head; the paper's."""


def pyramid_scene_parsing(spec: ModelSpec) -> EncoderDecoder:
    """Return a network with random weights.

    Raises:
        ParameterError: The backbone is unknown.
    """
    values = spec.values()
    sizes, with_unet = values.get("pyramid_sizes", (1, 2, 3, 6)), values.get("use_unet", False)
    if with_unet:
        network = zoo_network("unet", spec)
        width = network.body.channels[-1]
        network.decoder = BeforeDecoder(PyramidPooling(width, sizes, width), network.decoder)
        return network
    body = encoder_body(spec.backbone, spec.bands, STRIDE)
    decoder = LastMap(PyramidPooling(body.channels[-1], sizes, WIDTH), nn.Dropout2d(DROPPED))
    head = nn.Conv2d(WIDTH, spec.outputs, 1)
    return EncoderDecoder(body, decoder, head, spec.outputs, LossSettings.from_spec(spec))


class PyramidPooling(nn.Module):
    """Means over grids of cells, each seen by a convolution, put beside the map itself and merged."""

    def __init__(self, inputs: int, sizes: Sequence[int], outputs: int) -> None:
        """Make the branches.

        Args:
            inputs: Channels of the map.
            sizes: Cells along a side of each grid.
            outputs: Channels of what comes out.
        """
        super().__init__()
        width = max(16, inputs // len(sizes) // 16 * 16)
        self.branches = nn.ModuleList(
            nn.Sequential(
                nn.AdaptiveAvgPool2d(size),
                nn.Conv2d(inputs, width, 1, bias=False),
                group_norm(width),
                nn.ReLU(inplace=True),
            )
            for size in sizes
        )
        self.merge = convolution(inputs + width * len(sizes), outputs)

    def forward(self, level: Tensor) -> Tensor:
        """Return a map of the same size, (n, outputs, rows, cols)."""
        means = [
            functional.interpolate(branch(level), size=level.shape[-2:], mode="bilinear", align_corners=False)
            for branch in self.branches
        ]
        merged: Tensor = self.merge(torch.cat((level, *means), dim=1))
        return merged


class BeforeDecoder(nn.Module):
    """A decoder whose coarsest map goes through something first."""

    def __init__(self, first: nn.Module, decoder: nn.Module) -> None:
        """Keep both."""
        super().__init__()
        self.first = first
        self.decoder = decoder

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Return one map of the backbone's maps."""
        decoded: Tensor = self.decoder([*maps[:-1], self.first(maps[-1])])
        return decoded


class LastMap(nn.Sequential):
    """A decoder that looks at the coarsest map alone."""

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Return one map of the backbone's maps."""
        level = maps[-1]
        for part in self:
            level = part(level)
        return level
