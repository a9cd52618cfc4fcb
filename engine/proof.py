"""Proof that an environment works: it computes on every processor, reads back a raster, and says how fast it is.

Run as ``python -m engine.proof``; prints one JSON object. Importing alone proves nothing: broken builds import well.
"""

from __future__ import annotations

import copy
import importlib.metadata
import json
import platform
import sys
import time
from typing import Any

import numpy as np
import rasterio
import shapely
import torch
import torchvision
from rasterio.io import MemoryFile
from torch import Tensor

from .device import choose_device, device_name, has_bfloat16
from .errors import EngineError
from .models.registry import build_network, get_architecture
from .networks.segmenter import Segmenter

SIDE = 256
LOOKS = 4
AGREEMENT = 1e-2
"""How far float32 scores may lie from float64 ones, of themselves and beside: what TF32 on a GPU keeps to."""
NAMED = (
    "torch",
    "torchvision",
    "numpy",
    "rasterio",
    "shapely",
    "pyogrio",
    "timm",
    "transformers",
    "lightning",
    "scipy",
)


def main() -> None:
    """Print the proof."""
    print(json.dumps({"python": platform.python_version(), "packages": versions(), "devices": devices(), **others()}))  # noqa: T201 - what the caller reads


def versions() -> dict[str, str]:
    """Return the versions of the packages that matter; an empty text for one that is missing."""
    found = {}
    for name in NAMED:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = ""
    return found


def devices() -> list[dict[str, Any]]:
    """Return each processor with what it computed: name, tiles a second, or what went wrong.

    A processor is right when its float32 agrees with float64 on the CPU: one that is wrong agrees well with itself.
    """
    torch.manual_seed(1)
    network = build_network(get_architecture("UNET").spec("RESNET18", 3, 4, (), (SIDE, SIDE))).eval()
    image = torch.rand(1, 3, SIDE, SIDE)
    with torch.inference_mode():
        wanted = copy.deepcopy(network).double().logits(image.double())
    known = [("CPU", "")] + [("GPU", str(number)) for number in range(torch.cuda.device_count())]
    return [_device(kind, number, network, image, wanted) for kind, number in known]


def others() -> dict[str, Any]:
    """Return what other libraries computed."""
    with MemoryFile() as file:
        pixels = np.arange(12, dtype=np.uint16).reshape(1, 3, 4)
        with file.open(driver="GTiff", width=4, height=3, count=1, dtype="uint16", crs="EPSG:32633") as raster:
            raster.write(pixels)
        with file.open() as raster:
            same = bool((raster.read() == pixels).all()) and raster.crs.to_epsg() == 32633
    boxes = torch.tensor([[0.0, 0.0, 4.0, 4.0], [0.0, 0.0, 4.0, 3.9]])
    kept = torchvision.ops.nms(boxes, torch.tensor([0.9, 0.8]), 0.5).tolist() == [0]
    area = shapely.box(0, 0, 2, 3).buffer(0).area == 6.0
    return {
        "gdal": rasterio.__gdal_version__,
        "cuda": torch.version.cuda or "",
        "raster": same,
        "suppression": kept,
        "geometry": area,
        "threads": torch.get_num_threads(),
        "program": sys.executable,
    }


def _device(kind: str, number: str, network: Segmenter, image: Tensor, wanted: Tensor) -> dict[str, Any]:
    """Run a network on a processor; broken drivers raise a RuntimeError."""
    said: dict[str, Any] = {"name": f"{kind} {number}".strip()}
    try:
        device = choose_device(kind, number)
        said |= {"name": device_name(device), "bfloat16": has_bfloat16(device)}
        network, image = network.to(device), image.to(device)
        with torch.inference_mode():
            found = network.logits(image)
            started = time.perf_counter()
            for _ in range(LOOKS):
                network.logits(image).cpu()
            seconds = time.perf_counter() - started
        right = bool(torch.allclose(found.cpu(), wanted.float(), rtol=AGREEMENT, atol=AGREEMENT))
        said |= {"right": right, "tiles_a_second": LOOKS / seconds}
    except (RuntimeError, EngineError) as error:
        said |= {"right": False, "error": f"{type(error).__name__}: {error}"[:500]}
    return said


if __name__ == "__main__":
    main()
