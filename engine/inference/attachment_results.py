"""The results of a run over the image attachments of a layer: class images, in a new layer or in their place."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from .. import files
from ..errors import OutputError, ParameterError, RasterError
from ..job import Job
from ..raster.class_output import SIDECARS
from ..tools.classify_pixels import ClassifyPixels
from ..tools.values import FeatureTarget
from ..vector.writing import output_path
from .attachments import Attachment, AttachmentLayer, read_attachments, write_copy
from .blobs import replace_blobs
from .image_inputs import ATTACHMENTS, Images
from .manifest import manifest_path
from .overwriting import mend_overwritten, overwrite_files
from .pixel_outputs import main_raster, write_image
from .pixel_plans import ImagePlan, plan_image
from .pixel_work import PixelWork, kept_when_begun, work_folder
from .preparation import check_layer
from .results import Finished, Results, only_one_product
from .stages import WRITING


def attachment_results(work: PixelWork[ClassifyPixels], images: Images) -> Results:
    """Classify the image attachments of a layer; write a new layer, or overwrite them."""
    request, job = work.request, work.job
    only_one_product(work, ATTACHMENTS)
    if request.out_polygons is not None:
        raise ParameterError(
            "out_polygons cannot be had from attachments, which have no place on the map: leave it out"
        )
    file = Path(request.in_raster.path.partition("|layername=")[0])
    with _told_when_locked(file):
        mend_overwritten(file, job)
    layer = read_attachments(request.in_raster)
    target = None if request.overwrite_attachments else request.out_featureclass
    _check_target(request, layer, target)
    home = layer.path if target is None else check_layer(target)
    place = work_folder(home, request.work_folder)
    files.writable(home)
    with kept_when_begun(place):
        results, skipped = _class_images(work, layer, place)
    if skipped:
        job.warn(f"{len(skipped)} attachments were skipped: {'; '.join(skipped[:5])}")
    if not results:
        shutil.rmtree(place, ignore_errors=True)
        raise RasterError(
            f"none of the {len(layer.images)} attachments of {layer.table.name} can be classified: "
            "mend them, or choose an extent that holds them"
        )
    if target is None:
        outputs = {"out_featureclass": _overwritten(layer, results, job)}
        manifest = layer.path.with_name(f"{layer.path.name}.{layer.layer}.run.json")
    else:
        outputs = {"out_featureclass": _copied(layer, results, target, work)}
        manifest = manifest_path(target)
    shutil.rmtree(place, ignore_errors=True)
    read = [image.label for image in results]
    return Results(outputs, manifest, read, [], skipped)


def _check_target(request: ClassifyPixels, layer: AttachmentLayer, target: FeatureTarget | None) -> None:
    """Refuse a request without a place for its results, or one where they would mix with the input."""
    if target is None and not request.overwrite_attachments:
        raise ParameterError(
            f"{layer.table.name} is a layer with image attachments and out_featureclass is missing: give it, or choose "
            "OVERWRITE for overwrite_attachments"
        )
    if target is None and layer.field and layer.path.suffix.lower() != ".gpkg":
        raise ParameterError(
            f"overwrite_attachments needs a GeoPackage and {layer.path.name} is none: export it to one"
        )
    if target is not None:
        path, name, _ = output_path(target)
        if path.resolve() == layer.path.resolve() and name.casefold() == layer.layer.casefold():
            raise ParameterError(
                f"out_featureclass is the input layer {name}: choose another layer, or OVERWRITE for "
                "overwrite_attachments"
            )


def _class_images(
    work: PixelWork[ClassifyPixels], layer: AttachmentLayer, place: Path
) -> tuple[dict[Attachment, Path], list[str]]:
    """Classify the attachments; return the class image of each, and which were skipped and why."""
    sources, made = place / "sources", place / "images"
    for folder in (sources, made):
        folder.mkdir(parents=True, exist_ok=True)
    plans: dict[Attachment, tuple[str, ImagePlan]] = {}
    skipped = []
    for attachment in layer.images:
        work.job.check()
        path = str(layer.extracted(attachment, sources))
        try:
            quiet = Job() if plans else work.job  # what is said of the first image holds for the others
            image = plan_image(path, work.request, work.package, work.arguments, attachment.label, quiet)
        except RasterError as error:
            skipped.append(f"{attachment.label}: {error}")
            continue
        if image is not None:
            plans[attachment] = path, image
    results: dict[Attachment, Path] = {}
    if not plans:
        return results, skipped
    work.announce([image for _, image in plans.values()], place, place)
    finished = Finished(place)
    for attachment, (path, image) in plans.items():
        key, target = work.key(image, [path]), made / attachment.stem
        existing = next((file for file in (Path(f"{target}.png"), Path(f"{target}.tif")) if file.exists()), target)
        try:
            if finished.is_done(attachment.stem, key, existing):
                work.skip(image, existing)
                results[attachment] = existing
                continue
            done = work.classify(image, [path], place / f"work_{attachment.stem}")
        except RasterError as error:
            skipped.append(f"{attachment.label}: {error}")
            continue
        if done is not None:
            with work.watch.stage(WRITING):
                raster, _ = main_raster(done, image, work.meaning, work.arguments, work.job)
                results[attachment] = write_image(raster, image, target, work.meaning, work.job)
        finished.add(attachment.stem, key, f"work_{attachment.stem}")
    return results, skipped


def _copied(
    layer: AttachmentLayer, results: dict[Attachment, Path], target: FeatureTarget, work: PixelWork[ClassifyPixels]
) -> str:
    """Move class images to the folder beside the output and write the copy of the layer."""
    path = Path(target.path)
    folder = path.parent / f"{path.stem}_classified"
    folder.mkdir(exist_ok=True)
    placed = {}
    for attachment, file in results.items():
        free, count = folder / file.name, 1
        while free.exists():
            count += 1
            free = folder / f"{file.stem}_{count}{file.suffix}"
        placed[attachment] = free
    moved: list[Path] = []
    try:
        for attachment, file in results.items():
            moved += _moved(file, placed[attachment])
        return write_copy(layer, placed, target, work.job)
    except BaseException:
        for file in moved:
            file.unlink(missing_ok=True)
        raise


def _moved(file: Path, target: Path) -> list[Path]:
    """Move a raster and the files beside it; return their new places."""
    found = []
    for suffix in ("", *SIDECARS):
        own, new = Path(f"{file}{suffix}"), Path(f"{target}{suffix}")
        if own.exists():
            shutil.move(own, new)
            found.append(new)
    return found


def _overwritten(layer: AttachmentLayer, results: dict[Attachment, Path], job: Job) -> str:
    """Put class images in the place of the attachments, all or none; return what opens the layer."""
    with _told_when_locked(layer.path):
        if layer.blobs is not None:
            keys = {image.key: file for image, file in results.items() if image.key is not None}
            replace_blobs(layer.path, layer.blobs, keys)
        else:
            overwrite_files(layer, results, job)
    return f"{layer.path}|layername={layer.layer}"


@contextlib.contextmanager
def _told_when_locked(path: Path) -> Iterator[None]:
    """Say in a sentence that a GeoPackage is locked, read-only or damaged."""
    try:
        yield
    except sqlite3.Error as error:
        raise OutputError(
            f"{path} cannot be written to ({error}): close it elsewhere and run the same again; no attachment was "
            "changed"
        ) from error
