"""The folder in which a raster is worked on: a work file for each product, the journal, the choices of the run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from affine import Affine

from ..job import Job
from .blending import Parts
from .decision import CLASSES, Decider, Decision
from .journal import FinishedRow, Journal, Record, RunFacts, read_journal, require_same, sound_rows
from .preparation import RasterPlan
from .stages import Stopwatch
from .storing import RowStore, checksums
from .tiff_header import Layout
from .work_file import WorkFile, is_work_file

SETTLED = "run.json"
"""Name of the file with the choices of a run, shared by its shards."""


@dataclass(frozen=True)
class WorkPlace:
    """Where and how a raster is worked on.

    Attributes:
        folder: Work files and journal lie here; it exists.
        key: Hash of everything that changes pixels: model, raster, parameters.
        budget: Bytes that the carry between rows of tiles may take in memory.
        shard: Which part of the rows of tiles, counted from 0, of how many.
        blend: Mix the scores where tiles overlap; else each pixel is of the tile whose core holds it.
        about: What went into the key, names and texts, so that a refusal can name what differs.
    """

    folder: Path
    key: str
    budget: int = 256 * 2**20
    shard: tuple[int, int] = (0, 1)
    blend: bool = True
    about: tuple[tuple[str, str], ...] = ()

    def file(self, stem: str, suffix: str) -> Path:
        """Return where a file of this shard lies; the name of the only shard's has no number."""
        number, count = self.shard
        return self.folder / (f"{stem}{suffix}" if count == 1 else f"{stem}.{number + 1}of{count}{suffix}")


def shard_rows(rows: int, shard: tuple[int, int]) -> range:
    """Return the rows of tiles of a shard: as even a part as can be of all of them; it may be empty.

    Args:
        rows: Rows of tiles of the raster.
        shard: Number of the shard, counted from 0, and how many there are.
    """
    number, count = shard
    return range(rows * number // count, rows * (number + 1) // count)


class ShardFiles:
    """The files of one shard.

    Attributes:
        rows: Rows of tiles that become final in them.
        layouts: What each work file holds, by product; empty when the shard is.
        paths: Where each lies.
        journal: Where the journal lies.
    """

    def __init__(self, plan: RasterPlan, parts: Parts, decider: Decider, decision: Decision, place: WorkPlace) -> None:
        """Lay the files out; nothing is opened."""
        self.rows = shard_rows(len(plan.grid.row_starts), place.shard)
        self.journal = place.file("journal", ".jsonl")
        self._parts = parts.rows
        self.layouts: dict[str, Layout] = {}
        if self.rows:
            first, end = parts.rows[self.rows.start].begin, parts.rows[self.rows.stop - 1].end
            transform = plan.source.transform @ Affine.translation(0, first)
            for name, bands in decider.bands.items():
                dtype, nodata = ("float32", float("nan")) if name != CLASSES else (decision.dtype, decision.nodata)
                size = (end - first, plan.grid.cols, bands)
                self.layouts[name] = Layout(*size, dtype, nodata, transform, plan.source.crs)
        self.paths = {name: place.file(name, ".tif") for name in self.layouts}

    def recorded(self, facts: RunFacts | None) -> Record | None:
        """Return what the journal says; None when there is none. Without facts it may be of any run.

        Raises:
            OutputError: It is that of a different run.
        """
        record = read_journal(self.journal)
        if record is not None and facts is not None:
            require_same(facts, record.facts, self.journal)
        return record

    def proven(self, record: Record, job: Job) -> Record:
        """Return the part of a record that the work files bear out."""
        if not all(is_work_file(path, self.layouts[name]) for name, path in self.paths.items()):
            return Record(record.facts)
        count = sound_rows(record, self._sound)
        if count < len(record.rows):
            job.warn(f"{len(record.rows) - count} rows of tiles do not hold what was computed: they are done again")
        return Record(record.facts, record.rows[:count], min(count, record.synced))

    def store(self, record: Record, watch: Stopwatch, job: Job) -> RowStore:
        """Open the files behind the finished rows.

        Args:
            record: The finished rows; those to come are added.
            watch: Told how long is written.
            job: Told temporary names.

        Raises:
            OutputError: They cannot be written.
        """
        row = record.rows[-1].end if record.rows else 0
        files = {name: WorkFile(self.paths[name], layout, row) for name, layout in self.layouts.items()}
        return RowStore(files, Journal(self.journal, record, job), record, watch)

    def _sound(self, row: FinishedRow) -> bool:
        """Return whether the pixels of a finished row are what was computed."""
        begin = self._parts[row.row].begin - self._parts[self.rows.start].begin
        strips = {}
        for name, layout in self.layouts.items():
            with WorkFile(self.paths[name], layout, row.end) as file:
                strips[name] = file.read(begin, row.end)
        return checksums(strips) == row.sums
