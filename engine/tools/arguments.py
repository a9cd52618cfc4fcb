"""What a model takes beside the tool's own parameters: the *Arguments* table of the inference tools, per task."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from ..errors import ParameterError
from ..job import Job
from ..models.arguments import ArgumentSpec, parse_arguments
from .values import Pairs

MERGE_POLICIES = ("mean", "max", "min")
SMALLEST_CORE = 8
"""A tile's core is at least the tile's side divided by this."""

DETECTION_ARGUMENTS: tuple[ArgumentSpec, ...] = (
    ArgumentSpec("padding", "", "int", low=0, help="Border of a tile in pixels that its neighbours see too."),
    ArgumentSpec("threshold", "", "float", low=0.0, high=1.0, help="Smallest confidence of an object."),
    ArgumentSpec("batch_size", "4", "int", low=1, high=4096, help="Tiles worked on at once, a square number."),
    ArgumentSpec("nms_overlap", "", "float", low=0.0, high=1.0, help="IoU that two objects of a class may share."),
    ArgumentSpec(
        "exclude_pad_detections", "True", "bool", help="Drop objects cut by a tile's edge that belong to its neighbour."
    ),
    ArgumentSpec(
        "test_time_augmentation",
        "False",
        "bool",
        help="Look at every tile in 8 flipped and turned views; 8 times slower.",
    ),
    ArgumentSpec(
        "tile_size",
        "",
        "int",
        low=32,
        high=16384,
        help="Side of a tile in pixels; a larger one overlaps less, the one of the training is the most exact.",
    ),
    ArgumentSpec(
        "merge_policy", "mean", "choice", choices=MERGE_POLICIES, help="How the confidences of the views are merged."
    ),
)
"""Arguments of a model that detects objects, in ArcGIS's order; an empty default is the model's own."""

ARGUMENTS = {"object_detection": DETECTION_ARGUMENTS}
"""Task -> what its models take."""

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
    """

    tile: tuple[int, int]
    padding: int
    threshold: float = 0.5
    batch_size: int | None = None
    nms_overlap: float = 0.1


@dataclass(frozen=True)
class DetectionArguments:
    """The parsed arguments of a model that detects objects.

    Attributes:
        padding: Border of a tile in pixels, leaving a core of at least an eighth of the tile.
        threshold: Smallest confidence, 0..1.
        batch_size: Tiles in a batch, a square number.
        nms_overlap: IoU that two objects of a class may share, 0..1.
        exclude_pad_detections: Drop objects cut by a tile's edge whose centre lies in a neighbour's core.
        test_time_augmentation: Look at every tile in 8 views.
        merge_policy: How the confidences of the views are merged: ``mean``, ``max`` or ``min``.
        tile_size: Side of a tile in pixels; None takes the model's.
    """

    padding: int
    threshold: float = 0.5
    batch_size: int = 4
    nms_overlap: float = 0.1
    exclude_pad_detections: bool = True
    test_time_augmentation: bool = False
    merge_policy: str = "mean"
    tile_size: int | None = None

    @classmethod
    def help(cls) -> str:
        """Return what can be given, for dialogs and documents."""
        known = ", ".join(spec.name for spec in DETECTION_ARGUMENTS)
        return f"Names and values, such as padding 64; threshold 0.4. Known: {known}."

    @classmethod
    def from_pairs(cls, pairs: Pairs, model: ModelDefaults, job: Job) -> DetectionArguments:
        """Return the arguments for a model; what is mended is told to the job.

        Args:
            pairs: Names and texts as given; what is not named takes the model's value, then ours.
            model: What the model says.
            job: Told about a batch size or a padding that is not run as given.

        Raises:
            ParameterError: A name is unknown or given twice, or a value breaks its rule.
        """
        specs = [spec for spec in DETECTION_ARGUMENTS if spec.name != "batch_size" or model.batch_size is None]
        named = [(ALIASES.get(name.strip().lower(), name), text) for name, text in pairs]
        if model.batch_size is not None and any(name.strip().lower() == "batch_size" for name, _ in named):
            raise ParameterError(f"argument batch_size is fixed to {model.batch_size} by the model: leave it out")
        values = parse_arguments("this model", specs, named)
        tile_size = values["tile_size"]
        tile = model.tile if tile_size is None else (tile_size, tile_size)
        asked_batch = values["batch_size"] if model.batch_size is None else model.batch_size
        return cls(
            padding=_padding(values["padding"], replace(model, tile=tile), job),
            threshold=model.threshold if values["threshold"] is None else values["threshold"],
            batch_size=_square(asked_batch, job),
            nms_overlap=model.nms_overlap if values["nms_overlap"] is None else values["nms_overlap"],
            exclude_pad_detections=values["exclude_pad_detections"],
            test_time_augmentation=values["test_time_augmentation"],
            merge_policy=values["merge_policy"],
            tile_size=tile_size,
        )


def largest_padding(tile: tuple[int, int]) -> int:
    """Return the padding that leaves a core of an eighth of the tile's shorter side, at least one pixel."""
    side = min(tile)
    return max(0, (side - max(1, math.ceil(side / SMALLEST_CORE))) // 2)


def _padding(asked: int | None, model: ModelDefaults, job: Job) -> int:
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


def _square(asked: int, job: Job) -> int:
    """Return the largest square number that is not above the batch size asked for."""
    square = math.isqrt(asked) ** 2
    if square != asked:
        job.message(f"batch_size {asked} is no square number: run with {square}")
    return square
