"""All tiles of a raster through the network: read ahead, batched by rows of tiles, merged over the raster."""

from __future__ import annotations

from contextlib import closing

from ..job import Job
from .collecting import collect
from .detections import Array, Detections
from .pace import Pace, batches
from .predictor import Predictor
from .preparation import RasterPlan
from .reading import read_tiles, sections
from .seams import resolve_seams
from .stages import COLLECTING, MERGING, NETWORK, Stopwatch
from .suppression import suppress_boxes


def detect_raster(
    plan: RasterPlan, predictor: Predictor, wanted: Array, watch: Stopwatch, pace: Pace, job: Job, readers: int
) -> Detections:
    """Return the objects of one raster, each once.

    Args:
        plan: The raster and its tiles.
        predictor: The network.
        wanted: (classes + 1,) bool by label: which classes are asked for.
        watch: Told what takes how long.
        pace: Told how many tiles are done.
        job: Told warnings, asked for a cancel.
        readers: Threads that read.

    Raises:
        RasterError: The raster is damaged.
        Cancelled: The user cancelled the run.
    """
    parts = []
    with closing(read_tiles(plan.source, plan.grid, plan.area, watch, readers)) as rows:
        read = zip(sections(plan.source, plan.grid), rows, strict=True)
        for batch in batches(read, predictor.arguments.batch_size, len(plan.grid.col_starts)):
            job.check()
            with watch.stage(NETWORK):
                found = predictor.detect([tile.pixels for tile in batch.tiles], job)
            with watch.stage(COLLECTING):
                parts.append(collect(batch.tiles, found, plan.grid, wanted))
            pace.passed(batch.passed)
    with watch.stage(MERGING):
        return merge(Detections.concatenate(parts), plan, predictor)


def merge(found: Detections, plan: RasterPlan, predictor: Predictor) -> Detections:
    """Return each object once: pieces put together, duplicates of overlapping tiles suppressed."""
    arguments = predictor.arguments
    seen = resolve_seams(found, plan.grid, arguments.exclude_pad_detections)
    kept = suppress_boxes(
        seen.found.boxes,
        seen.found.scores,
        seen.found.labels,
        arguments.nms_overlap,
        touches_border=seen.touches,
        edge_distance=seen.edge_distance,
    )
    return seen.found.take(kept)


def second_pass(found: Detections, max_overlap: float) -> Detections:
    """Return what Non Maximum Suppression leaves of a result, per class."""
    return found.take(suppress_boxes(found.boxes, found.scores, found.labels, max_overlap))
