"""The work of an export in units: some rows of chips or some objects each.

Every unit begins with statistics of nothing, which are merged in the order of the units. So files and statistics are
the same whether one process does all units or several do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..job import Job
from .planning import Plan
from .record import FolderRecord

Report = Callable[[float], None]
"""Told how far the work is."""


@dataclass(frozen=True)
class DoneUnit:
    """What a unit has written.

    Attributes:
        record: Its chips and their statistics.
        unpaired: Chips left out because the second raster has no valid pixel there.
    """

    record: FolderRecord
    unpaired: int


def do_unit(plan: Plan, number: int, folder: Path, first: int, job: Job, done: Report) -> DoneUnit:
    """Write the chips of a unit.

    Args:
        plan: What is written.
        number: Which of its units.
        folder: Holds the sub-folders of chips and labels.
        first: Number of the first chip.
        job: Asked for a cancel.
        done: Told the share of the unit that is done, 0..1.
    """
    record = plan.record.of_nothing(first)
    exporter = plan.form.exporter(folder, plan.cutting, record, plan.labels)
    unit = plan.units[number]
    exporter.export(unit.raster, unit.kinds, job, done)
    return DoneUnit(record, exporter.unpaired)


def one_by_one(plan: Plan, folder: Path, job: Job, report: Report) -> Iterator[DoneUnit]:
    """Do all units of a plan in this process; yield them in order.

    Args:
        plan: What to write; its record tells the number of the next chip, before each unit.
        folder: Holds the sub-folders of chips and labels.
        job: Asked for a cancel before each chip.
        report: Told how many of the expected chips are done.
    """
    before = 0
    for number, unit in enumerate(plan.units):

        def done(share: float, base: int = before, count: int = unit.expected) -> None:
            report(base + share * count)

        yield do_unit(plan, number, folder, plan.record.next_index, job, done)
        before += unit.expected
