"""A network of pairs that needs no training: what became brighter or darker between two dates.

It is written as a real model package; the registry knows it only as long as the test runs.
"""

from __future__ import annotations

from pathlib import Path

import torch

from engine.classes import ClassInfo
from engine.job import Job
from engine.models import registry
from engine.networks.pixel_losses import LossSettings
from engine.networks.segmenter import Segmenter
from engine.package.emd import definition, write_package
from engine.package.normalisation import Normalisation

torch.set_num_threads(1)

CODE = "DIFFERENCE"
STEP = 40
"""How much brighter or darker a changed pixel is."""
CLASSES = (ClassInfo(1, "gained", (0, 160, 0)), ClassInfo(2, "lost", (200, 0, 0)))


class Difference(Segmenter):
    """Scores fall with the distance between a pixel's change of its first band and that of each channel."""

    reach = 0

    def __init__(self, bands: int) -> None:
        super().__init__(None, 3, LossSettings())
        weight = torch.zeros(1, bands, 1, 1)
        weight[0, 0], weight[0, bands // 2] = -1.0, 1.0
        self.change = torch.nn.Conv2d(bands, 1, 1, bias=False)
        self.change.weight.data = weight
        self.levels = torch.nn.Parameter(torch.tensor([0.0, STEP, -STEP]))

    def logits(self, images):
        """Return minus the distance; images are raw values here."""
        return -(self.change(images) - self.levels[:, None, None]).abs() / 16


def change_model(folder: Path, monkeypatch, *, tile=(64, 64), bands=(0, 1), padding=8, cell_size=None, **keys) -> str:
    """Write a model package of the network and return the path of its definition."""
    registry.architectures()
    entry = registry.Architecture(
        code=CODE, title="Difference", task="change_detection", formats=("Classified_Tiles",), backbones=(),
        arguments=(), help="", build=lambda spec: Difference(spec.bands), model_name="Difference",
        configuration="Difference", dates=2,
    )  # fmt: skip
    monkeypatch.setitem(registry._FOUND, CODE, entry)
    count = len(bands)
    spec = registry.ModelSpec(CODE, "", 2 * count, len(CLASSES), tile=tile, background=True)
    raw = Normalisation.from_statistics([0.0] * count, [1.0] * count, [0.0] * count, [1.0] * count)
    emd = definition(
        spec, CLASSES, tile=tile, bands=bands, normalisation=raw, padding=padding,
        cell_size=None if cell_size is None else (cell_size, cell_size), crs="EPSG:32633",
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    paths = write_package(folder, {**emd, **keys}, Difference(2 * count).state_dict(), [], Job())
    return str(paths["emd"])
