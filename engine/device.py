"""The processor that runs the network, and the arithmetic it can do well."""

from __future__ import annotations

import torch

from .allocation import keep_freed_memory
from .errors import DeviceError


def choose_device(processor_type: str, gpu_id: str) -> torch.device:
    """Return the device to run on; on a CPU the process is made ready for it.

    Args:
        processor_type: ``CPU``, ``GPU``, or empty for a GPU when there is one.
        gpu_id: Number of the GPU, counted from 0; empty takes the first.

    Raises:
        DeviceError: A GPU is asked for that is not there.
    """
    if processor_type == "CPU":
        return _processor()
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not count:
        if processor_type == "GPU" or gpu_id:
            raise DeviceError(
                "a GPU is asked for and PyTorch finds none: choose processor_type CPU or install its CUDA build"
            )
        return _processor()
    number = int(gpu_id) if gpu_id.strip().isdigit() else 0 if not gpu_id.strip() else -1
    if not 0 <= number < count:
        raise DeviceError(f"gpu_id is {gpu_id}: this machine has {count} GPUs, choose a number from 0 to {count - 1}")
    return torch.device("cuda", number)


def _processor() -> torch.device:
    """Return the CPU."""
    keep_freed_memory()
    return torch.device("cpu")


def device_name(device: torch.device) -> str:
    """Return the device in words, for messages and the manifest."""
    if device.type == "cuda":
        return f"GPU {device.index} ({torch.cuda.get_device_name(device)})"
    return f"CPU, {torch.get_num_threads()} threads"


def has_bfloat16(device: torch.device) -> bool:
    """Return whether the processor computes bfloat16 by itself; elsewhere it is slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    asked = ("_is_avx512_bf16_supported", "_is_amx_tile_supported", "_is_arm_bf16_supported")
    return device.type == "cpu" and any(getattr(torch.cpu, name)() for name in asked if hasattr(torch.cpu, name))
