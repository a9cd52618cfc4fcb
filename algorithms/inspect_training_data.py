"""Toolbox entry of InspectTrainingData."""

from __future__ import annotations

from ..engine.tools.inspect_training_data import InspectTrainingData
from .base import EngineAlgorithm


class InspectTrainingDataAlgorithm(EngineAlgorithm):
    """Nothing beyond the declaration."""

    tool = InspectTrainingData
