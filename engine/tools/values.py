"""Values of parameters that are more than a number or a text; plain data that crosses the process border as JSON."""

from __future__ import annotations

from dataclasses import dataclass

Pairs = tuple[tuple[str, str], ...]
"""A value table: names and values as texts, in the order they were given."""

Legend = tuple[tuple[str, str, tuple[int, int, int]], ...]
"""Rows of a categorised legend: value as text, label, colour."""


@dataclass(frozen=True)
class FeatureSource:
    """A layer of features that the engine can open.

    Attributes:
        path: File or database that OGR opens.
        layer: Layer name inside it; empty takes the only or first one.
        where: Filter in OGR's SQL dialect; empty takes all features.
        name: The layer's name as the user knows it; empty takes the layer's own.
        legend: Rows of the layer's categorised legend, if it has one.
    """

    path: str
    layer: str = ""
    where: str = ""
    name: str = ""
    legend: Legend = ()


@dataclass(frozen=True)
class FeatureTarget:
    """Where a layer of features is written.

    Attributes:
        path: File whose suffix chooses the format; GeoPackage when there is none.
        layer: Layer name inside it; empty takes the file's stem.
    """

    path: str
    layer: str = ""


@dataclass(frozen=True)
class Extent:
    """A rectangle that the user asked for.

    Attributes:
        left: Smallest x.
        bottom: Smallest y.
        right: Largest x.
        top: Largest y.
        crs: Authority code or WKT of the coordinates; empty means the raster's own.
    """

    left: float
    bottom: float
    right: float
    top: float
    crs: str = ""
