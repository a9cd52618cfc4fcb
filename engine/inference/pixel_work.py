"""The work on one image: its folder and key, going on, shards, and the end of it all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch

from ..device import choose_device
from ..errors import Cancelled
from ..files import room_for
from ..job import Job
from ..package.emd import ModelPackage
from ..raster.class_output import needed_bytes
from ..raster.mosaic import parts_of_vrt
from ..tools.arguments import PixelArguments
from ..tools.pixel_runs import PixelRun
from ..tools.values import FeatureSource
from .classifying import Classified, WorkPlace, classify_raster
from .decision import CLASSES
from .journal import read_journal
from .manifest import file_hash, fingerprint
from .pace import Pace
from .pixel_meaning import Meaning, meaning
from .pixel_plans import ImagePlan
from .pixel_predictor import PixelPredictor, load_pixel_predictor
from .preparation import bytes_held, tell_tiles
from .reading import reader_threads
from .shards import merge_shards
from .stages import Stopwatch
from .tiff_header import BLOCK
from .work_place import shard_rows

Rasters = Sequence[str]
"""Paths of rasters."""

DONE = "done.json"
"""Name of the list of finished images in a work folder."""

Request = TypeVar("Request", bound=PixelRun)


class PixelWork(Generic[Request]):
    """A run: the model, what is asked of it, and the clock.

    Attributes:
        request: What was asked for.
        package: The model, open.
        arguments: Its arguments.
        meaning: What its scores mean.
        watch: The run's clock.
        job: Told messages, asked for a cancel.
        device: Where the network runs.
        readers: Threads that read.
    """

    def __init__(
        self, request: Request, package: ModelPackage, arguments: PixelArguments, watch: Stopwatch, job: Job
    ) -> None:
        """Choose the device; the network is loaded when the first tile is known."""
        self.request, self.package, self.arguments = request, package, arguments
        self.watch, self.job = watch, job
        self.meaning: Meaning = meaning(request, package, arguments)
        self.device: torch.device = choose_device(request.processor_type, request.gpu_id)
        self.readers = reader_threads(self.device.type)
        offered = "use_pixelspace" in request.parameters()
        if package.emd.get("ImageSpaceUsed") == "PIXEL_SPACE" and offered and not request.use_pixelspace:
            job.warn(
                "the model was trained in pixel space: choose PIXELSPACE for use_pixelspace where rasters are turned"
            )
        self.done: list[Classified] = []
        self.tiles = 0
        self._predictor: PixelPredictor | None = None
        self._pace = Pace(1, watch, job, request.doing)
        self._model = ""

    @property
    def predictor(self) -> PixelPredictor:
        """The network."""
        if self._predictor is None:
            raise RuntimeError("nothing was announced yet")
        return self._predictor

    def announce(self, images: Sequence[ImagePlan], place: Path, folder: Path) -> None:
        """Tell what will be done, refuse a disk that is too full, and load the network.

        Args:
            images: All images of the run.
            place: Where the results go.
            folder: Where the work lies.

        Raises:
            OutputError: The disk is too full.
        """
        plans = [image.plan for image in images]
        self.tiles = tell_tiles(plans, self.arguments.padding, self.arguments.batch_size, self.job)
        memory, work = max(map(self._memory, images)), max(map(self._disk, images))
        disk = work + sum(map(self._result, images))
        self.job.message(
            f"memory for tiles and rows {max(1, memory // 10**6)} MB beside the network's own, disk at most "
            f"{max(1, disk // 10**6)} MB, {max(1, work // 10**6)} MB of it only during the run"
        )
        work, disk = max(0, work - _taken(folder)), max(0, disk - _taken(folder))
        if _same_disk(place, folder):
            room_for(place, disk, "the results and the work files")
        else:
            room_for(folder, work, "the work files")
            room_for(place, disk - work, "the results")
        if self._predictor is None:
            self._predictor = load_pixel_predictor(
                self.package, self.arguments, self.device, self.request.precision, plans[0].grid
            )
            self._predictor.settle_precision(self.tiles, self.job)
        self._pace = Pace(self.tiles, self.watch, self.job, self.request.doing)

    def classify(self, image: ImagePlan, rasters: Rasters, folder: Path) -> Classified | None:
        """Classify an image, or the rows of a shard; go on where an earlier run stopped.

        Args:
            image: What is classified.
            rasters: The files that it is made of.
            folder: Where the work lies; it is made.

        Returns:
            Its finished work files, or those of its shard; None while other shards are not finished.

        Raises:
            RasterError: The image is damaged.
            OutputError: The disk is full, or the folder holds the work of a different run.
            Cancelled: The user cancelled the run; what is finished is kept.
        """
        folder.mkdir(parents=True, exist_ok=True)
        decision, products, plan = self.meaning.decision, self.meaning.products, image.plan
        place = self._place(image, rasters, folder)
        try:
            done = classify_raster(
                plan, self.predictor, decision, products, place, self.watch, self._pace, self.job, self.readers
            )
        except Cancelled as error:
            raise Cancelled(
                f"cancelled by the user; the finished rows wait in {folder}: the same request goes on behind them"
            ) from error
        return self._told(done) if place.shard[1] == 1 else done if self._all_shards(image, place) else None

    def merged(self, image: ImagePlan, rasters: Rasters, folder: Path) -> Classified | None:
        """Put the shards of an image together.

        Args:
            image: What was classified.
            rasters: The files that it is made of.
            folder: Where the work lies.

        Returns:
            Its finished work files; None when shards are missing, or another run has put them together.

        Raises:
            OutputError: The shards are not of one run, or the disk is full.
            Cancelled: The user cancelled the run.
        """
        place = self._place(image, rasters, folder)
        if not self._all_shards(image, place):
            return None
        self.job.message(f"all {place.shard[1]} shards are finished: they are put together")
        decision, products = self.meaning.decision, self.meaning.products
        return self._told(merge_shards(image.plan, decision, products, place, self.predictor.reach, self.job))

    def _told(self, done: Classified) -> Classified:
        """Note what is finished, and tell its seam score."""
        self.done.append(done)
        if not done.tiles:
            self.job.warn("no pixel was classified: all are nodata, or lie outside the mask")
        if done.seam is not None and done.seam.value is not None:
            self.job.message(
                f"seam score {done.seam.value:.2f}: classes change that many times as often across the lines between "
                "tiles as elsewhere (1 = no seam)"
            )
        return done

    def skip(self, image: ImagePlan, result: Path) -> None:
        """Count an image as done that an earlier run finished."""
        self.job.message(f"{result} was finished by an earlier run")
        self._pace.skipped(len(image.plan.grid))

    def key(self, image: ImagePlan, rasters: Rasters) -> str:
        """Return a text that is another one when anything that changes the pixels of an image's result changes."""
        about = [*self._about(image, rasters), ("target", str(image.target)), ("products", str(self.meaning.products))]
        return _hash([*about, ("processor", self.device.type), ("decision", str(self.meaning.decision))])

    def _place(self, image: ImagePlan, rasters: Rasters, folder: Path) -> WorkPlace:
        """Return where and how an image is worked on."""
        about = self._about(image, rasters)
        budget = self.request.memory_budget * 2**20
        blend = self.arguments.blend == "cosine"
        return WorkPlace(folder, _hash(about), budget, self.request.shard_numbers, blend, tuple(about))

    def _about(self, image: ImagePlan, rasters: Rasters) -> list[tuple[str, str]]:
        """Return what changes pixels, in words."""
        if not self._model:
            definition = hashlib.sha256(json.dumps(self.package.emd, sort_keys=True, default=str).encode()).hexdigest()
            self._model = f"{self.package.name} {file_hash(self.package.weights)[:12]}{definition[:6]}"
        source = image.plan.source
        about = [("model", self._model), ("rasters", _prints(rasters)), ("mask", _layer_print(self.request.mask))]
        about += [(f"argument {name}", str(value)) for name, value in vars(self.arguments).items()]
        about += [("bands", str(source.bands)), ("cells", f"{source.transform.to_gdal()} {source.view}")]
        return [*about, ("precision", self.request.precision)]

    def _all_shards(self, image: ImagePlan, place: WorkPlace) -> bool:
        """Return whether every shard is finished, and say which are not."""
        rows, count = len(image.plan.grid.row_starts), place.shard[1]
        missing = []
        for number in range(count):
            shard = replace(place, shard=(number, count))
            wanted = len(shard_rows(rows, shard.shard))
            record = read_journal(shard.file("journal", ".jsonl"))
            if wanted and (record is None or len(record.rows) < wanted):
                missing.append(f"{number + 1}/{count}")
        if missing:
            self.job.message(
                f"shard {self.request.shard} is finished; the output is written when {', '.join(missing)} are too, run "
                f"with work in {place.folder}"
            )
        return not missing

    def _disk(self, image: ImagePlan) -> int:
        """Return the disk that the work files of an image take."""
        source, bands = image.plan.source, self.meaning.products.bands(len(self.meaning.decision.values))
        whole = -(-source.rows // BLOCK) * -(-source.cols // BLOCK) * BLOCK**2
        return whole * sum(self._bytes(name) * count for name, count in bands.items())

    def _result(self, image: ImagePlan) -> int:
        """Return the disk that the results of an image take while they are written."""
        bands = [band for name in self.meaning.products.bands(1) for band in self.meaning.bands(name)]
        return needed_bytes(image.target, bands)

    def _memory(self, image: ImagePlan) -> int:
        """Return the memory that tiles, finished rows and the scores handed down take."""
        source, grid, channels = image.plan.source, image.plan.grid, len(self.meaning.decision.values)
        carry = min(self.request.memory_budget * 2**20, channels * 2 * grid.padding * source.cols * 4)
        strip = grid.tile_rows * source.cols * sum(map(self._bytes, self.meaning.products.bands(1)))
        return bytes_held(image.plan, self.arguments.batch_size) + carry + 2 * strip

    def _bytes(self, product: str) -> int:
        """Return the bytes of a pixel of a product's band."""
        return np.dtype(self.meaning.decision.dtype if product == CLASSES else np.float32).itemsize


def work_folder(target: Path, asked: str) -> Path:
    """Return where the work for an output lies: hidden beside it, or inside the folder that was asked for."""
    return Path(asked) / f"{target.stem}.classifying" if asked else target.parent / f".{target.stem}.classifying"


@contextlib.contextmanager
def kept_when_begun(folder: Path) -> Iterator[None]:
    """Remove a work folder again when the block fails before anything was begun that a later run can go on with."""
    fresh = not folder.exists()
    try:
        yield
    except BaseException:
        begun = any(any(folder.rglob(name)) for name in ("journal*.jsonl", DONE))
        if fresh and not begun:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _taken(folder: Path) -> int:
    """Return the disk that the work of an interrupted run takes already."""
    about = [path.stat() for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    return sum(getattr(each, "st_blocks", each.st_size // 512) * 512 for each in about)


def _same_disk(one: Path, other: Path) -> bool:
    """Return whether two places, which need not exist yet, lie on one disk."""
    found = [next(part for part in [path, *path.absolute().parents] if part.is_dir()) for path in (one, other)]
    return found[0].stat().st_dev == found[1].stat().st_dev


def _hash(about: Sequence[tuple[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(list(about)).encode()).hexdigest()


def _prints(rasters: Rasters) -> str:
    """Return what tells rasters from changed ones, short for many."""
    prints = [json.dumps(fingerprint(path), sort_keys=True) for path in rasters]
    prints += [_stamp(part) for path in rasters for part in (f"{path}.msk", *parts_of_vrt(path))]
    digest = hashlib.sha256("".join(prints).encode()).hexdigest()[:12]
    more = f" and {len(rasters) - 1} more" if len(rasters) > 1 else ""
    return f"{Path(rasters[0]).name}{more} ({digest})"


def _stamp(path: str) -> str:
    """Return size and time of a file on which a raster rests; cheap, for there may be thousands."""
    if not os.path.isfile(path):
        return ""
    about = os.stat(path)
    return f"{about.st_size} {about.st_mtime_ns}"


def _layer_print(layer: FeatureSource | None) -> str:
    """Return what tells a layer from a changed one."""
    return "none" if layer is None else f"{json.dumps(fingerprint(layer.path))} {layer.layer} {layer.where}"
