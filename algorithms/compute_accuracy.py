"""Toolbox entry of ComputeAccuracy."""

from __future__ import annotations

from ..engine.tools.compute_accuracy import ComputeAccuracy
from .base import EngineAlgorithm
from .styling import FALSE_ALARM, HIT, MISSED, colour_all

COLOURS = {"out_true_positives": HIT, "out_false_positives": FALSE_ALARM, "out_false_negatives": MISSED}


class ComputeAccuracyAlgorithm(EngineAlgorithm):
    """Draws hits, false alarms and misses in colours of their own."""

    tool = ComputeAccuracy

    def dress(self, outputs, feedback):
        """Colour the optional layers."""
        for name, colour in COLOURS.items():
            if outputs.get(name):
                colour_all(outputs[name], colour, faint=colour == FALSE_ALARM)
