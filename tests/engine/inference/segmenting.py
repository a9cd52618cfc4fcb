"""Segmentation networks that need no training, and runs of them over small rasters."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio
import torch

from engine.inference.classifying import Decision, Products, WorkPlace, classify_raster
from engine.inference.pace import Pace
from engine.inference.pixel_predictor import PixelPredictor
from engine.inference.preparation import RasterPlan
from engine.inference.stages import Stopwatch
from engine.inference.tiles import TileGrid
from engine.job import Job
from engine.raster.reading import raster_source
from engine.tools.arguments import PixelArguments
from tests.rasters import write_raster

torch.set_num_threads(1)

CPU = torch.device("cpu")


class Same:
    """Returns its input as scores."""

    def logits(self, images):
        """Return the images."""
        return images


class Constant:
    """Says the same everywhere."""

    def __init__(self, channels):
        self.values = torch.linspace(-1.0, 2.0, channels)

    def logits(self, images):
        """Return the constants."""
        rows, cols = images.shape[-2:]
        return self.values[None, :, None, None].expand(len(images), -1, rows, cols)


class Neighbourhood:
    """Random weights over a square around each pixel, zeros outside the image."""

    def __init__(self, bands, channels, radius, seed=3):
        generator = torch.Generator().manual_seed(seed)
        self.weights = torch.randint(-4, 5, (channels, bands, 2 * radius + 1, 2 * radius + 1), generator=generator)
        self.radius = radius

    def logits(self, images):
        """Return exact sums: the images hold whole numbers."""
        weights = self.weights.float()
        return torch.nn.functional.conv2d(images.contiguous(), weights, padding=self.radius) / 64.0


@dataclass
class Run:
    """A raster and how it is classified; ``go`` does it."""

    folder: Path
    image: np.ndarray
    network: object
    tile: tuple[int, int] = (32, 32)
    padding: int = 4
    blend: bool = True
    nodata: int | None = None
    decision: Decision | None = None
    channels: int = 0
    products: Products = field(default_factory=Products)
    arguments: dict = field(default_factory=dict)
    reach: int | None = None
    precision: str = "fp32"
    scale: float = 1.0

    def __post_init__(self):
        self.job, self.watch = Job(), Stopwatch()
        self.folder.mkdir(parents=True, exist_ok=True)
        path = write_raster(self.folder / "scene.tif", self.image, nodata=self.nodata, photometric="MINISBLACK")
        self.source = raster_source(path, job=Job())
        self.grid = TileGrid(*self.image.shape[1:], *self.tile, self.padding)
        self.plan = RasterPlan(self.source, self.grid, None, "")
        self.channels = self.channels or self._channels()
        self.decision = self.decision or Decision(tuple(range(1, self.channels + 1)), (), 0, "uint8")

    def _channels(self):
        with torch.inference_mode():
            return self.network.logits(torch.zeros(1, len(self.image), 8, 8)).shape[1]

    def go(self, place="work", key="k", job=None, readers=1, **settings):
        """Classify into a folder of this run and return what was made."""
        work = self.folder / place
        work.mkdir(exist_ok=True)
        arguments = PixelArguments(self.padding, **self.arguments)
        predictor = PixelPredictor(
            self.network, lambda x: x * self.scale, arguments, CPU, self.channels, precision=self.precision,
            reach=self.reach,
        )  # fmt: skip
        job = job or self.job
        where = WorkPlace(work, key, blend=self.blend, **settings)
        pace = Pace(len(self.grid), self.watch, job)
        return classify_raster(
            self.plan, predictor, self.decision, self.products, where, self.watch, pace, job, readers
        )

    def classes(self, place="work", **settings):
        """Classify and return (rows, cols) of the class raster."""
        with rasterio.open(self.go(place, **settings).files["classes"]) as raster:
            return raster.read(1)


def noise(bands, rows, cols, high=200, seed=0):
    """Return a random image of whole numbers above 0."""
    return np.random.default_rng(seed).integers(1, high, (bands, rows, cols)).astype(np.uint8)


def content(files):
    """Return the bytes of files by product."""
    return {name: path.read_bytes() for name, path in files.items()}
