"""The accuracy report of a class raster: figures with intervals, estimates for the map, matrix, map of points."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, Spacer

from ..job import Job
from ..raster.crs import crs_text
from ..tools.compute_pixel_accuracy import ComputePixelAccuracy
from .charts import FALSE, HIT, map_sketch
from .confusion import Z95, wilson
from .error_map import error_map
from .page import WIDTH, Page, crs_name, interval, number, plain, source_text, stacked, swatch, unit_name
from .pixel_comparison import PixelComparison
from .pixel_words import EXPLANATION, area_unit, design, estimates_note

TITLE = "Accuracy of pixel classification"

Floats = NDArray[np.float64]


def write_pixel_report(path: Path, comparison: PixelComparison, request: ComputePixelAccuracy, job: Job) -> None:
    """Write the report as PDF.

    Args:
        path: File to write.
        comparison: What is reported.
        request: Names the inputs and settings.
        job: Its warnings are listed in the report.
    """
    page = Page()
    names = f"{Path(comparison.map_name).name} against {Path(comparison.reference.name).name}"
    story: list[Flowable] = [
        _key_figures(page, comparison),
        Spacer(1, 3 * mm),
        *(page.paragraph(plain(text), page.body) for text in design(comparison, request)),
        CondPageBreak(40 * mm),
        page.paragraph("By class", page.splittable),
        _class_table(page, comparison),
        page.paragraph(_class_note(comparison), page.note),
        *_estimates(page, comparison, request.sampling),
        page.matrix(comparison.classes, comparison.matrix, "; the table has all"),
    ]
    job.check()
    story += _map(page, comparison)
    story += [page.paragraph("What was compared", page.heading), _settings(page, comparison, request)]
    page.build(path, TITLE, names, [*story, *page.ending(job.warnings, EXPLANATION)])


def _key_figures(page: Page, comparison: PixelComparison) -> Flowable:
    """Return the figures over all classes; those of the map's area where they can be estimated."""
    found, adjusted = comparison.figures, comparison.adjusted
    total = f"{int(comparison.matrix.sum()):,}".replace(",", " ")
    below = total, "pixels compared" if comparison.places is None else "points compared"
    if adjusted is None:
        cells = [("Overall accuracy", found.overall, "")]
        what = ""
    else:
        whole = adjusted.figures.overall
        cells = [("Accuracy of the map", whole, _around(adjusted.overall_error, whole))]
        cells.append(("Accuracy of the points", found.overall, ""))
        found, what = adjusted.figures, " of the map"
    cells += [(f"Kappa{what}", found.kappa, ""), (f"Mean IoU{what}", found.mean_iou, "")]
    cells.append((f"Mean F1{what}", found.mean_f1, ""))
    return page.key_figures([*((name, number(value), ends) for name, value, ends in cells), (below[1], below[0], "")])


def _class_table(page: Page, comparison: PixelComparison) -> Flowable:
    """Return one row of figures per class and one for all."""
    matrix, found = comparison.matrix, comparison.figures
    rows_total, columns_total = matrix.sum(axis=1), matrix.sum(axis=0)
    users = wilson(found.users, rows_total) if comparison.random else np.full((len(found.users), 2), np.nan)
    producers = wilson(found.producers, columns_total) if comparison.random else users
    rows: list[list[Flowable | str]] = [
        [
            "Class",
            "Value",
            "On the\nmap",
            "In the\ntruth",
            "In\nboth",
            "User's\naccuracy",
            "Producer's\naccuracy",
            "F1",
            "IoU",
        ]
    ]
    for place, entry in enumerate(comparison.classes):
        rows.append(
            [
                page.paragraph(swatch(entry.color) + plain(entry.name), page.cell),
                str(entry.value),
                str(rows_total[place]),
                str(columns_total[place]),
                str(matrix[place, place]),
                stacked(found.users[place], users[place]),
                stacked(found.producers[place], producers[place]),
                number(found.f1[place]),
                number(found.iou[place]),
            ]
        )
    total = str(matrix.sum())
    overall = f"overall {number(found.overall)}"
    means = [number(found.mean_f1), number(found.mean_iou)]
    rows.append(
        [page.paragraph("All classes", page.cell), "", total, total, str(np.trace(matrix)), overall, "", *means]
    )
    return page.figure_table(rows, [44, 11, 17, 17, 15, 24, 20, 13, 13])


def _class_note(comparison: PixelComparison) -> str:
    """Return the sentence below the table."""
    what = "pixels" if comparison.places is None else "points"
    note = f"Counts are {what}; F1 and IoU over all classes are means of the classes that occur."
    if comparison.random:
        note += " Below the accuracies: 95 % score intervals (Wilson) of the points as they were drawn."
    return note


def _estimates(page: Page, comparison: PixelComparison, sampling: str) -> list[Flowable]:
    """Return the estimates for the map with their heading, or the sentence why there are none."""
    heading = page.paragraph("Estimates for the whole map", page.splittable)
    found = comparison.adjusted
    if found is None:
        return [KeepTogether([heading, page.paragraph(estimates_note(comparison, sampling), page.body)])]
    unit, pixel = area_unit(comparison)
    whole = float(comparison.population.sum()) * pixel
    head = [
        "Class",
        f"Mapped\n{unit}",
        f"Estimated\n{unit}",
        f"± 95 %\n{unit}",
        "User's\naccuracy",
        "Producer's\naccuracy",
    ]
    rows: list[list[Flowable | str]] = [[*head]]
    for place, entry in enumerate(comparison.classes):
        shares = found.map_share[place], found.area[place], Z95 * found.area_error[place]
        rows.append(
            [
                page.paragraph(swatch(entry.color) + plain(entry.name), page.cell),
                *(_amount(share * whole) for share in shares),
                _stacked_error(found.figures.users[place], found.users_error[place]),
                _stacked_error(found.figures.producers[place], found.producers_error[place]),
            ]
        )
    overall = f"overall {number(found.figures.overall)}\n± {number(Z95 * found.overall_error)}"
    kappa = f"kappa {number(found.figures.kappa)}"
    rows.append([page.paragraph("All classes", page.cell), _amount(whole), _amount(whole), "", overall, kappa])
    note = page.paragraph(estimates_note(comparison, sampling), page.note)
    return [CondPageBreak(40 * mm), heading, page.figure_table(rows, [52, 24, 24, 24, 26, 26]), note]


def _map(page: Page, comparison: PixelComparison) -> list[Flowable]:
    """Return the map of the points, or of the errors where every pixel was compared, with its heading."""
    places, unit = comparison.places, unit_name(comparison.crs)
    if places is None:
        squares = comparison.squares
        text = (
            f"Share of wrong pixels in squares of {squares.side} pixels: white none, dark orange all; grey has no "
            "pixel that was compared."
        )
        drawing = error_map(WIDTH, 120 * mm, page.fonts[0], squares, comparison.cell_size, unit)
        heading = page.paragraph("Where map and truth differ", page.heading)
        return [KeepTogether([heading, page.paragraph(text, page.note), Spacer(1, 2 * mm), drawing])]
    boxes = np.column_stack((places.x, places.y, places.x, places.y))
    right = places.classified == places.truth
    layers = [(boxes[right], HIT), (boxes[~right], FALSE)]
    drawing, shown = map_sketch(WIDTH, 120 * mm, page.fonts[0], layers, unit)
    legend = " &nbsp;&nbsp; ".join(
        f'<font color="{color.hexval().replace("0x", "#")}">■</font> {len(layer)} {word}'
        for (layer, color), word in zip(layers, ("right", "wrong"), strict=True)
    )
    if shown < len(boxes):
        legend += f" &nbsp;&nbsp; ({shown} of {len(boxes)} drawn)"
    heading = page.paragraph("Where the points lie", page.heading)
    return [KeepTogether([heading, page.paragraph(legend, page.body), Spacer(1, 2 * mm), drawing])]


def _settings(page: Page, comparison: PixelComparison, request: ComputePixelAccuracy) -> Flowable:
    """Return inputs and settings as a table of two columns."""
    across, down = comparison.cell_size
    unit = unit_name(comparison.crs)
    rows = [
        ("Classified raster", request.in_raster),
        ("", f"{int(comparison.map_counts.sum())} pixels with a class, cells of {across:g} x {down:g} {unit}"),
        ("Ground truth", source_text(request.in_ground_truth_data)),
        ("CRS", crs_name(crs_text(comparison.crs))),
        ("Sampling", f"{request.sampling}, seed {request.seed}" if comparison.places else "none: every pixel"),
    ]
    if request.min_point_distance:
        rows.append(("Least distance", f"{request.min_point_distance:g} {unit}"))
    if request.mask_features is not None:
        rows.append(("Mask", source_text(request.mask_features)))
    if request.extent is not None:
        extent = request.extent
        rows.append(("Extent", f"{extent.left:g}, {extent.bottom:g}, {extent.right:g}, {extent.top:g} {extent.crs}"))
    rows += [
        ("Left out" if not place else "", f"{size} {words}") for place, (words, size) in enumerate(comparison.excluded)
    ]
    return page.pairs(rows)


def _stacked_error(value: float, error: float) -> str:
    """Return a figure over half its 95 % interval."""
    return f"{number(value)}\n± {number(Z95 * error)}" if np.isfinite(error) else number(value)


def _around(error: float, value: float) -> str:
    """Return the 95 % interval around a figure."""
    return interval(np.array([max(value - Z95 * error, -1.0), min(value + Z95 * error, 1.0)]))


def _amount(value: float) -> str:
    """Return an area with four significant digits."""
    if not np.isfinite(value):
        return "–"
    return f"{value:,.0f}".replace(",", " ") if abs(value) >= 1000 else f"{value:.4g}"
