"""The mask layer: polygons outside of which nothing is looked for."""

from __future__ import annotations

import numpy as np
import shapely
from affine import Affine
from rasterio.features import rasterize

from ..raster.grid import Window
from .detections import Array


class MaskArea:
    """Polygons over the grid of a raster; may be asked by several threads."""

    def __init__(self, polygons: Array, transform: Affine) -> None:
        """Bring the polygons into pixels of the raster.

        Args:
            polygons: (n,) shapely polygons in the raster's CRS.
            transform: Pixel to map of the raster.
        """
        inverse = ~transform
        self._polygons = shapely.transform(
            polygons,
            lambda xy: np.stack(
                [
                    inverse.a * xy[:, 0] + inverse.b * xy[:, 1] + inverse.c,
                    inverse.d * xy[:, 0] + inverse.e * xy[:, 1] + inverse.f,
                ],
                axis=1,
            ),
        )
        self._tree = shapely.STRtree(self._polygons)

    def __call__(self, window: Window) -> Array | None:
        """Return (rows, cols) bool: which pixels' centres lie in a polygon; None when all do."""
        frame = shapely.box(window.col, window.row, window.col + window.width, window.row + window.height)
        near = self._polygons[self._tree.query(frame, predicate="intersects")]
        if len(near) == 1 and shapely.contains_properly(near[0], frame):
            return None
        if not len(near):
            return np.zeros((window.height, window.width), bool)
        return rasterize(
            near,
            out_shape=(window.height, window.width),
            transform=Affine.translation(window.col, window.row),
            dtype="uint8",
        ).astype(bool)
