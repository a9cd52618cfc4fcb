"""What a model that classifies pixels, or detects change, takes beside the tool's own parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import ParameterError
from ..job import Job
from ..models.arguments import ArgumentSpec, parse_arguments
from .model_defaults import MERGE_POLICIES, ModelDefaults, left_open, padding_to_run, square_batch, with_known_names
from .values import Pairs

THRESHOLD_SINCE = (1, 8, 4)
"""Version of arcgis.learn from which on its models of edges and roads take a threshold."""

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
    aliases=("score_threshold",),
)

CHANGE_ARGUMENTS: tuple[ArgumentSpec, ...] = (
    *(spec for spec in PIXEL_ARGUMENTS if spec.name in ("batch_size", "padding")),
    CHANGE_THRESHOLD,
    *(spec for spec in PIXEL_ARGUMENTS if spec.name in ("test_time_augmentation", "tile_size", "blend")),
)
"""Arguments of a model that detects change; ``score_threshold`` is another name of the threshold."""

OFFERED = {"changes": CHANGE_ARGUMENTS}
"""Kind of a model of pixels -> what it takes, if not all of ``PIXEL_ARGUMENTS``."""


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
        known = ", ".join(name for spec in specs for name in (spec.name, *spec.aliases))
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
        named = with_known_names(pairs)
        offered = OFFERED.get(model.kind, PIXEL_ARGUMENTS)
        values = parse_arguments("this model", PIXEL_ARGUMENTS, ())
        values |= parse_arguments("this model", left_open(offered, named, model), named)
        given = {name.strip().lower() for name, text in named if str(text).strip()}
        _check_for_pixels(given, values, model)
        tile_size = values["tile_size"]
        tile = model.tile if tile_size is None else (tile_size, tile_size)
        built_in = model.built_in_padding
        asked_batch = values["batch_size"] if model.batch_size is None else model.batch_size
        return cls(
            padding=padding_to_run(values["padding"], replace(model, tile=tile), job) if built_in is None else built_in,
            batch_size=square_batch(asked_batch, job),
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
