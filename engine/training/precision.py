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

from ..errors import DeviceError
from ..job import Job

GAIN = 1.15
"""bfloat16 must be this many times faster than float32 to be chosen."""
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


def choose_arithmetic(processor_type: str, gpu_id: str, precision: str, job: Job) -> Arithmetic:
    """Return the processor and arithmetic of a run.

    Args:
        processor_type: ``CPU``, ``GPU`` or empty for a GPU when there is one.
        gpu_id: Number of the GPU; empty takes the first.
        precision: ``auto``, ``fp32`` or ``bf16``.
        job: Told what was chosen.

    Raises:
        DeviceError: A GPU was asked for and is not there.
    """
    device = _device(processor_type, gpu_id)
    if precision == "auto":
        autocast, why = _measured(device)
    else:
        autocast, why = precision == "bf16", "as asked"
    name = (
        torch.cuda.get_device_name(device) if device.type == "cuda" else f"processor, {torch.get_num_threads()} threads"
    )
    job.message(f"Training on {name} in {'bfloat16' if autocast else 'float32'} ({why})")
    return Arithmetic(device, autocast, why)


def _device(processor_type: str, gpu_id: str) -> torch.device:
    """Return the device asked for."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if processor_type == "CPU" or (not processor_type and not count):
        return torch.device("cpu")
    if not count:
        raise DeviceError(
            "processor_type is GPU and torch sees no GPU: choose CPU or install a torch build for the GPU"
        )
    number = gpu_id.strip() or "0"
    if not number.isdigit() or int(number) >= count:
        raise DeviceError(f"gpu_id is '{gpu_id}' and there are {count} GPUs: choose a number from 0 to {count - 1}")
    return torch.device("cuda", int(number))


def _measured(device: torch.device) -> tuple[bool, str]:
    """Return whether bfloat16 pays here, and why."""
    if device.type == "cuda":
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return native, "the GPU computes bfloat16" if native else "the GPU has no bfloat16"
    if not _native_on_processor():
        return False, "the processor has no bfloat16"
    random = torch.Generator().manual_seed(0)
    images = torch.randn(2, 64, 64, 64, generator=random).contiguous(memory_format=torch.channels_last)
    weights = torch.randn(64, 64, 3, 3, generator=random).contiguous(memory_format=torch.channels_last) / 24
    exact, plain = _timed(images, weights)
    short, fast = _timed(images.bfloat16(), weights.bfloat16())
    error = float((exact - short.float()).abs().max() / exact.abs().max())
    if error > TOLERANCE:
        return False, f"bfloat16 differs by {error:.1%} here"
    if plain < GAIN * fast:
        return False, f"bfloat16 was measured to be only {plain / fast:.2f} times as fast"
    return True, f"measured to be {plain / fast:.1f} times as fast as float32"


def _native_on_processor() -> bool:
    """Return whether the processor has instructions for bfloat16."""
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported", "_is_arm_bf16_supported")
    return any(getattr(torch.cpu, name)() for name in asked if hasattr(torch.cpu, name))


def _timed(images: torch.Tensor, weights: torch.Tensor) -> tuple[torch.Tensor, float]:
    """Return a convolution's output and the shortest of several times it took."""
    times = []
    with torch.inference_mode():
        output = F.conv2d(images, weights, padding=1)
        for _ in range(5):
            start = time.perf_counter()
            F.conv2d(images, weights, padding=1)
            times.append(time.perf_counter() - start)
    return output, min(times)
