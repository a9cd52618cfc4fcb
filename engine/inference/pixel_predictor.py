"""``PixelPredictor``: tiles in, scores of every pixel out; what the classification of pixels knows of a network.

Scores are logits where nothing is done with them in the tile, so that no softmax is taken that nobody needs;
probabilities where views are merged or the network sees another size than the tile's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import torch
import torch.nn.functional as functional

from ..device import device_name
from ..errors import DeviceError
from ..job import Job
from ..networks.folding import prepare_for_inference
from ..networks.segmenter import Segmenter
from ..package.emd import ModelPackage, load_network
from ..tools.arguments import PixelArguments
from .augmentation import VIEWS, merge_scores, scores_of_view, view_of
from .blending import Scores
from .decision import best_channels
from .detections import Array
from .precision import PixelTrial
from .running import AtOnce, network_images, settled_precision, trial_clock
from .tiles import TileGrid

ARITHMETIC = {"bf16": torch.bfloat16, "fp16": torch.float16}
"""Precision -> type that the network computes in where it can."""


class SegmentingNetwork(Protocol):
    """The part of a ``Segmenter`` that inference uses."""

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return (n, channels, rows, cols) unnormalised scores of the images' size."""
        ...


@dataclass
class PixelPredictor:
    """A segmentation network ready to run.

    Attributes:
        network: On the device, in evaluation mode, batch norms folded.
        normalise: (n, bands, rows, cols) raster values to float32 as the network was trained on.
        arguments: Batch size, views.
        device: Where the network is.
        channels: Score channels.
        resize_to: Rows and columns that the network sees for one tile, or None for the tile's own.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``; ``auto`` becomes one of the others after a trial.
        reach: Radius in pixels of the tile of what a score depends on; None when it is large or not known.
    """

    network: SegmentingNetwork
    normalise: Callable[[torch.Tensor], torch.Tensor]
    arguments: PixelArguments
    device: torch.device
    channels: int
    resize_to: tuple[int, int] | None = None
    precision: str = "fp32"
    reach: int | None = None

    def __post_init__(self) -> None:
        """Refuse half precision where there is none; take whole batches on a GPU, tile by tile on a CPU."""
        if self.precision == "fp16" and self.device.type == "cpu":
            raise DeviceError(
                f"precision is fp16 and {device_name(self.device)} does not compute it: choose auto, fp32 or bf16"
            )
        self._at_once = AtOnce(self.arguments.batch_size, self.device)

    @property
    def at_once(self) -> int:
        """Tiles worked on at once now; a resumed run sets it to what the interrupted one had."""
        return self._at_once.count

    @at_once.setter
    def at_once(self, count: int) -> None:
        self._at_once.count = count

    def settle_precision(self, tiles: int, job: Job) -> None:
        """Say which arithmetic is used; ``auto`` is settled here where no trial is worth it.

        Args:
            tiles: Number of tiles of the run.
            job: Told what was chosen.
        """
        self.precision = settled_precision(self.precision, self.device, tiles, job)

    def try_precisions(self, tiles: Sequence[Array], job: Job) -> None:
        """Settle ``auto`` by running both arithmetics on some tiles.

        Args:
            tiles: (bands, rows, cols) each, raster values.
            job: Told what was chosen, and why.
        """
        trial, clock = PixelTrial(), trial_clock(self.device)
        for tile in tiles:
            exact, exact_seconds = self._tried("fp32", tile, clock, job)
            short, short_seconds = self._tried("bf16", tile, clock, job)
            trial.add(exact, short, exact_seconds, short_seconds)
        taken, why = trial.verdict()
        self.precision = "bf16" if taken else "fp32"
        job.message(f"{self.precision} was chosen: {why}")

    def _tried(self, precision: str, tile: Array, clock: Callable[[], float], job: Job) -> tuple[torch.Tensor, float]:
        """Return the best channel of each pixel of a tile in one arithmetic, and the seconds that took."""
        self.precision = precision
        started = clock()
        (scores,) = self.looks([tile], job)
        best, _ = best_channels(scores.values.float(), tuple(range(self.channels)))
        return best.cpu(), clock() - started

    def looks(self, tiles: Sequence[Array], job: Job) -> Iterator[Scores]:
        """Yield the scores of each tile, as they come.

        Args:
            tiles: (bands, rows, cols) each, of one size, raster values.
            job: Told about a smaller batch.

        Raises:
            DeviceError: The memory does not suffice for a single tile.
        """
        for part in self._at_once.parts(tiles, self._look, job):
            yield from part

    def scores(self, tiles: Sequence[Array], job: Job) -> torch.Tensor:
        """Return the probabilities of each tile's pixels, (n, channels, rows, cols) float32 in memory.

        Args:
            tiles: (bands, rows, cols) each, of one size, raster values.
            job: Told about a smaller batch.

        Raises:
            DeviceError: The memory does not suffice for a single tile.
        """
        with torch.inference_mode():
            seen = [
                look.values if look.probabilities else look.values.float().softmax(0) for look in self.looks(tiles, job)
            ]
            return torch.stack(seen).cpu()

    def _look(self, tiles: Sequence[Array]) -> list[Scores]:
        """Run the network once, or once for each view."""
        rows, cols = tiles[0].shape[1:]
        with torch.inference_mode():
            images = network_images(tiles, self.normalise, self.device, self.resize_to)
            size = (int(images.shape[-2]), int(images.shape[-1]))
            if not self.arguments.test_time_augmentation and size == (rows, cols):
                return [Scores(values, False) for values in self._logits(images)]
            if self.arguments.test_time_augmentation:
                views = (scores_of_view(self._probabilities(view_of(images, view)), view) for view in VIEWS)
                merged = merge_scores(views, self.arguments.merge_policy)
            else:
                merged = self._probabilities(images)
            if size != (rows, cols):
                merged = functional.interpolate(merged, (rows, cols), mode="bilinear", align_corners=False)
        return [Scores(values, True) for values in merged]

    def _logits(self, images: torch.Tensor) -> torch.Tensor:
        """Run the network."""
        short = ARITHMETIC.get(self.precision)
        with torch.autocast(self.device.type, short, enabled=short is not None):
            return self.network.logits(images)

    def _probabilities(self, images: torch.Tensor) -> torch.Tensor:
        """Run the network and take the softmax."""
        images = images.contiguous(memory_format=torch.channels_last)
        return self._logits(images).float().contiguous().softmax(1)


def load_pixel_predictor(
    package: ModelPackage, arguments: PixelArguments, device: torch.device, precision: str, grid: TileGrid
) -> PixelPredictor:
    """Return the network of a package, ready to run on a device.

    Args:
        package: The opened package.
        arguments: How to run it.
        device: Where to run it.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``.
        grid: The tiles; their size may be another than the model's own.

    Raises:
        ModelPackageError: The weights are unsafe, damaged or do not fit.
        DeviceError: The processor does not compute in that precision.
    """
    network = prepare_for_inference(cast(Segmenter, load_network(package))).to(device)
    resize_to = None
    if package.resize_to is not None:
        shown = (grid.tile_rows / package.tile[0], grid.tile_cols / package.tile[1])
        resize_to = (round(package.resize_to[0] * shown[0]), round(package.resize_to[1] * shown[1]))
    same_size = resize_to in (None, (grid.tile_rows, grid.tile_cols))
    reach = network.reach if same_size else None
    channels = package.spec.outputs
    return PixelPredictor(
        network, package.normalisation.apply, arguments, device, channels, resize_to, precision, reach
    )
