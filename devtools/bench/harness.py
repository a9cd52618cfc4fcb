"""What every bench shares: ours and the limit in turn, each in its own process, processor time and memory.

A bench is a module ``devtools/bench/<name>.py`` with ``CASES``. The harness prepares a case's input once, then runs
ours, limit, ours, limit, ... with one thread each, and compares the processor time of the work alone: the functions
time themselves with ``measured()``, so imports and set-up stay outside. The figure is the median of the ratios of
neighbouring runs, because seconds of two runs far apart say nothing on a shared machine.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS", "GDAL_NUM_THREADS")
Result = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One comparison of a bench.

    Attributes:
        name: Unique within the bench.
        size: The size in words, for the table.
        owed: Largest ratio ours / limit; None shows the ratio only.
        prepare: Writes the input into a folder; runs once, in its own process, untimed.
        ours: Runs our work on that folder; returns at least ``{"seconds": ..., "mb": ...}``.
        limit: The same for the limit; None where there is nothing to compare with.
        quick: Part of ``--quick``: all quick cases of a bench together take under a minute.
        rounds: How often ours and limit are run in turn.
        check: Looks at the typical results (the median of each figure) of ours and limit for what is owed besides the
            ratio; returns a complaint.
    """

    name: str
    size: str
    owed: float | None
    prepare: Callable[[Path], None]
    ours: Callable[[Path], Result]
    limit: Callable[[Path], Result] | None
    quick: bool = False
    rounds: int = 5
    check: Callable[[Result, Result], str | None] | None = None


@dataclass
class Measure:
    """What ``measured()`` saw: processor seconds, peak memory, and how far that rose above the start."""

    seconds: float = 0.0
    wall_s: float = 0.0
    peak_mb: float = 0.0
    extra_mb: float = 0.0

    def result(self, **extra: Any) -> Result:
        """Return the mapping that ``ours`` and ``limit`` give back, with more figures beside it."""
        return {"seconds": self.seconds, "mb": self.peak_mb, "extra_mb": self.extra_mb, **extra}


def _processor_seconds() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _status_mb(key: str) -> float | None:
    """Return a line of /proc/self/status in MB, or None where there is no such file."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    for line in status.read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    return None


def _forget_peak() -> None:
    """Set the kernel's peak mark of this process back to what it holds now, where that is possible."""
    mark = Path("/proc/self/clear_refs")
    if mark.exists() and os.access(mark, os.W_OK):
        mark.write_text("5")


def _peak_mb() -> float:
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    own = _status_mb("VmHWM")
    if own is None:
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit)


@contextmanager
def measured() -> Iterator[Measure]:
    """Measure the work inside the block: processor time of this process and its finished children, peak memory.

    Yields:
        A ``Measure`` that is filled when the block ends.
    """
    measure = Measure()
    _forget_peak()
    held = _status_mb("VmRSS") or _peak_mb()
    wall, seconds = time.perf_counter(), _processor_seconds()
    yield measure
    measure.seconds = _processor_seconds() - seconds
    measure.wall_s = time.perf_counter() - wall
    measure.peak_mb = _peak_mb()
    measure.extra_mb = max(0.0, measure.peak_mb - held)


@dataclass
class Row:
    """One line of the table; ``record`` is its form in the JSON file."""

    case: Case
    ours: list[Result] = field(default_factory=list)
    limit: list[Result] = field(default_factory=list)

    @property
    def ratio(self) -> float | None:
        """Median of the ratios of neighbouring runs, or None without a limit."""
        pairs = [o["seconds"] / r["seconds"] for o, r in zip(self.ours, self.limit, strict=False) if r["seconds"] > 0]
        return statistics.median(pairs) if pairs else None

    @property
    def complaints(self) -> list[str]:
        """What is owed and not met, in words."""
        found = []
        if self.case.owed is not None and (self.ratio is None or self.ratio > self.case.owed):
            found.append(f"ratio {_text(self.ratio, 2)} is above {self.case.owed:g}")
        if self.case.check is not None:
            complaint = self.case.check(typical(self.ours), typical(self.limit))
            if complaint:
                found.append(complaint)
        return found

    def record(self) -> Result:
        """Return the row as it stands in the JSON file."""
        return {
            "case": self.case.name,
            "size": self.case.size,
            "ours_s": _median(self.ours, "seconds"),
            "limit_s": _median(self.limit, "seconds"),
            "ratio": self.ratio,
            "ours_mb": _median(self.ours, "mb"),
            "limit_mb": _median(self.limit, "mb"),
            "owed": self.case.owed,
            "ok": not self.complaints,
            "rounds": len(self.ours),
        }


def _median(results: Sequence[Result], key: str) -> float | None:
    values = [result[key] for result in results if result.get(key) is not None]
    return statistics.median(values) if values else None


def typical(results: Sequence[Result]) -> Result:
    """Return the last result with the median of every figure in it."""
    if not results:
        return {}
    figures = [key for key, value in results[-1].items() if isinstance(value, int | float)]
    return {**results[-1], **{key: _median(results, key) for key in figures}}


def _text(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def run_part(cases: Sequence[Case], name: str, part: str, folder: Path, result: Path) -> None:
    """Run one part (``prepare``, ``ours`` or ``limit``) of a case in this process and write what it returns."""
    case = next(case for case in cases if case.name == name)
    work = getattr(case, part)
    outcome = work(folder)
    result.write_text(json.dumps(outcome))


def _in_own_process(bench: str, case: str, part: str, folder: Path) -> Result:
    result = folder / f"result-{part}.json"
    command = [sys.executable, "-m", "devtools.bench", bench, "--run", case, part, str(folder), "--result", str(result)]
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=sys.stderr)
    return json.loads(result.read_text()) or {}


def run_case(bench: str, case: Case, rounds: int) -> Row:
    """Prepare a case in a temporary folder, run ours and limit in turn, and return the row."""
    row = Row(case)
    with tempfile.TemporaryDirectory(prefix=f"bench-{bench}-") as name:
        folder = Path(name)
        _in_own_process(bench, case.name, "prepare", folder)
        for number in range(rounds):
            print(f"  {case.name}: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            row.ours.append(_in_own_process(bench, case.name, "ours", folder))
            if case.limit is not None:
                row.limit.append(_in_own_process(bench, case.name, "limit", folder))
    return row


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a text table, with the complaints below."""
    head = ("case", "size", "ours s", "limit s", "ratio", "owed", "ours MB", "limit MB", "")
    lines = [head]
    for row in rows:
        r = row.record()
        lines.append(
            (
                r["case"], r["size"], _text(r["ours_s"], 3), _text(r["limit_s"], 3), _text(r["ratio"], 3),
                _text(r["owed"], 2), _text(r["ours_mb"], 0), _text(r["limit_mb"], 0), "ok" if r["ok"] else "NOT MET",
            )
        )  # fmt: skip
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = ["  ".join(_aligned(cell, i, widths) for i, cell in enumerate(line)) for line in lines]
    text += [f"{row.case.name}: {complaint}" for row in rows for complaint in row.complaints]
    for row in rows:
        text += _extras(f"{row.case.name} ours", row.ours) + _extras(f"{row.case.name} limit", row.limit)
    return "\n".join(text)


def _aligned(cell: str, column: int, widths: Sequence[int]) -> str:
    return cell.ljust(widths[column]) if column < 2 else cell.rjust(widths[column])


def _extras(title: str, results: Sequence[Result]) -> list[str]:
    """Return a line with the further figures of a side, if it has any."""
    figures = [
        f"{key} {value:.4g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in typical(results).items()
        if key not in ("seconds", "mb") and isinstance(value, int | float | str)
    ]
    return [f"{title}: " + ", ".join(figures)] if figures else []
