"""A network of objects that needs no training: an object's class is that whose level is nearest to its brightness.

Its brightness is the mean of the first band, over the pixels of its chip that are not 0, or of its frame in the chip.

It is written as a real model package; the registry knows it only as long as the test runs.
"""

from __future__ import annotations

from pathlib import Path

import torch

from engine.classes import ClassInfo
from engine.job import Job
from engine.models import registry
from engine.networks.object_statistics import inside_frames
from engine.networks.trainable import Trainable
from engine.package.emd import definition, write_package
from engine.package.normalisation import Normalisation

torch.set_num_threads(1)

CODE = "NEAREST_OBJECT_LEVEL"
LEVELS = (40, 120, 200)
"""Raw values of the classes."""


class NearestObjectLevel(Trainable):
    """Scores fall with the square of the distance; of several labels each class is given from its level on."""

    def __init__(self, multi: bool, framed: bool) -> None:
        super().__init__(None)
        self.multi, self.framed = multi, framed
        self.levels = torch.nn.Parameter(torch.tensor(LEVELS, dtype=torch.float32))

    def described(self, pixels, frames=None):
        """Return the mean of the first band in the frame, None where the whole chip counts."""
        if not self.framed or frames is None:
            return None
        return _mean(pixels.float(), inside_frames(pixels, frames))

    def scores(self, images, statistics=None):
        """Return probabilities; images are raw values here."""
        mean = _mean(images, images.ne(0).any(dim=1)) if statistics is None else statistics
        if self.multi:
            return (mean - self.levels + 20).sigmoid()
        return (-(((mean - self.levels) / 20) ** 2)).softmax(1)


def _mean(images, inside):
    return ((images[:, 0] * inside).sum(dim=(1, 2)) / inside.sum(dim=(1, 2)).clamp(min=1))[:, None]


def object_model(
    folder: Path,
    monkeypatch,
    *,
    bands=(0, 1, 2),
    tile=(16, 16),
    fixed=False,
    black=False,
    framed=False,
    multi=False,
    cell_size=None,
    **keys,
) -> str:
    """Write a model package of the network and return the path of its definition."""
    registry.architectures()
    code = f"{CODE}{int(multi)}{int(framed)}"
    entry = registry.Architecture(
        code=code, title="Nearest level", task="object_classification", formats=(), backbones=("RESNET18",),
        arguments=(), help="", build=lambda spec: NearestObjectLevel(multi, framed), model_name="Levels",
        configuration="Levels",
    )  # fmt: skip
    monkeypatch.setitem(registry._FOUND, code, entry)
    spec = registry.ModelSpec(code, "RESNET18", len(bands), len(LEVELS), tile=tile)
    classes = [
        ClassInfo(1, "dark", (255, 0, 0)),
        ClassInfo(2, "grey", (0, 200, 0)),
        ClassInfo(5, "bright", (0, 0, 255)),
    ]
    count = len(bands)
    raw = Normalisation.from_statistics([0.0] * count, [1.0] * count, [0.0] * count, [1.0] * count)
    emd = definition(
        spec, classes, tile=tile, bands=bands, normalisation=raw, crs="EPSG:32633",
        cell_size=None if cell_size is None else (cell_size, cell_size),
        metadata_mode="MultiLabeled_Tiles" if multi else "Labeled_Tiles",
    )  # fmt: skip
    crop = {"CropSizeFixed": int(fixed), "BlackenAroundFeature": int(black)}
    folder.mkdir(exist_ok=True)
    state = NearestObjectLevel(multi, framed).state_dict()
    return str(write_package(folder, {**emd, **crop, **keys}, state, [], Job())["emd"])
