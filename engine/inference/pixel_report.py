"""The end of a run over pixels: its manifest, and what the styles of its outputs need to know."""

from __future__ import annotations

import json

from .manifest import run_report, write_manifest
from .pixel_outputs import classes_for_styles, seams
from .pixel_work import PixelWork, Request
from .results import Results


def finished_run(work: PixelWork[Request], results: Results) -> dict[str, str]:
    """Write the manifest of a run.

    Args:
        work: The run, its package still open.
        results: What it wrote.

    Returns:
        What the tool returns; nothing while shards are missing.
    """
    if results.manifest is None:
        return {}
    request, watch, job = work.request, work.watch, work.job
    job.message(watch.bottleneck())
    report = run_report(request, work.package, work.predictor, results.rasters, watch.report(work.readers))
    report |= {"output": results.outputs, "tiles": work.tiles, "shard": request.shard, "skipped": results.skipped}
    report |= {"images": seams(work.done), "products": vars(work.meaning.products), "warnings": job.warnings}
    write_manifest(results.manifest, report, job)
    styles = {
        "classes": json.dumps(classes_for_styles(work.meaning)),
        "class_rasters": json.dumps(results.class_rasters),
        "probabilities": json.dumps(work.arguments.return_probability_raster),
    }
    return {**results.outputs, "out_run_manifest": str(results.manifest), **styles}
