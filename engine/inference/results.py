"""What every kind of input has in common when results are written: what was written, and what is finished already."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import ParameterError
from ..tools.classify_pixels import ClassifyPixels
from ..tools.pixel_runs import RASTER_OUTPUTS
from .image_inputs import ATTACHMENTS
from .pixel_work import DONE, PixelWork


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


class Finished:
    """The list of finished images in a work folder, with the key of each."""

    def __init__(self, place: Path) -> None:
        """Read what an earlier run wrote down."""
        self._place = place
        try:
            self._keys: dict[str, str] = dict(json.loads((place / DONE).read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            self._keys = {}

    def is_done(self, name: str, key: str, result: Path) -> bool:
        """Return whether an image was finished with this key and its result is still there."""
        return self._keys.get(name) == key and result.exists()

    def add(self, name: str, key: str, folder: str = "") -> None:
        """Write an image down and remove its work."""
        self._keys[name] = key
        fresh = self._place / f"{DONE}.new"
        fresh.write_text(json.dumps(self._keys), encoding="utf-8")
        os.replace(fresh, self._place / DONE)
        shutil.rmtree(self._place / (folder or name), ignore_errors=True)


def only_one_product(work: PixelWork[ClassifyPixels], what: str) -> None:
    """Refuse outputs that several images cannot share."""
    for name in RASTER_OUTPUTS[1:]:
        if getattr(work.request, name):
            raise ParameterError(f"{name} holds one raster and cannot be had from {what}: leave it out")
    if work.request.shard:
        raise ParameterError(f"shard parts one raster and cannot be used with {what}: leave it out")
    if what != ATTACHMENTS and work.request.overwrite_attachments:
        raise ParameterError("overwrite_attachments is for a layer with image attachments and in_raster is none")
