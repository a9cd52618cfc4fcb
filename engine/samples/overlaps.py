"""Features that lie over an earlier one: where they do, the later one is painted."""

from __future__ import annotations

import numpy as np
import shapely

from ..vector.image_table import IMAGE
from ..vector.labels import Labels


def lying_over(labels: Labels, *, alike: bool) -> np.ndarray:
    """Return the features whose inside meets that of an earlier feature.

    Args:
        labels: The features, in the order in which they are painted.
        alike: Of the same class as the earlier one; else of another class.

    Returns:
        (k,) int64 indexes, ascending.
    """
    geometry = labels.table.geometry
    later, earlier = shapely.STRtree(geometry).query(geometry)
    wanted = (later > earlier) & ((labels.values[later] == labels.values[earlier]) == alike)
    if labels.by_image:
        images = labels.table.fields[IMAGE]
        wanted &= images[later] == images[earlier]
    later, earlier = later[wanted], earlier[wanted]
    bounds = shapely.bounds(geometry)
    one, two = bounds[later], bounds[earlier]
    across = np.minimum(one[:, 2], two[:, 2]) > np.maximum(one[:, 0], two[:, 0])
    down = np.minimum(one[:, 3], two[:, 3]) > np.maximum(one[:, 1], two[:, 1])
    later, earlier = later[across & down], earlier[across & down]
    full = (bounds[:, 2] - bounds[:, 0]) * (bounds[:, 3] - bounds[:, 1])
    rectangle = shapely.area(geometry) >= full * (1 - 1e-9)
    both = rectangle[later] & rectangle[earlier]
    sure = np.unique(later[both])
    open_ = ~np.isin(later, sure)
    return np.union1d(sure, _meeting(geometry, later[open_], earlier[open_]))


def _meeting(geometry: np.ndarray, later: np.ndarray, earlier: np.ndarray) -> np.ndarray:
    """Return the first of each pair of which the insides meet, each asked about until one pair is found."""
    shapely.prepare(geometry[np.unique(later)])
    near = shapely.intersects(geometry[later], geometry[earlier])
    later, earlier = later[near], earlier[near]
    order = np.argsort(later, kind="stable")
    later, earlier = later[order], earlier[order]
    found: list[np.ndarray] = []
    while len(later):
        _, first = np.unique(later, return_index=True)
        meet = shapely.relate_pattern(geometry[later[first]], geometry[earlier[first]], "T********")
        found.append(later[first][meet])
        rest = ~np.isin(later, found[-1])
        rest[first] = False
        later, earlier = later[rest], earlier[rest]
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)
