"""Export of training chips against the least that any program must do: decode each block once, write the same bytes.

The limit writes as many files of the same sizes, world files, labels and statistics included, from memory. Images
with label rasters are a case of their own. Another compares our own cost per chip at a stride of half a tile with that
at a whole tile.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyogrio.raw
import rasterio
import shapely
from affine import Affine
from rasterio.windows import Window

from engine.job import Job
from engine.pipelines.export_training_data import run
from engine.samples.registry import sample_formats
from engine.tools.export_training_data import ExportTrainingData
from engine.tools.values import FeatureSource

from .harness import Case, Result, measured

TILE = 256
BOXES, MASKS = "PASCAL_VOC_rectangles", "Classified_Tiles"
LEFT, TOP, CELL = 500_000.0, 4_600_000.0, 0.5


def prepare(folder: Path, side: int, labels: int, metadata_format: str = BOXES) -> None:
    """Write the raster, the labels, and one export whose files tell the limit what to write."""
    random = np.random.default_rng(7)
    profile = {"driver": "GTiff", "width": side, "height": side, "count": 3, "dtype": "uint8", "crs": "EPSG:32633"}
    blocks = {"tiled": True, "blockxsize": TILE, "blockysize": TILE, "photometric": "RGB"}
    with rasterio.open(
        folder / "scene.tif", "w", transform=Affine(CELL, 0, LEFT, 0, -CELL, TOP), **profile, **blocks
    ) as scene:
        for row in range(0, side, TILE):
            scene.write(random.integers(0, 256, (3, TILE, side), np.uint8), window=Window(0, row, side, TILE))
    centre = random.uniform(0, side * CELL, (labels, 2))
    size = random.uniform(4, 20, (labels, 2))
    left, bottom = LEFT + centre[:, 0] - size[:, 0] / 2, TOP - centre[:, 1] - size[:, 1] / 2
    boxes = shapely.box(left, bottom, left + size[:, 0], bottom + size[:, 1])
    pyogrio.raw.write(
        str(folder / "labels.gpkg"),
        geometry=shapely.to_wkb(boxes),
        field_data=[random.integers(1, 6, labels)],
        fields=["classvalue"],
        geometry_type="Polygon",
        crs="EPSG:32633",
        layer="labels",
        driver="GPKG",
    )
    out = _export(folder, TILE, metadata_format)
    sizes = [(str(path.relative_to(out)), path.stat().st_size) for path in sorted(out.rglob("*")) if path.is_file()]
    (folder / "sizes.txt").write_text("".join(f"{size} {name}\n" for name, size in sizes))
    shutil.rmtree(out)


def _export(folder: Path, stride: int, metadata_format: str = BOXES) -> Path:
    out = folder / "chips"
    shutil.rmtree(out, ignore_errors=True)
    run(
        ExportTrainingData(
            in_raster=str(folder / "scene.tif"),
            out_folder=str(out),
            in_class_data=FeatureSource(str(folder / "labels.gpkg")),
            tile_size_x=TILE,
            tile_size_y=TILE,
            stride_x=stride,
            stride_y=stride,
            metadata_format=metadata_format,
        ),
        Job(),
    )
    return out


def ours(folder: Path, metadata_format: str = BOXES) -> Result:
    """Export at a stride of a whole tile."""
    sample_formats()  # imports what a run imports, which is no part of the work
    with measured() as measure:
        out = _export(folder, TILE, metadata_format)
    chips = sum(1 for _ in (out / "images").glob("*.tif"))
    shutil.rmtree(out)
    return measure.result(chips=chips)


def limit(folder: Path) -> Result:
    """Decode each block once, a strip at a time, and write files of the same sizes."""
    lines = [line.split(" ", 1) for line in (folder / "sizes.txt").read_text().splitlines()]
    sizes = [(int(size), name) for size, name in lines]
    out = folder / "limit"
    for part in ("images", "labels"):
        (out / part).mkdir(parents=True, exist_ok=True)
    base = f"{out}/"
    with measured() as measure, rasterio.Env(GDAL_CACHEMAX=64 * 2**20), rasterio.open(folder / "scene.tif") as scene:
        strips = scene.height // TILE
        share = -(-len(sizes) // strips)
        for strip in range(strips):
            pixels = scene.read(window=Window(0, strip * TILE, scene.width, TILE)).reshape(-1).data
            for size, name in sizes[strip * share : (strip + 1) * share]:
                with open(base + name, "wb", buffering=0) as stream:
                    stream.write(pixels[:size])
    shutil.rmtree(out)
    return measure.result()


def _per_chip(folder: Path, stride: int) -> Result:
    with measured() as measure:
        out = _export(folder, stride)
    chips = sum(1 for _ in (out / "images").glob("*.tif"))
    shutil.rmtree(out)
    return {**measure.result(chips=chips), "seconds": measure.seconds / chips * 1000}


def half_stride(folder: Path) -> Result:
    """Return the cost of a thousand chips at a stride of half a tile."""
    return _per_chip(folder, TILE // 2)


def whole_stride(folder: Path) -> Result:
    """Return the cost of a thousand chips at a stride of a whole tile."""
    return _per_chip(folder, TILE)


CASES = (
    Case(
        name="stride-256",
        size="8192² x 3 uint8, 20,000 labels, tile 256",
        owed=2.5,
        prepare=lambda folder: prepare(folder, 8192, 20_000),
        ours=ours,
        limit=limit,
    ),
    Case(
        name="masks-256",
        size="8192² x 3 uint8, 20,000 polygons of 5 classes, tile 256, images and label rasters",
        owed=2.5,
        prepare=lambda folder: prepare(folder, 8192, 20_000, MASKS),
        ours=lambda folder: ours(folder, MASKS),
        limit=limit,
    ),
    Case(
        name="stride-128-per-1000-chips",
        size="4096² x 3 uint8, 5,000 labels, against our own at stride 256",
        owed=1.0,
        prepare=lambda folder: prepare(folder, 4096, 5_000),
        ours=half_stride,
        limit=whole_stride,
        rounds=3,
    ),
    Case(
        name="quick",
        size="2048² x 3 uint8, 1,250 labels, tile 256",
        owed=None,
        prepare=lambda folder: prepare(folder, 2048, 1_250),
        ours=ours,
        limit=limit,
        quick=True,
        rounds=3,
    ),
)
