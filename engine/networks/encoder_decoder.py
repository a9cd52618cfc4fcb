"""Segmentation networks of a backbone that halves the images, and a decoder that brings them back to their size."""

from __future__ import annotations

import torch.nn.functional as functional
from torch import Tensor, nn

from .backbones import Body
from .pixel_losses import LossSettings
from .segmenter import Segmenter, padded

SMALLEST = 64
"""Least side the backbone is shown: at stride 32 two cells are left, enough for statistics of a single image."""


class EncoderDecoder(Segmenter):
    """Backbone, decoder and head; scores that come out coarser than the images are interpolated.

    Attributes:
        decoder: Takes the backbone's feature maps from stride 1 on, gives one map.
        head: Makes the scores of every channel of it.
        pad_to: Image sides are padded to a multiple of this, mirrored where the image is large enough.
        smallest: Least side after padding.
    """

    body: Body

    def __init__(
        self, body: Body, decoder: nn.Module, head: nn.Module, channels: int, settings: LossSettings, pad_to: int = 32
    ) -> None:
        """Put the parts together; see the class, and ``Segmenter`` for the rest."""
        super().__init__(body, channels, settings)
        self.decoder = decoder
        self.head = head
        self.pad_to = pad_to
        self.smallest = max(SMALLEST, pad_to)
        steady_pooling(decoder)

    def logits(self, images: Tensor) -> Tensor:
        """Return unnormalised scores; see ``Segmenter``."""
        rows, cols = images.shape[-2:]
        shown = padded(images, self.pad_to, self.smallest).contiguous(memory_format=self.memory_format)
        scores: Tensor = self.head(self.decoder(self.body(shown)))
        return fitted(scores, shown, rows, cols)


def fitted(scores: Tensor, shown: Tensor, rows: int, cols: int) -> Tensor:
    """Return scores of the padded images at the size of the images, float32.

    Args:
        scores: (n, channels, any rows, any cols).
        shown: The padded images.
        rows: Rows of the images.
        cols: Columns of the images.
    """
    scores = scores.float()
    size = shown.shape[-2:]
    if scores.shape[-2:] != size:
        scores = functional.interpolate(scores, size=size, mode="bilinear", align_corners=False)
    return scores if size == (rows, cols) else scores[..., :rows, :cols]


def steady_pooling(network: nn.Module) -> None:
    """Give branches that pool the whole image group norms in place of batch norms; changes the network.

    A batch norm there sees one value an image: none to compare it with in a batch of one, and in small batches little
    but chance.

    Args:
        network: The decoder.
    """
    for branch in network.modules():
        if not isinstance(branch, nn.Sequential) or len(branch) == 0:
            continue
        pooling = branch[0]
        if isinstance(pooling, nn.AdaptiveAvgPool2d) and pooling.output_size in (1, (1, 1)):
            for name, module in list(branch.named_modules()):
                if isinstance(module, nn.BatchNorm2d):
                    branch.set_submodule(name, group_norm(module.num_features))


def group_norm(channels: int) -> nn.GroupNorm:
    """Return a group norm of groups of 16 channels where they divide, else of one group."""
    return nn.GroupNorm(channels // 16 if channels % 16 == 0 else 1, channels)


def convolution(inputs: int, outputs: int, size: int = 3, dilation: int = 1) -> nn.Sequential:
    """Return a convolution that keeps the size, a batch norm and a rectifier."""
    padding = dilation * (size // 2)
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, padding=padding, dilation=dilation, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )
