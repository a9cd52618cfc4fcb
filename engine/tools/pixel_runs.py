"""What the tools that give every pixel a class have in common: ``PixelRun``, and parameters declared once."""

from __future__ import annotations

import os
import re
from typing import Any, ClassVar

from ..errors import ParameterError
from .declaration import Tool, param
from .kinds import Folder, NewFeatures, NewRaster, Number, Text
from .values import Extent, FeatureSource, FeatureTarget

RASTER_OUTPUTS = (
    "out_classified_raster",
    "out_probability_raster",
    "out_confidence_raster",
    "out_entropy_raster",
)
"""Parameters that name a raster to write."""

MOST_SHARDS = 9999
"""Parts that a run may have."""

TIFF_SUFFIXES = (".tif", ".tiff")


class PixelRun(Tool):
    """Base of the tools whose run is tiles through a segmentation network; each declares these parameters itself.

    Attributes:
        doing: What the progress says.
    """

    doing: ClassVar[str] = "Classifying pixels"
    out_classified_raster: str
    out_probability_raster: str
    out_confidence_raster: str
    out_entropy_raster: str
    out_polygons: FeatureTarget | None
    shard: str
    work_folder: str
    memory_budget: int
    precision: str
    cell_size: str
    extent: Extent | None
    mask: FeatureSource | None
    snap_raster: str
    output_crs: str
    processor_type: str
    gpu_id: str
    use_pixelspace: bool = False

    @property
    def shard_numbers(self) -> tuple[int, int]:
        """Which part of how many is computed, counted from 0; (0, 1) for all."""
        found = re.fullmatch(r"\s*(\d+)\s*/\s*(\d+)\s*", self.shard)
        return (int(found.group(1)) - 1, int(found.group(2))) if found else (0, 1)

    def check_shard(self) -> None:
        """Refuse a shard that is none.

        Raises:
            ParameterError: It is not written as a part and a number of parts, or there are too many.
        """
        if not self.shard:
            return
        number, count = self.shard_numbers
        if not re.fullmatch(r"\s*\d+\s*/\s*\d+\s*", self.shard) or not 0 <= number < count:
            raise ParameterError(f"shard is {self.shard}: write the part and how many there are, such as 1/4")
        if count > MOST_SHARDS:
            raise ParameterError(f"shard is {self.shard}: a raster has at most {MOST_SHARDS} parts, use fewer")

    def check_rasters(self, inputs: dict[str, str]) -> None:
        """Refuse outputs that are no TIFF files, one another, or an input.

        Args:
            inputs: Path of each input to the parameter that names it.

        Raises:
            ParameterError: An output cannot be written there.
        """
        taken = {os.path.normcase(os.path.realpath(path)): name for path, name in inputs.items() if path}
        for name in RASTER_OUTPUTS:
            path = getattr(self, name)
            if not path:
                continue
            if not path.lower().endswith(TIFF_SUFFIXES):
                raise ParameterError(f"{name} {path} is written as a TIFF file: choose a name that ends in .tif")
            other = taken.setdefault(os.path.normcase(os.path.realpath(path)), name)
            if other != name:
                raise ParameterError(f"{name} {path} is also {other}: choose another file")


def out_probability_raster() -> Any:
    """Raster of probabilities."""
    text = "Probability of every class, 0 to 1, one band each."
    return param(NewRaster("Output probability raster", text), "", advanced=True)


def out_confidence_raster() -> Any:
    """Raster of the highest probability."""
    return param(NewRaster("Output confidence raster", "Highest probability, 0 to 1."), "", advanced=True)


def out_entropy_raster() -> Any:
    """Raster of doubt."""
    text = "Doubt between the classes: 0 is sure, 1 is none surer than another."
    return param(NewRaster("Output entropy raster", text), "", advanced=True)


def out_polygons() -> Any:
    """Polygons of the class raster."""
    text = "One polygon per connected area of a class, along the pixels' edges."
    return param(NewFeatures("Output polygons", text), None, advanced=True)


def shard() -> Any:
    """Part of a run."""
    text = (
        "Part of the rows that this run computes, such as 1/4 to 4/4 in four runs with one work folder; the last "
        "to end writes the output. Empty computes all that is left."
    )
    return param(Text("Shard", text), "", advanced=True)


def work_folder() -> Any:
    """Where unfinished work lies."""
    text = "Where finished rows wait for the rest; empty is a hidden folder beside the output."
    return param(Folder("Work folder", text), "", advanced=True)


def memory_budget() -> Any:
    """Memory for what one row hands to the next."""
    text = "Memory for the scores that one row of tiles hands to the next; more of them go to disk."
    kind = Number("Memory budget", text, low=1, high=1_000_000, whole=True, unit="MB")
    return param(kind, 512, advanced=True)
