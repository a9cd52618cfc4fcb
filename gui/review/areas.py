"""The ground that may teach "nothing is here": about decided results, without those that nobody has looked at.

Export Training Data writes a chip only when it lies completely inside its mask polygons. About each decided result lies
a square of a tile plus a stride, in which at least one chip of any grid of that stride fits with the middle of the
result inside; at the border of the raster the square is moved in. Results that are not reviewed are cut out, so no chip
shows an object that is not labelled: chips over rejected results are empty, and that is what the network learns.
"""

from __future__ import annotations

from dataclasses import dataclass

from qgis.core import QgsCoordinateTransform, QgsFeatureRequest, QgsGeometry, QgsPointXY, QgsProject, QgsRectangle

CHUNK = 2000
"""Squares that are united at a time."""


@dataclass(frozen=True)
class Grid:
    """Where chips lie.

    Attributes:
        extent: Of the raster, in its CRS.
        cell_x: Width of a pixel in map units.
        cell_y: Height of a pixel in map units.
        crs: The raster's.
        tile: Side of a chip in pixels.
        stride: Step between chips in pixels.
    """

    extent: QgsRectangle
    cell_x: float
    cell_y: float
    crs: object
    tile: int
    stride: int

    @classmethod
    def of(cls, raster, tile, stride):
        """Return the grid of a raster layer."""
        size = raster.rasterUnitsPerPixelX(), raster.rasterUnitsPerPixelY()
        return cls(raster.extent(), *size, raster.crs(), tile, stride)

    def square(self, place):
        """Return the square about a point; None when the point is outside the raster."""
        if not self.extent.contains(place):
            return None
        half_x, half_y = (0.5 * (self.tile + self.stride) * cell for cell in (self.cell_x, self.cell_y))
        middle = QgsPointXY(
            _inside(place.x(), self.extent.xMinimum(), self.extent.xMaximum(), half_x),
            _inside(place.y(), self.extent.yMinimum(), self.extent.yMaximum(), half_y),
        )
        slack = 1e-3  # pixels; chips touch the square where they fill it, and rounding must not put them outside
        return QgsRectangle(
            middle.x() - half_x - slack * self.cell_x,
            middle.y() - half_y - slack * self.cell_y,
            middle.x() + half_x + slack * self.cell_x,
            middle.y() + half_y + slack * self.cell_y,
        )


def taught_ground(source, crs, decided, undecided, grid, check):
    """Return the polygons whose chips are labelled wholly, in the raster's CRS.

    Args:
        source: Feature source of the results.
        crs: Its CRS.
        decided: Expression of the results about which chips are wanted.
        undecided: Expression of those that must not be seen in a chip; empty for none.
        grid: Where chips lie.
        check: Called now and then; raises to stop.

    Returns:
        Polygons without a common point inside; empty when no decided result lies on the raster.
    """
    transform = QgsCoordinateTransform(crs, grid.crs, QgsProject.instance().transformContext())
    squares, parts = [], []
    for feature in source.getFeatures(QgsFeatureRequest().setFilterExpression(decided).setNoAttributes()):
        square = grid.square(transform.transform(feature.geometry().boundingBox().center()))
        if square is not None:
            squares.append(QgsGeometry.fromRect(square))
        if len(squares) >= CHUNK:
            check()
            parts.append(QgsGeometry.unaryUnion(squares))
            squares = []
    if squares:
        parts.append(QgsGeometry.unaryUnion(squares))
    if not parts:
        return []
    united = QgsGeometry.unaryUnion(parts).asGeometryCollection()
    return [kept for part in united for kept in _without(part, source, transform, undecided, check)]


def chips_that_fit(ground, grid, check):
    """Return how many chips of a grid lie completely in one of some polygons.

    Args:
        ground: Polygons, as ``taught_ground`` returns them.
        grid: Where chips lie.
        check: Called now and then; raises to stop.
    """
    cols = _starts(grid.extent.width() / grid.cell_x, grid)
    rows = _starts(grid.extent.height() / grid.cell_y, grid)
    number = 0
    for part in ground:
        box = part.boundingBox()
        engine = QgsGeometry.createGeometryEngine(part.constGet())
        engine.prepareGeometry()
        for row in rows:
            top = grid.extent.yMaximum() - row * grid.cell_y
            bottom = top - grid.tile * grid.cell_y
            if bottom < box.yMinimum() or top > box.yMaximum():
                continue
            check()
            for col in cols:
                left = grid.extent.xMinimum() + col * grid.cell_x
                right = left + grid.tile * grid.cell_x
                if left >= box.xMinimum() and right <= box.xMaximum():
                    chip = QgsGeometry.fromRect(QgsRectangle(left, bottom, right, top))
                    number += engine.contains(chip.constGet())
    return number


def _starts(pixels, grid):
    """Return where chips begin along one side of a raster; the last is pulled back to the edge."""
    last = max(0, round(pixels) - grid.tile)
    return sorted({*range(0, last + 1, grid.stride), last})


def _without(part, source, transform, undecided, check):
    """Return what is left of a polygon without results that nobody has looked at."""
    if not undecided:
        return [part]
    check()
    back = transform.transformBoundingBox(part.boundingBox(), QgsCoordinateTransform.ReverseTransform)
    request = QgsFeatureRequest().setFilterExpression(undecided).setFilterRect(back).setNoAttributes()
    holes = []
    for feature in source.getFeatures(request):
        shape = feature.geometry()
        shape.transform(transform)
        holes.append(shape if shape.area() > 0 else shape.buffer(1e-6 * part.boundingBox().width(), 2))
    if not holes:
        return [part]
    left = part.difference(QgsGeometry.unaryUnion(holes))
    return [one for one in left.asGeometryCollection() if one.area() > 0]


def _inside(value, low, high, half):
    """Return a middle moved so that a square lies inside the raster, where the raster is large enough."""
    if high - low <= 2 * half:
        return 0.5 * (low + high)
    return min(max(value, low + half), high - half)
