"""Asking an environment to prove that it works, before anything relies on it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import InstallationError
from ..job import Job
from .commands import Watch, follow
from .network import NOT_INHERITED

ROOT = Path(__file__).resolve().parents[2]
"""Folder that holds the package ``engine``."""

PATIENCE = 300.0
"""Seconds that the proof may take: the first import on a slow disk is slow."""

_GDAL = ("GDAL_DATA", "GDAL_DRIVER_PATH", "PROJ_LIB", "PROJ_DATA", "LD_LIBRARY_PATH", "LD_PRELOAD")


def prove(python: str, job: Job) -> dict[str, Any]:
    """Let an environment compute and return what it says; see ``engine/proof.py``.

    Args:
        python: Its Python.
        job: Told what was proven.

    Raises:
        InstallationError: It does not compute, or wrongly.
        Cancelled: The user cancelled.
    """
    environment = {key: text for key, text in os.environ.items() if key.upper() not in (*NOT_INHERITED, *_GDAL)}
    environment |= {"PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    watch = Watch((), PATIENCE, lambda line: None, lambda grown: None)
    lines = follow([python, "-m", "engine.proof"], environment, watch, job)
    try:
        said: dict[str, Any] = json.loads(lines[-1])
        devices, right = said["devices"], said["raster"] and said["suppression"] and said["geometry"]
    except (IndexError, ValueError, KeyError, TypeError) as error:
        last = lines[-1] if lines else "nothing"
        raise InstallationError(f"{python} proved nothing, it said {last[:200]!r}: set the engine up again") from error
    if not right or not devices or not devices[0].get("right"):
        raise InstallationError(
            f"the engine in {python} computes wrongly ({_wrong(said)}): set it up again with rebuild, or on another "
            "computer"
        )
    for device in devices:
        job.message(device_in_words(device))
    return said


def device_in_words(device: Mapping[str, Any]) -> str:
    """Return one line about a processor."""
    if not device.get("right"):
        return f"{device['name']} does not compute: {device.get('error', 'wrong results')}"
    short = ", bfloat16" if device.get("bfloat16") else ""
    return f"{device['name']}: computes rightly, {device['tiles_a_second']:.1f} tiles of 256 pixels a second{short}"


def _wrong(said: Mapping[str, Any]) -> str:
    """Return what does not work, in words."""
    parts = [name for name in ("raster", "suppression", "geometry") if not said[name]]
    return ", ".join([*parts, *(device_in_words(device) for device in said["devices"] if not device.get("right"))])
