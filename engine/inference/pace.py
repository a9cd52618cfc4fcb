"""Progress over the tiles of a run, the time it will take, and its tiles in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..job import Job
from .reading import Section, Tile
from .stages import Stopwatch

NETWORK_SHARE = 0.9
"""Share of the whole run that the network takes, for the progress."""

ESTIMATE_AFTER = 8
"""Tiles after which the time of the run is foretold."""


class Pace:
    """Progress over all rasters of a run, and the time it will take."""

    def __init__(
        self, tiles: int, watch: Stopwatch, job: Job, doing: str = "Detecting objects", thing: str = "tile"
    ) -> None:
        """Start before the first tile.

        Args:
            tiles: Tiles of all rasters.
            watch: The run's clock.
            job: Told the progress.
            doing: What is done with the tiles, in words.
            thing: What a tile is called.
        """
        self._thing = thing
        self._tiles = max(1, tiles)
        self._done = 0
        self._watch = watch
        self._job = job
        self._doing = doing
        self._mark: tuple[int, float] | None = None
        self._told = tiles < 2 * ESTIMATE_AFTER

    def skipped(self, tiles: int) -> None:
        """Count tiles as done that took no time: an earlier run had computed them."""
        self._done += tiles
        self._mark = None

    def passed(self, tiles: int) -> None:
        """Count tiles as done and look for a cancel.

        Raises:
            Cancelled: The user cancelled the run.
        """
        self._job.check()
        self._done += tiles
        self._job.progress(NETWORK_SHARE * min(1.0, self._done / self._tiles), self._doing)
        if self._told or not self._done:
            return
        now = self._watch.total()
        if self._mark is None:
            self._mark = (self._done, now)
        elif self._done - self._mark[0] >= ESTIMATE_AFTER:
            pace = (now - self._mark[1]) / (self._done - self._mark[0])
            left = pace * (self._tiles - self._done)
            one = f"{'an' if self._thing[0] in 'aeiou' else 'a'} {self._thing}"
            count = self._tiles - self._done
            self._job.message(f"{pace:.2g} s {one}: about {_duration(left)} left for {count} {self._thing}s")
            self._told = True


@dataclass(frozen=True)
class Batch:
    """Neighbouring tiles of one row of tiles that go to the network together.

    Attributes:
        row: Their row of tiles.
        tiles: Those with a valid pixel; there may be none.
        passed: Tiles of the grid that are done with this batch, those without a valid pixel included.
        begins_row: Whether the row of tiles begins with it.
        ends_row: Whether the row of tiles ends with it.
    """

    row: int
    tiles: list[Tile]
    passed: int
    begins_row: bool
    ends_row: bool


def batches(parts: Iterable[tuple[Section, list[Tile]]], size: int, columns: int) -> Iterator[Batch]:
    """Yield batches that never cross a row of tiles, so that they depend on nothing but their row.

    Args:
        parts: What was read, as ``read_tiles`` yields it, with its section.
        size: Tiles in a batch.
        columns: Tiles in a row of tiles.
    """
    waiting: list[Tile] = []
    counted = 0
    for section, tiles in parts:
        for tile in tiles:
            if len(waiting) == size:
                here = tile.index % columns
                yield Batch(section.row, waiting, here - counted, not counted, False)
                waiting, counted = [], here
            waiting.append(tile)
        if section.last == columns:
            yield Batch(section.row, waiting, columns - counted, not counted, True)
            waiting, counted = [], 0


def _duration(seconds: float) -> str:
    """Return a time in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
