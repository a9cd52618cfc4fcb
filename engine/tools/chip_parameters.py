"""Parameters of the tools that write training data: where chips go, which are written, how far apart they are."""

from __future__ import annotations

from typing import Any

from ..errors import ParameterError
from .declaration import param
from .kinds import Flag, NewFolder


def out_folder() -> Any:
    """Folder of the training data."""
    return param(NewFolder("Output folder", "Receives the images, labels, statistics and the template .emd."))


def output_nofeature_tiles(default: bool, advanced: bool = False) -> Any:
    """Whether chips without labels are written."""
    kind = Flag(
        "Output no feature tiles",
        "Also write chips without any label.",
        on="ALL_TILES",
        off="ONLY_TILES_WITH_FEATURES",
    )
    return param(kind, default, advanced=advanced)


def check_stride(name: str, stride: int, tile: int) -> None:
    """Refuse a step beyond the tile.

    Args:
        name: The parameter that holds the step.
        stride: Step to the next chip in pixels.
        tile: Side of a chip in pixels.

    Raises:
        ParameterError: Pixels would be skipped.
    """
    if stride > tile:
        raise ParameterError(
            f"{name} {stride} is larger than the tile ({tile} pixels): pixels would be skipped; choose {tile} or less"
        )
