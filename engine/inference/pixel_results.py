"""The results of a run by kind of input: one raster, a folder of rasters, or the attachments of a layer."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .. import files
from ..errors import OutputError, ParameterError, RasterError
from ..job import Job
from ..raster.class_output import SIDECARS, write_raster
from ..raster.crs import crs_text
from ..raster.mosaic import write_collection
from ..tools.classify_pixels import RASTER_OUTPUTS
from ..tools.values import FeatureTarget
from .attachments import Attachment, AttachmentLayer, overwrite_files, read_attachments, write_copy
from .blobs import replace_blobs
from .image_inputs import ATTACHMENTS, MOSAIC, ONE, SEPARATE, Images, distinct_names, one_image
from .manifest import manifest_path, raster_manifest_path
from .pixel_outputs import main_raster, write_image, write_polygons, write_rasters
from .pixel_plans import ImagePlan, plan_image
from .pixel_work import DONE, PixelWork, kept_when_begun, work_folder
from .stages import WRITING


@dataclass
class Results:
    """What a run wrote.

    Attributes:
        outputs: Name of an output to path.
        manifest: Where the manifest goes; None while shards are missing.
        rasters: The images that were read.
        class_rasters: The class rasters that were written.
        skipped: Images that could not be read, and why.
    """

    outputs: dict[str, str]
    manifest: Path | None
    rasters: list[str] = field(default_factory=list)
    class_rasters: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def one_result(work: PixelWork, images: Images) -> Results:
    """Classify one raster, or a mosaic, into one class raster."""
    request, job = work.request, work.job
    if not request.out_classified_raster:
        raise ParameterError("out_classified_raster is missing: give the class raster a file name")
    if request.overwrite_attachments:
        raise ParameterError("overwrite_attachments is for a layer with image attachments and in_raster is none")
    target = Path(request.out_classified_raster)
    folder = work_folder(target, request.work_folder)
    for name in RASTER_OUTPUTS:
        if getattr(request, name):
            _check_target(Path(getattr(request, name)))
    files.writable(folder)
    with kept_when_begun(folder):
        path = one_image(images, folder, job)
        image = plan_image(path, request, work.package, work.arguments, "", job)
        if image is None:
            raise RasterError(f"{path} lies outside the extent: choose one that overlaps it")
        work.announce([image], target)
        done = work.classify(image, images.paths, folder)
    if done is None:
        return Results({}, None, list(images.paths))
    with work.watch.stage(WRITING):
        outputs = write_rasters(request, done, image, work.meaning, work.arguments, job)
        if request.out_polygons is not None:
            rasters = {"": str(target)}
            outputs["out_polygons"] = write_polygons(
                request.out_polygons, rasters, work.meaning, crs_text(image.target.crs), job
            )
    shutil.rmtree(folder, ignore_errors=True)
    manifest = raster_manifest_path(target)
    return Results(outputs, manifest, list(images.paths), [str(target)])


def separate_results(work: PixelWork, images: Images) -> Results:
    """Classify each raster by itself into a folder, with a virtual raster over the results."""
    request, job = work.request, work.job
    _only_one_product(work, "rasters that are processed separately")
    if request.out_classified_raster:
        job.message("out_classified_raster is not written: the rasters are processed separately, into the folder")
    folder = Path(request.out_classified_folder)
    place = work_folder(folder / folder.name, request.work_folder)
    files.writable(folder / folder.name)
    manifest = raster_manifest_path(folder / folder.name)
    _check_folder(folder, place, manifest)
    plans: dict[str, tuple[str, ImagePlan]] = {}
    for path, name in zip(images.paths, distinct_names(images.paths), strict=True):
        job.check()
        image = plan_image(path, request, work.package, work.arguments, Path(path).name, job)
        if image is not None:
            plans[name] = path, image
    if not plans:
        raise RasterError(f"no raster of {request.in_raster.path} lies in the extent: choose one that overlaps them")
    work.announce([image for _, image in plans.values()], folder)
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


def attachment_results(work: PixelWork, images: Images) -> Results:
    """Classify the image attachments of a layer; write a new layer, or overwrite them."""
    request, job = work.request, work.job
    _only_one_product(work, ATTACHMENTS)
    if request.out_polygons is not None:
        raise ParameterError(
            "out_polygons cannot be had from attachments, which have no place on the map: leave it out"
        )
    layer = read_attachments(request.in_raster)
    target = request.out_featureclass
    if target is None and not request.overwrite_attachments:
        raise ParameterError(
            f"{layer.table.name} is a layer with image attachments and out_featureclass is missing: give it, or choose "
            "OVERWRITE for overwrite_attachments"
        )
    if request.overwrite_attachments and layer.field and layer.path.suffix.lower() != ".gpkg":
        raise ParameterError(
            f"overwrite_attachments needs a GeoPackage and {layer.path.name} is none: export it to one"
        )
    home = layer.path if request.overwrite_attachments or target is None else Path(target.path)
    place = work_folder(home, request.work_folder)
    files.writable(home)
    with kept_when_begun(place):
        results, skipped = _class_images(work, layer, place)
    if skipped:
        job.warn(f"{len(skipped)} attachments were skipped: {'; '.join(skipped[:5])}")
    if not results:
        shutil.rmtree(place, ignore_errors=True)
        raise RasterError(f"none of the {len(layer.images)} attachments of {layer.table.name} can be read: mend them")
    if request.overwrite_attachments or target is None:
        outputs = {"out_featureclass": _overwritten(layer, results)}
        manifest = layer.path.with_name(f"{layer.path.name}.{layer.layer}.run.json")
    else:
        outputs = {"out_featureclass": _copied(layer, results, target, work)}
        manifest = manifest_path(target)
    shutil.rmtree(place, ignore_errors=True)
    read = [image.label for image in results]
    return Results(outputs, manifest, read, [], skipped)


RESULTS: dict[str, Callable[[PixelWork, Images], Results]] = {
    ONE: one_result,
    MOSAIC: one_result,
    SEPARATE: separate_results,
    ATTACHMENTS: attachment_results,
}
"""Kind of input -> how its results are made."""


def _each(work: PixelWork, plans: dict[str, tuple[str, ImagePlan]], folder: Path, place: Path) -> dict[str, str]:
    """Classify rasters one by one; those that an interrupted run of the same finished are left as they are."""
    written = {}
    finished = _Finished(place)
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


def _class_images(work: PixelWork, layer: AttachmentLayer, place: Path) -> tuple[dict[Attachment, Path], list[str]]:
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
    work.announce([image for _, image in plans.values()], place)
    finished = _Finished(place)
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


class _Finished:
    """The list of finished images in a work folder, with the key of each."""

    def __init__(self, place: Path) -> None:
        """Read what an earlier run wrote down."""
        self._place = place
        try:
            self._keys: dict[str, str] = dict(json.loads((place / DONE).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError):
            self._keys = {}

    def is_done(self, name: str, key: str, result: Path) -> bool:
        """Return whether an image was finished with this key and its result is still there."""
        return self._keys.get(name) == key and result.exists()

    def add(self, name: str, key: str, folder: str = "") -> None:
        """Write an image down and remove its work."""
        self._keys[name] = key
        (self._place / DONE).write_text(json.dumps(self._keys), encoding="utf-8")
        shutil.rmtree(self._place / (folder or name), ignore_errors=True)


def _copied(layer: AttachmentLayer, results: dict[Attachment, Path], target: FeatureTarget, work: PixelWork) -> str:
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


def _overwritten(layer: AttachmentLayer, results: dict[Attachment, Path]) -> str:
    """Put class images in the place of the attachments, all or none; return what opens the layer."""
    opens = f"{layer.path}|layername={layer.layer}"
    try:
        if layer.blobs is not None:
            keys = {image.key: file for image, file in results.items() if image.key is not None}
            replace_blobs(layer.path, layer.blobs, keys)
        else:
            overwrite_files(layer, results)
    except sqlite3.Error as error:
        raise OutputError(
            f"{layer.path} cannot be written to ({error}): close it elsewhere and run the same again; no attachment "
            "was changed"
        ) from error
    return opens


def _only_one_product(work: PixelWork, what: str) -> None:
    """Refuse outputs that several images cannot share."""
    for name in RASTER_OUTPUTS[1:]:
        if getattr(work.request, name):
            raise ParameterError(f"{name} holds one raster and cannot be had from {what}: leave it out")
    if work.request.shard:
        raise ParameterError(f"shard parts one raster and cannot be used with {what}: leave it out")
    if what != ATTACHMENTS and work.request.overwrite_attachments:
        raise ParameterError("overwrite_attachments is for a layer with image attachments and in_raster is none")


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
