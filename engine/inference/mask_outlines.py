"""Outlines of masks as polygons: along the pixels, or without their steps.

Without steps an outline leaves a pixel edge where it is long and cuts the corners of short ones, from middle to middle;
then corners are left out as long as the line stays within half a pixel. Every corner that is left lies on the mask's
own outline. Holes stay holes; masks so small that this would change their area keep their pixels.
"""

from __future__ import annotations

import numpy as np
import shapely
from affine import Affine
from rasterio.features import shapes

from .detections import Array
from .masks import PixelMasks

TOLERANCE = 0.5
"""Pixels that the simplified line may be away."""

LONG = 3.0
"""Pixels from which a straight run of pixel edges is an edge of the object, not a step."""

AREA_CHANGE = 0.1
"""Share of its area by which simplifying may change a mask; more keeps its pixels."""


def mask_polygons(masks: PixelMasks, transform: Affine, simplify: bool) -> Array:
    """Return the outlines of masks in map units.

    Args:
        masks: The masks, each with a pixel at least.
        transform: Pixel to map.
        simplify: Without the steps of the pixels.

    Returns:
        (n,) valid multipolygons; parts that only touch at a corner are parts of their own.
    """
    traced = [_traced(masks.pixels(place)) for place in range(len(masks))]
    shapes_of = np.array([shapely.MultiPolygon([shapely.Polygon(*rings) for rings in parts]) for parts in traced])
    shapes_of = shapes_of.astype(object)
    if simplify and len(masks):
        shapes_of = _simplified(traced, shapes_of)
    corner = np.array([transform.c, transform.f])
    matrix = np.array([[transform.a, transform.b], [transform.d, transform.e]])
    starts = masks.windows[:, :2].astype(np.float64)
    counts = shapely.get_num_coordinates(shapes_of)
    pixels = shapely.get_coordinates(shapes_of) + np.repeat(starts, counts, axis=0)
    placed: Array = shapely.set_coordinates(shapes_of, pixels @ matrix.T + corner)
    return placed


def _traced(mask: Array) -> list[tuple[Array, list[Array]]]:
    """Return shell and holes of each part of a mask, (corners, 2) closed rings along the pixel edges."""
    rings = (geometry["coordinates"] for geometry, _ in shapes(mask.astype(np.uint8), mask=mask, connectivity=4))
    return [(np.array(shell), [np.array(hole) for hole in holes]) for shell, *holes in rings]


def _simplified(traced: list[list[tuple[Array, list[Array]]]], stepped: Array) -> Array:
    """Return the masks without steps; those that it would spoil as they are."""
    smooth = np.array(
        [
            shapely.MultiPolygon(
                [
                    shapely.Polygon(_without_steps(shell), [_without_steps(hole) for hole in holes])
                    for shell, holes in parts
                ]
            )
            for parts in traced
        ]
    ).astype(object)
    smooth = shapely.simplify(smooth, TOLERANCE, preserve_topology=True)
    single = shapely.get_type_id(smooth) == shapely.GeometryType.POLYGON
    smooth[single] = [shapely.MultiPolygon([shape]) for shape in smooth[single]]
    area = shapely.area(stepped)
    kept = shapely.is_valid(smooth) & (shapely.get_type_id(smooth) == shapely.GeometryType.MULTIPOLYGON)
    kept &= np.abs(shapely.area(smooth) - area) <= AREA_CHANGE * area
    return np.where(kept, smooth, stepped)


def _without_steps(ring: Array) -> Array:
    """Return a closed ring along pixel edges with the corners of its short runs cut."""
    corners = ring[:-1]
    leaving = ring[1:] - corners
    length = np.abs(leaving).sum(axis=1)
    direction = leaving / length[:, None]
    sharp = np.minimum(length, np.roll(length, 1)) >= LONG
    before = corners - 0.5 * np.roll(direction, 1, axis=0)
    after = corners + 0.5 * direction
    points = np.stack([np.where(sharp[:, None], corners, before), np.where(sharp[:, None], corners, after)], axis=1)
    points = points.reshape(-1, 2)
    new = (points != np.roll(points, 1, axis=0)).any(axis=1)
    points = points[new]
    return np.concatenate([points, points[:1]])
