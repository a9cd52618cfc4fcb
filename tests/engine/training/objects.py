"""Tiny training folders of labelled chips: rectangles of different brightness on dark ground, cut by the export."""

from pathlib import Path

import numpy as np

from engine.job import Job
from engine.pipelines.export_training_data import run
from engine.tools.export_training_data import ExportTrainingData
from tests.rasters import write_boxes, write_raster

CELL, LEFT, TOP = 0.5, 500_000.0, 4_650_000.0
STEP = 26
"""Pixels from one object to the next."""
NAMES = ("barn", "house", "shed", "silo")


def write_objects(
    folder, counts=(10, 10, 10), *, bands=4, dtype="uint16", side=20, seed=0, noise=False, **options
) -> str:
    """Export chips of objects; each class is bright in another band, or brighter than the one before in the only band.

    Args:
        folder: Where to.
        counts: Objects of each class; they are mixed over the ground.
        bands: Bands of a chip.
        dtype: Pixel type of a chip.
        side: Rows of a chip; it has two columns more.
        seed: Of places and noise.
        noise: Whether the brightness of an object says nothing of its class.
        options: Parameters of the export that differ from fixed chips of Labeled_Tiles.
    """
    folder, random = Path(folder), np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    kinds = random.permutation(np.repeat(np.arange(len(counts)), counts))
    cols = -(-len(kinds) // 6)
    top = 200 if dtype == "uint8" else 9000
    image = top * random.uniform(0.05, 0.1, (bands, 6 * STEP, cols * STEP + 7))
    boxes = []
    for number, kind in enumerate(random.permutation(kinds) if noise else kinds):
        row, col = STEP * (number % 6) + 8, STEP * (number // 6) + 9
        height, width = (int(size) for size in random.integers(7, 13, 2))
        level = np.full(bands, 0.3) if bands > 1 else np.array([0.3 + 0.6 * kind / max(1, len(counts) - 1)])
        level[kind % bands] += 0.1 if bands == 1 else 0.6
        there = level[:, None, None] * random.uniform(0.85, 1.0, (bands, height, width))
        image[:, row : row + height, col : col + width] = top * there
        boxes.append((LEFT + col * CELL, TOP - (row + height) * CELL, LEFT + (col + width) * CELL, TOP - row * CELL))
    raster = write_raster(folder / "scene.tif", image.astype(dtype), left=LEFT, top=TOP, cell_size=CELL)
    labels = write_boxes(folder / "objects.gpkg", boxes, kind=np.array(NAMES, object)[kinds])
    settings = {
        "metadata_format": "Labeled_Tiles",
        "class_value_field": "kind",
        "tile_size_x": side + 2,
        "tile_size_y": side,
        "stride_x": side + 2,
        "stride_y": side,
    }
    out = folder / "chips"
    run(
        ExportTrainingData(in_raster=raster, out_folder=str(out), in_class_data=labels, **{**settings, **options}),
        Job(),
    )
    return str(out)
