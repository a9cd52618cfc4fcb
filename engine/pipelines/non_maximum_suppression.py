"""Remove duplicate objects from a layer: features -> order of confidence -> survivors per class -> features."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from ..accuracy.attributes import class_field, class_values, confidences, geometry_type, require_polygons, within_extent
from ..accuracy.polygons import suppress_polygons
from ..inference.overlaps import Integers
from ..job import Job
from ..raster.crs import asked_crs
from ..tools.non_maximum_suppression import NonMaximumSuppression
from ..vector.reading import FeatureTable, read_features, transformed
from ..vector.writing import write_features


def run(request: NonMaximumSuppression, job: Job) -> dict[str, str]:
    """Remove the duplicates of one layer; see NonMaximumSuppression for the parameters."""
    output_crs = asked_crs(request.output_crs)
    job.progress(0.0, "Reading features")
    table = read_features(request.in_featureclass, job=job)
    require_polygons(table, "choose a polygon layer, or buffer the features first")
    table = within_extent(table, request.extent)
    confidence = confidences(table, request.confidence_score_field, job)
    classes = _classes(table, request.class_value_field, job)
    job.progress(0.3, "Comparing features")
    kept = suppress_polygons(table.geometry, classes, _by_confidence(table, confidence), request.max_overlap_ratio, job)
    dropped = len(table) - len(kept)
    job.message(f"{dropped} of {len(table)} features are duplicates; {len(kept)} are kept")
    job.progress(0.8, "Writing features")
    survivors = table.take(kept)
    if output_crs is not None:
        survivors = transformed(survivors, output_crs)
    written = write_features(
        request.out_featureclass, survivors, job=job, geometry_type=geometry_type(table), crs=survivors.crs
    )
    return {"out_featureclass": written}


def _classes(table: FeatureTable, field: str, job: Job) -> Integers:
    """Return a number per feature, equal for equal classes; null is a class of its own."""
    name = class_field(table, field)
    if name is None:
        return np.zeros(len(table), np.int64)
    job.message(f"features suppress each other within a value of {name}")
    values = [value or "" for value in class_values(table, name)]
    return np.unique(np.array(values, str), return_inverse=True)[1].astype(np.int64)


def _by_confidence(table: FeatureTable, confidence: NDArray[np.float64]) -> Integers:
    """Return the features by falling confidence, equal ones from north to south, whatever their order was."""
    left, bottom, right, top = shapely.bounds(table.geometry).reshape(-1, 4).T
    order: Integers = np.lexsort((shapely.area(table.geometry), bottom, right, left, -top, -confidence))
    return order
