"""What the input of a run stands for: one image, several as a mosaic or one by one, or the attachments of a layer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyogrio
from pyogrio.errors import DataSourceError

from ..errors import RasterError
from ..job import Job
from ..raster.mosaic import parts_of_vrt, write_mosaic
from ..raster.opening import opened
from ..raster.sources import list_rasters
from ..tools.classify_pixels import ClassifyPixels
from ..tools.pixel_runs import RASTER_OUTPUTS
from ..tools.shared import PROCESSING_MODES
from ..tools.values import FeatureSource

ONE, MOSAIC, SEPARATE, ATTACHMENTS = "one", "mosaic", "separate", "attachments"

MOSAIC_FILE = "mosaic.vrt"
"""Name of the virtual raster over the images of a mosaic, in the run's folder."""


@dataclass(frozen=True)
class Images:
    """The images of a run.

    Attributes:
        kind: ``ONE``, ``MOSAIC``, ``SEPARATE`` or ``ATTACHMENTS``.
        paths: The rasters; none for attachments, which are looked for later.
    """

    kind: str
    paths: tuple[str, ...]


def find_images(request: ClassifyPixels, job: Job) -> Images:
    """Return what the input stands for.

    Raises:
        RasterError: It is no raster, folder or layer, or a folder without rasters.
        ParameterError: The output that it needs is missing.
    """
    source = request.in_raster
    given = given_paths(source.path)
    if len(given) == 1 and holds_features(source):
        return Images(ATTACHMENTS, ())
    paths = [path for entry in given for path in _rasters(entry, request, job)]
    several = len(given) > 1 or os.path.isdir(given[0])
    if request.processing_mode == PROCESSING_MODES[1]:
        parts = parts_of_vrt(paths[0]) if not several else []
        return Images(SEPARATE, tuple(parts or paths))
    if not several:
        return Images(ONE, tuple(paths))
    if not request.out_classified_raster and request.out_classified_folder:
        job.message("out_classified_folder is given and no out_classified_raster: the rasters are processed one by one")
        return Images(SEPARATE, tuple(paths))
    return Images(MOSAIC if len(paths) > 1 else ONE, tuple(paths))


def one_image(images: Images, folder: Path, job: Job) -> str:
    """Return what GDAL opens for all images as one; a mosaic is written to the folder, which is made.

    Raises:
        RasterError: The rasters do not belong together.
    """
    if images.kind != MOSAIC:
        return images.paths[0]
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / MOSAIC_FILE
    job.message(f"{len(images.paths)} rasters are one mosaic, {images.paths[0]} on top")
    write_mosaic(images.paths, target, job)
    return str(target)


def distinct(stems: Sequence[str]) -> list[str]:
    """Return file names without suffix, numbered where two would be the same on a disk that knows no case."""
    taken: set[str] = set()
    names = []
    for stem in stems:
        name, count = stem, 1
        while name.casefold() in taken:
            count += 1
            name = f"{stem}_{count}"
        taken.add(name.casefold())
        names.append(name)
    return names


def given_paths(text: str) -> list[str]:
    """Return the paths of an input; several are parted by semicolons."""
    if ";" not in text or os.path.exists(text):
        return [text]
    return [part.strip() for part in text.split(";") if part.strip()] or [""]


def _rasters(entry: str, request: ClassifyPixels, job: Job) -> list[str]:
    """Return the rasters of a file or folder; results of the same request that lie in the folder are none."""
    found = list_rasters(entry)
    if not os.path.isdir(entry):
        return found
    results = {os.path.realpath(getattr(request, name)) for name in RASTER_OUTPUTS if getattr(request, name)}
    kept = [path for path in found if os.path.realpath(path) not in results]
    if not kept:
        raise RasterError(f"the folder {entry} holds nothing but results of this run: choose a folder of rasters")
    if len(kept) < len(found):
        job.message(f"results of an earlier run in {entry} are not classified: they will be replaced")
    return kept


def holds_features(source: FeatureSource) -> bool:
    """Return whether an input is a layer of features."""
    if source.layer or "|layername=" in source.path:
        return True
    if os.path.isdir(source.path) or not os.path.exists(source.path):
        return False
    try:
        opened(source.path).close()
    except RasterError:
        return _has_layers(source.path)
    return False


def _has_layers(path: str) -> bool:
    """Return whether OGR finds a layer or table in a file."""
    try:
        return len(pyogrio.list_layers(path)) > 0
    except (DataSourceError, ValueError, OSError, RuntimeError):
        return False
