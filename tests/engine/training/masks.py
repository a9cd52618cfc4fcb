"""A tiny training folder of class maps: squares of different brightness on dark ground, as others hand them over."""

from pathlib import Path

import numpy as np
from rasterio.transform import Affine

from tests.rasters import write_raster

SIDE = 48


def write_masks(
    folder,
    count=8,
    values=(10, 20, 300),
    *,
    bands=4,
    dtype="uint16",
    side=SIDE,
    labelled=1.0,
    stride=None,
    georeferenced=True,
    seed=0,
) -> str:
    """Write chips and label rasters; chips lie in rows of four, each class is brighter than the one before.

    Args:
        folder: Where to.
        count: Chips.
        values: Class values; the ground is 0.
        bands: Bands of a chip.
        dtype: Pixel type of a chip.
        side: Rows of a chip; it has one column more.
        labelled: Share of the pixels that keep their label.
        stride: Step to the next chip in pixels; the side gives no overlap.
        georeferenced: Whether chips know their ground.
        seed: Of the noise.
    """  # fmt: skip
    random = np.random.default_rng(seed)
    folder = Path(folder)
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    top = 200 if dtype == "uint8" else 8000
    cols, stride = side + 1, stride or side + 1
    for number in range(count):
        place = np.zeros((side, cols), np.int64)
        for order in range(2 * len(values)):
            size = int(random.integers(side // 4, side // 2))
            row, col = (int(value) for value in random.integers(0, side - size, 2))
            place[row : row + size, col : col + size] = 1 + order % len(values)
        level = 0.15 + 0.85 * place / len(values)
        pixels = (top * level * random.uniform(0.8, 1.0, (bands, side, cols))).astype(dtype)
        label = np.array((0, *values), np.uint16)[place]
        label[random.random(label.shape) > labelled] = 0
        known = {"left": 500_000 + (number % 4) * stride * 0.5, "top": 4_650_000 - (number // 4) * stride * 0.5}
        where = known if georeferenced else {"crs": None, "transform": Affine.identity()}
        write_raster(folder / "images" / f"{number:06d}.tif", pixels, **where)
        write_raster(folder / "labels" / f"{number:06d}.tif", label[None], **where)
    return str(folder)
