"""A program for tests of the QGIS side: a raster with bright squares, their boxes and classes, and what was found."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rasterio.transform import Affine

from devtools.class_files import write_class_raster
from tests.rasters import write_boxes, write_raster

CLASSES = {1: ("ground", (190, 160, 120)), 2: ("pad", (200, 40, 40))}
CELL, LEFT, TOP, SIDE = 0.5, 500_000.0, 4_650_000.0, 16


def main(folder: Path) -> None:
    """Write ``scene.tif``, ``labels.gpkg``, ``found.gpkg``, ``classes.tif`` and ``found_classes.tif``."""
    rng = np.random.default_rng(7)
    image = rng.integers(20, 90, (3, 256, 320), dtype=np.uint8)
    classes = np.ones((256, 320), np.uint8)
    boxes = []
    for row in range(20, 230, 52):
        for col in range(20, 290, 56):
            image[:, row : row + SIDE, col : col + SIDE] = rng.integers(190, 255, (3, 1, 1))
            classes[row : row + SIDE, col : col + SIDE] = 2
            left, top = LEFT + col * CELL, TOP - row * CELL
            boxes.append((left, top - SIDE * CELL, left + SIDE * CELL, top))
    write_raster(folder / "scene.tif", image, left=LEFT, top=TOP, cell_size=CELL)
    transform = Affine(CELL, 0, LEFT, 0, -CELL, TOP)
    for name, array in (("classes.tif", classes), ("found_classes.tif", np.roll(classes, 2, axis=1))):
        write_class_raster(folder / name, array, transform, "EPSG:32633", CLASSES, nodata=0)
    names = np.array(["pad"] * len(boxes), object)
    write_boxes(folder / "labels.gpkg", boxes, Classname=names, Classvalue=np.ones(len(boxes), np.int32))
    moved = [(left + 1, bottom, right + 1, top) for left, bottom, right, top in boxes[:10]]
    write_boxes(
        folder / "found.gpkg",
        boxes + moved,
        Class=np.array(["pad"] * (len(boxes) + 10), object),
        Classvalue=np.ones(len(boxes) + 10, np.int32),
        Confidence=np.r_[np.linspace(0.9, 0.6, len(boxes)), np.linspace(0.5, 0.4, 10)],
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
