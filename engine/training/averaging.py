"""The moving average of the weights: smoother than the weights themselves, and what a run keeps."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from ..networks.trainable import Trainable

DECAY = 0.998
"""Weight of the past in each step, once there is one."""


class MovingAverage:
    """A copy of a network whose weights follow the trained ones slowly.

    In the first steps the average forgets quickly, so that it never holds the random start.

    Attributes:
        network: The averaged network, in evaluation mode; never trained itself.
        steps: Steps averaged so far.
    """

    def __init__(self, network: Trainable, decay: float = DECAY) -> None:
        """Start from the network's present weights."""
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self.steps = 0

    @torch.no_grad()
    def update(self, network: nn.Module) -> None:
        """Move the average towards the network's present weights and batch norm statistics."""
        self.steps += 1
        weight = 1.0 - min(self.decay, self.steps / (10.0 + self.steps))
        averaged, current = _tensors(self.network), _tensors(network)
        torch._foreach_lerp_(averaged[0], current[0], weight)
        for mine, theirs in zip(averaged[1], current[1], strict=True):
            mine.copy_(theirs)


def _tensors(network: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """Return the tensors that are averaged and those that are copied (counters)."""
    state = [tensor.detach() for tensor in (*network.parameters(), *network.buffers())]
    return [t for t in state if t.is_floating_point()], [t for t in state if not t.is_floating_point()]
