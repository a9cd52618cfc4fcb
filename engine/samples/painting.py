"""Painting label pixels: polygons burnt a strip at a time, or class rasters read; and how the pixels are coded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import rasterio.features
import shapely
from affine import Affine

from ..classes import ClassInfo
from ..errors import FeatureError
from ..raster.class_raster import LARGEST_VALUE
from .placed_classes import ClassReader, PlacedClasses
from .placing import PlacedLabels

_POLYGON = 3
"""Shapely's number of the kind polygon."""

_DETAILED = 64
"""Vertices of a polygon beyond which it is cut at the strip before it is painted."""


@dataclass(frozen=True)
class Coding:
    """How pixels of label rasters are written.

    Attributes:
        void: Value of pixels without a label and outside: 0, unless 0 is a class of its own beside them.
        dtype: ``uint8``, or ``uint16`` when a value needs it.
        nodata: What the label files declare as nodata, None where no pixel is without a label.
    """

    void: int
    dtype: str
    nodata: int | None

    @classmethod
    def of(cls, classes: Sequence[ClassInfo], unlabelled: int | None, gaps: bool) -> Coding:
        """Return the coding of the labels of a run.

        Args:
            classes: All that occur.
            unlabelled: 0 when 0 stands for pixels without a label, None when it is the background.
            gaps: Pixels without a label may occur although 0 is the background.
        """
        largest = max((entry.value for entry in classes), default=0)
        if unlabelled == 0 or not gaps:
            return cls(0, "uint8" if largest <= 255 else "uint16", unlabelled)
        taken = {entry.value for entry in classes}
        top = 255 if largest <= 255 and 255 not in taken else LARGEST_VALUE
        void = next((value for value in range(top, 0, -1) if value not in taken), 0)
        if not void:
            raise FeatureError(f"all values up to {LARGEST_VALUE} are classes: leave one for pixels without a label")
        return cls(void, "uint8" if top == 255 else "uint16", void)


class PolygonPainter:
    """Paints polygons: a pixel has the class of the last polygon in which its centre lies."""

    def __init__(self, placed: PlacedLabels, coding: Coding) -> None:
        """Paint placed polygons."""
        self._placed, self._coding = placed, coding
        self._detailed = shapely.get_num_coordinates(placed.geometry) > _DETAILED

    def __enter__(self) -> PolygonPainter:
        return self

    def __exit__(self, *error: Any) -> None:
        """Nothing is open."""

    def paint(self, row: int, height: int, col: int, width: int, chosen: np.ndarray | None = None) -> np.ndarray:
        """Return (height, width) values; ``chosen`` are the polygons to paint in their order, None for all."""
        found = self._placed.within(col, row, width, height) if chosen is None else chosen
        values = np.full((height, width), self._coding.void, self._coding.dtype)
        return self.burn(values, row, col, found, self._placed.values[found])

    def burn(self, out: np.ndarray, row: int, col: int, chosen: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """Paint polygons with a number each into an array that begins at a pixel of the raster, and return it.

        Args:
            out: (height, width) of a type that holds the numbers.
            row: Row of the raster where it begins.
            col: Column where it begins.
            chosen: (n,) int64, the polygons in the order in which they are painted.
            numbers: (n,) integers, what to paint them with.
        """
        if not len(chosen):
            return out
        height, width = out.shape
        geometry = self._placed.geometry[chosen]
        detailed = self._detailed[chosen]
        if detailed.any():
            geometry = geometry.copy()
            geometry[detailed] = shapely.clip_by_rect(
                geometry[detailed], col - 1, row - 1, col + width + 1, row + height + 1
            )
            kept = ~shapely.is_empty(geometry)
            geometry, numbers = geometry[kept], numbers[kept]
        if len(geometry):
            rasterio.features.rasterize(
                zip(_outlines(geometry), numbers.tolist(), strict=True), out=out, transform=Affine.translation(col, row)
            )
        return out


def _outlines(geometry: np.ndarray) -> list[Any]:
    """Return polygons as rasterio takes them: those of one ring as mappings made at once, in half the time."""
    found: list[Any] = geometry.tolist()
    rings = np.flatnonzero(
        (shapely.get_type_id(geometry) == _POLYGON) & (shapely.get_num_interior_rings(geometry) == 0)
    )
    points = shapely.get_coordinates(geometry[rings]).tolist()
    ends = np.cumsum(shapely.get_num_coordinates(geometry[rings])).tolist()
    for place, begin, end in zip(rings.tolist(), [0, *ends], ends, strict=False):
        found[place] = {"type": "Polygon", "coordinates": [points[begin:end]]}
    return found


class ClassPainter:
    """Takes the values of class rasters."""

    def __init__(self, placed: PlacedClasses, coding: Coding) -> None:
        """Read placed class rasters."""
        self._reader, self._coding = ClassReader(placed, coding.void), coding

    def __enter__(self) -> ClassPainter:
        self._reader.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        """Close the rasters."""
        self._reader.__exit__(*error)

    def paint(self, row: int, height: int, col: int, width: int) -> np.ndarray:
        """Return (height, width) values."""
        return self._reader.read(row, height, col, width)[0].astype(self._coding.dtype)
