"""A model of objects that needs no training: an object's class is that whose level is nearest to the mean of its first
band, over the pixels of the chip that are not 0 (or of the object's frame). It is the real network with weights set.
"""

from __future__ import annotations

from pathlib import Path

import torch

from engine.classes import ClassInfo
from engine.job import Job
from engine.models.registry import ModelSpec, build_network
from engine.package.emd import definition, write_package
from engine.package.normalisation import Normalisation

torch.set_num_threads(1)

LEVELS = (40, 120, 200)
"""Raw values of the classes."""
SHARPNESS = 200.0


def object_model(
    folder: Path,
    *,
    names=("dark", "grey", "bright"),
    values=(1, 2, 5),
    bands=(0, 1, 2),
    tile=(16, 16),
    fixed=False,
    black=False,
    framed=False,
    multi=False,
    cell_size=None,
    crs="EPSG:32633",
    **keys,
) -> str:
    """Write the package and return the path of its definition."""
    count = len(bands)
    extra = (("framed", "true" if framed else "false"), ("multi_label", "true" if multi else "false"))
    spec = ModelSpec("FEATURE_CLASSIFIER", "FULLRES", count, len(names), (("use_statistics", "true"),), tile=tile,
                     extra=extra)  # fmt: skip
    network = build_network(spec)
    with torch.no_grad():
        network.spread.fill_(255.0)
        network.head.weight.zero_()
        network.of_statistics.weight.zero_()
        for place, level in enumerate(LEVELS):
            share = level / 255.0
            network.of_statistics.weight[place, 0] = 2 * share * SHARPNESS
            network.head.bias[place] = -share * share * SHARPNESS
        if multi:  # each class from its level on
            for place, level in enumerate(LEVELS):
                network.of_statistics.weight[place, 0] = SHARPNESS
                network.head.bias[place] = -(level - 20) / 255.0 * SHARPNESS
    network.eval()
    colors = [(255, 0, 0), (0, 200, 0), (0, 0, 255)]
    classes = [ClassInfo(value, name, color) for value, name, color in zip(values, names, colors, strict=True)]
    normalisation = Normalisation.from_statistics([0.0] * count, [255.0] * count, [100.0] * count, [60.0] * count)
    emd = definition(
        spec, classes, tile=tile, bands=bands, normalisation=normalisation, crs=crs,
        cell_size=None if cell_size is None else (cell_size, cell_size),
        metadata_mode="MultiLabeled_Tiles" if multi else "Labeled_Tiles",
    )  # fmt: skip
    crop = {"CropSizeFixed": int(fixed), "BlackenAroundFeature": int(black)}
    folder.mkdir(exist_ok=True)
    return str(write_package(folder, {**emd, **crop, **keys}, network.state_dict(), [], Job())["emd"])
