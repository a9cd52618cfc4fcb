"""``ObjectPredictor``: chips of objects in, scores of the classes out; what inference knows of such a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import torch

from ..job import Job
from ..networks.feature_classifier import FeatureClassifier
from ..networks.folding import prepare_for_inference
from ..package.emd import ModelPackage, load_network
from ..tools.object_arguments import ObjectArguments
from .augmentation import VIEWS, merge_scores, view_of
from .detections import Array
from .object_cutting import Chips
from .precision import PixelTrial
from .running import AtOnce, prepared_images, raw_images, settled_precision, trial_clock

PIXELS_ON_CPU = 32 * 64 * 64
"""Pixels that a CPU works on at once: fewer chips read the weights too often, more fall out of its caches."""

PIXELS_ON_GPU = 64 * 256 * 256
"""The same on a GPU."""

MOST_AT_ONCE = 1024
"""Chips at once at most, however small they are."""

TRIED = 64
"""Objects that both arithmetics work on before one is chosen."""


class ObjectNetwork(Protocol):
    """The part of a ``FeatureClassifier`` that inference uses."""

    @property
    def multi(self) -> bool:
        """Whether an object can have several classes, or none."""

    def described(self, pixels: torch.Tensor, frames: torch.Tensor | None = None) -> torch.Tensor | None:
        """Return the statistics of objects, None when the network uses none."""

    def scores(self, images: torch.Tensor, statistics: torch.Tensor | None = None) -> torch.Tensor:
        """Return (n, classes) probabilities."""


@dataclass
class ObjectPredictor:
    """A network ready to run.

    Attributes:
        network: On the device, in evaluation mode, batch norms folded.
        normalise: (n, bands, rows, cols) raster values to float32 as the network was trained on.
        arguments: Batch size, views.
        device: Where the network is.
        classes: Number of classes.
        tile: Rows and columns of a chip.
        resize_to: Rows and columns that the network sees for one chip, or None for the chip's own.
        precision: ``auto``, ``fp32`` or ``bf16``; ``auto`` becomes one of the others after a trial.
        whole: Chips are objects as a whole, without a frame.
    """

    network: ObjectNetwork
    normalise: Callable[[torch.Tensor], torch.Tensor]
    arguments: ObjectArguments
    device: torch.device
    classes: int
    tile: tuple[int, int]
    resize_to: tuple[int, int] | None = None
    precision: str = "fp32"
    whole: bool = False

    def __post_init__(self) -> None:
        """Take as many chips at once as asked for, else as suit their size and the device."""
        rows, cols = self.resize_to or self.tile
        pixels = PIXELS_ON_CPU if self.device.type == "cpu" else PIXELS_ON_GPU
        count = self.arguments.batch_size or min(MOST_AT_ONCE, max(1, pixels // (rows * cols)))
        self._at_once = AtOnce(count, self.device)
        self._at_once.count = count
        self._trial = PixelTrial("objects")
        self._tried = 0

    @property
    def multi(self) -> bool:
        """Whether an object can have several classes, or none."""
        return self.network.multi

    @property
    def at_once(self) -> int:
        """Chips worked on at once now."""
        return self._at_once.count

    def settle_precision(self, objects: int, job: Job) -> None:
        """Say which arithmetic is used; ``auto`` is settled here where no trial is worth it.

        Args:
            objects: Number of objects of the run.
            job: Told what was chosen.
        """
        self.precision = settled_precision(self.precision, self.device, objects, job)

    def scores(self, chips: Chips, job: Job) -> Array:
        """Return (k, classes) float32 probabilities of the chips.

        Args:
            chips: What is looked at.
            job: Told about a smaller batch and the choice of the arithmetic.

        Raises:
            DeviceError: The memory does not suffice for a single chip.
        """

        def look(some: Sequence[int]) -> Array:
            return self._look(chips.part(slice(some[0], some[-1] + 1)), job)

        parts = self._at_once.parts(range(len(chips)), look, job)
        return np.concatenate([np.empty((0, self.classes), np.float32), *parts])

    def _look(self, chips: Chips, job: Job) -> Array:
        """Run the network on some chips, in both arithmetics while they are on trial."""
        with torch.inference_mode():
            raw = raw_images(list(chips.pixels), self.device)
            frames = None if self.whole else torch.from_numpy(chips.frames).to(self.device)
            statistics = self.network.described(raw, frames)
            images = prepared_images(raw, self.normalise, self.resize_to)
            if self.precision != "auto":
                return self._scores(images, statistics, self.precision == "bf16").cpu().numpy()
            return self._try_both(images, statistics, job).cpu().numpy()

    def _try_both(self, images: torch.Tensor, statistics: torch.Tensor | None, job: Job) -> torch.Tensor:
        """Run both arithmetics and give back what float32 found."""
        clock = trial_clock(self.device)
        times = [clock()]
        exact = self._scores(images, statistics, False)
        times.append(clock())
        short = self._scores(images, statistics, True)
        times.append(clock())
        one, other = (scores > 0.5 if self.multi else scores.argmax(1) for scores in (exact, short))
        self._trial.add(one, other, times[1] - times[0], times[2] - times[1])
        self._tried += len(images)
        if self._tried >= TRIED:
            taken, why = self._trial.verdict()
            self.precision = "bf16" if taken else "fp32"
            job.message(f"{self.precision} was chosen: {why}")
        return exact

    def _scores(self, images: torch.Tensor, statistics: torch.Tensor | None, short: bool) -> torch.Tensor:
        """Run the network once, or once for each view, and return the mean."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=short):
            if not self.arguments.test_time_augmentation:
                return self.network.scores(images, statistics).float()
            views = (self.network.scores(view_of(images, view), statistics).float() for view in VIEWS)
            return merge_scores(views, "mean")


def load_object_predictor(
    package: ModelPackage, arguments: ObjectArguments, device: torch.device, precision: str
) -> ObjectPredictor:
    """Return the network of a package, ready to run on a device.

    Raises:
        ModelPackageError: The weights are unsafe, damaged or do not fit.
    """
    network = prepare_for_inference(cast(FeatureClassifier, load_network(package))).to(device)
    return ObjectPredictor(
        network=network,
        normalise=package.normalisation.apply,
        arguments=arguments,
        device=device,
        classes=len(package.classes),
        tile=package.tile,
        resize_to=package.resize_to,
        precision=precision,
    )


def batches(parts: Iterable[Chips], size: int) -> Iterator[Chips]:
    """Yield the same chips, so many at a time; the last ones may be fewer.

    Args:
        parts: Chips as they were read, all of one shape and type within a raster.
        size: Chips at once.
    """
    waiting: list[Chips] = []
    for part in parts:
        if waiting and waiting[0].pixels.dtype != part.pixels.dtype:
            yield _joined(waiting)
            waiting = []
        waiting.append(part)
        count = sum(map(len, waiting))
        if count < size:
            continue
        whole = _joined(waiting)
        full = len(whole) // size * size
        for start in range(0, full, size):
            yield _counted(whole.part(slice(start, start + size)), whole.passed if start == 0 else 0)
        waiting = [_counted(whole.part(slice(full, len(whole))), 0)] if full < len(whole) else []
    if waiting:
        yield _joined(waiting)


def _joined(parts: list[Chips]) -> Chips:
    """Return chips as one; nothing is copied where there is one part only."""
    if len(parts) == 1:
        return parts[0]
    return Chips(
        np.concatenate([part.objects for part in parts]),
        np.concatenate([part.pixels for part in parts]),
        np.concatenate([part.frames for part in parts]),
        sum(part.passed for part in parts),
    )


def _counted(chips: Chips, passed: int) -> Chips:
    """Return chips that count as so many objects done."""
    return Chips(chips.objects, chips.pixels, chips.frames, passed)
