"""What grows and stands where in the synthetic land cover, and how a satellite sees it.

Maps are (rows, cols) on a grid ``FINE`` times as fine as the image's, so that pixels of the image mix what lies in
them. Reflectance is a share of 1, bands in the order blue, green, red, near infrared, short-wave infrared 1 and 2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import rasterio.features
import shapely
from scipy import ndimage

from .scene_painting import fractal_noise

FINE = 2
WATER, FOREST, GRASSLAND, CROPS, BUILT = 1, 2, 3, 4, 5
BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")
HAZE = np.array([0.045, 0.035, 0.027, 0.014, 0.006, 0.003], np.float32)
RIVER_WIDTH, ROAD_WIDTH = (3.0, 7.0), (2.2, 3.4)  # fine cells
Array = np.ndarray

# reflectance of what a field, a wood or a roof is made of
SURFACES = {
    "deep water": (0.045, 0.040, 0.025, 0.012, 0.006, 0.004),
    "murky water": (0.070, 0.085, 0.068, 0.034, 0.014, 0.009),
    "conifers": (0.022, 0.038, 0.025, 0.230, 0.105, 0.050),
    "broadleaves": (0.028, 0.054, 0.031, 0.350, 0.160, 0.072),
    "lush grass": (0.040, 0.078, 0.052, 0.340, 0.205, 0.100),
    "dry grass": (0.062, 0.094, 0.098, 0.265, 0.275, 0.170),
    "young cereal": (0.038, 0.072, 0.046, 0.390, 0.190, 0.090),
    "maize": (0.034, 0.066, 0.044, 0.360, 0.175, 0.085),
    "stubble": (0.080, 0.114, 0.148, 0.270, 0.335, 0.240),
    "bare soil": (0.084, 0.112, 0.142, 0.200, 0.285, 0.240),
    "roof": (0.120, 0.136, 0.154, 0.195, 0.230, 0.200),
    "tiles": (0.075, 0.095, 0.150, 0.215, 0.255, 0.225),
    "asphalt": (0.080, 0.086, 0.094, 0.108, 0.125, 0.112),
}
CROP_KINDS = ("young cereal", "maize", "stubble", "bare soil")


@dataclass(frozen=True)
class Parcels:
    """The pattern of fields: which parcel a cell is in, and how each region's fields are turned.

    Attributes:
        number: (rows, cols) int32 parcel of each cell.
        angle: (rows, cols) float32 turn of the fields there, radians.
        count: How many numbers there are.
    """

    number: Array
    angle: Array
    count: int


def draw_parcels(rng: np.random.Generator, rows: int, cols: int) -> Parcels:
    """Return fields in strips of differing width and length, turned by region."""
    regions = max(3, round(rows * cols / 600_000))
    y, x = np.mgrid[:rows, :cols].astype(np.float32)
    bend = 30 * fractal_noise(rng, rows, cols, 1.8, largest=400)
    places = (rng.uniform(0, 1, (regions, 2)) * (rows, cols)).tolist()
    distance = np.stack([(y - row + bend) ** 2 + (x - col - bend) ** 2 for row, col in places])
    region = distance.argmin(axis=0)
    reach = float(np.hypot(rows, cols))
    number, angle = np.zeros((rows, cols), np.int32), np.zeros((rows, cols), np.float32)
    count = 0
    for which, turn in enumerate(rng.uniform(-0.6, 0.6, regions).tolist()):
        here = region == which
        u = x[here] * np.cos(turn) + y[here] * np.sin(turn)
        v = -x[here] * np.sin(turn) + y[here] * np.cos(turn)
        edges = np.cumsum(rng.uniform(22, 62, int(4 * reach / 22))) - 1.5 * reach
        strip = np.searchsorted(edges, u)
        length, offset = rng.uniform(50, 150, len(edges) + 1), rng.uniform(0, 150, len(edges) + 1)
        piece = np.floor((v + offset[strip]) / length[strip]).astype(np.int64) + 1000
        key = strip * 2000 + piece
        taken = np.bincount(key, minlength=1) > 0
        number[here] = count + (np.cumsum(taken) - 1)[key]
        angle[here] = turn
        count += int(taken.sum())
    return Parcels(number, angle, count)


def draw_lines(shape: tuple[int, int], lines: list[tuple[shapely.LineString, float]]) -> Array:
    """Return the (rows, cols) bool cells that lie on lines of the given widths, in cells."""
    burnt = [line.buffer(width / 2) for line, width in lines]
    return rasterio.features.rasterize(burnt, shape, dtype="uint8").astype(bool) if burnt else np.zeros(shape, bool)


def draw_river(rng: np.random.Generator, rows: int, cols: int) -> list[tuple[shapely.LineString, float]]:
    """Return a winding river from west to east and its two side streams, with their widths in cells."""
    along = np.linspace(-20, cols + 20, 160)
    middle = rows * rng.uniform(0.35, 0.65)
    wave = sum(rows * size * np.sin(along / cols * turns * 2 * np.pi + rng.uniform(0, 6.28)) for size, turns in
               ((0.09, 1.3), (0.035, 4.1), (0.012, 11.0)))  # fmt: skip
    points = np.stack([along, middle + wave], axis=1)
    lines = [(shapely.LineString(points), RIVER_WIDTH[1])]
    for share, up in ((0.3, -1), (0.7, 1)):
        start = points[int(share * len(points))]
        steps = np.linspace(0, 1, 50)
        path = np.stack(
            [
                start[0] + cols * 0.18 * steps + 25 * np.sin(9 * steps + rng.uniform(0, 6)),
                start[1] + up * rows * 0.6 * steps + 20 * np.sin(13 * steps),
            ],
            axis=1,
        )
        path[0] = start
        lines.append((shapely.LineString(path), RIVER_WIDTH[0]))
    return lines


def draw_towns(rng: np.random.Generator, rows: int, cols: int) -> tuple[Array, Array]:
    """Return how strongly each cell belongs to a town (from 0 it does) and the (n, 2) centres as (col, row)."""
    count = max(5, round(rows * cols / 330_000))
    slots = rng.permutation(count)  # one town to a column of the image: both parts get theirs
    centres = np.stack(
        [(slots + rng.uniform(0.2, 0.8, count)) * cols / count, rng.uniform(0.12, 0.88, count) * rows], 1
    )
    size = np.exp(rng.uniform(np.log(28), np.log(105), count))
    y, x = np.mgrid[:rows, :cols].astype(np.float32)
    rough = fractal_noise(rng, rows, cols, 1.3, largest=120)
    town = np.full((rows, cols), -np.inf, np.float32)
    for (col, row), radius in zip(centres.tolist(), size.tolist(), strict=True):
        np.maximum(town, 1 - np.sqrt((x - col) ** 2 + (y - row) ** 2) / radius, out=town)
    town += 0.35 * rough
    return town, centres


def draw_roads(
    rng: np.random.Generator, centres: Array, shape: tuple[int, int]
) -> list[tuple[shapely.LineString, float]]:
    """Return roads from each town to its two nearest ones, slightly bent, with their widths in cells."""
    lines = []
    for number, start in enumerate(centres):
        nearest = np.argsort(np.hypot(*(centres - start).T))[1:3]
        for other in nearest:
            if other > number or number not in np.argsort(np.hypot(*(centres - centres[other]).T))[1:3]:
                steps = np.linspace(0, 1, 30)[:, None]
                across = (centres[other] - start)[::-1] * (1, -1)
                bend = rng.uniform(-0.12, 0.12) * np.sin(np.pi * steps) * across
                path = start + steps * (centres[other] - start) + bend
                lines.append((shapely.LineString(path), rng.uniform(*ROAD_WIDTH)))
    edge = centres[np.argmax(centres[:, 0])]
    lines.append((shapely.LineString([edge, (shape[1] + 10, edge[1] + 40)]), ROAD_WIDTH[1]))
    return lines


def surface_shares(rng: np.random.Generator, classes: Array, parcels: Parcels, kinds: Array) -> dict[str, Array]:
    """Return for each surface the share of each fine cell that it covers, (rows, cols) float32 of sum 1.

    Args:
        rng: Random generator.
        classes: (rows, cols) uint8 class of each cell.
        parcels: The fields.
        kinds: (parcels,) int8, which of ``CROP_KINDS`` a parcel bears where it is a field.
    """
    shape = classes.shape
    wood = 1 / (1 + np.exp(-2.5 * fractal_noise(rng, *shape, 1.4, largest=220)))
    murky = np.clip(0.35 + 0.3 * fractal_noise(rng, *shape, 1.6, largest=300), 0, 1)
    dry_field = np.clip(rng.beta(1.3, 1.8, parcels.count), 0, 1).astype(np.float32)[parcels.number]
    bare_patch = np.clip(0.1 * fractal_noise(rng, *shape, 1.0, largest=60) + 0.06, 0, 0.5)
    shares: dict[str, Array] = {}

    def lay(where: Array, **surfaces: Array | float) -> None:
        for name, share in surfaces.items():
            cover = shares.setdefault(name.replace("_", " "), np.zeros(shape, np.float32))
            cover += where * np.float32(1) * share

    water, forest, grass = classes == WATER, classes == FOREST, classes == GRASSLAND
    lay(water, deep_water=1 - murky, murky_water=murky)
    lay(forest, conifers=0.94 * wood, broadleaves=0.94 * (1 - wood), lush_grass=0.06)
    lay(grass, lush_grass=1 - dry_field, dry_grass=dry_field)
    for number, kind in enumerate(CROP_KINDS):
        here = (classes == CROPS) & (kinds[parcels.number] == number)
        soil = bare_patch if kind != "bare soil" else np.float32(0)
        lay(here, **{kind.replace(" ", "_"): 1 - soil})
        lay(here, bare_soil=soil)
    _lay_town(rng, classes == BUILT, lay)
    return shares


def _lay_town(rng: np.random.Generator, built: Array, lay: Callable[..., None]) -> None:
    """Cover towns and roads with roofs, asphalt and gardens, cell by cell: no pixel of a town is like the next."""
    shape = built.shape
    inner = ndimage.uniform_filter(built.astype(np.float32), 9) > 0.6
    dice = ndimage.gaussian_filter(rng.random(shape, dtype=np.float32), 0.6)
    order = np.searchsorted(np.quantile(dice[inner], (0.28, 0.48, 0.62)) if inner.any() else (0.3, 0.5, 0.7), dice)
    for number, surfaces in enumerate(
        (
            {"asphalt": 0.85, "dry_grass": 0.15},
            {"tiles": 0.7, "asphalt": 0.3},
            {"roof": 0.9, "asphalt": 0.1},
            {"lush_grass": 0.45, "broadleaves": 0.25, "asphalt": 0.3},
        )
    ):
        lay(built & inner & (order == number), **surfaces)
    lay(built & ~inner, asphalt=0.9, dry_grass=0.1)


def seen(rng: np.random.Generator, shares: dict[str, Array], parcels: Parcels) -> Array:
    """Return the image, (6, rows, cols) uint16 reflectance x 10000 on the coarse grid: mixed, blurred, hazy, noisy."""
    fine = next(iter(shares.values())).shape
    rows, cols = fine[0] // FINE, fine[1] // FINE
    field_tone = rng.normal(1, 0.075, (len(BANDS), parcels.count)).astype(np.float32)
    field_tone *= rng.normal(1, 0.09, parcels.count).astype(np.float32)
    grain = 1 + 0.05 * fractal_noise(rng, *fine, 0.7, largest=30)
    haze = np.clip(fractal_noise(rng, rows, cols, 1.7, largest=500) - 0.4, 0, 2.2)
    image = np.empty((len(BANDS), rows, cols), np.float32)
    for band in range(len(BANDS)):
        light = sum(cover * np.float32(SURFACES[name][band]) for name, cover in shares.items())
        light *= grain * field_tone[band][parcels.number]
        light = ndimage.gaussian_filter(light, 0.7)
        mixed = light.reshape(rows, FINE, cols, FINE).mean(axis=(1, 3))
        image[band] = mixed + HAZE[band] * haze * (1 - mixed)
    image += rng.normal(0, 1, image.shape).astype(np.float32) * (0.0025 + 0.012 * image)
    return np.clip(np.rint(image * 10000), 1, 10000).astype(np.uint16)
