"""The record of a folder that we exported, read back when a later run goes on with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..classes import ClassInfo
from ..errors import SampleFolderError
from .chip_rows import read_chip_rows
from .record import (
    CHIPS,
    CLASS_FOLDERS,
    EMD,
    INSTANCE_CLASSES,
    JSON,
    MAP,
    OURS,
    FolderRecord,
    SecondRasters,
    crs_of_reference,
    read_json,
)
from .registry import get_sample_format
from .statistics import PixelStatistics


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
        label = (folder / MAP).read_text("utf-8").splitlines()[0].split()[-1]
        form = get_sample_format(str(statistics["MetaDataMode"]))
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
            labels=form.statistics.from_json(statistics[form.statistics.key], classes),
            next_index=int(statistics["NextTileIndex"]),
            cell_sizes=[
                (float(statistics[key]["x"]), float(statistics[key]["y"])) for key in ("MinCellSize", "MaxCellSize")
            ],
            crs=crs_of_reference(statistics["MinCellSize"].get("spatialReference")),
            chips=read_chip_rows(folder / CHIPS),
            unlabelled=None if template["UnlabelledValue"] is None else int(template["UnlabelledValue"]),
            second=_second_of(statistics, own),
            plain_folders=form.plain_folders,
            class_folders={int(value): str(name) for value, name in own.get(CLASS_FOLDERS, {}).items()},
            instance_values=_instance_values(template),
            crop_tile_mode=str(template.get("CropTileMode") or "Fixed_Size"),
            blacken_around_feature=bool(template.get("BlackenAroundFeature")),
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise SampleFolderError(
            f"the statistics of {folder} are damaged ({type(error).__name__}: {error}): export to a new folder"
        ) from error


def _instance_values(template: dict[str, Any]) -> frozenset[int] | None:
    """Return the classes with masks of instances beside label rasters, None when the template names none."""
    if INSTANCE_CLASSES not in template:
        return None
    return frozenset(int(entry["Value"]) for entry in template[INSTANCE_CLASSES])


def _second_of(statistics: dict[str, Any], own: dict[str, Any]) -> SecondRasters:
    """Return what the statistics say of second chips."""
    if "BandStatsState2" not in statistics:
        return SecondRasters()
    names = tuple(map(str, statistics["InputRastersProps2"]["BandNames"]))
    pixels = PixelStatistics.from_json(statistics["BandStatsState2"], len(names))
    if pixels is None:
        pixels = PixelStatistics.of_bands(len(names))
    return SecondRasters(len(names), str(own["PixelType2"]), names, pixels, list(map(str, own["Rasters2"])))
