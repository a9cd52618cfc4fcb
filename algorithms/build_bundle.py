"""Toolbox entry of BuildBundle."""

from __future__ import annotations

from dataclasses import replace

from ..engine.tools.build_bundle import BuildBundle
from .base import EngineAlgorithm
from .set_up_engine import qgis_proxy


class BuildBundleAlgorithm(EngineAlgorithm):
    """Goes through the proxy that QGIS's network settings name."""

    tool = BuildBundle

    def _request(self, border):
        """Return the request with QGIS's proxy where none is given."""
        request = super()._request(border)
        return request if request.proxy else replace(request, proxy=qgis_proxy())
