"""``detect``: the whole tool against the bare detector over the same tiles in memory, and memory against raster size.

The network has random weights, tuned so that each tile holds about 300 boxes: what the tool adds does not depend on
what is found, only on how much. The memory case runs a network that costs next to nothing.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch
from rasterio.transform import from_origin

from engine.classes import ClassInfo
from engine.inference.tiles import TileGrid
from engine.job import Job
from engine.models import registry
from engine.networks.detector import Detector
from engine.networks.folding import prepare_for_inference
from engine.package.emd import definition, load_network, open_package, write_package
from engine.package.normalisation import Normalisation
from engine.pipelines.detect_objects import run
from engine.raster.grid import Window
from engine.raster.reading import raster_source
from engine.tools.detect_objects import DetectObjects
from engine.tools.values import FeatureTarget

from .harness import Case, Result, measured

TILE, PADDING, THRESHOLD, NMS_OVERLAP = 512, 32, 0.5, 0.3
BOXES_A_TILE = 300
BYTES_A_BOX = 44
ALLOWED_MB = 64.0
FREE = "BENCH_FREE"
ARGUMENTS = (("padding", str(PADDING)), ("threshold", str(THRESHOLD)), ("nms_overlap", str(NMS_OVERLAP)))


class FreeDetector(Detector):
    """Says the same boxes of every tile, at no cost: what remains is the tool."""

    def __init__(self) -> None:
        super().__init__(torch.nn.Conv2d(1, 1, 1), 1)
        side = math.ceil(math.sqrt(BOXES_A_TILE))
        step = TILE / side
        places = torch.stack(torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij"), -1).reshape(-1, 2)
        corners = places[:BOXES_A_TILE].flip(1).float() * step + 2.5
        self.boxes = torch.cat([corners, corners + step - 5], dim=1)

    def detect(
        self, images: torch.Tensor, threshold: float, nms_overlap: float, max_detections: int = 1000
    ) -> list[dict[str, torch.Tensor]]:
        """Return the fixed boxes for each image."""
        count = len(self.boxes)
        found = {
            "boxes": self.boxes,
            "scores": torch.full((count,), 0.9),
            "labels": torch.ones(count, dtype=torch.long),
        }
        return [found] * len(images)


def register_free_detector() -> None:
    """Make the free detector known to the registry of this process."""
    registry.architectures()
    registry.architecture(FREE, title="Free", task="object_detection")(lambda spec: FreeDetector())


def prepare(folder: Path, side: int) -> None:
    """Write a textured raster and a package with a FASTERRCNN RESNET18 of random weights."""
    _write_raster(folder / "scene.tif", side)
    torch.manual_seed(1)
    torch.set_num_threads(1)
    arguments = (("box_detections_per_img", str(BOXES_A_TILE)),)
    spec = registry.get_architecture("FASTERRCNN").spec("RESNET18", 3, 1, arguments, (TILE, TILE))
    network = registry.build_network(spec)
    with torch.no_grad():
        network.roi_heads.box_predictor.cls_score.bias += torch.tensor([-4.0, 4.0])
    _write_package(folder / "model", spec, network)


def prepare_free(folder: Path) -> None:
    """Write two rasters and a package with the free detector."""
    register_free_detector()
    for side in (2048, 8192):
        _write_raster(folder / f"scene{side}.tif", side)
    spec = registry.get_architecture(FREE).spec("RESNET18", 3, 1, (), (TILE, TILE))
    _write_package(folder / "model", spec, FreeDetector())


def ours(folder: Path) -> Result:
    """Run the whole tool."""
    return _run_tool(folder / "scene.tif", folder)


def limit(folder: Path) -> Result:
    """Run the bare detector over the same tiles in memory, at its best batch of 1, 2 and 4."""
    torch.set_num_threads(1)
    with open_package(str(folder / "model" / "model.emd"), Job()) as package:
        network = prepare_for_inference(load_network(package))
        images = _tiles(folder / "scene.tif", package.normalisation)
    best: dict[str, Any] = {}
    with torch.inference_mode():
        network.detect(images[:1], THRESHOLD, NMS_OVERLAP)
        for batch in (1, 2, 4):
            with measured() as measure:
                boxes = sum(
                    len(part["boxes"])
                    for some in images.split(batch)
                    for part in network.detect(some, THRESHOLD, NMS_OVERLAP)
                )
            if not best or measure.seconds < best["seconds"]:
                best = measure.result(batch=batch, boxes_a_tile=round(boxes / len(images)))
    return best


def ours_free(folder: Path) -> Result:
    """Run the whole tool on the large raster with the free detector."""
    register_free_detector()
    return _run_tool(folder / "scene8192.tif", folder)


def limit_free(folder: Path) -> Result:
    """Run the whole tool on the small raster with the free detector."""
    register_free_detector()
    return _run_tool(folder / "scene2048.tif", folder)


def check_memory(large: Result, small: Result) -> str | None:
    """Complain when the large raster takes more memory than its boxes and the allowance explain."""
    boxes = (large["features"] - small["features"]) * BYTES_A_BOX / 2**20
    allowed = small["mb"] + boxes + ALLOWED_MB
    if large["mb"] <= allowed:
        return None
    return f"8192² took {large['mb']:.0f} MB, 2048² {small['mb']:.0f} MB: {allowed:.0f} MB are allowed"


def _run_tool(raster: Path, folder: Path) -> Result:
    """Run Detect Objects and measure it."""
    torch.set_num_threads(1)
    request = DetectObjects(
        in_raster=str(raster),
        out_detected_objects=FeatureTarget(str(folder / f"found{time.time_ns()}.gpkg")),
        in_model_definition=str(folder / "model" / "model.emd"),
        arguments=ARGUMENTS,
        precision="fp32",
        processor_type="CPU",
    )
    job = Job()
    with measured() as measure:
        run(request, job)
    features = next(int(line.split()[0]) for line in job.messages if line.endswith("objects found"))
    return measure.result(features=features, bottleneck=next(m for m in job.messages if m.startswith("bottleneck")))


def _tiles(path: Path, normalisation: Normalisation) -> torch.Tensor:
    """Return the tiles of the run, normalised, channels last."""
    source = raster_source(str(path), job=Job())
    grid = TileGrid(source.rows, source.cols, TILE, TILE, PADDING)
    with source.open() as reader:
        pixels = [reader.read(Window(col, row, TILE, TILE))[0] for row in grid.row_starts for col in grid.col_starts]
    batch = normalisation.apply(torch.from_numpy(np.stack(pixels)).float())
    return batch.contiguous(memory_format=torch.channels_last)


def _write_raster(path: Path, side: int) -> None:
    """Write a textured image, block by block."""
    random = np.random.default_rng(0)
    options = {"tiled": True, "blockxsize": 256, "blockysize": 256, "compress": "deflate", "photometric": "RGB"}
    with rasterio.open(
        path, "w", driver="GTiff", width=side, height=side, count=3, dtype="uint8", crs="EPSG:32633",
        transform=from_origin(500_000, 4_650_000, 0.5, 0.5), **options,
    ) as raster:  # fmt: skip
        for row in range(0, side, 256):
            coarse = random.integers(0, 200, (3, 16, side // 16), np.uint8).repeat(16, 1).repeat(16, 2)
            image = coarse + random.integers(0, 32, coarse.shape, np.uint8)
            raster.write(image, window=rasterio.windows.Window(0, row, side, 256))


def _write_package(folder: Path, spec: registry.ModelSpec, network: Detector) -> None:
    """Write a model package named ``model``."""
    folder.mkdir()
    emd = definition(
        spec, [ClassInfo(1, "object")], tile=(TILE, TILE), bands=(0, 1, 2), normalisation=Normalisation.imagenet(),
        cell_size=(0.5, 0.5), crs="EPSG:32633",
    )  # fmt: skip
    write_package(folder, emd, network.state_dict(), [], Job(), name="model")


CASES = (
    Case(
        name="tiles-9",
        size="1024², 9 tiles, set-up counts",
        owed=None,
        prepare=lambda folder: prepare(folder, 1024),
        ours=ours,
        limit=limit,
        quick=True,
        rounds=1,
    ),
    Case(
        name="tiles-25",
        size="2048², 25 tiles",
        owed=1.10,
        prepare=lambda folder: prepare(folder, 2048),
        ours=ours,
        limit=limit,
    ),
    Case(
        name="memory",
        size="8192² beside 2048²",
        owed=None,
        prepare=prepare_free,
        ours=ours_free,
        limit=limit_free,
        rounds=1,
        check=check_memory,
    ),
)
