"""What a model says about its arguments, and what becomes of those that do not fit it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ..errors import ParameterError
from ..job import Job
from ..models.arguments import ArgumentSpec
from .values import Pairs

MERGE_POLICIES = ("mean", "max", "min")
"""How the views of test time augmentation may be merged."""

SMALLEST_CORE = 8
"""A tile's core is at least the tile's side divided by this."""

ALIASES = {"score_threshold": "threshold"}
"""Other names that old models and scripts use."""


@dataclass(frozen=True)
class ModelDefaults:
    """What a model says about its arguments.

    Attributes:
        tile: Rows and columns of its tile.
        padding: Its padding in pixels.
        threshold: Its confidence threshold, 0..1.
        batch_size: The batch size it fixes, which hides the argument; None leaves the choice.
        nms_overlap: The IoU that its training found best, else ArcGIS's default.
        background: It tells a background from its classes.
        kind: What the pixels are: ``classes``, ``edges``, ``roads`` or ``changes``; all but the first take a threshold.
        learn_version: Version of arcgis.learn that the definition names, such as (1, 8, 4); None when it names none.
        built_in_padding: Padding built into the network, which hides the argument; None leaves the choice.
        any_tile: It runs with other tile sizes than its own.
    """

    tile: tuple[int, int]
    padding: int
    threshold: float = 0.5
    batch_size: int | None = None
    nms_overlap: float = 0.1
    background: bool = False
    kind: str = "classes"
    learn_version: tuple[int, ...] | None = None
    built_in_padding: int | None = None
    any_tile: bool = True


def largest_padding(tile: tuple[int, int]) -> int:
    """Return the padding that leaves a core of an eighth of the tile's shorter side, at least one pixel."""
    side = min(tile)
    return max(0, (side - max(1, math.ceil(side / SMALLEST_CORE))) // 2)


def with_known_names(pairs: Pairs) -> list[tuple[str, str]]:
    """Return the pairs with older names of arguments replaced."""
    return [(ALIASES.get(name.strip().lower(), name), text) for name, text in pairs]


def left_open(
    specs: tuple[ArgumentSpec, ...], named: list[tuple[str, str]], model: ModelDefaults
) -> tuple[ArgumentSpec, ...]:
    """Return the arguments that a model leaves open; one that it fixes itself must not be given."""
    fixed = {"batch_size": model.batch_size, "padding": model.built_in_padding}
    for name, _ in named:
        value = fixed.get(name.strip().lower())
        if value is not None:
            raise ParameterError(f"argument {name.strip().lower()} is fixed to {value} by the model: leave it out")
    kept = [replace(spec, default="") if fixed.get(spec.name) is not None else spec for spec in specs]
    return tuple(kept)


def padding_to_run(asked: int | None, model: ModelDefaults, job: Job) -> int:
    """Return the padding to run with."""
    side, largest = min(model.tile), largest_padding(model.tile)
    if asked is None:
        return max(0, min(model.padding, largest))
    if asked * 2 > side:
        raise ParameterError(
            f"argument padding is {asked}: it may be at most half the tile ({side // 2} of {side} pixels), "
            f"the model's own is {model.padding}"
        )
    if asked > largest:
        job.warn(f"padding {asked} would leave too little of a tile of {side} pixels: run with {largest}")
        return largest
    return asked


def square_batch(asked: int, job: Job) -> int:
    """Return the largest square number that is not above the batch size asked for."""
    side = math.isqrt(asked)
    if side**2 != asked:
        job.message(f"batch_size {asked} is no square number: run with {side**2}")
    return side**2
