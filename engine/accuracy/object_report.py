"""The accuracy report of classified objects: figures, classes, matrix, and what was never predicted."""

from __future__ import annotations

from pathlib import Path

from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Spacer

from ..job import Job
from ..tools.classify_objects import ClassifyObjects
from ..tools.values import FeatureSource
from .confusion import wilson
from .object_comparison import ObjectComparison
from .page import Page, number, plain, source_text, stacked, swatch

TITLE = "Accuracy of classified objects"

EXPLANATION = (
    "<b>Precision</b> is the share of the objects given a class that have it; <b>recall</b> the share of the objects "
    "of a class that were given it; <b>F1</b> their harmonic mean. <b>Support</b> counts the objects that have the "
    "class.",
    "<b>Kappa</b> (Cohen's) is the agreement beyond what labels given by chance, in the same numbers, would have: 1 is "
    "perfect, 0 is chance. <b>Majority</b> is what always naming the most frequent class would reach: a model that is "
    "not above it has learnt nothing of use here.",
    "<b>Intervals</b> are 95 % score intervals (Wilson): chance in drawing these objects. They hold where the objects "
    "were not learnt from, and do not cover another area, season or sensor.",
)


def write_object_report(path: Path, comparison: ObjectComparison, request: ClassifyObjects, job: Job) -> None:
    """Write the report as PDF.

    Args:
        path: File to write.
        comparison: What is reported.
        request: Names the inputs.
        job: Its warnings are listed in the report.
    """
    page = Page()
    names = f"field {request.truth_field} of {_name(request.in_features)}"
    story: list[Flowable] = [
        _key_figures(page, comparison),
        Spacer(1, 3 * mm),
        *(page.paragraph(plain(text), page.body) for text in comparison.sentences()),
        CondPageBreak(40 * mm),
        page.paragraph("By class", page.splittable),
        _class_table(page, comparison),
        *([] if comparison.multi or not comparison.compared else [page.matrix(comparison.classes, comparison.matrix)]),
        page.paragraph("What was compared", page.heading),
        _settings(page, request),
    ]
    page.build(path, TITLE, names, [*story, *page.ending(job.warnings, EXPLANATION)])


def _name(source: FeatureSource | None) -> str:
    """Return what a layer is called."""
    return "the features" if source is None else source.name or source.layer or Path(source.path).stem


def _key_figures(page: Page, comparison: ObjectComparison) -> Flowable:
    """Return the figures over all classes."""
    found = comparison.figures
    overall = "All labels right" if comparison.multi else "Overall accuracy"
    cells = [(overall, number(found.overall), "")]
    if not comparison.multi:
        cells += [("Kappa", number(found.kappa), ""), ("Majority", number(comparison.majority), "")]
    cells += [("Mean F1", number(found.mean_f1), ""), ("objects compared", str(comparison.compared), "")]
    return page.key_figures(cells)


def _class_table(page: Page, comparison: ObjectComparison) -> Flowable:
    """Return one row of figures per class and one for all."""
    found = comparison.figures
    precision = wilson(found.users, comparison.predicted.astype(float))
    recall = wilson(found.producers, comparison.support.astype(float))
    head = ["Class", "Value", "Support", "Predicted", "Right", "Precision", "Recall", "F1"]
    rows: list[list[Flowable | str]] = [[*head]]
    for place, entry in enumerate(comparison.classes):
        rows.append(
            [
                page.paragraph(swatch(entry.color) + plain(entry.name), page.cell),
                str(entry.value),
                str(comparison.support[place]),
                str(comparison.predicted[place]),
                str(comparison.hits[place]),
                stacked(found.users[place], precision[place]),
                stacked(found.producers[place], recall[place]),
                number(found.f1[place]),
            ]
        )
    sums = [str(int(each.sum())) for each in (comparison.support, comparison.predicted, comparison.hits)]
    rows.append([page.paragraph("All classes", page.cell), "", *sums, "", "", number(found.mean_f1)])
    return page.figure_table(rows, [44, 12, 18, 18, 16, 24, 24, 16])


def _settings(page: Page, request: ClassifyObjects) -> Flowable:
    """Return the inputs as a table of two columns."""
    rows = [("Rasters", source_text(request.in_raster)), ("Model", request.in_model_definition[:300])]
    if request.in_features is not None:
        rows.append(("Features", source_text(request.in_features)))
    rows.append(("Truth", f"field {request.truth_field}"))
    rows += [(name, value) for name, value in request.model_arguments]
    return page.pairs(rows)
