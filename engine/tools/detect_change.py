"""What Detect Change Using Deep Learning takes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..errors import ParameterError
from . import pixel_runs, shared
from .arguments import CHANGE_ARGUMENTS, PixelArguments
from .declaration import Derived, param
from .kinds import Arguments, ModelPackage, NewRaster, Raster
from .pixel_runs import PixelRun
from .values import Extent, FeatureSource, FeatureTarget, Pairs


@dataclass(frozen=True)
class DetectChange(PixelRun):
    """Tell what changed between two images with a trained model and write a class raster of any size."""

    name: ClassVar[str] = "detectchangeusingdeeplearning"
    title: ClassVar[str] = "Detect Change Using Deep Learning"
    group: ClassVar[str] = "Inference"
    estimated: ClassVar[bool] = True
    doing: ClassVar[str] = "Detecting change"
    derived: ClassVar[tuple[Derived, ...]] = (Derived("out_run_manifest", "Run manifest (.json)"),)
    example: ClassVar[Mapping[str, str]] = {
        "from_raster": "town_2015.tif",
        "to_raster": "town_2025.tif",
        "in_model_definition": "models/change/change.dlpk",
        "arguments": "padding 32; score_threshold 0.6",
        "out_classified_raster": "change.tif",
    }
    about: ClassVar[str] = (
        "Both rasters are read on the grid of the first, where both are; the second may have another grid, cell size "
        "or reference system and is resampled while it is read (bilinear), nothing is copied. A pixel is valid where "
        "both rasters are. Both need the same bands in the same order, and values on the same scale. All else is as in "
        "Classify Pixels Using Deep Learning: overlapping tiles, memory that does not grow with the raster's height, "
        "a cloud optimised GeoTIFF with colours, class names and an attribute table, and interrupted runs that go on."
    )

    from_raster: str = param(Raster("From raster", "Image of the earlier date; its grid is kept.", folder=False))
    to_raster: str = param(Raster("To raster", "Image of the later date.", folder=False))
    out_classified_raster: str = param(
        NewRaster("Output classified raster", "Class raster of change; 0 where nothing changed.")
    )
    in_model_definition: str = param(ModelPackage("Model definition", "Model to run.", task="change_detection"))
    arguments: Pairs = param(
        Arguments(
            "Arguments", PixelArguments.help(CHANGE_ARGUMENTS), task="change_detection", of="in_model_definition"
        ),
        (),
    )
    out_probability_raster: str = pixel_runs.out_probability_raster()
    out_confidence_raster: str = pixel_runs.out_confidence_raster()
    out_entropy_raster: str = pixel_runs.out_entropy_raster()
    out_polygons: FeatureTarget | None = pixel_runs.out_polygons()
    shard: str = pixel_runs.shard()
    work_folder: str = pixel_runs.work_folder()
    memory_budget: int = pixel_runs.memory_budget()
    precision: str = shared.precision(("auto", "fp32", "bf16", "fp16"))
    cell_size: str = shared.cell_size(
        auto="the cell size that the model was trained at",
        empty="the model's when it is known, unless it is more than 4 times finer than that of the first raster",
    )
    extent: Extent | None = shared.extent()
    mask: FeatureSource | None = shared.mask("Pixels whose centre lies outside these polygons become nodata.")
    snap_raster: str = shared.snap_raster()
    output_crs: str = shared.output_crs()
    processor_type: str = shared.processor_type()
    gpu_id: str = shared.gpu_id()

    def check(self) -> None:
        """Two different rasters, and outputs that are TIFF files and differ from one another and from the inputs."""
        if os.path.normcase(os.path.realpath(self.from_raster)) == os.path.normcase(os.path.realpath(self.to_raster)):
            raise ParameterError(
                f"from_raster and to_raster are both {self.to_raster}: choose two images of different dates"
            )
        self.check_rasters({self.from_raster: "from_raster", self.to_raster: "to_raster"})
        self.check_shard()
