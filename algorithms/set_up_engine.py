"""Toolbox entry of SetUpEngine."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote

from qgis.core import QgsSettings

from ..engine.tools.set_up_engine import SetUpEngine
from ..provider import settings
from .base import EngineAlgorithm

_SCHEMES = {"HttpProxy": "http", "HttpCachingProxy": "http", "Socks5Proxy": "socks5"}


class SetUpEngineAlgorithm(EngineAlgorithm):
    """Goes through the proxy that QGIS's network settings name; an engine in another place becomes a setting."""

    tool = SetUpEngine

    def dress(self, outputs, feedback):
        """Remember an engine that is not where the plugin looks by itself, and forget an earlier choice otherwise."""
        elsewhere = self.request.engine_folder or self.request.existing
        settings.set_interpreter(outputs["out_python"] if elsewhere else "")

    def _request(self, border):
        """Return the request with QGIS's proxy where none is given."""
        request = super()._request(border)
        return request if request.proxy else replace(request, proxy=qgis_proxy())


def qgis_proxy() -> str:
    """Return the address of QGIS's proxy with user and password; empty without one."""
    settings = QgsSettings()
    scheme = _SCHEMES.get(str(settings.value("proxy/proxyType", "")))
    host = str(settings.value("proxy/proxyHost", "") or "")
    if str(settings.value("proxy/proxyEnabled", "false")).lower() != "true" or scheme is None or not host:
        return ""
    port = str(settings.value("proxy/proxyPort", "") or "")
    user, password = (str(settings.value(f"proxy/proxy{part}", "") or "") for part in ("User", "Password"))
    known = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    return f"{scheme}://{known}{host}{':' + port if port else ''}"
