"""What every segmentation network of ours can do: give a score of every class for every pixel, and its losses.

Channels are the background first where it is a class, then the classes in ascending order of their values. Targets are
int64 (batch, rows, cols): the channel of each pixel, or ``UNLABELLED`` where nothing may be learnt.
"""

from __future__ import annotations

from abc import abstractmethod

import torch
import torch.nn.functional as functional
from torch import Tensor

from .backbones import Body, first_convolution
from .pixel_losses import UNLABELLED, LossSettings, pixel_losses
from .trainable import Trainable

__all__ = ["UNLABELLED", "LossSettings", "Segmenter", "padded"]

MIXUP_SHAPE = 0.4
"""Both parameters of the beta distribution that says how two images are blended."""


class Segmenter(Trainable):
    """Base of every segmentation network; see the module for channels and targets.

    Attributes:
        channels: Number of score channels.
        settings: Which losses are summed.
        reach: Radius in pixels of what a pixel's score depends on, for a network without pooling; None when it is
            large.
        local: Whether a score depends on the ground around its pixel only, never on the size of the image: then a
            larger tile than the network was trained on serves as well, and better at its edges.
    """

    reach: int | None = None
    local = False

    def __init__(self, body: Body | None, channels: int, settings: LossSettings) -> None:
        """Keep backbone and losses; children add decoder and head."""
        super().__init__(body)
        self.channels = channels
        self.settings = settings

    @property
    def bands(self) -> int:
        """Number of bands of the images."""
        return first_convolution(self)[1].in_channels if self.body is None else self.body.bands

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
        """Return the named losses of a batch; in training mode of blended pairs of images where mixup is on.

        Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization" (arXiv 1710.09412): the losses of both images'
        targets, weighted as the images are.

        Args:
            images: (n, bands, rows, cols) float32.
            targets: (n, rows, cols) int64; see the module.
        """
        if not (self.settings.mixup and self.training and len(images) > 1):
            return self.losses_of(self.logits(images), targets)
        share = float(torch.distributions.Beta(MIXUP_SHAPE, MIXUP_SHAPE).sample())
        logits = self.logits(share * images + (1.0 - share) * images.roll(1, 0))
        one, other = self.losses_of(logits, targets), self.losses_of(logits, targets.roll(1, 0))
        return {name: share * one[name] + (1.0 - share) * other[name] for name in one}

    def losses_of(self, logits: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return the named losses of scores that are known.

        Args:
            logits: (n, channels, rows, cols), as ``logits`` gives them.
            targets: (n, rows, cols) int64; see the module.
        """
        return pixel_losses(logits, targets, self.settings)

    def outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the unnormalised scores."""
        return (self.logits(images),)


def padded(images: Tensor, multiple: int, smallest: int) -> Tensor:
    """Return the images made larger at the right and at the bottom, mirrored where that is possible, else stretched.

    Args:
        images: (n, bands, rows, cols).
        multiple: Rows and columns become a multiple of this.
        smallest: Rows and columns become at least this; a multiple of ``multiple``.
    """
    rows, cols = images.shape[-2:]
    more_rows, more_cols = (max(smallest - side, -side % multiple) for side in (rows, cols))
    if more_rows == more_cols == 0:
        return images
    mode = "reflect" if more_rows < rows and more_cols < cols else "replicate"
    return functional.pad(images, (0, more_cols, 0, more_rows), mode=mode)
