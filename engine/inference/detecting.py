"""All tiles of a raster through the network: read ahead, batched by rows of tiles, merged over the raster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing

from ..job import Job
from .collecting import collect
from .detections import Array, Detections
from .predictor import Predictor
from .preparation import RasterPlan
from .reading import Tile, read_tiles
from .seams import resolve_seams
from .stages import COLLECTING, MERGING, NETWORK, Stopwatch
from .suppression import suppress_boxes

NETWORK_SHARE = 0.9
"""Share of the whole run that the network takes, for the progress."""

ESTIMATE_AFTER = 8
"""Tiles after which the time of the run is foretold."""


class Pace:
    """Progress over all rasters of a run, and the time it will take."""

    def __init__(self, tiles: int, watch: Stopwatch, job: Job) -> None:
        """Start before the first tile.

        Args:
            tiles: Tiles of all rasters.
            watch: The run's clock.
            job: Told the progress.
        """
        self._tiles = max(1, tiles)
        self._done = 0
        self._watch = watch
        self._job = job
        self._mark: tuple[int, float] | None = None
        self._told = tiles < 2 * ESTIMATE_AFTER

    def passed(self, tiles: int) -> None:
        """Count tiles as done and look for a cancel.

        Raises:
            Cancelled: The user cancelled the run.
        """
        self._job.check()
        self._done += tiles
        self._job.progress(NETWORK_SHARE * min(1.0, self._done / self._tiles), "Detecting objects")
        if self._told or not self._done:
            return
        now = self._watch.total()
        if self._mark is None:
            self._mark = (self._done, now)
        elif self._done - self._mark[0] >= ESTIMATE_AFTER:
            pace = (now - self._mark[1]) / (self._done - self._mark[0])
            left = pace * (self._tiles - self._done)
            self._job.message(f"{pace:.2g} s a tile: about {_duration(left)} left for {self._tiles - self._done} tiles")
            self._told = True


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
        for batch in _batches(rows, predictor.arguments.batch_size, pace, plan):
            job.check()
            with watch.stage(NETWORK):
                found = predictor.detect([tile.pixels for tile in batch], job)
            with watch.stage(COLLECTING):
                parts.append(collect(batch, found, plan.grid, wanted))
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


def _batches(rows: Iterable[list[Tile]], size: int, pace: Pace, plan: RasterPlan) -> Iterator[list[Tile]]:
    """Yield batches that never cross a row of tiles; tiles without a valid pixel count as done with the next one."""
    waiting: list[Tile] = []
    counted = 0
    for tiles in rows:
        for tile in tiles:
            if waiting and (len(waiting) == size or waiting[0].row != tile.row):
                yield waiting
                waiting = []
                pace.passed(tile.index - counted)
                counted = tile.index
            waiting.append(tile)
        pace.passed(0)
    if waiting:
        yield waiting
    pace.passed(len(plan.grid) - counted)


def _duration(seconds: float) -> str:
    """Return a time in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
