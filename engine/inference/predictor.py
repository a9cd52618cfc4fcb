"""``Predictor``: tiles in, detections out; what inference knows of a network.

It normalises as in training, resizes when the network wants another size than the tile's, runs the network in the
arithmetic chosen, and takes a smaller batch when the memory does not suffice.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
import torch.nn.functional as functional

from ..device import device_name, has_bfloat16
from ..errors import DeviceError
from ..job import Job
from ..networks.folding import prepare_for_inference
from ..package.emd import ModelPackage, load_network
from ..tools.arguments import DetectionArguments
from .augmentation import LOWEST_SHARE, VIEWS, boxes_of_view, merge_views, view_of
from .detections import Array, Detections
from .precision import TRIAL_THRESHOLD, PrecisionTrial
from .tiles import TileGrid

MICRO_BATCH_ON_CPU = 1
"""Tiles that a CPU works on at once: more only adds memory traffic."""

WORTH_A_TRIAL = 16
"""Tiles of a run from which it pays to try both arithmetics."""

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
    """

    network: DetectingNetwork
    normalise: Callable[[torch.Tensor], torch.Tensor]
    arguments: DetectionArguments
    device: torch.device
    resize_to: tuple[int, int] | None = None
    precision: str = "fp32"
    most_detections: int = MOST_DETECTIONS

    def __post_init__(self) -> None:
        """Take the whole batch at once on a GPU, tile by tile on a CPU."""
        batch = self.arguments.batch_size
        self._at_once = batch if self.device.type != "cpu" else min(batch, MICRO_BATCH_ON_CPU)
        self._warned = False
        self._trial = PrecisionTrial(self.arguments.threshold) if self.precision == "auto" else None

    def settle_precision(self, tiles: int, job: Job) -> None:
        """Say which arithmetic is used; ``auto`` is settled here where no trial is worth it.

        Args:
            tiles: Number of tiles of the run.
            job: Told what was chosen.
        """
        where = device_name(self.device)
        if self.precision != "auto":
            job.message(f"running on {where} in {self.precision}, as asked")
            if self.precision == "bf16" and not has_bfloat16(self.device):
                job.warn(f"{where} does not compute bfloat16 natively: fp32 would be faster")
            return
        if has_bfloat16(self.device) and tiles >= WORTH_A_TRIAL:
            job.message(f"running on {where}; bfloat16 is tried beside float32 on the first tiles")
            return
        why = "few tiles" if has_bfloat16(self.device) else "it does not compute bfloat16 natively"
        self._choose("fp32")
        job.message(f"running on {where} in fp32 ({why})")

    def detect(self, tiles: Sequence[Array], job: Job) -> list[Detections]:
        """Return the detections of each tile, in pixels of the tile.

        Args:
            tiles: (bands, rows, cols) each, of one size, raster values.
            job: Told about a smaller batch and the choice of the arithmetic.

        Raises:
            DeviceError: The memory does not suffice for a single tile.
        """
        found: list[Detections] = []
        while len(found) < len(tiles):
            some = tiles[len(found) : len(found) + self._at_once]
            try:
                found += self._detect_at_once(some, job)
                self._warn_of_full_tiles(found[-len(some) :], job)
            except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
                if not _out_of_memory(error):
                    raise
                self._take_less(len(some), job)
        return found

    def _warn_of_full_tiles(self, found: Sequence[Detections], job: Job) -> None:
        """Say once that a tile has as many objects as a network tells at most."""
        if not self._warned and any(len(part) in (MOST_DETECTIONS, self.most_detections) for part in found):
            self._warned = True
            job.warn(f"a tile has {max(map(len, found))} objects, the most that are told: lower tile_size to find all")

    def _take_less(self, tried: int, job: Job) -> None:
        """Go on with the next smaller square number of tiles."""
        if tried <= 1:
            raise DeviceError(
                f"the memory of {device_name(self.device)} does not suffice for one tile: "
                "close other programs, choose another processor or a model with smaller tiles"
            )
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        self._at_once = math.isqrt(tried - 1) ** 2
        job.warn(f"out of memory with {tried} tiles at once: going on with {self._at_once}")

    def _detect_at_once(self, tiles: Sequence[Array], job: Job) -> list[Detections]:
        """Run the network on some tiles, in both arithmetics while they are on trial."""
        with torch.inference_mode():
            images, scale = self._images(tiles)
            if self._trial is not None:
                found = self._try_both(images, self._trial, job)
            else:
                found = self._look(images, self.arguments.threshold, self.precision == "bf16")
        return found if scale is None else [replace(part, boxes=part.boxes * scale) for part in found]

    def _try_both(self, images: torch.Tensor, trial: PrecisionTrial, job: Job) -> list[Detections]:
        """Run both arithmetics and give back what float32 found."""
        threshold = min(self.arguments.threshold, TRIAL_THRESHOLD)
        clock = time.process_time if self.device.type == "cpu" else time.perf_counter  # a busy machine must not decide
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
        images = self.normalise(self._raw_images(tiles))
        if self.resize_to is None or self.resize_to == (rows, cols):
            return images, None
        images = functional.interpolate(images, self.resize_to, mode="bilinear", align_corners=False, antialias=True)
        across, down = cols / self.resize_to[1], rows / self.resize_to[0]
        return images, np.array([across, down, across, down])

    def _raw_images(self, tiles: Sequence[Array]) -> torch.Tensor:
        """Return a batch of raster values on the device, float32, channels last."""
        if self.device.type != "cpu" and tiles[0].dtype == np.uint8:  # a quarter of the bytes travels
            bytes_ = torch.from_numpy(np.stack(tiles)).to(self.device)
            return bytes_.to(torch.float32, memory_format=torch.channels_last)
        bands, rows, cols = tiles[0].shape
        batch = np.empty((len(tiles), rows, cols, bands), np.float32)
        for place, tile in zip(batch, tiles, strict=True):
            place[...] = tile.transpose(1, 2, 0)
        return torch.from_numpy(batch).permute(0, 3, 1, 2).to(self.device)

    def _look(self, images: torch.Tensor, threshold: float, short: bool) -> list[Detections]:
        """Run the network once, or once for each view, and return what it finds in pixels of the images."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=short):
            if not self.arguments.test_time_augmentation:
                return [_detections(part) for part in self._run(images, threshold)]
            size = (int(images.shape[-2]), int(images.shape[-1]))
            views = [
                [_in_tile(part, view, size) for part in self._run(view_of(images, view), threshold * LOWEST_SHARE)]
                for view in VIEWS
            ]
        return [
            merge_views(same_tile, threshold, self.arguments.merge_policy) for same_tile in zip(*views, strict=True)
        ]

    def _run(self, images: torch.Tensor, threshold: float) -> list[dict[str, torch.Tensor]]:
        """Run the network."""
        return self.network.detect(images, threshold, self.arguments.nms_overlap, self.most_detections)


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
    network = prepare_for_inference(load_network(package)).to(device)
    resize_to = None
    if package.resize_to is not None:
        shown = (grid.tile_rows / package.tile[0], grid.tile_cols / package.tile[1])
        resize_to = (round(package.resize_to[0] * shown[0]), round(package.resize_to[1] * shown[1]))
    area = grid.tile_rows * grid.tile_cols / (package.tile[0] * package.tile[1])
    most = round(MOST_DETECTIONS * max(1.0, area))
    return Predictor(network, package.normalisation.apply, arguments, device, resize_to, precision, most)


def _detections(part: dict[str, torch.Tensor]) -> Detections:
    """Return a network's detections of one image as arrays."""
    return Detections.of(*(part[name].float().cpu().numpy() for name in ("boxes", "scores", "labels")))


def _in_tile(part: dict[str, torch.Tensor], view: int, size: tuple[int, int]) -> Detections:
    """Return the detections of a view in pixels of the image as it is."""
    found = _detections(part)
    return replace(found, boxes=boxes_of_view(found.boxes, view, size))


def _out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory does not suffice; PyTorch has no type of its own for it on a CPU."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return any(words in text for words in ("out of memory", "can't allocate memory", "cannot allocate memory"))
