"""Classify Pixels Using Deep Learning: raster -> tiles -> batches -> class scores -> blend -> class raster."""

from __future__ import annotations

from ..inference.image_inputs import find_images
from ..inference.pixel_report import finished_run
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
        return finished_run(work, RESULTS[images.kind](work, images))
