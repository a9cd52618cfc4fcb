"""A segmentation network that needs no training: a pixel's class is that whose level is nearest to its first band.

It is written as a real model package, so whole runs can be tested; the registry knows it only as long as the test runs.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from engine.classes import ClassInfo
from engine.job import Job
from engine.models import registry
from engine.networks.pixel_losses import LossSettings
from engine.networks.segmenter import Segmenter
from engine.package.emd import definition, write_package
from engine.package.normalisation import Normalisation

torch.set_num_threads(1)  # two threads on two busy cores take ten times as long as one

CODE = "NEAREST_LEVEL"
STEP = 20
"""Pixels of class k, counted from 0, are about ``STEP * k``."""


class NearestLevel(Segmenter):
    """Scores fall with the distance between a pixel's first band and the level of each channel."""

    reach = 0

    def __init__(self, bands: int, channels: int) -> None:
        super().__init__(None, channels, LossSettings())
        self.first = torch.nn.Conv2d(bands, 1, 1, bias=False)
        self.first.weight.data = torch.eye(1, bands)[:, :, None, None]
        self.levels = torch.nn.Parameter(torch.arange(channels, dtype=torch.float32) * STEP)

    def logits(self, images):
        """Return minus the distance; images are raw values here."""
        return -(self.first(images) - self.levels[:, None, None]).abs() / 4


def level_image(rows, cols, channels, bands=3, dtype=np.uint8, seed=0):
    """Return an image of patches, (bands, rows, cols), and the channel of each pixel, (rows, cols)."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, channels, (-(-rows // 7), -(-cols // 5)))
    truth = np.kron(coarse, np.ones((7, 5), int))[:rows, :cols]
    image = np.repeat((truth * STEP + 1)[None], bands, 0).astype(dtype)
    return image, truth


def level_model(
    folder: Path,
    monkeypatch,
    *,
    values=(1, 2, 5),
    background=False,
    tile=(64, 64),
    bands=(0, 1, 2),
    padding=8,
    cell_size=None,
    crs="EPSG:32633",
    **keys,
) -> str:
    """Write a model package of the network and return the path of its definition."""
    registry.architectures()
    entry = registry.Architecture(
        code=CODE, title="Nearest level", task="pixel_classification", formats=(), backbones=("RESNET18",),
        arguments=(), help="", build=lambda spec: NearestLevel(spec.bands, spec.outputs), model_name="Levels",
        configuration="Levels",
    )  # fmt: skip
    monkeypatch.setitem(registry._FOUND, CODE, entry)
    spec = registry.ModelSpec(CODE, "RESNET18", len(bands), len(values), tile=tile, background=background)
    colors = [(255, 0, 0), (0, 200, 0), (0, 0, 255), (255, 255, 0)]
    named = [ClassInfo(value, f"class {value}", color) for value, color in zip(values, colors, strict=False)]
    count = len(bands)
    raw = Normalisation.from_statistics([0.0] * count, [1.0] * count, [0.0] * count, [1.0] * count)
    emd = definition(
        spec, named, tile=tile, bands=bands, normalisation=raw, padding=padding,
        cell_size=None if cell_size is None else (cell_size, cell_size), crs=crs, metadata_mode="Classified_Tiles",
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    paths = write_package(folder, {**emd, **keys}, NearestLevel(count, spec.outputs).state_dict(), [], Job())
    return str(paths["emd"])
