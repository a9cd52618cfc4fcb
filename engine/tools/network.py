"""Parameters of the tools that fetch packages: which index, through what, how patiently."""

from __future__ import annotations

from typing import Any

from .declaration import param
from .kinds import Number, Path, Text


def index_url() -> Any:
    """Package index."""
    return param(Text("Package index", "A mirror of the package index; empty takes the usual one."), "", advanced=True)


def proxy() -> Any:
    """Proxy."""
    text = "http://host:port, with user:password@ before the host where it asks; empty takes QGIS's or the system's."
    return param(Text("Proxy", text), "", advanced=True)


def certificates() -> Any:
    """Certificate authorities to trust beside the usual ones."""
    text = "File (.pem) of further authorities to trust, where a company opens TLS lines."
    return param(Path("Certificates", text), "", advanced=True)


def stall_seconds() -> Any:
    """Guard against a dead line; a slow one that moves is never given up."""
    text = "Seconds without a byte after which the line is given up."
    return param(Number("Patience", text, low=5.0, unit="seconds"), 120.0, advanced=True)
