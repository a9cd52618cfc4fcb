"""What a model package offers, read lightly: its task, classes, tile, cell size and the arguments that it leaves open.

Dialogs need it at once and without the engine, so weights are not looked at and nothing is unpacked; the engine reads
the same package thoroughly when it runs.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import ModelPackageError, ParameterError
from ..models.arguments import ArgumentSpec
from ..models.registry import get_architecture
from .arguments import ARGUMENTS, ModelDefaults, largest_padding
from .model_types import task_of
from .pixel_arguments import THRESHOLD_SINCE

LARGEST = 64 * 1024**2
"""Most bytes of a definition."""

ROADS = ("multitaskroadextractor", "connectnet")
"""Names of models whose pixels are roads, in small letters."""

EDGES_AND_ROADS = ("threshold", "merge_policy", "return_probability_raster")
"""Arguments of models of pixels that are for edges and roads only."""


@dataclass(frozen=True)
class ModelOffer:
    """What a model package says about itself.

    Attributes:
        name: File name, or words for a JSON text.
        task: ``object_detection`` or another task.
        title: The architecture in words.
        classes: Name, value and colour of each class; a colour is (-1, -1, -1) where the model has none.
        bands: How many bands it takes from a raster; 0 when unknown.
        cell_size: Cell size that it was trained at; None when unknown.
        defaults: What it says about its arguments.
    """

    name: str
    task: str
    title: str
    classes: tuple[tuple[str, int, tuple[int, int, int]], ...]
    bands: int
    cell_size: float | None
    defaults: ModelDefaults

    @property
    def arguments(self) -> tuple[ArgumentSpec, ...]:
        """The arguments that it leaves open, each with the value that it takes when nothing is given."""
        model = self.defaults
        fixed = {"batch_size": model.batch_size, "padding": model.built_in_padding}
        own = {
            "padding": str(max(0, min(model.padding, largest_padding(model.tile)))),
            "threshold": f"{model.threshold:g}",
            "nms_overlap": f"{model.nms_overlap:g}",
            "tile_size": str(model.tile[0]),
        }
        if self.task in ("pixel_classification", "change_detection"):
            own["predict_background"] = "True" if model.background else ""
        if self.task == "change_detection":
            own.pop("threshold")
        specs = [spec for spec in ARGUMENTS.get(self.task, ()) if fixed.get(spec.name) is None]
        return tuple(
            replace(spec, default=own.get(spec.name, spec.default))
            for spec in specs
            if self.task != "pixel_classification" or _suits(spec.name, model)
        )


def _suits(name: str, model: ModelDefaults) -> bool:
    """Return whether an argument is for a model of pixels."""
    if name in EDGES_AND_ROADS and model.kind not in ("edges", "roads"):
        return False
    old = model.learn_version is not None and model.learn_version < THRESHOLD_SINCE
    if name in ("threshold", "return_probability_raster") and old:
        return False
    if name == "thinning":
        return model.kind == "edges"
    if name == "predict_background":
        return model.background
    return name != "tile_size" or model.any_tile


def read_model(definition: str) -> ModelOffer:
    """Return what a model package offers.

    Args:
        definition: Path of an .emd or .dlpk, of a folder that holds one, or the JSON text of an .emd.

    Raises:
        ModelPackageError: It is missing or no model definition; one sentence.
    """
    text = definition.strip()
    if text.startswith("{"):
        return _offer(_parsed(text, "the model definition"), "the model definition")
    path = Path(os.path.expanduser(text))
    try:
        if path.is_dir():
            path = _inside(path)
        if path.suffix.lower() in (".dlpk", ".zip"):
            return _offer(_parsed(_packed(path), path.name), path.name)
        if path.stat().st_size > LARGEST:
            raise ModelPackageError(f"{path.name} has {path.stat().st_size / 1e6:.0f} MB: that is no model definition")
        return _offer(_parsed(path.read_bytes().decode("utf-8-sig"), path.name), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise ModelPackageError(f"there is no model definition {text!r:.300}: choose an .emd or .dlpk file") from error


def _inside(folder: Path) -> Path:
    """Return the definition in a folder: its only .emd, else its only .dlpk."""
    for suffix in (".emd", ".dlpk"):
        found = [entry for entry in sorted(folder.iterdir()) if entry.suffix.lower() == suffix]
        if len(found) == 1:
            return found[0]
    raise ModelPackageError(f"{folder} holds no single .emd or .dlpk: choose a model's file")


def _packed(path: Path) -> str:
    """Return the definition in an archive: the .emd nearest to its root."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = [entry for entry in archive.infolist() if entry.filename.lower().endswith(".emd")]
            if not found:
                raise ModelPackageError(f"{path.name} holds no .emd file: a model package holds exactly one")
            entry = min(found, key=lambda each: (each.filename.count("/"), each.filename))
            if entry.file_size > LARGEST:
                raise ModelPackageError(f"{entry.filename} in {path.name} is no model definition: it is too large")
            return archive.read(entry).decode("utf-8-sig")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelPackageError(f"{path.name} is no readable model package: copy or download it again") from error


def _parsed(text: str, name: str) -> dict[str, Any]:
    """Return a definition as it is written."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelPackageError(f"{name} is not JSON: a model definition is one JSON object") from error
    if not isinstance(raw, dict) or not raw.get("ModelType"):
        raise ModelPackageError(f"{name} has no ModelType: choose the .emd or .dlpk of a model")
    return raw


def _offer(emd: Mapping[str, Any], name: str) -> ModelOffer:
    """Return what a definition says; what is broken in it is left to the engine."""
    ours = emd.get("ImageryDL")
    ours = ours if isinstance(ours, Mapping) else {}
    title, dates = str(emd.get("ModelName") or "model"), 1
    try:
        entry = get_architecture(str(ours.get("architecture", "")))
        title, dates = entry.title, entry.dates
    except ParameterError:
        pass  # a network that we do not know is told by the engine
    tile = (int(_number(emd.get("ImageHeight"), 256)), int(_number(emd.get("ImageWidth"), 256)))
    roads = str(emd.get("ModelName", "")).replace(" ", "").lower() in ROADS
    batch, built_in = _number(emd.get("BatchSize"), 0), _number(emd.get("ModelPadding"), 0)
    defaults = ModelDefaults(
        tile=tile,
        padding=int(_number(emd.get("Padding"), 0)),
        threshold=_number(emd.get("Threshold"), 0.5),
        batch_size=int(batch) if batch >= 1 else None,
        nms_overlap=_number(emd.get("NmsOverlap"), ModelDefaults.nms_overlap),
        background=bool(ours.get("background")),
        kind="changes" if dates > 1 else "edges" if emd.get("IsEdgeDetection") else "roads" if roads else "classes",
        learn_version=_version(emd.get("ArcGISLearnVersion")),
        built_in_padding=int(built_in) if built_in >= 1 else None,
        any_tile=bool(emd.get("SupportsVariableTileSize", True)),
    )
    bands = emd.get("ExtractBands")
    cell = emd.get("MinCellSize")
    size = _number(cell.get("x"), 0) if isinstance(cell, Mapping) else 0
    count = len(bands) if isinstance(bands, list) else int(_number(ours.get("bands"), 0)) // dates
    task = task_of(str(emd["ModelType"]))
    return ModelOffer(name, task, title, _classes(emd.get("Classes")), count, size or None, defaults)


def _classes(listed: Any) -> tuple[tuple[str, int, tuple[int, int, int]], ...]:
    """Return name, value and colour of each class."""
    found = []
    for row in listed if isinstance(listed, list) else ():
        if isinstance(row, Mapping) and row.get("Name"):
            color = row.get("Color")
            parts = tuple(int(_number(part, -1)) for part in color) if isinstance(color, list) else ()
            rgb = (parts[0], parts[1], parts[2]) if len(parts) == 3 and min(parts) >= 0 else (-1, -1, -1)
            found.append((str(row["Name"]), int(_number(row.get("Value"), 0)), rgb))
    return tuple(found)


def _number(value: Any, otherwise: float) -> float:
    """Return a number that may be written as text."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return otherwise


def _version(text: Any) -> tuple[int, ...] | None:
    """Return a version such as ``1.8.4`` as numbers, None for anything else."""
    parts = str(text or "").strip().split(".")
    return tuple(map(int, parts)) if all(part.isdigit() for part in parts) else None
