"""How much memory there is and how much a training step takes, to choose a batch that fits."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

SHARE = 0.6
"""Share of the free memory that training may plan with."""
_LIMITS = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"), Path("/sys/fs/cgroup/memory/memory.usage_in_bytes")),
)


def free_memory(device: torch.device) -> int | None:
    """Return the bytes that are free on a device, or None when nobody knows."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    known = [amount for amount in (_available(), _container()) if amount is not None]
    return min(known) if known else None


def _available() -> int | None:
    """Return what the system says is available."""
    try:
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        # macOS says how much there is, not how much is free: half is a careful guess
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    return _available_on_windows() if os.name == "nt" else None


def _available_on_windows() -> int | None:
    """Ask Windows for the free physical memory."""
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ulong), ("load", ctypes.c_ulong)] + [
            (name, ctypes.c_ulonglong) for name in ("total", "free", "a", "b", "c", "d", "e")
        ]

    status = Status(length=ctypes.sizeof(Status))
    windll = getattr(ctypes, "windll", None)
    if windll is None or not windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return int(status.free)


def _container() -> int | None:
    """Return what a container's limit leaves."""
    for limit, used in _LIMITS:
        try:
            most = limit.read_text("ascii").strip()
            if most != "max" and int(most) < 1 << 60:
                return max(0, int(most) - int(used.read_text("ascii")))
        except (OSError, ValueError):
            continue
    return None


def bytes_per_chip(step: Callable[[], Tensor]) -> int:
    """Return the bytes that the forward pass of one chip keeps for the backward pass.

    Args:
        step: Runs the forward pass of one chip and returns its loss.
    """
    seen: dict[int, int] = {}

    def kept(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(kept, lambda tensor: tensor):
        step()
    return sum(seen.values())


def weights_bytes(network: nn.Module) -> int:
    """Return the bytes of a network's weights."""
    return sum(tensor.nbytes for tensor in (*network.parameters(), *network.buffers()))


def chips_that_fit(free: int | None, weights: int, per_chip: int) -> int | None:
    """Return how many chips of a batch fit memory; None when free memory is unknown.

    Weights are there five times: themselves, gradients, two moments and the moving average. A chip needs its kept
    tensors and about as much again while the backward pass runs.
    """
    if free is None:
        return None
    return max(1, int((free * SHARE - 5 * weights) / max(1, 2 * per_chip)))


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory ran out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)
