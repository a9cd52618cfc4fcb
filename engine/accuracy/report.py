"""The accuracy report: A4 pages with the figures, what they were made from, curves and a map."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
from matplotlib import get_data_path
from numpy.typing import NDArray
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from ..job import Job
from ..raster.crs import known_crs
from ..tools.compute_accuracy import ComputeAccuracy
from ..tools.values import FeatureSource
from .bootstrap import FEWEST_BLOCKS
from .charts import FAINT, FALSE, HIT, INK, MISSED, map_sketch
from .comparison import Comparison
from .figures import curves

TITLE = "Accuracy of object detection"

_MARGIN = 18 * mm
_FRAME = 6.0
"""What reportlab leaves free inside a frame, in points."""

_WIDTH = A4[0] - 2 * _MARGIN
_SHADE, _RULE = HexColor("#eef3f6"), HexColor("#c4ced6")


def write_report(path: Path, comparison: Comparison, request: ComputeAccuracy, job: Job) -> None:
    """Write the report as PDF.

    Args:
        path: File to write.
        comparison: What is reported.
        request: Names the inputs and settings.
        job: Its warnings are listed in the report.
    """
    page = _Page()
    document = SimpleDocTemplate(
        str(path),
        pagesize=A4,
        leftMargin=_MARGIN - _FRAME,
        rightMargin=_MARGIN - _FRAME,
        topMargin=16 * mm,
        bottomMargin=18 * mm,
        title=TITLE,
        author="Imagery Deep Learning",
    )
    story: list[Flowable] = [
        page.paragraph(TITLE, page.title),
        page.paragraph(_plain(f"{comparison.detected.table.name} against {comparison.truth.table.name}"), page.lead),
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
        story += [page.paragraph(f"• {_plain(text)}", page.body) for text in job.warnings]
    job.check()
    if len(comparison.truth.boxes) and len(comparison.detected.boxes):
        story.append(page.paragraph("Curves", page.heading))
        story += curves(comparison, page.fonts, _WIDTH)
    job.check()
    story += _map(page, comparison)
    explanation = [page.paragraph(text, page.body) for text in _EXPLANATION]
    story.append(KeepTogether([page.paragraph("How to read this", page.heading), *explanation]))
    document.build(story, onFirstPage=page.foot, onLaterPages=page.foot)


class _Page:
    """Fonts and styles of the report; DejaVu, because class names may be in any alphabet."""

    def __init__(self) -> None:
        folder = Path(get_data_path()) / "fonts" / "ttf"
        self.fonts = ("DejaVuSans", "DejaVuSans-Bold")
        for name in self.fonts:
            if name not in pdfmetrics.getRegisteredFontNames():
                pdfmetrics.registerFont(TTFont(name, str(folder / f"{name}.ttf")))
        pdfmetrics.registerFontFamily(self.fonts[0], *self.fonts, *self.fonts)
        normal, bold = self.fonts
        self.title = ParagraphStyle("title", fontName=bold, fontSize=18, leading=23, textColor=INK)
        self.lead = ParagraphStyle("lead", fontName=normal, fontSize=9.5, leading=13, textColor=FAINT, spaceAfter=10)
        self.heading = ParagraphStyle(
            "heading",
            fontName=bold,
            fontSize=11,
            leading=14,
            textColor=INK,
            spaceBefore=12,
            spaceAfter=5,
            keepWithNext=1,
        )
        self.splittable = ParagraphStyle("splittable", parent=self.heading, keepWithNext=0)
        self.body = ParagraphStyle("body", fontName=normal, fontSize=8, leading=11.5, textColor=INK, spaceAfter=2)
        self.note = ParagraphStyle("note", parent=self.body, fontSize=7, leading=10, textColor=FAINT, spaceBefore=4)
        self.cell = ParagraphStyle("cell", parent=self.body, fontSize=7.5, leading=9.5, spaceAfter=0, splitLongWords=1)
        self.figure = ParagraphStyle(
            "figure", fontName=bold, fontSize=17, leading=21, alignment=TA_CENTER, textColor=INK
        )
        self.caption = ParagraphStyle("caption", parent=self.note, alignment=TA_CENTER, spaceBefore=0)

    def paragraph(self, text: str, style: ParagraphStyle) -> Paragraph:
        return Paragraph(text, style)

    def foot(self, canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.saveState()
        canvas.setFont(self.fonts[0], 7)
        canvas.setFillColor(FAINT)
        canvas.drawString(_MARGIN, 10 * mm, f"Imagery Deep Learning · {datetime.now():%Y-%m-%d %H:%M}")
        canvas.drawRightString(A4[0] - _MARGIN, 10 * mm, str(document.page))
        canvas.restoreState()


def _key_figures(page: _Page, comparison: Comparison, request: ComputeAccuracy) -> Flowable:
    """Return the five figures over all classes, large, with their intervals."""
    entry, ends = comparison.assessment.entries[-1], comparison.ends[-1]
    figures = [
        ("Precision", entry.counts.precision, ends[0]),
        ("Recall", entry.counts.recall, ends[1]),
        ("F1", entry.counts.f1, ends[2]),
        (f"AP at IoU {request.min_iou:g}", entry.average_precision, ends[3]),
        ("COCO mAP", entry.mean_average_precision, np.array([np.nan, np.nan])),
    ]
    rows = [
        [page.paragraph(_number(value), page.figure) for _, value, _ in figures],
        [page.paragraph(name, page.caption) for name, _, _ in figures],
        [page.paragraph(_interval(between) or "&nbsp;", page.caption) for _, _, between in figures],
    ]
    table = Table(rows, colWidths=[_WIDTH / len(figures)] * len(figures))
    style = [
        ("BACKGROUND", (0, 0), (-1, -1), _SHADE),
        ("LINEAFTER", (0, 0), (-2, -1), 2, HexColor("#ffffff")),
        ("TOPPADDING", (0, 0), (-1, 0), 8),
        ("TOPPADDING", (0, 1), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 0), (-1, -2), 1),
        ("BOTTOMPADDING", (0, -1), (-1, -1), 7),
    ]
    table.setStyle(TableStyle(style))
    return table


def _class_table(page: _Page, comparison: Comparison) -> Flowable:
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
                page.paragraph(_plain(name), page.cell),
                *map(str, entry.counts),
                *(f"{_number(value)}\n{_interval(between)}" for value, between in zip(figures, ends, strict=True)),
                _number(entry.mean_average_precision),
                _number(entry.best_f1) if ranked else "–",
                f"{entry.best_threshold:.2f}" if ranked else "–",
            ]
        )
    widths = np.array([30, 12, 12, 13.5, 17, 17, 17, 17, 11.5, 13, 15]) * mm
    table = Table(rows, colWidths=list(widths * (_WIDTH / widths.sum())), repeatRows=1)
    normal, bold = page.fonts
    style = [
        ("FONT", (0, 0), (-1, -1), normal, 7.5, 9.5),
        ("FONT", (0, 0), (-1, 0), bold, 6.5, 8),
        ("FONT", (1, -1), (-1, -1), bold, 7.5, 9.5),
        ("TEXTCOLOR", (0, 0), (-1, -1), INK),
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 2),
        ("RIGHTPADDING", (0, 0), (-1, -1), 2),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
        ("LINEBELOW", (0, 1), (-1, -2), 0.4, _RULE),
        ("LINEABOVE", (0, -1), (-1, -1), 0.8, INK),
        ("BACKGROUND", (0, -1), (-1, -1), _SHADE),
    ]
    table.setStyle(TableStyle(style))
    return table


def _table_note(comparison: Comparison, request: ComputeAccuracy) -> str:
    """Return the sentence below the table."""
    note = (
        f"A detection is right when its box and that of a free object of its class share an IoU of at least "
        f"{request.min_iou:g}. Over all classes, counts are sums, AP and mAP means over the classes that have objects."
    )
    if comparison.blocks.count >= FEWEST_BLOCKS and request.bootstrap_samples:
        note += (
            f" Below the figures: 95 % intervals from {request.bootstrap_samples} draws of {comparison.blocks.count} "
            f"blocks of {comparison.blocks.size:.4g} map units."
        )
    return note


def _settings(page: _Page, comparison: Comparison, request: ComputeAccuracy) -> Flowable:
    """Return inputs and settings as a table of two columns."""
    detected, truth = comparison.detected.table, comparison.truth.table
    rows = [
        ("Detected features", _source(request.detected_features)),
        ("", f"{len(detected)} compared" + ("" if comparison.ranked else ", without confidence")),
        ("Ground truth", _source(request.ground_truth_features)),
        ("", f"{len(truth)} compared"),
        ("CRS", _crs_text(detected.crs)),
        ("Least IoU", f"{request.min_iou:g}, box against box"),
    ]
    if request.mask_features is not None:
        rows.append(("Mask", _source(request.mask_features)))
    if request.extent is not None:
        extent = request.extent
        rows.append(("Extent", f"{extent.left:g}, {extent.bottom:g}, {extent.right:g}, {extent.top:g} {extent.crs}"))
    cells = [[page.paragraph(name, page.cell), page.paragraph(_plain(text), page.cell)] for name, text in rows]
    table = Table(cells, colWidths=[32 * mm, _WIDTH - 32 * mm])
    style = [("LEFTPADDING", (0, 0), (-1, -1), 2), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    style += [(side, (0, 0), (-1, -1), 1) for side in ("TOPPADDING", "BOTTOMPADDING")]
    table.setStyle(TableStyle(style))
    return table


def _map(page: _Page, comparison: Comparison) -> list[Flowable]:
    """Return the map of hits, false detections and misses with its heading."""
    one, other = comparison.detected, comparison.truth
    if not len(one.boxes) and not len(other.boxes):
        return []
    hit = comparison.assessment.matched >= 0
    missed = np.ones(len(other.boxes), bool)
    missed[comparison.assessment.matched[hit]] = False
    layers = [(one.boxes[hit], HIT), (one.boxes[~hit], FALSE), (other.boxes[missed], MISSED)]
    crs = known_crs(one.table.crs)
    unit = "map units" if crs is None else "°" if crs.is_geographic else _UNITS.get(crs.linear_units, crs.linear_units)
    drawing, shown = map_sketch(_WIDTH, 150 * mm, page.fonts[0], layers, unit)
    legend = " &nbsp;&nbsp; ".join(
        f'<font color="{color.hexval().replace("0x", "#")}">■</font> {len(boxes)} {word}'
        for (boxes, color), word in zip(layers, ("right", "wrong", "missed"), strict=True)
    )
    total = sum(len(boxes) for boxes, _ in layers)
    if shown < total:
        legend += f" &nbsp;&nbsp; ({shown} of {total} drawn)"
    heading = page.paragraph("Where they lie", page.heading)
    return [KeepTogether([heading, page.paragraph(legend, page.body), Spacer(1, 2 * mm), drawing])]


def _number(value: float) -> str:
    """Return a figure with three digits, a dash when there is none."""
    return f"{value:.3f}" if np.isfinite(value) else "–"


def _interval(ends: NDArray[np.float64]) -> str:
    """Return an interval, an empty text when there is none."""
    return f"{ends[0]:.2f}–{ends[1]:.2f}" if np.isfinite(ends).all() else ""


def _plain(text: str) -> str:
    """Return a text with what the page's markup would read as markup made harmless."""
    return escape(str(text))


def _source(source: FeatureSource) -> str:
    """Return what a layer was read from."""
    layer = f", layer {source.layer}" if source.layer else ""
    return source.path + layer + (f", filter {source.where}" if source.where else "")


def _crs_text(text: str | None) -> str:
    """Return the code or name of a CRS."""
    crs = known_crs(text)
    if crs is None:
        return "unknown"
    code = text if text and len(text) < 40 else ""
    name = crs.to_wkt().partition('"')[2].partition('"')[0]
    return f"{name} ({code})" if code else name


_UNITS = {"metre": "m", "meter": "m", "US survey foot": "ft", "foot": "ft"}

_EXPLANATION = (
    "<b>Precision</b> is the share of the detections that are right, <b>recall</b> the share of the objects that were "
    "found, <b>F1</b> their harmonic mean; all three count every detection of the layer, however unsure.",
    "<b>AP</b> (average precision) is the mean of the precision at 101 recalls from 0 to 1 as confidence falls, after "
    "COCO's definition; <b>mAP</b> is the mean of AP at the IoUs 0.50, 0.55 … 0.95: it also judges how well boxes fit.",
    "<b>Best F1</b> is reached when only detections of at least the named confidence are kept. Chosen on the data "
    "it is judged on it flatters a little: check it on other data.",
    "<b>Intervals</b> tell how far the figures may differ in other parts of the same landscape. They do not cover "
    "another landscape, season or sensor.",
)
