"""The demo's scene: a desert with well pads, made from a seed, in the manner of aerial imagery of an oil field.

``python -m devtools.scene FOLDER`` writes

* ``desert.tif``: 3 bands uint8, UTM, 1 m cells, tiled;
* ``pads.gpkg``: one polygon per pad, ``pad_points.gpkg``: one point at each pad's centre; both with ``Classname``,
  ``Classvalue``, ``kind`` (clear, faint, covered) and ``split`` (train in the west, val in the east);
* ``aoi.gpkg``: the two areas, by ``split``.

It is meant to be hard for simple means and fair for a network: bare patches and farms are as bright and as large as
pads, some pads are faint or half covered, clouds throw shadows, roads join what thresholding would have to part.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import shapely
from rasterio.transform import Affine

from .layers import Layer
from .scene_painting import (
    CALICHE,
    Canvas,
    paint_bare_patch,
    paint_crossing,
    paint_farm,
    paint_field,
    paint_hardpan,
    paint_pad,
    paint_strip,
)

CRS, CELL_SIZE, LEFT, TOP = "EPSG:32613", 1.0, 640_000.0, 3_552_000.0
SMALLEST, LARGEST = 21.0, 197.0  # pixels
WEST_SHARE = 0.6
AREA_PER_PAD = 62_000  # pixels: 4096 x 4096 holds about 270 pads
ROAD_SPACING = 820.0


@dataclass(frozen=True)
class Pad:
    """A well pad: centre, extent along and across its axis (pixels), turn (radians), how it shows."""

    col: float
    row: float
    width: float
    height: float
    angle: float
    kind: str

    def corners(self) -> np.ndarray:
        """Return the (4, 2) corners as (col, row)."""
        u, v = np.array([-1, 1, 1, -1]) * self.width / 2, np.array([-1, -1, 1, 1]) * self.height / 2
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return np.stack([self.col + u * cos - v * sin, self.row + u * sin + v * cos], axis=1)


class Plan:
    """Places already taken, as circles; new things keep their distance."""

    def __init__(self, rng: np.random.Generator, rows: int, cols: int) -> None:
        """Start with an empty plan."""
        self.rng, self.rows, self.cols = rng, rows, cols
        self.taken: list[tuple[float, float, float]] = []

    def place(self, radius: float, gap: float, tries: int = 200) -> tuple[float, float] | None:
        """Return a free centre (col, row) for a circle and take it, or None when none was found."""
        for _ in range(tries):
            col, row = (
                self.rng.uniform(radius + 6, self.cols - radius - 6),
                self.rng.uniform(radius + 6, self.rows - radius - 6),
            )
            if abs(col - WEST_SHARE * self.cols) < radius + 6:  # nothing lies across the border of the two parts
                continue
            if all((col - c) ** 2 + (row - r) ** 2 > (radius + other + gap) ** 2 for c, r, other in self.taken):
                self.taken.append((col, row, radius))
                return col, row
        return None


def plan_pads(plan: Plan) -> list[Pad]:
    """Return pads of all sizes, the large ones placed first."""
    rng = plan.rng
    count = round(plan.rows * plan.cols / AREA_PER_PAD)
    sizes = np.sort(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST), count)))[::-1]
    pads = []
    for size in sizes:
        aspect = rng.uniform(0.68, 1.0)
        width, height = (size, size * aspect) if rng.random() < 0.5 else (size * aspect, size)
        angle = rng.normal(0, 0.05) if rng.random() < 0.8 else rng.uniform(-0.5, 0.5)
        # the bounding box of a turned rectangle is larger: keep it within the sizes promised
        grow = (
            max(
                width * np.cos(angle) + height * abs(np.sin(angle)), width * abs(np.sin(angle)) + height * np.cos(angle)
            )
            / size
        )
        centre = plan.place(0.5 * float(np.hypot(width, height)), 10)
        if centre is not None:
            kind = str(rng.choice(["clear", "faint", "covered"], p=[0.52, 0.26, 0.22])) if size > 30 else "clear"
            pads.append(Pad(*centre, max(SMALLEST, width / grow), max(0.68 * SMALLEST, height / grow), angle, kind))
    return pads


def plan_roads(plan: Plan) -> list[np.ndarray]:
    """Return the main roads, (n, 2) paths of (col, row) along a coarse grid, and keep their ground free."""
    rng = plan.rng
    roads = []
    for length, across, upright in ((plan.cols, plan.rows, False), (plan.rows, plan.cols, True)):
        for start in np.arange(rng.uniform(0.3, 0.7) * ROAD_SPACING, across, ROAD_SPACING):
            along = np.arange(-20, length + 60, 40.0)
            wave = 26 * np.sin(along / rng.uniform(260, 420) + rng.uniform(0, 6)) + rng.normal(0, 0.8, len(along))
            roads.append(np.stack([start + wave, along] if upright else [along, start + wave], axis=1))
    plan.taken += [(col, row, 14.0) for road in roads for col, row in road]
    return roads


def paint_roads(canvas: Canvas, roads: Sequence[np.ndarray], pads: Sequence[Pad]) -> None:
    """Paint the main roads, from every pad an access road to the nearest of them, and tracks that lead nowhere."""
    rng = canvas.rng
    for road in roads:
        canvas.road([tuple(point) for point in road], rng.uniform(6, 9), CALICHE * 0.98, 0.8)
    points = np.concatenate(roads)
    for pad in pads:
        near = points[np.argmin(np.hypot(points[:, 0] - pad.col, points[:, 1] - pad.row))]
        corner = (near[0], pad.row) if rng.random() < 0.5 else (pad.col, near[1])
        path = [(pad.col, pad.row), (corner[0] + rng.normal(0, 4), corner[1] + rng.normal(0, 4)), tuple(near)]
        canvas.road(path, rng.uniform(3.5, 5.5), CALICHE * 0.97, 0.35 if pad.kind == "faint" else 0.7)
    for _ in range(round(canvas.rows * canvas.cols / 900_000)):
        heading, place = rng.uniform(0, 2 * np.pi), np.array([rng.uniform(0, canvas.cols), rng.uniform(0, canvas.rows)])
        path = [tuple(place)]
        for _ in range(14):
            heading += rng.normal(0, 0.22)
            place = place + 45 * np.array([np.cos(heading), np.sin(heading)])
            path.append(tuple(place))
        canvas.road(path, rng.uniform(2.5, 4), CALICHE * 0.95, 0.5)


def paint_clutter(canvas: Canvas, plan: Plan) -> None:
    """Paint about as many look-alikes as there are pads, in the places left."""
    kinds = (
        (paint_bare_patch, 0.36),
        (paint_hardpan, 0.22),
        (paint_strip, 0.10),
        (paint_farm, 0.12),
        (paint_crossing, 0.12),
        (paint_field, 0.08),
    )
    rng = canvas.rng
    count = round(canvas.rows * canvas.cols / AREA_PER_PAD * 1.2)
    sizes = np.sort(np.exp(rng.uniform(np.log(30), np.log(LARGEST), count)))[::-1]  # the large ones find room first
    for size in sizes:
        paint = kinds[int(rng.choice(len(kinds), p=[share for _, share in kinds]))][0]
        if paint in (paint_farm, paint_field, paint_crossing):
            size = max(40.0, size * 0.7)
        centre = plan.place(0.55 * size, 6)
        if centre is not None:
            paint(canvas, *centre, size)


def make_scene(size: int, seed: int) -> tuple[np.ndarray, list[Pad]]:
    """Return the image, (3, size, size) uint8, and its pads; the same for the same arguments."""
    rng = np.random.default_rng(seed)
    canvas, plan = Canvas(rng, size, size), Plan(rng, size, size)
    roads = plan_roads(plan)
    pads = plan_pads(plan)
    paint_roads(canvas, roads, pads)
    paint_clutter(canvas, plan)
    for pad in pads:
        paint_pad(canvas, pad.col, pad.row, pad.width, pad.height, pad.angle, pad.kind)
    canvas.shade(0.42, 0.18)
    return canvas.finished(), pads


def write_scene(folder: Path, size: int = 4096, seed: int = 7) -> dict[str, Path]:
    """Write the scene with its labels and areas into a folder and return the paths by what they are."""
    folder.mkdir(parents=True, exist_ok=True)
    image, pads = make_scene(size, seed)
    transform = Affine(CELL_SIZE, 0, LEFT, 0, -CELL_SIZE, TOP)
    raster = folder / "desert.tif"
    profile = {
        "driver": "GTiff",
        "count": 3,
        "dtype": "uint8",
        "height": size,
        "width": size,
        "crs": CRS,
        "transform": transform,
    }
    with rasterio.open(
        raster, "w", tiled=True, blockxsize=256, blockysize=256, compress="deflate", photometric="RGB", **profile
    ) as file:
        file.write(image)
    corners = np.stack([pad.corners() for pad in pads])
    corners = np.stack(transform @ (corners[..., 0], corners[..., 1]), axis=-1)
    polygons = shapely.polygons(corners)
    fields = {
        "Classname": np.array(["Well pad"] * len(pads), object),
        "Classvalue": np.ones(len(pads), np.int32),
        "kind": np.array([pad.kind for pad in pads], object),
        "split": np.array(["train" if pad.col < WEST_SHARE * size else "val" for pad in pads], object),
    }
    paths = {name: folder / f"{name}.gpkg" for name in ("pads", "pad_points", "aoi")}
    Layer(polygons, fields, CRS, "pads").write(paths["pads"])
    Layer(shapely.centroid(polygons), fields, CRS, "pad_points").write(paths["pad_points"])
    border, right, bottom = LEFT + WEST_SHARE * size * CELL_SIZE, LEFT + size * CELL_SIZE, TOP - size * CELL_SIZE
    areas = np.array([shapely.box(LEFT, bottom, border, TOP), shapely.box(border, bottom, right, TOP)])
    Layer(areas, {"split": np.array(["train", "val"], object)}, CRS, "aoi").write(paths["aoi"])
    return {"raster": raster, **paths}


def main() -> None:
    """Write the scene from the command line."""
    parser = argparse.ArgumentParser(prog="python -m devtools.scene", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, default=4096, help="rows and columns")
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    for name, path in write_scene(asked.folder, asked.size, asked.seed).items():
        print(f"{name}: {path}")


if __name__ == "__main__":
    main()
