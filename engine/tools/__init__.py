"""Every tool, in toolbox order; declaration, pipeline and QGIS class share a file name."""

from __future__ import annotations

from .build_bundle import BuildBundle
from .classify_objects import ClassifyObjects
from .classify_pixels import ClassifyPixels
from .compare_detections import CompareDetections
from .compute_accuracy import ComputeAccuracy
from .compute_pixel_accuracy import ComputePixelAccuracy
from .convert_training_data import ConvertTrainingData
from .declaration import Tool
from .detect_change import DetectChange
from .detect_objects import DetectObjects
from .diagnose_engine import DiagnoseEngine
from .export_training_data import ExportTrainingData
from .inspect_training_data import InspectTrainingData
from .non_maximum_suppression import NonMaximumSuppression
from .segment_image import SegmentImage
from .set_up_engine import SetUpEngine
from .train_model import TrainModel

TOOLS: dict[str, type[Tool]] = {
    "set_up_engine": SetUpEngine,
    "diagnose_engine": DiagnoseEngine,
    "build_bundle": BuildBundle,
    "segment_image": SegmentImage,
    "export_training_data": ExportTrainingData,
    "convert_training_data": ConvertTrainingData,
    "inspect_training_data": InspectTrainingData,
    "train_model": TrainModel,
    "detect_objects": DetectObjects,
    "classify_pixels": ClassifyPixels,
    "classify_objects": ClassifyObjects,
    "detect_change": DetectChange,
    "non_maximum_suppression": NonMaximumSuppression,
    "compare_detections": CompareDetections,
    "compute_accuracy": ComputeAccuracy,
    "compute_pixel_accuracy": ComputePixelAccuracy,
}
"""File name of a tool -> its declaration."""
