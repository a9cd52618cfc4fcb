"""All tiles of a raster through the network: read ahead, batched by rows of tiles, merged over the raster."""

from __future__ import annotations

from contextlib import closing

from ..job import Job
from .detections import Array, Detections
from .pace import Pace, batches
from .predictor import Predictor
from .preparation import RasterPlan
from .reading import read_tiles, sections
from .stages import COLLECTING, MERGING, NETWORK, Stopwatch


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
                parts.append(predictor.kind.collect(batch.tiles, found, plan.grid, wanted))
            pace.passed(batch.passed)
    with watch.stage(MERGING):
        return predictor.kind.merge(Detections.concatenate(parts), plan.grid, predictor.arguments)
