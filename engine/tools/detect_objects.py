"""What Detect Objects Using Deep Learning takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..errors import ParameterError
from . import shared
from .arguments import DETECT_OBJECTS, DetectionArguments
from .declaration import Tool, When, param
from .kinds import Arguments, Features, FieldName, Flag, ModelPackage, Names, NewFeatures, Number, Raster
from .values import Extent, FeatureSource, FeatureTarget, Pairs

SECOND_PASS = (When("run_nms", (True,)),)


@dataclass(frozen=True)
class DetectObjects(Tool):
    """Find objects in imagery with a trained model and write one feature per object."""

    name: ClassVar[str] = "detectobjectsusingdeeplearning"
    title: ClassVar[str] = "Detect Objects Using Deep Learning"
    group: ClassVar[str] = "Inference"
    estimated: ClassVar[bool] = True
    example: ClassVar[Mapping[str, str]] = {
        "in_raster": "desert.tif",
        "out_detected_objects": "found.gpkg",
        "in_model_definition": "models/pads/pads.dlpk",
        "arguments": "padding 64; threshold 0.4",
    }
    about: ClassVar[str] = (
        "The raster is read in overlapping tiles, whatever its size; an object cut by tile edges is written "
        "once. A model that draws masks gives the outline of each object with its holes, any other its frame. Fields: "
        "Class (name), Classvalue, Confidence (0 to 1). Without any object the layer is empty."
    )

    in_raster: str = param(Raster("Input raster", "Raster, or folder of rasters that are processed one by one."))
    out_detected_objects: FeatureTarget = param(NewFeatures("Output detected objects", "One polygon per object."))
    in_model_definition: str = param(ModelPackage("Model definition", "Model to run.", task="object_detection"))
    arguments: Pairs = param(
        Arguments("Arguments", DetectionArguments.help(), task=DETECT_OBJECTS, of="in_model_definition"),
        (),
    )
    run_nms: bool = param(
        Flag(
            "Non Maximum Suppression",
            "Second pass over the result that removes objects overlapping a surer one by more than Max overlap ratio.",
            on="NMS",
            off="NO_NMS",
        ),
        False,
    )
    confidence_score_field: str = param(
        FieldName("Confidence score field", "Name of the output's field with the confidence."),
        "Confidence",
        advanced=True,
        applies=SECOND_PASS,
    )
    class_value_field: str = param(
        FieldName("Class value field", "Name of the output's field with the class name."),
        "Class",
        advanced=True,
        applies=SECOND_PASS,
    )
    max_overlap_ratio: float = param(
        Number("Max overlap ratio", "IoU that two objects of the second pass may share.", low=0.0, high=1.0),
        0.0,
        applies=SECOND_PASS,
    )
    processing_mode: str = shared.processing_mode()
    use_pixelspace: bool = param(
        Flag(
            "Use pixel space",
            "Work in rows and columns as they are stored, without turning a rotated raster north.",
            on="PIXELSPACE",
            off="NO_PIXELSPACE",
        ),
        False,
        advanced=True,
    )
    in_objects_of_interest: tuple[str, ...] = param(
        Names(
            "Objects of interest",
            "Classes to write, by name or value; empty writes all.",
            of="in_model_definition",
        ),
        (),
    )
    precision: str = shared.precision()
    cell_size: str = shared.cell_size(
        auto="the cell size that the model was trained at",
        empty="the model's when it is known, unless it is more than 4 times finer than the raster's",
    )
    extent: Extent | None = shared.extent()
    mask: FeatureSource | None = param(
        Features("Mask", "Only objects whose centre lies in these polygons are written.", geometry="polygon"),
        None,
        advanced=True,
    )
    output_crs: str = shared.output_crs()
    processor_type: str = shared.processor_type()
    gpu_id: str = shared.gpu_id()

    def check(self) -> None:
        """The output must not be the input, and the second pass needs the confidence."""
        if self.out_detected_objects.path == self.in_raster:
            raise ParameterError(f"out_detected_objects {self.in_raster} is the input raster: choose another file")
