"""From detections to features: one polygon each, in map units, with class and confidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine

from ..classes import ClassInfo
from ..raster.crs import crs_text
from ..raster.reading import RasterSource
from ..vector.reading import FeatureTable, transformed
from .detections import Array, Detections

CLASS, CLASS_VALUE, CONFIDENCE, RASTER = "Class", "Classvalue", "Confidence", "Raster"
"""Fields of the output; the last one only where there are several rasters."""

CHUNK = 20_000
"""Features made at once, so that memory is that of the detections."""


@dataclass(frozen=True)
class RasterDetections:
    """What was found in one raster.

    Attributes:
        source: The raster.
        found: Its detections.
        name: What its features carry in the field ``Raster``; empty leaves the field out.
    """

    source: RasterSource
    found: Detections
    name: str = ""


def field_types(several: bool) -> dict[str, type]:
    """Return the fields of the output with their numpy types, for a layer without features.

    Args:
        several: Whether there are several rasters.
    """
    fields: dict[str, type] = {CLASS: object, CLASS_VALUE: np.int32, CONFIDENCE: np.float64}
    return {**fields, RASTER: object} if several else fields


def to_features(
    rasters: Sequence[RasterDetections],
    classes: Sequence[ClassInfo],
    crs: str | None,
    outlines: Callable[[Detections, Affine], Array],
) -> Iterator[FeatureTable]:
    """Yield the features of all rasters, some thousand at a time.

    Args:
        rasters: What was found in each.
        classes: The model's classes; label 1 is the first.
        crs: CRS of the output; None keeps coordinates as they are.
        outlines: Detections and pixel to map to their polygons.

    Raises:
        FeatureError: A raster's CRS cannot be related to the output's.
    """
    names = np.array(["", *(entry.name for entry in classes)], object)
    values = np.array([0, *(entry.value for entry in classes)], np.int32)
    for raster in rasters:
        own = crs_text(raster.source.crs)
        for start in range(0, len(raster.found), CHUNK):
            some = raster.found.take(slice(start, start + CHUNK))
            fields = {
                CLASS: names[some.labels],
                CLASS_VALUE: values[some.labels],
                CONFIDENCE: np.clip(some.scores.astype(np.float64), 0.0, 1.0),
            }
            if raster.name:
                fields[RASTER] = np.full(len(some), raster.name, object)
            table = FeatureTable(outlines(some, raster.source.transform), fields, own, "detections")
            yield table if crs is None or own is None or own == crs else _moved(table, crs)


def _moved(table: FeatureTable, crs: str) -> FeatureTable:
    """Return features in another CRS; an outline that crosses itself there is mended, and keeps its type."""
    moved = transformed(table, crs)
    for place in np.flatnonzero(~shapely.is_valid(moved.geometry)):
        shape = moved.geometry[place]
        mended = shapely.make_valid(shape, method="structure", keep_collapsed=False)
        if mended.is_empty:
            continue  # too thin for any area there: better as it is than in no place
        if shape.geom_type == mended.geom_type:
            moved.geometry[place] = mended
        elif shape.geom_type == "MultiPolygon":
            moved.geometry[place] = shapely.MultiPolygon([mended])
    return moved


def box_polygons(boxes: Array, transform: Affine) -> Array:
    """Return (n,) polygons with four corners, closed.

    Args:
        boxes: (n, 4) in pixels.
        transform: Pixel to map.
    """
    cols, rows = boxes[:, [0, 2, 2, 0, 0]], boxes[:, [1, 1, 3, 3, 1]]
    corners = np.stack(
        [
            transform.a * cols + transform.b * rows + transform.c,
            transform.d * cols + transform.e * rows + transform.f,
        ],
        axis=-1,
    )
    return shapely.polygons(corners)
