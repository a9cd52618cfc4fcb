"""What Classify Objects Using Deep Learning takes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..errors import ParameterError
from . import shared
from .declaration import Derived, Tool, When, param
from .kinds import Arguments, Features, FieldName, ModelPackage, NewFeatures, NewFile, Text
from .object_arguments import ObjectArguments
from .values import Extent, FeatureSource, FeatureTarget, Pairs


@dataclass(frozen=True)
class ClassifyObjects(Tool):
    """Give each feature, or each image, a class with a trained model."""

    name: ClassVar[str] = "classifyobjectsusingdeeplearning"
    title: ClassVar[str] = "Classify Objects Using Deep Learning"
    group: ClassVar[str] = "Inference"
    estimated: ClassVar[bool] = True
    derived: ClassVar[tuple[Derived, ...]] = (Derived("out_run_manifest", "Run manifest (.json)"),)
    example: ClassVar[Mapping[str, str]] = {
        "in_raster": "town.tif",
        "out_feature_class": "roofs_classified.gpkg",
        "in_model_definition": "models/roofs/roofs.dlpk",
        "in_features": "roofs.gpkg",
    }
    about: ClassVar[str] = (
        "Every feature is one object: the model sees a chip around it, of the tile's size or of the object's frame, "
        "blackened outside it or not, as it was trained (CropSizeFixed and BlackenAroundFeature of the definition). "
        "Features keep their geometry, their attributes and their order; the class label, Classvalue and Confidence (0 "
        "to 1) are added. A model with several labels writes them parted by semicolons. Features outside every raster "
        "or where it has no data have no label. Without features each image is one object: georeferenced images become "
        "the polygons of their extents, images without a CRS the rows of a table, attachments of a layer its features. "
        "Results are appended to an output that exists."
    )

    in_raster: FeatureSource = param(
        Features(
            "Input raster",
            "Raster, folder of rasters, several rasters parted by semicolons, or feature layer with image attachments. "
            "Of several rasters each feature is seen in the one that covers it best, the first among equals.",
            rasters=True,
        )
    )
    out_feature_class: FeatureTarget = param(
        NewFeatures(
            "Output classified objects feature class",
            "One feature per object, or for images without a CRS a table; results are appended to one that exists.",
            geometry="any",
        )
    )
    in_model_definition: str = param(ModelPackage("Model definition", "Model to run.", task="object_classification"))
    in_features: FeatureSource | None = param(
        Features("Input features", "Points, lines or polygons, one per object; empty takes each image as one object."),
        None,
    )
    class_label_field: str = param(
        FieldName("Class label field", "Name of the output's field with the class name."), "ClassLabel"
    )
    processing_mode: str = shared.processing_mode(
        "Without features: PROCESS_ITEMS_SEPARATELY takes every part of a virtual raster (.vrt) as an image of its "
        "own. The rasters of a folder are images of their own in either mode."
    )
    model_arguments: Pairs = param(
        Arguments("Model arguments", ObjectArguments.help(), task="object_classification", of="in_model_definition"), ()
    )
    caption_field: str = param(
        Text("Caption", "Field for captions of an image captioning model; models that classify write none."),
        "Caption",
        advanced=True,
    )
    truth_field: str = param(
        FieldName(
            "Truth field",
            "Field of the input features with the true class, by name or value: the result is compared with it.",
            parent="in_features",
        ),
        "",
        advanced=True,
        applies=(When("in_features"),),
    )
    out_report: str = param(
        NewFile(
            "Output accuracy report",
            "Confusion matrix and figures by class, for a truth field; empty writes it beside the output.",
            suffix=".pdf",
            filter="PDF (*.pdf)",
        ),
        "",
        advanced=True,
        applies=(When("truth_field"),),
    )
    precision: str = shared.precision()
    cell_size: str = shared.cell_size(
        auto="the cell size that the model was trained at",
        empty="the model's when it is known, unless it is more than 4 times finer than the raster's; images that are "
        "objects themselves keep their own",
    )
    extent: Extent | None = shared.extent("Only this part of the raster is seen; features outside it have no label.")
    output_crs: str = shared.output_crs()
    processor_type: str = shared.processor_type()
    gpu_id: str = shared.gpu_id()

    @property
    def use_pixelspace(self) -> bool:
        """Whether rows and columns stay as stored; objects are seen in map space."""
        return False

    def check(self) -> None:
        """The output must be none of the inputs, and what belongs to features needs them."""
        output = os.path.normcase(os.path.realpath(self.out_feature_class.path))
        for path in self.in_raster.path.split(";"):
            if os.path.normcase(os.path.realpath(path.strip() or ".")) == output:
                raise ParameterError(f"out_feature_class {self.out_feature_class.path} is in_raster: choose another")
        if self.in_features is not None and _same_layer(self.in_features, self.out_feature_class):
            raise ParameterError(
                f"out_feature_class {self.out_feature_class.path} is in_features: choose another file or layer"
            )
        if self.truth_field and self.in_features is None:
            raise ParameterError(f"truth_field {self.truth_field} is a field of in_features and none are given: "
                                 "give the features or leave it out")  # fmt: skip
        if self.out_report and not self.truth_field:
            raise ParameterError(
                f"out_report {self.out_report} compares with the truth and truth_field is missing: give the field "
                "with the true class or leave the report out"
            )
        if not self.class_label_field.strip():
            raise ParameterError("class_label_field is empty: give the output's field with the label a name")


def _same_layer(source: FeatureSource, target: FeatureTarget) -> bool:
    """Return whether an input layer is the output's."""
    path, _, named = source.path.partition("|layername=")
    if os.path.normcase(os.path.realpath(path)) != os.path.normcase(os.path.realpath(target.path)):
        return False
    stem = os.path.splitext(os.path.basename(target.path))[0]
    return (source.layer or named or stem).casefold() == (target.layer or stem).casefold()
