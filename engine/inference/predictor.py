"""``Predictor``: tiles in, detections out; what inference knows of a network.

It normalises as in training, resizes when the network wants another size than the tile's, runs the network in the
arithmetic chosen, and takes a smaller batch when the memory does not suffice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
import torch

from ..job import Job
from ..networks.detector import Detector
from ..networks.folding import prepare_for_inference
from ..package.emd import ModelPackage, load_network
from ..tools.arguments import DetectionArguments
from .augmentation import LOWEST_SHARE, VIEWS, merge_views, view_of
from .detections import Array, Detections
from .kinds import BOXES, KINDS, Kind
from .precision import TRIAL_THRESHOLD, PrecisionTrial
from .running import AtOnce, network_images, settled_precision, trial_clock
from .tiles import TileGrid

MOST_DETECTIONS = 1000
"""Detections a tile may have."""


class DetectingNetwork(Protocol):
    """The part of a ``Detector`` that inference uses."""

    def detect(
        self, images: torch.Tensor, threshold: float, nms_overlap: float, max_detections: int = 1000
    ) -> list[dict[str, torch.Tensor]]:
        """Return boxes, scores and labels of each image."""
        ...


@dataclass
class Predictor:
    """A network ready to run.

    Attributes:
        network: On the device, in evaluation mode, batch norms folded.
        normalise: (batch, bands, rows, cols) float32 of raster values to what the network was trained on.
        arguments: Threshold, overlap, batch size, views.
        device: Where the network is.
        resize_to: Rows and columns that the network sees for one tile, or None for the tile's own.
        precision: ``auto``, ``fp32`` or ``bf16``; ``auto`` becomes one of the others after a trial.
        most_detections: Detections a tile may have.
        kind: What the network's task needs.
    """

    network: DetectingNetwork
    normalise: Callable[[torch.Tensor], torch.Tensor]
    arguments: DetectionArguments
    device: torch.device
    resize_to: tuple[int, int] | None = None
    precision: str = "fp32"
    most_detections: int = MOST_DETECTIONS
    kind: Kind = BOXES

    def __post_init__(self) -> None:
        """Take the whole batch at once on a GPU, tile by tile on a CPU."""
        self._at_once = AtOnce(self.arguments.batch_size, self.device)
        self._warned = False
        self._trial = PrecisionTrial(self.arguments.threshold) if self.precision == "auto" else None

    def settle_precision(self, tiles: int, job: Job) -> None:
        """Say which arithmetic is used; ``auto`` is settled here where no trial is worth it.

        Args:
            tiles: Number of tiles of the run.
            job: Told what was chosen.
        """
        chosen = settled_precision(self.precision, self.device, tiles, job)
        if chosen != "auto":
            self._choose(chosen)

    def detect(self, tiles: Sequence[Array], job: Job) -> list[Detections]:
        """Return the detections of each tile, in pixels of the tile.

        Args:
            tiles: (bands, rows, cols) each, of one size, raster values.
            job: Told about a smaller batch and the choice of the arithmetic.

        Raises:
            DeviceError: The memory does not suffice for a single tile.
        """
        found: list[Detections] = []
        for part in self._at_once.parts(tiles, lambda some: self._detect_at_once(some, job), job):
            self._warn_of_full_tiles(part, job)
            found += part
        return found

    def _warn_of_full_tiles(self, found: Sequence[Detections], job: Job) -> None:
        """Say once that a tile has as many objects as a network tells at most."""
        if not self._warned and any(len(part) in (MOST_DETECTIONS, self.most_detections) for part in found):
            self._warned = True
            job.warn(f"a tile has {max(map(len, found))} objects, the most that are told: lower tile_size to find all")

    def _detect_at_once(self, tiles: Sequence[Array], job: Job) -> list[Detections]:
        """Run the network on some tiles, in both arithmetics while they are on trial."""
        with torch.inference_mode():
            images, scale = self._images(tiles)
            if self._trial is not None:
                found = self._try_both(images, self._trial, job)
            else:
                found = self._look(images, self.arguments.threshold, self.precision == "bf16")
        size = (int(tiles[0].shape[1]), int(tiles[0].shape[2]))
        return [self.kind.in_tile(part, scale, size, self.arguments) for part in found]

    def _try_both(self, images: torch.Tensor, trial: PrecisionTrial, job: Job) -> list[Detections]:
        """Run both arithmetics and give back what float32 found."""
        threshold = min(self.arguments.threshold, TRIAL_THRESHOLD)
        clock = trial_clock(self.device)
        times = [clock()]
        exact = self._look(images, threshold, False)
        times.append(clock())
        short = self._look(images, threshold, True)
        times.append(clock())
        trial.add(exact, short, times[1] - times[0], times[2] - times[1])
        if trial.done:
            taken, why = trial.verdict()
            self._choose("bf16" if taken else "fp32")
            job.message(f"{self.precision} was chosen: {why}")
        return [part.take(part.scores >= self.arguments.threshold) for part in exact]

    def _choose(self, precision: str) -> None:
        """Settle the arithmetic."""
        self.precision, self._trial = precision, None

    def _images(self, tiles: Sequence[Array]) -> tuple[torch.Tensor, Array | None]:
        """Return a normalised batch of the network's size, channels last, and what scales its boxes to the tile."""
        rows, cols = tiles[0].shape[1:]
        images = network_images(tiles, self.normalise, self.device, self.resize_to)
        if self.resize_to is None or self.resize_to == (rows, cols):
            return images, None
        across, down = cols / self.resize_to[1], rows / self.resize_to[0]
        return images, np.array([across, down, across, down])

    def _look(self, images: torch.Tensor, threshold: float, short: bool) -> list[Detections]:
        """Run the network once, or once for each view, and return what it finds in pixels of the images."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=short):
            if not self.arguments.test_time_augmentation:
                return [self.kind.found(part) for part in self._run(images, threshold)]
            size = (int(images.shape[-2]), int(images.shape[-1]))
            views = [
                [
                    self.kind.turned_back(self.kind.found(part), view, size)
                    for part in self._run(view_of(images, view), threshold * LOWEST_SHARE)
                ]
                for view in VIEWS
            ]
        return [
            merge_views(same_tile, threshold, self.arguments.merge_policy) for same_tile in zip(*views, strict=True)
        ]

    def _run(self, images: torch.Tensor, threshold: float) -> list[dict[str, torch.Tensor]]:
        """Run the network."""
        overlap = self.kind.network_overlap(self.arguments)
        return self.network.detect(images, threshold, overlap, self.most_detections)


def load_predictor(
    package: ModelPackage, arguments: DetectionArguments, device: torch.device, precision: str, grid: TileGrid
) -> Predictor:
    """Return the network of a package, ready to run on a device.

    Args:
        package: The opened package.
        arguments: How to run it.
        device: Where to run it.
        precision: ``auto``, ``fp32`` or ``bf16``.
        grid: The tiles; their size may be another than the model's own.

    Raises:
        ModelPackageError: The weights are unsafe, damaged or do not fit.
    """
    network = prepare_for_inference(cast(Detector, load_network(package))).to(device)
    resize_to = None
    if package.resize_to is not None:
        shown = (grid.tile_rows / package.tile[0], grid.tile_cols / package.tile[1])
        resize_to = (round(package.resize_to[0] * shown[0]), round(package.resize_to[1] * shown[1]))
    area = grid.tile_rows * grid.tile_cols / (package.tile[0] * package.tile[1])
    most = round(MOST_DETECTIONS * max(1.0, area))
    normalise, kind = package.normalisation.apply, KINDS[package.task]
    return Predictor(network, normalise, arguments, device, resize_to, precision, most, kind)
