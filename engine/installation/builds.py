"""Which build of PyTorch fits the computer: that for the CPU, or the one for CUDA that its driver can run.

The package index has one build for each system: for Linux that with CUDA, which also runs on a CPU, for Windows and
macOS that without. Its packages are checked by our own hashes. The other builds come from PyTorch's own index, at the
same versions, checked by the hashes that this index names.

Standard library only, Python 3.9: this runs before there is an engine, in whatever Python there is.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..job import Job
from .network import Network

AUTO, CPU, CUDA = "AUTO", "CPU", "CUDA"
PROCESSORS = (AUTO, CPU, CUDA)

USUAL_DRIVER = (580,)
"""Oldest NVIDIA driver for the CUDA 13 that the package index has; older ones need another build."""

_IS_WINDOWS = os.name == "nt"
_VERSION_FILE = Path("/proc/driver/nvidia/version")


@dataclass(frozen=True)
class Build:
    """A build of PyTorch.

    Attributes:
        backend: What uv calls it at PyTorch's index (``cpu``, or ``auto`` for the CUDA of the driver); empty for that
            of the package index.
        words: What it is, for messages.
        gigabytes: What the environment with it takes.
    """

    backend: str
    words: str
    gigabytes: float


def driver_version() -> tuple[int, ...]:
    """Return the version of the NVIDIA driver, empty without one that answers."""
    program = shutil.which("nvidia-smi") or shutil.which(r"C:\Windows\System32\nvidia-smi.exe")
    said = ""
    if program is not None:
        query = [program, "--query-gpu=driver_version", "--format=csv,noheader"]
        try:
            done = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)  # nosec B603 # no shell
            said = done.stdout if done.returncode == 0 else ""
        except (OSError, subprocess.SubprocessError):
            said = ""
    elif _VERSION_FILE.is_file():
        said = _VERSION_FILE.read_text(encoding="utf-8", errors="replace").partition("Kernel Module")[2]
    found = re.search(r"\d+(\.\d+)+", said)
    return tuple(int(number) for number in found.group().split(".")) if found else ()


def fit_build(processor: str, network: Network, has_uv: bool, job: Job) -> Build:
    """Return the build to install.

    Args:
        processor: One of ``PROCESSORS``.
        network: The way to the packages; a mirror or a bundle has what it has.
        has_uv: Whether uv installs, which knows PyTorch's index.
        job: Told what was found and is taken.
    """
    driver = driver_version()
    said = f"NVIDIA driver {'.'.join(map(str, driver))}" if driver else "no NVIDIA driver"
    if processor == CUDA and not driver:
        job.warn("processor is CUDA and no NVIDIA driver answers: it computes on the CPU until one is installed")
    wants_cuda = processor == CUDA or (processor == AUTO and bool(driver))
    build = _for_system(wants_cuda, driver)
    if build.backend and (network.bundle or network.index_url or not has_uv):
        usual = usual_build()
        size = f"about {usual.gigabytes:.0f} GB on the disk"
        job.message(f"{said}: {build.words} would fit, {network.host()} has {usual.words} {size}")
        build = usual
    else:
        job.message(f"{said}: {build.words} is taken, about {build.gigabytes:.0f} GB on the disk")
    return build


def usual_build() -> Build:
    """Return the build that the package index has for this system."""
    if sys.platform.startswith("linux"):
        return Build("", "PyTorch with CUDA 13, which also computes on a CPU,", 6)
    return Build("", "PyTorch without CUDA", 2)


def _for_system(wants_cuda: bool, driver: tuple[int, ...]) -> Build:
    """Return the build that fits best."""
    cpu = Build("cpu", "PyTorch for the CPU from PyTorch's own index", 2)
    cuda = Build("auto", "PyTorch with the CUDA of this driver from PyTorch's own index", 6)
    if sys.platform.startswith("linux"):
        if not wants_cuda:
            return cpu
        return usual_build() if not driver or driver >= USUAL_DRIVER else cuda
    return cuda if wants_cuda and _IS_WINDOWS else usual_build()
