"""The scene of ``./dev demo --task instances``: a town seen from above, made from a seed.

Houses stand alone, in rows wall to wall with roofs of their own colours, and around yards; some are L-shaped. Streets,
yards and bare plots have the brightness of roofs, trees hide corners, so thresholding does not do. ``write_town``
writes ``town.tif`` (3 bands uint8, 0.5 m cells), ``houses.gpkg`` and ``aoi.gpkg``, both with ``split``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
import rasterio.features
import shapely
import shapely.affinity
from rasterio.transform import Affine
from scipy import ndimage

from .layers import Layer

CRS, CELL_SIZE, LEFT, TOP = "EPSG:32636", 0.5, 455_000.0, 40_000.0
WEST_SHARE = 0.6
BLOCK = 120  # pixels between two streets
ROOFS = np.array([(176, 92, 70), (150, 150, 156), (96, 104, 120), (190, 172, 148), (128, 74, 62), (206, 208, 210)])
GROUND = np.array([(118, 130, 84), (170, 142, 112), (140, 128, 104)])
STREET, YARD = (146, 138, 130), (180, 150, 118)


def write_town(folder: Path, rows: int, cols: int, seed: int) -> dict[str, Path]:
    """Write the scene into a folder and return its files: ``raster``, ``labels`` and ``aoi``."""
    folder.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(seed)
    houses = [house for block in _blocks(rows, cols, random) for house in block]
    image = _painted(houses, rows, cols, random)
    transform = Affine(CELL_SIZE, 0, LEFT, 0, -CELL_SIZE, TOP)
    raster = folder / "town.tif"
    with rasterio.open(
        raster, "w", driver="GTiff", width=cols, height=rows, count=3, dtype="uint8", crs=CRS, transform=transform,
        tiled=True, compress="deflate",
    ) as file:  # fmt: skip
        file.write(image)
    placed = np.array([shapely.affinity.affine_transform(house, _matrix()) for house in houses], object)
    border = LEFT + _border(cols) * CELL_SIZE
    west = shapely.get_x(shapely.centroid(placed)) < border
    split = np.where(west, "train", "val").astype(object)
    labels = Layer(placed, {"split": split}, CRS, "house").write(folder / "houses.gpkg")
    right, bottom = LEFT + cols * CELL_SIZE, TOP - rows * CELL_SIZE
    areas = np.array([shapely.box(LEFT, bottom, border, TOP), shapely.box(border, bottom, right, TOP)])
    aoi = Layer(areas, {"split": np.array(["train", "val"], object)}, CRS, "aoi").write(folder / "aoi.gpkg")
    return {"raster": raster, "labels": labels, "aoi": aoi}


def _matrix() -> list[float]:
    """Return pixel to map in the order that shapely wants."""
    return [CELL_SIZE, 0, 0, -CELL_SIZE, LEFT, TOP]


def _border(cols: int) -> int:
    """Return the column of the street between the two parts."""
    return round(WEST_SHARE * cols / BLOCK) * BLOCK


def _blocks(rows: int, cols: int, random: np.random.Generator) -> list[list[shapely.Polygon]]:
    """Return the houses of each block, in pixels."""
    blocks = []
    for top in range(0, rows - BLOCK + 1, BLOCK):
        for left in range(0, cols - BLOCK + 1, BLOCK):
            kind = random.choice([_row_houses, _single_houses, _single_houses, _yard_house])
            middle = (left + BLOCK / 2, top + BLOCK / 2)
            turn = float(random.uniform(-14, 14)) + 90 * int(random.integers(0, 2))
            blocks.append([shapely.affinity.rotate(house, turn, origin=middle) for house in kind(middle, random)])
    return blocks


def _row_houses(middle: tuple[float, float], random: np.random.Generator) -> list[shapely.Polygon]:
    """Return two rows of houses that stand wall to wall."""
    houses = []
    for shift in (-22, 22):
        left = middle[0] - 40
        while left < middle[0] + 24:
            width, depth = float(random.uniform(14, 26)), float(random.uniform(20, 26))
            low = middle[1] + shift - depth / 2
            houses.append(shapely.box(left, low, left + width, low + depth))
            left += width
    return houses


def _single_houses(middle: tuple[float, float], random: np.random.Generator) -> list[shapely.Polygon]:
    """Return houses that stand alone, some L-shaped."""
    houses = []
    for dx in (-24, 24):
        for dy in (-24, 24):
            if random.random() < 0.15:
                continue
            width, depth = random.uniform(18, 38, 2).tolist()
            left, low = middle[0] + dx - width / 2, middle[1] + dy - depth / 2
            house = shapely.box(left, low, left + width, low + depth)
            if random.random() < 0.35:
                house = house.difference(shapely.box(left, low, left + 0.5 * width, low + 0.45 * depth))
            houses.append(house)
    return houses


def _yard_house(middle: tuple[float, float], random: np.random.Generator) -> list[shapely.Polygon]:
    """Return a large house around its yard and a small one beside it."""
    width, depth, wing = float(random.uniform(52, 64)), float(random.uniform(46, 60)), float(random.uniform(12, 16))
    left, low = middle[0] - 44, middle[1] - depth / 2
    outer, inner = shapely.box(left, low, left + width, low + depth), shapely.box(
        left + wing, low + wing, left + width - wing, low + depth - wing
    )  # fmt: skip
    beside = shapely.box(middle[0] + 26, middle[1] - 14, middle[0] + 44, middle[1] + 14)
    return [outer.difference(inner), beside]


def _painted(houses: list[shapely.Polygon], rows: int, cols: int, random: np.random.Generator) -> np.ndarray:
    """Return (3, rows, cols) uint8."""
    shape = (rows, cols)
    patches = ndimage.zoom(random.integers(0, len(GROUND), (rows // 60 + 2, cols // 60 + 2)), 60, order=0)
    image = GROUND[patches[:rows, :cols]].astype(np.float32)
    streets = np.zeros(shape, bool)
    for start in range(0, max(rows, cols) + 1, BLOCK):
        streets[max(0, start - 5) : start + 5] = True
        streets[:, max(0, start - 5) : start + 5] = True
    image[streets] = STREET
    for _ in range(rows * cols // 14_000):  # bare plots, as bright and as large as roofs
        row, col = int(random.integers(0, rows)), int(random.integers(0, cols))
        image[row : row + int(random.integers(10, 30)), col : col + int(random.integers(10, 30))] = YARD
    numbers = rasterio.features.rasterize(
        [(house, number) for number, house in enumerate(houses, 1)], shape, dtype=np.int32
    )
    shadow = np.roll(numbers > 0, (4, 4), (0, 1)) & (numbers == 0)
    image[shadow] *= 0.55
    colours = ROOFS[random.integers(0, len(ROOFS), len(houses) + 1)] + random.normal(0, 9, (len(houses) + 1, 3))
    colours[1:] *= random.uniform(0.85, 1.12, (len(houses), 1))
    roof = numbers > 0
    image[roof] = colours[numbers[roof]]
    for number, part in enumerate(ndimage.find_objects(numbers), 1):  # the shaded side of each roof
        if part is not None:
            half = (part[0], slice(part[1].start, (part[1].start + part[1].stop) // 2))
            image[half][numbers[half] == number] *= 0.9
    trees = [
        (shapely.Point(random.uniform(0, cols), random.uniform(0, rows)).buffer(random.uniform(3, 9)), 1)
        for _ in range(rows * cols // 6_000)
    ]
    crowns = rasterio.features.rasterize(trees, shape, dtype=np.uint8) > 0
    crowns &= ~roof | (random.random(shape) < 0.9) & (ndimage.distance_transform_edt(roof) < 5)
    image[crowns] = np.array((52, 84, 44)) + random.normal(0, 8, (int(crowns.sum()), 3))
    image += ndimage.gaussian_filter(random.normal(0, 40, (*shape, 1)), (3, 3, 0)) + random.normal(0, 4, image.shape)
    return np.moveaxis(np.clip(ndimage.gaussian_filter(image, (0.6, 0.6, 0)), 1, 255), -1, 0).astype(np.uint8)
