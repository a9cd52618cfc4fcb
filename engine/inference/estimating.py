"""What a run with a model will take: everything is made ready, a few tiles are tried, and nothing is written."""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import torch

from ..device import choose_device, device_name
from ..errors import ParameterError
from ..job import Job
from ..package.emd import ModelPackage, open_package
from ..tools.arguments import PixelArguments
from ..tools.classify_objects import ClassifyObjects
from ..tools.classify_pixels import ClassifyPixels
from ..tools.declaration import Tool
from ..tools.detect_change import DetectChange
from ..tools.detect_objects import DetectObjects
from ..tools.object_arguments import ObjectArguments
from .image_inputs import ATTACHMENTS, SEPARATE, find_images, one_image
from .kinds import KINDS
from .object_classifying import blackens, cut_of
from .object_predictor import batches as object_batches
from .object_predictor import load_object_predictor
from .object_reading import Objects, read_chips
from .object_subjects import find_subject
from .pace import batches
from .pixel_plans import ImagePlan, plan_image, plan_pair
from .pixel_work import PixelWork, work_folder
from .predictor import load_predictor
from .preparation import (
    RasterPlan,
    announce,
    detection_arguments,
    model_defaults,
    output_crs,
    plan_rasters,
    wanted_labels,
)
from .reading import Tile, read_tiles, sections
from .stages import Stopwatch

PATIENCE = 10.0
"""Seconds in which the tiles of a trial are looked for; beyond it the raster has hardly any."""

MOST_TRIED = 4
"""Tiles of a trial."""

Estimate = dict[str, Any]
"""``lines``: pairs of a word and a text; ``warnings``: sentences."""


def estimate(request: Tool, job: Job) -> Estimate:
    """Return what a run will take, and what it would warn of.

    Args:
        request: What would be run.
        job: Asked for a cancel.

    Raises:
        EngineError: The run would be refused.
    """
    told = Job()
    job.progress(0.1, "Estimating")
    for kind, work in _ESTIMATES.items():
        if isinstance(request, kind):
            lines = work(request, told, job)
            return {"lines": [*_said(told), *lines], "warnings": told.warnings}
    raise ParameterError(f"{request.title} cannot be estimated: run it")


def _detect(request: DetectObjects, told: Job, job: Job) -> list[tuple[str, str]]:
    """Estimate the detection of objects."""
    with open_package(request.in_model_definition, told, task=tuple(KINDS)) as package:
        arguments = detection_arguments(request, package, told)
        wanted_labels(request.in_objects_of_interest, package.classes)
        device = choose_device(request.processor_type, request.gpu_id)
        plans = plan_rasters(request, package, arguments, told)
        output_crs(request, plans, told)
        tiles = announce(plans, arguments, request.out_detected_objects, told)
        job.check()
        predictor = load_predictor(package, arguments, device, request.precision, plans[0].grid)
        predictor.settle_precision(1, Job())
        tried = _tiles(plans, job)
        seconds = _timed(lambda: predictor.detect([tile.pixels for tile in tried], Job()), tried, job)
    return _lines(seconds, len(tried), tiles, "tile", device)


def _classify_pixels(request: ClassifyPixels, told: Job, job: Job) -> list[tuple[str, str]]:
    """Estimate the classification of pixels."""
    with (
        open_package(request.in_model_definition, told, task="pixel_classification") as package,
        tempfile.TemporaryDirectory() as place,
    ):
        images = find_images(request, told)
        if images.kind == ATTACHMENTS:
            raise ParameterError("in_raster is a layer with attachments, which differ in size: run it without estimate")
        arguments = PixelArguments.from_pairs(request.arguments, model_defaults(package), told)
        paths = images.paths if images.kind == SEPARATE else (one_image(images, Path(place), told),)
        name = Path(paths[0]).name if images.kind == SEPARATE else ""
        plans = [plan_image(path, request, package, arguments, name, told) for path in paths]
        target = request.out_classified_raster or request.out_classified_folder
        return _pixels(request, package, arguments, [plan for plan in plans if plan], target, told, job)


def _detect_change(request: DetectChange, told: Job, job: Job) -> list[tuple[str, str]]:
    """Estimate the detection of change."""
    with open_package(request.in_model_definition, told, task="change_detection") as package:
        arguments = PixelArguments.from_pairs(request.arguments, model_defaults(package), told)
        plan = plan_pair((request.from_raster, request.to_raster), request, package, arguments, told)
        return _pixels(request, package, arguments, [plan], request.out_classified_raster, told, job)


def _pixels(
    request: Any, package: ModelPackage, arguments: PixelArguments, images: list[ImagePlan], target: str,
    told: Job, job: Job,
) -> list[tuple[str, str]]:  # fmt: skip
    """Estimate a run whose plans are made."""
    if not images:
        raise ParameterError("no raster lies in the extent: choose one that overlaps it")
    work: PixelWork[Any] = PixelWork(request, package, arguments, Stopwatch(), told)
    work.announce(images, Path(target), work_folder(Path(target), request.work_folder))
    work.predictor.settle_precision(1, Job())
    tried = _tiles([image.plan for image in images], job)
    pixels = [tile.pixels for tile in tried]
    seconds = _timed(lambda: list(work.predictor.looks(pixels, Job())), tried, job)
    return _lines(seconds, len(tried), work.tiles, "tile", work.device)


def _classify_objects(request: ClassifyObjects, told: Job, job: Job) -> list[tuple[str, str]]:
    """Estimate the classification of objects."""
    with (
        open_package(request.in_model_definition, told, task="object_classification") as package,
        tempfile.TemporaryDirectory() as place,
    ):
        arguments = ObjectArguments.from_pairs(request.model_arguments, model_defaults(package).batch_size)
        subject = find_subject(request, package, Path(place), told)
        device = choose_device(request.processor_type, request.gpu_id)
        predictor = load_object_predictor(package, arguments, device, request.precision)
        predictor.whole = subject.whole
        predictor.settle_precision(1, Job())
        cut, rows, cols = cut_of(package, subject), *package.tile
        told.message(f"{subject.count} objects, chips of {cols} x {rows} pixels, {predictor.at_once} at once")
        if blackens(package, subject):
            told.message("chips are black outside their objects")
        objects = Objects(subject.sources, subject.places(cut, None, told), cut, None)
        with closing(read_chips(objects, Stopwatch(), 1)) as parts:
            chips = next((some for some in object_batches(parts, predictor.at_once) if len(some)), None)
        tried = [] if chips is None else [0] * len(chips)
        seconds = _timed(lambda: None if chips is None else predictor.scores(chips, Job()), tried, job)
    return _lines(seconds, len(tried), subject.count, "object", device)


_ESTIMATES: dict[type[Tool], Callable[[Any, Job, Job], list[tuple[str, str]]]] = {
    DetectObjects: _detect,
    ClassifyPixels: _classify_pixels,
    DetectChange: _detect_change,
    ClassifyObjects: _classify_objects,
}


def _tiles(plans: Sequence[RasterPlan], job: Job) -> list[Tile]:
    """Return some tiles with valid pixels, none where they are not found soon."""
    begun = time.perf_counter()
    for plan in plans:
        with closing(read_tiles(plan.source, plan.grid, plan.area, Stopwatch(), 1)) as rows:
            read = zip(sections(plan.source, plan.grid), rows, strict=False)
            for batch in batches(read, MOST_TRIED, len(plan.grid.col_starts)):
                job.check()
                if batch.tiles:
                    return list(itertools.islice(batch.tiles, MOST_TRIED))
                if time.perf_counter() - begun > PATIENCE:
                    return []
    return []


def _timed(work: Callable[[], Any], tried: Sequence[Any], job: Job) -> float:
    """Return the seconds that one of the tried things takes, the second time."""
    if not tried:
        return 0.0
    job.progress(0.5, "Trying a few tiles")
    work()
    job.check()
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) / len(tried)


def _lines(seconds: float, tried: int, count: int, thing: str, device: torch.device) -> list[tuple[str, str]]:
    """Return time and memory in words."""
    where = device_name(device)
    if not tried:
        return [("Time", f"unknown: no {thing} with valid pixels was found at the beginning")]
    time_line = f"about {_duration(seconds * count)} on {where}: {seconds:.2g} s for each {thing}, of {tried} tried"
    memory = _memory(device)
    return [("Time", time_line), *([("Memory in all", f"about {memory / 1e9:.1f} GB")] if memory else [])]


def _memory(device: torch.device) -> int:
    """Return the most bytes that this process had, 0 where the system does not tell."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    if sys.platform == "win32":
        return 0
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _said(told: Job) -> list[tuple[str, str]]:
    """Return what a run tells before it starts, each with a word on what it is about."""
    lines = []
    for text in told.messages:
        if text.startswith("running on"):
            continue  # the time tells where
        about = "Memory and disk" if text.startswith("memory for") else "Work" if " x " in text else "Note"
        lines.append((about, text))
    return sorted(lines, key=lambda line: ("Work", "Memory and disk", "Note").index(line[0]))


def _duration(seconds: float) -> str:
    """Return a time in words."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
