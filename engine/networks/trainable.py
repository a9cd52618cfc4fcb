"""What every network that we train has in common: a backbone that can be frozen, and the layout of its images.

Images are float32, normalised, (batch, bands, rows, cols).
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import torch
from torch import Tensor, nn

from .backbones import Body


class Trainable(nn.Module):
    """Base of every network that training, packages and inference know.

    Attributes:
        body: The backbone, which can start from ImageNet weights; None for a network without one.
        backbone_frozen: Whether the backbone keeps its weights and statistics.
        memory_format: Layout that images are brought into before the network.
    """

    def __init__(self, body: Body | None) -> None:
        """Keep the backbone; children add the rest."""
        super().__init__()
        self.body = body
        self.backbone_frozen = False
        self.memory_format = torch.contiguous_format

    @abstractmethod
    def losses(self, images: Tensor, targets: Any) -> dict[str, Tensor]:
        """Return the named losses of a batch, each a float32 scalar; their sum is what training lowers.

        Works in training and in evaluation mode, where batch norms use their running statistics.

        Args:
            images: (n, bands, rows, cols) float32.
            targets: What should be found, in the form of the network's task.
        """

    @abstractmethod
    def outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the raw outputs of the network before any choice is made among them, for comparing two runs.

        Args:
            images: (n, bands, rows, cols) float32.
        """

    def backbone_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of the backbone: what freezing keeps as it is."""
        return [] if self.body is None else list(self.body.parameters())

    def head_parameters(self) -> list[nn.Parameter]:
        """Return all other parameters."""
        backbone = {id(parameter) for parameter in self.backbone_parameters()}
        return [parameter for parameter in self.parameters() if id(parameter) not in backbone]

    def freeze_backbone(self, frozen: bool = True) -> None:
        """Keep the backbone's weights and its batch norm statistics as they are, or let them learn again.

        Args:
            frozen: Whether to freeze or to thaw.
        """
        self.backbone_frozen = frozen
        for parameter in self.backbone_parameters():
            parameter.requires_grad_(not frozen)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Set training or evaluation mode; a frozen backbone stays in evaluation mode."""
        super().train(mode)
        if self.backbone_frozen and self.body is not None:
            self.body.eval()
        return self
