"""The results of a run over rasters: one class raster, or a folder of them; attachments stand elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from .. import files
from ..errors import OutputError, ParameterError, RasterError
from ..raster.class_output import write_raster
from ..raster.crs import crs_text
from ..raster.mosaic import write_collection
from ..tools.classify_pixels import ClassifyPixels
from ..tools.pixel_runs import RASTER_OUTPUTS
from .attachment_results import attachment_results
from .classifying import Classified
from .image_inputs import ATTACHMENTS, MOSAIC, MOSAIC_FILE, ONE, SEPARATE, Images, distinct, one_image
from .locking import AtWork, working_alone
from .manifest import raster_manifest_path
from .pixel_outputs import main_raster, write_polygons, write_rasters
from .pixel_plans import ImagePlan, plan_image
from .pixel_work import PixelWork, Request, kept_when_begun, work_folder
from .preparation import check_layer
from .results import Finished, Results, only_one_product
from .stages import WRITING

ENDING = "ending"
"""Name of the file in a work folder that a run holds while it writes the outputs."""


def one_result(work: PixelWork[ClassifyPixels], images: Images) -> Results:
    """Classify one raster, or a mosaic, into one class raster."""
    request, job = work.request, work.job
    if not request.out_classified_raster:
        raise ParameterError("out_classified_raster is missing: give the class raster a file name")
    if request.overwrite_attachments:
        raise ParameterError("overwrite_attachments is for a layer with image attachments and in_raster is none")

    def planned(folder: Path) -> ImagePlan:
        path = one_image(images, folder, job)
        image = plan_image(path, request, work.package, work.arguments, "", job)
        if image is None:
            raise RasterError(f"{path} lies outside the extent: choose one that overlaps it")
        return image

    mosaic = work_folder(Path(request.out_classified_raster), request.work_folder) / MOSAIC_FILE
    given = request.in_raster.path
    names = {str(mosaic): given, MOSAIC_FILE: Path(given).name} if images.kind == MOSAIC else {}
    with job.calling(names):
        return planned_result(work, images.paths, planned)


def planned_result(work: PixelWork[Request], rasters: Sequence[str], planned: Callable[[Path], ImagePlan]) -> Results:
    """Classify one image into one class raster.

    Args:
        work: The run.
        rasters: The files that the image is made of.
        planned: Gives the image and its tiles; it may write into the work folder.

    Raises:
        RasterError: The image is unreadable, damaged, or lies elsewhere.
        OutputError: An output cannot be written, or the work folder holds a different run.
    """
    request = work.request
    target = Path(request.out_classified_raster)
    folder = work_folder(target, request.work_folder)
    for name in RASTER_OUTPUTS:
        if getattr(request, name):
            _check_target(Path(getattr(request, name)))
    if request.out_polygons is not None:
        check_layer(request.out_polygons)
    files.writable(folder)
    with kept_when_begun(folder):
        image = planned(folder)
        work.announce([image], target, folder)
        done = work.classify(image, rasters, folder)
    outputs = {} if done is None else _ended(work, rasters, image, folder, done)
    manifest = raster_manifest_path(target) if outputs else None
    return Results(outputs, manifest, list(rasters), [str(target)] if outputs else [])


def _ended(
    work: PixelWork[Request], rasters: Sequence[str], image: ImagePlan, folder: Path, done: Classified
) -> dict[str, str]:
    """Write the outputs of finished work and remove it; only one run at a time.

    Returns:
        Parameter to path; empty when the run of another shard writes them.

    Raises:
        OutputError: The same request is being written by another run, or an output cannot be written.
    """
    sharded = work.request.shard_numbers[1] > 1
    outputs: dict[str, str] = {}
    try:
        if sharded and not folder.exists():
            raise AtWork(f"the work in {folder} has ended")
        with working_alone(folder / ENDING):
            whole = work.merged(image, rasters, folder) if sharded else done
            if whole is not None:
                outputs = _outputs(work, image, whole)
                for file in folder.iterdir():
                    if file.name != ENDING:  # who waits for it finds no shards then
                        file.unlink()
    except AtWork:
        if not sharded:
            raise
        work.job.message("the run of another shard writes the output")
    if outputs:
        shutil.rmtree(folder, ignore_errors=True)
    return outputs


def _outputs(work: PixelWork[Request], image: ImagePlan, done: Classified) -> dict[str, str]:
    """Write the rasters that were asked for, and the polygons."""
    request, job, target = work.request, work.job, work.request.out_classified_raster
    with work.watch.stage(WRITING):
        outputs = write_rasters(request, done, image, work.meaning, work.arguments, job)
        if request.out_polygons is not None:
            outputs["out_polygons"] = write_polygons(
                request.out_polygons, {"": target}, work.meaning, crs_text(image.target.crs), job
            )
    return outputs


def separate_results(work: PixelWork[ClassifyPixels], images: Images) -> Results:
    """Classify each raster by itself into a folder, with a virtual raster over the results."""
    request, job = work.request, work.job
    only_one_product(work, "rasters that are processed separately")
    if request.out_classified_raster:
        job.message("out_classified_raster is not written: the rasters are processed separately, into the folder")
    if request.out_polygons is not None:
        check_layer(request.out_polygons)
    folder = Path(request.out_classified_folder)
    place = work_folder(folder / folder.name, request.work_folder)
    with kept_when_begun(folder):
        files.writable(folder / folder.name)
        manifest = raster_manifest_path(folder / folder.name)
        _check_folder(folder, place, manifest)
        plans = _plans(work, images)
        work.announce([image for _, image in plans.values()], folder, place)
    written = _each(work, plans, folder, place)
    outputs = {"out_classified_folder": str(folder)}
    if not work.arguments.return_probability_raster:
        nodata, virtual = work.meaning.decision.nodata, folder / f"{folder.name}.vrt"
        collection = write_collection(list(written.values()), virtual, work.meaning.classes, nodata, job)
        outputs |= {"out_classified_raster": collection} if collection else {}
    if request.out_polygons is not None:
        crs = crs_text(next(iter(plans.values()))[1].target.crs)
        outputs["out_polygons"] = write_polygons(request.out_polygons, written, work.meaning, crs, job)
    shutil.rmtree(place, ignore_errors=True)
    return Results(outputs, manifest, [path for path, _ in plans.values()], list(written.values()))


RESULTS: dict[str, Callable[[PixelWork[ClassifyPixels], Images], Results]] = {
    ONE: one_result,
    MOSAIC: one_result,
    SEPARATE: separate_results,
    ATTACHMENTS: attachment_results,
}
"""Kind of input -> how its results are made."""


def _plans(work: PixelWork[ClassifyPixels], images: Images) -> dict[str, tuple[str, ImagePlan]]:
    """Return path and plan of each raster by the name of its result; those outside the extent are left out."""
    request, plans = work.request, {}
    names = distinct([Path(path).stem or "raster" for path in images.paths])
    for path, name in zip(images.paths, names, strict=True):
        work.job.check()
        image = plan_image(path, request, work.package, work.arguments, Path(path).name, work.job)
        if image is not None:
            plans[name] = path, image
    if not plans:
        raise RasterError(f"no raster of {request.in_raster.path} lies in the extent: choose one that overlaps them")
    return plans


def _each(
    work: PixelWork[ClassifyPixels], plans: dict[str, tuple[str, ImagePlan]], folder: Path, place: Path
) -> dict[str, str]:
    """Classify rasters one by one; those that an interrupted run of the same finished are left as they are."""
    written = {}
    finished = Finished(place)
    for name, (path, image) in plans.items():
        target, key = folder / f"{name}.tif", work.key(image, [path])
        if finished.is_done(name, key, target):
            work.skip(image, target)
        else:
            done = work.classify(image, [path], place / name)
            if done is not None:
                with work.watch.stage(WRITING):
                    raster, classes = main_raster(done, image, work.meaning, work.arguments, work.job)
                    write_raster(raster, target, image.target, work.job, work.meaning.classes if classes else ())
            finished.add(name, key)
        written[name] = str(target)
    return written


def _check_target(path: Path) -> None:
    """Refuse a raster output that cannot be written, now and not when everything is computed."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder: give the output a file name")
    files.writable(path)


def _check_folder(folder: Path, place: Path, manifest: Path) -> None:
    """Refuse a folder that holds other things than results of ours."""
    if folder.is_file():
        raise OutputError(f"{folder} is a file: give out_classified_folder the name of a folder")
    ours = not folder.exists() or not any(folder.iterdir()) or place.exists() or manifest.exists()
    if not ours:
        raise OutputError(f"{folder} holds other files: choose an empty or a new folder for out_classified_folder")
