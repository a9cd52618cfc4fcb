"""What a model that detects objects, or draws their masks, takes beside the tool's own parameters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from ..job import Job
from ..models.arguments import ArgumentSpec, parse_arguments
from .model_defaults import MERGE_POLICIES, ModelDefaults, left_open, padding_to_run, square_batch, with_known_names
from .values import Pairs

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

DETECT_OBJECTS_ARGUMENTS: tuple[ArgumentSpec, ...] = (
    *DETECTION_ARGUMENTS,
    *(spec for spec in INSTANCE_ARGUMENTS if spec not in DETECTION_ARGUMENTS),
)
"""What either of them takes."""


FEWEST_SHARED = 3
"""Padding in pixels below which two tiles share too little ground to tell two objects from one that is cut."""


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
        known = ", ".join(spec.name for spec in DETECT_OBJECTS_ARGUMENTS)
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
        named = with_known_names(pairs)
        values = parse_arguments("this model", left_open(cls.specs, named, model), named)
        tile_size = values["tile_size"]
        tile = model.tile if tile_size is None else (tile_size, tile_size)
        padding = padding_to_run(values["padding"], replace(model, tile=tile), job)
        if padding < FEWEST_SHARED:
            job.warn(
                f"padding {padding}: neighbouring tiles share hardly any ground, so objects that meet at the edge of a "
                f"tile may become one; a padding of {FEWEST_SHARED} or more lets both tiles see what lies there"
            )
        asked_batch = values["batch_size"] if model.batch_size is None else model.batch_size
        return cls(
            padding=padding,
            threshold=model.threshold if values["threshold"] is None else values["threshold"],
            batch_size=square_batch(asked_batch, job),
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
