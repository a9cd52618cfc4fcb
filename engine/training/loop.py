"""The training itself: epochs of steps on Lightning.

Lightning runs the steps; the ``Conductor`` does what surrounds them: nothing else logs, prints or saves.
"""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import lightning.pytorch as lightning
import torch
from lightning.pytorch.loggers import TensorBoardLogger
from torch import Tensor

from ..errors import TrainingError
from ..job import Job
from ..networks.trainable import Trainable
from .conductor import Conductor
from .learning_rate import Rates
from .loaders import Batch, TrainingBatches, ValidationBatches
from .plan import CLIP, Plan, optimizer_of
from .state import Checkpoint, RunState

MOST_LOST_STEPS = 20
"""Steps in a row whose loss is not finite before training gives up."""


class _Steps(lightning.LightningModule):
    """What Lightning runs: one step, and the optimiser."""

    def __init__(self, network: Trainable, plan: Plan, rates: Rates, conductor: Conductor) -> None:
        super().__init__()
        self.conductor = conductor
        self.network = network
        self.plan = plan
        self.rates = rates
        self.sums: dict[str, float] = {}
        self.counted = 0
        self.lost = 0

    def training_step(self, batch: Batch, number: int) -> Tensor | None:
        """Return the loss of a batch; a loss that is not finite is passed over a few times."""
        losses = self.plan.losses(self.network, batch)
        total = torch.stack(list(losses.values())).sum()
        if not math.isfinite(float(total.detach())):
            self._lose_step()
            return None
        for name, loss in losses.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(loss.detach())
        self.counted += 1
        return total

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Shorten the gradient; one that is not finite is dropped, so that the step changes nothing."""
        norm = torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        if bool(torch.isfinite(norm)):
            # a step without loss has no gradient: it neither counts again nor ends the row
            self.lost = 0 if float(norm) > 0 else self.lost
        else:
            self.network.zero_grad(set_to_none=True)
            self._lose_step()

    def _lose_step(self) -> None:
        """Count a step that taught nothing; give up after many in a row."""
        self.lost += 1
        if self.lost > MOST_LOST_STEPS:
            raise TrainingError(
                f"the loss is not a number for {self.lost} steps: give a learning_rate below {self.rates.head:g}"
            )

    def _means(self) -> dict[str, float]:
        """Return the mean of each loss since the last call."""
        means = {name: value / max(1, self.counted) for name, value in self.sums.items()}
        self.sums, self.counted = {}, 0
        return means

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return the optimiser; its rates are set before each step."""
        return optimizer_of(self.network, self.rates)

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Leave the batch where it is: ``Plan.prepared`` moves it."""
        return batch

    def on_train_start(self) -> None:
        """Take up an interrupted run."""
        self.conductor.begin(self.network, self.trainer.optimizers[0])

    def on_train_epoch_start(self) -> None:
        """Begin an epoch."""
        self.conductor.before_epoch()
        self.network.train()

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Set the rates."""
        self.conductor.before_step(self.trainer.optimizers[0])

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_idx: int) -> None:
        """Move on; end when the schedule is done."""
        if self.conductor.after_step(self.network, self.trainer.optimizers[0]):
            self.trainer.should_stop = True

    def on_train_epoch_end(self) -> None:
        """Judge the epoch."""
        record = self.conductor.after_epoch(self.network, self.trainer.optimizers[0], self._means())
        if record is not None and self.trainer.logger is not None:
            values = {"loss": record.loss, "valid_loss": record.valid_loss, "learning_rate": record.rate}
            self.trainer.logger.log_metrics({**values, **record.metrics}, step=record.steps)


def fit(
    network: Trainable,
    plan: Plan,
    batches: TrainingBatches,
    validation: ValidationBatches | None,
    state: RunState,
    job: Job,
    *,
    checkpoint: Checkpoint | None = None,
    span: tuple[float, float] = (0.0, 1.0),
) -> RunState:
    """Train a network; its weights are the best averaged ones afterwards.

    Args:
        network: The network, on its device; its weights are changed.
        plan: How to train.
        batches: Training batches.
        validation: Validation batches; None trains to the end and keeps the last weights.
        state: A fresh state with ``rates`` filled, or that of an interrupted run.
        job: Told each epoch; asked at each step whether the user cancelled.
        checkpoint: Where the state is saved on the way; None saves nothing.
        span: Progress before and after, 0..1.

    Returns:
        The state at the end.

    Raises:
        TrainingError: The loss is not finite for many steps, or nothing learns.
    """
    if state.rates is None:
        raise TrainingError("training has no learning rate: give learning_rate")
    conductor = Conductor(plan, state, batches, validation, checkpoint, job, span)
    module = _Steps(network, plan, Rates(*state.rates), conductor)
    batches.epoch, batches.skip = state.epoch, state.epoch_step
    if not conductor.schedule.done:
        with _quiet():
            trainer = lightning.Trainer(
                accelerator="gpu" if plan.arithmetic.device.type == "cuda" else "cpu",
                devices=[plan.arithmetic.device.index or 0] if plan.arithmetic.device.type == "cuda" else 1,
                max_epochs=-1,
                logger=TensorBoardLogger(plan.tensorboard, name="", version="") if plan.tensorboard else False,
                limit_val_batches=0,
                num_sanity_val_steps=0,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
                use_distributed_sampler=False,
            )
            trainer.fit(module, train_dataloaders=batches)
    state.seconds = conductor.seconds
    state.position = conductor.schedule.position
    network.to(plan.arithmetic.device)  # Lightning leaves it on the processor
    network.load_state_dict(state.best)
    network.eval()
    return state


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's advice to itself."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric", "lightning")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\..*")
            warnings.filterwarnings("ignore", module=r"torch\.utils\.data\..*")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
