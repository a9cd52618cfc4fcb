"""The journal of a run: JSON lines that say which tile rows are finished, with what, and what their pixels add up to.

The first line says of what run it is. A line for each finished row of tiles follows as soon as its pixels are with the
operating system, a line ``synced`` when they are on the disk. So after a kill at most the row in work is lost; after a
power cut the rows behind the last ``synced`` are proven by their checksums. A torn last line does not count.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from ..errors import OutputError
from ..files import replaced
from ..job import Job
from .work_file import refused, write_bytes

VERSION = 1


@dataclass(frozen=True)
class RunFacts:
    """What every part of a run must have in common.

    Attributes:
        key: Hash of all that changes pixels.
        about: What went into the key, name to text; names what differs when a key does.
        settled: What the run chose by itself: ``precision`` and ``threads``.
    """

    key: str
    about: dict[str, str]
    settled: dict[str, Any]


@dataclass(frozen=True)
class FinishedRow:
    """A finished row of tiles.

    Attributes:
        row: The row of tiles.
        end: Behind the last finished raster row.
        at_once: Tiles worked on at once when the row was begun.
        tiles: Tiles that were computed in it.
        sums: CRC-32 of the row's pixels, by product.
    """

    row: int
    end: int
    at_once: int
    tiles: int
    sums: dict[str, int]


@dataclass
class Record:
    """What a journal says.

    Attributes:
        facts: Of what run.
        rows: Finished rows of tiles, in order.
        synced: How many of them are on the disk for certain.
    """

    facts: RunFacts
    rows: list[FinishedRow] = field(default_factory=list)
    synced: int = 0


def read_journal(path: Path) -> Record | None:
    """Return what a journal says; None when there is none, or not even its first line is whole."""
    try:
        lines = path.read_bytes().split(b"\n")[:-1]  # behind the last line end is nothing, or a torn line
    except FileNotFoundError:
        return None
    record: Record | None = None
    for line in lines:
        try:
            entry = json.loads(line)
            if record is None:
                record = _started(entry)
            elif "synced" in entry:
                record.synced = min(int(entry["synced"]), len(record.rows))
            else:
                record.rows.append(FinishedRow(**entry))
        except (ValueError, TypeError, KeyError):
            break
    return record


def sound_rows(record: Record, sound: Callable[[FinishedRow], bool]) -> int:
    """Return how many rows of a journal can be relied on.

    Rows that may not have reached the disk are proven one by one, and the last that has; where even that is not there,
    the one before, and so on.

    Args:
        record: The journal.
        sound: Whether the pixels of a row add up to what the journal says.
    """
    first = max(0, record.synced - 1)
    count = first
    while count < len(record.rows) and sound(record.rows[count]):
        count += 1
    while count == first and first > 0:
        first -= 1
        count = first + sound(record.rows[first])
    return count


def differences(facts: RunFacts, other: RunFacts) -> list[str]:
    """Return what another run did otherwise, in words."""
    names = sorted({*facts.about, *other.about})
    found = [name for name in names if facts.about.get(name) != other.about.get(name)]
    words = [
        f"{name} {other.about.get(name, 'nothing')} there, {facts.about.get(name, 'nothing')} here" for name in found
    ]
    return words or (["what it was made from"] if facts.key != other.key else [])


def require_same(facts: RunFacts, other: RunFacts, path: Path) -> None:
    """Refuse to go on with a different run.

    Raises:
        OutputError: Something differs that changes pixels; the message says what.
    """
    found = differences(facts, other)
    if found:
        raise OutputError(
            f"{path.parent} holds the unfinished work of another run ({'; '.join(found)}): "
            "run that again to finish it, choose another output, or remove the folder"
        )


class Journal:
    """A journal that is written; one thread at a time."""

    def __init__(self, path: Path, record: Record, job: Job) -> None:
        """Write down what is known so far, whole or not at all, and go on behind it.

        Raises:
            OutputError: The folder cannot be written to, or the disk is full.
        """
        self.path = path
        first = {"journal": VERSION, **asdict(record.facts)}
        lines = [first, *map(asdict, record.rows), {"synced": record.synced}]
        try:
            with replaced(path, job) as temporary, temporary.open("wb", buffering=0) as stream:
                write_bytes(stream, b"".join(_line(entry) for entry in lines))
                os.fsync(stream.fileno())
            self._stream: BinaryIO = path.open("ab", buffering=0)
        except OSError as error:
            raise refused(path, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self._stream.close()

    def finished(self, row: FinishedRow) -> None:
        """Write down a row whose pixels are with the operating system."""
        self._write(asdict(row))

    def synced(self, rows: int) -> None:
        """Write down that so many rows are on the disk, and put that there too."""
        self._write({"synced": rows})
        try:
            os.fsync(self._stream.fileno())
        except OSError as error:
            raise refused(self.path, error) from error

    def _write(self, entry: dict[str, Any]) -> None:
        """Append a line."""
        try:
            write_bytes(self._stream, _line(entry))
        except OSError as error:
            raise refused(self.path, error) from error


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, ensure_ascii=True).encode("ascii") + b"\n"


def _started(entry: dict[str, Any]) -> Record:
    """Return the record that a journal's first line begins."""
    if entry["journal"] != VERSION:
        raise ValueError(entry["journal"])
    return Record(RunFacts(str(entry["key"]), dict(entry["about"]), dict(entry["settled"])))


def same_settled(facts: Sequence[RunFacts]) -> list[str]:
    """Return which self-chosen settings differ among runs, by name."""
    names = sorted({name for each in facts for name in each.settled})
    return [name for name in names if len({json.dumps(each.settled.get(name)) for each in facts}) > 1]
