"""How a network is trained: everything decided before the first step, and the optimiser that follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..job import Job
from ..networks.trainable import Trainable
from ..package.normalisation import Normalisation
from ..tasks.registry import Evaluation, Task
from .learning_rate import Rates
from .loaders import Batch
from .precision import Arithmetic

WEIGHT_DECAY = 0.05
CLIP = 5.0
"""Largest norm of the gradient."""


@dataclass(frozen=True)
class Plan:
    """How a network is trained.

    Attributes:
        task: What it is trained for.
        arithmetic: Where and in which number format.
        normalisation: What is done to pixels before the network.
        names: What is learnt, by name.
        max_epochs: Passes over the data.
        max_minutes: Time to train, instead of a number of passes; None to count passes.
        monitor: Metric that chooses the best state.
        stop_early: Whether to hurry to the end when the metric no longer improves.
        tensorboard: Folder for TensorBoard logs, or None.
        seed: Of every draw.
        usual_rate: Learning rate that suits the architecture in general.
    """

    task: Task
    arithmetic: Arithmetic
    normalisation: Normalisation
    names: tuple[str, ...]
    max_epochs: int
    max_minutes: float | None
    monitor: str
    stop_early: bool
    tensorboard: Path | None
    seed: int
    usual_rate: float = 1e-3

    def prepared(self, batch: Batch) -> tuple[Tensor, Any]:
        """Return images and targets of a batch on the device, images normalised."""
        device = self.arithmetic.device
        images = self.normalisation.apply(batch["images"].to(device, non_blocking=True))
        return images.contiguous(memory_format=torch.channels_last), moved(batch["targets"], device)

    def losses(self, network: Trainable, batch: Batch) -> dict[str, Tensor]:
        """Return the named losses of a batch."""
        images, targets = self.prepared(batch)
        with self.arithmetic.active():
            return self.task.losses(network, images, targets)

    def evaluated(self, network: Trainable, batches: Iterable[Batch], job: Job) -> Evaluation:
        """Judge a network on validation batches."""
        with self.arithmetic.active():
            return self.task.evaluate(network, batches, self.prepared, self.names, job.check)


def moved(targets: Any, device: torch.device) -> Any:
    """Return targets on a device: a tensor, or tensors in lists and by name."""
    if isinstance(targets, Tensor):
        return targets.to(device, non_blocking=True)
    if isinstance(targets, Mapping):
        return {name: moved(value, device) for name, value in targets.items()}
    return [moved(value, device) for value in targets]


def parameter_groups(network: Trainable, rates: Rates) -> list[dict[str, Any]]:
    """Return the optimiser's groups: backbone and head, with and without weight decay (norms and biases)."""
    groups: list[dict[str, Any]] = []
    for parameters, rate in ((network.backbone_parameters(), rates.backbone), (network.head_parameters(), rates.head)):
        learning = [parameter for parameter in parameters if parameter.requires_grad]
        for decays in (True, False):
            chosen = [parameter for parameter in learning if (parameter.ndim > 1) == decays]
            if chosen:
                groups.append({"params": chosen, "lr": rate, "peak": rate, "weight_decay": WEIGHT_DECAY * decays})
    return groups


def optimizer_of(network: Trainable, rates: Rates) -> torch.optim.Optimizer:
    """Return AdamW over the parameters that learn."""
    return torch.optim.AdamW(parameter_groups(network, rates), fused=True)
