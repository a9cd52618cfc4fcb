"""The classes of a map and of its ground truth: their names, which one side lacks, and whether any is common."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..classes import ClassInfo
from ..errors import RasterError
from ..job import Job
from ..raster.class_raster import ClassRaster
from ..raster.class_tables import class_table
from ..raster.opening import opened
from .census import Census, Sample
from .pixel_reference import POINTS, Reference
from .reference_classes import plain_name

BACKGROUND = "Background"
"""Name of value 0 where no table names it."""


def map_names(classified: ClassRaster) -> dict[int, ClassInfo]:
    """Return what the map calls its values, 0 included."""
    with opened(classified.source.path) as dataset:
        table = class_table(dataset, classified.source.path, classified.source.bands[0], Job())
    zero = table.get(0, ClassInfo(0, BACKGROUND))
    if zero.name == "0":
        zero = replace(zero, name=BACKGROUND)
    return {entry.value: entry for entry in (zero, *classified.classes)}


def require_common(classified: ClassRaster, reference: Reference, census: Census, points: Sample, job: Job) -> None:
    """Refuse layers that have no pixel, or no class, in common."""
    path = classified.source.path
    if not census.map_counts.sum():
        raise RasterError(f"{path} has no pixel with a class in the area: choose another extent or mask")
    if reference.kind == POINTS:
        common, what = len(points), "no point"
        theirs = set(points.truth.tolist())
    else:
        common, what = int(census.pairs.sum()), "no pixel"
        theirs = {census.values[place] for place in np.flatnonzero(census.pairs.sum(axis=0)).tolist()}
    if not common:
        raise RasterError(
            f"{what} has a class in {path} and in {reference.name}: check that they overlap, and their CRS"
        )
    own = {census.values[place] for place in np.flatnonzero(census.map_counts).tolist()}
    if not own & theirs:
        raise RasterError(
            f"no class value of {path} ({in_words(own)}) occurs in {reference.name} ({in_words(theirs)}): choose the "
            "class field, or reclassify, so that they do"
        )
    if len(own | theirs) == 1:
        job.warn(
            f"both sides hold the class {in_words(own)} only: there is nothing to confuse and kappa is not defined"
        )


def class_list(values: list[int], names: dict[int, ClassInfo], reference: Reference, job: Job) -> tuple[ClassInfo, ...]:
    """Return the classes of both sides with the map's names, else the reference's."""
    theirs = {entry.value: entry for entry in reference.classes}
    classes = []
    for value in values:
        one, other = names.get(value), theirs.get(value)
        named = [entry for entry in (one, other) if entry is not None and entry.name != str(value)]
        if len(named) == 2 and value and plain_name(named[0].name) != plain_name(named[1].name):
            job.warn(
                f"value {value} is {named[0].name} on the map and {named[1].name} in {reference.name}: "
                "compare layers whose values mean the same"
            )
        if not value and other is not None and named and named[-1] is other and named[0].name == BACKGROUND:
            named = [other]
        classes.append(named[0] if named else ClassInfo(value, str(value)))
    return tuple(classes)


def tell_one_sided(
    path: str, name: str, own: set[int], theirs: set[int], classes: tuple[ClassInfo, ...], job: Job
) -> None:
    """Tell which classes occur on one side only."""
    titles = {entry.value: entry.name for entry in classes}
    for holder, lacking, values in ((path, name, own - theirs), (name, path, theirs - own)):
        if values:
            job.warn(f"classes of {holder} that {lacking} has not: {in_words(values, titles)}; their lines hold zeros")


def in_words(values: set[int], titles: dict[int, str] | None = None) -> str:
    """Return some values in words."""
    ordered = sorted(values)
    texts = [
        f"{value} {titles[value]}" if titles and titles.get(value, str(value)) != str(value) else str(value)
        for value in ordered[:10]
    ]
    return ", ".join(texts) + (f" and {len(ordered) - 10} more" if len(ordered) > 10 else "")
