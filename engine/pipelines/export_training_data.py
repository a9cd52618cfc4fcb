"""Export Training Data For Deep Learning: rasters + labels -> chips + label files + statistics.

Nothing half written stays: chips go to a temporary folder that takes its place when all is written, metadata included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from .. import files
from ..errors import FeatureError
from ..job import Job
from ..samples.planning import Plan, planned
from ..samples.processes import write_chips
from ..samples.record import FolderRecord
from ..samples.registry import get_sample_format
from ..samples.sides import find_sides
from ..samples.target import continued, earlier_records, staged
from ..tools.export_training_data import ExportTrainingData
from ..tools.shared import core_count


def run(request: ExportTrainingData, job: Job) -> dict[str, str]:
    """Export chips and labels; see ExportTrainingData for the parameters."""
    out = Path(request.out_folder)
    form = get_sample_format(request.metadata_format)
    cores = core_count(request.parallel_processing_factor)
    earlier = earlier_records(out, form.sides)
    with find_sides(request, form, out, job) as sides:
        plans = [planned(request, side, form, job) for side in sides]
        plans = [_going_on(plan, record, out, job) for plan, record in zip(plans, earlier, strict=True)]
        files.room_for(out, sum(plan.bytes for plan in plans), "the chips")
        before = [len(plan.record.chips) for plan in plans]
        folders = [name for plan in plans for name in plan.folders]
        with staged(out, earlier[0] is not None, folders, job) as folder:
            for number, (plan, held) in enumerate(zip(plans, before, strict=True)):
                unpaired = write_chips(plan, folder / plan.side.name, cores, job, _progress(plans, number, job))
                if len(plan.record.chips) == held:
                    raise FeatureError(no_chip(request, plan, unpaired))
                if unpaired:
                    job.warn(f"{unpaired} chips are left out because {request.in_raster2} has no valid pixel there")
                _write_record(plan.record, folder / plan.side.name, job)
    written = 0
    for plan, held in zip(plans, before, strict=True):
        form.tell(plan.labels, plan.record.labels, job)
        place, count = out / plan.side.name, len(plan.record.chips)
        job.message(f"{count - held} chips written; {place} holds {count} with {plan.record.labels.words()}")
        written += count - held
    return {"out_folder": str(out), "out_chips": str(written)}


def no_chip(request: ExportTrainingData, plan: Plan, unpaired: int) -> str:
    """Return the sentence for an export in which no chip was left to write.

    Args:
        request: What was asked for.
        plan: What was to be written.
        unpaired: Chips that were left out because the second raster has nothing there.
    """
    cutting = plan.cutting
    if unpaired:
        return (
            f"no chip was written: {request.in_raster2} has no valid pixel in any of the {unpaired} chips; choose a "
            f"second raster of the labelled ground"
        )
    if why := plan.form.why_none(plan.record.labels):
        return f"no chip was written: {why}; check the labels, the mask and the extent"
    reasons = []
    if request.in_mask_polygons is not None:
        what = "" if cutting.all_tiles else " with a label"
        reasons.append(
            f"no chip of {cutting.cols} x {cutting.rows} pixels{what} lies completely inside the mask polygons"
        )
    if request.min_polygon_overlap_ratio > 0:
        reasons.append(f"no label has {request.min_polygon_overlap_ratio:g} of its area inside one chip")
    if not reasons and request.in_class_data is None:
        return f"no chip was written: {plan.side.words} has no valid pixel; choose another raster or extent"
    if not reasons:
        return f"no chip was written: {plan.form.too_small}; choose imagery with smaller pixels, or a smaller cell_size"
    return f"no chip was written: {' or '.join(reasons)}; choose smaller chips, a larger mask or a smaller ratio"


def _going_on(plan: Plan, earlier: FolderRecord | None, out: Path, job: Job) -> Plan:
    """Return a plan that goes on with the folder of an earlier run, if there is one."""
    if earlier is None:
        return plan
    record = continued(earlier, plan.record, plan.labels.numbered, out / plan.side.name, job)
    return replace(plan, record=record)


def _write_record(record: FolderRecord, folder: Path, job: Job) -> None:
    """Write the metadata of a folder; classes that were not met are left out."""
    met = record.labels.values() | (record.instance_values or set())
    record.classes = tuple(entry for entry in record.classes if entry.value in met)
    record.write(folder, job)


def _progress(plans: Sequence[Plan], number: int, job: Job) -> Callable[[float], None]:
    """Return a function that reports chips of one plan as progress of the run."""
    total = max(1, sum(plan.expected for plan in plans))
    before = sum(plan.expected for plan in plans[:number])

    def report(chips: float) -> None:
        job.progress((before + chips) / total, "Exporting chips")

    return report
