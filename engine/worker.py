"""The engine as QGIS's child: one JSON request in, JSON lines out, standard input as life line.

Descriptor 1 is copied for the protocol and then pointed at standard error, so that no print of a library can spoil it.
When standard input ends, the run is cancelled and stops at its next step; a watchdog ends the process soon after, also
in the middle of a long step. The parent was told every temporary name first and sweeps what a sudden end leaves.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from typing import NoReturn

from .job import JsonJob
from .outcome import CANCELLED, Outcome, attempt
from .run import answer

PATIENCE = 1.5
"""Seconds between the end of standard input and the end of the process."""


def main() -> NoReturn:
    """Serve one request and end the process with its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    protocol = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8")
    os.dup2(2, 1)
    line = sys.stdin.buffer.raw.readline()  # type: ignore[union-attr,unused-ignore]
    job = JsonJob(protocol)
    threading.Thread(target=_hold_life_line, args=(job,), daemon=True).start()
    outcome = attempt(lambda: answer(json.loads(line), job))
    _report(job, outcome)
    sys.stderr.flush()
    os._exit(outcome.code)


def _hold_life_line(job: JsonJob) -> None:
    """Wait for the end of standard input, then cancel, then end the process."""
    while os.read(0, 1024):
        pass
    job.cancel()
    time.sleep(PATIENCE)
    os._exit(CANCELLED)


def _report(job: JsonJob, outcome: Outcome) -> None:
    """Send the last line of the protocol."""
    if outcome.error:
        job.error(outcome.error, outcome.kind, outcome.code)
    else:
        job.result(outcome.outputs)
