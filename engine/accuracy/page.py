"""The pages of accuracy reports: fonts, styles, and the parts that all reports are made of; A4, lengths in points."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape  # nosec B406 # escapes, parses nothing

import numpy as np
from matplotlib import get_data_path
from numpy.typing import NDArray
from rasterio.crs import CRS
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from ..classes import NO_COLOR, ClassInfo
from ..raster.crs import known_crs
from ..tools.values import FeatureSource
from .charts import FAINT, INK
from .heat_map import heat_map

MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
SHADE, RULE = HexColor("#eef3f6"), HexColor("#c4ced6")

_FRAME = 6.0
"""What reportlab leaves free inside a frame."""

_UNITS = {"metre": "m", "meter": "m", "US survey foot": "ft", "foot": "ft"}


class Page:
    """Fonts and styles of a report; DejaVu, because class names may be in any alphabet."""

    def __init__(self) -> None:
        """Register the fonts."""
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
        """Return a paragraph; the text may hold reportlab's markup."""
        return Paragraph(text, style)

    def build(self, path: Path, title: str, subject: str, story: list[Flowable]) -> None:
        """Write the pages as PDF, headed by a title and what the report is about."""
        head = [self.paragraph(title, self.title), self.paragraph(plain(subject), self.lead)]
        document = SimpleDocTemplate(
            str(path),
            pagesize=A4,
            leftMargin=MARGIN - _FRAME,
            rightMargin=MARGIN - _FRAME,
            topMargin=16 * mm,
            bottomMargin=18 * mm,
            title=title,
            author="Imagery Deep Learning",
        )
        document.build([*head, *story], onFirstPage=self._foot, onLaterPages=self._foot)

    def key_figures(self, figures: Sequence[tuple[str, str, str]]) -> Flowable:
        """Return figures side by side in large type: name, number, and what stands below it."""
        rows = [
            [self.paragraph(number, self.figure) for _, number, _ in figures],
            [self.paragraph(name, self.caption) for name, _, _ in figures],
            [self.paragraph(below or "&nbsp;", self.caption) for _, _, below in figures],
        ]
        table = Table(rows, colWidths=[WIDTH / len(figures)] * len(figures))
        style = [
            ("BACKGROUND", (0, 0), (-1, -1), SHADE),
            ("LINEAFTER", (0, 0), (-2, -1), 2, HexColor("#ffffff")),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, 0), 8),
            ("TOPPADDING", (0, 1), (-1, -1), 0),
            ("BOTTOMPADDING", (0, 0), (-1, -2), 1),
            ("BOTTOMPADDING", (0, -1), (-1, -1), 7),
        ]
        table.setStyle(TableStyle(style))
        return table

    def figure_table(self, rows: Sequence[Sequence[Flowable | str]], widths: Sequence[float]) -> Flowable:
        """Return a table of figures.

        Args:
            rows: Head, one row a class, and last the row of all classes; the first column is text.
            widths: Widths of the columns in any unit; they fill the page.
        """
        shares = np.array(widths) * (WIDTH / sum(widths))
        table = Table([list(row) for row in rows], colWidths=shares.tolist(), repeatRows=1)
        normal, bold = self.fonts
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
            ("LINEBELOW", (0, 1), (-1, -2), 0.4, RULE),
            ("LINEABOVE", (0, -1), (-1, -1), 0.8, INK),
            ("BACKGROUND", (0, -1), (-1, -1), SHADE),
        ]
        table.setStyle(TableStyle(style))
        return table

    def pairs(self, rows: Sequence[tuple[str, str]]) -> Flowable:
        """Return names and texts as a table of two columns."""
        cells = [[self.paragraph(name, self.cell), self.paragraph(plain(text), self.cell)] for name, text in rows]
        table = Table(cells, colWidths=[32 * mm, WIDTH - 32 * mm])
        style = [("LEFTPADDING", (0, 0), (-1, -1), 2), ("VALIGN", (0, 0), (-1, -1), "TOP")]
        style += [(side, (0, 0), (-1, -1), 1) for side in ("TOPPADDING", "BOTTOMPADDING")]
        table.setStyle(TableStyle(style))
        return table

    def matrix(self, classes: Sequence[ClassInfo], matrix: NDArray[np.int64], elsewhere: str = "") -> Flowable:
        """Return a confusion matrix with its heading.

        Args:
            classes: In the order of rows and columns.
            matrix: (classes, classes) what was classified down, the truth across.
            elsewhere: Where all classes are, said when only the most frequent ones are drawn.
        """
        drawing, shown = heat_map(WIDTH, self.fonts, [entry.name for entry in classes], matrix)
        text = (
            "Colour is the share of the row: green is right, orange is what was classified as the row but is the "
            "column."
        )
        if shown < len(classes):
            text += f" The {shown} most frequent of {len(classes)} classes are drawn{elsewhere}."
        heading = self.paragraph("Confusion matrix", self.heading)
        return KeepTogether([heading, self.paragraph(text, self.note), Spacer(1, 2 * mm), drawing])

    def ending(self, warnings: Sequence[str], explanation: Sequence[str]) -> list[Flowable]:
        """Return what each report ends with: what to keep in mind, if anything, and how it is read."""
        story: list[Flowable] = []
        if warnings:
            story.append(self.paragraph("To keep in mind", self.heading))
            story += [self.paragraph(f"• {plain(text)}", self.body) for text in warnings]
        paragraphs = [self.paragraph(text, self.body) for text in explanation]
        return [*story, KeepTogether([self.paragraph("How to read this", self.heading), *paragraphs])]

    def _foot(self, canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.saveState()
        canvas.setFont(self.fonts[0], 7)
        canvas.setFillColor(FAINT)
        canvas.drawString(MARGIN, 10 * mm, f"Imagery Deep Learning · {datetime.now():%Y-%m-%d %H:%M}")
        canvas.drawRightString(A4[0] - MARGIN, 10 * mm, str(document.page))
        canvas.restoreState()


def number(value: float) -> str:
    """Return a figure with three digits, a dash when there is none."""
    return f"{value:.3f}" if np.isfinite(value) else "–"


def interval(ends: NDArray[np.float64]) -> str:
    """Return an interval, an empty text when there is none."""
    return f"{ends[0]:.2f}–{ends[1]:.2f}" if np.isfinite(ends).all() else ""


def stacked(value: float, ends: NDArray[np.float64]) -> str:
    """Return a figure over its interval."""
    return "\n".join(filter(None, [number(value), interval(ends)]))


def swatch(color: tuple[int, int, int]) -> str:
    """Return a small square in a class's colour, as markup; nothing where it has none."""
    if color == NO_COLOR:
        return ""
    return '<font color="#{:02x}{:02x}{:02x}">■</font> '.format(*color)


def plain(text: str) -> str:
    """Return a text with what the page's markup would read as markup made harmless."""
    return escape(str(text))


def source_text(source: FeatureSource) -> str:
    """Return what a layer was read from."""
    layer = f", layer {source.layer}" if source.layer else ""
    return source.path + layer + (f", filter {source.where}" if source.where else "")


def crs_name(text: str | None) -> str:
    """Return the code or name of a CRS."""
    crs = known_crs(text)
    if crs is None:
        return "unknown"
    code = text if text and len(text) < 40 else ""
    name = crs.to_wkt().partition('"')[2].partition('"')[0]
    return f"{name} ({code})" if code else name


def unit_name(crs: CRS | None) -> str:
    """Return the short name of a CRS's map unit."""
    if crs is None:
        return "map units"
    return "°" if crs.is_geographic else _UNITS.get(crs.linear_units, crs.linear_units)
