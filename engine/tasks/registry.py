"""The tasks networks are trained for: one file of this folder each, found by scanning it.

A task says what the losses of a batch are, how a network is judged on validation chips, and which metrics may choose
the best state. Training knows nothing else about what it trains.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from ..accuracy.scores import ClassScores
from ..errors import ParameterError

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
    """

    loss: float
    losses: dict[str, float]
    metrics: dict[str, float] = field(default_factory=dict)
    classes: Sequence[ClassScores] = ()
    threshold: float = float("nan")
    predictions: Sequence[Mapping[str, np.ndarray]] = ()
    references: Sequence[Mapping[str, np.ndarray]] = ()
    proposals: Mapping[str, float] = field(default_factory=dict)


Evaluate = Callable[[Any, Iterable[Any], Prepared, Sequence[str], Callable[[], None]], Evaluation]


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        name: As architectures and model packages spell it.
        model_type: ``ModelType`` of an ``.emd``.
        monitors: Metrics that may choose the best state; ``VALID_LOSS`` first.
        losses: Network, images and targets to named losses.
        evaluate: Network, validation batches, what prepares a batch (images, targets), class names, and a check that
            raises when the user cancelled, to an evaluation.
        settle: An evaluation of the best state and class names to the same evaluation, with the defaults chosen that
            suit the validation chips best.
    """

    name: str
    model_type: str
    monitors: tuple[str, ...]
    losses: Losses
    evaluate: Evaluate
    settle: Callable[[Evaluation, Sequence[str]], Evaluation]


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


def get_task(name: str) -> Task:
    """Return a task by name.

    Raises:
        ParameterError: There is none of this name.
    """
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        if module.name != "registry":
            importlib.import_module(f".{module.name}", __package__)
    if name not in _FOUND:
        raise ParameterError(f"task '{name}' is unknown: choose one of {', '.join(sorted(_FOUND))}")
    return _FOUND[name]
