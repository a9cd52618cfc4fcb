"""What is written beside the chips of an exported folder, and read back when a later run goes on with it.

``map.txt``, ``stats.txt``, ``esri_accumulated_stats.json`` and ``esri_model_definition.emd`` are Esri's;
``chips.csv`` is ours and says where each chip comes from, which the split of a training needs,
and how many pixels of each class its label raster has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rasterio.crs import CRS

from .. import files
from ..classes import ClassInfo
from ..errors import SampleFolderError
from ..job import Job
from ..raster.crs import known_crs
from .chip_rows import ChipRow, chips_text
from .class_folders import class_folders
from .esri_json import esri_json
from .statistics import LabelStatistics, PixelStatistics

MAP, STATS, JSON, EMD, CHIPS = (
    "map.txt",
    "stats.txt",
    "esri_accumulated_stats.json",
    "esri_model_definition.emd",
    "chips.csv",
)
OURS = "ImageryDL"
"""Our own block in the JSON statistics; it marks a folder as written by us."""

CLASS_FOLDERS = "ClassFolders"
"""Where our block names the folders of classes that are not called like the class."""

INSTANCE_CLASSES = "Panoptic_Segmentation_Instance_Classes"
"""Where the template lists the classes with masks of instances beside label rasters."""

_BAND_NAMES = (
    "Red Green Blue Infrared CoastalBlue Yellow RedEdge ShortWaveInfrared NearInfrared NearInfrared_1 "
    "NearInfrared_2 MidInfrared "
    "MidInfrared_1 MidInfrared_2 Thermal Thermal_1 Thermal_2 Panchromatic PseudoRed PseudoGreen PseudoBlue QA"
)


@dataclass
class SecondRasters:
    """What is known of the second chips of change pairs.

    Attributes:
        bands: Bands of a chip, 0 when there are no second chips.
        dtype: Numpy name of the pixel type.
        band_names: One a band, empty texts where not known.
        pixels: Statistics of the bands.
        sources: The rasters.
    """

    bands: int = 0
    dtype: str = ""
    band_names: tuple[str, ...] = ()
    pixels: PixelStatistics = field(default_factory=lambda: PixelStatistics.of_bands(0))
    sources: list[str] = field(default_factory=list)


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
        labels: Statistics of the labels.
        next_index: Number of the next chip.
        cell_sizes: Ground sizes of a pixel met, (x, y) each.
        crs: CRS of the chips; of the first raster when there are several.
        chips: One row a chip.
        unlabelled: What 0 stands for in label rasters: pixels without a label (0), or the background (None).
        second: Second chips of change pairs.
        class_folders: Folder of each class by its value, in formats that have one a class.
        plain_folders: Names of these folders have no blanks.
        instance_values: Classes that have masks of instances beside label rasters; None in formats without both.
        crop_tile_mode: ``Fixed_Size``, or ``Variable_Size`` when each chip is the frame of its object.
        blacken_around_feature: Chips are 0 outside their object.
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
    labels: LabelStatistics
    next_index: int = 0
    cell_sizes: list[tuple[float, float]] = field(default_factory=list)
    crs: CRS | None = None
    chips: list[ChipRow] = field(default_factory=list)
    unlabelled: int | None = None
    second: SecondRasters = field(default_factory=SecondRasters)
    class_folders: dict[int, str] = field(default_factory=dict)
    plain_folders: bool = False
    instance_values: frozenset[int] | None = None
    crop_tile_mode: str = "Fixed_Size"
    blacken_around_feature: bool = False

    def __post_init__(self) -> None:
        """Give each class a folder; those that have one keep it."""
        self.class_folders = class_folders(self.classes, self.class_folders, self.plain_folders)

    @property
    def second_bands(self) -> int:
        """Bands of the second chips, 0 without."""
        return self.second.bands

    def of_nothing(self, first: int) -> FolderRecord:
        """Return the record of the same kind of chips before the first one, whose number is given."""
        return replace(
            self,
            pixels=PixelStatistics.of_bands(self.bands),
            labels=type(self.labels)(),
            next_index=first,
            chips=[],
            second=replace(self.second, pixels=PixelStatistics.of_bands(self.second.bands)),
        )

    def absorb(self, unit: FolderRecord) -> None:
        """Take in the record of some more chips, which has the numbers that follow."""
        self.pixels.merge(unit.pixels)
        self.labels.merge(unit.labels)
        self.second.pixels.merge(unit.second.pixels)
        self.chips.extend(unit.chips)
        if unit.instance_values is not None:
            self.instance_values = unit.instance_values | (self.instance_values or frozenset())
        self.next_index = unit.next_index

    def write(self, folder: Path, job: Job) -> None:
        """Write the metadata files of the folder, each whole or not at all."""
        texts = {
            CHIPS: chips_text(self.chips),
            STATS: self.labels.text(self.classes, self.bands, self.cols, self.rows),
            EMD: esri_json(self.template()),
            JSON: esri_json(self.statistics()),
            MAP: "".join(map(self._map_line, self.chips)),
        }
        for name, text in texts.items():
            with files.replaced(folder / name, job) as temporary:
                temporary.write_text(text, encoding="utf-8", newline="")

    def _map_line(self, row: ChipRow) -> str:
        """Return the line of a chip in ``map.txt``."""
        image, second = "/".join(part for part in (row.folder, row.chip + self.image_suffix) if part), ""
        if self.second.bands:
            second = f" images2/{image}"
        labels = (f"labels/{row.chip}{self.label_suffix}",) if row.labels is None else row.labels
        line = f"images/{image}{second}" + (f"  {' '.join(labels)}" if labels else "")
        return line.replace("/", "\\") + " \r\n"

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
            "OutputFeatures": self.labels.features,
            "MetaDataMode": self.metadata_format,
            "Classes": [{"ClassValue": entry.value, "ClassName": entry.name} for entry in self.classes],
            **self._cell_sizes(),
            self.labels.key: self.labels.to_json(self.classes),
            **self._raster_properties(),
            "BandStatsState": self.pixels.to_json(),
            **({"BandStatsState2": self.second.pixels.to_json()} if self.second.bands else {}),
            OURS: {
                "Version": 1,
                "PixelType": self.dtype,
                "ImageSuffix": self.image_suffix,
                **({"PixelType2": self.second.dtype, "Rasters2": self.second.sources} if self.second.bands else {}),
                **self._renamed_folders(),
            },
        }

    def template(self) -> dict[str, Any]:
        """Return the content of ``esri_model_definition.emd``: model keys hold examples, the others are true."""
        second = self.second
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
            "BlackenAroundFeature": self.blacken_around_feature,
            "IsMultidimensional": False,
            "CropTileMode": self.crop_tile_mode,
            "ImageSpaceUsed": self.image_space,
            **self._cell_sizes(),
            "Classes": _template_classes(self.classes),
            **self._instance_classes(),
            **self._raster_properties(),
            "AllTilesStats": _tiles_stats(self.band_names, self.pixels),
            **({"AllTilesStats2": _tiles_stats(second.band_names, second.pixels)} if second.bands else {}),
            "WellKnownBandNames (FYI, these band names can be used in ExtractBands)": _BAND_NAMES.split(),
            "UnlabelledValue": self.unlabelled,
        }

    def _renamed_folders(self) -> dict[str, Any]:
        """Return the folders of classes that have another name than the class."""
        folders = {
            str(entry.value): self.class_folders[entry.value]
            for entry in self.classes
            if self.class_folders[entry.value] != entry.name
        }
        return {CLASS_FOLDERS: folders} if folders else {}

    def _instance_classes(self) -> dict[str, Any]:
        """Return the classes with masks of instances, in formats that have label rasters as well."""
        values = self.instance_values
        if values is None:
            return {}
        return {INSTANCE_CLASSES: _template_classes(entry for entry in self.classes if entry.value in values)}

    def _raster_properties(self) -> dict[str, Any]:
        """Return ``InputRastersProps``, and the same of second rasters where there are any."""
        found = {"InputRastersProps": _properties(len({row.source for row in self.chips}), self.band_names)}
        if self.second.bands:
            found["InputRastersProps2"] = _properties(len(self.second.sources), self.second.band_names)
        return found

    def _cell_sizes(self) -> dict[str, Any]:
        """Return ``MinCellSize`` and ``MaxCellSize``."""
        reference = _spatial_reference(self.crs)
        sizes = self.cell_sizes or [(0.0, 0.0)]
        return {
            name: {"x": size[0], "y": size[1], "spatialReference": reference}
            for name, size in (("MinCellSize", min(sizes)), ("MaxCellSize", max(sizes)))
        }


def _template_classes(classes: Iterable[ClassInfo]) -> list[dict[str, Any]]:
    """Return classes as the template lists them."""
    return [{"Value": entry.value, "Name": entry.name, "Color": list(entry.color)} for entry in classes]


def _properties(rasters: int, band_names: Sequence[str]) -> dict[str, Any]:
    """Return what is known of the input rasters."""
    return {"RasterCount": rasters, "SensorName": "Undefined", "BandNames": list(band_names)}


def _tiles_stats(names: Sequence[str], pixels: PixelStatistics) -> list[dict[str, Any]]:
    """Return ``AllTilesStats``."""
    rows = zip(names, *(column.tolist() for column in pixels.summary()), strict=True)
    return [
        {"BandName": name, "Min": low, "Max": high, "Mean": mean, "StdDev": std} for name, low, high, mean, std in rows
    ]


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
