"""Kinds of parameters that are paths: files and folders to read, files and folders to write."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from ..errors import ParameterError
from .kinds_of_values import Kind


@dataclass(frozen=True)
class Path(Kind):
    """An existing file on this computer, absolute or relative to where it was typed; base of all kinds of paths."""

    def parse(self, name: str, value: Any) -> str:
        """Return the path as text."""
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        return str(super().parse(name, value))

    def describe(self) -> str:
        """Say what it is."""
        return "file"


@dataclass(frozen=True)
class Raster(Path):
    """One raster, or a folder of rasters where ``folder`` allows it."""

    folder: bool = True

    def describe(self) -> str:
        """Say whether a folder will do."""
        return "raster file or folder of rasters" if self.folder else "raster file"


@dataclass(frozen=True)
class Folder(Path):
    """An existing folder."""

    def describe(self) -> str:
        """Say what it is."""
        return "folder"


@dataclass(frozen=True)
class Folders(Kind):
    """One or several existing folders; as text, parted by semicolons."""

    def parse(self, name: str, value: Any) -> tuple[str, ...]:
        """Return the paths."""
        if isinstance(value, str):
            value = value.split(";")
        elif isinstance(value, os.PathLike):
            value = (os.fspath(value),)
        return tuple(str(path).strip() for path in value if str(path).strip())

    def describe(self) -> str:
        """Say what they are."""
        return "folder, or several parted by ;"


@dataclass(frozen=True)
class NewFolder(Path):
    """A folder to write."""

    def describe(self) -> str:
        """Say what it is."""
        return "folder to write"


@dataclass(frozen=True)
class NewFile(Path):
    """A file to write, with the suffix of its format."""

    suffix: str = ""
    filter: str = ""

    def parse(self, name: str, value: Any) -> str:
        """Return the path; a missing suffix is added, another one refused."""
        path = super().parse(name, value)
        if path and not os.path.splitext(path)[1]:
            return path + self.suffix
        if path and not path.lower().endswith(self.suffix):
            raise ParameterError(f"{name} {path} does not end in {self.suffix}: choose a name that does")
        return path

    def describe(self) -> str:
        """Name the suffix."""
        return f"{self.suffix} file to write"


@dataclass(frozen=True)
class NewRaster(Path):
    """A raster to write; GeoTIFF where no suffix is given."""

    suffix: str = ".tif"

    def parse(self, name: str, value: Any) -> str:
        """Return the path; a missing suffix is added."""
        path = super().parse(name, value)
        if "|" in path:
            raise ParameterError(f"{name} is {path}, and QGIS cuts the name of a file at |: leave that sign out")
        return path + self.suffix if path and not os.path.splitext(path)[1] else path

    def describe(self) -> str:
        """Say what it is."""
        return "raster to write (.tif)"


@dataclass(frozen=True)
class ModelPackage(Path):
    """A model: path of an .emd file, a .dlpk package, a folder that holds one, or the JSON text of a definition."""

    task: str = ""

    def describe(self) -> str:
        """Name the forms."""
        return ".emd file, .dlpk package or JSON text"
