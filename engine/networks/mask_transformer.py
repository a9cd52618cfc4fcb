"""Mask2Former: queries that each stand for a class and a mask; all use of the transformers library is in this file.

Cheng et al. 2022, "Masked-attention Mask Transformer for Universal Image Segmentation" (arXiv 2112.01527), smaller than
the paper's so that it learns on a processor. The score of a class at a pixel is the sum over queries of class
probability times mask probability, as the paper's semantic inference takes it, divided by its sum over classes. It is
learnt with the losses of pixels that all networks of ours share, not by matching queries to segments.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import Mask2FormerConfig
from transformers.models.mask2former.modeling_mask2former import (
    Mask2FormerPixelDecoder,
    Mask2FormerPreTrainedModel,
    Mask2FormerTransformerModule,
)

from ..models.registry import ModelSpec
from .backbones import build_body
from .encoder_decoder import EncoderDecoder
from .pixel_losses import LossSettings

WIDTH = 128
"""Channels of queries, features and masks; the paper has 256."""

QUERIES = 50
"""Queries; the paper has 100."""

SMALLEST_CHANCE = 1e-6
"""Added to a class's score before its logarithm is taken."""


def mask_transformer(spec: ModelSpec) -> EncoderDecoder:
    """Return a network with random weights.

    Raises:
        ParameterError: The backbone is unknown or has no feature map at stride 4.
    """
    body = build_body(spec.backbone, spec.bands)
    config = Mask2FormerConfig(
        feature_size=WIDTH,
        mask_feature_size=WIDTH,
        hidden_dim=WIDTH,
        encoder_feedforward_dim=4 * WIDTH,
        dim_feedforward=4 * WIDTH,
        encoder_layers=3,
        decoder_layers=4,
        num_queries=QUERIES,
    )
    decoder = QueryDecoder(config, body.channels)
    return EncoderDecoder(body, decoder, ClassScores(spec.outputs), spec.outputs, LossSettings.from_spec(spec))


class QueryDecoder(Mask2FormerPreTrainedModel):  # type: ignore[no-untyped-call]  # the library's hook has no types
    """Pixel decoder and queries over the feature maps of any backbone."""

    def __init__(self, config: Mask2FormerConfig, channels: tuple[int, ...]) -> None:
        """Make both with the library's random weights.

        Args:
            config: Sizes.
            channels: Channels of the backbone's maps at strides 4, 8, 16 and 32.
        """
        super().__init__(config)
        self.pixels = Mask2FormerPixelDecoder(config, feature_channels=list(channels))
        self.queries = Mask2FormerTransformerModule(in_features=config.feature_size, config=config)
        self.post_init()  # type: ignore[no-untyped-call]

    def forward(self, maps: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Return (n, queries, width) what each query is, and (n, queries, rows / 4, cols / 4) logits of its mask."""
        pixels: Any = self.pixels(maps, return_dict=True)
        found: Any = self.queries(list(pixels.multi_scale_features), pixels.mask_features)
        return self.queries.decoder.layernorm(found.last_hidden_state), found.masks_queries_logits[-1]


class ClassScores(nn.Module):
    """Class of each query, put together with its mask into scores of pixels."""

    def __init__(self, channels: int) -> None:
        """Make the layer that says a query's class, or that it stands for nothing."""
        super().__init__()
        self.classes = nn.Linear(WIDTH, channels + 1)

    def forward(self, found: tuple[Tensor, Tensor]) -> Tensor:
        """Return the logarithm of each channel's share, (n, channels, rows / 4, cols / 4) float32."""
        queries, masks = found
        chances = self.classes(queries).float().softmax(dim=-1)[..., :-1]
        scores = torch.einsum("nqc,nqij->ncij", chances, masks.float().sigmoid()) + SMALLEST_CHANCE
        return (scores / scores.sum(dim=1, keepdim=True)).log()
