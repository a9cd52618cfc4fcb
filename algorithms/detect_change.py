"""Toolbox entry of DetectChange."""

from __future__ import annotations

from ..engine.tools.detect_change import DetectChange
from .classify_pixels import ClassifyPixelsAlgorithm


class DetectChangeAlgorithm(ClassifyPixelsAlgorithm):
    """Draws the class raster of change with the model's names and colours, probabilities from dark to light."""

    tool = DetectChange
