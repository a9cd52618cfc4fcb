"""The QGIS face of every tool, in toolbox order."""

from __future__ import annotations

from .build_bundle import BuildBundleAlgorithm
from .classify_objects import ClassifyObjectsAlgorithm
from .classify_pixels import ClassifyPixelsAlgorithm
from .compare_detections import CompareDetectionsAlgorithm
from .compute_accuracy import ComputeAccuracyAlgorithm
from .compute_pixel_accuracy import ComputePixelAccuracyAlgorithm
from .convert_training_data import ConvertTrainingDataAlgorithm
from .detect_change import DetectChangeAlgorithm
from .detect_objects import DetectObjectsAlgorithm
from .diagnose_engine import DiagnoseEngineAlgorithm
from .export_training_data import ExportTrainingDataAlgorithm
from .inspect_training_data import InspectTrainingDataAlgorithm
from .non_maximum_suppression import NonMaximumSuppressionAlgorithm
from .segment_image import SegmentImageAlgorithm
from .set_up_engine import SetUpEngineAlgorithm
from .train_model import TrainModelAlgorithm

ALGORITHMS = (
    SetUpEngineAlgorithm,
    DiagnoseEngineAlgorithm,
    BuildBundleAlgorithm,
    SegmentImageAlgorithm,
    ExportTrainingDataAlgorithm,
    ConvertTrainingDataAlgorithm,
    InspectTrainingDataAlgorithm,
    TrainModelAlgorithm,
    DetectObjectsAlgorithm,
    ClassifyPixelsAlgorithm,
    ClassifyObjectsAlgorithm,
    DetectChangeAlgorithm,
    NonMaximumSuppressionAlgorithm,
    CompareDetectionsAlgorithm,
    ComputeAccuracyAlgorithm,
    ComputePixelAccuracyAlgorithm,
)
