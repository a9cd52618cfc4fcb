"""The records of ``run_records`` as they are read: a list of runs with their states."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import time
from dataclasses import dataclass, field
from datetime import datetime

from .run_records import CANCELLED, DONE, FAILED, INTERRUPTED, RUNNING, folder

SILENT_SECONDS = 60.0
"""A run without a sign of life for so long is interrupted."""


@dataclass
class RunRecord:
    """One run.

    Attributes:
        path: The record's file.
        tool: File name of the tool.
        title: Its title.
        subject: What it works on, for people; may be empty.
        parameters: The request as plain data.
        given: Values with which the tool's dialog can be filled again.
        started: When it began.
        state: One of the states of ``run_records``.
        seconds: How long it took, so far while it goes on.
        progress: 0..100.
        text: What is being done now.
        log: Kind (``message`` or ``warning``) and text of each line.
        curve: Points of the learning curve, one an epoch.
        outputs: What the run returned.
        error: The sentence of a failed run.
    """

    path: str
    tool: str
    title: str
    subject: str
    parameters: dict
    given: dict
    started: datetime
    state: str = INTERRUPTED
    seconds: float = 0.0
    progress: float = 0.0
    text: str = ""
    log: list = field(default_factory=list)
    curve: list = field(default_factory=list)
    outputs: dict = field(default_factory=dict)
    error: str = ""


class RunList:
    """The runs of this user, newest first; files that did not change are not read again."""

    def __init__(self):
        """Start with nothing read."""
        self._known = {}

    def runs(self):
        """Return the records; what cannot be read is passed over."""
        place, known = folder(), {}
        with contextlib.suppress(OSError):
            for name in sorted(os.listdir(place), reverse=True):
                if name.endswith(".jsonl"):
                    path = os.path.join(place, name)
                    record = self._record(path)
                    if record is not None:
                        known[path] = record
        self._known = known
        return [record for _, record in known.values()]

    def _record(self, path):
        """Return the stamp of a file and its run; None when it holds none."""
        try:
            about = os.stat(path)
        except OSError:
            return None
        stamp = (about.st_size, about.st_mtime_ns)
        held = self._known.get(path)
        if held is not None and held[0] == stamp and held[1].state != RUNNING:
            return held
        run = read_run(path)
        return None if run is None else (stamp, run)


def read_run(path):
    """Return the run of a record; lines that are damaged are passed over; None without a beginning.

    Args:
        path: The record's file.
    """
    begin, run = {}, None
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                said = _parsed(line)
                if run is None:
                    begin, run = said, _begun(path, said)
                else:
                    _take(run, said)
        changed = os.stat(path).st_mtime
    except OSError:
        return None
    if run is not None and run.state == INTERRUPTED:
        if _alive(begin, changed):
            run.state, changed = RUNNING, time.time()
        run.seconds = max(0.0, changed - run.started.timestamp())
    return run


def _parsed(line):
    """Return a line as a dictionary; an empty one for a damaged line."""
    try:
        said = json.loads(line)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _begun(path, said):
    """Return the run that a first line tells of; None when it is none."""
    try:
        started = datetime.fromisoformat(said["started"])
        texts = [str(said[name]) for name in ("tool", "title", "subject")]
        return RunRecord(path, *texts, dict(said["parameters"]), dict(said["given"]), started)
    except (KeyError, ValueError, TypeError):
        return None


def _take(run, said):
    """Add a line to a run."""
    kind = said.get("kind")
    if kind == "progress":
        run.progress, run.text = _number(said.get("value")), str(said.get("text", ""))
    elif kind in ("message", "warning"):
        run.log.append((kind, str(said.get("text", ""))))
    elif kind == "curve" and isinstance(said.get("epoch"), (int, float)):
        run.curve = [point for point in run.curve if point["epoch"] < said["epoch"]] + [said]
    elif kind == "end" and said.get("state") in (DONE, FAILED, CANCELLED):
        run.state, run.error = said["state"], str(said.get("error", ""))
        run.outputs = said["outputs"] if isinstance(said.get("outputs"), dict) else {}
        run.seconds = _number(said.get("seconds"))
        run.progress = 100.0 if run.state == DONE else run.progress


def _number(value):
    """Return a number, 0 for anything else."""
    return float(value) if isinstance(value, (int, float)) else 0.0


def _alive(begin, changed):
    """Return whether the process of a run without an end lives: it gave a sign of life, and it is there."""
    if time.time() - changed > SILENT_SECONDS:
        return False
    if os.name == "nt" or begin.get("host") != socket.gethostname():
        return True
    try:
        os.kill(int(begin["pid"]), 0)
    except ProcessLookupError:
        return False
    except (PermissionError, KeyError, ValueError):
        return True
    return True


def remove(run):
    """Remove a run's record; its outputs stay.

    Args:
        run: A run that does not go on.
    """
    with contextlib.suppress(OSError):
        os.remove(run.path)
