"""The run manifest: what was run, on what, with what, and where the time went; a JSON file beside the output."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyogrio
import rasterio
import shapely
import torch
import torchvision

from ..device import device_name
from ..files import replaced
from ..job import Job
from ..package.emd import ModelPackage
from ..tools.declaration import Tool
from ..tools.values import FeatureTarget
from ..vector.writing import output_path

FINGERPRINT_BYTES = 64 * 1024
"""Bytes of a raster's start and end that its fingerprint looks at."""


class Network(Protocol):
    """A network as it was run."""

    @property
    def arguments(self) -> Any:
        """Its arguments, a dataclass."""

    @property
    def device(self) -> torch.device:
        """Where it ran."""

    @property
    def precision(self) -> str:
        """Its arithmetic."""


def raster_manifest_path(target: Path) -> Path:
    """Return where the manifest of a raster or of a folder of rasters lies."""
    return target.with_name(f"{target.name}.run.json")


def manifest_path(target: FeatureTarget) -> Path:
    """Return where the manifest of an output lies; its layer is named when that is not the file's stem."""
    path, layer, _ = output_path(target)
    part = "" if layer == path.stem else f".{layer}"
    return path.with_name(f"{path.name}{part}.run.json")


def write_manifest(path: Path, content: dict[str, Any], job: Job) -> None:
    """Write a manifest, whole or not at all."""
    with replaced(path, job) as temporary:
        temporary.write_text(json.dumps(content, indent=2, default=str) + "\n", encoding="utf-8")


def run_report(
    request: Tool, package: ModelPackage, predictor: Network, rasters: Sequence[str], timings: dict[str, Any]
) -> dict[str, Any]:
    """Return what a manifest says of a run with a model.

    Args:
        request: What was asked for.
        package: The model, still open.
        predictor: The network as it was run.
        rasters: What was read.
        timings: As ``Stopwatch.report`` gives them.
    """
    classes = [{"Value": entry.value, "Name": entry.name, "Color": list(entry.color)} for entry in package.classes]
    return {
        "tool": request.name,
        "parameters": request.to_plain(),
        "arguments": vars(predictor.arguments),
        "model": {
            "name": package.name,
            "architecture": package.architecture,
            "weights": package.weights.name,
            "sha256": file_hash(package.weights),
            "classes": classes,
        },
        "inputs": [fingerprint(path) for path in rasters],
        "device": device_name(predictor.device),
        "precision": predictor.precision,
        "seed": None,
        "timings": timings,
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "torchvision": torchvision.__version__,
            "numpy": np.__version__,
            "rasterio": rasterio.__version__,
            "gdal": rasterio.__gdal_version__,
            "pyogrio": pyogrio.__version__,
            "shapely": shapely.__version__,
        },
        "platform": platform.platform(),
    }


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a whole file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fingerprint(path: str) -> dict[str, Any]:
    """Return what tells a raster from a changed one: size, time, hash of its ends; of GDAL's own names the name."""
    if not os.path.isfile(path):
        return {"path": path}
    about = os.stat(path)
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        digest.update(stream.read(FINGERPRINT_BYTES))
        stream.seek(max(0, about.st_size - FINGERPRINT_BYTES))
        digest.update(stream.read(FINGERPRINT_BYTES))
    changed = datetime.fromtimestamp(about.st_mtime, UTC).isoformat(timespec="microseconds")
    return {"path": path, "bytes": about.st_size, "changed": changed, "sha256_of_ends": digest.hexdigest()}
