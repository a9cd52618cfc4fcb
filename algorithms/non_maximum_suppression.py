"""Toolbox entry of NonMaximumSuppression."""

from __future__ import annotations

from ..engine.tools.non_maximum_suppression import NonMaximumSuppression
from .base import EngineAlgorithm


class NonMaximumSuppressionAlgorithm(EngineAlgorithm):
    """Nothing beyond the declaration."""

    tool = NonMaximumSuppression
