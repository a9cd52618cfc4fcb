"""Writing the chips of an export, by one process or by several.

Each of several processes writes a unit into a folder of its own, numbered from 0; the units are adopted in order, so
that the result is the same as when one process does them one after another.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle  # nosec B403 # between our own processes
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import wait as wait_for
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing.connection import wait as wait_for_end
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import shapely

from .. import files
from ..errors import Cancelled, DeviceError, EngineError
from ..job import Job
from .planning import Plan
from .units import DoneUnit, Report, do_unit, one_by_one

_POLL = 0.1
"""Seconds between two looks for a cancel."""

_TEXTS = (".xml", ".txt", ".json")
"""Suffixes of label files that may name their chip."""

_Answer = tuple[DoneUnit, list[str], list[str]]
"""A done unit, its messages and its warnings."""


def write_chips(plan: Plan, folder: Path, cores: int, job: Job, report: Report) -> int:
    """Write the chips of a plan, and take them into its record.

    Args:
        plan: What to write.
        folder: Holds the sub-folders of chips and labels.
        cores: Number of processes at most.
        job: Asked for a cancel before each chip.
        report: Told how many of the expected chips are done.

    Returns:
        How many chips were left out because the second raster has no valid pixel there.

    Raises:
        DeviceError: One of several processes was ended from outside.
    """
    several = min(cores, len(plan.units))
    units = _in_processes(plan, folder, several, job, report) if several > 1 else one_by_one(plan, folder, job, report)
    unpaired = 0
    for unit in units:
        plan.record.absorb(unit.record)
        unpaired += unit.unpaired
    return unpaired


def _in_processes(plan: Plan, folder: Path, cores: int, job: Job, report: Report) -> Iterator[DoneUnit]:
    """Do all units of a plan in several processes; see ``one_by_one``."""
    work = folder / "units"
    work.mkdir()
    stored = work / "plan"
    stored.write_bytes(pickle.dumps(plan, pickle.HIGHEST_PROTOCOL))
    context = multiprocessing.get_context("spawn")
    cancelled = context.Event()
    pool = ProcessPoolExecutor(cores, context, _begin, (str(stored), cancelled))
    try:
        futures = [pool.submit(_do, number, str(work / str(number))) for number in range(len(plan.units))]
        for number in range(len(futures)):
            unit = _answer(futures, number, plan, job, report)
            yield _adopted(unit, work / str(number), folder, plan)
    except BrokenProcessPool as error:
        raise DeviceError(
            f"one of the {cores} processes of the export was ended from outside, probably for lack of memory: choose "
            f"a smaller parallel_processing_factor or smaller tiles"
        ) from error
    finally:
        cancelled.set()
        pool.shutdown(wait=True, cancel_futures=True)
        files.remove(work)


def _answer(futures: list[Future[_Answer]], number: int, plan: Plan, job: Job, report: Report) -> DoneUnit:
    """Wait for a unit, and tell what it told."""
    while not futures[number].done():
        job.check()
        wait_for([futures[number]], _POLL)
        report(sum(unit.expected for unit, future in zip(plan.units, futures, strict=True) if future.done()))
    job.check()
    unit, messages, warnings = futures[number].result()
    for text in messages:
        job.message(text)
    for text in warnings:
        job.warn(text)
    return unit


def _adopted(unit: DoneUnit, source: Path, folder: Path, plan: Plan) -> DoneUnit:
    """Move the files of a unit to their place under the numbers that follow; return the unit with these."""
    first = plan.record.next_index
    stems = {row.chip: f"{int(row.chip) + first:012d}" for row in unit.record.chips}
    for part in sorted(source.iterdir()):
        _move(part, folder / part.name, stems, unit.record.image_suffix if part.name in plan.form.label_folders else "")
    files.remove(source)
    chips = []
    for row in unit.record.chips:
        stem = stems[row.chip]
        labels = None if row.labels is None else tuple(_renamed(label, stems) for label in row.labels)
        chips.append(replace(row, chip=stem, labels=labels))
    record = replace(unit.record, chips=chips, next_index=unit.record.next_index + first)
    return replace(unit, record=record)


def _move(source: Path, target: Path, stems: dict[str, str], suffix: str) -> None:
    """Move the files of a folder and of those in it; label files, which have a chip's suffix given, name their chip."""
    target.mkdir(exist_ok=True)
    with os.scandir(source) as entries:
        for entry in entries:
            if entry.is_dir():
                _move(source / entry.name, target / entry.name, stems, suffix)
                continue
            stem = entry.name.partition(".")[0]
            if suffix and entry.name.endswith(_TEXTS):
                path = Path(entry.path)
                said, says = f"{stem}{suffix}".encode(), f"{stems[stem]}{suffix}".encode()
                path.write_bytes(path.read_bytes().replace(said, says))
            os.replace(entry.path, f"{target}/{stems[stem]}{entry.name[len(stem) :]}")


def _renamed(label: str, stems: dict[str, str]) -> str:
    """Return the path of a label file under the new number of its chip."""
    folder, _, name = label.rpartition("/")
    stem = name.partition(".")[0]
    return f"{folder}/{stems[stem]}{name[len(stem) :]}"


class _WorkerJob(Job):
    """The job of a unit in another process: it asks the first process for a cancel."""

    def __init__(self, cancelled: Event) -> None:
        """Ask an event that processes share."""
        super().__init__()
        self._shared = cancelled

    def check(self) -> None:
        """Stop here when the first process has stopped."""
        if self._shared.is_set():
            raise Cancelled("cancelled by the user; nothing was written")


_state: dict[str, Any] = {}
"""The plan and the event of this process, if it does units for another one."""


def _begin(stored: str, cancelled: Event) -> None:
    """Make this process one that does units: read the plan, and end when the first process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    plan = pickle.loads(Path(stored).read_bytes())  # nosec B301 # noqa: S301 - written by the first process of this run
    for unit in plan.units:
        if unit.raster.mask is not None:
            shapely.prepare(unit.raster.mask)
    _state.update(plan=plan, cancelled=cancelled)


def _end_with_parent() -> None:
    """End this process when the first one is gone."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_end([parent.sentinel])
        os._exit(1)


def _do(number: int, folder: str) -> _Answer:
    """Do a unit into a folder of its own."""
    plan, job = _state["plan"], _WorkerJob(_state["cancelled"])
    place = Path(folder)
    for part in plan.parts:
        (place / part).mkdir(parents=True)
    try:
        done = do_unit(plan, number, place, 0, job, lambda share: None)
    except (EngineError, OSError, MemoryError):
        raise
    except Exception as error:
        raise RuntimeError(f"{type(error).__name__}: {error}") from error  # errors of GDAL cannot be sent
    return done, job.messages, job.warnings
