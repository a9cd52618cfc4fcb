"""Segmentation networks of segmentation_models_pytorch, each around one of our backbones.

Their decoders are taken as they are; the backbone stands in ``body`` as in every network of ours, scores are
interpolated to the images' size, and branches that pool a whole image have group norms.
"""

from __future__ import annotations

from typing import Any

import segmentation_models_pytorch as smp
from torch import Tensor, nn

from ..errors import ParameterError
from ..models.backbones import TIMM_PREFIX, backbone_name
from ..models.registry import ModelSpec
from .backbones import Body
from .encoder_decoder import EncoderDecoder
from .encoders import POOLED, body_of, library_name
from .pixel_losses import LossSettings
from .timm_bodies import BUILD_ERRORS

OPTIONS: dict[str, dict[str, Any]] = {
    "unet": {},
    "unetplusplus": {},
    "manet": {},
    "linknet": {},
    "fpn": {"upsampling": 1},
    "upernet": {"upsampling": 1},
    "segformer": {"upsampling": 1},
}
"""Networks by the library's name, and how they are built."""

LOCAL = ("unet", "unetplusplus", "linknet", "fpn")
"""Those of them without a branch that looks at the whole image."""


def zoo_network(name: str, spec: ModelSpec) -> EncoderDecoder:
    """Return a network with random weights.

    Args:
        name: One of ``OPTIONS``.
        spec: Backbone, bands, channels and losses.

    Raises:
        ParameterError: The backbone does not go with it.
    """
    backbone = backbone_name(spec.backbone)
    model = _built(name, backbone, spec, **OPTIONS[name])
    if name == "unetplusplus":
        model.decoder.center = nn.Identity()  # made for VGG but never run
    body = body_of(backbone, spec.bands, model.encoder)
    settings = LossSettings.from_spec(spec)
    network = EncoderDecoder(body, model.decoder, model.segmentation_head, spec.outputs, settings)
    network.local = name in LOCAL and not backbone.startswith(TIMM_PREFIX)
    return network


def pyramid_attention(spec: ModelSpec) -> EncoderDecoder:
    """Return PAN (Li et al. 2018, arXiv 1805.10180), whose decoder halves the last feature map three times more.

    Raises:
        ParameterError: The backbone does not go with it.
    """
    backbone = backbone_name(spec.backbone)
    stride = 32 if backbone.startswith((*POOLED, TIMM_PREFIX)) else 16
    model = _built("pan", backbone, spec, upsampling=1, encoder_output_stride=stride)
    body = body_of(backbone, spec.bands, model.encoder, stride)
    settings = LossSettings.from_spec(spec)
    network = EncoderDecoder(body, model.decoder, model.segmentation_head, spec.outputs, settings, 8 * stride)
    network.smallest = 16 * stride
    return network


def dense_prediction_transformer(spec: ModelSpec) -> EncoderDecoder:
    """Return DPT (Ranftl et al. 2021, arXiv 2103.13413) on a vision transformer of timm.

    Raises:
        ParameterError: The backbone is no vision transformer.
    """
    backbone = backbone_name(spec.backbone)
    if not backbone.startswith(TIMM_PREFIX + "vit_"):
        raise ParameterError(
            f"model dpt needs a vision transformer and backbone_model is {backbone}; choose "
            f"{TIMM_PREFIX}vit_tiny_patch16_224 or another {TIMM_PREFIX}vit_ model"
        )
    model = _built("dpt", backbone, spec, decoder_readout="ignore", dynamic_img_size=True)
    encoder = model.encoder
    encoder.model.prune_intermediate_layers(encoder._output_indices, prune_norm=True, prune_head=True)
    channels = tuple(int(width) for width in encoder.out_channels)
    body = Body(backbone, spec.bands, encoder, _transformer_maps, tuple(encoder.output_strides), channels)
    return EncoderDecoder(
        body, WithoutTokens(model.decoder), model.segmentation_head, spec.outputs, LossSettings.from_spec(spec)
    )


class WithoutTokens(nn.Module):
    """A decoder that is given no class tokens."""

    def __init__(self, decoder: nn.Module) -> None:
        """Keep the library's decoder."""
        super().__init__()
        self.decoder = decoder

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Return one map of the backbone's maps."""
        decoded: Tensor = self.decoder(maps, [None] * len(maps))
        return decoded


def _transformer_maps(network: nn.Module, images: Tensor) -> list[Tensor]:
    maps, _ = network(images)
    return list(maps)


def _built(name: str, backbone: str, spec: ModelSpec, **options: Any) -> Any:
    try:
        return smp.create_model(
            name,
            encoder_name=library_name(backbone),
            encoder_weights=None,
            in_channels=spec.bands,
            classes=spec.outputs,
            **options,
        )
    except BUILD_ERRORS as error:
        raise ParameterError(
            f"{name} cannot be built with backbone {spec.backbone} ({error}); choose another backbone"
        ) from error
