"""Running an installer: its lines as they come, the bytes it fetched, a guard against a dead line, and cancel."""

from __future__ import annotations

import collections
import contextlib
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import InstallationError
from ..job import Job
from .faults import LOCKED_FILE, end_of, is_lock, sentence

POLL = 0.25
"""Seconds between two looks at cancel and at what was fetched."""

KEPT = 60
"""Last lines that are kept for the message."""

_HIDDEN: int = getattr(subprocess, "CREATE_NO_WINDOW", 0)
"""Keeps Windows from opening a black window."""


@dataclass(frozen=True)
class Watch:
    """What a command is measured by while it runs.

    Attributes:
        folders: Where bytes grow while it works.
        stall: Seconds without a byte and without a line after which it is given up.
        line: Told each line.
        grown: Told the bytes by which the folders grew.
    """

    folders: Sequence[Path]
    stall: float
    line: Callable[[str], None]
    grown: Callable[[int], None]


def follow(command: Sequence[str], environment: Mapping[str, str], watch: Watch, job: Job) -> list[str]:
    """Run a command to its end and return its last lines.

    Args:
        command: Program and arguments.
        environment: Its environment.
        watch: What it is measured by.
        job: Asked for a cancel several times a second.

    Raises:
        InstallationError: It does not start, fails, or stalls; the message says why and what helps.
        Cancelled: The user cancelled; the command is gone.
    """
    try:
        process = subprocess.Popen(  # nosec B603 # no shell
            list(command), env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace", creationflags=_HIDDEN,
        )  # fmt: skip
    except OSError as error:
        why = sentence([str(error)], f"{command[0]} cannot be started ({error.strerror})")
        raise InstallationError(LOCKED_FILE if is_lock(error) else why) from error
    lines: queue.Queue[str | None] = queue.Queue()
    threading.Thread(target=_read, args=(process, lines), daemon=True).start()
    try:
        last = _followed(lines, watch, job)
        code = process.wait(timeout=30)
    finally:
        _end(process)
    if code:
        raise InstallationError(end_of(code, last, Path(command[0]).name))
    return last


def size_of(folders: Sequence[Path]) -> int:
    """Return the bytes of all files below some folders; a file that has several names counts once."""
    total = 0
    met = set()
    stack = [str(folder) for folder in folders]
    while stack:
        with contextlib.suppress(OSError), os.scandir(stack.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    stack.append(entry.path)
                else:
                    with contextlib.suppress(OSError):
                        said = entry.stat(follow_symlinks=False)
                        if said.st_nlink < 2 or (said.st_dev, said.st_ino) not in met:
                            total += said.st_size
                            met.add((said.st_dev, said.st_ino))
    return total


def _followed(lines: queue.Queue[str | None], watch: Watch, job: Job) -> list[str]:
    """Pass lines on until they end; look at bytes, cancel and stall between them."""
    last: collections.deque[str] = collections.deque(maxlen=KEPT)
    begun = before = size_of(watch.folders)
    moved = looked = time.monotonic()
    while True:
        job.check()
        now = time.monotonic()
        with contextlib.suppress(queue.Empty):
            line = lines.get(timeout=POLL)
            if line is None:
                return list(last)
            moved = now
            last.append(line)
            watch.line(line)
            continue
        if now - looked > 4 * POLL:  # folders of many files are not walked more often than that
            looked, size = now, size_of(watch.folders)
            if size != before:
                moved, before = now, size
                watch.grown(max(0, size - begun))
        if now - moved > watch.stall:
            raise InstallationError(
                f"nothing came through the line for {watch.stall:.0f} seconds: check the network, or raise "
                "stall_seconds on a very slow one; the same run again goes on with what was fetched"
            )


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    """Put the lines of a process into the queue, and ``None`` at their end."""
    if process.stdout is not None:
        with contextlib.suppress(ValueError, OSError):
            for line in process.stdout:
                lines.put(line.rstrip())
    lines.put(None)


def _end(process: subprocess.Popen[str]) -> None:
    """End a process that still runs."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        with contextlib.suppress(OSError, ValueError):
            process.stdout.close()
