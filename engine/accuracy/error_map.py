"""A map of where a class raster is wrong, in squares, as a vector drawing."""

from __future__ import annotations

from reportlab.graphics.shapes import Drawing, Rect
from reportlab.lib.colors import HexColor

from .charts import FALSE, GRID, scale_bar
from .heat_map import mixed
from .squares import Squares

_UNKNOWN = HexColor("#eceff1")


def error_map(
    width: float, height: float, font: str, squares: Squares, cell_size: tuple[float, float], unit: str
) -> Drawing:
    """Draw the share of wrong pixels in each square, north up, with a scale bar.

    Args:
        width: Room there is, in points.
        height: Room there is, in points.
        font: Font of the scale bar.
        squares: What is drawn.
        cell_size: Ground size of a pixel, across and down.
        unit: Name of the map unit, for the scale bar.
    """
    rows, cols = squares.compared.shape
    across, down = (size * squares.side for size in cell_size)
    scale = min((width - 8) / (cols * across), (height - 26) / (rows * down))
    drawn = rows * down * scale
    drawing = Drawing(width, drawn + 26)
    left, bottom = (width - cols * across * scale) / 2, 20.0
    frame = {"fillColor": _UNKNOWN, "strokeColor": GRID, "strokeWidth": 0.8}
    drawing.add(Rect(left, bottom, cols * across * scale, drawn, **frame))
    size = across * scale, down * scale
    for row in range(rows):
        y = bottom + drawn - (row + 1) * size[1]
        for col in range(cols):
            compared = int(squares.compared[row, col])
            if compared:
                color = mixed(FALSE, int(squares.wrong[row, col]) / compared)
                drawing.add(Rect(left + col * size[0], y, *size, fillColor=color, strokeColor=None))
    scale_bar(drawing, left, cols * across, scale, font, unit)
    return drawing
