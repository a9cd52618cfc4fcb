"""What a run that classifies objects writes: its fields, the features or the table, the comparison with the truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from ..accuracy.object_comparison import ObjectComparison
from ..classes import ClassInfo
from ..errors import FeatureError, ParameterError
from ..job import Job
from ..raster.crs import asked_crs, crs_text, known_crs
from ..tools.classify_objects import ClassifyObjects
from ..tools.values import FeatureTarget
from ..vector.appending import ExistingLayer, add_features, add_rows, check_fit, existing_layer
from ..vector.reading import FeatureTable
from ..vector.reprojection import moved
from ..vector.writing import write_features, write_table
from .object_findings import Decided, Findings, decide
from .object_places import NOWHERE
from .object_subjects import LayerSubject, Subject
from .preparation import check_layer

CLASS_VALUE, CONFIDENCE, RASTER = "Classvalue", "Confidence", "Raster"
"""Fields of the output beside the class label; the last one only where there are several rasters."""


@dataclass(frozen=True)
class Fields:
    """Names of our fields in the output.

    Attributes:
        label: Class name.
        value: Class value.
        confidence: Confidence.
        raster: The raster that an object was seen in; empty without.
    """

    label: str
    value: str
    confidence: str
    raster: str = ""

    def types(self, multi: bool) -> dict[str, str]:
        """Return the numpy names of their types; several labels are texts."""
        kinds = {self.label: "object", self.value: "int32", self.confidence: "float64"}
        if multi:
            kinds = dict.fromkeys(kinds, "object")
        return {**kinds, self.raster: "object"} if self.raster else kinds


@dataclass
class Output:
    """The layer or table to write.

    Attributes:
        target: Where.
        fields: Our fields.
        types: All fields with their types.
        crs: CRS of the features.
        geometry_type: OGR's name; None for a table.
        existing: The layer that is added to, if it is there.
        path: The file.
    """

    target: FeatureTarget
    fields: Fields
    types: Mapping[str, str]
    crs: str | None
    geometry_type: str | None
    existing: ExistingLayer | None
    path: Path


@dataclass
class Written:
    """What was written.

    Attributes:
        uri: What opens it.
        rows: How many.
        below: How many were left out because they are below the threshold.
        truth: The comparison with the truth, if there was one.
        counts: Written rows of each class.
    """

    uri: str
    rows: int = 0
    below: int = 0
    truth: ObjectComparison | None = None
    counts: dict[str, int] = field(default_factory=dict)


def plan_output(request: ClassifyObjects, subject: Subject, multi: bool, job: Job) -> Output:
    """Return what will be written, or refuse it before anything is computed.

    Raises:
        OutputError: The place is not writable, or results cannot be added to the layer that is there.
        ParameterError: The truth field is missing, or a CRS is asked for that the existing layer has not.
    """
    path = check_layer(request.out_feature_class)
    several = isinstance(subject, LayerSubject) and len(subject.sources) > 1
    fields = _free_fields(request.class_label_field, subject.types, several, job)
    types = {**subject.types, **fields.types(multi)}
    existing = existing_layer(request.out_feature_class)
    asked = asked_crs(request.output_crs)
    crs = subject.crs if asked is None else crs_text(asked)
    if existing is not None:
        check_fit(existing, types, subject.geometry_type)
        job.message(f"{existing.layer} exists with {existing.count} rows: the results are appended")
        if asked is not None and existing.crs != crs:
            raise ParameterError(
                f"output_crs is {crs} and {existing.layer}, which is added to, has {existing.crs}: leave output_crs out"
            )
        crs = existing.crs
    if subject.geometry_type is not None and crs != subject.crs and None in (crs, subject.crs):
        lacking = "the objects" if subject.crs is None else "the output"
        raise FeatureError(
            f"{lacking} have no CRS and the other side has one: give them a CRS, or leave output_crs out"
        )
    return Output(request.out_feature_class, fields, types, crs, subject.geometry_type, existing, path)


def find_truth(request: ClassifyObjects, subject: Subject) -> str:
    """Return the field with the true class, empty without one.

    Raises:
        ParameterError: There is no such field.
    """
    if not request.truth_field:
        return ""
    names = {name.casefold(): name for name in subject.types} | {name: name for name in subject.types}
    found = names.get(request.truth_field) or names.get(request.truth_field.casefold())
    if found is None:
        raise ParameterError(
            f"truth_field {request.truth_field} is no field of the features: choose one of {', '.join(subject.types)}"
        )
    return found


def write_results(
    output: Output, subject: Subject, findings: Findings, decider: Decider, truth: str, job: Job
) -> Written:
    """Write the rows of a subject with what was found.

    Args:
        output: What is written.
        subject: Gives the rows.
        findings: What was found of each row.
        decider: Makes labels of scores.
        truth: Field with the true class; empty compares nothing.
        job: Told temporary names.

    Raises:
        OutputError: The output cannot be written.
    """
    comparison = ObjectComparison(decider.classes, decider.multi) if truth else None
    written = Written("", truth=comparison, counts=dict.fromkeys((entry.name for entry in decider.classes), 0))
    tables = _tables(output, subject, findings, decider, written, truth)
    schema = {name: np.dtype(kind) for name, kind in output.types.items()}
    if output.geometry_type is None:
        parts = list(tables)
        columns = {name: np.concatenate([part.fields[name] for part in parts]) for name in output.types}
        add = output.existing
        written.uri = write_table(output.target, columns, job) if add is None else add_rows(add, columns, job)
    elif output.existing is None:
        written.uri = write_features(
            output.target, tables, job=job, geometry_type=output.geometry_type, schema=schema, crs=output.crs
        )
    else:
        written.uri = add_features(output.existing, tables, job, schema=schema)
    return written


@dataclass(frozen=True)
class Decider:
    """How scores become labels.

    Attributes:
        classes: The model's classes.
        threshold: Smallest confidence that is written, 0..1.
        multi: Whether an object can have several labels.
        limits: That of each of several labels, in the order of the classes; empty takes the threshold for all.
    """

    classes: Sequence[ClassInfo]
    threshold: float
    multi: bool
    limits: tuple[float, ...] = ()

    def __call__(self, findings: Findings, some: slice) -> Decided:
        """Return the results of some rows."""
        threshold = np.array(self.limits) if self.multi and self.limits else self.threshold
        return decide(findings, some, self.classes, threshold, self.multi)


def _tables(
    output: Output, subject: Subject, findings: Findings, decider: Decider, written: Written, truth: str
) -> Iterator[FeatureTable]:
    """Yield the rows with our fields, those below the threshold left out; what is yielded is counted."""
    names = np.array([Path(source.path).name for source in subject.sources] or [""], object)
    start = 0
    for table in subject.rows():
        some = slice(start, start + len(table))
        found = decider(findings, some)
        if written.truth is not None:
            written.truth.add(table.fields[truth], found.chosen, found.written)
        kept = found.written
        written.rows += int(kept.sum())
        written.below += int((~kept).sum())
        for name, count in zip(written.counts, found.chosen[kept].sum(axis=0).tolist(), strict=True):
            written.counts[name] += count
        columns = _columns(output.fields, found)
        if output.fields.raster:
            rasters = findings.rasters[some]
            columns[output.fields.raster] = names[np.maximum(rasters, 0)]
            columns[output.fields.raster][rasters == NOWHERE] = None
        made = FeatureTable(table.geometry, {**table.fields, **columns}, table.crs, table.name, dict(output.types))
        start += len(table)
        yield _placed(made if kept.all() else made.take(kept), output.crs)


def _columns(fields: Fields, found: Decided) -> dict[str, Any]:
    """Return our columns."""
    return {fields.label: found.names, fields.value: found.values, fields.confidence: found.confidence}


def _placed(table: FeatureTable, crs: str | None) -> FeatureTable:
    """Return rows in the CRS of the output; without geometry where one has none or no place there."""
    source, target = known_crs(table.crs, table.name, FeatureError), known_crs(crs, "the output", FeatureError)
    usable = ~shapely.is_missing(table.geometry)
    if source is None or target is None or source == target or not usable.any():
        return table
    geometry = np.full(len(table), None, object)
    geometry[usable] = moved(table.geometry[usable], source, target, table.name)
    return FeatureTable(geometry, table.fields, crs, table.name, table.types)


def _free_fields(label: str, taken: Mapping[str, str], several: bool, job: Job) -> Fields:
    """Return names for our fields that no field of the input has, in any case; say which were changed."""
    used = {name.casefold() for name in taken}
    names = []
    for wanted in [label.strip(), CLASS_VALUE, CONFIDENCE, *([RASTER] if several else [])]:
        name, count = wanted, 1
        while name.casefold() in used:
            count += 1
            name = f"{wanted}_{count}"
        if name != wanted:
            job.warn(f"the input has a field {wanted}, which is kept: the result is in {name}")
        used.add(name.casefold())
        names.append(name)
    return Fields(*names)
