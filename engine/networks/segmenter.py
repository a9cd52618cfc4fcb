"""What every segmentation network of ours can do: give a score of every class for every pixel, and its losses.

Channels are the background first where it is a class, then the classes in ascending order of their values. Targets are
int64 (batch, rows, cols): the channel of each pixel, or ``UNLABELLED`` where nothing may be learnt.
"""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor

from .backbones import Body
from .pixel_losses import LossSettings, pixel_losses
from .trainable import Trainable

UNLABELLED = -1
"""Target of a pixel of which nothing is known, or nothing may be learnt."""


class Segmenter(Trainable):
    """Base of every segmentation network; see the module for channels and targets.

    Attributes:
        channels: Number of score channels.
        settings: Which losses are summed.
        reach: Radius in pixels of what a pixel's score depends on, for a network without pooling; None when it is
            large.
    """

    reach: int | None = None

    def __init__(self, body: Body | None, channels: int, settings: LossSettings) -> None:
        """Keep backbone and losses; children add decoder and head."""
        super().__init__(body)
        self.channels = channels
        self.settings = settings

    @abstractmethod
    def logits(self, images: Tensor) -> Tensor:
        """Return unnormalised scores, (n, channels, rows, cols) float32 of the size of the images, which may be any.

        Args:
            images: (n, bands, rows, cols) float32.
        """

    def scores(self, images: Tensor) -> Tensor:
        """Return the probability of every channel at every pixel, (n, channels, rows, cols) float32, sum 1."""
        return self.logits(images).float().softmax(dim=1)

    def losses(self, images: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return the named losses of a batch.

        Args:
            images: (n, bands, rows, cols) float32.
            targets: (n, rows, cols) int64; see the module.
        """
        return pixel_losses(self.logits(images), targets, self.settings)

    def outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the unnormalised scores."""
        return (self.logits(images),)
