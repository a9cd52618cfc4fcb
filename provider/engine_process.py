"""Starts the engine, turns its JSON lines into feedback, cancels it; the only file that spawns a process.

The child's standard input stays open as its life line: closing it, by us or by our death, makes the child stop.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
import time

from ..engine import files
from ..engine.errors import Cancelled, EngineError
from ..engine.job import PROTOCOL
from .engine_environment import PLUGIN_ROOT, EngineMissing, clean_environment, find_interpreter
from .run_records import Unrecorded

POLL = 0.1
"""Seconds between two looks at the cancel button."""

CLOCK = 20.0
"""Seconds between two lines of the log that differ in the time left only."""

PATIENCE = 2.0
"""Seconds that a cancelled engine has to stop by itself."""


class EngineFailed(EngineError):
    """The engine ended with a sentence of its own, or without one."""


def run_engine(
    tool: str, parameters: dict, feedback, interpreter: str = "", record=None, estimate: bool = False
) -> dict:
    """Run one tool in the engine's process and return its outputs.

    Args:
        tool: File name of the tool, such as ``detect_objects``.
        parameters: The request as plain data.
        feedback: QGIS's feedback; called from this thread only.
        interpreter: The Python that runs it; empty for the engine's own.
        record: A ``Recorder`` that hears what the engine says; None keeps nothing.
        estimate: Only tell what a run would take.

    Raises:
        EngineMissing: There is no engine, or it does not start.
        Cancelled: The user cancelled.
        EngineFailed: The run ended with an error; the text is for the user.
    """
    process = _start(interpreter or find_interpreter())
    run = _Run(process, feedback, record or Unrecorded())
    try:
        _send(process, {"protocol": PROTOCOL, "tool": tool, "parameters": parameters, "estimate": estimate})
        return run.follow()
    finally:
        _stop(process)
        run.sweep()


class _Run:
    """One child and what it has said so far."""

    def __init__(self, process, feedback, record):
        """Read both pipes in threads of their own: select does not work on pipes on Windows."""
        self.process = process
        self.feedback = feedback
        self.record = record
        self.lines: queue.Queue = queue.Queue()
        self.last_errors: collections.deque = collections.deque(maxlen=20)
        self.temporaries = []
        self.outcome = None
        self.subject, self.text, self.told = "", "", 0.0
        self.greeted = False
        self.readers = [
            threading.Thread(target=self._read, args=(pipe, name), daemon=True)
            for pipe, name in ((process.stdout, "out"), (process.stderr, "err"))
        ]
        for reader in self.readers:
            reader.start()

    def follow(self) -> dict:
        """Pass lines on until both pipes end, then return the outputs or raise."""
        open_pipes = len(self.readers)
        while open_pipes:
            self.record.beat()
            if self.feedback.isCanceled():
                raise Cancelled("Cancelled")
            with contextlib.suppress(queue.Empty):
                name, line = self.lines.get(timeout=POLL)
                if line is None:
                    open_pipes -= 1
                elif name == "err":
                    self._error_line(line)
                else:
                    self._line(line)
        self.process.wait()
        return self._result()

    def sweep(self) -> None:
        """Remove what the engine announced as temporary and did not remove itself."""
        for path in self.temporaries:
            if os.path.lexists(path):
                files.remove(files.Path(path))

    def _read(self, pipe, name) -> None:
        """Put the lines of a pipe into the queue, and ``None`` at its end."""
        with contextlib.suppress(ValueError, OSError):
            for line in pipe:
                self.lines.put((name, line.rstrip("\r\n")))
        self.lines.put((name, None))

    def _error_line(self, line: str) -> None:
        """Keep a line of standard error for the message of a crash, and show it in the log."""
        if line.strip():
            self.last_errors.append(line)
            self.feedback.pushDebugInfo(line)

    def _line(self, line: str) -> None:
        """Act on one line of the protocol; what is no JSON is a library's print."""
        try:
            said = json.loads(line)
            kind = said["type"]
        except (ValueError, KeyError, TypeError):
            self.feedback.pushDebugInfo(line)
            return
        self.record.heard(said)
        if kind == "hello":
            self.greeted = True
            if said.get("protocol") != PROTOCOL:
                raise EngineMissing(
                    f"the engine speaks protocol {said.get('protocol')} and the plugin {PROTOCOL}: install one version"
                )
        elif kind == "progress":
            self.feedback.setProgress(said["value"])
            self._progress_text(said["text"])
        elif kind == "message":
            self.feedback.pushInfo(said["text"])
        elif kind == "warning":
            self.feedback.pushWarning(said["text"])
        elif kind == "temporary":
            self.temporaries.append(said["path"])
        elif kind in ("result", "error"):
            self.outcome = said

    def _progress_text(self, text: str) -> None:
        """Show what is being done when that changes; the log keeps every line, so a clock in it moves slowly."""
        if hasattr(self.feedback, "show_step"):
            self.feedback.show_step(text)
        now = time.monotonic()
        subject = text.partition(",")[0]
        if subject != self.subject or (text != self.text and now - self.told > CLOCK):
            self.subject, self.text, self.told = subject, text, now
            self.feedback.setProgressText(text)

    def _result(self) -> dict:
        """Return the outputs, or raise what the engine said, or what its death says."""
        if self.outcome is None:
            raise EngineFailed(self._death()) if self.greeted else EngineMissing(self._stillbirth())
        if self.outcome["type"] == "error":
            raise EngineFailed(self.outcome["text"])
        return self.outcome["outputs"]

    def _death(self) -> str:
        """Say how a started engine ended without a word."""
        code = self.process.returncode
        if code == -getattr(signal, "SIGKILL", 9):
            return "the engine was killed (signal 9), probably because memory ran out: use smaller tiles or batches"
        last = f"; its last words: {self.last_errors[-1]}" if self.last_errors else ""
        how = f"crashed (signal {-code})" if code < 0 else f"ended without a result (exit code {code})"
        return f"the engine {how}{last}"

    def _stillbirth(self) -> str:
        """Say why the engine did not even start."""
        last = self.last_errors[-1] if self.last_errors else f"exit code {self.process.returncode}"
        return (
            f"the engine's Python {self.process.args[0]} does not run the engine ({last}): "
            "choose another one or set up its environment again"
        )


def _start(interpreter: str):
    """Start the engine with pipes on all sides, apart from QGIS's own signals and windows."""
    if os.name == "nt":
        apart = {"creationflags": subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP}
    else:
        apart = {"start_new_session": True}
    try:
        return subprocess.Popen(  # nosec B603 # no shell
            [interpreter, "-m", "engine", "worker"],
            cwd=PLUGIN_ROOT,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            **apart,
        )
    except OSError as error:
        raise EngineMissing(
            f"the engine's Python {interpreter} cannot be started ({error.strerror}): choose another one"
        ) from error


def _send(process, request: dict) -> None:
    """Write the request as one line; a child that is already dead is told of by ``follow``."""
    with contextlib.suppress(OSError):
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()


def _stop(process) -> None:
    """Cut the life line, wait a little, then kill; close the pipes."""
    with contextlib.suppress(OSError):
        process.stdin.close()
    try:
        process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        _kill(process)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        with contextlib.suppress(OSError, ValueError):
            pipe.close()


def _kill(process) -> None:
    """Kill the engine and whatever it has started."""
    if os.name == "nt":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
