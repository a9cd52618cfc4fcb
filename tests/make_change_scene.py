"""A program for tests of the QGIS side: two dates, a package of a network of pairs, and detections of two dates."""

import sys
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import shapely
import torch

from engine.classes import ClassInfo
from engine.job import Job
from engine.models.registry import build_network, get_architecture
from engine.package.emd import definition, write_package
from engine.package.normalisation import Normalisation
from tests.rasters import write_features, write_raster

CLASSES = (ClassInfo(1, "built", (230, 90, 40)), ClassInfo(2, "gone & lost", (60, 90, 200)))


def main(folder: Path) -> None:
    """Write everything; the network is not trained: what it says does not matter here."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(0)
    for name, shift in (("first", 0.0), ("second", 0.2)):
        image = random.integers(1, 255, (3, 90, 110)).astype(np.uint8)
        write_raster(folder / f"{name}.tif", image, left=500_000 + shift, photometric="RGB")
    spec = get_architecture("CHANGEDETECTOR").spec("RESNET18", 6, len(CLASSES), (), (64, 64))
    spec = replace(spec, background=True)
    normalisation = Normalisation.from_statistics([0] * 3, [255] * 3, [90] * 3, [60] * 3)
    emd = definition(spec, CLASSES, tile=(64, 64), bands=(0, 1, 2), normalisation=normalisation, padding=8)
    (folder / "change").mkdir()
    write_package(folder / "change", emd, build_network(spec).state_dict(), [], Job())
    for name, places in (("old", (0, 40, 80)), ("new", (0, 44, 120))):
        squares = [shapely.box(500_000 + x, 4_650_000, 500_010 + x, 4_650_010) for x in places]
        write_features(folder / f"{name}.gpkg", squares, Class=["pad"] * 3, Confidence=[0.9, 0.8, 0.7])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
