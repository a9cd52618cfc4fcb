"""Export of training chips against the least that any program must do: decode each block once, write the same bytes.

The limit writes as many files of the same sizes, world files, labels and statistics included, from memory. Every label
format is a case of its own, and so are MRF chips and rasters of 13 bands of 16 bits. Another compares our own cost per
chip at a stride of half a tile with that at a whole tile.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
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

TILE, OBJECT_TILE = 256, 64
BOXES = "PASCAL_VOC_rectangles"
LEFT, TOP, CELL = 500_000.0, 4_600_000.0, 0.5
FORMATS = sample_formats()


@dataclass(frozen=True)
class Export:
    """What a case exports.

    Attributes:
        side: Rows and columns of the raster.
        labels: Number of labelled rectangles.
        form: Label format.
        bands: Bands of the raster.
        dtype: Their type.
        image_format: Format of the chips.
    """

    side: int = 8192
    labels: int = 20_000
    form: str = BOXES
    bands: int = 3
    dtype: str = "uint8"
    image_format: str = "TIFF"

    @property
    def tile(self) -> int:
        """Rows and columns of a chip; those of objects are small, as there is one for each."""
        return OBJECT_TILE if FORMATS[self.form].by_object else TILE

    def run(self, folder: Path, stride: int = 0) -> Path:
        """Export to a sub-folder, which is returned."""
        out, form = folder / "chips", FORMATS[self.form]
        shutil.rmtree(out, ignore_errors=True)
        labels = FeatureSource(str(folder / "labels.gpkg"))
        request = ExportTrainingData(
            in_raster=str(folder / "scene.tif"),
            out_folder=str(out),
            in_class_data=labels if form.label_folders or form.by_object else None,
            in_raster2=str(folder / "scene.tif") if len(form.sides) > 1 else "",
            in_instance_data=labels if form.takes_instances else None,
            image_chip_format=self.image_format,
            tile_size_x=self.tile,
            tile_size_y=self.tile,
            stride_x=stride or self.tile,
            stride_y=stride or self.tile,
            metadata_format=self.form,
        )
        run(request, Job())
        return out

    def in_words(self) -> str:
        """Return the size of the case."""
        chips = "" if self.image_format == "TIFF" else f", {self.image_format} chips"
        return f"{self.side}² x {self.bands} {self.dtype}, {self.labels:,} labels, tile {self.tile}, {self.form}{chips}"


def prepare(folder: Path, export: Export) -> None:
    """Write the raster, the labels, and one export whose files tell the limit what to write."""
    random, side = np.random.default_rng(7), export.side
    profile = {"driver": "GTiff", "width": side, "height": side, "count": export.bands, "dtype": export.dtype}
    blocks = {"tiled": True, "blockxsize": TILE, "blockysize": TILE}
    colours = {"photometric": "RGB"} if export.bands == 3 else {"photometric": "MINISBLACK", "alpha": "NO"}
    place = {"transform": Affine(CELL, 0, LEFT, 0, -CELL, TOP), "crs": "EPSG:32633"}
    with rasterio.open(folder / "scene.tif", "w", **profile, **blocks, **colours, **place) as scene:
        for row in range(0, side, TILE):
            pixels = random.integers(0, 256, (export.bands, TILE, side), np.uint8).astype(export.dtype)
            scene.write(pixels, window=Window(0, row, side, TILE))
    centre = random.uniform(0, side * CELL, (export.labels, 2))
    size = random.uniform(4, 20, (export.labels, 2))
    left, bottom = LEFT + centre[:, 0] - size[:, 0] / 2, TOP - centre[:, 1] - size[:, 1] / 2
    boxes = shapely.box(left, bottom, left + size[:, 0], bottom + size[:, 1])
    pyogrio.raw.write(
        str(folder / "labels.gpkg"),
        geometry=shapely.to_wkb(boxes),
        field_data=[random.integers(1, 6, export.labels)],
        fields=["classvalue"],
        geometry_type="Polygon",
        crs="EPSG:32633",
        layer="labels",
        driver="GPKG",
    )
    out = export.run(folder)
    sizes = [(str(path.relative_to(out)), path.stat().st_size) for path in sorted(out.rglob("*")) if path.is_file()]
    (folder / "sizes.txt").write_text("".join(f"{size} {name}\n" for name, size in sizes))
    shutil.rmtree(out)


def ours(folder: Path, export: Export) -> Result:
    """Export at a stride of a whole tile."""
    with measured() as measure:
        out = export.run(folder)
    chips = _chips(out)
    shutil.rmtree(out)
    return measure.result(chips=chips)


def limit(folder: Path, export: Export) -> Result:
    """Decode each block once, a strip at a time, and write files of the same sizes."""
    lines = [line.split(" ", 1) for line in (folder / "sizes.txt").read_text().splitlines()]
    sizes = [(int(size), name) for size, name in lines]
    out, rasters = folder / "limit", len(FORMATS[export.form].sides)
    for part in {str(Path(name).parent) for _, name in sizes}:
        (out / part).mkdir(parents=True, exist_ok=True)
    base = f"{out}/"
    with measured() as measure, rasterio.Env(GDAL_CACHEMAX=64 * 2**20), rasterio.open(folder / "scene.tif") as scene:
        strips = scene.height // TILE
        share = -(-len(sizes) // (strips * rasters))
        for strip in range(strips * rasters):
            window = Window(0, strip % strips * TILE, scene.width, TILE)
            pixels = scene.read(window=window).reshape(-1).view(np.uint8).data
            for size, name in sizes[strip * share : (strip + 1) * share]:
                with open(base + name, "wb", buffering=0) as stream:
                    stream.write(pixels[:size])
    shutil.rmtree(out)
    return measure.result()


def _chips(out: Path) -> int:
    """Return how many chips a folder holds."""
    return sum(1 for pattern in ("*.tif", "*.mrf") for path in out.rglob(pattern) if "images" in path.parts)


def _per_chip(folder: Path, stride: int) -> Result:
    with measured() as measure:
        out = Export(4096, 5_000).run(folder, stride)
    chips = _chips(out)
    shutil.rmtree(out)
    return {**measure.result(chips=chips), "seconds": measure.seconds / chips * 1000}


def half_stride(folder: Path) -> Result:
    """Return the cost of a thousand chips at a stride of half a tile."""
    return _per_chip(folder, TILE // 2)


def whole_stride(folder: Path) -> Result:
    """Return the cost of a thousand chips at a stride of a whole tile."""
    return _per_chip(folder, TILE)


def _case(name: str, export: Export, *, quick: bool = False) -> Case:
    """Return a case against the limit; nothing is owed in a small one."""
    return Case(
        name=name,
        size=export.in_words(),
        owed=None if quick else 2.5,
        prepare=lambda folder: prepare(folder, export),
        ours=lambda folder: ours(folder, export),
        limit=lambda folder: limit(folder, export),
        quick=quick,
        rounds=3,
    )


CASES = (
    *(_case(name, Export(form=name)) for name in FORMATS),
    _case("MRF", Export(image_format="MRF")),
    _case("13-bands", Export(side=4096, labels=5_000, form="Classified_Tiles", bands=13, dtype="uint16")),
    Case(
        name="stride-128-per-1000-chips",
        size="4096² x 3 uint8, 5,000 labels, against our own at stride 256",
        owed=1.0,
        prepare=lambda folder: prepare(folder, Export(4096, 5_000)),
        ours=half_stride,
        limit=whole_stride,
        rounds=3,
    ),
    _case("quick", Export(side=2048, labels=1_250), quick=True),
)
