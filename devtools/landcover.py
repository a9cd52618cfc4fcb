"""The pixel demo's scene: a countryside of water, forest, grassland, crops and towns, made from a seed.

``python -m devtools.landcover FOLDER`` writes

* ``landcover.tif``: 6 bands uint16, reflectance x 10000, UTM, 10 m cells, nodata 0 in a wedge at the edge of the swath;
* ``labels.gpkg``: polygons as somebody would draw them inside fields and lakes, with ``Classname``, ``Classvalue`` and
  ``split`` (train in the west, val in the east), and ``labels.qml`` with the colours;
* ``truth.tif``: the class of every pixel with names and colours, to judge by and not to train on;
* ``aoi.gpkg``: the two areas, by ``split``.

It is meant to be hard for single pixels and fair for a network: young cereal is as green as grass, bare soil as bright
as roofs, gardens in towns are green, haze whitens what lies below it, roads and streams are one or two pixels wide.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.features
import shapely
from rasterio.transform import Affine
from scipy import ndimage
from shapely.ops import substring

from .class_files import write_class_raster, write_legend
from .landcover_painting import (
    BANDS,
    BUILT,
    CROP_KINDS,
    CROPS,
    FINE,
    FOREST,
    GRASSLAND,
    WATER,
    Parcels,
    draw_lines,
    draw_parcels,
    draw_river,
    draw_roads,
    draw_towns,
    seen,
    surface_shares,
)
from .layers import Layer
from .scene_painting import fractal_noise

CRS, CELL_SIZE, LEFT, TOP = "EPSG:32633", 10.0, 465_000.0, 5_090_000.0
ROWS, COLS = 900, 1200
WEST_SHARE = 0.6
LABELS_PER_CLASS = 48  # in 1200 x 900 pixels, both parts together
PURE_SHARE = 0.97
LARGEST_RADIUS = 15.0  # pixels
CLASSES = {
    WATER: ("water", (55, 126, 184)),
    FOREST: ("forest", (34, 110, 52)),
    GRASSLAND: ("grassland", (166, 216, 84)),
    CROPS: ("crops", (242, 200, 90)),
    BUILT: ("built", (205, 60, 60)),
}


@dataclass(frozen=True)
class Countryside:
    """A scene in memory.

    Attributes:
        image: (6, rows, cols) uint16 reflectance x 10000, 0 where there is no data.
        truth: (rows, cols) uint8 class of each pixel, 0 where there is no data.
        angle: (rows, cols) float32 turn of the fields, radians.
        parcel: (rows, cols) int32 field that a pixel is in.
        lines: Middle lines of streams and roads in pixels, by class.
    """

    image: np.ndarray
    truth: np.ndarray
    angle: np.ndarray
    parcel: np.ndarray
    lines: dict[int, list[shapely.LineString]]


def _fine_classes(
    rng: np.random.Generator, rows: int, cols: int, parcels: Parcels
) -> tuple[np.ndarray, np.ndarray, dict[int, list[shapely.LineString]]]:
    """Return the class of each fine cell, (rows, cols) uint8, the (parcels,) int8 crop of each parcel, the lines."""
    is_meadow = rng.random(parcels.count) < 0.36
    kinds = rng.choice(len(CROP_KINDS), parcels.count, p=(0.34, 0.24, 0.20, 0.22)).astype(np.int8)
    classes = np.where(is_meadow[parcels.number], GRASSLAND, CROPS).astype(np.uint8)
    relief = fractal_noise(rng, rows, cols, 1.7, largest=700)
    cover = relief + 0.25 * fractal_noise(rng, rows, cols, 1.2, largest=90)
    classes[cover > np.quantile(cover[::8, ::8], 0.90)] = GRASSLAND  # open hill tops
    copse = fractal_noise(rng, rows, cols, 1.5, largest=160)
    wood = (cover > np.quantile(cover[::8, ::8], 0.68)) & (copse > -0.7) | (copse > 2.1)
    classes[wood] = FOREST
    classes[relief < np.quantile(relief[::8, ::8], 0.045)] = WATER
    town, centres = draw_towns(rng, rows, cols)
    classes[(town > 0) & (classes != WATER)] = BUILT
    river, roads = draw_river(rng, rows, cols), draw_roads(rng, centres, (rows, cols))
    bank = draw_lines((rows, cols), [(line, width + 9) for line, width in river])
    classes[bank & (classes == CROPS)] = GRASSLAND
    classes[draw_lines((rows, cols), river)] = WATER
    classes[draw_lines((rows, cols), roads)] = BUILT  # bridges too
    lines = {value: [line for line, _ in found] for value, found in ((WATER, river), (BUILT, roads))}
    return classes, kinds, lines


def make_countryside(rows: int, cols: int, seed: int) -> Countryside:
    """Return a scene; the same for the same arguments."""
    rng = np.random.default_rng(seed)
    fine = (rows * FINE, cols * FINE)
    parcels = draw_parcels(rng, *fine)
    classes, kinds, lines = _fine_classes(rng, *fine, parcels)
    image = seen(rng, surface_shares(rng, classes, parcels, kinds), parcels)
    counts = np.stack(
        [(classes == value).reshape(rows, FINE, cols, FINE).sum(axis=(1, 3), dtype=np.uint8) for value in CLASSES]
    )
    truth = (counts.argmax(axis=0) + 1).astype(np.uint8)
    row, col = np.mgrid[:rows, :cols]
    outside = col / cols - 0.93 > 0.12 * (row / rows)  # the edge of the swath
    image[:, outside], truth[outside] = 0, 0
    lines = {value: [shapely.transform(line, lambda x: x / FINE) for line in found] for value, found in lines.items()}
    return Countryside(image, truth, parcels.angle[::FINE, ::FINE], parcels.number[::FINE, ::FINE], lines)


def draw_labels(scene: Countryside, seed: int) -> tuple[list[shapely.Polygon], list[int]]:
    """Return polygons in pixels (x to the east, y to the south), each well inside one class, and their classes.

    Fields get turned rectangles, streams and roads narrow strips, everything else rough discs; none lies across the
    border of the two parts.
    """
    rng = np.random.default_rng(seed + 1)
    wanted = max(12, round(LABELS_PER_CLASS * scene.truth.size / (ROWS * COLS)))
    border = shapely.LineString([(WEST_SHARE * scene.truth.shape[1], y) for y in (0, scene.truth.shape[0])])
    shapes: list[shapely.Polygon] = []
    values: list[int] = []
    for value in CLASSES:
        here = scene.truth == value
        chosen: list[shapely.Polygon] = []
        candidates = (_strips(rng, scene.lines.get(value, ())), _patches(rng, scene, value))
        for number, (found, purest) in enumerate(zip(candidates, (0.8, PURE_SHARE), strict=True)):
            limit = wanted // 4 if number == 0 else wanted
            for shape in found:
                if len(chosen) == limit:
                    break
                near = any(shape.distance(other) < 6 for other in (*chosen, border))
                if not near and _purity(shape, here) >= purest:
                    chosen.append(shape)
        shapes += chosen
        values += [value] * len(chosen)
    return shapes, values


def _strips(rng: np.random.Generator, lines: Sequence[shapely.LineString]) -> Iterator[shapely.Polygon]:
    """Yield short narrow strips along lines."""
    for _ in range(200 if lines else 0):
        line = lines[int(rng.integers(len(lines)))]
        start, length = rng.uniform(0, max(0.0, line.length - 25)), rng.uniform(10, 25)
        yield substring(line, start, start + length).buffer(0.7, cap_style="flat")


def _patches(rng: np.random.Generator, scene: Countryside, value: int) -> Iterator[shapely.Polygon]:
    """Yield patches in the midst of a class, as large as there is room."""
    here = scene.truth == value
    is_field = value in (GRASSLAND, CROPS)
    if is_field:
        here &= ndimage.minimum_filter(scene.parcel, 3) == ndimage.maximum_filter(scene.parcel, 3)
    room = ndimage.distance_transform_edt(np.pad(here, 1))[1:-1, 1:-1]
    places = np.argwhere(room >= (2.2 if value in (WATER, BUILT) else 3.2))
    for number in rng.permutation(len(places))[:600]:
        row, col = places[number]
        radius = min(0.85 * float(room[row, col]), LARGEST_RADIUS)
        yield _drawn(rng, col + 0.5, row + 0.5, radius, float(scene.angle[row, col]), is_field)


def _drawn(
    rng: np.random.Generator, x: float, y: float, radius: float, angle: float, is_field: bool
) -> shapely.Polygon:
    """Return a turned rectangle, or a disc as a hand draws it."""
    if is_field:
        half, long = 0.7 * radius, rng.uniform(0.7, 1.8) * radius
        u, v = np.array([-1, 1, 1, -1]) * half, np.array([-1, -1, 1, 1]) * long
        cos, sin = np.cos(angle), np.sin(angle)
        return shapely.Polygon(np.stack([x + u * cos - v * sin, y + u * sin + v * cos], axis=1))
    turn = np.linspace(0, 2 * np.pi, 11)[:-1] + rng.uniform(0, 1)
    reach = radius * rng.uniform(0.75, 1.0, 10)
    return shapely.Polygon(np.stack([x + reach * np.cos(turn), y + reach * np.sin(turn)], axis=1))


def _purity(shape: shapely.Polygon, here: np.ndarray) -> float:
    """Return which share of a polygon's pixels is where ``here`` is true; 0 for one that leaves the scene."""
    left, top, right, bottom = (math.floor(number) for number in shape.bounds)
    if left < 0 or top < 0 or bottom >= here.shape[0] or right >= here.shape[1]:
        return 0.0
    part = here[top : bottom + 1, left : right + 1]
    inside = rasterio.features.rasterize([shape], part.shape, transform=Affine.translation(left, top), dtype="uint8")
    return float(part[inside == 1].mean()) if inside.any() else 0.0


def write_landcover(folder: Path, rows: int = ROWS, cols: int = COLS, seed: int = 7) -> dict[str, Path]:
    """Write the scene with labels, truth and areas into a folder and return the paths by what they are."""
    folder.mkdir(parents=True, exist_ok=True)
    scene = make_countryside(rows, cols, seed)
    transform = Affine(CELL_SIZE, 0, LEFT, 0, -CELL_SIZE, TOP)
    paths = {"raster": folder / "landcover.tif", "labels": folder / "labels.gpkg"}
    paths |= {"truth": folder / "truth.tif", "aoi": folder / "aoi.gpkg"}
    profile = {"driver": "GTiff", "dtype": "uint16", "nodata": 0, "crs": CRS, "transform": transform}
    shape = {"count": len(BANDS), "height": rows, "width": cols}
    layout = {"tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate", "predictor": 2}
    with rasterio.open(paths["raster"], "w", **profile, **shape, **layout) as file:
        file.write(scene.image)
        file.descriptions = BANDS
    write_class_raster(paths["truth"], scene.truth, transform, CRS, CLASSES, nodata=0)
    shapes, values = draw_labels(scene, seed)
    geometry = shapely.transform(np.array(shapes), lambda points: np.stack(transform @ (points[:, 0], points[:, 1]), 1))
    west = [shape.centroid.x < WEST_SHARE * cols for shape in shapes]
    fields = {
        "Classname": np.array([CLASSES[value][0] for value in values], object),
        "Classvalue": np.array(values, np.int32),
        "split": np.array(["train" if side else "val" for side in west], object),
    }
    Layer(geometry, fields, CRS, "labels").write(paths["labels"])
    write_legend(paths["labels"].with_suffix(".qml"), "Classvalue", CLASSES)
    border, right, bottom = LEFT + WEST_SHARE * cols * CELL_SIZE, LEFT + cols * CELL_SIZE, TOP - rows * CELL_SIZE
    areas = np.array([shapely.box(LEFT, bottom, border, TOP), shapely.box(border, bottom, right, TOP)])
    Layer(areas, {"split": np.array(["train", "val"], object)}, CRS, "aoi").write(paths["aoi"])
    return paths


def main() -> None:
    """Write the scene from the command line."""
    parser = argparse.ArgumentParser(prog="python -m devtools.landcover", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--cols", type=int, default=COLS)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    for name, path in write_landcover(asked.folder, asked.rows, asked.cols, asked.seed).items():
        print(f"{name}: {path}")


if __name__ == "__main__":
    main()
