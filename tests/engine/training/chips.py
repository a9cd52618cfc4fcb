"""A tiny training folder: bright squares on dark ground, chips as a third party would hand them over."""

from pathlib import Path

import numpy as np
from rasterio.transform import Affine

from tests.rasters import write_raster

SIDE = 64


def write_folder(folder, count=12, bands=3, dtype="uint8", side=SIDE, classes=1, georeferenced=True, seed=0) -> str:
    """Write VOC chips and labels; chips lie side by side in rows of four, class n is brighter than class n - 1."""
    random = np.random.default_rng(seed)
    folder = Path(folder)
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    top = 200 if dtype == "uint8" else 8000
    for number in range(count):
        pixels = random.integers(0, top // 5, (bands, side, side)).astype(dtype)
        objects = []
        for place in range(2):
            size = int(random.integers(12, 22))
            left, upper = (int(value) for value in random.integers(0, side - size, 2))
            value = 1 + (number + place) % classes
            pixels[:, upper : upper + size, left : left + size] = top * (0.5 + 0.5 * value / classes)
            objects.append((value, left, upper, left + size, upper + size))
        place = {"left": 500_000 + (number % 4) * side * 0.5, "top": 4_650_000 - (number // 4) * side * 0.5}
        nowhere = {"crs": None, "transform": Affine.identity()}
        write_raster(folder / "images" / f"{number:06d}.tif", pixels, **(place if georeferenced else nowhere))
        boxes = "".join(
            f"<object><name>{value}</name><bndbox><xmin>{a}</xmin><ymin>{b}</ymin><xmax>{c}</xmax><ymax>{d}</ymax></bndbox></object>"
            for value, a, b, c, d in objects
        )
        size = f"<size><width>{side}</width><height>{side}</height><depth>{bands}</depth></size>"
        (folder / "labels" / f"{number:06d}.xml").write_text(f"<annotation>{size}{boxes}</annotation>")
    return str(folder)
