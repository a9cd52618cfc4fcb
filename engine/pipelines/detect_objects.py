"""Detect Objects Using Deep Learning: raster -> tiles -> batches -> detections -> merge -> features."""

from __future__ import annotations

import json

from ..device import choose_device
from ..inference.detecting import detect_raster
from ..inference.features import RasterDetections, field_types, to_features
from ..inference.kinds import KINDS
from ..inference.manifest import manifest_path, run_report, write_manifest
from ..inference.pace import Pace
from ..inference.predictor import load_predictor
from ..inference.preparation import announce, detection_arguments, output_crs, plan_rasters, wanted_labels
from ..inference.reading import reader_threads
from ..inference.stages import WRITING, Stopwatch
from ..job import Job
from ..package.emd import open_package
from ..tools.detect_objects import DetectObjects
from ..vector.writing import write_features


def run(request: DetectObjects, job: Job) -> dict[str, str]:
    """Detect the objects of a raster, or of each raster of a folder; see ``DetectObjects`` for the parameters."""
    watch = Stopwatch()
    with open_package(request.in_model_definition, job, task=tuple(KINDS)) as package:
        arguments = detection_arguments(request, package, job)
        wanted = wanted_labels(request.in_objects_of_interest, package.classes)
        device = choose_device(request.processor_type, request.gpu_id)
        plans = plan_rasters(request, package, arguments, job)
        crs = output_crs(request, plans, job)
        tiles = announce(plans, arguments, request.out_detected_objects, job)
        predictor = load_predictor(package, arguments, device, request.precision, plans[0].grid)
        predictor.settle_precision(tiles, job)

        kind = predictor.kind
        pace, readers = Pace(tiles, watch, job), reader_threads(device.type)
        found = []
        for plan in plans:
            objects = detect_raster(plan, predictor, wanted, watch, pace, job, readers)
            if request.run_nms:
                objects = kind.thinned(objects, request.max_overlap_ratio)
            found.append(RasterDetections(plan.source, objects, plan.name))

        with watch.stage(WRITING):
            features = to_features(found, package.classes, crs, kind.outlines(arguments))
            fields = field_types(several=any(plan.name for plan in plans))
            written = write_features(
                request.out_detected_objects, features, job=job, geometry_type=kind.geometry_type(arguments),
                schema=fields, crs=crs,
            )  # fmt: skip
        count = sum(len(raster.found) for raster in found)
        job.message(f"{count} objects found" if count else "no object was found: the layer is empty")
        job.message(watch.bottleneck())
        report = run_report(request, package, predictor, [plan.source.path for plan in plans], watch.report(readers))
        report |= {"output": written, "features": count, "tiles": tiles, "warnings": job.warnings}
        write_manifest(manifest_path(request.out_detected_objects), report, job)
    classes = [{"name": entry.name, "color": entry.color} for entry in package.classes]
    return {"out_detected_objects": written, "classes": json.dumps(classes)}
