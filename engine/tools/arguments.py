"""What a model takes beside the tool's own parameters: the *Arguments* table of the inference tools, per task."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from ..errors import ParameterError
from ..job import Job
from ..models.arguments import ArgumentSpec, parse_arguments
from .object_arguments import OBJECT_ARGUMENTS
from .values import Pairs

MERGE_POLICIES = ("mean", "max", "min")
THRESHOLD_SINCE = (1, 8, 4)
"""Version of arcgis.learn from which on its models of edges and roads take a threshold."""

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

INSTANCE_ARGUMENTS: tuple[ArgumentSpec, ...] = (
    *(spec for spec in DETECTION_ARGUMENTS if spec.name != "exclude_pad_detections"),
    ArgumentSpec("return_bboxes", "False", "bool", help="Write the frame of each object; for models that draw masks."),
    ArgumentSpec(
        "simplify",
        "True",
        "bool",
        help="Outlines without the steps of the pixels, at most half a pixel off; for models that draw masks.",
    ),
)
"""Arguments of a model that detects objects and draws their masks."""

PIXEL_ARGUMENTS: tuple[ArgumentSpec, ...] = (
    ArgumentSpec("batch_size", "4", "int", low=1, high=4096, help="Tiles worked on at once, a square number."),
    ArgumentSpec("padding", "", "int", low=0, help="Border of a tile in pixels that is blended with its neighbours."),
    ArgumentSpec(
        "predict_background",
        "",
        "bool",
        help="Background is a class like any other; False gives every pixel one of the other classes. By default True.",
    ),
    ArgumentSpec(
        "test_time_augmentation",
        "False",
        "bool",
        help="Look at every tile in 8 flipped and turned views; 8 times slower.",
    ),
    ArgumentSpec(
        "merge_policy",
        "mean",
        "choice",
        choices=MERGE_POLICIES,
        help="How the views are merged; only with test_time_augmentation, for models of edges and roads.",
    ),
    ArgumentSpec(
        "threshold", "", "float", low=0.0, high=1.0, help="Smallest probability of an edge or a road; for their models."
    ),
    ArgumentSpec(
        "return_probability_raster",
        "False",
        "bool",
        help="Write probabilities instead of classes; for models of edges and roads.",
    ),
    ArgumentSpec("thinning", "False", "bool", help="Thin edges to lines of one pixel; for models of edges."),
    ArgumentSpec(
        "tile_size",
        "",
        "int",
        low=32,
        high=16384,
        help="Side of a tile in pixels, where the model allows another than its own; a larger one overlaps less.",
    ),
    ArgumentSpec(
        "blend",
        "cosine",
        "choice",
        choices=("cosine", "none"),
        help="cosine mixes the scores where tiles overlap; none takes each pixel from one tile and is a little faster.",
    ),
)
"""Arguments of a model that classifies pixels, in ArcGIS's order, then ours; an empty default is the model's own."""

CHANGE_THRESHOLD = ArgumentSpec(
    "threshold",
    "",
    "float",
    low=0.0,
    high=1.0,
    help="Smallest probability of a class of change; below it nothing changed. Empty takes the likeliest class.",
)

CHANGE_ARGUMENTS: tuple[ArgumentSpec, ...] = (
    *(spec for spec in PIXEL_ARGUMENTS if spec.name in ("batch_size", "padding")),
    CHANGE_THRESHOLD,
    *(spec for spec in PIXEL_ARGUMENTS if spec.name in ("test_time_augmentation", "tile_size", "blend")),
)
"""Arguments of a model that detects change; ``score_threshold`` is another name of the threshold."""

OFFERED = {"changes": CHANGE_ARGUMENTS}
"""Kind of a model of pixels -> what it takes, if not all of ``PIXEL_ARGUMENTS``."""

DETECT_OBJECTS = "object_detection or instance_segmentation"
"""Stands for all models that Detect Objects runs."""

ARGUMENTS = {
    "object_detection": DETECTION_ARGUMENTS,
    "instance_segmentation": INSTANCE_ARGUMENTS,
    DETECT_OBJECTS: (*DETECTION_ARGUMENTS, *(spec for spec in INSTANCE_ARGUMENTS if spec not in DETECTION_ARGUMENTS)),
    "pixel_classification": PIXEL_ARGUMENTS,
    "object_classification": OBJECT_ARGUMENTS,
    "change_detection": CHANGE_ARGUMENTS,
}
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

    specs: ClassVar[tuple[ArgumentSpec, ...]] = DETECTION_ARGUMENTS
    as_given: ClassVar[tuple[str, ...]] = (
        "exclude_pad_detections",
        "test_time_augmentation",
        "merge_policy",
        "tile_size",
    )

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
        known = ", ".join(spec.name for spec in ARGUMENTS[DETECT_OBJECTS])
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
        named = _named(pairs)
        values = parse_arguments("this model", _offered(cls.specs, named, model), named)
        tile_size = values["tile_size"]
        tile = model.tile if tile_size is None else (tile_size, tile_size)
        asked_batch = values["batch_size"] if model.batch_size is None else model.batch_size
        return cls(
            padding=_padding(values["padding"], replace(model, tile=tile), job),
            threshold=model.threshold if values["threshold"] is None else values["threshold"],
            batch_size=_square(asked_batch, job),
            nms_overlap=model.nms_overlap if values["nms_overlap"] is None else values["nms_overlap"],
            **{name: values[name] for name in cls.as_given},
        )


@dataclass(frozen=True)
class InstanceArguments(DetectionArguments):
    """The parsed arguments of a model that detects objects and draws their masks.

    Attributes:
        return_bboxes: Write the frames of the masks instead of their outlines.
        simplify: Write outlines without the steps of the pixels.
    """

    specs: ClassVar[tuple[ArgumentSpec, ...]] = INSTANCE_ARGUMENTS
    as_given: ClassVar[tuple[str, ...]] = (
        "test_time_augmentation",
        "merge_policy",
        "tile_size",
        "return_bboxes",
        "simplify",
    )

    return_bboxes: bool = False
    simplify: bool = True


@dataclass(frozen=True)
class PixelArguments:
    """The parsed arguments of a model that classifies pixels.

    Attributes:
        padding: Border of a tile in pixels, leaving a core of at least an eighth of the tile.
        batch_size: Tiles in a batch, a square number.
        predict_background: Background may be chosen for a pixel; None where the model knows no background.
        test_time_augmentation: Look at every tile in 8 views.
        merge_policy: How the views are merged: ``mean``, ``max`` or ``min``.
        threshold: Smallest probability of an edge or a road, 0..1.
        return_probability_raster: Write the probability of an edge or a road instead of classes.
        thinning: Thin edges to lines of one pixel.
        tile_size: Side of a tile in pixels; None takes the model's.
        blend: ``cosine`` mixes the scores where tiles overlap, ``none`` takes each pixel from one tile.
        only_above: Of a model of changes: a class of change is written only where it reaches the threshold.
    """

    padding: int
    batch_size: int = 4
    predict_background: bool | None = None
    test_time_augmentation: bool = False
    merge_policy: str = "mean"
    threshold: float = 0.5
    return_probability_raster: bool = False
    thinning: bool = False
    tile_size: int | None = None
    blend: str = "cosine"
    only_above: bool = False

    @classmethod
    def help(cls, specs: tuple[ArgumentSpec, ...] = PIXEL_ARGUMENTS) -> str:
        """Return what can be given, for dialogs and documents."""
        known = ", ".join(spec.name for spec in specs)
        return f"Names and values, such as padding 64; batch_size 4. Known: {known}."

    @classmethod
    def from_pairs(cls, pairs: Pairs, model: ModelDefaults, job: Job) -> PixelArguments:
        """Return the arguments for a model; what is mended is told to the job.

        Args:
            pairs: Names and texts as given; what is not named takes the model's value, then ours.
            model: What the model says.
            job: Told about a batch size or a padding that is not run as given.

        Raises:
            ParameterError: A name is unknown, given twice or not for this model, or a value breaks its rule.
        """
        named = _named(pairs)
        offered = OFFERED.get(model.kind, PIXEL_ARGUMENTS)
        values = parse_arguments("this model", PIXEL_ARGUMENTS, ())
        values |= parse_arguments("this model", _offered(offered, named, model), named)
        given = {name.strip().lower() for name, text in named if str(text).strip()}
        _check_for_pixels(given, values, model)
        tile_size = values["tile_size"]
        tile = model.tile if tile_size is None else (tile_size, tile_size)
        built_in = model.built_in_padding
        asked_batch = values["batch_size"] if model.batch_size is None else model.batch_size
        return cls(
            padding=_padding(values["padding"], replace(model, tile=tile), job) if built_in is None else built_in,
            batch_size=_square(asked_batch, job),
            predict_background=_background(values["predict_background"], model, job),
            test_time_augmentation=values["test_time_augmentation"],
            merge_policy=values["merge_policy"],
            threshold=model.threshold if values["threshold"] is None else values["threshold"],
            return_probability_raster=values["return_probability_raster"],
            thinning=values["thinning"],
            tile_size=tile_size,
            blend=values["blend"],
            only_above=model.kind == "changes" and values["threshold"] is not None,
        )


def largest_padding(tile: tuple[int, int]) -> int:
    """Return the padding that leaves a core of an eighth of the tile's shorter side, at least one pixel."""
    side = min(tile)
    return max(0, (side - max(1, math.ceil(side / SMALLEST_CORE))) // 2)


def _named(pairs: Pairs) -> list[tuple[str, str]]:
    """Return the pairs with older names of arguments replaced."""
    return [(ALIASES.get(name.strip().lower(), name), text) for name, text in pairs]


def _offered(
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


def _check_for_pixels(given: set[str], values: Mapping[str, Any], model: ModelDefaults) -> None:
    """Refuse arguments that a model of pixels has no use for."""
    with_threshold = model.kind in ("edges", "roads")
    only_those = ("merge_policy", "return_probability_raster", *(["threshold"] if model.kind == "classes" else []))
    for name in only_those:
        if name in given and not with_threshold:
            raise ParameterError(
                f"argument {name} is for models of edges and roads only, and this is none: leave it out"
            )
    if "thinning" in given and model.kind != "edges":
        raise ParameterError("argument thinning is for models of edges only, and this is none: leave it out")
    old = model.learn_version is not None and model.learn_version < THRESHOLD_SINCE
    for name in ("threshold", "return_probability_raster"):
        if name in given and old:
            raise ParameterError(
                f"argument {name} needs a model of arcgis.learn {_dotted(THRESHOLD_SINCE)} or later and this one is of "
                f"{_dotted(model.learn_version or ())}: leave it out or train the model again"
            )
    if "merge_policy" in given and not values["test_time_augmentation"]:
        raise ParameterError(
            f"argument merge_policy {values['merge_policy']} says how views are merged and there is only one: add "
            "test_time_augmentation True or leave it out"
        )
    if "tile_size" in given and not model.any_tile and values["tile_size"] not in (None, *model.tile):
        raise ParameterError(
            f"argument tile_size is {values['tile_size']} and the model works with tiles of {model.tile[1]} x "
            f"{model.tile[0]} pixels only: leave it out"
        )


def _background(asked: bool | None, model: ModelDefaults, job: Job) -> bool | None:
    """Return whether background may be chosen; None where the model knows none."""
    if model.background:
        return asked is not False
    if asked:
        job.warn("predict_background is True and the model knows no background: every pixel gets one of its classes")
    return None


def _dotted(version: tuple[int, ...]) -> str:
    """Return a version as text."""
    return ".".join(map(str, version))


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
