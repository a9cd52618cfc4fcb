"""Running any network on tiles: images as it was trained on, as many at once as memory allows, which arithmetic.

Tiles are (bands, rows, cols) arrays of raster values, all of one size.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as functional

from ..device import device_name, has_bfloat16
from ..errors import DeviceError
from ..job import Job
from .detections import Array

MICRO_BATCH_ON_CPU = 2
"""Tiles that a CPU works on at once: one leaves layers of few pixels idle, more take memory and gain nothing."""

WORTH_A_TRIAL = 16
"""Tiles of a run from which it pays to try both arithmetics."""

S = TypeVar("S")
T = TypeVar("T")


class AtOnce:
    """How many tiles are worked on at once: whole batches on a GPU, tile by tile on a CPU, fewer when memory lacks.

    Attributes:
        count: The number now.
    """

    def __init__(self, batch_size: int, device: torch.device) -> None:
        """Start with what the device does well.

        Args:
            batch_size: Tiles in a batch, a square number.
            device: Where the network is.
        """
        self.count = batch_size if device.type != "cpu" else min(batch_size, MICRO_BATCH_ON_CPU)
        self._device = device

    def parts(self, tiles: Sequence[S], work: Callable[[Sequence[S]], T], job: Job) -> Iterator[T]:
        """Yield what ``work`` makes of the tiles, some at a time, in their order.

        Args:
            tiles: What is worked on.
            work: Given some of them; it is called again with fewer when memory does not suffice.
            job: Told about fewer tiles.

        Raises:
            DeviceError: The memory does not suffice for a single tile.
        """
        done = 0
        while done < len(tiles):
            some = tiles[done : done + self.count]
            try:
                made = work(some)
            except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
                if not _out_of_memory(error):
                    raise
                self._take_less(len(some), job)
                continue
            done += len(some)
            yield made

    def _take_less(self, tried: int, job: Job) -> None:
        """Go on with the next smaller square number of tiles."""
        if tried <= 1:
            raise DeviceError(
                f"the memory of {device_name(self._device)} does not suffice for one tile: "
                "close other programs, choose another processor or a model with smaller tiles"
            )
        if self._device.type == "cuda":
            torch.cuda.empty_cache()
        self.count = math.isqrt(tried - 1) ** 2
        job.warn(f"out of memory with {tried} tiles at once: going on with {self.count}")


def network_images(
    tiles: Sequence[Array],
    normalise: Callable[[torch.Tensor], torch.Tensor],
    device: torch.device,
    resize_to: tuple[int, int] | None,
) -> torch.Tensor:
    """Return a normalised batch, (n, bands, rows, cols) float32 on the device, channels last.

    Args:
        tiles: The tiles of the batch.
        normalise: Raster values to what the network was trained on.
        device: Where the network is.
        resize_to: Rows and columns that the network wants; None leaves the tile's own.
    """
    return prepared_images(raw_images(tiles, device), normalise, resize_to)


def raw_images(tiles: Sequence[Array], device: torch.device) -> torch.Tensor:
    """Return a batch of raster values on the device, (n, bands, rows, cols) in their own type."""
    return torch.from_numpy(np.stack(tiles)).to(device)


def prepared_images(
    raw: torch.Tensor, normalise: Callable[[torch.Tensor], torch.Tensor], resize_to: tuple[int, int] | None
) -> torch.Tensor:
    """Return a normalised batch, (n, bands, rows, cols) float32, channels last; see ``network_images``."""
    images = normalise(raw)
    if resize_to is not None and resize_to != tuple(images.shape[-2:]):
        images = functional.interpolate(images, resize_to, mode="bilinear", align_corners=False, antialias=True)
    return images.contiguous(memory_format=torch.channels_last)


def settled_precision(precision: str, device: torch.device, tiles: int, job: Job) -> str:
    """Return which arithmetic is used, and say it; ``auto`` is left where a trial has to decide.

    Args:
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``.
        device: Where the network is.
        tiles: Number of tiles of the run.
        job: Told what was chosen.
    """
    where = device_name(device)
    if precision != "auto":
        job.message(f"running on {where} in {precision}, as asked")
        if precision == "bf16" and not has_bfloat16(device):
            job.warn(f"{where} does not compute bfloat16 natively: fp32 would be faster")
        return precision
    if has_bfloat16(device) and tiles >= WORTH_A_TRIAL:
        job.message(f"running on {where}; bfloat16 is tried beside float32 on the first tiles")
        return precision
    why = "few tiles" if has_bfloat16(device) else "it does not compute bfloat16 natively"
    job.message(f"running on {where} in fp32 ({why})")
    return "fp32"


def trial_clock(device: torch.device) -> Callable[[], float]:
    """Return the clock that compares arithmetics: on a CPU its own time, so that a busy machine does not decide."""
    return time.process_time if device.type == "cpu" else time.perf_counter


def _out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory does not suffice; PyTorch has no type of its own for it on a CPU."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return any(words in text for words in ("out of memory", "can't allocate memory", "cannot allocate memory"))
