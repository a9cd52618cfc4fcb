"""What is known of the computer and the engine on it, as rows of a report."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..outcome import LOG_PREFIX
from .interpreters import asked
from .places import current
from .proving import device_in_words

LINES = 40
"""Lines of the log that a report quotes."""


def finding_rows(host: str, folder: Path, python: str, proof: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """Return name and text of what is known.

    Args:
        host: Program that asks, may be empty.
        folder: The engine's folder.
        python: The engine's Python, empty without.
        proof: What it computed, None when it did not.
    """
    own = asked(python) if python else None
    rows = [
        ("System", f"{platform.platform()}, {platform.machine()}"),
        ("Processor", f"{os.cpu_count()} cores"),
        ("Memory", _memory()),
        ("Host", host or "none"),
        ("Python that asks", f"{platform.python_version()} ({sys.executable})"),
        ("Engine's Python", own.words if own is not None else f"{python or 'none'} (does not start)"),
        ("Engine's folder", f"{folder}, {_free(folder)}"),
        ("Set up by the tool", _origin(folder)),
        ("Graphics driver", _driver()),
    ]
    if proof is not None:
        rows += [("Processor that computes", device_in_words(device)) for device in proof["devices"]]
        rows += [(name, text or "missing") for name, text in proof["packages"].items()]
        rows += [("GDAL of the engine", proof["gdal"]), ("CUDA of PyTorch", proof["cuda"] or "none")]
    return rows


def last_errors() -> list[str]:
    """Return the last lines of the log of our own faults."""
    logs = list(Path(tempfile.gettempdir()).glob(f"{LOG_PREFIX}*.log"))
    try:
        newest = max(logs, key=lambda log: log.stat().st_mtime)
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(newest.stat().st_mtime))
        lines = newest.read_text(encoding="utf-8", errors="replace").splitlines()
        return [f"{newest.name}, {when}", *(["..."] if len(lines) > LINES else []), *lines[-LINES:]]
    except (OSError, ValueError):
        return []


def without_user(text: str) -> str:
    """Return a text in which the user's folder is ``~``, so that it can be shown to anybody."""
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


def _origin(folder: Path) -> str:
    """Return where the environment in use comes from."""
    found = current(folder)
    if found is None:
        return "no"
    return "yes" if found.requirements else "no, it was there and was taken"


def _memory() -> str:
    """Return the memory of the computer in words."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return "unknown"
    return f"{total / 1e9:.0f} GB"


def _free(folder: Path) -> str:
    """Return the room beside the engine in words."""
    place = next((parent for parent in [folder, *folder.parents] if parent.is_dir()), None)
    return "unknown" if place is None else f"{shutil.disk_usage(place).free / 1e9:.1f} GB free"


def _driver() -> str:
    """Return name and driver of the graphics cards that CUDA can use."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return "none that CUDA can use (no nvidia-smi)"
    query = [program, "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)  # nosec B603 # no shell
    except (OSError, subprocess.SubprocessError) as error:
        return f"nvidia-smi does not answer ({error})"
    return "; ".join(done.stdout.strip().splitlines()) or f"nvidia-smi says nothing (code {done.returncode})"
