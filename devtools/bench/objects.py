"""``objects``: Classify Objects as a whole, from a layer and a raster on the disk to the layer with the classes.

Against the limit: the bare forward (batch norms folded, channels last, at its best batch) over the same chips, which
lie in memory normalised, with their statistics where the network uses them. Chips are of fixed size or squeezed
frames, black outside the object or not. Memory of 200,000 features is looked at with a network that costs next to
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import rasterio
import shapely
import torch
from rasterio.transform import from_origin

from engine.classes import ClassInfo
from engine.inference.object_classifying import ObjectRun, classify_objects
from engine.inference.object_outputs import Decider, plan_output, write_results
from engine.inference.object_places import Cut, locate
from engine.inference.object_predictor import ObjectPredictor
from engine.inference.object_reading import Objects, read_chips
from engine.inference.object_subjects import LayerSubject
from engine.inference.stages import Stopwatch
from engine.job import Job
from engine.models import registry
from engine.networks.folding import prepare_for_inference
from engine.package.normalisation import Normalisation
from engine.raster.reading import raster_source
from engine.tools.classify_objects import ClassifyObjects
from engine.tools.object_arguments import ObjectArguments
from engine.tools.values import FeatureSource
from engine.vector.chunks import open_layer

from .harness import Case, Result, measured

TILE = (64, 64)
CLASSES = tuple(ClassInfo(value, f"class {value}") for value in range(1, 5))
CPU = torch.device("cpu")
CELL, LEFT, TOP = 0.5, 500_000.0, 4_650_000.0
BYTES_A_FEATURE = 120
"""Memory that a feature may take, results included."""
ALLOWED_MB = 150.0
"""GDAL's block cache (64 MB), the chips of three squares (24 MB), a chunk of features read and written."""
MEGABYTE = 2**20
BATCHES = (16, 32)


class FreeNetwork:
    """The mean of each band: what remains is the pipeline."""

    multi = False

    def described(self, pixels: torch.Tensor, frames: torch.Tensor | None = None) -> None:
        """Return no statistics."""

    def scores(self, images: torch.Tensor, statistics: torch.Tensor | None = None) -> torch.Tensor:
        """Return scores of as many classes as there are."""
        return images[:, :, ::8, ::8].mean(dim=(2, 3)).repeat(1, 2)[:, : len(CLASSES)].softmax(1)


def resnet(statistics: bool) -> Any:
    """Return a feature classifier over ResNet-18 of random weights, as inference runs it."""
    torch.manual_seed(1)
    given = (("use_statistics", "true" if statistics else "false"),)
    spec = registry.get_architecture("FEATURE_CLASSIFIER").spec("RESNET18", 3, len(CLASSES), given, TILE)
    return prepare_for_inference(registry.build_network(spec).eval())


def ours(folder: Path, network: Callable[[], Any], cut: Cut, blacken: bool) -> Result:
    """Classify the features of a folder."""
    torch.set_num_threads(1)
    predictor = _predictor(network())
    with torch.inference_mode():
        predictor.network.scores(torch.zeros(2, 3, *TILE))
    request = ClassifyObjects(
        in_raster=FeatureSource(str(folder / "scene.tif")),
        out_feature_class=f"{folder}/out.gpkg",
        in_model_definition="bench",
        in_features=FeatureSource(str(folder / "objects.gpkg")),
    )
    (folder / "out.gpkg").unlink(missing_ok=True)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    job, watch = Job(), Stopwatch()
    with measured() as measure:
        subject = LayerSubject(open_layer(request.in_features), [raster_source(request.in_raster.path, job=job)])
        output = plan_output(request, subject, predictor.multi, job)
        findings = classify_objects(ObjectRun(subject, cut, blacken, predictor, 1, work), watch, job)
        written = write_results(output, subject, findings, Decider(CLASSES, 0.0, False), "", job)
    allowed = ALLOWED_MB + BYTES_A_FEATURE * subject.count / MEGABYTE
    return measure.result(features=written.rows, us_a_feature=1e6 * measure.seconds / written.rows, allowed_mb=allowed)


def limit(folder: Path, statistics: bool, cut: Cut) -> Result:
    """Run the bare network over the same chips in memory, at its best batch."""
    torch.set_num_threads(1)
    network = resnet(statistics)
    source = raster_source(str(folder / "scene.tif"), job=Job())
    layer = open_layer(FeatureSource(str(folder / "objects.gpkg")))
    places = locate(layer, [source], cut, None, Job())
    chips = [part.pixels for part in read_chips(Objects([source], places, cut, None), Stopwatch(), 1)]
    raw = torch.from_numpy(np.concatenate(chips))
    images = Normalisation.imagenet().apply(raw).contiguous(memory_format=torch.channels_last)
    best: dict[str, Any] = {}
    with torch.inference_mode():
        described = network.described(raw[:8])
        network.scores(images[:8], described)
        known = torch.zeros(len(raw), described.shape[1]) if described is not None else None
        for batch in BATCHES:
            with measured() as measure:
                for start in range(0, len(images), batch):
                    some = slice(start, start + batch)
                    network.scores(images[some], None if known is None else known[some])
            if not best or measure.seconds < best["seconds"]:
                best = measure.result(batch=batch)
    return best


def prepare(folder: Path, side: int, count: int) -> None:
    """Write a textured image and polygons all over it."""
    random = np.random.default_rng(0)
    with rasterio.open(
        folder / "scene.tif", "w", driver="GTiff", width=side, height=side, count=3, dtype="uint8", crs="EPSG:32633",
        transform=from_origin(LEFT, TOP, CELL, CELL), tiled=True, blockxsize=256, blockysize=256, photometric="RGB",
        compress="deflate",
    ) as raster:  # fmt: skip
        for row in range(0, side, 256):
            coarse = random.integers(0, 200, (3, 16, -(-side // 16)), np.uint8).repeat(16, 1).repeat(16, 2)
            image = (coarse + random.integers(0, 32, coarse.shape, np.uint8))[:, : side - row, :side]
            raster.write(image, window=rasterio.windows.Window(0, row, side, image.shape[1]))
    centres = random.random((count, 2)) * side * CELL
    corners = shapely.points(np.stack([LEFT + centres[:, 0], TOP - centres[:, 1]], axis=1))
    shapes = shapely.buffer(corners, random.uniform(8, 20, count) * CELL, quad_segs=3)
    names = np.array([f"object {number}" for number in range(count)], object)
    pyogrio.raw.write(
        str(folder / "objects.gpkg"), geometry=shapely.to_wkb(shapes), field_data=[np.arange(count), names],
        fields=["number", "name"], geometry_type="Polygon", crs="EPSG:32633", driver="GPKG",
    )  # fmt: skip


def check_memory(found: Result, _: Result) -> str | None:
    """Complain when the run took more than squares, chips and the allowance for each feature explain."""
    if found["extra_mb"] <= found["allowed_mb"]:
        return None
    return f"{found['extra_mb']:.0f} MB beside imports and network, {found['allowed_mb']:.0f} are allowed"


def _predictor(network: Any) -> ObjectPredictor:
    return ObjectPredictor(
        network, Normalisation.imagenet().apply, ObjectArguments(), CPU, len(CLASSES), TILE, None, "fp32"
    )


def _case(
    name: str, count: int, *, fixed: bool, blacken: bool = False, statistics: bool = False, owed: float | None = 1.15
) -> Case:
    """Return a case of a real network."""
    cut = Cut(TILE, fixed)
    words = ["fixed" if fixed else "squeezed", *(["black"] if blacken else []), *(["statistics"] if statistics else [])]
    return Case(
        name=name,
        size=f"{count} features, 2048², chips 64² {' '.join(words)}",
        owed=owed,
        prepare=partial(prepare, side=2048, count=count),
        ours=partial(ours, network=partial(resnet, statistics), cut=cut, blacken=blacken),
        limit=partial(limit, statistics=statistics, cut=cut),
        quick=owed is None and not statistics,
        rounds=1 if owed is None else 3,
    )


CASES = (
    _case("quick", 400, fixed=True, owed=None),
    _case("fixed", 4000, fixed=True),
    _case("squeezed", 4000, fixed=False),
    _case("black", 4000, fixed=True, blacken=True),
    _case("statistics", 4000, fixed=False, blacken=True, statistics=True, owed=None),
    Case(
        name="memory-200000",
        size="200,000 features, 4096², near-free network",
        owed=None,
        prepare=partial(prepare, side=4096, count=200_000),
        ours=partial(ours, network=FreeNetwork, cut=Cut((32, 32), True), blacken=True),
        limit=None,
        rounds=1,
        check=check_memory,
    ),
)
