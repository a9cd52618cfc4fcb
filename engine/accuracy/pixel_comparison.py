"""A class raster judged against its ground truth: which pixels are compared, the matrix, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray
from rasterio.crs import CRS

from ..classes import ClassInfo
from ..errors import ParameterError
from ..job import Job
from ..raster.class_raster import ClassRaster
from ..tools.compute_pixel_accuracy import ComputePixelAccuracy
from ..tools.values import FeatureSource
from ..vector.reading import read_features, related
from .area_adjusted import AreaAdjusted, area_adjusted
from .attributes import require_polygons
from .census import Census, Sample, count
from .class_list import class_list, map_names, require_common, tell_one_sided
from .class_pairs import NONE, Pairing, Polygons
from .confusion import Errors, Figures, figures, standard_errors
from .pixel_reference import POINTS, POLYGONS, RASTER, Reference, as_stored, read_reference
from .pixel_sample import draw_pixels, thin_points
from .reference_classes import NamedMap
from .squares import Squares

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

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


@dataclass(frozen=True)
class _Drawn:
    """What was drawn: pixels and their (n, 2) places, no sample for every pixel; and the points it was drawn from."""

    sample: Sample | None
    places: Floats
    asked: int | None
    points: Sample


def compare_pixels(request: ComputePixelAccuracy, job: Job) -> PixelComparison:
    """Read, draw and judge; see ComputePixelAccuracy for the parameters.

    Raises:
        RasterError: The raster is no class raster, or it and the reference have nothing in common.
        FeatureError: The reference or the mask is unfit.
        ParameterError: Points are to be written and none are drawn.
    """
    job.progress(0.0, "Looking at the layers")
    classified = as_stored(request.in_raster, job, request.extent)
    _tell_degrees(request, classified, job)
    judged = NamedMap(classified, map_names(classified))
    reference = read_reference(request.in_ground_truth_data, request.class_value_field, judged, job)
    if request.out_points is not None and reference.kind != POINTS and request.num_random_points == 0:
        raise ParameterError(
            "out_points is for drawn points and every pixel is compared: give num_random_points, or leave out_points "
            "empty"
        )
    mask = None if request.mask_features is None else _mask(request.mask_features, classified, job)
    pairing = Pairing(classified.source, reference.truth, mask)
    points, places, outside = _points_on_grid(reference, classified)
    census, points = count(pairing, points, job)
    excluded = [*reference.skipped, *_excluded(pairing, reference, census, points, outside)]
    known = points.classified != NONE
    points, places = points.take(known), places[known]
    require_common(classified, reference, census, points, job)
    job.progress(0.6, "Drawing points")
    if reference.kind == POINTS:
        asked = request.num_random_points or None
        chosen = thin_points(points.classified, places, request, asked, job)
        drawn = _Drawn(points.take(chosen), places[chosen], asked, points)
    else:
        sample, asked = _drawn_pixels(pairing, census, request, job)
        places = np.zeros((0, 2)) if sample is None else _centres(sample, classified.source.transform)
        drawn = _Drawn(sample, places, asked, points)
    return _judged(judged, reference, census, drawn, tuple(excluded), job)


def _drawn_pixels(
    pairing: Pairing, census: Census, request: ComputePixelAccuracy, job: Job
) -> tuple[Sample | None, int | None]:
    """Draw pixels and return how many were asked for; neither when every one is compared."""
    asked = DEFAULT_NUMBER if request.num_random_points is None else request.num_random_points
    return (draw_pixels(pairing, census, request, asked, job), asked) if asked else (None, None)


def _judged(
    judged: NamedMap,
    reference: Reference,
    census: Census,
    drawn: _Drawn,
    excluded: tuple[tuple[str, int], ...],
    job: Job,
) -> PixelComparison:
    """Return the matrix and what follows from it."""
    source, sample = judged.raster.source, drawn.sample
    classes, map_counts, pairs = _ordered(judged, reference, census, drawn.points, job)
    matrix = pairs
    if sample is not None:
        values = [entry.value for entry in classes]
        matrix = np.zeros_like(pairs)
        np.add.at(matrix, (np.searchsorted(values, sample.classified), np.searchsorted(values, sample.truth)), 1)
    random = sample is not None and reference.kind != POLYGONS
    population = map_counts if reference.kind == POINTS else pairs.sum(axis=1)
    counts = matrix.astype(np.float64)
    return PixelComparison(
        map_name=source.path,
        reference=reference,
        crs=source.crs,
        cell_size=source.cell_size,
        classes=classes,
        matrix=matrix,
        map_counts=map_counts,
        population=population,
        places=None if sample is None else Places(drawn.places[:, 0], drawn.places[:, 1], *_both(sample)),
        squares=census.squares,
        asked=drawn.asked,
        random=random,
        figures=figures(counts),
        errors=standard_errors(counts) if random else None,
        adjusted=area_adjusted(counts, population.astype(np.float64)) if random else None,
        excluded=excluded,
    )


def _ordered(
    judged: NamedMap, reference: Reference, census: Census, points: Sample, job: Job
) -> tuple[tuple[ClassInfo, ...], Integers, Integers]:
    """Return the classes of both sides in order, the map's pixels of each, and the pairs of all pixels."""
    own = {value for value, size in zip(census.values, census.map_counts.tolist(), strict=True) if size}
    theirs = {value for value, size in zip(census.values, census.pairs.sum(axis=0).tolist(), strict=True) if size}
    theirs |= set(points.truth.tolist())
    values = sorted(own | theirs)
    classes = class_list(values, judged.names, reference, job)
    tell_one_sided(judged.raster.source.path, reference.name, own, theirs, classes, job)
    at = np.searchsorted(values, census.values)
    map_counts, pairs = np.zeros(len(values), np.int64), np.zeros((len(values),) * 2, np.int64)
    map_counts[at] = census.map_counts
    pairs[np.ix_(at, at)] = census.pairs
    return classes, map_counts, pairs


def _tell_degrees(request: ComputePixelAccuracy, classified: ClassRaster, job: Job) -> None:
    """Warn of a distance in degrees."""
    crs = classified.source.crs
    if request.min_point_distance and crs is not None and crs.is_geographic:
        job.warn(
            f"min_point_distance {request.min_point_distance:g} is in degrees, as the CRS of {request.in_raster} is "
            "geographic"
        )


def _both(sample: Sample) -> tuple[Integers, Integers]:
    """Return classified values and ground truth of a sample."""
    return sample.classified.astype(np.int64), sample.truth.astype(np.int64)


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
    col = np.floor(inverse.a * x + inverse.b * y + inverse.c)
    row = np.floor(inverse.d * x + inverse.e * y + inverse.f)
    inside = (row >= 0) & (col >= 0) & (row < classified.source.rows) & (col < classified.source.cols)
    row, col = (place[inside].astype(np.int64) for place in (row, col))
    sample = Sample(row, col, np.full(len(row), NONE, np.int32), reference.values[inside])
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
    if reference.kind == POINTS:
        found = [
            ("points outside the classified raster or the extent", outside),
            (f"points where the classified raster is {beyond}", int((points.classified == NONE).sum())),
        ]
    else:
        unknown = "has no class" if reference.kind == RASTER else "has no polygon"
        found = [
            (f"pixels where the classified raster is {beyond}", census.without_class),
            (
                f"classified pixels where the reference {unknown}",
                int(census.map_counts.sum() - census.pairs.sum()),
            ),
        ]
    return [(words, number) for words, number in found if number]
