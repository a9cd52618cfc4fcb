"""Toolbox entry of ConvertTrainingData."""

from __future__ import annotations

from ..engine.tools.convert_training_data import ConvertTrainingData
from .base import EngineAlgorithm


class ConvertTrainingDataAlgorithm(EngineAlgorithm):
    """Nothing beyond the declaration."""

    tool = ConvertTrainingData
