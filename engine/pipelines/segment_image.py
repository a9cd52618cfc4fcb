"""Segment Image: raster -> tiles -> superpixels, continued from tile to tile -> raster of numbers -> polygons."""

from __future__ import annotations

from pathlib import Path

from .. import files
from ..errors import RasterError
from ..job import Job
from ..raster.class_output import OutputGrid, WorkRaster, write_raster
from ..raster.crs import crs_text
from ..raster.reading import raster_source
from ..raster.superpixels import segment_raster
from ..raster.vrt import Band
from ..tools.segment_image import SegmentImage
from ..vector.segment_outlines import SCHEMA, segment_polygons
from ..vector.writing import output_path, write_features


def run(request: SegmentImage, job: Job) -> dict[str, str]:
    """Divide one raster into segments; see ``SegmentImage`` for the parameters."""
    cell_size = float(request.cell_size) if request.cell_size not in ("", "auto") else None
    source = raster_source(
        request.in_raster, job=job, extent=request.extent, cell_size=cell_size, bands=_bands(request)
    )
    polygons = None if request.out_segments is None else output_path(request.out_segments)[0]
    target = Path(request.out_segment_raster) if request.out_segment_raster else None
    places = [path for path in (target, polygons) if path is not None]
    for path in places:
        files.writable(path)
    folder = job.temporary(files.temporary_name(places[0].with_name(f"{places[0].stem}_numbers")))
    files.remove(folder)
    folder.mkdir()
    outputs = {}
    try:
        numbers = folder / "segments.tif"
        count = segment_raster(source, request.segment_size, request.compactness, numbers, job)
        job.message(f"{count} segments in {source.rows} rows and {source.cols} columns")
        if request.out_segments is not None:
            tables = segment_polygons(str(numbers), source.transform, crs_text(source.crs), job)
            outputs["out_segments"] = write_features(
                request.out_segments, tables, job=job, schema=SCHEMA, crs=source.crs
            )
        if target is not None:
            job.progress(0.95, "Writing the raster")
            grid = OutputGrid(source.transform, source.rows, source.cols, source.crs)
            write_raster(WorkRaster(numbers, grid, (Band("int32", nodata=0),)), target, grid, job)
            outputs["out_segment_raster"] = str(target)
    finally:
        files.remove(folder)
    return outputs


def _bands(request: SegmentImage) -> list[int] | None:
    """Return the bands that were asked for, counted from 0; None for all.

    Raises:
        RasterError: The raster has no such band.
    """
    if not request.bands:
        return None
    names = raster_source(request.in_raster, job=Job()).band_names
    lookup = {name.casefold(): number for number, name in reversed(list(enumerate(names))) if name}
    lookup |= {str(number): number - 1 for number in range(1, len(names) + 1)}
    for band in request.bands:
        if band.casefold() not in lookup:
            known = ", ".join(f"{number} {name}".strip() for number, name in enumerate(names, 1))
            raise RasterError(f"{request.in_raster} has no band {band}: choose among {known}")
    return [lookup[band.casefold()] for band in request.bands]
