"""Charts of the accuracy report as vector drawings: axes, lines, bars, a map.

Lengths are points (1/72 inch); colours are those of Okabe and Ito, which the colour-blind tell apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from reportlab.graphics.shapes import Circle, Drawing, Group, Line, PolyLine, Rect, String
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth

Floats = NDArray[np.float64]

INK, FAINT, GRID = HexColor("#22303c"), HexColor("#5d6b78"), HexColor("#dde3e8")
HIT, FALSE, MISSED = HexColor("#009e73"), HexColor("#d55e00"), HexColor("#0072b2")
PALETTE = tuple(map(HexColor, ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8b6f47", "#6a51a3")))

_WHITE = HexColor("#ffffff")
_POINTS = 400
_TICK = 6.5


class Plot:
    """A drawing with axes from 0 to 1 (or a given range) that lines and bars are drawn on."""

    def __init__(
        self,
        width: float,
        height: float,
        fonts: tuple[str, str],
        title: str,
        x_label: str,
        y_label: str,
        x_range: tuple[float, float] = (0.0, 1.0),
        y_top: float = 1.0,
    ) -> None:
        """Draw the frame.

        Args:
            width: Of the whole drawing.
            height: Of the whole drawing.
            fonts: Names of the normal and the bold font.
            title: Above the plot.
            x_label: Below the plot.
            y_label: Beside the plot.
            x_range: Values at the ends of the horizontal axis.
            y_top: Value at the top of the vertical axis, which begins at 0.
        """
        self.drawing = Drawing(width, height)
        self.font, self.bold = fonts
        self.left, self.bottom = 34.0, 30.0
        self.width, self.height = width - self.left - 6, height - self.bottom - 22
        self.x_range, self.y_top = x_range, y_top
        self._text(0, height - 9, title, 9, bold=True)
        for value in np.linspace(0, y_top, 6):
            y = self.y(value)
            self.drawing.add(Line(self.left, y, self.left + self.width, y, strokeColor=GRID, strokeWidth=0.5))
            self._text(self.left - 4, y - 2.2, f"{value:.1f}" if y_top <= 1 else f"{value:g}", _TICK, FAINT, "end")
        self._text(self.left + self.width / 2, 4, x_label, 7, FAINT, "middle")
        label = Group(String(0, 0, y_label, fontName=self.font, fontSize=7, fillColor=FAINT, textAnchor="middle"))
        label.transform = (0, 1, -1, 0, 8, self.bottom + self.height / 2)
        self.drawing.add(label)

    def x(self, value: float) -> float:
        """Return the place of a value along the axis."""
        low, high = self.x_range
        return self.left + (value - low) / (high - low) * self.width

    def y(self, value: float) -> float:
        """Return the height of a value."""
        return self.bottom + value / self.y_top * self.height

    def ticks(self, values: Sequence[float], digits: int = 1) -> None:
        """Mark values on the horizontal axis."""
        for value in values:
            x = self.x(value)
            self.drawing.add(Line(x, self.bottom, x, self.bottom + self.height, strokeColor=GRID, strokeWidth=0.5))
            self._text(x, self.bottom - 9, f"{value:.{digits}f}", _TICK, FAINT, "middle")

    def line(
        self, x: ArrayLike, y: ArrayLike, color: Color, width: float = 1.2, dash: Sequence[float] | None = None
    ) -> None:
        """Draw a line; a long one is thinned to what the eye can see."""
        places = np.column_stack((np.asarray(x, float), np.asarray(y, float)))
        places = places[np.isfinite(places).all(axis=1)]
        if len(places) < 2:
            return
        if len(places) > _POINTS:
            places = places[np.unique(np.linspace(0, len(places) - 1, _POINTS).astype(int))]
        flat = [value for a, b in places.tolist() for value in (self.x(a), self.y(b))]
        style = {"strokeColor": color, "strokeWidth": width, "strokeLineJoin": 1, "strokeDashArray": dash}
        self.drawing.add(PolyLine(flat, **style))

    def mark(self, x: float, y: float, color: Color) -> None:
        """Draw a dot on a dashed upright line."""
        place, top = self.x(x), self.bottom + self.height
        style = {"strokeColor": INK, "strokeWidth": 0.7, "strokeDashArray": (2, 2)}
        self.drawing.add(Line(place, self.bottom, place, top, **style))
        self.drawing.add(Circle(place, self.y(y), 2.8, fillColor=color, strokeColor=_WHITE, strokeWidth=0.8))

    def bars(self, labels: Sequence[str], values: Sequence[float], color: Color) -> None:
        """Draw one bar per label with its value above it."""
        step = self.width / max(len(labels), 1)
        for place, (label, value) in enumerate(zip(labels, values, strict=True)):
            x = self.left + place * step
            self._text(x + step / 2, self.bottom - 9, label, _TICK, FAINT, "middle")
            if np.isfinite(value):
                size = step * 0.6, self.y(value) - self.bottom
                self.drawing.add(Rect(x + step * 0.2, self.bottom, *size, fillColor=color, strokeColor=None))
                self._text(x + step / 2, self.y(value) + 2.5, f"{value:.2f}", _TICK, INK, "middle")

    def histogram(self, edges: Floats, layers: Sequence[tuple[Floats, Color]]) -> None:
        """Draw counts between edges, the layers on top of each other."""
        base = np.zeros(len(edges) - 1)
        for counts, color in layers:
            for low, high, start, count in zip(edges[:-1], edges[1:], base, counts, strict=True):
                if count > 0:
                    x, y = self.x(float(low)) + 0.4, self.y(float(start))
                    size = self.x(float(high)) - x - 0.4, self.y(float(start + count)) - y
                    self.drawing.add(Rect(x, y, *size, fillColor=color, strokeColor=None))
            base = base + counts

    def legend(self, rows: Sequence[tuple[str, Color]], top: bool = False) -> None:
        """Name the lines in a corner: below left, or above right."""
        widest = max(stringWidth(text, self.font, 7) for text, _ in rows) + 22
        height = 9.5 * len(rows) + 5
        x = self.left + self.width - widest - 3 if top else self.left + 5
        y = self.bottom + self.height - height - 3 if top else self.bottom + 5
        style = {"fillColor": _WHITE, "fillOpacity": 0.85, "strokeColor": GRID, "strokeWidth": 0.5}
        self.drawing.add(Rect(x, y, widest, height, **style))
        for number, (text, color) in enumerate(rows):
            line = y + height - 9.5 * (number + 1)
            self.drawing.add(Line(x + 4, line + 2.5, x + 14, line + 2.5, strokeColor=color, strokeWidth=1.8))
            self._text(x + 18, line, text, 7)

    def _text(
        self, x: float, y: float, text: str, size: float, color: Color = INK, anchor: str = "start", bold: bool = False
    ) -> None:
        font = self.bold if bold else self.font
        self.drawing.add(String(x, y, text, fontName=font, fontSize=size, fillColor=color, textAnchor=anchor))


def map_sketch(
    width: float,
    height: float,
    font: str,
    layers: Sequence[tuple[Floats, Color]],
    unit: str,
    most: int = 3000,
) -> tuple[Drawing, int]:
    """Draw boxes of several layers where they lie on the ground, north up, with a scale bar.

    Args:
        width: Room there is.
        height: Room there is.
        font: Font of the scale bar.
        layers: (n, 4) boxes in map units and their colour, the last drawn on top.
        unit: Name of the map unit, for the scale bar.
        most: Largest number of boxes drawn; more are thinned evenly.

    Returns:
        The drawing, as high as the map is, and how many boxes it shows.
    """
    everything = np.concatenate([boxes for boxes, _ in layers])
    low, high = everything[:, :2].min(axis=0), everything[:, 2:].max(axis=0)
    span = np.maximum(high - low, 1e-9)
    scale = float(min((width - 8) / span[0], (height - 26) / span[1]))
    drawn = float(span[1] * scale)
    drawing = Drawing(width, drawn + 26)
    left, bottom = (width - float(span[0]) * scale) / 2, 20.0
    frame = {"fillColor": HexColor("#f7f9fa"), "strokeColor": GRID, "strokeWidth": 0.8}
    drawing.add(Rect(left - 3, bottom - 3, float(span[0]) * scale + 6, drawn + 6, **frame))
    share = min(1.0, most / len(everything))
    shown = 0
    for boxes, color in layers:
        part = boxes[np.linspace(0, max(len(boxes) - 1, 0), int(np.ceil(len(boxes) * share))).astype(int)]
        shown += len(part)
        corners = (part[:, :2] - low) * scale + (left, bottom)
        sides = (part[:, 2:] - part[:, :2]) * scale
        for (x, y), (w, h) in zip(corners.tolist(), sides.tolist(), strict=True):
            if max(w, h) < 3:
                drawing.add(Circle(x + w / 2, y + h / 2, 1.1, fillColor=color, strokeColor=None))
            else:
                drawing.add(Rect(x, y, w, h, fillColor=color, fillOpacity=0.18, strokeColor=color, strokeWidth=0.7))
    scale_bar(drawing, left, float(span[0]), scale, font, unit)
    return drawing, shown


def scale_bar(drawing: Drawing, left: float, span: float, scale: float, font: str, unit: str) -> None:
    """Draw a scale bar below a map.

    Args:
        drawing: Where.
        left: Left edge of the map in the drawing.
        span: Width of the map in map units.
        scale: Points of a map unit.
        font: Font of the label.
        unit: Name of the map unit.
    """
    length, y = _round_length(span * 0.3), 8.0
    drawing.add(Line(left, y, left + length * scale, y, strokeColor=INK, strokeWidth=1.4))
    for x in (left, left + length * scale):
        drawing.add(Line(x, y - 2.5, x, y + 2.5, strokeColor=INK, strokeWidth=1))
    label = f"{length:g} {unit}"
    drawing.add(String(left + length * scale + 5, y - 2.5, label, fontName=font, fontSize=7, fillColor=INK))


def _round_length(length: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is not longer."""
    power = 10.0 ** np.floor(np.log10(max(length, 1e-12)))
    return float(max(factor * power for factor in (1, 2, 5) if factor * power <= length * (1 + 1e-9)))
