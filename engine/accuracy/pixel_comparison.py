"""A class raster judged against its ground truth: which pixels are compared, the matrix, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS

from ..classes import ClassInfo
from ..errors import RasterError
from ..job import Job
from ..raster.class_raster import ClassRaster, class_raster
from ..raster.class_tables import class_table
from ..raster.opening import opened
from ..tools.compute_pixel_accuracy import ComputePixelAccuracy
from ..tools.values import FeatureSource
from ..vector.reading import read_features, related
from .area_adjusted import AreaAdjusted, area_adjusted
from .attributes import require_polygons
from .census import Census, Sample, Squares, count
from .class_pairs import NONE, Pairing, Polygons
from .confusion import Errors, Figures, figures, standard_errors
from .pixel_reference import Reference, plain_name, read_reference
from .pixel_sample import draw_pixels, thin_points

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

BACKGROUND = "Background"
"""Name of value 0 where no table names it."""

DEFAULT_NUMBER = 500
"""ArcGIS's number of random points."""


@dataclass(frozen=True)
class Places:
    """The points that were compared.

    Attributes:
        x: (n,) map units.
        y: (n,) map units.
        classified: (n,) int64 class values.
        truth: (n,) int64 class values.
    """

    x: Floats
    y: Floats
    classified: Integers
    truth: Integers


@dataclass(frozen=True)
class PixelComparison:
    """A class raster judged.

    Attributes:
        map_name: The raster's path.
        reference: The ground truth.
        crs: CRS of the comparison.
        cell_size: Ground size of a pixel in CRS units, across and down.
        classes: The classes of either side, in ascending order of their values.
        matrix: (k, k) int64 counts, rows classified, columns ground truth.
        map_counts: (k,) int64 pixels of each class on the map, inside extent and mask.
        population: (k,) int64 of those, pixels among which was drawn; the same for points.
        places: The points; None when every pixel was compared.
        squares: Where map and truth differ, of all pixels with a known truth.
        asked: How many points were asked for; None for all.
        random: The points may be taken as a probability sample, so that errors can be told.
        figures: Of the matrix.
        errors: Of the figures, as of a simple random sample; None without a probability sample.
        adjusted: Estimates for the map; None without a probability sample.
        excluded: Words and numbers of what was left out.
    """

    map_name: str
    reference: Reference
    crs: CRS | None
    cell_size: tuple[float, float]
    classes: tuple[ClassInfo, ...]
    matrix: Integers
    map_counts: Integers
    population: Integers
    places: Places | None
    squares: Squares
    asked: int | None
    random: bool
    figures: Figures
    errors: Errors | None
    adjusted: AreaAdjusted | None
    excluded: tuple[tuple[str, int], ...]


def compare_pixels(request: ComputePixelAccuracy, job: Job) -> PixelComparison:
    """Read, draw and judge; see ComputePixelAccuracy for the parameters.

    Raises:
        RasterError: The raster is no class raster, or it and the reference have nothing in common.
        FeatureError: The reference or the mask is unfit.
    """
    job.progress(0.0, "Looking at the layers")
    classified = class_raster(request.in_raster, job=job, extent=request.extent)
    names = _names(classified)
    reference = read_reference(request.in_ground_truth_data, request.class_value_field, classified, names.values(), job)
    mask = None if request.mask_features is None else _mask(request.mask_features, classified, job)
    pairing = Pairing(classified.source, reference.truth, mask)
    points, own_places, outside = _points_on_grid(reference, classified)
    census, points = count(pairing, points, job)
    excluded = [*reference.skipped, *_excluded(pairing, reference, census, points, outside)]
    known = points.classified != NONE
    points, own_places = points.take(known), own_places[known]
    _require_common(classified, reference, census, points, job)

    job.progress(0.6, "Drawing points")
    if request.min_point_distance and classified.source.crs is not None and classified.source.crs.is_geographic:
        job.warn(
            f"min_point_distance {request.min_point_distance:g} is in degrees, as the CRS of {request.in_raster} is "
            "geographic"
        )
    asked = request.num_random_points or None
    if request.num_random_points is None and reference.kind != "points":
        asked = DEFAULT_NUMBER
    if reference.kind == "points":
        chosen = thin_points(points.classified, own_places, request, asked, job)
        sample, places = points.take(chosen), own_places[chosen]
    elif asked is not None:
        sample = draw_pixels(pairing, census, request, asked, job)
        places = _centres(sample, classified.source.transform)
    else:
        sample, places = None, np.zeros((0, 2))
    return _judged(classified, reference, names, census, sample, places, asked, tuple(excluded), job)


def _judged(
    classified: ClassRaster,
    reference: Reference,
    names: dict[int, ClassInfo],
    census: Census,
    sample: Sample | None,
    places: Floats,
    asked: int | None,
    excluded: tuple[tuple[str, int], ...],
    job: Job,
) -> PixelComparison:
    """Return the matrix and what follows from it."""
    own = [value for value, size in zip(census.values, census.map_counts.tolist(), strict=True) if size]
    # what a sample did not meet is a class of the reference all the same
    theirs = set(reference.values.tolist()) if sample is not None and reference.kind == "points" else set()
    theirs |= {value for value, size in zip(census.values, census.pairs.sum(axis=0).tolist(), strict=True) if size}
    values = sorted({*own, *theirs})
    classes = _class_list(values, names, reference, job)
    _tell_one_sided(classified.source.path, reference.name, set(own), theirs, classes, job)
    number = {value: place for place, value in enumerate(values)}
    met = np.array([number.get(value, 0) for value in census.values], np.int64)
    map_counts, pairs = np.zeros(len(values), np.int64), np.zeros((len(values),) * 2, np.int64)
    map_counts[met] += census.map_counts
    pairs[np.ix_(met, met)] += census.pairs
    matrix = pairs
    if sample is not None:
        matrix = np.zeros_like(pairs)
        at = np.searchsorted(values, sample.classified), np.searchsorted(values, sample.truth)
        np.add.at(matrix, at, 1)
    random = sample is not None and reference.kind != "polygons"
    population = map_counts if reference.kind == "points" else pairs.sum(axis=1)
    counts = matrix.astype(np.float64)
    return PixelComparison(
        classified.source.path,
        reference,
        classified.source.crs,
        classified.source.cell_size,
        classes,
        matrix,
        map_counts,
        population,
        None if sample is None else Places(places[:, 0], places[:, 1], *_both(sample)),
        census.squares,
        asked,
        random,
        figures(counts),
        standard_errors(counts) if random else None,
        area_adjusted(counts, population.astype(np.float64)) if random else None,
        excluded,
    )


def _both(sample: Sample) -> tuple[Integers, Integers]:
    """Return classified values and ground truth of a sample."""
    return sample.classified.astype(np.int64), sample.truth.astype(np.int64)


def _names(classified: ClassRaster) -> dict[int, ClassInfo]:
    """Return what the map calls its values, 0 included."""
    with opened(classified.source.path) as dataset:
        table = class_table(dataset, classified.source.path, classified.source.bands[0], Job())
    zero = table.get(0, ClassInfo(0, BACKGROUND))
    if zero.name == "0":
        zero = replace(zero, name=BACKGROUND)
    return {entry.value: entry for entry in (zero, *classified.classes)}


def _mask(source: FeatureSource, classified: ClassRaster, job: Job) -> Polygons:
    """Read the mask."""
    table = read_features(source, job=job)
    require_polygons(table, "choose a polygon layer as mask")
    table = related(table, classified.source.crs, job=job, other=classified.source.path)
    return Polygons(table.geometry, np.ones(len(table), np.int32))


def _points_on_grid(reference: Reference, classified: ClassRaster) -> tuple[Sample, Floats, int]:
    """Return the reference points that lie on the grid, their places, and how many do not."""
    inverse = ~classified.source.transform
    x, y = reference.places[:, 0], reference.places[:, 1]
    col = np.floor(inverse.a * x + inverse.b * y + inverse.c).astype(np.int64)
    row = np.floor(inverse.d * x + inverse.e * y + inverse.f).astype(np.int64)
    inside = (row >= 0) & (col >= 0) & (row < classified.source.rows) & (col < classified.source.cols)
    sample = Sample(row, col, np.full(len(row), NONE, np.int32), reference.values).take(inside)
    return sample, reference.places[inside], int((~inside).sum())


def _centres(sample: Sample, transform: Affine) -> Floats:
    """Return the (n, 2) centres of pixels in map units."""
    col, row = sample.col + 0.5, sample.row + 0.5
    return np.column_stack(
        (
            transform.a * col + transform.b * row + transform.c,
            transform.d * col + transform.e * row + transform.f,
        )
    )


def _excluded(
    pairing: Pairing, reference: Reference, census: Census, points: Sample, outside: int
) -> list[tuple[str, int]]:
    """Return words and numbers of what takes no part."""
    beyond = "nodata" if pairing.mask is None else "nodata or outside the mask"
    if reference.kind == "points":
        found = [
            ("points outside the classified raster or the extent", outside),
            (f"points where the classified raster is {beyond}", int((points.classified == NONE).sum())),
        ]
    else:
        unknown = "has no class" if reference.kind == "raster" else "has no polygon"
        found = [
            (f"pixels where the classified raster is {beyond}", census.without_class),
            (
                f"classified pixels where the reference {unknown}",
                int(census.map_counts.sum() - census.pairs.sum()),
            ),
        ]
    return [(words, number) for words, number in found if number]


def _require_common(classified: ClassRaster, reference: Reference, census: Census, points: Sample, job: Job) -> None:
    """Refuse layers that have no pixel, or no class, in common."""
    path = classified.source.path
    if not census.map_counts.sum():
        raise RasterError(f"{path} has no pixel with a class in the area: choose another extent or mask")
    if reference.kind == "points":
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
            f"no class value of {path} ({_list(own)}) occurs in {reference.name} ({_list(theirs)}): choose the class "
            "field, or reclassify, so that they do"
        )
    if len(own | theirs) == 1:
        job.warn(f"both sides hold the class {_list(own)} only: there is nothing to confuse and kappa is not defined")


def _class_list(
    values: list[int], names: dict[int, ClassInfo], reference: Reference, job: Job
) -> tuple[ClassInfo, ...]:
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


def _tell_one_sided(
    path: str, name: str, own: set[int], theirs: set[int], classes: tuple[ClassInfo, ...], job: Job
) -> None:
    """Tell which classes occur on one side only."""
    titles = {entry.value: entry.name for entry in classes}
    for holder, lacking, values in ((path, name, own - theirs), (name, path, theirs - own)):
        if values:
            job.warn(f"classes of {holder} that {lacking} has not: {_list(values, titles)}; their lines hold zeros")


def _list(values: set[int], titles: dict[int, str] | None = None) -> str:
    """Return some values in words."""
    ordered = sorted(values)
    texts = [
        f"{value} {titles[value]}" if titles and titles.get(value, str(value)) != str(value) else str(value)
        for value in ordered[:10]
    ]
    return ", ".join(texts) + (f" and {len(ordered) - 10} more" if len(ordered) > 10 else "")
