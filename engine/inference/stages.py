"""Where the time of a run goes: seconds worked and waited by stage, for the manifest and the line at the end."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

READING, WAITING, NETWORK, COLLECTING, MERGING, WRITING = (
    "reading",
    "waiting for the raster",
    "network",
    "collecting",
    "merging",
    "writing",
)
"""Stages of a detection run; all but ``READING``, which readers do meanwhile, follow one another."""

BLENDING, STORING, WAITING_FOR_DISK = "blending", "storing rows", "waiting for the disk"
"""Further stages of a run that classifies pixels; ``STORING`` is done by its writer meanwhile."""

_MEANWHILE = (READING, STORING)


class Stopwatch:
    """Adds up the seconds of named stages; any thread may add to it."""

    def __init__(self) -> None:
        """Start the run's own clock."""
        self._seconds: dict[str, float] = {}
        self._lock = threading.Lock()
        self._started = time.perf_counter()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time that the block takes to a stage."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - started)

    def add(self, name: str, seconds: float) -> None:
        """Add seconds to a stage."""
        with self._lock:
            self._seconds[name] = self._seconds.get(name, 0.0) + seconds

    def seconds(self, name: str) -> float:
        """Return the seconds of one stage so far."""
        return self._seconds.get(name, 0.0)

    def total(self) -> float:
        """Return the seconds since the start."""
        return time.perf_counter() - self._started

    def report(self, readers: int) -> dict[str, object]:
        """Return the timings of the run.

        Args:
            readers: How many threads read.

        Returns:
            ``seconds`` and ``seconds_by_stage``; ``share_waited``: which share of the run the network waited for the
            raster, and which share the readers waited for the network.
        """
        total = max(self.total(), 1e-9)
        worked = self.seconds(WAITING) + sum(
            self.seconds(name) for name in (NETWORK, COLLECTING, BLENDING, WAITING_FOR_DISK)
        )
        reader_share = 1.0 - self.seconds(READING) / (max(1, readers) * max(worked, 1e-9))
        return {
            "seconds": round(total, 3),
            "seconds_by_stage": {name: round(seconds, 3) for name, seconds in sorted(self._seconds.items())},
            "share_waited": {
                "network for the raster": round(self.seconds(WAITING) / total, 4),
                "readers for the network": round(min(1.0, max(0.0, reader_share)), 4),
            },
        }

    def bottleneck(self) -> str:
        """Return one line: what the run spent most time on."""
        stages = {name: seconds for name, seconds in self._seconds.items() if name not in _MEANWHILE}
        if not stages:
            return "nothing was computed"
        slowest = max(stages, key=lambda name: stages[name])
        total = max(self.total(), 1e-9)
        return (
            f"bottleneck: {slowest} ({stages[slowest] / total:.0%} of {total:.1f} s); "
            f"the network waited {self.seconds(WAITING) / total:.0%} of the time for the raster"
        )
