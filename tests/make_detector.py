"""A program for tests of the QGIS side: a package that finds bright and red squares, and a raster with both."""

import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from engine.classes import ClassInfo
from engine.job import Job
from engine.models.registry import build_network, get_architecture
from engine.package.emd import definition, write_package
from engine.package.normalisation import Normalisation
from tests.rasters import write_raster

TILE, SIDE, STEPS = 64, 16, 120
CLASSES = (ClassInfo(1, "pad", (255, 200, 0)), ClassInfo(2, "Red roof", (200, 40, 40)))
COLOURS = {1: (230, 230, 225), 2: (220, 40, 40)}
CELL, LEFT, TOP = 0.5, 500_000.0, 4_650_000.0


def painted(random: np.random.Generator, rows: int, cols: int, places: list) -> np.ndarray:
    """Return (3, rows, cols) dark ground with squares: row, column and class of each."""
    image = random.integers(20, 90, (3, rows, cols), dtype=np.uint8)
    for row, col, kind in places:
        image[:, row : row + SIDE, col : col + SIDE] = np.array(COLOURS[kind], np.uint8)[:, None, None]
    return image


def batch(random: np.random.Generator, normalisation: Normalisation) -> tuple:
    """Return four tiles with their boxes and classes."""
    images, targets = [], []
    for _ in range(4):
        row, col, kind = (int(random.integers(low, high)) for low, high in ((0, TILE - SIDE), (0, TILE - SIDE), (1, 3)))
        images.append(painted(random, TILE, TILE, [(row, col, kind)]))
        boxes = torch.tensor([[col, row, col + SIDE, row + SIDE]], dtype=torch.float32)
        targets.append({"boxes": boxes, "labels": torch.tensor([kind])})
    return normalisation.apply(torch.from_numpy(np.stack(images)).float()), targets


def main(folder: Path) -> None:
    """Write ``squares.dlpk`` after a moment of training, and ``squares.tif`` with sixteen squares."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    random = np.random.default_rng(1)
    spec = get_architecture("FCOS").spec("RESNET18", 3, len(CLASSES), (), (TILE, TILE))
    network = build_network(spec)
    normalisation = Normalisation.from_statistics([0] * 3, [255] * 3, [60] * 3, [45] * 3)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3)
    network.train()
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = sum(network.losses(*batch(random, normalisation)).values())
        loss.backward()
        optimizer.step()
    network.eval()
    emd = definition(spec, CLASSES, tile=(TILE, TILE), bands=(0, 1, 2), normalisation=normalisation, padding=16)
    (folder / "squares").mkdir()
    write_package(folder / "squares", emd, network.state_dict(), [], Job())
    places = [(row, col, 1 + (row + col) // 50 % 2) for row in range(15, 170, 50) for col in range(15, 170, 50)]
    write_raster(folder / "squares.tif", painted(random, 200, 200, places), left=LEFT, top=TOP, cell_size=CELL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
