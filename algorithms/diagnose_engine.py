"""Toolbox entry of DiagnoseEngine."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from qgis.core import Qgis
from qgis.PyQt.QtCore import QT_VERSION_STR

from ..engine.tools.diagnose_engine import DiagnoseEngine
from ..provider.engine_environment import EngineMissing, find_interpreter
from .base import EngineAlgorithm


class DiagnoseEngineAlgorithm(EngineAlgorithm):
    """Says which QGIS asks, and which Python its settings name."""

    tool = DiagnoseEngine

    def _request(self, border):
        """Return the request with what only QGIS knows."""
        request = super()._request(border)
        python = request.python
        if not python:
            with contextlib.suppress(EngineMissing):
                python = find_interpreter()
        host = request.host or f"QGIS {Qgis.QGIS_VERSION}, Qt {QT_VERSION_STR}"
        return replace(request, python=python, host=host)
