"""What the demo trains and judges on: a raster or a folder of rasters, labels, and which of them are for which.

``split`` says it where the data has such a field: ``train``, ``val``, anything else is left out. Areas with a ``split``
part one raster; without them a folder is parted raster by raster, and a lone raster is cut at 70 % of its width.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
import rasterio.warp
import shapely

from .layers import Layer, read_layer

PARTS = ("train", "val")
SUFFIXES = (".tif", ".tiff", ".jp2", ".img", ".vrt", ".png", ".jpg")
VAL_EVERY = 4  # without any split every fourth raster of a folder is for validation
TRAIN_WIDTH = 0.7
CONTEXT_CELLS = 64  # how far beyond the area under validation the network may look


@dataclass(frozen=True)
class Part:
    """One side of a source: what a tool is given.

    Attributes:
        raster: File or folder.
        labels: GeoPackage with this side's labels only.
        area: GeoPackage with this side's polygons, or None where the rasters are the area.
        extent: ``left,right,bottom,top [CRS]`` for QGIS, or an empty text.
        count: How many labels.
    """

    raster: Path
    labels: Path
    area: Path | None
    extent: str
    count: int


@dataclass(frozen=True)
class Source:
    """A named pair of parts."""

    name: str
    train: Part
    val: Part


def rasters_in(path: Path) -> list[Path]:
    """Return a raster file, or the raster files of a folder in order."""
    if path.is_file():
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)


def make_source(raster: Path, labels: Path, area: Path | None, folder: Path) -> Source:
    """Part a source into training and validation and write what the tools are given into a folder.

    Args:
        raster: Raster or folder of rasters.
        labels: Layer of labels.
        area: Polygons with a field ``split``, or None.
        folder: Receives filtered labels, areas and copies of rasters; the source is named after it.

    Raises:
        SystemExit: One of the two sides has no label.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = rasters_in(raster)
    if not files:
        raise SystemExit(f"demo: {raster} holds no raster")
    layer = read_layer(labels)
    with rasterio.open(files[0]) as file:
        crs = file.crs
    centre = shapely.centroid(layer.geometry)
    x, y = shapely.get_x(centre), shapely.get_y(centre)
    if crs and layer.crs:
        x, y = rasterio.warp.transform(layer.crs, crs, x, y)
    places = shapely.points(x, y)
    if raster.is_dir() and area is None:
        parts = _by_raster(files, layer, places, folder)
    else:
        parts = _by_area(raster, layer, places, area, folder)
    for side, part in zip(PARTS, parts, strict=True):
        if not part.count:
            raise SystemExit(f"demo: {labels} has no label for {side}")
    return Source(folder.name, *parts)


def _by_raster(files: Sequence[Path], layer: Layer, places: np.ndarray, folder: Path) -> list[Part]:
    """Part a folder raster by raster: by the ``split`` of the labels on each, else every fourth is for validation."""
    chosen: dict[str, list[Path]] = {side: [] for side in PARTS}
    masks = {side: np.zeros(len(places), bool) for side in PARTS}
    for number, file in enumerate(files):
        with rasterio.open(file) as opened:
            here = shapely.covers(shapely.box(*opened.bounds), places)
        if "split" in layer.fields:
            sides = set(layer.fields["split"][here])
            side = sides.pop() if len(sides) == 1 else None
        else:
            side = "val" if number % VAL_EVERY == VAL_EVERY - 1 else "train"
        if side in chosen and here.any():
            chosen[side].append(file)
            masks[side] |= here
    parts = []
    for side in PARTS:
        images = folder / f"{side}_rasters"
        images.mkdir(exist_ok=True)
        for file in chosen[side]:
            shutil.copy2(file, images / file.name)
        parts.append(
            Part(
                images, layer.take(masks[side]).write(folder / f"labels_{side}.gpkg"), None, "", int(masks[side].sum())
            )
        )
    return parts


def _by_area(raster: Path, layer: Layer, places: np.ndarray, area: Path | None, folder: Path) -> list[Part]:
    """Part by areas; a label belongs to the side that its own ``split`` names, else to the area its centre is in."""
    areas = _areas(raster, area)
    with rasterio.open(rasters_in(raster)[0]) as file:
        limit, cell_size, crs = shapely.box(*file.bounds), file.res[0], file.crs
    parts = []
    for side in PARTS:
        ground = areas.take(areas.fields["split"] == side)
        inside = shapely.covers(shapely.union_all(ground.geometry), places)
        if "split" in layer.fields:
            inside &= layer.fields["split"] == side
        reach = 0 if side == "train" else CONTEXT_CELLS * cell_size
        bounds = shapely.box(*shapely.buffer(shapely.union_all(ground.geometry), reach, join_style="mitre").bounds)
        left, bottom, right, top = shapely.intersection(bounds, limit).bounds
        code = f" [{crs.to_string()}]" if crs and crs.to_epsg() else ""
        parts.append(
            Part(
                raster,
                layer.take(inside).write(folder / f"labels_{side}.gpkg"),
                ground.write(folder / f"area_{side}.gpkg"),
                f"{left},{right},{bottom},{top}{code}",
                int(inside.sum()),
            )
        )
    return parts


def _areas(raster: Path, area: Path | None) -> Layer:
    """Return the areas with their ``split``; without a file the raster is cut at a share of its width."""
    with rasterio.open(rasters_in(raster)[0]) as file:
        crs, (left, bottom, right, top) = file.crs, file.bounds
    if area is None:
        border = left + TRAIN_WIDTH * (right - left)
        boxes = np.array([shapely.box(left, bottom, border, top), shapely.box(border, bottom, right, top)])
        return Layer(boxes, {"split": np.array(PARTS, object)}, crs.to_wkt() if crs else "", "area")
    layer = read_layer(area)
    if "split" not in layer.fields:
        raise SystemExit(f"demo: {area} has no field split with train and val")
    return layer
