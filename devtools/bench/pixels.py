"""``pixels``: classifying the pixels of a raster, up to the finished work file.

Against the limit (the bare forward, batch norms folded, channels last, over the same tiles in memory) with a U-Net of
random weights; what the pipeline itself costs, with a network of one convolution; memory against raster size. The copy
to a cloud-optimised GeoTIFF is shown beside it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch
from rasterio.transform import from_origin

from engine.classes import ClassInfo
from engine.device import choose_device
from engine.inference.classifying import Decision, Products, WorkPlace, classify_raster
from engine.inference.pace import Pace
from engine.inference.pixel_predictor import PixelPredictor
from engine.inference.preparation import RasterPlan
from engine.inference.stages import Stopwatch
from engine.inference.tiles import TileGrid
from engine.job import Job
from engine.models import registry
from engine.networks.folding import prepare_for_inference
from engine.package.normalisation import Normalisation
from engine.raster.class_output import OutputGrid, WorkRaster, class_band, write_raster
from engine.raster.grid import Window
from engine.raster.reading import RasterSource, raster_source
from engine.tools.arguments import PixelArguments

from .harness import Case, Measure, Result, measured

TILE, PADDING, CHANNELS = 512, 32, 4
CPU = choose_device("CPU", "")
OWED_BLEND_US, OWED_NONE_US = 100.0, 60.0
ALLOWED_MB = 64.0
MEGABYTE = 2**20


class FreeSegmenter:
    """One 3 x 3 convolution: what remains is the pipeline."""

    def __init__(self) -> None:
        torch.manual_seed(1)
        self.convolution = torch.nn.Conv2d(3, CHANNELS, 3, padding=1).to(memory_format=torch.channels_last)

    def logits(self, images: torch.Tensor) -> torch.Tensor:
        """Return the scores."""
        return self.convolution(images)


def unet() -> Any:
    """Return a U-Net ResNet-18 of random weights, as inference runs it."""
    torch.manual_seed(1)
    spec = registry.get_architecture("UNET").spec("RESNET18", 3, CHANNELS, (), (TILE, TILE))
    return prepare_for_inference(registry.build_network(spec))


def ours(folder: Path, network: Callable[[], Any], precision: str = "fp32", blend: bool = True) -> Result:
    """Classify the raster of a folder."""
    torch.set_num_threads(1)
    arguments = PixelArguments(PADDING, blend="cosine" if blend else "none")
    predictor = PixelPredictor(network(), Normalisation.imagenet().apply, arguments, CPU, CHANNELS, precision=precision)
    predictor.scores([np.zeros((3, TILE, TILE), np.uint8)], Job())
    decision = Decision(tuple(range(1, CHANNELS + 1)), (), 0, "uint8")
    watch, job = Stopwatch(), Job()
    with tempfile.TemporaryDirectory(dir=folder) as work:
        with measured() as measure:
            source = raster_source(str(folder / "scene.tif"), job=job)
            grid = TileGrid(source.rows, source.cols, TILE, TILE, PADDING)
            plan, place = RasterPlan(source, grid, None, ""), WorkPlace(Path(work), "bench", blend=blend)
            pace = Pace(len(grid), watch, job)
            made = classify_raster(plan, predictor, decision, Products(), place, watch, pace, job, 1)
        extra: dict[str, Any] = {"tiles": made.tiles, "smallest_grid": _smallest(source.rows) * _smallest(source.cols)}
        extra["us_a_1000_pixels"] = 1e9 * measure.seconds / (source.rows * source.cols)
        extra["allowed_mb"] = _allowed_mb(source.cols)
        extra["cog_s"] = _cog_seconds(made.files["classes"], source) if source.rows <= 4096 else None
    return _result(measure, **extra)


def limit(folder: Path, precision: str = "fp32") -> Result:
    """Run the bare network over the same tiles in memory, at its best batch of 1, 2 and 4."""
    torch.set_num_threads(1)
    network = unet()
    images = _tiles(folder / "scene.tif")
    arithmetic = torch.autocast("cpu", torch.bfloat16) if precision == "bf16" else nullcontext()
    best: dict[str, Any] = {}
    with torch.inference_mode(), arithmetic:
        network.logits(images[:1])
        for batch in (1, 2, 4):
            with measured() as measure:
                for some in images.split(batch):
                    network.logits(some)
            if not best or measure.seconds < best["seconds"]:
                best = _result(measure, batch=batch)
    return best


def larger_and_smaller(folder: Path) -> Result:
    """Return the cost of the small raster at as many pixels as the large one has, for the look at linearity."""
    result = ours(folder / "small", FreeSegmenter)
    return {**result, "seconds": result["seconds"] * 16}


def check_cost(owed_us: float) -> Callable[[Result, Result], str | None]:
    """Return a check of the pipeline's own cost and of the number of tiles."""

    def check(found: Result, _: Result) -> str | None:
        if found["us_a_1000_pixels"] > owed_us:
            return f"{found['us_a_1000_pixels']:.0f} us a 1000 pixels are above {owed_us:.0f}"
        return check_tiles(found, _)

    return check


def check_tiles(found: Result, _: Result) -> str | None:
    """Complain when more tiles were computed than cover the raster."""
    if found["tiles"] == found["smallest_grid"]:
        return None
    return f"{found['tiles']:.0f} tiles were computed, {found['smallest_grid']:.0f} cover the raster"


def check_memory(found: Result, _: Result) -> str | None:
    """Complain when the run took more than strips, carry and the allowance explain."""
    if found["extra_mb"] <= found["allowed_mb"]:
        return None
    return f"{found['extra_mb']:.0f} MB beside imports and network, {found['allowed_mb']:.0f} are allowed"


def prepare(folder: Path, rows: int, cols: int) -> None:
    """Write a textured image, block by block."""
    _write(folder / "scene.tif", rows, cols)


def prepare_two(folder: Path) -> None:
    """Write a large and a small image."""
    _write(folder / "scene.tif", 8192, 8192)
    (folder / "small").mkdir()
    _write(folder / "small" / "scene.tif", 2048, 2048)


def prepare_sparse(folder: Path) -> None:
    """Declare an image without writing its blocks: zeros that cost nothing to read."""
    with _created(folder / "scene.tif", 65536, 8192, SPARSE_OK=True):
        pass


def _result(measure: Measure, **extra: Any) -> Result:
    return measure.result(**{name: value for name, value in extra.items() if value is not None})


def _smallest(length: int) -> int:
    """Return how many tiles cover a length."""
    return 1 + max(0, -(-(length - TILE) // (TILE - 2 * PADDING)))


def _allowed_mb(cols: int) -> float:
    """Return four rows of tiles in and out, the carry, and the allowance."""
    tile_row = TILE * cols * (3 + 1)
    carry = CHANNELS * 2 * PADDING * cols * 4
    return (4 * tile_row + carry) / MEGABYTE + ALLOWED_MB


def _cog_seconds(made: Path, source: RasterSource) -> float:
    """Return the processor time of the final raster's writing."""
    grid = OutputGrid(source.transform, source.rows, source.cols, source.crs)
    classes = [ClassInfo(value, f"class {value}") for value in range(1, CHANNELS + 1)]
    work = WorkRaster(made, grid, (class_band("uint8", 0, classes),))
    with measured() as measure:
        write_raster(work, made.with_name("final.tif"), grid, Job(), classes)
    return measure.seconds


def _tiles(path: Path) -> torch.Tensor:
    """Return the tiles of the run, normalised, channels last."""
    source = raster_source(str(path), job=Job())
    grid = TileGrid(source.rows, source.cols, TILE, TILE, PADDING)
    with source.open() as reader:
        pixels = [reader.read(Window(col, row, TILE, TILE))[0] for row in grid.row_starts for col in grid.col_starts]
    batch = Normalisation.imagenet().apply(torch.from_numpy(np.stack(pixels)).float())
    return batch.contiguous(memory_format=torch.channels_last)


def _created(path: Path, rows: int, cols: int, **options: Any) -> Any:
    return rasterio.open(
        path, "w", driver="GTiff", width=cols, height=rows, count=3, dtype="uint8", crs="EPSG:32633", tiled=True,
        transform=from_origin(500_000, 4_650_000, 0.5, 0.5), blockxsize=256, blockysize=256, photometric="RGB",
        BIGTIFF="IF_SAFER", **options,
    )  # fmt: skip


def _write(path: Path, rows: int, cols: int) -> None:
    random = np.random.default_rng(0)
    with _created(path, rows, cols) as raster:
        for row in range(0, rows, 256):
            coarse = random.integers(0, 200, (3, 16, -(-cols // 16)), np.uint8).repeat(16, 1).repeat(16, 2)
            image = (coarse + random.integers(0, 32, coarse.shape, np.uint8))[:, : rows - row, :cols]
            raster.write(image, window=rasterio.windows.Window(0, row, cols, image.shape[1]))


def _free(side: int, owed_us: float, blend: bool = True, quick: bool = False) -> Case:
    """Return a case of the pipeline's own cost."""
    return Case(
        name=f"free-{side}" + ("" if blend else "-none"),
        size=f"{side}², {'blend' if blend else 'no blend'}, {owed_us:.0f} us a 1000 pixels owed",
        owed=None,
        prepare=lambda folder: prepare(folder, side, side),
        ours=lambda folder: ours(folder, FreeSegmenter, blend=blend),
        limit=None,
        quick=quick,
        rounds=3,
        check=check_cost(owed_us),
    )


def _unet(side: int, precision: str, owed: float | None, quick: bool = False, rounds: int = 3) -> Case:
    """Return a case of a real network."""
    return Case(
        name=f"unet-{side}-{precision}",
        size=f"{side}², {_smallest(side) ** 2} tiles, {precision}",
        owed=owed,
        prepare=lambda folder: prepare(folder, side, side),
        ours=lambda folder: ours(folder, unet, precision),
        limit=lambda folder: limit(folder, precision),
        quick=quick,
        rounds=rounds,
        check=check_tiles,
    )


def _memory(name: str, size: str, make: Callable[[Path], None]) -> Case:
    """Return a case of peak memory."""
    return Case(
        name=name,
        size=size,
        owed=None,
        prepare=make,
        ours=lambda folder: ours(folder, FreeSegmenter),
        limit=None,
        rounds=1,
        check=check_memory,
    )


CASES = (
    _unet(960, "fp32", None, quick=True, rounds=1),
    _unet(2048, "fp32", 1.06),
    _unet(2048, "bf16", 1.10),
    _free(2048, OWED_BLEND_US, quick=True),
    _free(2048, OWED_NONE_US, blend=False, quick=True),
    _free(4096, OWED_BLEND_US, quick=True),
    _free(4096, OWED_NONE_US, blend=False),
    _free(8192, OWED_BLEND_US),
    _free(8192, OWED_NONE_US, blend=False),
    Case(
        name="linear",
        size="8192² beside 16 times 2048²",
        owed=1.15,
        prepare=prepare_two,
        ours=lambda folder: ours(folder, FreeSegmenter),
        limit=larger_and_smaller,
        rounds=3,
    ),
    _memory("memory-2048", "2048²", lambda folder: prepare(folder, 2048, 2048)),
    _memory("memory-8192", "8192²", lambda folder: prepare(folder, 8192, 8192)),
    _memory("memory-tall", "8192 x 65536", prepare_sparse),
)
