"""Toolbox entry of ExportTrainingData."""

from __future__ import annotations

from ..engine.tools.export_training_data import ExportTrainingData
from .base import EngineAlgorithm


class ExportTrainingDataAlgorithm(EngineAlgorithm):
    """Nothing beyond the declaration."""

    tool = ExportTrainingData
