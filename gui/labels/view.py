"""What the map shows of the raster that is labelled, as a run of a tool takes it."""

from __future__ import annotations

from qgis.core import QgsCoordinateTransform, QgsCsException, QgsProject, QgsRectangle

from .pixel_count import has_pixels


def visible_part(canvas, raster):
    """Return what the map shows of a raster layer, in the layer's CRS; an empty rectangle where it shows nothing.

    Args:
        canvas: The map canvas.
        raster: The raster layer.
    """
    shown, crs = canvas.extent(), canvas.mapSettings().destinationCrs()
    if crs.isValid() and raster.crs().isValid() and crs != raster.crs():
        try:
            shown = QgsCoordinateTransform(crs, raster.crs(), QgsProject.instance()).transformBoundingBox(shown)
        except QgsCsException:
            return QgsRectangle()
    if not has_pixels(raster):
        return shown
    return shown.intersect(raster.extent()) if shown.intersects(raster.extent()) else QgsRectangle()


def run_extent(part):
    """Return a rectangle in the raster's CRS as the text that tools take."""
    return f"{part.xMinimum():.15g},{part.xMaximum():.15g},{part.yMinimum():.15g},{part.yMaximum():.15g}"


def screen_cell_size(canvas, raster, part):
    """Return the size of a pixel of the screen in units of the raster; 0 where the raster's own are larger.

    Args:
        canvas: The map canvas.
        raster: The raster layer.
        part: What it shows of it, in the layer's CRS.
    """
    crs = canvas.mapSettings().destinationCrs()
    shown = canvas.extent()
    if crs.isValid() and raster.crs().isValid() and crs != raster.crs():
        shown = QgsCoordinateTransform(crs, raster.crs(), QgsProject.instance()).transformBoundingBox(shown)
    size = canvas.size()
    cell = (shown.width() * shown.height() / max(1, size.width() * size.height())) ** 0.5
    if not has_pixels(raster):
        return cell
    own = raster.extent().width() / raster.width()
    return cell if cell > own else 0.0
