"""The runs of this user: one file of JSON lines a run in the profile folder, written while it goes on.

The first line says what was started, the last one how it ended; between them stand progress, messages, warnings and
points of the learning curve. Lines are only ever added, by one writer, so runs of several QGIS windows and of
``qgis_process`` never meet. A record must never spoil its run: a folder that cannot be written to keeps none.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import time
import uuid
from datetime import datetime

from qgis.core import QgsApplication

from ..engine.errors import Cancelled

RUNNING, DONE, FAILED, CANCELLED, INTERRUPTED = "running", "done", "failed", "cancelled", "interrupted"

MOST_RUNS = 200
"""Records that are kept; older ones are removed."""
MOST_BYTES = 512 * 1024
"""Size of a record from which on it takes no more progress and messages."""
PROGRESS_SECONDS = 1.0
"""Least time between two lines of progress."""
BEAT_SECONDS = 10.0
"""Time between two signs of life."""

LISTENERS = []
"""Called with the path of a record when its run begins and when it ends, in the thread of the run."""

_SECRETS = (
    (re.compile(r"(://)[^/\s]+@"), r"\1…@"),
    (re.compile(r"(password=)('[^']*'|\"[^\"]*\"|\S+)", re.IGNORECASE), r"\1…"),
)


def folder() -> str:
    """Return the folder of the records, in the user's profile."""
    return os.path.join(QgsApplication.qgisSettingsDirPath(), "imagery_deep_learning", "runs")


class Recorder:
    """Writes the record of one run; used as a context manager around it.

    Attributes:
        path: The record; empty when none can be kept.
        outputs: What the run returned; set before the block ends.
        started: When the run began.
    """

    def __init__(self, tool, title, parameters, given, subject=""):
        """Begin a record.

        Args:
            tool: File name of the tool.
            title: Its title.
            parameters: The request as plain data.
            given: Values with which the tool's dialog can be filled again.
            subject: What it works on, for people.
        """
        self.path, self.outputs = "", {}
        self._file, self._size, self._told, self._beaten = None, 0, 0.0, 0.0
        self._began, self.started = time.monotonic(), datetime.now().astimezone()
        self._open()
        self._write(
            kind="begin",
            tool=tool,
            title=title,
            subject=subject,
            parameters=parameters,
            given=given,
            started=self.started.isoformat(timespec="seconds"),
            pid=os.getpid(),
            host=socket.gethostname(),
        )

    def __enter__(self):
        """Tell the listeners of the run."""
        self._tell()
        return self

    def __exit__(self, kind, error, trace):
        """Write how the run ended and tell the listeners."""
        state = DONE if kind is None else CANCELLED if issubclass(kind, Cancelled) else FAILED
        seconds = round(time.monotonic() - self._began, 1)
        self._write(
            kind="end", state=state, outputs=self.outputs, error="" if error is None else str(error), seconds=seconds
        )
        if self._file is not None:
            self._file.close()
            self._file = None
        self._tell()

    def heard(self, said):
        """Keep a line that the engine said.

        Args:
            said: The line of the protocol; other types than progress, message, warning and curve are passed over.
        """
        kind, now = said.get("type"), time.monotonic()
        if kind == "curve":
            self._write(**{**said, "kind": kind})
        elif kind in ("message", "warning") and self._size < MOST_BYTES:
            self._write(kind=kind, text=said.get("text", ""))
        elif kind == "progress" and self._size < MOST_BYTES and now - self._told >= PROGRESS_SECONDS:
            self._told = now
            self._write(kind=kind, value=said.get("value", 0), text=said.get("text", ""))

    def beat(self):
        """Give a sign of life, so that the record of a dead process is told from that of a silent one."""
        now = time.monotonic()
        if self.path and now - self._beaten >= BEAT_SECONDS:
            self._beaten = now
            with contextlib.suppress(OSError):
                os.utime(self.path)

    def _open(self):
        """Open a new record and remove the oldest ones."""
        place = folder()
        name = f"{datetime.now():%Y%m%d-%H%M%S-%f}-{uuid.uuid4().hex[:6]}.jsonl"
        with contextlib.suppress(OSError):
            os.makedirs(place, exist_ok=True)
            # stays open for the length of the run
            self._file = open(os.path.join(place, name), "x", encoding="utf-8")  # noqa: SIM115
            self.path = self._file.name
            records = sorted(entry for entry in os.listdir(place) if entry.endswith(".jsonl"))
            for old in records[:-MOST_RUNS]:
                with contextlib.suppress(OSError):
                    os.remove(os.path.join(place, old))

    def _write(self, **line):
        """Add a line."""
        if self._file is None:
            return
        text = json.dumps(without_secrets(line), default=str) + "\n"
        with contextlib.suppress(OSError, ValueError):
            self._file.write(text)
            self._file.flush()
            self._size += len(text)

    def _tell(self):
        """Tell the listeners."""
        for listener in list(LISTENERS):
            if self.path:
                listener(self.path)


class Unrecorded:
    """Stands for a recorder where no record is wanted."""

    def heard(self, said):
        """Pass over a line."""

    def beat(self):
        """Give no sign of life."""


def without_secrets(value):
    """Return plain data without the users and passwords of addresses and connections."""
    if isinstance(value, dict):
        return {key: without_secrets(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_secrets(part) for part in value]
    if isinstance(value, str):
        for pattern, instead in _SECRETS:
            value = pattern.sub(instead, value)
    return value
