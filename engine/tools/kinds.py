"""The kinds of parameters a tool can declare.

A kind knows what its values are, which are allowed, and how one is read from text, from JSON and from the plain values
of QGIS. It knows nothing of QGIS: ``algorithms/parameters.py`` is the only file that knows both sides. The kinds lie in
``kinds_of_values.py`` (texts, words, numbers, value tables), ``kinds_of_paths.py`` (files and folders),
``kinds_of_layers.py`` (features, tables, fields) and ``kinds_of_ground.py`` (extent, cell size, reference system); all
others import them from here.
"""

from __future__ import annotations

from .kinds_of_ground import CellSize, Crs, ExtentKind
from .kinds_of_layers import Features, FieldName, NewFeatures, NewTable
from .kinds_of_paths import Folder, Folders, ModelPackage, NewFile, NewFolder, NewRaster, Path, Raster
from .kinds_of_values import Arguments, Choice, Cores, Flag, Kind, LearningRate, Names, Number, Text

__all__ = [
    "Arguments",
    "CellSize",
    "Choice",
    "Cores",
    "Crs",
    "ExtentKind",
    "Features",
    "FieldName",
    "Flag",
    "Folder",
    "Folders",
    "Kind",
    "LearningRate",
    "ModelPackage",
    "Names",
    "NewFeatures",
    "NewFile",
    "NewFolder",
    "NewRaster",
    "NewTable",
    "Number",
    "Path",
    "Raster",
    "Text",
]
