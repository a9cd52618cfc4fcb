"""The change demo's scene: a suburb at two dates, where buildings appear and vanish; made from a seed.

``python -m devtools.change_scene FOLDER`` writes

* ``first.tif``, ``second.tif``: 4 bands uint16 (red, green, blue, near infrared), UTM, 0.5 m cells. The second lies on
  a grid 0.4 of a cell aside, was taken in other light (each band has a gain and an offset of its own, and haze), with
  longer shadows, drier grass and harvested fields: most of what differs is no change of buildings;
* ``truth.tif``: on the first grid, 0 no change, 1 built, 2 demolished.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
import rasterio.features
import shapely
from rasterio.transform import Affine
from scipy import ndimage

from .class_files import write_class_raster
from .scene_painting import fractal_noise

CRS, CELL_SIZE, LEFT, TOP = "EPSG:32633", 0.5, 465_000.0, 5_090_000.0
SIZE = 1280
FINE = 2
SHIFT = (0.4, -0.2)
"""Cells by which the second grid lies east and south of the first."""
WEST_SHARE = 0.6
NODATA = 255
CLASSES = {0: ("no change", (225, 225, 225)), 1: ("built", (230, 90, 40)), 2: ("demolished", (60, 90, 200))}
BANDS = ("red", "green", "blue", "nir")
ROOFS = np.array([[1900, 900, 700, 2200], [1300, 1350, 1400, 1700], [2600, 2500, 2400, 2900], [900, 850, 850, 1200]])
GRASS, DRY, SOIL = (
    np.array([700, 1000, 550, 3600]),
    np.array([1500, 1400, 900, 2600]),
    np.array([1700, 1400, 1100, 2200]),
)
ROAD = np.array([1150, 1150, 1150, 1350])
BUILT_SHARE, GONE_SHARE = 0.18, 0.14
LOTS = 22
"""Metres from one lot to the next."""


def draw_buildings(rng: np.random.Generator, metres: float) -> tuple[list[shapely.Polygon], np.ndarray, np.ndarray]:
    """Return outlines in metres from the upper left, the roof of each, and when they stand: (n, 2) bool."""
    outlines, roofs, stands = [], [], []
    for x in np.arange(LOTS, metres - LOTS, LOTS):
        for y in np.arange(LOTS, metres - LOTS, LOTS):
            if rng.random() > 0.75 or min(x % (5 * LOTS), y % (4 * LOTS)) < LOTS / 2:
                continue
            centre = np.array([x, y]) + rng.uniform(-3, 3, 2)
            wide, high = rng.uniform(6, 15, 2)
            box = shapely.box(-wide / 2, -high / 2, wide / 2, high / 2)
            turned = shapely.affinity.rotate(box, rng.choice([0, 0, 90, rng.uniform(0, 90)]))
            outlines.append(shapely.affinity.translate(turned, *centre))
            roofs.append(rng.integers(len(ROOFS)))
            fate = rng.random()
            stands.append((fate >= BUILT_SHARE, not BUILT_SHARE <= fate < BUILT_SHARE + GONE_SHARE))
    return outlines, np.array(roofs), np.array(stands)


def paint(
    rng: np.random.Generator, ground: dict[str, np.ndarray], outlines: Sequence[shapely.Polygon], roofs: np.ndarray,
    shadow: tuple[float, float], dry: float,
) -> np.ndarray:  # fmt: skip
    """Return one date, (4, rows, cols) float32 on the fine grid.

    Args:
        rng: Draws what differs from date to date: cars, growth, the grain of roofs.
        ground: What both dates share, by name.
        outlines: Buildings that stand.
        roofs: The kind of roof of each.
        shadow: Metres that shadows reach east and south.
        dry: Share of the grass that is dry, and of the fields that are bare.
    """
    rows, cols = ground["relief"].shape
    grain = fractal_noise(rng, rows, cols, 0.7, largest=24)
    wet = np.clip(0.5 + 0.4 * ground["relief"] - dry + 0.15 * grain, 0, 1)[..., None]
    image = wet * GRASS + (1 - wet) * DRY
    bare = ground["field"] & (ground["plot"] < dry)
    image[bare] = SOIL
    image[ground["road"]] = ROAD
    here = Affine.scale(CELL_SIZE / FINE)

    def burnt(shapes: Sequence[shapely.Polygon], values: Sequence[int]) -> np.ndarray:
        pairs = list(zip(shapes, values, strict=True))
        return (
            rasterio.features.rasterize(pairs, (rows, cols), transform=here, dtype="int32")
            if pairs
            else np.zeros((rows, cols), "int32")
        )

    cast = burnt([shapely.affinity.translate(shape, *shadow) for shape in outlines], [1] * len(outlines)) > 0
    image[cast] *= 0.45
    roof = burnt(outlines, [1 + int(kind) for kind in roofs])
    for kind, colour in enumerate(ROOFS, start=1):
        image[roof == kind] = colour
    image *= 1 + 0.06 * grain[..., None] + 0.04 * rng.standard_normal((rows, cols, 1))
    cars = rng.integers(0, rows, (rows * cols // 40_000, 2))
    for row, col in cars:
        if ground["road"][row, col % cols]:
            image[row : row + 8, col % cols : col % cols + 17] = rng.uniform(400, 2800)
    return np.moveaxis(image, -1, 0).astype(np.float32)


def make_scene(size: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return both dates, (4, size, size) uint16 each on its own grid, and the change, (size, size) uint8."""
    rng = np.random.default_rng(seed)
    fine = size * FINE
    outlines, roofs, stands = draw_buildings(rng, size * CELL_SIZE)
    metres = (np.arange(fine) + 0.5) * CELL_SIZE / FINE
    across, down = metres % (5 * LOTS) < 7, metres % (4 * LOTS) < 7
    plot = fractal_noise(rng, fine, fine, 1.8, largest=300)
    ground = {
        "relief": fractal_noise(rng, fine, fine, 1.4, largest=400),
        "road": across[None] | down[:, None],
        "field": np.abs(plot) > 1.1,
        "plot": ndimage.uniform_filter(rng.random((fine, fine), dtype=np.float32), 3),
    }
    ground["plot"] = (plot - plot.min()) / (plot.max() - plot.min())
    dates = []
    for date, (shadow, dry) in enumerate((((1.5, 1.0), 0.05), ((-2.5, 2.5), 0.55))):
        there = stands[:, date]
        shown = [outline for outline, stand in zip(outlines, there, strict=True) if stand]
        dates.append(paint(rng, ground, shown, roofs[there], shadow, dry))
    gain, offset = rng.uniform(0.75, 1.25, 4), rng.uniform(50, 350, 4)
    haze = np.clip(fractal_noise(rng, fine, fine, 1.8), 0, None) * 60
    dates[1] = dates[1] * gain[:, None, None].astype(np.float32) + offset[:, None, None].astype(np.float32) + haze
    moved = [ndimage.shift(band, (-FINE * SHIFT[1], -FINE * SHIFT[0]), order=1, mode="nearest") for band in dates[1]]
    seen = [np.asarray(image).reshape(4, size, FINE, size, FINE).mean(axis=(2, 4)) for image in (dates[0], moved)]
    pairs = [
        (outline, 2 if before else 1)
        for outline, (before, after) in zip(outlines, stands, strict=True)
        if before != after
    ]
    truth = rasterio.features.rasterize(pairs, (size, size), transform=Affine.scale(CELL_SIZE), dtype="uint8")
    return seen[0].clip(1, 10_000).astype(np.uint16), seen[1].clip(1, 10_000).astype(np.uint16), truth


def write_scene(folder: Path, size: int, seed: int) -> dict[str, Path]:
    """Write the scene into a folder and return its files by name."""
    folder.mkdir(parents=True, exist_ok=True)
    first, second, truth = make_scene(size, seed)
    own = Affine(CELL_SIZE, 0, LEFT, 0, -CELL_SIZE, TOP)
    grids = {"first": (first, own), "second": (second, own @ Affine.translation(*SHIFT))}
    files = {}
    for name, (image, transform) in grids.items():
        files[name] = folder / f"{name}.tif"
        shape = {"count": len(BANDS), "dtype": "uint16", "height": size, "width": size, "tiled": True}
        with rasterio.open(
            files[name], "w", driver="GTiff", crs=CRS, transform=transform, photometric="MINISBLACK", **shape
        ) as file:
            file.write(image)
            file.descriptions = BANDS
    files["truth"] = write_class_raster(folder / "truth.tif", truth, own, CRS, CLASSES, NODATA)
    return files


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m devtools.change_scene", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    write_scene(asked.folder, asked.size, asked.seed)
