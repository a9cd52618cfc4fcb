"""What is written beside the chips of an exported folder, and read back when a later run goes on with it.

``map.txt``, ``stats.txt``, ``esri_accumulated_stats.json`` and ``esri_model_definition.emd`` are Esri's;
``chips.csv`` is ours and says where each chip comes from, which the split of a training needs.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rasterio.crs import CRS

from .. import files
from ..classes import ClassInfo
from ..errors import SampleFolderError
from ..job import Job
from ..raster.crs import known_crs
from .esri_json import esri_json
from .statistics import ObjectStatistics, PixelStatistics

MAP, STATS, JSON, EMD, CHIPS = (
    "map.txt",
    "stats.txt",
    "esri_accumulated_stats.json",
    "esri_model_definition.emd",
    "chips.csv",
)
OURS = "ImageryDL"
"""Our own block in the JSON statistics; it marks a folder as written by us."""

_CHIP_COLUMNS = ("chip", "source", "rotation", "left", "bottom", "right", "top")
_BAND_NAMES = (
    "Red Green Blue Infrared CoastalBlue Yellow RedEdge ShortWaveInfrared NearInfrared NearInfrared_1 "
    "NearInfrared_2 MidInfrared "
    "MidInfrared_1 MidInfrared_2 Thermal Thermal_1 Thermal_2 Panchromatic PseudoRed PseudoGreen PseudoBlue QA"
)


@dataclass(frozen=True)
class ChipRow:
    """Where one chip comes from.

    Attributes:
        chip: Stem of its file names.
        source: The raster.
        rotation: Degrees by which it is turned.
        bounds: Left, bottom, right, top in the raster's map units.
    """

    chip: str
    source: str
    rotation: float
    bounds: tuple[float, float, float, float]


@dataclass
class FolderRecord:
    """All that is known of an exported folder beside its chips.

    Attributes:
        metadata_format: Label format, such as ``PASCAL_VOC_rectangles``.
        image_suffix: Suffix of the chips.
        label_suffix: Suffix of the labels.
        bands: Bands of a chip.
        dtype: Numpy name of the chips' pixel type.
        cols: Width of a chip.
        rows: Height of a chip.
        image_space: ``MAP_SPACE`` or ``PIXEL_SPACE``.
        band_names: One a band, empty texts where not known.
        classes: In ascending order of their values.
        pixels: Statistics of the bands.
        objects: Statistics of the labels.
        next_index: Number of the next chip.
        cell_sizes: Ground sizes of a pixel met, (x, y) each.
        crs: CRS of the chips; of the first raster when there are several.
        chips: One row a chip.
    """

    metadata_format: str
    image_suffix: str
    label_suffix: str
    bands: int
    dtype: str
    cols: int
    rows: int
    image_space: str
    band_names: tuple[str, ...]
    classes: tuple[ClassInfo, ...]
    pixels: PixelStatistics
    objects: ObjectStatistics
    next_index: int = 0
    cell_sizes: list[tuple[float, float]] = field(default_factory=list)
    crs: CRS | None = None
    chips: list[ChipRow] = field(default_factory=list)

    def write(self, folder: Path, job: Job) -> None:
        """Write the metadata files of the folder, each whole or not at all."""
        texts = {
            CHIPS: _chips_text(self.chips),
            STATS: self.objects.text(self.classes, self.bands, self.cols, self.rows),
            EMD: esri_json(self.template()),
            JSON: esri_json(self.statistics()),
            MAP: "".join(
                f"images\\{row.chip}{self.image_suffix}  labels\\{row.chip}{self.label_suffix} \r\n"
                for row in self.chips
            ),
        }
        for name, text in texts.items():
            with files.replaced(folder / name, job) as temporary:
                temporary.write_text(text, encoding="utf-8", newline="")

    def statistics(self) -> dict[str, Any]:
        """Return the content of ``esri_accumulated_stats.json``."""
        return {
            "Version": 1,
            "NumBands": self.bands,
            "TileSizeX": self.cols,
            "TileSizeY": self.rows,
            "NumClasses": len(self.classes),
            "NumTiles": len(self.chips),
            "NumTilesAsDouble": float(len(self.chips)),
            "NextTileIndex": self.next_index,
            "OutputFeatures": True,
            "MetaDataMode": self.metadata_format,
            "Classes": [{"ClassValue": entry.value, "ClassName": entry.name} for entry in self.classes],
            **self._cell_sizes(),
            "FeatureStats": self.objects.to_json(self.classes),
            "InputRastersProps": self._raster_properties(),
            "BandStatsState": self.pixels.to_json(),
            OURS: {"Version": 1, "PixelType": self.dtype, "ImageSuffix": self.image_suffix},
        }

    def template(self) -> dict[str, Any]:
        """Return the content of ``esri_model_definition.emd``: model keys hold examples, the others are true."""
        minimum, maximum, mean, std = self.pixels.summary()
        return {
            "Framework": "e.g. PyTorch",
            "ModelConfiguration": "e.g. FasterRCNN",
            "ModelType": "e.g. ObjectDetection",
            "ModelFile": "e.g. model.pth",
            "Description": "e.g. what the model finds, where and with which accuracy",
            "ImageHeight": self.rows,
            "ImageWidth": self.cols,
            "ExtractBands": list(range(self.bands)),
            "DataRange": "e.g. [0.0, 1.0]",
            "ModelPadding": "e.g. 64",
            "BatchSize": "e.g. 4",
            "PerProcessGPUMemoryFraction": "e.g. 0.95",
            "MetaDataMode": self.metadata_format,
            "BlackenAroundFeature": False,
            "IsMultidimensional": False,
            "CropTileMode": "Fixed_Size",
            "ImageSpaceUsed": self.image_space,
            **self._cell_sizes(),
            "Classes": [
                {"Value": entry.value, "Name": entry.name, "Color": list(entry.color)} for entry in self.classes
            ],
            "InputRastersProps": self._raster_properties(),
            "AllTilesStats": [
                {
                    "BandName": self.band_names[band],
                    "Min": float(minimum[band]),
                    "Max": float(maximum[band]),
                    "Mean": float(mean[band]),
                    "StdDev": float(std[band]),
                }
                for band in range(self.bands)
            ],
            "WellKnownBandNames (FYI, these band names can be used in ExtractBands)": _BAND_NAMES.split(),
            "UnlabelledValue": None,
        }

    def _raster_properties(self) -> dict[str, Any]:
        """Return ``InputRastersProps``."""
        rasters = len({row.source for row in self.chips})
        return {"RasterCount": rasters, "SensorName": "Undefined", "BandNames": list(self.band_names)}

    def _cell_sizes(self) -> dict[str, Any]:
        """Return ``MinCellSize`` and ``MaxCellSize``."""
        reference = _spatial_reference(self.crs)
        sizes = self.cell_sizes or [(0.0, 0.0)]
        return {
            name: {"x": size[0], "y": size[1], "spatialReference": reference}
            for name, size in (("MinCellSize", min(sizes)), ("MaxCellSize", max(sizes)))
        }


def read_own(folder: Path) -> FolderRecord | None:
    """Return the record of a folder that we exported, None for any other folder.

    Raises:
        SampleFolderError: The folder is ours and its record is damaged.
    """
    if not all((folder / name).is_file() for name in (MAP, JSON, EMD, CHIPS)):
        return None
    statistics, template = read_json(folder / JSON), read_json(folder / EMD)
    own = statistics.get(OURS)
    if not isinstance(own, dict):
        return None
    try:
        bands = int(statistics["NumBands"])
        colors = {int(entry["Value"]): tuple(entry["Color"]) for entry in template["Classes"]}
        classes = tuple(
            ClassInfo(int(entry["ClassValue"]), str(entry["ClassName"]), colors[int(entry["ClassValue"])])
            for entry in statistics["Classes"]
        )
        pixels = PixelStatistics.from_json(statistics["BandStatsState"], bands)
        suffix = str(own["ImageSuffix"])
        label = (folder / MAP).read_text("utf-8").split()[1]
        return FolderRecord(
            metadata_format=str(statistics["MetaDataMode"]),
            image_suffix=suffix,
            label_suffix=Path(label.replace("\\", "/")).suffix,
            bands=bands,
            dtype=str(own["PixelType"]),
            cols=int(statistics["TileSizeX"]),
            rows=int(statistics["TileSizeY"]),
            image_space=str(template["ImageSpaceUsed"]),
            band_names=tuple(map(str, statistics["InputRastersProps"]["BandNames"])),
            classes=classes,
            pixels=pixels if pixels is not None else PixelStatistics.of_bands(bands),
            objects=ObjectStatistics.from_json(statistics["FeatureStats"], classes),
            next_index=int(statistics["NextTileIndex"]),
            cell_sizes=[
                (float(statistics[key]["x"]), float(statistics[key]["y"])) for key in ("MinCellSize", "MaxCellSize")
            ],
            crs=crs_of_reference(statistics["MinCellSize"].get("spatialReference")),
            chips=read_chip_rows(folder / CHIPS),
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise SampleFolderError(
            f"the statistics of {folder} are damaged ({type(error).__name__}: {error}): export to a new folder"
        ) from error


def read_json(path: Path) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        SampleFolderError: The file is no JSON object.
    """
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, OSError) as error:
        raise SampleFolderError(f"{path} is no valid JSON ({error}): export the folder again") from error
    if not isinstance(content, dict):
        raise SampleFolderError(f"{path} holds no JSON object: export the folder again")
    return content


def read_chip_rows(path: Path) -> list[ChipRow]:
    """Return the rows of ``chips.csv``.

    Raises:
        SampleFolderError: A row is broken.
    """
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            return [
                ChipRow(
                    row["chip"],
                    row["source"],
                    float(row["rotation"]),
                    (float(row["left"]), float(row["bottom"]), float(row["right"]), float(row["top"])),
                )
                for row in csv.DictReader(stream)
            ]
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise SampleFolderError(f"{path} is damaged ({error}): remove the file or export the folder again") from error


def crs_of_reference(reference: Any) -> CRS | None:
    """Return the CRS that a spatial reference of Esri's names."""
    if not isinstance(reference, dict):
        return None
    number = reference.get("latestWkid") or reference.get("wkid")
    if number:
        return known_crs(f"EPSG:{number}", "the folder", SampleFolderError)
    return known_crs(reference.get("wkt"), "the folder", SampleFolderError)


def _spatial_reference(crs: CRS | None) -> dict[str, Any]:
    """Return a CRS as Esri names it."""
    if crs is None:
        return {}
    number = crs.to_epsg(confidence_threshold=100)
    if number is None:
        return {"wkt": crs.to_wkt()}
    return {"wkid": 102100 if number == 3857 else number, "latestWkid": number}


def _chips_text(rows: Sequence[ChipRow]) -> str:
    """Return the content of ``chips.csv``."""
    lines = [",".join(_CHIP_COLUMNS)]
    for row in rows:
        source = '"' + row.source.replace('"', '""') + '"'
        lines.append(",".join([row.chip, source, f"{row.rotation:g}", *map(repr, map(float, row.bounds))]))
    return "\n".join(lines) + "\n"
