"""The labels of an export that are features of a layer."""

from __future__ import annotations

import numpy as np
import shapely

from ..classes import ClassInfo
from ..errors import FeatureError
from ..job import Job
from ..raster.crs import crs_text
from ..raster.reading import RasterSource
from ..vector.labels import Labels
from .placing import PlacedLabels


class FeatureLabels:
    """Labelled polygons, on one raster after another.

    Attributes:
        labels: The polygons.
        unlabelled: What 0 stands for in label rasters; None where labels are no rasters.
    """

    def __init__(self, labels: Labels, imagery: str, unlabelled: int | None = None) -> None:
        """Place labels on rasters that messages call ``imagery``."""
        self.labels, self.unlabelled, self._imagery = labels, unlabelled, imagery
        self._by_crs: dict[str | None, Labels] = {}
        self._reached = np.zeros(len(labels), bool)

    @property
    def classes(self) -> tuple[ClassInfo, ...]:
        """All classes of the layer, 0 left out where it stands for the background."""
        return self.labels.classes

    @property
    def numbered(self) -> bool:
        """Whether the classes come from a field."""
        return self.labels.numbered

    def on(self, source: RasterSource, job: Job) -> PlacedLabels:
        """Return the labels on a raster.

        Raises:
            FeatureError: The CRSs of layer and raster cannot be related.
        """
        crs = crs_text(source.crs)
        if crs not in self._by_crs or self.labels.by_image:
            self._by_crs[crs] = self.labels.in_crs(source.crs, source.path, job)
        placed = self.place(self._by_crs[crs], source)
        self._reached[placed.rows] = True
        return placed

    def place(self, labels: Labels, source: RasterSource) -> PlacedLabels:
        """Place labels in the CRS of a raster on its grid."""
        return PlacedLabels(labels, source)

    def bounds(self, source: RasterSource) -> np.ndarray:
        """Return (n, 4) float64 bounds of all labels in a raster's CRS."""
        return np.asarray(shapely.bounds(self.labels.in_crs(source.crs, source.path, Job()).table.geometry))

    def tell(self, job: Job) -> None:
        """Say how many labels lie outside the rasters.

        Raises:
            FeatureError: All do.
        """
        if not self._reached.any() and self.labels.by_image:
            raise FeatureError(
                f"none of the {len(self.labels)} labels of {self.labels.table.name} belongs to {self._imagery}: check "
                f"the images that it names, or choose PROCESS_ITEMS_SEPARATELY"
            )
        if not self._reached.any():
            raise FeatureError(
                f"none of the {len(self.labels)} labels of {self.labels.table.name} lies on {self._imagery}: check the "
                f"layer, its CRS and the extent"
            )
        if outside := int(len(self.labels) - self._reached.sum()):
            job.message(f"{outside} of {len(self.labels)} labels lie outside the imagery and are left out")
