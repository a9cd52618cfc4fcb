"""A small network that keeps every pixel: for scenes of a few thousand labelled pixels.

Two 1 x 1 convolutions see a pixel's bands, three residual 3 x 3 convolutions its surroundings; nothing is pooled. Batch
norms have the same statistics in every tile, so its scores do not depend on where tiles lie: a pixel sees 3 pixels
around it and no more. In training some bands of each image are set to their mean (0 after normalisation): with so few
labels a network learns them by heart else, and gets worse the longer it learns.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ..models.registry import ModelSpec
from .encoder_decoder import convolution, fitted
from .pixel_losses import LossSettings
from .segmenter import Segmenter, padded

SMALLEST = 2
"""Least side: batch norms of a single image need more than one pixel."""


class Residual(nn.Module):
    """A convolution whose result is added to what it was given."""

    def __init__(self, width: int) -> None:
        """Make the convolution."""
        super().__init__()
        self.step = convolution(width, width)

    def forward(self, level: Tensor) -> Tensor:
        """Return a map of the same shape."""
        changed: Tensor = level + self.step(level)
        return changed


class FullResolution(Segmenter):
    """See the module.

    Attributes:
        reach: Radius in pixels of what a pixel's score depends on.
    """

    def __init__(
        self, bands: int, channels: int, width: int, blocks: int, settings: LossSettings, band_drop: float = 0.0
    ) -> None:
        """Make the layers.

        Args:
            bands: Number of bands.
            channels: Number of score channels.
            width: Channels of every layer.
            blocks: Residual convolutions.
            settings: Losses.
            band_drop: Share of the bands of an image that a training step hides; an only band is never hidden.
        """
        super().__init__(None, channels, settings)
        self.pixel = nn.Sequential(convolution(bands, width, 1), convolution(width, width, 1))
        self.surroundings = nn.Sequential(*(Residual(width) for _ in range(blocks)))
        self.head = nn.Conv2d(width, channels, 1)
        self.reach = blocks
        self.band_drop = band_drop if bands > 1 else 0.0

    @classmethod
    def from_spec(cls, spec: ModelSpec) -> FullResolution:
        """Return a network with random weights."""
        values = spec.values()
        settings = LossSettings.from_spec(spec)
        return cls(spec.bands, spec.outputs, values["channels"], values["blocks"], settings, values["band_drop"])

    def logits(self, images: Tensor) -> Tensor:
        """Return unnormalised scores; see ``Segmenter``."""
        rows, cols = images.shape[-2:]
        if self.training and self.band_drop > 0:
            images = images * (torch.rand(*images.shape[:2], 1, 1, device=images.device) >= self.band_drop)
        shown = padded(images, 1, SMALLEST).contiguous(memory_format=self.memory_format)
        scores: Tensor = self.head(self.surroundings(self.pixel(shown)))
        return fitted(scores, shown, rows, cols)
