"""The kinds of parameters a tool can declare.

A kind knows what its values are, which are allowed, and how one is read from text, from JSON and from the plain values
of QGIS. It knows nothing of QGIS: ``algorithms/parameters.py`` is the only file that knows both sides. ``parse`` takes
the parameter's name, for the message, and a raw value, and raises ``ParameterError``.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ParameterError
from .pairs import pairs_from_items, pairs_from_text
from .values import Extent, FeatureSource, FeatureTarget, Pairs

TRUE_WORDS = ("true", "1", "yes")
FALSE_WORDS = ("false", "0", "no")
AUTO = "auto"


@dataclass(frozen=True)
class Kind:
    """A text.

    Attributes:
        label: Label in dialogs, ArcGIS's own where it has one.
        help: What the parameter does, in a sentence or two.
    """

    label: str
    help: str = ""

    def parse(self, name: str, value: Any) -> Any:
        """Return the raw value in its own type, or raise ``ParameterError``."""
        if not isinstance(value, str):
            raise ParameterError(f"{name} is {value!r}: give a text")
        return value.strip()

    def describe(self) -> str:
        """Return type and range in words, for help and documents."""
        return "text"


@dataclass(frozen=True)
class Text(Kind):
    """A text without rules of its own."""


@dataclass(frozen=True)
class Path(Kind):
    """A file or folder on this computer, absolute or relative to where it was typed."""

    def parse(self, name: str, value: Any) -> str:
        """Return the path as text."""
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        return str(super().parse(name, value))


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


@dataclass(frozen=True)
class Number(Kind):
    """A number within a range, both ends allowed unless ``above`` is set.

    Attributes:
        low: Smallest value; with ``above`` the value must be larger.
        high: Largest value.
        whole: Only whole numbers.
        unit: Unit of the value, for the documents.
    """

    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    above: bool = False
    unit: str = ""

    def parse(self, name: str, value: Any) -> float:
        """Return a float, or an int where only whole numbers are allowed."""
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if isinstance(value, bool) or not math.isfinite(number) or (self.whole and number != int(number)):
            raise ParameterError(f"{name} is {value!r}: give {self.describe()}")
        if number < self.low or number > self.high or (self.above and number <= self.low):
            raise ParameterError(f"{name} is {value}: give {self.describe()}")
        return int(number) if self.whole else number

    def describe(self) -> str:
        """Return type, range and unit."""
        noun = "a whole number" if self.whole else "a number"
        if math.isfinite(self.low) and math.isfinite(self.high):
            span = f" from {self.low:g} to {self.high:g}"
        elif math.isfinite(self.low):
            span = f" above {self.low:g}" if self.above else f" of at least {self.low:g}"
        else:
            span = ""
        return noun + span + (f" ({self.unit})" if self.unit else "")


@dataclass(frozen=True)
class Flag(Kind):
    """Yes or no: true, false, or ArcGIS's two words.

    Attributes:
        on: ArcGIS's word for true.
        off: ArcGIS's word for false.
    """

    on: str = ""
    off: str = ""

    def parse(self, name: str, value: Any) -> bool:
        """Return the truth value; a word that is none of the four is refused."""
        word = str(value).strip().lower()
        if word in (*TRUE_WORDS, self.on.lower()) and word:
            return True
        if word in (*FALSE_WORDS, self.off.lower()) and word:
            return False
        raise ParameterError(f"{name} is {value!r}: give {self.describe()}")

    def describe(self) -> str:
        """Name the allowed words."""
        return f"true or false ({self.on} or {self.off})" if self.on else "true or false"


@dataclass(frozen=True)
class Choice(Kind):
    """One of fixed words, in any case.

    Attributes:
        choices: The words as they are written.
        prefix: A prefix behind which any text is allowed, such as ``timm:``.
    """

    choices: tuple[str, ...] = ()
    prefix: str = ""

    def parse(self, name: str, value: Any) -> str:
        """Return the word as the declaration writes it."""
        word = str(value).strip()
        if self.prefix and word.lower().startswith(self.prefix) and len(word) > len(self.prefix):
            return self.prefix + word[len(self.prefix) :]
        for choice in self.choices:
            if word.lower() == choice.lower():
                return choice
        raise ParameterError(f"{name} is '{word}': choose one of {self.describe()}")

    def describe(self) -> str:
        """List the words."""
        words = ", ".join(choice or "(empty)" for choice in self.choices)
        return f"{words} or {self.prefix}<name>" if self.prefix else words


@dataclass(frozen=True)
class Arguments(Kind):
    """A value table: ``padding 64; batch_size 4``. Which names are allowed depends on the model or architecture."""

    task: str = ""

    def parse(self, name: str, value: Any) -> Pairs:
        """Return names and values as texts."""
        if isinstance(value, str):
            return pairs_from_text(name, value)
        if isinstance(value, Mapping):
            return pairs_from_items(name, value.items())
        return pairs_from_items(name, value)

    def describe(self) -> str:
        """Show the form."""
        return "value table, such as padding 64; batch_size 4"


@dataclass(frozen=True)
class Names(Kind):
    """A list of names, as text parted by semicolons."""

    def parse(self, name: str, value: Any) -> tuple[str, ...]:
        """Return the names."""
        parts = value.split(";") if isinstance(value, str) else value
        return tuple(str(part).strip().strip("'\"") for part in parts if str(part).strip())

    def describe(self) -> str:
        """Show the form."""
        return "names, parted by ;"


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
class Cores(Kind):
    """A number of processor cores, or a percentage of those of this computer; empty is one core."""

    def parse(self, name: str, value: Any) -> str:
        """Return the text of a whole number from 0 to 256, or of a percentage from 1 to 100."""
        text = str(value).strip()
        number = text[:-1].strip() if text.endswith("%") else text
        low, high = (1, 100) if text.endswith("%") else (0, 256)
        if text and not (number.isascii() and number.isdigit() and low <= int(number) <= high):
            raise ParameterError(
                f"{name} is {text}: give a number of cores up to 256 or a percentage, such as 4 or 80%"
            )
        return text

    def describe(self) -> str:
        """Name the forms."""
        return "a number of cores or a percentage, such as 4 or 80%"


@dataclass(frozen=True)
class LearningRate(Kind):
    """A rate, or ``slice(low, high)`` for backbone and head; empty is found from the data."""

    def parse(self, name: str, value: Any) -> str:
        """Return the rate or the two rates as text."""
        text = str(value).strip()
        inner = re.fullmatch(r"slice\(([^,]+),([^,]+)\)", text.replace(" ", ""))
        rates = inner.groups() if inner else (text,)
        kind = Number(self.label, low=0.0, high=1.0, above=True)
        values = [kind.parse(name, rate) for rate in rates]
        if len(values) == 2 and values[0] > values[1]:
            raise ParameterError(f"{name} is {text}: the first rate is the backbone's and must not exceed the second")
        return f"slice({values[0]:g}, {values[1]:g})" if len(values) == 2 else f"{values[0]:g}"

    def describe(self) -> str:
        """Name the forms."""
        return "a number above 0, or slice(low, high)"


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
