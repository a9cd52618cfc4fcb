"""Classify Pixels Using Deep Learning: raster -> tiles -> batches -> class scores -> blend -> class raster."""

from __future__ import annotations

import json

from ..inference.image_inputs import find_images
from ..inference.manifest import run_report, write_manifest
from ..inference.pixel_outputs import classes_for_styles, seams
from ..inference.pixel_results import RESULTS
from ..inference.pixel_work import PixelWork
from ..inference.preparation import model_defaults
from ..inference.stages import Stopwatch
from ..job import Job
from ..package.emd import open_package
from ..tools.arguments import PixelArguments
from ..tools.classify_pixels import ClassifyPixels


def run(request: ClassifyPixels, job: Job) -> dict[str, str]:
    """Classify the pixels of a raster, of several, or of the attachments of a layer; see ``ClassifyPixels``."""
    watch = Stopwatch()
    with open_package(request.in_model_definition, job, task="pixel_classification") as package:
        arguments = PixelArguments.from_pairs(request.arguments, model_defaults(package), job)
        images = find_images(request, job)
        work = PixelWork(request, package, arguments, watch, job)
        results = RESULTS[images.kind](work, images)
        if results.manifest is None:
            return {}
        job.message(watch.bottleneck())
        report = run_report(request, package, work.predictor, results.rasters, watch.report(work.readers))
        report |= {"output": results.outputs, "tiles": work.tiles, "shard": request.shard, "skipped": results.skipped}
        report |= {"images": seams(work.done), "products": vars(work.meaning.products), "warnings": job.warnings}
        write_manifest(results.manifest, report, job)
    styles = {
        "classes": json.dumps(classes_for_styles(work.meaning)),
        "class_rasters": json.dumps(results.class_rasters),
        "probabilities": json.dumps(arguments.return_probability_raster),
    }
    return {**results.outputs, "out_run_manifest": str(results.manifest), **styles}
