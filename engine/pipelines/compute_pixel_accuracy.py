"""Judge a class raster: raster + ground truth -> pairs of values -> matrix -> figures -> table, report, points."""

from __future__ import annotations

import math
from pathlib import Path

import shapely

from .. import files
from ..accuracy.pixel_comparison import PixelComparison, compare_pixels
from ..accuracy.pixel_report import write_pixel_report
from ..accuracy.pixel_table import confusion_table, point_fields
from ..errors import OutputError
from ..job import Job
from ..raster.crs import crs_text
from ..tools.compute_pixel_accuracy import ComputePixelAccuracy
from ..vector.reading import FeatureTable
from ..vector.writing import output_path, write_features, write_table

MOST_DBF_FIELDS = 255
"""Fields that a .dbf file holds."""


def run(request: ComputePixelAccuracy, job: Job) -> dict[str, str]:
    """Judge one class raster; see ComputePixelAccuracy for the parameters."""
    _check_outputs(request)
    comparison = compare_pixels(request, job)
    _tell(comparison, job)
    job.progress(0.8, "Writing the table")
    table = confusion_table(comparison)
    if output_path(request.out_confusion_matrix)[0].suffix.lower() == ".dbf" and len(table) > MOST_DBF_FIELDS:
        raise OutputError(
            f"the table has {len(table)} fields and a .dbf file holds {MOST_DBF_FIELDS}: write a .csv or a .gpkg"
        )
    outputs = {"out_confusion_matrix": write_table(request.out_confusion_matrix, table, job)}
    if request.out_report:
        job.progress(0.85, "Writing the report")
        report = Path(request.out_report)
        with files.replaced(report, job) as temporary:
            write_pixel_report(temporary, comparison, request, job)
        outputs["out_report"] = str(report)
    if request.out_points is not None and comparison.places is not None:
        job.progress(0.95, "Writing points")
        crs = crs_text(comparison.crs)
        points = FeatureTable(
            shapely.points(comparison.places.x, comparison.places.y), point_fields(comparison), crs, "points"
        )
        outputs["out_points"] = write_features(
            request.out_points, points, job=job, geometry_type="Point", crs=comparison.crs
        )
    return outputs


def _check_outputs(request: ComputePixelAccuracy) -> None:
    """Refuse outputs that cannot be written, before the first one is."""
    for target in (request.out_confusion_matrix, request.out_points):
        if target is not None:
            files.writable(output_path(target)[0])
    if request.out_report:
        files.writable(Path(request.out_report))


def _tell(comparison: PixelComparison, job: Job) -> None:
    """Tell what was left out, and the figures over all classes."""
    for words, number in comparison.excluded:
        job.message(f"left out: {number} {words}")
    found, adjusted = comparison.figures, comparison.adjusted
    what = "pixels" if comparison.places is None else "points"
    kappa = f", kappa {found.kappa:.3f}" if math.isfinite(found.kappa) else ""
    job.message(
        f"{int(comparison.matrix.sum())} {what} compared: overall accuracy {found.overall:.3f}{kappa}, mean IoU "
        f"{found.mean_iou:.3f}, mean F1 {found.mean_f1:.3f}"
    )
    if adjusted is not None:
        known = math.isfinite(adjusted.overall_error)
        error = f" with a standard error of {adjusted.overall_error:.3f}" if known else ""
        seen = "the map's area"
        if adjusted.covered < 1:
            seen = f"the {adjusted.covered:.1%} of the map's area whose classes have a point"
        job.message(f"of {seen} {adjusted.figures.overall:.3f} is right{error} (area-adjusted)")
