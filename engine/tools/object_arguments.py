"""What a model that classifies objects takes beside the tool's own parameters."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ParameterError
from ..models.arguments import ArgumentSpec, parse_arguments
from .values import Pairs

OBJECT_ARGUMENTS: tuple[ArgumentSpec, ...] = (
    ArgumentSpec(
        "batch_size",
        "",
        "int",
        low=1,
        high=4096,
        help="Objects worked on at once; empty suits the size of their chips and the processor (ArcGIS takes 4).",
    ),
    ArgumentSpec(
        "test_time_augmentation",
        "False",
        "bool",
        help="Look at every object in 8 flipped and turned views and take the mean; 8 times slower.",
    ),
    ArgumentSpec(
        "score_threshold",
        "",
        "float",
        low=0.0,
        high=1.0,
        aliases=("threshold",),
        help="Objects whose class is less sure are not written; of a model with several labels, labels. Empty writes "
        "all, of several labels those from the model's own threshold on.",
    ),
)
"""Arguments of a model that classifies objects, in ArcGIS's order; an empty default is chosen by the run."""


@dataclass(frozen=True)
class ObjectArguments:
    """The parsed arguments of a model that classifies objects.

    Attributes:
        batch_size: Objects worked on at once; None suits chips and processor.
        test_time_augmentation: Look at every object in 8 views.
        score_threshold: Smallest confidence that is written, 0..1; None is the model's choice.
    """

    batch_size: int | None = None
    test_time_augmentation: bool = False
    score_threshold: float | None = None

    @classmethod
    def help(cls) -> str:
        """Return what can be given, for dialogs and documents."""
        known = ", ".join(spec.name for spec in OBJECT_ARGUMENTS)
        return f"Names and values, such as batch_size 16; score_threshold 0.5. Known: {known}."

    @classmethod
    def from_pairs(cls, pairs: Pairs, fixed_batch: int | None = None) -> ObjectArguments:
        """Return the arguments for a model.

        Args:
            pairs: Names and texts as given.
            fixed_batch: The batch size that the model fixes; None leaves the choice.

        Raises:
            ParameterError: A name is unknown, given twice, or fixed by the model, or a value breaks its rule.
        """
        if fixed_batch is not None and any(name.strip().lower() == "batch_size" for name, _ in pairs):
            raise ParameterError(f"argument batch_size is fixed to {fixed_batch} by the model: leave it out")
        values = parse_arguments("this model", OBJECT_ARGUMENTS, pairs)
        return cls(
            batch_size=values["batch_size"] if fixed_batch is None else fixed_batch,
            test_time_augmentation=values["test_time_augmentation"],
            score_threshold=values["score_threshold"],
        )
