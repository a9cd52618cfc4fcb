"""The network of object classification: features of a chip, averaged inside its object, beside the object's statistics.

A backbone, or for small chips a few convolutions that keep every pixel, gives features; their mean inside the object
and, where they are used, the statistics of the object's bands each give a score to every class, and the scores are
added. So a class that its values tell is learnt from few objects, and what only the picture shows is learnt beside it.
Images are normalised: a pixel that is 0 in each of several bands lies outside the object, or has no data.

Targets are ``labels`` (n, classes) float32, 1 for each class of the object, and ``statistics`` (n, s) float32 raw, or
no such entry.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from ..errors import ModelPackageError
from ..models.backbones import FULL_RESOLUTION
from ..models.registry import ModelSpec
from .backbones import Body, build_body, first_convolution
from .encoder_decoder import convolution
from .full_resolution import Residual
from .object_statistics import inside_frames, object_statistics, statistics_count
from .pixel_losses import CLASS_SHARES, CLASS_WEIGHTS
from .segmenter import MIXUP_SHAPE, padded
from .trainable import Trainable

Target = Mapping[str, Tensor]

MULTI, FRAMED, CENTRE, SPREAD = "multi_label", "framed", "statistics_mean", "statistics_std"
"""Names in ``ModelSpec.extra`` under which a training keeps what it found in its data, beside those of each class."""

FREQUENCIES, DRAWN = "class_frequencies", "drawn_to_frequencies"
"""Names under which it keeps what validation chips said: frequencies of the classes, and their share in a score."""

SMALLEST = 64
"""Least side a backbone is shown: at stride 32 two cells are left, enough for batch norms of a single image."""
STRIDE = 32
BORDER = 1e-3
"""Weight of ground outside the object in the mean, so that an object without a pixel has one."""
HIDDEN = 64
"""Values between statistics and scores."""
FARTHEST = 4.0
"""Statistics farther than so many deviations from the mean of the training objects count as that far."""
NOISE = 0.1
"""Deviation of the noise that training adds to statistics, in deviations of the training objects."""
GAIN = 3.0
"""How much faster statistics are learnt than features: what they tell is simpler, and found before chips are known by
heart."""
SMOOTHING = 0.1
"""Share of a single label that training spreads over all classes."""


@dataclass(frozen=True)
class LabelSettings:
    """How labels are learnt.

    Attributes:
        multi: Whether an object can have several classes, or none.
        class_weights: Weight of each class in the loss; None weighs all the same.
        mixup: Whether a training step blends pairs of objects.
    """

    multi: bool = False
    class_weights: tuple[float, ...] | None = None
    mixup: bool = False


class SmallBody(nn.Module):
    """Two 1 x 1 and two residual 3 x 3 convolutions that keep every pixel.

    In training some bands of each image are set to their mean: few objects are learnt by heart else.

    Attributes:
        channels: Channels of its map.
        band_drop: Share of the bands of an image that a training step hides; an only band is never hidden.
    """

    def __init__(self, bands: int, channels: int = 32, blocks: int = 2, band_drop: float = 0.2) -> None:
        """Make the layers."""
        super().__init__()
        self.band_drop = band_drop if bands > 1 else 0.0
        self.pixel = nn.Sequential(convolution(bands, channels, 1), convolution(channels, channels, 1))
        self.surroundings = nn.Sequential(*(Residual(channels) for _ in range(blocks)))
        self.channels = channels

    def forward(self, images: Tensor) -> Tensor:
        """Return a map of the size of the images."""
        if self.training and self.band_drop > 0:
            images = images * (torch.rand(*images.shape[:2], 1, 1, device=images.device) >= self.band_drop)
        found: Tensor = self.surroundings(self.pixel(images))
        return found


class FeatureClassifier(Trainable):
    """See the module.

    Attributes:
        settings: How labels are learnt.
        statistics: How many statistics an object has; 0 where they are not used.
        framed: Whether the statistics are those of the object's frame, not of all of the chip that is not 0.
        drawn: Share of the frequencies of the classes in the probabilities of single labels, 0..1.
        frequencies: (classes,) float32 that the probabilities are drawn to.
    """

    def __init__(
        self,
        body: Body | SmallBody,
        classes: int,
        settings: LabelSettings,
        *,
        statistics: int = 0,
        framed: bool = False,
        dropout: float = 0.3,
    ) -> None:
        """Make the layers.

        Args:
            body: A backbone, or the small body.
            classes: Number of classes.
            settings: How labels are learnt.
            statistics: Statistics of an object, 0 to use none.
            framed: See the class.
            dropout: Share of features and statistics that a training step hides.
        """
        super().__init__(body if isinstance(body, Body) else None)
        self.small = body if isinstance(body, SmallBody) else None
        self.settings = settings
        self.statistics = statistics
        self.centre: Tensor
        self.spread: Tensor
        self.framed = framed
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(body.channels[-1] if isinstance(body, Body) else body.channels, classes)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)
        self.of_statistics = _layers(statistics, classes, dropout) if statistics else None
        self.drawn = 0.0
        self.frequencies: Tensor
        self.register_buffer("frequencies", torch.zeros(classes), persistent=False)
        self.register_buffer("centre", torch.zeros(statistics))
        self.register_buffer("spread", torch.ones(statistics))

    @classmethod
    def from_spec(cls, spec: ModelSpec) -> Self:
        """Return a network with random weights; what a training found in its data stands in ``extra``.

        Raises:
            ModelPackageError: What stands there does not belong to this number of bands or classes.
        """
        values, extra = spec.values(), dict(spec.extra)
        count = statistics_count(spec.bands) if values["use_statistics"] != "false" else 0
        settings = LabelSettings(
            extra.get(MULTI) == "true", _listed(extra, CLASS_WEIGHTS, spec.classes), bool(values["mixup"])
        )
        body = SmallBody(spec.bands) if spec.backbone == FULL_RESOLUTION else build_body(spec.backbone, spec.bands)
        network = cls(
            body,
            spec.classes,
            settings,
            statistics=count,
            framed=extra.get(FRAMED) == "true",
            dropout=values["dropout"],
        )
        network._take(
            _listed(extra, CENTRE, count), _listed(extra, SPREAD, count), _listed(extra, CLASS_SHARES, spec.classes)
        )
        network._draw(_listed(extra, FREQUENCIES, spec.classes), extra.get(DRAWN, "0"))
        return network

    @property
    def bands(self) -> int:
        """Number of bands of the images."""
        return first_convolution(self)[1].in_channels if self.body is None else self.body.bands

    @property
    def multi(self) -> bool:
        """Whether an object can have several classes, or none: scores are then independent of each other."""
        return self.settings.multi

    def described(self, pixels: Tensor, frames: Tensor | None = None) -> Tensor | None:
        """Return the statistics of the objects of chips as this network wants them, None when it uses none.

        Args:
            pixels: (n, bands, rows, cols) raw values of the chips as they were cut, before any resizing to
                ``resize_to``; 0 outside objects that are blackened around.
            frames: (n, 4) ``col_min, row_min, col_max, row_max`` of the objects in pixels of the chips; None where
                each chip is an object as a whole.
        """
        if not self.statistics:
            return None
        return object_statistics(pixels, inside_frames(pixels, frames) if self.framed and frames is not None else None)

    def logits(self, images: Tensor, statistics: Tensor | None = None) -> Tensor:
        """Return unnormalised scores, (n, classes) float32.

        Args:
            images: (n, bands, rows, cols) float32, normalised, of any size.
            statistics: (n, s) float32 from ``described``; without them objects are taken for average ones.
        """
        inside = images.ne(0).any(dim=1, keepdim=True).to(images.dtype) + BORDER
        if self.body is None:
            level = self._small(images.contiguous(memory_format=self.memory_format))
        else:
            shown = padded(images, STRIDE, SMALLEST).contiguous(memory_format=self.memory_format)
            level = self.body(shown)[-1]
            inside = functional.adaptive_avg_pool2d(padded(inside, STRIDE, SMALLEST), level.shape[-2:])
        pooled = (level * inside).sum(dim=(2, 3)) / inside.sum(dim=(2, 3))
        scores: Tensor = self.head(self.drop(pooled)).float()
        if self.of_statistics is not None and statistics is not None:
            scores = scores + self.of_statistics(self.drop(self._standard(statistics))).float()
        return scores

    def scores(self, images: Tensor, statistics: Tensor | None = None) -> Tensor:
        """Return the probability of each class, (n, classes) float32: of one label sum 1, of several each 0..1."""
        return self.probabilities(self.logits(images, statistics))

    def probabilities(self, logits: Tensor) -> Tensor:
        """Return the probability of each class of scores that are known, (n, classes)."""
        if self.multi:
            return logits.sigmoid()
        own = logits.softmax(dim=1)
        return own if self.drawn == 0 else (1 - self.drawn) * own + self.drawn * self.frequencies

    def losses(self, images: Tensor, targets: Target) -> dict[str, Tensor]:
        """Return the named loss of a batch; in training mode of blended pairs of objects where mixup is on.

        Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization" (arXiv 1710.09412); statistics are blended as
        the images are.

        Args:
            images: (n, bands, rows, cols) float32.
            targets: See the module.
        """
        labels, statistics = targets["labels"], targets.get("statistics")
        if self.settings.mixup and self.training and len(images) > 1:
            share = float(torch.distributions.Beta(MIXUP_SHAPE, MIXUP_SHAPE).sample())
            images, labels = _blended(images, share), _blended(labels, share)
            statistics = None if statistics is None else _blended(statistics, share)
        return self.losses_of(self.logits(images, statistics), labels)

    def losses_of(self, logits: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Return the named loss of scores that are known.

        Args:
            logits: (n, classes), as ``logits`` gives them.
            labels: (n, classes) float32, 0..1.
        """
        logits = logits.float()
        weights = logits.new_tensor(self.settings.class_weights or (1.0,) * logits.shape[1])
        if self.multi:
            each = functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
            return {"binary_cross_entropy": (each * weights).sum(dim=1).mean() / weights.sum()}
        own = (labels * weights).sum(dim=1)
        if self.training:
            labels = (1 - SMOOTHING) * labels + SMOOTHING / labels.shape[1]
        each = -(labels * logits.log_softmax(dim=1)).sum(dim=1)
        return {"cross_entropy": (each * own).sum() / own.sum().clamp(min=1e-6)}

    def outputs(self, images: Tensor) -> tuple[Tensor, ...]:
        """Return the unnormalised scores, with statistics of the normalised images so that these weights count."""
        return (self.logits(images, object_statistics(images) if self.statistics else None),)

    def _small(self, images: Tensor) -> Tensor:
        """Return the map of the small body; batch norms of one image need more than one pixel."""
        if self.small is None:
            raise ValueError("the network has neither backbone nor small body")
        rows, cols = images.shape[-2:]
        found: Tensor = self.small(padded(images, 1, 2))[..., :rows, :cols]
        return found

    def _standard(self, statistics: Tensor) -> Tensor:
        """Return statistics in deviations from the mean of the training objects; 0 of an object without a pixel."""
        there = statistics.ne(0).any(dim=1, keepdim=True)
        values = ((statistics - self.centre) / self.spread).clamp(-FARTHEST, FARTHEST) * there
        return GAIN * (values + NOISE * torch.randn_like(values) if self.training else values)

    def _take(
        self, centre: tuple[float, ...] | None, spread: tuple[float, ...] | None, shares: tuple[float, ...] | None
    ) -> None:
        """Start from what the training data says: mean and deviation of the statistics, frequency of the classes."""
        if centre is not None and spread is not None:
            self.centre[:] = torch.tensor(centre)
            self.spread[:] = torch.tensor(spread)
        if shares is not None:
            known = torch.tensor(shares).clamp(1e-3, 1 - 1e-3)
            with torch.no_grad():
                self.head.bias[:] = known.logit() if self.multi else known.log()

    def _draw(self, frequencies: tuple[float, ...] | None, share: str) -> None:
        """Draw probabilities to frequencies, where a training found that they are better so.

        Raises:
            ModelPackageError: The share is none.
        """
        if frequencies is None:
            return
        try:
            self.drawn = float(share)
        except ValueError:
            self.drawn = math.nan
        if not 0 <= self.drawn <= 1:
            raise ModelPackageError(
                f"the description of the network has {DRAWN} {share}: give a number from 0 to 1, or train the model "
                "again"
            )
        self.frequencies[:] = torch.tensor(frequencies)


def _layers(statistics: int, classes: int, dropout: float) -> nn.Sequential:
    """Return the layers from statistics to scores, which are 0 at first."""
    last = nn.Linear(HIDDEN, classes, bias=False)
    nn.init.zeros_(last.weight)
    return nn.Sequential(nn.Linear(statistics, HIDDEN), nn.ReLU(), nn.Dropout(dropout), last)


def _blended(values: Tensor, share: float) -> Tensor:
    return share * values + (1.0 - share) * values.roll(1, 0)


def _listed(extra: Mapping[str, str], name: str, count: int) -> tuple[float, ...] | None:
    """Return the numbers kept under a name, None when nothing is.

    Raises:
        ModelPackageError: There are more or fewer than expected.
    """
    if not extra.get(name) or not count:
        return None
    values = tuple(float(value) for value in json.loads(extra[name]))
    if len(values) != count:
        raise ModelPackageError(
            f"the description of the network has {len(values)} values of {name} and {count} are expected: train the "
            "model again"
        )
    return values
