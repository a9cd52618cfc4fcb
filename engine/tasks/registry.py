"""The tasks networks are trained for: one file of this folder each, found by scanning it.

A task says how the labels of chips become what a network learns, what the losses of a batch are, how a network is
judged on validation chips, and what report and package say of it. Training knows nothing else about what it trains.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from torch import Tensor

from ..accuracy.scores import ClassScores
from ..errors import ParameterError
from ..job import Job
from ..models.registry import ModelSpec
from ..training.augmentation import Augmentation
from ..training.batches import FEWEST_VIEWS
from ..training.scale import ScaleRule
from ..training.views import View

if TYPE_CHECKING:
    from ..samples.folder import SampleSet
    from ..training.trained import Findings, Trained

Losses = Callable[[Any, Tensor, Any], dict[str, Tensor]]
Prepared = Callable[[Any], tuple[Tensor, Any]]


@dataclass(frozen=True)
class Evaluation:
    """How good a network is on the validation chips.

    Attributes:
        loss: Sum of the losses, mean over the chips.
        losses: Each loss by name.
        metrics: Value by the name of the metric, as parameters spell it; larger is better.
        classes: Scores of each class, and of all as the last entry; empty when not asked for.
        threshold: Score from which on predictions should be kept; NaN when nothing is right.
        predictions: What was predicted on each chip, in order; arrays by name.
        references: What should have been predicted, in the same order.
        proposals: Defaults that the model package should offer beside the threshold, by their key.
        confusion: (channels, channels) int64 pixels, predicted channel down and labelled channel across; None where
            pixels are not what is judged.
        weighed: Whether some classes were told to count more than others, so that accuracy is not what is wanted.
        extra: What the description of the network keeps of this judgement, as in ``ModelSpec.extra``.
    """

    loss: float
    losses: dict[str, float]
    metrics: dict[str, float] = field(default_factory=dict)
    classes: Sequence[ClassScores] = ()
    threshold: float = float("nan")
    predictions: Sequence[Mapping[str, np.ndarray]] = ()
    references: Sequence[Mapping[str, np.ndarray]] = ()
    proposals: Mapping[str, float] = field(default_factory=dict)
    confusion: np.ndarray | None = None
    weighed: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)


Evaluate = Callable[[Any, Iterable[Any], Prepared, Sequence[str], Callable[[], None]], Evaluation]


class Labels(Protocol):
    """How the labels of some training data become what a network learns.

    Attributes:
        names: What is learnt, by name: the classes, and the background where it is one of them.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """What is learnt, in the order of the network's outputs."""

    def counts(self) -> np.ndarray:
        """Return how much of each class each chip holds, (chips, names) int64: objects or pixels."""

    def usable(self) -> np.ndarray:
        """Return which chips can teach or judge anything, (chips,) bool."""

    def divisible(self) -> bool:
        """Return whether part of a chip's labels can be hidden."""

    def hiding(self, indexes: np.ndarray, ground: np.ndarray) -> Labels:
        """Return labels that some chips do not show on some ground.

        Args:
            indexes: (h,) int64, the chips.
            ground: (m, 4) float64 left, bottom, right, top in map units.
        """

    def places(self) -> np.ndarray:
        """Return the ground that each chip's label speaks of, (chips, 4) float64 left, bottom, right, top in map units.

        NaN rows where a chip has no georeference.
        """

    def sizes(self, indexes: np.ndarray) -> np.ndarray:
        """Return widths and heights of the objects of some chips, (n, 2) float64 pixels; empty without objects."""

    def read(self, index: int, pixels: np.ndarray) -> np.ndarray | None:
        """Return what is kept of a chip's label beside its pixels (bands, rows, cols), None to keep nothing."""

    def shown(self, index: int, kept: np.ndarray | None, view: View) -> Any:
        """Return what a network should answer to a view of a chip."""

    def stacked(self, targets: list[Any]) -> Any:
        """Return the targets of several views as those of a batch."""

    def fitted(self, spec: ModelSpec, job: Job) -> ModelSpec:
        """Return a specification with what the data says of outputs and losses."""

    def fingerprint(self, index: int) -> bytes:
        """Return bytes that change when the label of a chip changes."""


LabelsOf = Callable[["SampleSet", Mapping[str, Any], Job], Labels]
"""Training data, the parsed model arguments and a job that is told what was decided, to the labels."""


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        name: As architectures and model packages spell it.
        model_type: ``ModelType`` of an ``.emd``.
        formats: Training formats whose labels it learns, those made for it first.
        monitors: Metrics that may choose the best state; ``VALID_LOSS`` first.
        told: Metrics that the user is told after each epoch, beside the monitored one.
        losses: Network, images and targets to named losses.
        evaluate: Network, validation batches, what prepares a batch (images, targets), class names, and a check that
            raises when the user cancelled, to an evaluation.
        settle: An evaluation of the best state and class names to the same evaluation, with the defaults chosen that
            suit the validation chips best.
        labels: Gives the labels of training data.
        rule: Size at which objects are shown.
        transforms: The default transforms and a network to the transforms that suit it.
        suggest: Training data to the code of the architecture that suits it, and the reason.
        findings: A finished training to what report and package say of it.
        views: Views that an epoch of few chips has at least; a batch is a twentieth of them.
        centred: What is learnt lies in the middle of a chip: a smaller view shows the middle.
        paired: It learns from pairs of chips of two dates; other tasks of the same formats do from single chips.
    """

    name: str
    model_type: str
    formats: tuple[str, ...]
    monitors: tuple[str, ...]
    told: tuple[str, ...]
    losses: Losses
    evaluate: Evaluate
    settle: Callable[[Evaluation, Sequence[str]], Evaluation]
    labels: LabelsOf
    rule: ScaleRule
    transforms: Callable[[Augmentation, Any], Augmentation]
    suggest: Callable[[SampleSet], tuple[str, str]]
    findings: Callable[[Trained, Job], Findings]
    views: int = FEWEST_VIEWS
    centred: bool = False
    paired: bool = False


_FOUND: dict[str, Task] = {}


def register(task: Task) -> Task:
    """Add a task.

    Raises:
        ValueError: The name is taken.
    """
    if task.name in _FOUND:
        raise ValueError(f"task {task.name} is registered twice")
    _FOUND[task.name] = task
    return task


def tasks() -> dict[str, Task]:
    """Return every task by name, sorted."""
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name != "registry":
            importlib.import_module(f".{module.name}", __package__)
    return dict(sorted(_FOUND.items()))


def get_task(name: str) -> Task:
    """Return a task by name.

    Raises:
        ParameterError: There is none of this name.
    """
    known = tasks()
    if name not in known:
        raise ParameterError(f"task '{name}' is unknown: choose one of {', '.join(known)}")
    return known[name]


def task_of(samples: SampleSet) -> Task:
    """Return the task that learns from training data when no architecture is named.

    Where several do, it is the one that names the format before others: masks are learnt as masks, though their frames
    would do for boxes.

    Raises:
        ParameterError: No task does.
    """
    found = [task for task in tasks().values() if samples.metadata_format in task.formats]
    if not found:
        learnt = ", ".join(dict.fromkeys(name for task in tasks().values() for name in task.formats))
        raise ParameterError(
            f"nothing learns from {samples.metadata_format} yet: export the training data as one of {learnt}; Convert "
            "Training Data makes them from a folder that is there"
        )
    return min(found, key=lambda task: (task.paired != samples.paired, task.formats.index(samples.metadata_format)))
