"""Change detector: what is different between two images of the same ground."""

from __future__ import annotations

from typing import Any

from .pixel_arguments import pixel_arguments
from .registry import PIXEL_FORMATS, ArgumentSpec, ModelSpec, architecture

ATTENTION_TYPES = ("PAM", "BAM")

ARGUMENTS = (
    ArgumentSpec(
        "attention_type",
        "PAM",
        "choice",
        choices=ATTENTION_TYPES,
        help="Where places look for others like them: in a pyramid of sub-regions (PAM) or the whole chip (BAM).",
    ),
    *pixel_arguments(dice=True),
)


@architecture(
    "CHANGEDETECTOR",
    title="Change detector",
    task="change_detection",
    formats=PIXEL_FORMATS,
    arguments=ARGUMENTS,
    model_name="ChangeDetector",
    configuration="change_detection",
    rate=1e-3,
    dates=2,
)
def build(spec: ModelSpec) -> Any:
    """One backbone for both dates, attention over both, and their difference (STANet, Chen and Shi 2020)."""
    from ..networks.change_detector import ChangeDetector

    return ChangeDetector.from_spec(spec)
