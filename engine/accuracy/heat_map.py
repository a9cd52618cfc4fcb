"""The confusion matrix as a drawing: rows classified, columns ground truth, darker where more of a row lies."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from reportlab.graphics.shapes import Drawing, Group, Rect, String
from reportlab.lib.colors import Color
from reportlab.pdfbase.pdfmetrics import stringWidth

from .charts import FAINT, FALSE, GRID, HIT, INK

MOST_CLASSES = 24
"""More classes than these do not fit a page; the most frequent are drawn."""

_WHITE = Color(1, 1, 1)
_LABEL = 120.0
"""Room for the names at the left; those above, which are slanted, have as much."""


def heat_map(width: float, fonts: tuple[str, str], names: list[str], matrix: NDArray[np.int64]) -> tuple[Drawing, int]:
    """Draw a confusion matrix with counts and row totals.

    Args:
        width: Room there is, in points.
        fonts: Names of the normal and the bold font.
        names: (k,) class names.
        matrix: (k, k) counts, rows classified.

    Returns:
        The drawing, and how many classes it shows.
    """
    shown = _most_frequent(matrix)
    matrix, names = matrix[np.ix_(shown, shown)], [names[place] for place in shown]
    size = len(names)
    side = min(46.0, (width - _LABEL) / (size + 1))
    across, tall = side * (size + 1), min(side, 24.0)
    height = tall * (size + 1)
    titles = [_short(name, fonts[0], _LABEL - 22) for name in names]
    head = 0.866 * max(stringWidth(title, fonts[0], 7) for title in [*titles, "Total"]) + 12
    drawing = Drawing(width, height + head + 12)
    left, top = _LABEL, height
    font = min(7.5, side * 0.30)
    rows, columns = matrix.sum(axis=1), matrix.sum(axis=0)
    for row in range(size):
        y = top - (row + 1) * tall
        drawing.add(_text(left - 5, y + tall / 2 - 2.4, titles[row], fonts[0], 7, "end"))
        for col in range(size):
            share = float(matrix[row, col] / rows[row]) if rows[row] else 0.0
            _cell(drawing, (left + col * side, y, side, tall), int(matrix[row, col]), share, row == col, fonts, font)
        _total(drawing, (left + size * side, y, side, tall), int(rows[row]), fonts, font)
    for col in range(size):
        x = left + col * side
        _total(drawing, (x, top - (size + 1) * tall, side, tall), int(columns[col]), fonts, font)
        drawing.add(_slanted(x + side / 2, top + 4, titles[col], fonts[0]))
    _total(drawing, (left + size * side, 0, side, tall), int(matrix.sum()), fonts, font, bold=True)
    drawing.add(_text(left - 5, tall / 2 - 2.4, "Total", fonts[1], 7, "end"))
    drawing.add(_slanted(left + size * side + side / 2, top + 4, "Total", fonts[1]))
    drawing.add(_text(left + across / 2, height + head + 2, "ground truth", fonts[0], 7, "middle", FAINT))
    upright = Group(_text(0, 0, "classified", fonts[0], 7, "middle", FAINT))
    upright.transform = (0, 1, -1, 0, 8, height / 2)
    drawing.add(upright)
    return drawing, size


def _cell(
    drawing: Drawing,
    box: tuple[float, float, float, float],
    count: int,
    share: float,
    right: bool,
    fonts: tuple[str, str],
    size: float,
) -> None:
    """Draw one field: green on the diagonal, orange beside it, the darker the larger its share of the row."""
    x, y, width, height = box
    color = mixed(HIT if right else FALSE, share)
    drawing.add(Rect(x, y, width, height, fillColor=color, strokeColor=_WHITE, strokeWidth=1))
    if count:
        ink = _WHITE if share > 0.6 else INK
        font = fonts[1] if right else fonts[0]
        drawing.add(_text(x + width / 2, y + height / 2 - size * 0.36, _brief(count), font, size, "middle", ink))


def _total(
    drawing: Drawing,
    box: tuple[float, float, float, float],
    count: int,
    fonts: tuple[str, str],
    size: float,
    bold: bool = False,
) -> None:
    """Draw the sum of a row or a column."""
    x, y, width, height = box
    drawing.add(Rect(x, y, width, height, fillColor=mixed(GRID, 0.45), strokeColor=_WHITE, strokeWidth=1))
    font = fonts[1] if bold else fonts[0]
    drawing.add(_text(x + width / 2, y + height / 2 - size * 0.36, _brief(count), font, size, "middle"))


def _text(x: float, y: float, text: str, font: str, size: float, anchor: str, color: Color = INK) -> String:
    """Return a text at a place."""
    return String(x, y, text, fontName=font, fontSize=size, fillColor=color, textAnchor=anchor)


def _slanted(x: float, y: float, text: str, font: str) -> Group:
    """Return a text that rises to the right."""
    group = Group(_text(0, 0, text, font, 7, "start"))
    group.transform = (0.5, 0.866, -0.866, 0.5, x + 2, y)
    return group


def mixed(color: Color, share: float) -> Color:
    """Return a colour over white: nearly white for a share of 0, the colour itself for 1."""
    share = 0.06 + 0.94 * share if share > 0 else 0.03
    return Color(*(1 - share * (1 - part) for part in (color.red, color.green, color.blue)))


def _brief(count: int) -> str:
    """Return a count in at most five letters."""
    for limit, unit in ((10**10, "G"), (10**7, "M"), (10**4, "k")):
        if count >= limit:
            value = count / (limit / 10)
            return f"{value:.0f}{unit}" if value >= 100 else f"{value:.1f}{unit}"
    return str(count)


def _short(text: str, font: str, room: float) -> str:
    """Return a text cut to the room there is."""
    if stringWidth(text, font, 7) <= room:
        return text
    while text and stringWidth(text + "…", font, 7) > room:
        text = text[:-1]
    return text + "…"


def _most_frequent(matrix: NDArray[np.int64]) -> list[int]:
    """Return the classes that are drawn, in the order of the matrix."""
    sizes = matrix.sum(axis=0) + matrix.sum(axis=1)
    return sorted(np.argsort(-sizes, kind="stable")[:MOST_CLASSES].tolist())
