"""A program for tests of the QGIS side: a package that tells objects by brightness, a raster, objects, and photos."""

import sys
from pathlib import Path

import numpy as np
import shapely
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.classes import ClassInfo
from engine.job import Job
from engine.models.registry import ModelSpec, build_network
from engine.package.emd import definition, write_package
from engine.package.normalisation import Normalisation
from tests.rasters import write_boxes, write_features, write_raster

LEVELS, STEPS = (40, 120, 200), 80
CLASSES = (ClassInfo(1, "dark", (255, 0, 0)), ClassInfo(2, "grey", (0, 200, 0)), ClassInfo(5, "bright", (0, 0, 255)))
CELL, LEFT, TOP = 0.5, 500_000.0, 4_650_000.0


def write_model(folder: Path) -> None:
    """Write the package after a moment of training on brightness."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    given = (("use_statistics", "false"), ("dropout", "0"))
    spec = ModelSpec("FEATURE_CLASSIFIER", "FULLRES", 3, len(CLASSES), given, tile=(16, 16))
    network = build_network(spec)
    normalisation = Normalisation.from_statistics([0] * 3, [255] * 3, [120] * 3, [70] * 3)
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    network.train()
    for _ in range(STEPS):
        kinds = torch.randint(0, len(LEVELS), (12,))
        levels = torch.tensor(LEVELS)[kinds][:, None, None, None] + 8 * torch.randn(12, 3, 1, 1)
        images = levels.expand(12, 3, 16, 16)
        labels = torch.nn.functional.one_hot(kinds, len(LEVELS)).float()
        loss = sum(network.losses(normalisation.apply(images), {"labels": labels}).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    emd = definition(spec, CLASSES, tile=(16, 16), bands=(0, 1, 2), normalisation=normalisation)
    folder.mkdir()
    write_package(folder, emd, network.state_dict(), [], Job())


def main(folder: Path) -> None:
    """Write ``roofs.emd``, ``scene.tif``, ``roofs.gpkg``, ``trees.gpkg`` (points) and a folder ``photos``."""
    write_model(folder / "roofs")
    image = np.full((3, 120, 160), 90, np.uint8)
    boxes, kinds = [], []
    for number in range(12):
        col, row, kind = 6 + 24 * (number % 6), 10 + 60 * (number // 6), number % 3
        image[:, row : row + 8, col : col + 12] = LEVELS[kind]
        boxes.append((LEFT + col * CELL, TOP - (row + 8) * CELL, LEFT + (col + 12) * CELL, TOP - row * CELL))
        kinds.append(("dark", "grey", "bright")[kind])
    write_raster(folder / "scene.tif", image, left=LEFT, top=TOP, cell_size=CELL)
    truth = np.array(kinds, object)
    write_boxes(folder / "roofs.gpkg", boxes, number=np.arange(12), truth=truth)
    middle = [((left + right) / 2, (bottom + top) / 2) for left, bottom, right, top in boxes]
    write_features(folder / "trees.gpkg", shapely.points(middle), geometry_type="Point", number=np.arange(12))
    (folder / "photos").mkdir()
    for number, level in enumerate(LEVELS):
        photo = np.full((3, 20, 30), level, np.uint8)
        write_raster(folder / "photos" / f"{number}.png", photo, crs=None, driver="PNG", tiled=None)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
