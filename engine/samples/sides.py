"""The images of an export: what its inputs stand for by the processing mode; one side a folder that is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from .. import files
from ..errors import ParameterError
from ..job import Job
from ..raster.mosaic import parts_of_vrt, write_mosaic
from ..raster.sources import list_rasters
from ..tools.export_training_data import ExportTrainingData
from ..tools.shared import PROCESSING_MODES
from .registry import SampleFormat, sample_formats


@dataclass(frozen=True)
class Side:
    """The images that go into one folder.

    Attributes:
        name: The folder inside the output folder, empty for that itself.
        words: The images in words, for messages.
        paths: The rasters.
        second: The second images of pairs in words, empty without.
        seconds: Their rasters.
        names: Path of a raster to what the user calls it, where that is not the path.
    """

    name: str
    words: str
    paths: list[str]
    second: str = ""
    seconds: list[str] = field(default_factory=list)
    names: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def find_sides(request: ExportTrainingData, form: SampleFormat, out: Path, job: Job) -> Iterator[list[Side]]:
    """Give the images of each folder that an export writes; mosaics of them last until the block ends.

    Raises:
        RasterError: An input is no raster, or rasters cannot be one image.
        ParameterError: The format has no use for the second raster, or lacks it.
    """
    _check_second(request, form)
    given = [request.in_raster, request.in_raster2]
    temporary = job.temporary(files.temporary_name(out.parent / f"{out.name}-mosaics"))
    files.sweep(out.parent)
    files.remove(temporary)
    try:
        found = [_images(text, request.processing_mode, temporary / str(at), job) for at, text in enumerate(given)]
        names = {
            path: text for paths, text in zip(found, given, strict=True) for path in paths if _is_in(temporary, path)
        }
        words = [_words(text, paths) for paths, text in zip(found, given, strict=True)]
        with job.calling(names):
            if len(form.sides) == 1:
                yield [Side(form.sides[0], words[0], found[0], request.in_raster2, found[1], names)]
            else:
                sides = zip(form.sides, words, found, strict=True)
                yield [Side(name, text, paths, names=names) for name, text, paths in sides]
    finally:
        files.remove(temporary)


def _check_second(request: ExportTrainingData, form: SampleFormat) -> None:
    """Refuse a second raster where there is no use for it, and its absence where it is needed."""
    if len(form.sides) > 1 and not request.in_raster2:
        raise ParameterError(
            f"{request.metadata_format} writes two folders, {' and '.join(form.sides)}, and in_raster2 is empty: give "
            f"the images of the other kind"
        )
    if request.in_raster2 and not form.pairs and len(form.sides) == 1:
        others = [name for name, other in sample_formats().items() if other.pairs or len(other.sides) > 1]
        raise ParameterError(
            f"in_raster2 is given and {request.metadata_format} has no second chips: leave it empty, or choose "
            f"{' or '.join(others)}"
        )


def _images(text: str, mode: str, folder: Path, job: Job) -> list[str]:
    """Return the rasters that an input stands for; a mosaic is written to the folder, which is made."""
    if not text:
        return []
    paths = list_rasters(text)
    if mode == PROCESSING_MODES[1]:
        return (parts_of_vrt(paths[0]) if len(paths) == 1 else []) or paths
    if mode != PROCESSING_MODES[0] or len(paths) == 1:
        return paths
    folder.mkdir(parents=True)
    target = folder / f"{os.path.basename(os.path.abspath(text))}.vrt"
    job.message(f"{len(paths)} rasters of {text} are one image, {paths[0]} on top")
    write_mosaic(paths, target, job)
    return [str(target)]


def _words(text: str, paths: list[str]) -> str:
    """Return the images in words."""
    return f"the {len(paths)} rasters of {text}" if len(paths) > 1 else text


def _is_in(folder: Path, path: str) -> bool:
    """Return whether a path lies in a folder."""
    return folder in Path(path).parents
