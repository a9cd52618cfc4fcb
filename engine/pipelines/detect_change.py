"""Detect Change Using Deep Learning: two rasters -> one grid -> tile pairs -> batches -> scores -> class raster."""

from __future__ import annotations

from ..inference.pixel_plans import plan_pair
from ..inference.pixel_report import finished_run
from ..inference.pixel_results import planned_result
from ..inference.pixel_work import PixelWork
from ..inference.preparation import model_defaults
from ..inference.stages import Stopwatch
from ..job import Job
from ..package.emd import open_package
from ..tools.arguments import PixelArguments
from ..tools.detect_change import DetectChange


def run(request: DetectChange, job: Job) -> dict[str, str]:
    """Tell what changed between two rasters; see ``DetectChange`` for the parameters."""
    watch = Stopwatch()
    with open_package(request.in_model_definition, job, task="change_detection") as package:
        arguments = PixelArguments.from_pairs(request.arguments, model_defaults(package), job)
        work = PixelWork(request, package, arguments, watch, job)
        pair = request.from_raster, request.to_raster
        results = planned_result(work, pair, lambda folder: plan_pair(pair, request, package, arguments, job))
        return finished_run(work, results)
