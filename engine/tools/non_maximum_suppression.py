"""What Non Maximum Suppression takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..errors import ParameterError
from . import shared
from .declaration import Tool, param
from .kinds import Features, FieldName, NewFeatures, Number
from .values import Extent, FeatureSource, FeatureTarget


@dataclass(frozen=True)
class NonMaximumSuppression(Tool):
    """Remove duplicate objects: of two that overlap, keep the one with the higher confidence."""

    name: ClassVar[str] = "nonmaximumsuppression"
    title: ClassVar[str] = "Non Maximum Suppression"
    group: ClassVar[str] = "Inference"
    example: ClassVar[Mapping[str, str]] = {
        "in_featureclass": "found.gpkg",
        "confidence_score_field": "Confidence",
        "out_featureclass": "unique.gpkg",
        "max_overlap_ratio": "0.3",
    }
    about: ClassVar[str] = (
        "Features are taken by falling confidence; one whose overlap with a kept feature of its class is "
        "larger than the ratio is dropped. The overlap is the area of the intersection divided by that of the "
        "union of the real polygons. With the ratio 0 any shared area counts, a shared border does not. All "
        "fields are kept."
    )

    in_featureclass: FeatureSource = param(
        Features("Input feature class", "Polygons that may overlap.", geometry="polygon")
    )
    confidence_score_field: str = param(
        FieldName("Confidence score field", "Numbers; the higher wins.", parent="in_featureclass", types="number")
    )
    out_featureclass: FeatureTarget = param(NewFeatures("Output feature class", "The features that were kept."))
    class_value_field: str = param(
        FieldName(
            "Class value field",
            "Only features of one class suppress each other. Empty takes Classvalue, then Value, else one class.",
            parent="in_featureclass",
        ),
        "",
    )
    max_overlap_ratio: float = param(
        Number("Max overlap ratio", "IoU that two kept features may share.", low=0.0, high=1.0), 0.0
    )
    extent: Extent | None = shared.extent("Only features that touch it are read.")
    output_crs: str = shared.output_crs()

    def check(self) -> None:
        """The output must not be the input."""
        source, target = self.in_featureclass, self.out_featureclass
        if source.path == target.path and target.layer in ("", source.layer):
            raise ParameterError(
                f"out_featureclass {target.path} is the input layer: choose another file or layer name"
            )
