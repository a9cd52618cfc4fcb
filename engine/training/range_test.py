"""The range test: a short walk from small to large learning rates when the user gave none."""

from __future__ import annotations

from collections.abc import Generator

import torch

from ..job import Job
from ..networks.trainable import Trainable
from .learning_rate import Rates, find_rate
from .loaders import Batch, TrainingBatches
from .plan import CLIP, Plan, optimizer_of
from .state import copied


def range_test(
    network: Trainable, plan: Plan, batches: TrainingBatches, steps: int, usual: float, job: Job
) -> tuple[float, list[tuple[float, float]]]:
    """Find a learning rate; the network is left as it was.

    Args:
        network: The network, on its device.
        plan: How it will be trained.
        batches: Training batches.
        steps: Length of the walk.
        usual: Rate that suits the architecture in general.
        job: Asked at each step whether the user cancelled.

    Returns:
        The rate, and the pairs of rate and loss that were seen.
    """
    before = copied(network.state_dict())
    optimizer = optimizer_of(network, Rates(usual, usual))
    source = _forever(batches)

    def loss_at(rate: float) -> float:
        job.check()
        for group in optimizer.param_groups:
            group["lr"] = rate
        total = torch.stack(list(plan.losses(network, next(source)).values())).sum()
        optimizer.zero_grad()
        if bool(torch.isfinite(total)):
            total.backward()
            norm = torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
            if bool(torch.isfinite(norm)):
                optimizer.step()
        return float(total.detach())

    network.train()
    try:
        return find_rate(loss_at, steps, usual)
    finally:
        source.close()
        optimizer.zero_grad()
        network.load_state_dict(before)


def _forever(batches: TrainingBatches) -> Generator[Batch]:
    """Give epoch after epoch."""
    while True:
        yield from batches
