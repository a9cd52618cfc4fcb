"""What happens around the steps of a training: schedule, moving average, judgement, best weights, saves, reports.

Everything decided on the way stands in the ``RunState``, so an interrupted run goes on after its last saved epoch.
"""

from __future__ import annotations

import math
import time

import torch

from ..job import Job
from ..networks.trainable import Trainable
from ..tasks.registry import Evaluation
from .averaging import MovingAverage
from .learning_rate import OneCycle
from .loaders import TrainingBatches, ValidationBatches
from .plan import Plan
from .state import SAVE_SECONDS, SAVE_WITHIN_SECONDS, Checkpoint, EpochRecord, RunState, copied

PATIENCE = 5
"""Epochs without improvement after which training hurries to its end."""
LISTENS_FROM = 0.3
"""Position of the schedule before which an epoch without improvement says nothing."""
LAST_SHARE = 0.10
"""Share of the planned steps that training takes to its end once it hurries."""
AS_GOOD = 0.03
"""Difference from the best value, as a share of it, within which a later state is kept."""
SETTLES_FROM = 0.5
"""Position of the schedule from which on states compete; earlier ones are kept until then only: on few validation chips
a state of the first epochs, which learned little, can look the best by chance."""
STEPS_TO_FORETELL = 8
"""Steps before the time left is told: the first ones are slow."""
VALIDATION_SHARE = 0.08
"""Largest share of a given training time that validation takes."""


class Conductor:
    """Sets the rate, averages the weights, judges each epoch, keeps the best, saves, reports, and says when to end.

    Attributes:
        schedule: Where the run stands in its schedule.
    """

    def __init__(
        self,
        plan: Plan,
        state: RunState,
        batches: TrainingBatches,
        validation: ValidationBatches | None,
        checkpoint: Checkpoint | None,
        job: Job,
        span: tuple[float, float],
    ) -> None:
        self.plan, self.state, self.job = plan, state, job
        self.batches, self.validation, self.checkpoint = batches, validation, checkpoint
        self.span = span
        self.schedule = OneCycle(state.position)
        self.steps = plan.max_epochs * len(batches)
        self.average: MovingAverage | None = None
        self.began = time.monotonic()
        self.saved = self.began
        self.judged = 0.0
        self.validating = 0.0

    @property
    def seconds(self) -> float:
        """Training time used, earlier parts of an interrupted run included."""
        return self.state.seconds + time.monotonic() - self.began

    def begin(self, network: Trainable, optimizer: torch.optim.Optimizer) -> None:
        """Take up the saved weights, if there are any."""
        state = self.state
        for record in state.history:
            self._draw(record)
        self.average = MovingAverage(network)
        if state.network:
            network.load_state_dict(state.network)
            self.average.network.load_state_dict(state.average)
            self.average.steps = state.average_steps
            optimizer.load_state_dict(state.optimizer)
            state.network, state.average, state.optimizer = {}, {}, {}
        self.began = time.monotonic()

    def before_epoch(self) -> None:
        """Let the epoch draw its own random numbers, whatever was drawn before."""
        torch.manual_seed(self.plan.seed + self.state.epoch)

    def before_step(self, optimizer: torch.optim.Optimizer) -> None:
        """Set the rates of the step; stop here when the user cancelled."""
        self.job.check()
        factor = self.schedule.factor
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * factor

    def after_step(self, network: Trainable, optimizer: torch.optim.Optimizer) -> bool:
        """Average the weights and move the schedule on; return whether the end is reached."""
        if self.average is not None:
            self.average.update(network)
        self.state.step += 1
        self.state.epoch_step += 1
        if self.state.pace:
            self.schedule.advance(self.state.pace)
        elif self.plan.max_minutes is not None:
            step = self.seconds / (60 * self.plan.max_minutes) - self.schedule.position
            # a step that would begin in the last moments is not begun
            self.schedule.advance(step if self.schedule.position + 1.5 * step < 1 else 1.0)
        else:
            self.schedule.advance(1 / self.steps)
        low, high = self.span
        self.job.progress(low + (high - low) * self.schedule.position, f"Training, {self._left()}")
        if not self.schedule.done and time.monotonic() - self.saved >= SAVE_WITHIN_SECONDS:
            self._save(network, optimizer)
        return self.schedule.done

    def after_epoch(
        self, network: Trainable, optimizer: torch.optim.Optimizer, losses: dict[str, float]
    ) -> EpochRecord | None:
        """Judge the averaged weights, keep them if they are the best, tell, save, and see whether to end.

        Returns:
            What is known of the epoch; None when it was not judged.
        """
        state = self.state
        state.epoch += 1
        state.epoch_step = 0
        self.batches.epoch, self.batches.skip = state.epoch, 0
        if not self._to_be_judged():
            return None
        found = self._judgement()
        rate = self.schedule.factor * max(group["peak"] for group in optimizer.param_groups)
        loss = sum(losses.values())
        record = EpochRecord(
            state.epoch, state.step, loss, losses, found.loss, found.losses, found.metrics, rate, self.seconds
        )
        state.history.append(record)
        self._keep_best(found)
        self.job.message(self._line(record))
        self._draw(record)
        if self.plan.stop_early and self.plan.max_minutes is None and not state.pace and state.waited >= PATIENCE:
            self._hurry()
        if not self.schedule.done and time.monotonic() - self.saved >= SAVE_SECONDS:
            self._save(network, optimizer)
        return record

    def _to_be_judged(self) -> bool:
        """Return whether validation is due: after each epoch, but within its share of a given time."""
        if self.plan.max_minutes is None or self.schedule.done:
            return True
        return time.monotonic() - self.judged >= self.validating / VALIDATION_SHARE

    def _judgement(self) -> Evaluation:
        """Judge the averaged weights."""
        if self.validation is None or self.average is None:
            return Evaluation(float("nan"), {})
        start = time.monotonic()
        found = self.plan.evaluated(self.average.network, self.validation, self.job)
        self.judged = time.monotonic()
        self.validating = self.judged - start
        return found

    def _keep_best(self, found: Evaluation) -> None:
        """Keep the averaged weights when the monitored metric is as good as ever; without validation always.

        Of two states that differ by less than the noise of a small validation set the later one is kept: its learning
        rate is lower, and average precision still rises when the loss no longer falls.
        """
        value = found.loss if self.plan.monitor == "VALID_LOSS" else -found.metrics.get(self.plan.monitor, 0.0)
        state = self.state
        if self.average is None:
            return
        if state.best_position < SETTLES_FROM <= self.schedule.position:
            state.best_value = None
        lowest = state.best_value
        if lowest is None or not math.isfinite(value) or value < lowest:
            state.best_value, state.waited = value, 0
        elif self.schedule.position > LISTENS_FROM:
            state.waited += 1
        slack = AS_GOOD * abs(lowest) if lowest is not None else 0.0
        if lowest is None or not value > lowest + slack:
            state.best_epoch, state.best_position = state.epoch, self.schedule.position
            state.best = copied(self.average.network.state_dict())

    def _hurry(self) -> None:
        """Let the rate fall to its end within the last share of the planned steps."""
        steps = max(1, min(round(LAST_SHARE * self.steps), self.steps - self.state.step))
        self.state.pace = (1 - self.schedule.position) / steps
        self.job.message(
            f"No improvement for {PATIENCE} epochs: the learning rate falls to its end within {steps} steps, "
            "then training stops"
        )

    def _save(self, network: Trainable, optimizer: torch.optim.Optimizer) -> None:
        """Save the state."""
        if self.checkpoint is None or self.average is None:
            return
        state, now = self.state, time.monotonic()
        state.seconds, self.began = self.seconds, now
        state.position = self.schedule.position
        state.network, state.average = copied(network.state_dict()), copied(self.average.network.state_dict())
        state.average_steps = self.average.steps
        state.optimizer = optimizer.state_dict()
        self.checkpoint.save(state)
        state.network, state.average, state.optimizer = {}, {}, {}
        self.saved = time.monotonic()

    def _draw(self, record: EpochRecord) -> None:
        """Report an epoch as a point of the learning curve."""
        self.job.curve(
            {
                "epoch": record.epoch,
                "epochs": None if self.plan.max_minutes is not None else self.plan.max_epochs,
                "loss": _finite(record.loss),
                "valid_loss": _finite(record.valid_loss),
                "metrics": {name: _finite(value) for name, value in record.metrics.items()},
                "metric": self.plan.monitor,
                "best": self.state.best_epoch,
            }
        )

    def _left(self) -> str:
        """Return how far training is and how long it will take still."""
        position = self.schedule.position
        of = f" of {self.plan.max_epochs}" if self.plan.max_minutes is None else ""
        text = f"epoch {self.state.epoch + 1}{of}"
        if position <= 0 or self.state.step < STEPS_TO_FORETELL:
            return text
        left = self.seconds * (1 - position) / position
        if self.plan.max_minutes is not None:
            left = max(0.0, 60 * self.plan.max_minutes - self.seconds)
        return f"{text}, about {_clock(left)} left"

    def _line(self, record: EpochRecord) -> str:
        """Return an epoch as a line for the user."""
        of = f" of {self.plan.max_epochs}" if self.plan.max_minutes is None else ""
        parts = ", ".join(f"{name} {value:.3f}" for name, value in record.losses.items())
        text = f"Epoch {record.epoch}{of}: loss {record.loss:.3f} ({parts})"
        if self.validation is not None:
            metrics = "".join(
                f", {name.lower().replace('_', ' ')} {value:.3f}"
                for name, value in record.metrics.items()
                if name in self.plan.task.told or name == self.plan.monitor
            )
            text += f", validation loss {record.valid_loss:.3f}{metrics}"
        left = self.seconds * (1 - self.schedule.position) / max(1e-6, self.schedule.position)
        if self.plan.max_minutes is not None:
            left = max(0.0, 60 * self.plan.max_minutes - self.seconds)
        return text + f", {_clock(record.seconds)} elapsed, {_clock(left)} left"


def _finite(value: float) -> float | None:
    """Return a number that JSON can hold: None for one that is not finite."""
    return value if math.isfinite(value) else None


def _clock(seconds: float) -> str:
    """Return a time as minutes and seconds, from an hour on with hours."""
    minutes, left = divmod(int(seconds), 60)
    return f"{minutes:02d}:{left:02d}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02d}:{left:02d}"
