"""Holistically nested edge detector: thin lines such as field borders and coasts."""

from __future__ import annotations

from typing import Any

from .pixel_arguments import pixel_arguments
from .registry import PIXEL_FORMATS, ModelSpec, architecture


def emd_keys(spec: ModelSpec) -> dict[str, Any]:
    """Return the keys that arcgis.learn writes for this model alone."""
    return {"IsEdgeDetection": True}


@architecture(
    "HED_EDGEDETECTOR",
    title="HED edge detector",
    task="pixel_classification",
    formats=PIXEL_FORMATS,
    arguments=pixel_arguments(dice=False),
    model_name="HEDEdgeDetector",
    configuration="_model_extension_inferencing",
    emd_keys=emd_keys,
    rate=1e-3,
)
def build(spec: ModelSpec) -> Any:
    """Edges against a background: every stage of the backbone says where edges are; balanced cross entropy is fixed."""
    from ..networks.hed import EdgeDetector

    return EdgeDetector.from_spec(spec)
