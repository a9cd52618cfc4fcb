"""What a training run has reached, and how it is kept so that an interrupted run can go on.

The state lies in a hidden folder beside the output folder, named after it. It belongs to one request on unchanged data:
another request removes it. Weights are data: the file is written and read as tensors and plain values only.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle  # nosec B403 # for its error only
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..job import Job
from ..samples.folder import SampleSet
from ..tasks.registry import Labels

SAVE_SECONDS = 60.0
"""Shortest time between two saves, when an epoch ends."""
SAVE_WITHIN_SECONDS = 300.0
"""Longest time without a save, in the middle of an epoch."""
_FORMAT = 1


@dataclass(frozen=True)
class EpochRecord:
    """One epoch as the report shows it.

    Attributes:
        epoch: 1 for the first.
        steps: Steps taken since the start.
        loss: Mean training loss.
        losses: Each training loss by name.
        valid_loss: Loss on the validation chips.
        valid_losses: Each validation loss by name.
        metrics: Validation metrics by name.
        rate: Learning rate of the head at the end.
        seconds: Training time since the start.
    """

    epoch: int
    steps: int
    loss: float
    losses: dict[str, float]
    valid_loss: float
    valid_losses: dict[str, float]
    metrics: dict[str, float]
    rate: float
    seconds: float


@dataclass
class RunState:
    """Everything that the next step depends on.

    Attributes:
        rates: Highest learning rates of backbone and head; None before they are known.
        tested: Pairs of rate and loss of the range test.
        batch_size: Chips of a step; 0 before it is known.
        position: Of the schedule, 0..1.
        pace: Share of the schedule that one step takes once training hurries to its end; 0 before.
        epoch: Epochs done.
        step: Steps done.
        epoch_step: Steps done of the epoch that was interrupted.
        seconds: Training time used.
        history: One record per epoch.
        best_value: Best value of the monitored metric, smaller is better; None before the first.
        best_epoch: Epoch of the best value.
        best_position: Of the schedule when the best state was kept.
        waited: Epochs since the best value.
        best: Averaged weights of the best epoch.
        network: Present weights.
        average: Averaged weights.
        average_steps: Steps that the average has seen.
        optimizer: State of the optimiser.
    """

    rates: tuple[float, float] | None = None
    tested: list[tuple[float, float]] = field(default_factory=list)
    batch_size: int = 0
    position: float = 0.0
    pace: float = 0.0
    epoch: int = 0
    step: int = 0
    epoch_step: int = 0
    seconds: float = 0.0
    history: list[EpochRecord] = field(default_factory=list)
    best_value: float | None = None
    best_epoch: int = 0
    best_position: float = 0.0
    waited: int = 0
    best: dict[str, Tensor] = field(default_factory=dict)
    network: dict[str, Tensor] = field(default_factory=dict)
    average: dict[str, Tensor] = field(default_factory=dict)
    average_steps: int = 0
    optimizer: dict[str, Any] = field(default_factory=dict)


def copied(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a copy of a state dict in main memory."""
    return {name: tensor.detach().to("cpu", copy=True) for name, tensor in state.items()}


class Checkpoint:
    """The saved state of one request.

    Attributes:
        folder: The hidden folder.
    """

    def __init__(self, out_folder: Path, key: str) -> None:
        """Name the place; nothing is read or written yet.

        Args:
            out_folder: Where the model will be written.
            key: Of request and data, see ``request_key``.
        """
        self.folder = out_folder.parent / f".{out_folder.name}.training"
        self._file = self.folder / f"{key}.pt"

    def load(self, job: Job) -> RunState:
        """Return the saved state of this request, or a fresh one; states of other requests are removed."""
        if not self.folder.is_dir():
            return RunState()
        if not self._file.is_file():
            job.message(f"{self.folder} holds an interrupted training of other settings or data: it is removed")
            self.remove()
            return RunState()
        try:
            content = torch.load(self._file, map_location="cpu", weights_only=True)
            if content.pop("format") != _FORMAT:
                raise ValueError("another format")
            history = [EpochRecord(**record) for record in content.pop("history")]
            state = RunState(**content, history=history)
        except (OSError, RuntimeError, EOFError, KeyError, TypeError, ValueError, pickle.UnpicklingError) as error:
            job.warn(f"the interrupted training in {self.folder} cannot be read ({error}): training starts anew")
            self.remove()
            return RunState()
        steps = f" and {state.epoch_step} steps" if state.epoch_step else ""
        done = f"epoch {state.epoch}{steps} ({state.seconds / 60:.1f} minutes)"
        job.message(f"Going on with the interrupted training after {done}")
        return state

    def save(self, state: RunState) -> None:
        """Write the state in place of the one before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = {name: getattr(state, name) for name in RunState.__dataclass_fields__}
        content["history"] = [asdict(record) for record in state.history]
        partial = self._file.with_suffix(".part")
        torch.save({**content, "format": _FORMAT}, partial)
        os.replace(partial, self._file)

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Run a training; when it is interrupted before its first save, nothing is left."""
        try:
            yield
        finally:
            if self.folder.is_dir() and not self._file.is_file() and sys.exc_info()[0] is not None:
                self.remove()

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def request_key(request: Any, samples: SampleSet, labels: Labels, weights: Mapping[str, Tensor], start: str) -> str:
    """Return a short hash of a request, of the data it trains on and of the network that is trained.

    Args:
        request: A dataclass of plain values.
        samples: The chips: size and time of their files count.
        labels: What their labels say.
        weights: The network's weights: their names and shapes count, which another version of ours may change.
        start: Where the weights come from and what is done to pixels: the network may have become reachable since.
    """
    digest = hashlib.sha256()
    digest.update(json.dumps([_FORMAT, torch.__version__, asdict(request)], default=str, sort_keys=True).encode())
    digest.update(start.encode())
    digest.update(str([(name, tuple(tensor.shape)) for name, tensor in weights.items()]).encode())
    for index, sample in enumerate(samples.samples):
        status = sample.image.stat()
        digest.update(f"{sample.image}|{status.st_size}|{status.st_mtime_ns}".encode())
        digest.update(labels.fingerprint(index))
    return digest.hexdigest()[:16]
