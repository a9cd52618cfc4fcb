"""The work of an export in units: some rows of chips each, whoever does them.

Every unit begins with statistics of nothing, which are merged in the order of the units. So files and statistics are
the same whether one process does all units or several do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..job import Job
from .planning import Plan
from .record import FolderRecord


@dataclass(frozen=True)
class DoneUnit:
    """What a unit has written.

    Attributes:
        record: Its chips and their statistics.
        unpaired: Chips left out because the second raster has no valid pixel there.
    """

    record: FolderRecord
    unpaired: int


def do_unit(plan: Plan, number: int, folder: Path, first: int, job: Job, done: Callable[[float], None]) -> DoneUnit:
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


def write_chips(plan: Plan, folder: Path, job: Job, report: Callable[[float], None]) -> int:
    """Write the chips of a plan, and take them into its record.

    Args:
        plan: What to write.
        folder: Holds the sub-folders of chips and labels.
        job: Asked for a cancel before each chip.
        report: Told the share of the chips that is done, 0..1.

    Returns:
        How many chips were left out because the second raster has no valid pixel there.
    """
    total, before, unpaired = max(1, plan.expected), 0, 0
    for number, unit in enumerate(plan.units):

        def done(share: float, base: int = before, count: int = unit.expected) -> None:
            report((base + share * count) / total)

        written = do_unit(plan, number, folder, plan.record.next_index, job, done)
        plan.record.absorb(written.record)
        unpaired += written.unpaired
        before += unit.expected
    return unpaired
