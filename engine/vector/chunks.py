"""A layer of features read some thousand at a time, so that memory does not grow with it; geometries as they are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import shapely

from ..errors import FeatureError
from ..raster.crs import crs_text, known_crs
from ..tools.values import FeatureSource
from .reading import FeatureTable, read_raw

CHUNK = 20_000
"""Features in memory at once."""


@dataclass(frozen=True)
class FeatureLayer:
    """A layer that is read in chunks, in its own order.

    Attributes:
        source: Where it is.
        name: Its name as the user knows it.
        count: Number of features.
        types: Field to the numpy name of the type that the layer declares.
        crs: Authority code or WKT, None when unknown.
        geometry_type: OGR's name of the geometry type that the layer declares.
    """

    source: FeatureSource
    name: str
    count: int
    types: Mapping[str, str]
    crs: str | None
    geometry_type: str

    def __len__(self) -> int:
        """Return the number of features."""
        return self.count

    def find_field(self, name: str) -> str | None:
        """Return the field of that name, in any case; an exact match first."""
        if name in self.types:
            return name
        return next((known for known in self.types if known.casefold() == name.casefold()), None)

    def chunks(self, *, fields: bool = True, size: int = CHUNK) -> Iterator[FeatureTable]:
        """Yield the features in order; those without geometry have None.

        Args:
            fields: Whether columns are read, and third dimensions; else only where the features lie.
            size: Features in a chunk.

        Raises:
            FeatureError: The layer became unreadable.
        """
        for start in range(0, self.count, size):
            part = {"skip_features": start, "max_features": min(size, self.count - start), "force_2d": not fields}
            meta, _, wkb, columns = read_raw(self.source, **part, columns=None if fields else [])
            names = [str(name) for name in meta["fields"]]
            yield FeatureTable(
                np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), object),
                dict(zip(names, columns, strict=True)),
                self.crs,
                self.name,
                dict(self.types) if fields else {},
            )


def open_layer(source: FeatureSource) -> FeatureLayer:
    """Return a layer whose features are counted and not yet read.

    Raises:
        FeatureError: It is missing or unreadable, a table, or its CRS is not understood.
    """
    name = source.name or source.layer or os.path.splitext(os.path.basename(source.path))[0]
    meta, numbers, _, _ = read_raw(source, columns=[], read_geometry=False, return_fids=True)
    if meta["geometry_type"] is None:
        raise FeatureError(f"{name} is a table without geometry: choose a layer of features")
    known, _, _, _ = read_raw(source, max_features=1)
    return FeatureLayer(
        source=source,
        name=name,
        count=0 if numbers is None else len(numbers),
        types=dict(zip(map(str, known["fields"]), map(str, known["dtypes"]), strict=True)),
        crs=crs_text(known_crs(known["crs"], name, FeatureError)),
        geometry_type=str(known["geometry_type"]),
    )
