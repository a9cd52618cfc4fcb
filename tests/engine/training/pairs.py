"""A tiny training folder of change pairs: bright squares that stand at one date only, in other light at the second."""

from pathlib import Path

import numpy as np

from tests.rasters import write_raster

SIDE = 64


def write_pairs(folder, count=10, *, bands=2, second_bands=None, dtype="uint16", seed=0) -> str:
    """Write chips of two dates and label rasters: 0 no change, 1 where a square stands at one date only.

    Args:
        folder: Where to.
        count: Pairs; they lie in rows of four.
        bands: Bands of a first chip.
        second_bands: Bands of a second chip, as many when None.
        dtype: Pixel type of the chips.
        seed: Of the noise.
    """
    random = np.random.default_rng(seed)
    folder = Path(folder)
    for name in ("images", "images2", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(count):
        dates = [np.full((SIDE, SIDE), 60.0), np.full((SIDE, SIDE), 60.0)]
        label = np.zeros((SIDE, SIDE), np.uint8)
        for order in range(6):
            row, col = (int(value) for value in random.integers(0, SIDE - 14, 2))
            square = np.s_[row : row + 12, col : col + 12]
            fate = order % 3  # in both, in the first, in the second
            for date, image in enumerate(dates):
                image[square] = 160.0 if fate in (0, date + 1) else 60.0
            label[square] = int(fate > 0)
        place = {"left": 500_000 + (number % 4) * SIDE * 0.5, "top": 4_650_000 - (number // 4) * SIDE * 0.5}
        for part, image, own in (("images", dates[0], bands), ("images2", dates[1] * 1.2 + 15, second_bands or bands)):
            noisy = image + random.normal(0, 4, (own, SIDE, SIDE))
            write_raster(folder / part / f"{number:06d}.tif", noisy.clip(1, 255).astype(dtype), **place)
        write_raster(folder / "labels" / f"{number:06d}.tif", label[None], **place)
    return str(folder)
