"""All tiles of a raster through a segmentation network, blended into work files; an interrupted run goes on."""

from __future__ import annotations

import hashlib
import json
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import torch

from ..job import Job
from .blending import Blender, Parts, carry_of, seam_half
from .decision import CLASSES, Decider, Decision, EdgeRule, Products
from .detections import Array
from .journal import Record, RunFacts
from .locking import working_alone
from .pace import Batch, Pace, batches
from .pixel_predictor import PixelPredictor
from .preparation import RasterPlan
from .reading import read_tiles, sections
from .seam_score import SeamScore, seam_score
from .settling import settled
from .stages import BLENDING, NETWORK, WRITING, Stopwatch
from .work_place import SETTLED, ShardFiles, WorkPlace

__all__ = ["Classified", "Decision", "EdgeRule", "Products", "WorkPlace", "classify_raster"]

TRIAL_TILES = 4
"""Tiles that both arithmetics work on before one is chosen."""


@dataclass(frozen=True)
class Classified:
    """What a run made.

    Attributes:
        files: Finished work file of each product.
        tiles: Tiles that were computed, earlier runs included.
        tile_rows: Rows of tiles of this shard.
        resumed_from: How many of them an earlier run had finished.
        seam: The seam score; None for a shard of several, or without a class raster.
        precision: Arithmetic of the run.
        threads: Threads the network ran with on a CPU.
    """

    files: dict[str, Path]
    tiles: int
    tile_rows: int
    resumed_from: int
    seam: SeamScore | None
    precision: str
    threads: int


def classify_raster(
    plan: RasterPlan,
    predictor: PixelPredictor,
    decision: Decision,
    products: Products,
    place: WorkPlace,
    watch: Stopwatch,
    pace: Pace,
    job: Job,
    readers: int,
) -> Classified:
    """Classify the pixels of a raster, or the rows of one shard; go on where an earlier run of the same stopped.

    Args:
        plan: The raster and its tiles.
        predictor: The network.
        decision: How scores become a class.
        products: What is written.
        place: Where work lies, and which part is done.
        watch: Told what takes how long.
        pace: Told how many tiles are done.
        job: Told warnings, asked for a cancel.
        readers: Threads that read.

    Raises:
        RasterError: The raster is damaged.
        OutputError: The disk is full, another run is at work there, or the folder holds the work of a different one.
        DeviceError: The memory does not suffice for one tile.
        Cancelled: The user cancelled the run; what is finished is kept.
    """
    run = _Run(plan, predictor, decision, products, place, watch, job)
    with working_alone(place.file("lock", "")):
        return run.go(pace, readers)


class _Run:
    """The work on one raster or shard.

    Attributes:
        files: Its files.
    """

    def __init__(
        self,
        plan: RasterPlan,
        predictor: PixelPredictor,
        decision: Decision,
        products: Products,
        place: WorkPlace,
        watch: Stopwatch,
        job: Job,
    ) -> None:
        """Lay out the work; nothing is read or written."""
        self._plan, self._predictor, self._decision, self._place = plan, predictor, decision, place
        self._watch, self._job = watch, job
        self._parts = Parts(plan.grid, seam_half(plan.grid, place.blend, predictor.reach))
        self._decider = Decider(decision, products)
        self.files = ShardFiles(plan, self._parts, self._decider, decision, place)

    def go(self, pace: Pace, readers: int) -> Classified:
        """Do what is missing and return what there is."""
        record, rows, grid = self.recall(), self.files.rows, self._plan.grid
        done, across = len(record.rows), len(grid.col_starts)
        pace.skipped((rows.start + done) * across)
        if done:
            self._job.message(f"going on behind {done} of {len(rows)} rows of tiles that an earlier run finished")
        if done < len(rows):
            with torch.inference_mode():
                self.work(record, pace, readers)
        pace.skipped((len(grid.row_starts) - rows.stop) * across)
        seam = None
        if self._place.shard[1] == 1 and CLASSES in self.files.layouts:
            with self._watch.stage(WRITING):
                seam = seam_score(self.files, grid, self._decision.nodata)
        tiles, precision = sum(row.tiles for row in record.rows), self._predictor.precision
        return Classified(self.files.paths, tiles, len(rows), done, seam, precision, torch.get_num_threads())

    def recall(self) -> Record:
        """Return the finished rows of an earlier run of the same, and settle what is open as that did.

        Raises:
            OutputError: The folder holds the work of a different run.
        """
        about = self._about()
        key = hashlib.sha256(json.dumps([self._place.key, about]).encode()).hexdigest()
        record = self.files.recorded(RunFacts(key, about, {}))
        choose = self._choose if record is None else lambda: record.facts.settled
        chosen = settled(self._place.folder / SETTLED, RunFacts(key, about, {}), choose, self._job)
        self._predictor.precision = str(chosen["precision"])
        if self._predictor.device.type == "cpu" and chosen["threads"] != torch.get_num_threads():
            self._job.message(f"running with {chosen['threads']} threads, as the run began")
            torch.set_num_threads(int(chosen["threads"]))
        return Record(RunFacts(key, about, chosen)) if record is None else self.files.proven(record, self._job)

    def work(self, record: Record, pace: Pace, readers: int) -> None:
        """Compute the rows that are missing; the row above the first of them once more, for what it carries down.

        Args:
            record: Finished rows; the others are added.
            pace: Told how many tiles are done.
            readers: Threads that read.
        """
        plan, predictor, parts = self._plan, self._predictor, self._parts
        start = self.files.rows.start + len(record.rows)
        reading = range(start - 1 if start and parts.half else start, self.files.rows.stop)
        if record.rows:
            predictor.at_once = record.rows[-1].at_once
        carry_file = self._place.file("carry", ".bin")
        with ExitStack() as stack:
            store = stack.enter_context(self.files.store(record, self._watch, self._job))
            carry = stack.enter_context(
                carry_of(parts, predictor.channels, predictor.device, carry_file, self._place.budget)
            )
            blender = Blender(parts, self._decider, carry, predictor.device)
            tiles = read_tiles(plan.source, plan.grid, plan.area, self._watch, readers, reading)
            stack.enter_context(closing(tiles))
            read = zip(sections(plan.source, plan.grid, reading), tiles, strict=True)
            at_once = computed = 0
            for batch in batches(read, predictor.arguments.batch_size, len(plan.grid.col_starts)):
                self._job.check()
                if batch.begins_row:
                    blender.begin(batch.row)
                    at_once, computed = predictor.at_once, 0
                self._blend(blender, batch)
                computed += len(batch.tiles)
                if batch.row < start:
                    continue
                if batch.ends_row:
                    store.put(batch.row, at_once, computed, blender.finish())
                pace.passed(batch.passed)

    def _blend(self, blender: Blender, batch: Batch) -> None:
        """Give the scores of a batch to the blender, tile by tile."""
        looks = self._predictor.looks([tile.pixels for tile in batch.tiles], self._job)
        for tile in batch.tiles:
            with self._watch.stage(NETWORK):
                scores = next(looks)
            with self._watch.stage(BLENDING):
                blender.add(tile, tile.index % len(self._plan.grid.col_starts), scores)

    def _about(self) -> dict[str, str]:
        """Return what changes pixels, in words."""
        grid, decision = self._plan.grid, self._decision
        own = {
            "raster": f"{grid.cols} x {grid.rows} pixels",
            "tiles": f"{grid.tile_cols} x {grid.tile_rows} pixels with padding {grid.padding}",
            "seams": f"{2 * self._parts.half} pixels",
            "classes": f"{decision.values} as {decision.dtype} without channels {decision.excluded}",
            "nodata": str(decision.nodata),
            "edges": str(decision.edges),
            "outputs": ", ".join(self._decider.bands),
            "batch size": str(self._predictor.arguments.batch_size),
            "processor": self._predictor.device.type,
        }
        return {**dict(self._place.about), **own}

    def _choose(self) -> dict[str, object]:
        """Return what the run chooses by itself: the arithmetic, after a trial on its first tiles, and the threads."""
        predictor, plan = self._predictor, self._plan
        if predictor.precision == "auto":
            tiles: list[Array] = []
            with closing(read_tiles(plan.source, plan.grid, plan.area, self._watch)) as parts:
                for part in parts:
                    tiles += [tile.pixels for tile in part[: TRIAL_TILES - len(tiles)]]
                    if len(tiles) == TRIAL_TILES:
                        break
            with self._watch.stage(NETWORK):
                predictor.try_precisions(tiles, self._job)
        return {"precision": predictor.precision, "threads": torch.get_num_threads()}
