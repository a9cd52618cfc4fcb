"""Toolbox entry of TrainModel."""

from __future__ import annotations

from ..engine.tools.train_model import TrainModel
from .base import EngineAlgorithm


class TrainModelAlgorithm(EngineAlgorithm):
    """Nothing beyond the declaration."""

    tool = TrainModel
