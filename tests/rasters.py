"""Tiny rasters and label layers for tests of the engine, made in a temporary folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyogrio.raw
import rasterio
import shapely
from rasterio.transform import Affine

from engine.tools.values import FeatureSource


def write_raster(
    path,
    array,
    left=500_000.0,
    top=4_650_000.0,
    cell_size=0.5,
    crs="EPSG:32633",
    nodata=None,
    transform=None,
    **profile,
) -> str:
    """Write (bands, rows, cols) as a GeoTIFF, north-up unless a transform is given; return its path as text."""
    array = np.asarray(array)
    bands, rows, cols = array.shape
    transform = transform or Affine(cell_size, 0.0, left, 0.0, -cell_size, top)
    if rows >= 32 and cols >= 32:
        profile = {"tiled": True, "blockxsize": 32, "blockysize": 32, **profile}
    shape = {"width": cols, "height": rows, "count": bands, "dtype": array.dtype}
    place = {"crs": crs, "transform": transform, "nodata": nodata}
    with rasterio.open(path, "w", **{"driver": "GTiff", **shape, **place, **profile}) as raster:
        raster.write(array)
    return str(path)


def write_features(path, geometry, crs="EPSG:32633", layer="", geometry_type="Polygon", **columns) -> FeatureSource:
    """Write shapely geometries and their columns as a GeoPackage layer."""
    layer = layer or Path(path).stem
    pyogrio.raw.write(
        str(path),
        geometry=shapely.to_wkb(np.asarray(geometry, object)),
        field_data=[np.asarray(values) for values in columns.values()],
        fields=list(columns),
        geometry_type=geometry_type,
        crs=crs,
        layer=layer,
        driver="GPKG",
    )
    return FeatureSource(str(path), layer=layer)


def write_boxes(path, boxes_map, crs="EPSG:32633", **columns) -> FeatureSource:
    """Write rectangles ``(left, bottom, right, top)`` in map units as polygons."""
    return write_features(path, [shapely.box(*box) for box in boxes_map], crs, **columns)
