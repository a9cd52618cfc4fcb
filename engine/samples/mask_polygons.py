"""The polygons that the chips of an export must lie in."""

from __future__ import annotations

import shapely

from ..errors import FeatureError
from ..job import Job
from ..raster.crs import crs_text
from ..raster.reading import RasterSource
from ..tools.values import FeatureSource
from ..vector.reading import FeatureTable, read_features, related
from .placing import in_pixels


class MaskPolygons:
    """The mask polygons of an export, on one raster after another."""

    def __init__(self, source: FeatureSource | None, job: Job) -> None:
        """Read the polygons, None for anywhere.

        Raises:
            FeatureError: The layer is empty or holds no polygons.
        """
        self._job = job
        self._table = None if source is None else read_features(source, job=job, geometry="polygon")
        if self._table is not None and not len(self._table):
            raise FeatureError(f"the mask {self._table.name} has no polygon: draw one, or leave in_mask_polygons empty")
        self._by_crs: dict[str | None, FeatureTable] = {}

    def on(self, source: RasterSource) -> shapely.Geometry | None:
        """Return the union of the polygons in pixels of a raster, ready for many questions."""
        if self._table is None:
            return None
        crs = crs_text(source.crs)
        if crs not in self._by_crs:
            self._by_crs[crs] = related(self._table, source.crs, job=self._job, other=source.path)
        union = shapely.union_all(in_pixels(self._by_crs[crs].geometry, ~source.transform))
        shapely.prepare(union)
        return union
