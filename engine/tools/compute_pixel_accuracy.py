"""What Compute Accuracy For Pixel Classification takes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ..errors import ParameterError
from . import shared
from .declaration import Tool, param
from .kinds import Choice, Features, FieldName, NewFeatures, NewFile, NewTable, Number, Raster
from .values import Extent, FeatureSource, FeatureTarget

SAMPLINGS = ("STRATIFIED_RANDOM", "EQUALIZED_STRATIFIED_RANDOM", "RANDOM")

_POINTS_HELP = (
    "How many pixels, or reference points, are compared. 0 compares every pixel or point. Empty draws 500 pixels where "
    "the reference is a raster or polygons, and takes all points where it is points."
)
_SAMPLING_HELP = (
    "STRATIFIED_RANDOM: from each class of the classified raster by its area, at least 10 from a rare one where the "
    "number allows. EQUALIZED_STRATIFIED_RANDOM: the same number from each class. RANDOM: from all pixels alike. For "
    "reference points that are all taken: how they were once drawn."
)


@dataclass(frozen=True)
class ComputePixelAccuracy(Tool):
    """Compare a class raster with reference points, polygons or a reference raster and write the confusion matrix."""

    name: ClassVar[str] = "computeaccuracyforpixelclassification"
    title: ClassVar[str] = "Compute Accuracy For Pixel Classification"
    group: ClassVar[str] = "Accuracy"
    example: ClassVar[Mapping[str, str]] = {
        "in_raster": "landcover.tif",
        "in_ground_truth_data": "reference_points.gpkg",
        "out_confusion_matrix": "confusion_matrix.csv",
        "class_value_field": "GrndTruth",
        "out_report": "accuracy.pdf",
    }
    about: ClassVar[str] = (
        "Rows of the table are the classified values, columns the ground truth; then follow user's and producer's "
        "accuracy, kappa, IoU and F1. Pixels without a class on either side are left out and counted. A reference "
        "raster on another grid is resampled to that of the classified raster by nearest neighbour; features are "
        "reprojected. For points and for random pixels of a reference raster the table and the report also give the "
        "accuracy of the whole map and the true area of each class, with standard errors, after Olofsson et al. "
        "(2014), because the share of a class in a sample is not its share of the map. Polygons are no random sample "
        "of the map: from them there are no such estimates, and no intervals. Where the map has one class and a "
        "background, such as buildings, polygons of that class are taken as all there are: outside them is background."
    )

    in_raster: str = param(Raster("Input classified raster", "Class raster to be judged.", folder=False))
    in_ground_truth_data: FeatureSource = param(
        Features(
            "Ground truth data",
            "Points or polygons with a class field, or a class raster. Of a feature layer's text field the texts are "
            "matched to the class names of the classified raster. Where polygons overlap the last one counts.",
            rasters=True,
        )
    )
    out_confusion_matrix: FeatureTarget = param(
        NewTable("Output confusion matrix", "Table with one row per class, Total, P_Accuracy and Kappa.")
    )
    class_value_field: str = param(
        FieldName(
            "Class value field",
            "Field of the ground truth with the class: whole numbers are values, texts are names. Empty takes "
            "GrndTruth, Classvalue, Value, Class or Classname, the first there is.",
            parent="in_ground_truth_data",
        ),
        "",
    )
    num_random_points: int | None = param(
        Number("Number of random points", _POINTS_HELP, low=0, high=1_000_000, whole=True), None
    )
    sampling: str = param(Choice("Sampling", _SAMPLING_HELP, choices=SAMPLINGS), SAMPLINGS[0])
    min_point_distance: float = param(
        Number(
            "Minimum distance between points",
            "Points nearer to one taken before are passed over; 0 lets them lie anywhere.",
            low=0.0,
            unit="units of the raster's CRS",
        ),
        0.0,
    )
    out_report: str = param(
        NewFile("Output accuracy report", "Report with tables, matrix and map.", suffix=".pdf", filter="PDF (*.pdf)"),
        "",
    )
    out_points: FeatureTarget | None = param(
        NewFeatures(
            "Output points",
            "The points that were compared, with Classified, GrndTruth, the class names, and whether they agree.",
            geometry="point",
        ),
        None,
    )
    mask_features: FeatureSource | None = param(
        Features("Mask features", "Only pixels whose centre lies in these are compared.", geometry="polygon"), None
    )
    extent: Extent | None = shared.extent("Only this part of the classified raster is compared.")
    seed: int = param(
        Number("Seed", "Seed of the random points.", low=0, high=2**31 - 1, whole=True), 42, advanced=True
    )

    def check(self) -> None:
        """Refuse outputs that would replace each other or an input."""
        outputs = [target for target in (self.out_confusion_matrix, self.out_points) if target is not None]
        places = [(target.path, target.layer or _stem(target.path)) for target in outputs]
        if len(set(places)) < len(places):
            raise ParameterError(f"out_points and out_confusion_matrix are both {places[0][0]}: name another file")
        source = self.in_ground_truth_data
        if (source.path, source.layer or _stem(source.path)) in places:
            raise ParameterError(f"{source.path} is the ground truth and would be replaced: name another output")


def _stem(path: str) -> str:
    """Return the name of a file without its suffix, which is that of its layer when none is named."""
    return os.path.splitext(os.path.basename(path))[0]
