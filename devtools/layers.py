"""A feature layer in memory, as the developer's tools read and write it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import pyogrio.raw
import shapely


@dataclass(frozen=True)
class Layer:
    """A layer in memory: shapely geometry, fields, CRS and name."""

    geometry: np.ndarray
    fields: dict[str, np.ndarray]
    crs: str
    name: str

    def take(self, chosen: np.ndarray) -> Layer:
        """Return the chosen features, by mask or index."""
        return Layer(
            self.geometry[chosen], {key: values[chosen] for key, values in self.fields.items()}, self.crs, self.name
        )

    def write(self, path: Path) -> Path:
        """Write the layer under its own name: where labels have no class field the class is named after it."""
        pyogrio.raw.write(
            path,
            shapely.to_wkb(self.geometry),
            list(self.fields.values()),
            list(self.fields),
            layer=self.name,
            geometry_type=self.geometry[0].geom_type if len(self.geometry) else "Polygon",
            crs=self.crs,
            driver="GPKG",
            dataset_options={"VERSION": "1.2"},  # what QGIS 3.22 reads without a word
            promote_to_multi=len({geometry.geom_type for geometry in self.geometry}) > 1,
        )
        return path


def read_layer(path: Path) -> Layer:
    """Return the first layer of a file; features without geometry are left out."""
    name = str(pyogrio.list_layers(path)[0][0])
    meta, _, geometry, columns = pyogrio.raw.read(path, layer=name)
    shapes = shapely.from_wkb(geometry)
    layer = Layer(shapes, dict(zip(meta["fields"], columns, strict=True)), meta["crs"], name)
    return layer.take(~shapely.is_missing(shapes) & ~shapely.is_empty(shapes))
