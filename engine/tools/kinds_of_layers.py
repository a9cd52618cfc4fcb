"""Kinds of parameters that are layers of features or tables, to read and to write, and their fields."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ParameterError
from .kinds_of_values import Kind
from .values import FeatureSource, FeatureTarget


@dataclass(frozen=True)
class Features(Kind):
    """A layer of features, or where ``rasters`` allows it a raster or a folder of rasters instead.

    Attributes:
        geometry: ``polygon``, ``point`` or ``any``.
        rasters: Whether the path may also be that of a raster or of a folder.
        tables: Whether a table without geometry will do as well.
    """

    geometry: str = "any"
    rasters: bool = False
    tables: bool = False

    def parse(self, name: str, value: Any) -> FeatureSource:
        """Return the source; a text may be ``path|layername=name|subset=filter``."""
        if isinstance(value, FeatureSource):
            return value
        if isinstance(value, os.PathLike):
            return FeatureSource(os.fspath(value))
        if isinstance(value, Mapping):
            legend = tuple((str(row[0]), str(row[1]), tuple(row[2])) for row in value.get("legend", ()))
            return FeatureSource(**{**value, "legend": legend})
        if not isinstance(value, str):
            raise ParameterError(f"{name} is {value!r}: give a layer or the path of its file")
        path, *options = value.strip().split("|")
        found = {key.strip().lower(): text for key, _, text in (option.partition("=") for option in options)}
        return FeatureSource(path, layer=found.get("layername", ""), where=_unquoted(found.get("subset", "")))

    def describe(self) -> str:
        """Name the geometry, and what else will do."""
        layer = "feature layer" if self.geometry == "any" else f"{self.geometry} layer"
        return f"{layer}, raster or folder of rasters" if self.rasters else layer


@dataclass(frozen=True)
class NewFeatures(Kind):
    """A layer of features to write; GeoPackage unless the suffix says otherwise."""

    geometry: str = "polygon"
    default_suffix: str = ".gpkg"

    def parse(self, name: str, value: Any) -> FeatureTarget:
        """Return the target; ``ogr:dbname='file' table="layer"`` and ``path|layername=name`` name a layer in a file."""
        if isinstance(value, FeatureTarget):
            target = value
        elif isinstance(value, os.PathLike):
            target = FeatureTarget(os.fspath(value))
        elif isinstance(value, Mapping):
            target = FeatureTarget(**value)
        elif isinstance(value, str) and value.strip():
            target = _target_from_text(value.strip())
        else:
            raise ParameterError(f"{name} is {value!r}: give the path of a file to write")
        if "|" in target.path:
            raise ParameterError(f"{name} is {target.path}, and QGIS cuts the name of a file at |: leave that sign out")
        if not os.path.splitext(target.path)[1]:
            target = FeatureTarget(target.path + self.default_suffix, target.layer)
        return target

    def describe(self) -> str:
        """Say what it is."""
        return "feature layer to write"


@dataclass(frozen=True)
class NewTable(NewFeatures):
    """A table to write: .csv, .dbf, or a layer without geometry in a GeoPackage."""

    geometry: str = "none"

    def describe(self) -> str:
        """Name the formats."""
        return "table to write (.csv, .dbf, .gpkg)"


@dataclass(frozen=True)
class FieldName(Kind):
    """The name of a field of another parameter's layer.

    Attributes:
        parent: The parameter that holds the layer.
        types: Which fields are offered: ``any``, ``number`` or ``text``.
    """

    parent: str = ""
    types: str = "any"

    def describe(self) -> str:
        """Name the layer it belongs to."""
        return f"field of {self.parent}" if self.parent else "field name"


def _target_from_text(text: str) -> FeatureTarget:
    """Read ``ogr:dbname='file' table="layer" (geom)``, ``path|layername=layer`` or a plain path."""
    database = re.fullmatch(r"ogr:dbname='([^']+)'\s+table=\"([^\"]+)\".*", text, flags=re.DOTALL)
    if database:
        return FeatureTarget(database.group(1), database.group(2))
    path, _, option = text.partition("|layername=")
    return FeatureTarget(path, option.split("|")[0])


def _unquoted(text: str) -> str:
    """Take away quotes around a whole filter."""
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' and text.count('"') == 2 and " " in text else text
