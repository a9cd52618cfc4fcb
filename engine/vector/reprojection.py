"""Moving geometries from one CRS to another, with those that have no place in the other left empty-handed."""

from __future__ import annotations

import numpy as np
import shapely
from rasterio._err import CPLE_NotSupportedError
from rasterio.crs import CRS
from rasterio.warp import transform

from ..errors import FeatureError
from ..raster.crs import GDAL_ERRORS, crs_text


def moved(geometry: np.ndarray, source: CRS, target: CRS, name: str) -> np.ndarray:
    """Return geometries in another CRS.

    Args:
        geometry: (n,) object, shapely geometries.
        source: CRS they are in.
        target: CRS they are wanted in.
        name: The layer's name, for messages.

    Returns:
        (n,) object; None for those that cannot be expressed there, such as a pole in Mercator.

    Raises:
        FeatureError: No operation leads from one CRS to the other.
    """

    def points_moved(points: np.ndarray) -> np.ndarray:
        if not len(points):
            return points
        return np.column_stack(transform(source, target, points[:, 0], points[:, 1]))

    try:
        result = shapely.transform(geometry, points_moved)
    except CPLE_NotSupportedError as error:
        raise FeatureError(
            f"the CRS of {name} ({crs_text(source)}) cannot be related to {crs_text(target)}: reproject the layer first"
        ) from error
    except GDAL_ERRORS:
        if len(geometry) == 1:
            return np.full(1, None, object)
        middle = len(geometry) // 2
        halves = [moved(part, source, target, name) for part in (geometry[:middle], geometry[middle:])]
        return np.concatenate(halves)
    result = np.asarray(result, object)
    result[~np.isfinite(shapely.bounds(result)).all(axis=1)] = None
    return result
