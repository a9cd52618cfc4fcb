"""What Classify Pixels Using Deep Learning takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..errors import ParameterError
from . import pixel_runs, shared
from .arguments import PixelArguments
from .declaration import Derived, When, param
from .kinds import Arguments, Features, Flag, ModelPackage, NewFeatures, NewFolder, NewRaster
from .pixel_runs import PixelRun
from .values import Extent, FeatureSource, FeatureTarget, Pairs


@dataclass(frozen=True)
class ClassifyPixels(PixelRun):
    """Give every pixel of an image a class with a trained model and write a class raster of any size."""

    name: ClassVar[str] = "classifypixelsusingdeeplearning"
    title: ClassVar[str] = "Classify Pixels Using Deep Learning"
    group: ClassVar[str] = "Inference"
    estimated: ClassVar[bool] = True
    derived: ClassVar[tuple[Derived, ...]] = (Derived("out_run_manifest", "Run manifest (.json)"),)
    example: ClassVar[Mapping[str, str]] = {
        "in_raster": "valley.tif",
        "in_model_definition": "models/landcover/landcover.dlpk",
        "arguments": "padding 64; batch_size 4",
        "out_classified_raster": "landcover.tif",
    }
    about: ClassVar[str] = (
        "The raster is read in overlapping tiles whose scores are blended, so no seam shows and memory does not grow "
        "with its height. The result is a cloud optimised GeoTIFF with colours, class names and an attribute table. An "
        "interrupted run goes on when the same request is run again: finished rows wait in the work folder. A feature "
        "layer stands for its image attachments: a text field with paths of images (absolute, or relative to the "
        "layer's file), or, in a GeoPackage, a related table with a blob column (the related tables extension, a "
        "foreign key, or a column such as REL_OBJECTID or feature_id), or a blob column of the layer itself."
    )

    in_raster: FeatureSource = param(
        Features(
            "Input raster",
            "Raster, folder of rasters, several rasters parted by semicolons, or feature layer with image attachments.",
            rasters=True,
        )
    )
    in_model_definition: str = param(ModelPackage("Model definition", "Model to run.", task="pixel_classification"))
    arguments: Pairs = param(
        Arguments("Arguments", PixelArguments.help(), task="pixel_classification", of="in_model_definition"), ()
    )
    processing_mode: str = shared.processing_mode(
        "PROCESS_AS_MOSAICKED_IMAGE makes one seamless image of several rasters, the first on top; "
        "PROCESS_ITEMS_SEPARATELY writes each into the output folder."
    )
    out_classified_raster: str = param(
        NewRaster("Output classified raster", "Class raster; not used with an output folder or output features."), ""
    )
    out_classified_folder: str = param(
        NewFolder(
            "Output folder",
            "For rasters that are processed separately: one class raster each, and a virtual raster (.vrt) over all.",
        ),
        "",
    )
    out_featureclass: FeatureTarget | None = param(
        NewFeatures(
            "Output features",
            "For a layer with attachments: a copy of its features whose field Classified holds the path of the class "
            "image; an existing layer is appended to.",
            geometry="any",
        ),
        None,
        applies=(When("overwrite_attachments", given=False),),
    )
    overwrite_attachments: bool = param(
        Flag(
            "Overwrite attachments",
            "The images of the input layer are replaced by their class images, all or none; output features are not "
            "written.",
            on="OVERWRITE",
            off="NO_OVERWRITE",
        ),
        False,
    )
    use_pixelspace: bool = shared.use_pixelspace(
        "Classify rows and columns as they are stored, without turning a rotated raster north; the result lies where "
        "the raster lies."
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
        empty="the model's when it is known, unless it is more than 4 times finer than the raster's",
    )
    extent: Extent | None = shared.extent()
    mask: FeatureSource | None = shared.mask("Pixels whose centre lies outside these polygons become nodata.")
    snap_raster: str = shared.snap_raster()
    output_crs: str = shared.output_crs()
    processor_type: str = shared.processor_type()
    gpu_id: str = shared.gpu_id()

    def check(self) -> None:
        """Outputs must be there, be TIFF files, and differ from one another and from the input."""
        self._check_outputs()
        self.check_rasters({path: "in_raster" for path in self.in_raster.path.split(";")})
        self.check_shard()
        if self.use_pixelspace and self.snap_raster:
            raise ParameterError("snap_raster moves the cells and use_pixelspace keeps them: leave one of them out")

    def _check_outputs(self) -> None:
        """Refuse a request without a result."""
        somewhere = (self.out_classified_raster, self.out_classified_folder, self.out_featureclass)
        if not any(somewhere) and not self.overwrite_attachments:
            raise ParameterError(
                "out_classified_raster is missing: give it, or out_classified_folder for rasters that are processed "
                "separately, or out_featureclass for a layer with attachments"
            )
        if self.processing_mode == shared.PROCESSING_MODES[1] and not self.out_classified_folder:
            raise ParameterError(
                "processing_mode is PROCESS_ITEMS_SEPARATELY and out_classified_folder is missing: give the folder"
            )
