"""Single Shot Detector: a detector on grids, with ArcGIS's arguments; its grids can be taken from the data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from .registry import ArgumentSpec, ModelSpec, architecture

SMALLEST_CELL = 8
"""Cells of an automatic grid are at least this many pixels wide."""

ARGUMENTS = (
    ArgumentSpec(
        "grids",
        "",
        "list",
        1,
        256,
        whole=True,
        help="Cells along a side of the tile, one number a grid; empty: as many as objects fit side by side.",
    ),
    ArgumentSpec("zooms", "[0.7, 1.0, 1.3]", "list", 0.05, 20, help="Sizes of the anchors as factors of a cell."),
    ArgumentSpec(
        "ratios",
        "[[1.0, 1.0], [1.0, 0.5], [0.5, 1.0]]",
        "list",
        0.05,
        20,
        depth=2,
        help="Height and width of the anchors as factors of a cell.",
    ),
    ArgumentSpec("drop", "0.3", "float", 0, 0.95, help="Share of features dropped in training."),
    ArgumentSpec("bias", "-4.0", "float", -20, 20, help="What every class's logit starts from."),
    ArgumentSpec("focal_loss", "false", "bool", help="Learn classes with the focal loss."),
    ArgumentSpec(
        "location_loss_factor",
        "",
        "float",
        0.001,
        0.999,
        help="Weight of the boxes' loss, between 0 and 1; empty: boxes and classes weigh the same.",
    ),
)


def fitting_grids(sizes: Sequence[tuple[float, float]], tile: tuple[int, int]) -> tuple[int, ...]:
    """Return grids whose cells are as large as the objects: about as many cells as objects fit side by side.

    Args:
        sizes: Width and height of the objects, pixels; may be empty.
        tile: Rows and columns of the tile, pixels.

    Returns:
        Cells along a side, descending: one grid where most objects are alike, one for each doubling of size between
        the 10th and the 90th percentile where they are not; 4, 2 and 1 without objects.
    """
    sides = sorted(math.sqrt(width * height) for width, height in sizes if width > 0 and height > 0)
    if not sides:
        return (4, 2, 1)
    small, large = sides[len(sides) // 10], sides[-1 - len(sides) // 10]
    doublings = round(math.log2(large / small))
    if doublings == 0:
        middle = sides[len(sides) // 2]
        wanted = [middle]
    else:
        wanted = [small * (large / small) ** (step / doublings) for step in range(doublings + 1)]
    side = max(tile)
    finest = max(1, side // SMALLEST_CELL)
    return tuple(sorted({min(finest, max(1, round(side / size))) for size in wanted}, reverse=True))


def adapt(spec: ModelSpec, sizes: Sequence[tuple[float, float]]) -> ModelSpec:
    """Return the specification with the grids filled where the user left them empty."""
    arguments = dict(spec.arguments)
    if arguments.get("grids", "").strip("[] "):
        return spec
    arguments["grids"] = str(list(fitting_grids(sizes, spec.tile)))
    return replace(spec, arguments=tuple(arguments.items()))


def emd_keys(spec: ModelSpec) -> dict[str, Any]:
    """Return the keys that arcgis.learn writes for this model alone."""
    values = spec.values()
    return {
        "Grids": list(values["grids"] or ()),
        "Zooms": list(values["zooms"]),
        "Ratios": [list(ratio) for ratio in values["ratios"]],
        "SSDVersion": 2,
        "backbone": spec.backbone if ":" in spec.backbone else spec.backbone.lower(),
    }


@architecture(
    "SSD",
    title="Single Shot Detector",
    task="object_detection",
    arguments=ARGUMENTS,
    model_name="SingleShotDetector",
    configuration="_DynamicSSD",
    adapt=adapt,
    emd_keys=emd_keys,
)
def build(spec: ModelSpec) -> Any:
    """One-stage detector on grids of cells, each with anchors of several zooms and ratios."""
    from ..networks.ssd import SingleShotDetector

    return SingleShotDetector.from_spec(spec)
