"""What the report of a class raster says in words: how pixels were chosen, and what the figures hold for."""

from __future__ import annotations

from ..tools.compute_pixel_accuracy import ComputePixelAccuracy
from .pixel_comparison import PixelComparison
from .pixel_reference import OBJECTS, POINTS, POLYGONS, RASTER
from .sampling import EQUALIZED, FEWEST_PER_CLASS, RANDOM, STRATIFIED

_WAYS = {
    STRATIFIED: f"by class of the map in proportion to its area, at least {FEWEST_PER_CLASS} from a rare class where "
    "the number allows",
    EQUALIZED: "the same number from each class of the map",
}

_WHERE = {
    RASTER: "where the reference raster has a class",
    POLYGONS: "inside the reference polygons",
    OBJECTS: "inside and outside the reference polygons, outside which is background",
}

EXPLANATION = (
    "<b>User's accuracy</b> is the share of what the map calls a class that is that class: 1 less the false alarms. "
    "<b>Producer's accuracy</b> is the share of a class on the ground that the map shows: 1 less what was missed. "
    "<b>F1</b> is their harmonic mean, <b>IoU</b> what map and truth share of all that either calls the class.",
    "<b>Kappa</b> (Cohen's) is the agreement beyond what two maps with these class frequencies would have by chance: 1 "
    "is perfect, 0 is chance. It depends on how frequent classes are: compare it within one area only.",
    "<b>Estimates for the whole map</b> weigh each class of the map with its area (Olofsson et al. 2014, Remote "
    "Sensing of Environment 148, 42–57). They answer what share of the map is right and how large each class really "
    "is; the figures of the points alone do not where rare classes were sampled more densely.",
    "<b>Intervals</b> are those of chance in drawing points. They do not cover errors of the ground truth itself, nor "
    "another area, season or sensor.",
)


def design(comparison: PixelComparison, request: ComputePixelAccuracy) -> list[str]:
    """Return how the compared pixels were chosen."""
    total, kind = int(comparison.matrix.sum()), comparison.reference.kind
    where = _WHERE.get(kind, "")
    if comparison.places is None:
        return [f"Every pixel {where} was compared: {total}."]
    way = _WAYS.get(request.sampling, "from all alike")
    if kind == POINTS:
        words = [f"{total} reference points were compared."]
        words.append(f"They are taken as drawn at random, {way} (sampling {request.sampling}).")
    else:
        words = [f"{total} pixels were drawn at random {where}, {way}."]
    if comparison.asked is not None and comparison.asked != total:
        words.append(f"{comparison.asked} were asked for.")
    if request.min_point_distance:
        words.append(
            f"No two are nearer than {request.min_point_distance:g} map units to each other; estimates and intervals "
            "take them as drawn without this rule."
        )
    return [" ".join(words)]


def estimates_note(comparison: PixelComparison, sampling: str) -> str:
    """Return what the estimates for the map hold for, or why there are none."""
    found = comparison.adjusted
    if comparison.reference.kind == POLYGONS:
        return (
            "There are none: polygons are chosen by hand, not drawn at random, and pixels of one polygon are alike. "
            "The figures hold for the polygons; how far they hold for the map cannot be said, so there are neither "
            "area-adjusted figures nor intervals. Random reference points give both."
        )
    if found is None:
        return (
            "There are none to make: every pixel with a known class was compared, so the figures above are those of "
            "the whole of it, without sampling error."
        )
    estimator = "Post-stratified" if sampling == RANDOM else "Stratified"
    note = f"{estimator} estimator after Olofsson et al. (2014)."
    if comparison.reference.kind == RASTER:
        share = float(comparison.population.sum() / comparison.map_counts.sum())
        where = "all of the map" if share == 1 else f"the {share:.1%} of the map where the reference raster has a class"
        note += f" The estimates hold for {where}."
    if found.covered < 1:
        unseen = [
            entry.name
            for place, entry in enumerate(comparison.classes)
            if comparison.population[place] and not comparison.matrix[place].sum()
        ]
        note += f" {', '.join(unseen)} have no point: the estimates hold for the other {found.covered:.1%} of it."
    return note + " A dash stands where a class has a single point or none."


def area_unit(comparison: PixelComparison) -> tuple[str, float]:
    """Return the unit in which areas are told, and how much of it a pixel is; percent where pixels differ in size."""
    across, down = comparison.cell_size
    crs = comparison.crs
    if crs is None or crs.is_geographic:
        return "%", 100 / float(comparison.population.sum())
    metres = float(crs.linear_units_factor[1])
    return "ha", across * down * metres**2 / 10_000
