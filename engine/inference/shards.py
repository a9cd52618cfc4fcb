"""Shards of a raster put together: the finished work files of contiguous rows of tiles become one.

Each shard computes the row of tiles above its first once more, for what that carries down, so the shards' pixels are
those of one straight run, and so are the bytes of the merged file.
"""

from __future__ import annotations

from dataclasses import replace

from ..errors import OutputError
from ..job import Job
from .blending import Parts, seam_half
from .classifying import Classified, WorkPlace
from .decision import Decider, Decision, Products
from .journal import Record, same_settled
from .locking import working_alone
from .preparation import RasterPlan
from .seam_score import seam_score
from .tiff_header import BLOCK
from .work_file import WorkFile, is_work_file
from .work_place import ShardFiles


def merge_shards(
    plan: RasterPlan, decision: Decision, products: Products, place: WorkPlace, reach: int | None, job: Job
) -> Classified:
    """Return one finished work file of each product; see ``classify_raster``, which made the shards.

    Args:
        plan: The raster and its tiles.
        decision: How scores became a class.
        products: What was written.
        place: The folder; ``shard`` is any of the shards.
        reach: The network's, as the predictor has it.
        job: Asked for a cancel.

    Raises:
        OutputError: A shard is missing or unfinished, the shards are not of one run, another process merges them, or
            the disk is full.
    """
    parts, decider = Parts(plan.grid, seam_half(plan.grid, place.blend, reach)), Decider(decision, products)
    count = place.shard[1]
    shards = [
        ShardFiles(plan, parts, decider, decision, replace(place, shard=(number, count))) for number in range(count)
    ]
    records = [_finished(shard) for shard in shards if shard.rows]
    facts = [record.facts for record in records]
    if len({each.key for each in facts}) > 1 or same_settled(facts):
        raise OutputError(f"the shards in {place.folder} are not of one run: remove it and run them all again")
    whole = ShardFiles(plan, parts, decider, decision, replace(place, shard=(0, 1)))
    with working_alone(place.folder / "lock"):
        for name, layout in whole.layouts.items():
            with WorkFile(whole.paths[name], layout) as target:
                for shard in shards:
                    if shard.rows:
                        _copy(shard, name, target, job)
                target.sync()
        seam = seam_score(whole, plan.grid, decision.nodata) if products.classes else None
    tiles = sum(row.tiles for record in records for row in record.rows)
    chosen = facts[0].settled
    return Classified(whole.paths, tiles, len(whole.rows), 0, seam, chosen["precision"], chosen["threads"])


def _finished(shard: ShardFiles) -> Record:
    """Return what a shard's journal says; refuse one that is not finished."""
    record = shard.recorded(None)
    whole = all(is_work_file(path, shard.layouts[name]) for name, path in shard.paths.items())
    done = 0 if record is None else len(record.rows)
    if record is None or done < len(shard.rows) or not whole:
        raise OutputError(
            f"{shard.journal} has {done} of {len(shard.rows)} rows of tiles: run that shard to its end, then merge"
        )
    return record


def _copy(shard: ShardFiles, name: str, target: WorkFile, job: Job) -> None:
    """Append the rows of a shard to the merged file."""
    layout = shard.layouts[name]
    with WorkFile(shard.paths[name], layout, layout.rows) as source:
        for first in range(0, layout.rows, BLOCK):
            job.check()
            target.append(source.read(first, min(layout.rows, first + BLOCK)))
