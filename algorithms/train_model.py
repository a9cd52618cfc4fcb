"""Toolbox entry of TrainModel."""

from __future__ import annotations

import qgis.utils

from ..engine.tools.train_model import TrainModel
from .base import EngineAlgorithm


class TrainModelAlgorithm(EngineAlgorithm):
    """Says, where there is a window, in which pane the training can be watched."""

    tool = TrainModel

    def prepareAlgorithm(self, parameters, context, feedback):
        """Name the pane that draws the losses."""
        if qgis.utils.iface is not None:
            feedback.pushInfo("Losses are drawn while this goes on: Plugins, Imagery Deep Learning, Runs")
        return super().prepareAlgorithm(parameters, context, feedback)
