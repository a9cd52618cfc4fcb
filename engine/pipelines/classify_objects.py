"""Classify Objects Using Deep Learning: raster + features -> window per object -> chips -> scores -> features."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

from .. import files
from ..accuracy.object_comparison import ObjectComparison
from ..accuracy.object_report import write_object_report
from ..device import choose_device
from ..inference.manifest import manifest_path, run_report, write_manifest
from ..inference.object_classifying import ObjectRun, are_points, blackens, classify_objects, cut_of
from ..inference.object_outputs import Decider, Written, find_truth, plan_output, write_results
from ..inference.object_predictor import ObjectPredictor, load_object_predictor
from ..inference.object_subjects import Subject, find_subject
from ..inference.preparation import model_defaults
from ..inference.reading import reader_threads
from ..inference.stages import WRITING, Stopwatch
from ..job import Job
from ..package.emd import ModelPackage, open_package
from ..tools.classify_objects import ClassifyObjects
from ..tools.object_arguments import ObjectArguments
from ..vector.writing import output_path


def run(request: ClassifyObjects, job: Job) -> dict[str, str]:
    """Classify the features over a raster, the images of a folder, or attachments; see ``ClassifyObjects``."""
    watch = Stopwatch()
    with (
        open_package(request.in_model_definition, job, task="object_classification") as package,
        work_folder(output_path(request.out_feature_class)[0], job) as folder,
    ):
        arguments = ObjectArguments.from_pairs(request.model_arguments, model_defaults(package).batch_size)
        subject = find_subject(request, package, folder, job)
        truth = find_truth(request, subject)
        device = choose_device(request.processor_type, request.gpu_id)
        predictor = load_object_predictor(package, arguments, device, request.precision)
        predictor.whole = subject.whole
        output = plan_output(request, subject, predictor.multi, job)
        limits = () if arguments.score_threshold is not None else package.label_thresholds
        decider = Decider(package.classes, smallest_score(package, predictor), predictor.multi, limits)
        announce(package, subject, predictor, job)
        predictor.settle_precision(subject.count, job)

        readers = reader_threads(device.type)
        objects = ObjectRun(subject, cut_of(package, subject), blackens(package, subject), predictor, readers, folder)
        findings = subject.of_rows(classify_objects(objects, watch, job))
        with watch.stage(WRITING):
            written = write_results(output, subject, findings, decider, truth, job)
        unseen = int((~findings.seen).sum())
        tell(written, unseen, len(findings), decider, job)
        outputs = {"out_feature_class": written.uri}
        if written.truth is not None:
            outputs["out_report"] = report(request, written.truth, output.path, job)
        job.message(watch.bottleneck())
        rasters = [source.path for source in subject.sources]
        content = run_report(request, package, predictor, rasters, watch.report(readers))
        content |= {"output": written.uri, "features": written.rows, "without_label": unseen, "below": written.below}
        content |= {"accuracy": None if written.truth is None else written.truth.summary(), "warnings": job.warnings}
        manifest = manifest_path(request.out_feature_class)
        write_manifest(manifest, content, job)
    classes = [{"name": entry.name, "color": entry.color} for entry in package.classes]
    styles = {"classes": json.dumps(classes), "label_field": output.fields.label}
    return {**outputs, "out_run_manifest": str(manifest), **styles}


@contextlib.contextmanager
def work_folder(output: Path, job: Job) -> Iterator[Path]:
    """Give a folder beside the output that ends with the run."""
    files.writable(output)
    files.sweep(output.parent)
    folder = job.temporary(files.temporary_name(output.with_suffix(".work")))
    files.remove(folder)
    folder.mkdir()
    try:
        yield folder
    finally:
        files.remove(folder)


def smallest_score(package: ModelPackage, predictor: ObjectPredictor) -> float:
    """Return the smallest confidence that is written: as asked, else all classes, or labels above the model's own."""
    asked = predictor.arguments.score_threshold
    if asked is not None:
        return asked
    return package.threshold if predictor.multi else 0.0


def announce(package: ModelPackage, subject: Subject, predictor: ObjectPredictor, job: Job) -> None:
    """Tell how objects are seen."""
    rows, cols = package.tile
    cut, black = cut_of(package, subject), blackens(package, subject)
    seen = "of fixed size around each" if cut.fixed else "of each object's frame"
    if subject.whole:
        seen = "of each whole image"
    words = f"{subject.count} objects, chips of {cols} x {rows} pixels {seen}"
    words += ", black outside it" if black else ""
    job.message(f"{words}; {len(subject.sources)} rasters, {predictor.at_once} objects at once")
    if are_points(subject) and not package.emd.get("CropSizeFixed", 1):
        job.warn(
            f"the model was trained on the frames of objects and a point has none: {cols} x {rows} pixels around each "
            "are taken"
        )


def tell(written: Written, unseen: int, count: int, decider: Decider, job: Job) -> None:
    """Tell what became of the objects."""
    classes = ", ".join(f"{name} {number}" for name, number in written.counts.items() if number)
    told = f"{count - unseen} of {count} objects classified"
    if written.below:
        told += (
            f", {count - unseen - written.below} of them written and {written.below} not, which are below "
            f"score_threshold {decider.threshold:g}"
        )
    job.message(f"{told}{': ' + classes if classes else ''}")
    if unseen:
        job.warn(f"{unseen} objects lie outside every raster or where there is no data: they have no label")


def report(request: ClassifyObjects, comparison: ObjectComparison, output: Path, job: Job) -> str:
    """Tell how the labels compare with the truth, write the report, and return its path."""
    for sentence in comparison.sentences():
        job.message(sentence)
    path = Path(request.out_report or output.with_name(f"{output.name}.accuracy.pdf"))
    with files.replaced(path, job) as temporary:
        write_object_report(temporary, comparison, request, job)
    return str(path)
