"""Where and in which arithmetic a network is trained.

bfloat16 halves the time where the processor computes it natively and multiplies it where it does not, so the processor
is asked first and then measured on a layer of the usual kind.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from ..device import choose_device, device_name, has_bfloat16
from ..job import Job

GAIN = 1.15
"""bfloat16 must be this many times faster than float32 to be chosen."""
SMALLEST_VIEW = 96
"""Below it maps become one cell wide, where oneDNN's bfloat16 gradients of strided convolutions are not numbers."""
REPEATS = 8
"""Times that each arithmetic is measured, in turn; the shortest counts."""
TOLERANCE = 0.02
"""Largest difference to float32, as a share of the largest value, that bfloat16 may show."""


@dataclass(frozen=True)
class Arithmetic:
    """The processor and the number format of a training run.

    Attributes:
        device: Where the network is.
        autocast: Whether convolutions run in bfloat16; weights and losses stay float32.
        why: One line for the user.
    """

    device: torch.device
    autocast: bool
    why: str

    @contextlib.contextmanager
    def active(self) -> Iterator[None]:
        """Run the block in this arithmetic."""
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.autocast):
            yield


def choose_arithmetic(
    processor_type: str, gpu_id: str, precision: str, job: Job, view: tuple[int, int] = (256, 256)
) -> Arithmetic:
    """Return the processor and arithmetic of a run.

    Args:
        processor_type: ``CPU``, ``GPU`` or empty for a GPU when there is one.
        gpu_id: Number of the GPU; empty takes the first.
        precision: ``auto``, ``fp32`` or ``bf16``.
        job: Told what was chosen.
        view: Rows and columns that the network is shown.

    Raises:
        DeviceError: A GPU was asked for and is not there.
    """
    device = choose_device(processor_type, gpu_id)
    if precision == "auto" and min(view) < SMALLEST_VIEW:
        autocast, why = False, "chips are small"
    elif precision == "auto":
        autocast, why = _measured(device)
    else:
        autocast, why = precision == "bf16", "as asked"
    job.message(f"Training on {device_name(device)} in {'bfloat16' if autocast else 'float32'} ({why})")
    return Arithmetic(device, autocast, why)


def _measured(device: torch.device) -> tuple[bool, str]:
    """Return whether bfloat16 pays here, and why."""
    if not has_bfloat16(device):
        return False, "bfloat16 is not computed natively here"
    if device.type != "cpu":
        return True, "computed natively"
    random = torch.Generator().manual_seed(0)
    images = torch.randn(2, 64, 64, 64, generator=random).contiguous(memory_format=torch.channels_last)
    weights = torch.randn(64, 64, 3, 3, generator=random).contiguous(memory_format=torch.channels_last) / 24
    short_images, short_weights = images.bfloat16(), weights.bfloat16()
    with _one_thread(), torch.inference_mode():
        exact = F.conv2d(images, weights, padding=1)
        short = F.conv2d(short_images, short_weights, padding=1)
        times = [(_seconds(images, weights), _seconds(short_images, short_weights)) for _ in range(REPEATS)]
    plain, fast = (min(column) for column in zip(*times, strict=True))
    error = float((exact - short.float()).abs().max() / exact.abs().max())
    if error > TOLERANCE:
        return False, f"bfloat16 differs by {error:.1%} here"
    if plain < GAIN * fast:
        return False, f"bfloat16 was measured to be only {plain / fast:.2f} times as fast"
    return True, f"measured to be {plain / fast:.1f} times as fast as float32"


def _seconds(images: torch.Tensor, weights: torch.Tensor) -> float:
    """Return the processor time of a convolution: other programs that run beside it must not decide."""
    start = time.process_time()
    F.conv2d(images, weights, padding=1)
    return time.process_time() - start


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Run the block in one thread: two of them wait for one another on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
