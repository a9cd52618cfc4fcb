"""Kinds of parameters that say where on the ground, how fine and in which reference system."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ParameterError
from .kinds_of_values import Kind, Number
from .values import Extent

AUTO = "auto"


@dataclass(frozen=True)
class CellSize(Kind):
    """A cell size in units of the raster's CRS, or the word ``auto``; empty keeps the tool's default."""

    def parse(self, name: str, value: Any) -> str:
        """Return the text of a positive number, or ``auto``."""
        text = str(value).strip().lower()
        if text in ("", AUTO):
            return text
        return f"{Number(self.label, low=0.0, above=True).parse(name, text):.17g}"

    def describe(self) -> str:
        """Name the forms."""
        return "a number above 0 (units of the raster's CRS) or auto"


@dataclass(frozen=True)
class ExtentKind(Kind):
    """A rectangle: ``xmin,xmax,ymin,ymax [EPSG:code]``."""

    def parse(self, name: str, value: Any) -> Extent:
        """Return the extent; the text form is QGIS's."""
        if isinstance(value, Extent):
            extent = value
        elif isinstance(value, Mapping):
            extent = Extent(**value)
        else:
            found = re.fullmatch(r"\s*([^\[\]]+?)\s*(?:\[(.*)\])?\s*", str(value))
            numbers = found.group(1).split(",") if found else []
            try:
                left, right, bottom, top = (float(number) for number in numbers)
            except ValueError:
                raise ParameterError(f"{name} is '{value}': write xmin,xmax,ymin,ymax [EPSG:code]") from None
            extent = Extent(left, bottom, right, top, (found.group(2) or "").strip() if found else "")
        if not (extent.left < extent.right and extent.bottom < extent.top):
            raise ParameterError(f"{name} is '{value}': xmin must be below xmax and ymin below ymax")
        return extent

    def describe(self) -> str:
        """Show the form."""
        return "xmin,xmax,ymin,ymax [EPSG:code]"


@dataclass(frozen=True)
class Crs(Kind):
    """A coordinate reference system: authority code or WKT."""

    def describe(self) -> str:
        """Show the form."""
        return "CRS, such as EPSG:32633"
