"""One training from a prepared start to the best weights: batch size, learning rate, epochs, too little memory."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass

import numpy as np
import torch

from ..errors import DeviceError
from ..job import Job
from ..networks.trainable import Trainable
from ..tools.train_model import TrainModel
from .augmentation import Augmentation
from .batches import BatchChoice, choose_batch, smaller
from .learning_rate import parse_rates, range_test_steps, rates_of
from .loaders import ChipStore, TrainingBatches, ValidationBatches
from .loop import fit
from .memory import bytes_per_chip, chips_that_fit, free_memory, is_out_of_memory, weights_bytes
from .plan import Plan
from .range_test import range_test
from .scale import ChipScale
from .split import Split
from .state import Checkpoint, RunState, copied

USUAL_STEPS_A_MINUTE = 30
"""Guess of the steps a minute holds, to know whether a range test pays in a training of given time."""


@dataclass(frozen=True)
class Material:
    """The data of a training.

    Attributes:
        store: The chips.
        split: Which of them train.
        scale: How large they are shown.
        augmentation: What is done to them.
        band_range: Smallest and largest value of each band.
    """

    store: ChipStore
    split: Split
    scale: ChipScale
    augmentation: Augmentation
    band_range: tuple[np.ndarray, np.ndarray]

    def training(self, choice: BatchChoice, seed: int) -> TrainingBatches:
        """Return the training batches."""
        return TrainingBatches(
            self.store,
            self.split.training,
            choice.size,
            choice.repeats,
            self.scale,
            self.augmentation,
            self.band_range,
            seed,
        )

    def validation(self, batch_size: int) -> ValidationBatches:
        """Return the validation batches: whole chips, as many as take the memory of a batch of views."""
        view, whole = self.scale.view, self.scale.whole
        fitting = max(1, batch_size * view[0] * view[1] // (whole[0] * whole[1]))
        return ValidationBatches(self.store, self.split.validation, fitting, self.scale)


def train(
    network: Trainable,
    plan: Plan,
    material: Material,
    request: TrainModel,
    pretrained: bool,
    checkpoint: Checkpoint,
    job: Job,
    span: tuple[float, float],
) -> RunState:
    """Train a network to its best weights.

    Args:
        network: The network, on its device.
        plan: How to train.
        material: The data.
        request: The request: batch size and learning rate.
        pretrained: Whether the backbone's weights were trained before.
        checkpoint: Where an interrupted run left its state, and where this one leaves its own.
        job: Told everything that was chosen.
        span: Progress before and after, 0..1.

    Raises:
        DeviceError: Memory does not suffice for one chip.
    """
    state = checkpoint.load(job)
    if plan.tensorboard is not None:
        job.message(f"TensorBoard logs while training: tensorboard --logdir {plan.tensorboard}")
    choice = choose_batch(
        request.batch_size if not state.batch_size else state.batch_size,
        len(material.split.training),
        None if state.batch_size else _fitting(network, plan, material),
        plan.task.views if material.augmentation != Augmentation() else 0,
        job,
    )
    start = copied(network.state_dict())
    while True:
        try:
            return _attempt(network, plan, material, request, pretrained, state, choice, checkpoint, job, span)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if choice.size == 1:
                raise DeviceError(
                    "memory does not suffice for one chip: lower resize_to or chip_size, or choose a smaller backbone"
                ) from error
        choice = smaller(choice)
        job.warn(f"memory ran out: training starts again with batches of {choice.size} chips")
        network.to(plan.arithmetic.device)
        network.load_state_dict(start)
        state = RunState()
        gc.collect()
        if plan.arithmetic.device.type == "cuda":
            torch.cuda.empty_cache()


def _attempt(
    network: Trainable,
    plan: Plan,
    material: Material,
    request: TrainModel,
    pretrained: bool,
    state: RunState,
    choice: BatchChoice,
    checkpoint: Checkpoint,
    job: Job,
    span: tuple[float, float],
) -> RunState:
    """Train with one batch size."""
    batches = material.training(choice, plan.seed)
    if state.rates is None:
        state = _with_rates(network, plan, batches, request, pretrained, job)
    state.batch_size = choice.size
    return fit(network, plan, batches, material.validation(choice.size), state, job, checkpoint=checkpoint, span=span)


def _with_rates(
    network: Trainable, plan: Plan, batches: TrainingBatches, request: TrainModel, pretrained: bool, job: Job
) -> RunState:
    """Return a fresh state with the learning rates that were given or found."""
    rates = parse_rates(request.learning_rate, pretrained)
    state = RunState()
    if rates is None:
        planned = plan.max_epochs * len(batches)
        if plan.max_minutes is not None:
            planned = round(plan.max_minutes * USUAL_STEPS_A_MINUTE)
        steps = range_test_steps(planned)
        if steps:
            job.progress(0.0, "Finding the learning rate")
            began = time.monotonic()
            found, state.tested = range_test(network, plan, batches, steps, plan.usual_rate, job)
            state.seconds = time.monotonic() - began
            why = f"found by a range test of {steps} steps"
        else:
            found, why = plan.usual_rate, "the usual one; the training is too short for a range test"
        rates = rates_of(found, pretrained)
        job.message(f"Learning rate {_text(rates.backbone, rates.head)} ({why})")
    state.rates = (rates.backbone, rates.head)
    return state


def _fitting(network: Trainable, plan: Plan, material: Material) -> int | None:
    """Return how many chips fit memory; None when nobody knows."""
    free = free_memory(plan.arithmetic.device)
    if free is None:
        return None
    probe = next(iter(material.training(BatchChoice(2, 1), plan.seed)))
    before = copied(network.state_dict())
    network.train()
    try:
        kept = bytes_per_chip(lambda: torch.stack(list(plan.losses(network, probe).values())).sum())
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return 1
    finally:
        network.load_state_dict(before)
    return chips_that_fit(free, weights_bytes(network), kept // len(probe["targets"]))


def _text(backbone: float, head: float) -> str:
    return f"{head:.1e}" if backbone == head else f"{head:.1e}, backbone {backbone:.1e}"
