"""The scene of ``./dev demo --task objects``: a housing estate seen from above, made from a seed.

Four kinds of objects lie on meadow and gravel: gable roofs, flat roofs, trees and garden plots. Their colours overlap,
so that the mean of a band does not tell them apart; ridge, rim, crown and rows do. ``write_estate`` writes
``estate.tif`` (3 bands uint8, 0.25 m cells), ``objects_train.gpkg`` (west) and ``objects_val.gpkg`` (east), whose
features carry ``kind``, ``number`` and ``surveyed``.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import rasterio
import rasterio.features
import shapely
import shapely.affinity
from rasterio.transform import Affine
from scipy import ndimage

from .layers import Layer

CRS, CELL_SIZE, LEFT, TOP = "EPSG:25833", 0.25, 390_000.0, 5_820_000.0
PITCH = 48  # pixels between the middles of two objects
WEST_SHARE = 0.6
KINDS = ("flat roof", "gable roof", "garden plot", "tree")
TINTS = np.array([(150, 96, 78), (138, 134, 128), (112, 118, 92), (166, 150, 120)])  # any kind may have any of them

Painter = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]


def write_estate(folder: Path, rows: int, cols: int, seed: int) -> dict[str, Path]:
    """Write the scene into a folder and return its files: ``raster``, ``train`` and ``val``."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    image = _ground(rows, cols, random)
    shapes, kinds = [], []
    for row in range(PITCH // 2, rows - PITCH // 2, PITCH):
        for col in range(PITCH // 2, cols - PITCH // 2, PITCH):
            kind = int(random.integers(0, len(KINDS)))
            middle = (col + random.uniform(-5, 5), row + random.uniform(-5, 5))
            shapes.append(_painted(image, kind, middle, random))
            kinds.append(KINDS[kind])
    raster = folder / "estate.tif"
    place = Affine(CELL_SIZE, 0, LEFT, 0, -CELL_SIZE, TOP)
    with rasterio.open(
        raster, "w", driver="GTiff", width=cols, height=rows, count=3, dtype="uint8", crs=CRS, transform=place,
        tiled=True, compress="deflate",
    ) as file:  # fmt: skip
        file.write(np.clip(image, 1, 255).astype(np.uint8))
    placed = np.array([shapely.affinity.affine_transform(shape, _matrix()) for shape in shapes], object)
    fields = {
        "kind": np.array(kinds, object),
        "number": np.arange(len(kinds)),
        "surveyed": random.integers(1950, 2025, len(kinds)),
    }
    objects = Layer(placed, fields, CRS, "objects")
    west = shapely.get_x(shapely.centroid(placed)) < LEFT + WEST_SHARE * cols * CELL_SIZE
    train = objects.take(west).write(folder / "objects_train.gpkg")
    return {"raster": raster, "train": train, "val": objects.take(~west).write(folder / "objects_val.gpkg")}


def _matrix() -> list[float]:
    """Return pixel to map in the order that shapely wants."""
    return [CELL_SIZE, 0, 0, -CELL_SIZE, LEFT, TOP]


def _ground(rows: int, cols: int, random: np.random.Generator) -> np.ndarray:
    """Return meadow and gravel, (3, rows, cols) float64."""
    smooth = ndimage.gaussian_filter(random.standard_normal((rows, cols)), 18)
    share = 1 / (1 + np.exp(-smooth / (0.4 * smooth.std())))
    meadow, gravel = np.array((106.0, 122, 80)), np.array((158.0, 150, 138))
    image = meadow[:, None, None] * share + gravel[:, None, None] * (1 - share)
    return image + random.normal(0, 7, (1, rows, cols)) + random.normal(0, 2, (3, rows, cols))


def _painted(image: np.ndarray, kind: int, middle: tuple[float, float], random: np.random.Generator) -> shapely.Polygon:
    """Paint an object and return its outline in pixels."""
    angle = random.uniform(0, np.pi)
    long, wide = random.uniform(22, 34), random.uniform(14, 22)
    if KINDS[kind] == "tree":
        shape = shapely.Point(middle).buffer(random.uniform(8, 14), quad_segs=6)
    else:
        box = shapely.box(-long / 2, -wide / 2, long / 2, wide / 2)
        turned = shapely.affinity.rotate(box, angle, origin=(0, 0), use_radians=True)
        shape = shapely.affinity.translate(turned, *middle)
    kept = rasterio.features.rasterize([shape], out_shape=image.shape[1:]).astype(bool)
    rows, cols = np.nonzero(kept)
    x, y = cols + 0.5 - middle[0], rows + 0.5 - middle[1]
    along, across = np.cos(angle) * x + np.sin(angle) * y, -np.sin(angle) * x + np.cos(angle) * y
    tint = TINTS[random.integers(0, len(TINTS))] * random.uniform(0.85, 1.15) + random.normal(0, 6, 3)
    light = (_flat, _gable, _plot, _tree)[kind](np.stack([along, across]), np.array([long, wide]), random)
    image[:, rows, cols] = tint[:, None] * light + random.normal(0, 4, (3, len(rows)))
    return shape


def _flat(at: np.ndarray, size: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the light on a flat roof: a bright rim, a box on top."""
    rim = (np.abs(at) > size[:, None] / 2 - 2).any(axis=0)
    box = (np.abs(at - random.uniform(-3, 3, (2, 1))) < 3).all(axis=0)
    return 1 + 0.3 * rim - 0.35 * box


def _gable(at: np.ndarray, size: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the light on a gable roof: one side in the sun."""
    lit = random.choice([-1, 1])
    return 1 + 0.22 * lit * np.sign(at[1]) + 0.2 * (np.abs(at[1]) < 1)


def _plot(at: np.ndarray, size: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the light on a garden plot: rows of beds."""
    return 1 + 0.2 * np.sin(2 * np.pi * at[0] / random.uniform(4, 6) + random.uniform(0, 6))


def _tree(at: np.ndarray, size: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return the light on a crown: bright towards the sun, tufted."""
    return 1 + 0.03 * (at[0] - at[1]) + random.normal(0, 0.12, at.shape[1])
