"""The accuracy report: A4 pages with the figures, what they were made from, curves and a map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer

from ..job import Job
from ..raster.crs import known_crs
from ..tools.compute_accuracy import ComputeAccuracy
from .bootstrap import FEWEST_BLOCKS
from .charts import FALSE, HIT, MISSED, map_sketch
from .comparison import Comparison
from .figures import curves
from .page import WIDTH, Page, crs_name, interval, number, plain, source_text, unit_name

TITLE = "Accuracy of object detection"


def write_report(path: Path, comparison: Comparison, request: ComputeAccuracy, job: Job) -> None:
    """Write the report as PDF.

    Args:
        path: File to write.
        comparison: What is reported.
        request: Names the inputs and settings.
        job: Its warnings are listed in the report.
    """
    page = Page()
    story: list[Flowable] = [
        _key_figures(page, comparison, request),
        Spacer(1, 5 * mm),
        CondPageBreak(40 * mm),
        page.paragraph("By class", page.splittable),
        _class_table(page, comparison),
        page.paragraph(_table_note(comparison, request), page.note),
        page.paragraph("What was compared", page.heading),
        _settings(page, comparison, request),
    ]
    if job.warnings:
        story.append(page.paragraph("To keep in mind", page.heading))
        story += [page.paragraph(f"• {plain(text)}", page.body) for text in job.warnings]
    job.check()
    if len(comparison.truth.boxes) and len(comparison.detected.boxes):
        story.append(page.paragraph("Curves", page.heading))
        story += curves(comparison, page.fonts, WIDTH)
    job.check()
    story += _map(page, comparison)
    explanation = [page.paragraph(text, page.body) for text in _EXPLANATION]
    story.append(KeepTogether([page.paragraph("How to read this", page.heading), *explanation]))
    page.build(path, TITLE, f"{comparison.detected.table.name} against {comparison.truth.table.name}", story)


def _key_figures(page: Page, comparison: Comparison, request: ComputeAccuracy) -> Flowable:
    """Return the five figures over all classes, large, with their intervals."""
    entry, ends = comparison.assessment.entries[-1], comparison.ends[-1]
    figures = [
        ("Precision", entry.counts.precision, ends[0]),
        ("Recall", entry.counts.recall, ends[1]),
        ("F1", entry.counts.f1, ends[2]),
        (f"AP at IoU {request.min_iou:g}", entry.average_precision, ends[3]),
        ("COCO mAP", entry.mean_average_precision, np.array([np.nan, np.nan])),
    ]
    return page.key_figures([(name, number(value), interval(between)) for name, value, between in figures])


def _class_table(page: Page, comparison: Comparison) -> Flowable:
    """Return one row of figures per class and one for all."""
    head = [
        "Class",
        "Right",
        "Wrong",
        "Missed",
        "Precision",
        "Recall",
        "F1",
        "AP",
        "mAP",
        "Best F1",
        "from\nconfidence",
    ]
    rows: list[list[Flowable | str]] = [[*head]]
    titles = [*comparison.titles, comparison.assessment.entries[-1].name]
    for entry, title, ends in zip(comparison.assessment.entries, titles, comparison.ends, strict=True):
        name = title if title == entry.name else f"{title} ({entry.name})"
        figures = (entry.counts.precision, entry.counts.recall, entry.counts.f1, entry.average_precision)
        ranked = comparison.ranked and np.isfinite(entry.best_threshold)
        rows.append(
            [
                page.paragraph(plain(name), page.cell),
                *map(str, entry.counts),
                *(f"{number(value)}\n{interval(between)}" for value, between in zip(figures, ends, strict=True)),
                number(entry.mean_average_precision),
                number(entry.best_f1) if ranked else "–",
                f"{entry.best_threshold:.2f}" if ranked else "–",
            ]
        )
    return page.figure_table(rows, [30, 12, 12, 13.5, 17, 17, 17, 17, 11.5, 13, 15])


def _table_note(comparison: Comparison, request: ComputeAccuracy) -> str:
    """Return the sentence below the table."""
    note = (
        f"A detection is right when its {_thing(request)} and that of a free object of its class share an IoU of at "
        f"least {request.min_iou:g}. Over all classes, counts are sums, AP and mAP means over the classes that have "
        "objects."
    )
    if comparison.blocks.count >= FEWEST_BLOCKS and request.bootstrap_samples:
        note += (
            f" Below the figures: 95 % intervals from {request.bootstrap_samples} draws of {comparison.blocks.count} "
            f"blocks of {comparison.blocks.size:.4g} map units."
        )
    return note


def _thing(request: ComputeAccuracy) -> str:
    """Return what of two features is compared."""
    return "polygon" if request.overlap_by == "MASKS" else "box"


def _settings(page: Page, comparison: Comparison, request: ComputeAccuracy) -> Flowable:
    """Return inputs and settings as a table of two columns."""
    detected, truth = comparison.detected.table, comparison.truth.table
    rows = [
        ("Detected features", source_text(request.detected_features)),
        ("", f"{len(detected)} compared" + ("" if comparison.ranked else ", without confidence")),
        ("Ground truth", source_text(request.ground_truth_features)),
        ("", f"{len(truth)} compared"),
        ("CRS", crs_name(detected.crs)),
        ("Least IoU", f"{request.min_iou:g}, {_thing(request)} against {_thing(request)}"),
    ]
    if request.mask_features is not None:
        rows.append(("Mask", source_text(request.mask_features)))
    if request.extent is not None:
        extent = request.extent
        rows.append(("Extent", f"{extent.left:g}, {extent.bottom:g}, {extent.right:g}, {extent.top:g} {extent.crs}"))
    return page.pairs(rows)


def _map(page: Page, comparison: Comparison) -> list[Flowable]:
    """Return the map of hits, false detections and misses with its heading."""
    one, other = comparison.detected, comparison.truth
    if not len(one.boxes) and not len(other.boxes):
        return []
    hit = comparison.assessment.matched >= 0
    missed = np.ones(len(other.boxes), bool)
    missed[comparison.assessment.matched[hit]] = False
    layers = [(one.boxes[hit], HIT), (one.boxes[~hit], FALSE), (other.boxes[missed], MISSED)]
    unit = unit_name(known_crs(one.table.crs))
    # false alarms may be many: hits and misses are drawn over them
    upwards = [layers[1], layers[0], layers[2]]
    drawing, shown = map_sketch(WIDTH, 150 * mm, page.fonts[0], upwards, unit)
    legend = " &nbsp;&nbsp; ".join(
        f'<font color="{color.hexval().replace("0x", "#")}">■</font> {len(boxes)} {word}'
        for (boxes, color), word in zip(layers, ("right", "wrong", "missed"), strict=True)
    )
    total = sum(len(boxes) for boxes, _ in layers)
    if shown < total:
        legend += f" &nbsp;&nbsp; ({shown} of {total} drawn)"
    heading = page.paragraph("Where they lie", page.heading)
    return [KeepTogether([heading, page.paragraph(legend, page.body), Spacer(1, 2 * mm), drawing])]


_EXPLANATION = (
    "<b>Precision</b> is the share of the detections that are right, <b>recall</b> the share of the objects that were "
    "found, <b>F1</b> their harmonic mean; all three count every detection of the layer, however unsure.",
    "<b>AP</b> (average precision) is the mean of the precision at 101 recalls from 0 to 1 as confidence falls, after "
    "COCO's definition; <b>mAP</b> is the mean of AP at the IoUs 0.50, 0.55 … 0.95: it also judges how well they fit.",
    "<b>Best F1</b> is reached when only detections of at least the named confidence are kept. Chosen on the data "
    "it is judged on it flatters a little: check it on other data.",
    "<b>Intervals</b> tell how far the figures may differ in other parts of the same landscape. They do not cover "
    "another landscape, season or sensor.",
)
