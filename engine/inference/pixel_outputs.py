"""From finished work files to what the user asked for: rasters, images, polygons."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from ..job import Job
from ..raster.class_output import WorkRaster, copy_raster, write_raster
from ..raster.views import UNPLACED
from ..tools.arguments import PixelArguments
from ..tools.pixel_runs import PixelRun
from ..tools.values import FeatureTarget
from ..vector.reading import FeatureTable
from ..vector.tracing import class_polygons, polygon_schema
from ..vector.writing import write_features
from .classifying import Classified
from .decision import CLASSES, PROBABILITIES
from .edges import thin_edges, thin_probabilities
from .pixel_meaning import OUTPUTS, Meaning
from .pixel_plans import ImagePlan

THINNED = "thinned.tif"
"""Name of the work file with thinned edges."""


def main_raster(
    done: Classified, image: ImagePlan, meaning: Meaning, arguments: PixelArguments, job: Job
) -> tuple[WorkRaster, bool]:
    """Return what the class raster is made of, edges thinned where asked for, and whether it holds classes.

    Args:
        done: The finished work files.
        image: Where they lie.
        meaning: What their values mean.
        arguments: Whether edges are thinned, and whether probabilities are wanted instead.
        job: Asked for a cancel.
    """
    if arguments.return_probability_raster:
        path = done.files[PROBABILITIES]
        bands = tuple(meaning.bands(PROBABILITIES)[number - 1] for number in meaning.edges)
        if arguments.thinning:
            thin_probabilities(path, path.with_name(THINNED), meaning.edges[0], arguments.threshold, job)
            path, bands = path.with_name(THINNED), (replace(bands[0], source=1),)
        return WorkRaster(path, image.grid, bands), False
    path = done.files[CLASSES]
    if arguments.thinning and meaning.decision.edges is not None:
        values = [entry.value for entry in meaning.classes if entry.value != meaning.decision.edges.otherwise]
        thin_edges(path, path.with_name(THINNED), values, meaning.decision.edges.otherwise, job)
        path = path.with_name(THINNED)
    return WorkRaster(path, image.grid, meaning.bands(CLASSES)), True


def write_rasters(
    request: PixelRun,
    done: Classified,
    image: ImagePlan,
    meaning: Meaning,
    arguments: PixelArguments,
    job: Job,
) -> dict[str, str]:
    """Write every raster that was asked for.

    Returns:
        Parameter to path.

    Raises:
        OutputError: One cannot be written.
    """
    written = {}
    for name, product in OUTPUTS.items():
        path = getattr(request, name)
        if not path:
            continue
        job.progress(0.92, f"Writing {Path(path).name}")
        if product == CLASSES:
            work, classes = main_raster(done, image, meaning, arguments, job)
        else:
            work, classes = WorkRaster(done.files[product], image.grid, meaning.bands(product)), False
        write_raster(work, Path(path), image.target, job, meaning.classes if classes else ())
        written[name] = path
    return written


def write_image(work: WorkRaster, image: ImagePlan, target: Path, meaning: Meaning, job: Job) -> Path:
    """Write the class image of an attachment: PNG where it has no place on the map and its values allow, else TIFF.

    Args:
        work: The work file.
        image: Where it lies.
        target: The file without its suffix.
        meaning: What the values mean.
        job: Told temporary names.

    Returns:
        The file.
    """
    placed = image.target.transform != UNPLACED or image.target.crs is not None
    if placed or work.bands[0].dtype != "uint8":
        path = target.with_name(target.name + ".tif")
        write_raster(work, path, image.target, job, meaning.classes if work.bands[0].colors else ())
        return path
    path = target.with_name(target.name + ".png")
    copy_raster(work, path, image.target, "PNG", {})
    return path


def write_polygons(
    target: FeatureTarget, rasters: Mapping[str, str], meaning: Meaning, crs: str | None, job: Job
) -> str:
    """Write the polygons of class rasters.

    Args:
        target: Where to.
        rasters: Name (empty for a single one) to path of each class raster.
        meaning: What the values mean.
        crs: CRS of the layer.
        job: Asked for a cancel.

    Returns:
        What opens the layer.
    """
    names = {entry.value: entry.name for entry in meaning.classes}
    tables: Iterable[FeatureTable] = itertools.chain.from_iterable(
        class_polygons(path, names, job, name) for name, path in rasters.items()
    )
    job.progress(0.97, "Tracing polygons")
    schema = polygon_schema(any(rasters))
    return write_features(target, tables, job=job, schema=schema, crs=crs)


def classes_for_styles(meaning: Meaning) -> list[dict[str, object]]:
    """Return values, names and colours, for the style of the outputs."""
    return [{"value": entry.value, "name": entry.name, "color": list(entry.color)} for entry in meaning.classes]


def seams(done: Sequence[Classified]) -> list[dict[str, object]]:
    """Return what a manifest says of each finished image."""
    return [
        {
            "seam_score": None if each.seam is None else cast(object, vars(each.seam)),
            "tiles": each.tiles,
            "tile_rows": each.tile_rows,
            "resumed_from": each.resumed_from,
            "precision": each.precision,
            "threads": each.threads,
        }
        for each in done
    ]
