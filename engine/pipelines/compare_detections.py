"""Compare Detections: two layers -> one CRS -> matches -> new, gone, changed, confirmed -> one layer and a table."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from .. import files
from ..accuracy.attributes import class_field, class_values, confidences
from ..accuracy.detection_changes import (
    NUMBER,
    STATUSES,
    Objects,
    changes_of,
    compared_table,
    counted,
    kind_of,
    same_classes,
)
from ..accuracy.two_dates import Pairs, matched_pairs, near_pairs, overlapping_pairs
from ..errors import FeatureError, ParameterError
from ..job import Job
from ..raster.crs import asked_crs, known_crs
from ..tools.compare_detections import CompareDetections
from ..tools.values import FeatureSource
from ..vector.reading import FeatureTable, read_features, related, transformed
from ..vector.writing import output_path, write_features, write_table


def run(request: CompareDetections, job: Job) -> dict[str, str]:
    """Compare the detections of two dates; see ``CompareDetections`` for the parameters."""
    for target in (request.out_features, request.out_table):
        if target is not None:
            files.writable(output_path(target)[0])
    output_crs = asked_crs(request.output_crs)
    job.progress(0.0, "Reading features")
    new_table = read_features(request.new_detections, job=job, numbers=NUMBER)
    old_table = read_features(request.old_detections, job=job, numbers=NUMBER)
    old_table = related(old_table, new_table.crs, job=job, other=new_table.name)
    kind = kind_of(old_table, new_table)
    old = _objects(request, old_table, request.old_class_field, request.old_id_field, request.new_imagery, job)
    new = _objects(request, new_table, request.new_class_field, request.new_id_field, request.old_imagery, job)
    job.progress(0.3, "Comparing features")
    _warn_of_ground(old_table, new_table, request.max_distance or 0.0, job)
    _warn_of_classes(old, new, job)
    pairs = _pairs(request, kind, old, new, job)
    matched = matched_pairs(pairs, same_classes(old, new, pairs))
    changes = changes_of(old, new, matched, request.same_outline_iou if kind == "polygon" else 0.0)
    columns = counted(old, new, changes)
    _tell(columns, changes.unseen, job)
    job.progress(0.8, "Writing features")
    table = compared_table(old, new, changes, kind, job)
    if output_crs is not None:
        table = transformed(table, output_crs)
    outputs = {
        "out_features": write_features(
            request.out_features, table, job=job, geometry_type=_geometry_type(table, kind), crs=table.crs
        )
    }
    if request.out_table is not None:
        outputs["out_table"] = write_table(request.out_table, columns, job)
    return {**outputs, "kind": kind}


def _objects(
    request: CompareDetections,
    table: FeatureTable,
    field: str,
    id_field: str,
    other_imagery: FeatureSource | None,
    job: Job,
) -> Objects:
    """Return the objects of a layer with what is asked of them."""
    name = class_field(table, field or table.find_field("Class") or "")
    classes = np.full(len(table), None, object) if name is None else class_values(table, name)
    known = table.find_field(request.confidence_field)
    confidence = np.full(len(table), np.nan)
    if known is not None:
        confidence = confidences(table, known, job)
        confidence[np.isinf(confidence)] = np.nan
    counts = np.isnan(confidence) | (confidence >= request.min_confidence)
    seen = np.ones(len(table), bool)
    if other_imagery is not None:
        ground = read_features(other_imagery, job=job, geometry="polygon")
        ground = related(ground, table.crs, job=job, other=table.name)
        area = shapely.union_all(ground.geometry)
        shapely.prepare(area)
        seen = np.asarray(shapely.covers(area, shapely.point_on_surface(table.geometry)), bool)
    return Objects(table, _ids(table, id_field), classes, confidence, counts, seen)


def _warn_of_ground(old: FeatureTable, new: FeatureTable, reach: float, job: Job) -> None:
    """Warn of layers that lie apart: then every object counts as gone or new.

    Args:
        old: The older objects.
        new: The newer ones, in the same CRS.
        reach: Distance that counts as the same place, map units.
        job: Told.
    """
    if not len(old) or not len(new):
        return
    left, bottom, right, top = shapely.total_bounds(old.geometry)
    others = shapely.total_bounds(new.geometry)
    gaps = others[0] - right, left - others[2], others[1] - top, bottom - others[3]
    if max(gaps) > reach:
        job.warn(
            f"{old.name} and {new.name} share no ground, so that everything counts as gone or new: choose layers of "
            "the same place, and mind their CRS"
        )


def _warn_of_classes(old: Objects, new: Objects, job: Job) -> None:
    """Warn of classes that can never be the same: then every object that was found again counts as changed."""
    ours, theirs = ({str(name) for name in side.classes if name is not None} for side in (old, new))
    if bool(ours) != bool(theirs):
        one = (old if ours else new).table.name
        job.warn(f"only {one} has classes, so whatever is found again counts as changed: name the class fields of both")
    elif ours and not ours & theirs:
        job.warn(
            f"no class of {old.table.name} ({_some(ours)}) occurs in {new.table.name} ({_some(theirs)}), so what is "
            "found again counts as changed: choose fields with the same classes"
        )


def _some(names: set[str]) -> str:
    """Return some classes in words."""
    return ", ".join(sorted(names)[:5]) + (" ..." if len(names) > 5 else "")


def _ids(table: FeatureTable, field: str) -> NDArray[np.generic]:
    """Return the identifiers of objects: those of a field, else the numbers of the features.

    Raises:
        FeatureError: The named field is absent.
    """
    if not field.strip():
        return table.fields[NUMBER]
    name = table.find_field(field.strip())
    if name is None:
        some = ", ".join([known for known in table.fields if known != NUMBER][:12]) or "none"
        raise FeatureError(f"{table.name} has no field {field}: choose an identifier among its fields ({some})")
    column = table.fields[name]
    if column.dtype.kind in "Mb":
        return column.astype(str).astype(object)
    whole = column.dtype.kind == "f" and not np.isnan(column).any() and bool((column == np.floor(column)).all())
    return column.astype(np.int64) if whole else column


def _pairs(request: CompareDetections, kind: str, old: Objects, new: Objects, job: Job) -> Pairs:
    """Return the objects that may be one.

    Raises:
        ParameterError: Points are compared and no distance is given.
    """
    if kind == "polygon":
        return overlapping_pairs(old.table.geometry, new.table.geometry, request.min_iou, job)
    if request.max_distance is None:
        raise ParameterError(
            "max_distance is missing and the layers hold points: give the distance up to which two points are one "
            "object"
        )
    crs = known_crs(new.table.crs)
    if crs is not None and crs.is_geographic:
        job.warn(f"max_distance {request.max_distance:g} is in degrees, the unit of {new.table.name}")
    return near_pairs(old.table.geometry, new.table.geometry, request.max_distance)


def _tell(columns: dict[str, NDArray[np.generic]], unseen: tuple[int, int], job: Job) -> None:
    """Tell how many objects of each class have each status, and how many are left out."""
    rows = list(zip(*columns.values(), strict=True))
    for name, *counts in rows if len(rows) > 2 else rows[-1:]:
        told = ", ".join(f"{count} {status}" for count, status in zip(counts, STATUSES, strict=True))
        job.message(f"{name}: {told}")
    for count, what in zip(unseen, ("gone", "new"), strict=True):
        if count:
            noun = "object is" if count == 1 else "objects are"
            job.message(f"{count} unmatched {noun} not told {what}: the other date has no imagery there")


def _geometry_type(table: FeatureTable, kind: str) -> str:
    """Return OGR's name of the type that holds every feature."""
    several = bool(np.isin(shapely.get_type_id(table.geometry), (4, 6)).any())
    return ("Multi" if several else "") + kind.capitalize()
