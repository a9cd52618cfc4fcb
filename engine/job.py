"""A run as the person who waits for it sees it: progress, messages, cancel.

``Job`` is silent and keeps what it was told, which is what tests and notebooks want; ``JsonJob`` speaks the line
protocol that the QGIS side reads (one JSON object a line on standard output, see ``PROTOCOL``).
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sized
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO, TypeVar

from .errors import Cancelled, EngineError

PROTOCOL = 1
"""Version of the line protocol; both sides refuse another one."""

T = TypeVar("T")


class Job:
    """Collects messages and answers whether the run was cancelled.

    Attributes:
        messages: Lines told to the user, in order.
        warnings: Warnings told to the user, in order.
        points: Points of the learning curve, in order.
    """

    def __init__(self) -> None:
        """Start with nothing said and nothing cancelled."""
        self.messages: list[str] = []
        self.warnings: list[str] = []
        self.points: list[dict[str, Any]] = []
        self._cancelled = threading.Event()
        self._called: dict[str, str] = {}

    def message(self, text: str) -> None:
        """Tell the user one line."""
        self._told("message", self._in_their_words(text), self.messages)

    def warn(self, text: str) -> None:
        """Tell the user something that was mended or may surprise."""
        self._told("warning", self._in_their_words(text), self.warnings)

    @contextmanager
    def calling(self, names: Mapping[str, str]) -> Iterator[None]:
        """Call temporary files what the user calls what is in them, in all messages and errors of a block.

        Args:
            names: Path as it stands in messages, to the user's words.
        """
        before, self._called = self._called, {**self._called, **names}
        try:
            yield
        except EngineError as error:
            text = self._in_their_words(str(error))
            if text == str(error):
                raise
            raise type(error)(text) from error
        finally:
            self._called = before

    def progress(self, fraction: float, text: str = "") -> None:
        """Report how far the whole run is.

        Args:
            fraction: 0..1.
            text: What is being done now; empty keeps the last text.
        """

    def curve(self, point: Mapping[str, Any]) -> None:
        """Report a point of the learning curve of a training.

        Args:
            point: ``epoch`` (1 for the first), ``epochs`` (most there will be; None when time decides), ``loss``,
                ``valid_loss``, ``metrics`` (name to value), ``metric`` (name of the one that is watched) and ``best``
                (the epoch whose state is kept so far). Numbers that are not finite are None.
        """
        self.points.append(dict(point))

    def temporary(self, path: str | os.PathLike[str]) -> Path:
        """Announce a temporary file or folder before it is made, so that it is swept even after a kill."""
        return Path(path)

    def _in_their_words(self, text: str) -> str:
        """Return a text with the user's names of temporary files."""
        for path, words in self._called.items():
            text = text.replace(path, words)
        return text

    def _told(self, kind: str, text: str, lines: list[str]) -> None:
        """Keep what the user is told; children send it on.

        Args:
            kind: ``message`` or ``warning``.
            text: What is told.
            lines: What was told of this kind.
        """
        lines.append(text)

    def cancel(self) -> None:
        """Ask the run to stop at its next step."""
        self._cancelled.set()

    def check(self) -> None:
        """Stop here if the user cancelled.

        Raises:
            Cancelled: The user cancelled the run.
        """
        if self._cancelled.is_set():
            raise Cancelled("cancelled by the user; nothing was written")

    def track(
        self, items: Iterable[T], label: str, total: int | None = None, start: float = 0.0, end: float = 1.0
    ) -> Iterator[T]:
        """Yield the items, reporting progress and looking for a cancel before each.

        Args:
            items: What is worked on.
            label: What is being done, for the progress text.
            total: Number of items, when ``items`` does not know it.
            start: Share of the whole run that is done before the first item, 0..1.
            end: Share of the whole run that is done after the last item, 0..1.
        """
        count = total if total is not None else len(items) if isinstance(items, Sized) else 0
        self.progress(start, label)
        for index, item in enumerate(items):
            self.check()
            yield item
            if count:
                self.progress(start + (end - start) * min(1.0, (index + 1) / count), label)


class JsonJob(Job):
    """Speaks the line protocol on a text stream.

    Lines: ``hello`` (protocol), ``progress`` (value 0..100, text), ``message``, ``warning``, ``curve`` (a point of the
    learning curve), ``temporary`` (path), ``result`` (outputs), ``error`` (text, kind, code). Readers pass over types
    that they do not know.
    """

    def __init__(self, stream: TextIO) -> None:
        """Speak on ``stream``, which must carry nothing else."""
        super().__init__()
        self._stream = stream
        self._lock = threading.Lock()
        self._last = (-1, "")
        self._send("hello", protocol=PROTOCOL, pid=os.getpid())

    def _told(self, kind: str, text: str, lines: list[str]) -> None:
        """Send one line for the user."""
        super()._told(kind, text, lines)
        self._send(kind, text=text)

    def progress(self, fraction: float, text: str = "") -> None:
        """Send the progress when it moved by at least a tenth of a percent or its text changed."""
        permille = round(max(0.0, min(1.0, fraction)) * 1000)
        text = text or self._last[1]
        if (permille, text) != self._last:
            self._last = (permille, text)
            self._send("progress", value=permille / 10, text=text)

    def curve(self, point: Mapping[str, Any]) -> None:
        """Send a point of the learning curve."""
        super().curve(point)
        self._send("curve", **point)

    def temporary(self, path: str | os.PathLike[str]) -> Path:
        """Tell the parent a temporary name, which it sweeps if this process dies."""
        self._send("temporary", path=str(path))
        return Path(path)

    def result(self, outputs: dict[str, str]) -> None:
        """Send what the run wrote: output name to path or value."""
        self._send("result", outputs=outputs)

    def error(self, text: str, kind: str, code: int) -> None:
        """Send the one sentence that ends the run."""
        self._send("error", text=text, kind=kind, code=code)

    def _send(self, message_type: str, /, **fields: Any) -> None:
        """Write one line; a parent that is gone is noticed by the life line, not here."""
        line = json.dumps({"type": message_type, **fields}, ensure_ascii=True)
        with self._lock:
            try:
                self._stream.write(line + "\n")
                self._stream.flush()
            except (BrokenPipeError, ValueError):
                self._cancelled.set()


class ConsoleJob(Job):
    """Speaks to a person at a terminal: messages and warnings as lines, progress as one rewritten line."""

    def __init__(self, stream: TextIO) -> None:
        """Speak on ``stream``; progress is shown only when it is a terminal."""
        super().__init__()
        self._stream = stream
        self._live = stream.isatty()

    def _told(self, kind: str, text: str, lines: list[str]) -> None:
        """Print one line."""
        super()._told(kind, text, lines)
        self._line(text if kind == "message" else f"{kind}: {text}")

    def progress(self, fraction: float, text: str = "") -> None:
        """Rewrite the progress line."""
        if self._live:
            self._stream.write(f"\r\x1b[K{fraction:6.1%} {text}")
            self._stream.flush()

    def _line(self, text: str) -> None:
        """Print a whole line over the progress line."""
        self._stream.write(f"\r\x1b[K{text}\n" if self._live else text + "\n")
        self._stream.flush()
