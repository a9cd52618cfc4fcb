"""Turns what an installer prints and writes into the progress of the run.

Standard library only, Python 3.9: this runs before there is an engine, in whatever Python there is.
"""

from __future__ import annotations

import collections
import re
import time
from pathlib import Path

from ..job import Job

_INSTALLED = ("lib/python*/site-packages/*.dist-info", "Lib/site-packages/*.dist-info")
_FETCHING = re.compile(r"^Downloading (\S+) \(([\d.]+) ?([kKMG]i?B)\)")
_FETCHED_ONE = re.compile(r"^\s*(?:Downloaded|Built) (\S+)")


class Progress:
    """Turns the lines of an installer, the bytes on the disk and the finished packages into the progress of the run."""

    def __init__(self, count: int, gigabytes: float, place: Path, job: Job) -> None:
        """Start before the first package.

        Args:
            count: Packages at most.
            gigabytes: What the environment will take.
            place: The environment.
            job: Told the progress.
        """
        self.count, self._bytes, self._place, self._job = max(1, count), gigabytes * 1e9, place, job
        self._done: set[str] = set()
        self._size = 0
        self._share = 0.0
        self._seen: collections.deque[tuple[float, int]] = collections.deque([(time.monotonic(), 0)], maxlen=12)

    def line(self, text: str) -> None:
        """Take one line of the installer; only what people can use is told."""
        if found := _FETCHING.match(text):
            self._job.message(f"fetching {found.group(1)}, {found.group(2)} {found.group(3)}")
        elif found := _FETCHED_ONE.match(text):
            self._done.add(found.group(1))
        elif text.startswith("Collecting"):
            self._done.add(text.split()[1])
        elif text.startswith(("Resolved", "Prepared", "Installed", "Using Python", "Using CPython")):
            self._job.message(text)
        else:
            return
        self._told()

    def grown(self, size: int) -> None:
        """Take the bytes that the folders grew by."""
        self._size = size
        self._seen.append((time.monotonic(), size))
        self._told()

    def _told(self) -> None:
        """Report the progress: it never goes back, and the last tenth is for the packages' own places."""
        installed = sum(1 for pattern in _INSTALLED for _ in self._place.glob(pattern))
        fetched = min(1.0, max(self._size / self._bytes, len(self._done) / self.count))
        share = max(0.9 * fetched, installed / self.count)
        self._share = max(self._share, min(1.0, share))
        (then, before), (now, size) = self._seen[0], self._seen[-1]
        rate = (size - before) / (now - then) / 1e6 if now > then else 0.0
        words = f"{max(installed, len(self._done))} of {self.count} done, {self._size / 1e9:.2f} GB written"
        speed = f", {rate:.0f} MB/s" if rate >= 1 else ""
        self._job.progress(0.05 + 0.85 * self._share, f"Installing packages, {words}{speed}")
