"""What a training folder allows, read lightly: its label format, chips and classes, and the model types that learn it.

Dialogs need it at once and without the engine; the engine looks at every file when it runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..models.registry import Architecture, architectures

STATISTICS = "esri_accumulated_stats.json"
TEMPLATE = "esri_model_definition.emd"
SECOND = "images2"
"""Folder of the chips of the second date."""

SUFFIXES = {".xml": "PASCAL_VOC_rectangles", ".tif": "Classified_Tiles"}
"""Suffix of label files that say their format where no export wrote the folder."""

_PIXEL_MONITORS = ("VALID_LOSS", "ACCURACY", "MIOU", "DICE", "F1_SCORE", "PRECISION", "RECALL")
_OBJECT_MONITORS = ("VALID_LOSS", "AVERAGE_PRECISION", "F1_SCORE")

MONITORS: Mapping[str, tuple[str, ...]] = {
    "object_detection": _OBJECT_MONITORS,
    "instance_segmentation": _OBJECT_MONITORS,
    "pixel_classification": _PIXEL_MONITORS,
    "change_detection": _PIXEL_MONITORS,
    "object_classification": (
        "VALID_LOSS",
        "ACCURACY",
        "F1_SCORE",
        "PRECISION",
        "RECALL",
        "MULTI_LABEL_FBETA",
    ),
}
"""Task -> metrics that may choose the best state."""


@dataclass(frozen=True)
class TrainingOffer:
    """What training folders hold.

    Attributes:
        form: Label format; empty when only the engine can tell.
        pairs: Whether there are chips of two dates.
        chips: Number of chips; 0 when unknown.
        size: Columns and rows of a chip; (0, 0) when unknown.
        bands: Bands of a chip; 0 when unknown.
        classes: Names of the classes.
    """

    form: str = ""
    pairs: bool = False
    chips: int = 0
    size: tuple[int, int] = (0, 0)
    bands: int = 0
    classes: tuple[str, ...] = ()

    @property
    def model_types(self) -> tuple[str, ...]:
        """Codes of the architectures that learn from it, all where the format is unknown."""
        return tuple(code for code, entry in architectures().items() if self.allows(entry))

    def allows(self, entry: Architecture) -> bool:
        """Return whether an architecture learns from it."""
        return not self.form or (self.form in entry.formats and (self.pairs or entry.dates == 1))


def read_training(folders: Iterable[str]) -> TrainingOffer:
    """Return what training folders of one format hold; what cannot be told is left open."""
    found = [_folder(Path(os.path.expanduser(folder.strip()))) for folder in folders if folder.strip()]
    if not found:
        return TrainingOffer()
    first = found[0]
    form = first.form if all(entry.form == first.form for entry in found) else ""
    names = tuple(dict.fromkeys(name for entry in found for name in entry.classes))
    chips = sum(entry.chips for entry in found)
    return TrainingOffer(form, all(entry.pairs for entry in found), chips, first.size, first.bands, names)


def _folder(folder: Path) -> TrainingOffer:
    """Return what one folder holds."""
    statistics, template = _json(folder / STATISTICS), _json(folder / TEMPLATE)
    form = str(statistics.get("MetaDataMode") or template.get("MetaDataMode") or "")
    pairs = any((folder / name).is_dir() for name in (SECOND, "images_after"))
    listed = statistics.get("Classes") or template.get("Classes")
    names = [row.get("Name") or row.get("ClassName") for row in listed if isinstance(row, Mapping)] if listed else []
    size = (_whole(template.get("ImageWidth")), _whole(template.get("ImageHeight")))
    bands = template.get("ExtractBands")
    return TrainingOffer(
        form or _guessed(folder),
        pairs,
        _whole(statistics.get("NumTiles")),
        size,
        len(bands) if isinstance(bands, list) else 0,
        tuple(str(name) for name in names if name),
    )


def _guessed(folder: Path) -> str:
    """Return the format that label files beside ``images`` have, empty where it is not certain."""
    labels = folder / "labels"
    if not (folder / "images").is_dir() or not labels.is_dir():
        return ""
    with os.scandir(labels) as entries:
        first = next((entry for entry in entries if not entry.name.startswith(".")), None)
    if first is None:
        return ""
    return "RCNN_Masks" if first.is_dir() else SUFFIXES.get(Path(first.name).suffix.lower(), "")


def _json(path: Path) -> dict[str, Any]:
    """Return the JSON object of a file, empty without one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _whole(value: Any) -> int:
    """Return a whole number, 0 for anything else."""
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0
