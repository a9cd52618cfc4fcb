"""Full-resolution network: the first choice for scenes of a few thousand labelled pixels."""

from __future__ import annotations

from typing import Any

from .pixel_arguments import pixel_arguments
from .registry import PIXEL_FORMATS, ArgumentSpec, ModelSpec, architecture

ARGUMENTS = (
    *pixel_arguments(dice=False),
    ArgumentSpec("channels", "64", "int", 8, 512, help="Channels of every layer."),
    ArgumentSpec(
        "blocks", "3", "int", 0, 32, help="3 x 3 convolutions, and so the pixels that are seen around a pixel."
    ),
    ArgumentSpec("band_drop", "0.2", "float", 0, 0.9, help="Share of a chip's bands that a training step hides."),
)


@architecture(
    "FULLRES",
    title="Full-resolution network",
    task="pixel_classification",
    formats=PIXEL_FORMATS,
    backbones=(),
    arguments=ARGUMENTS,
    rate=1e-3,
)
def build(spec: ModelSpec) -> Any:
    """Small network without pooling or backbone, for medium resolution and a few thousand labelled pixels."""
    from ..networks.full_resolution import FullResolution

    return FullResolution.from_spec(spec)
