"""Writing a model package: definition, weights twice, golden tile, and the archive of it all."""

from __future__ import annotations

import copy
import json
import logging
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rasterio.crs import CRS
from rasterio.errors import CRSError
from torch import Tensor

from ..classes import ClassInfo, with_colors
from ..errors import OutputError
from ..files import PREFIX, replaced
from ..job import Job
from ..models.registry import ModelSpec, get_architecture
from .contract import Contract, write_contract
from .dlpk import pack
from .normalisation import Normalisation
from .schema import DEFAULT_THRESHOLD, MODEL_TYPES, OUR_KEY, OUR_VERSION
from .weights import write_weights

log = logging.getLogger(__name__)

CONTRACT_FILE = "golden_tile.safetensors"

TASK_KEYS: dict[str, dict[str, Any]] = {
    "pixel_classification": {"ArcGISLearnVersion": "2.4.4", "ignore_mapped_class": []},
    "object_classification": {"ArcGISLearnVersion": "2.4.4", "ExpMap": False},
    "change_detection": {"ArcGISLearnVersion": "2.4.4", "ignore_mapped_class": []},
}
"""Keys that every model of a task has; the version of arcgis.learn decides which arguments ArcGIS's tools offer."""

STALE = (
    "NormalizationStats",
    "accuracy",
    "per_class_metrics",
    "ignore_mapped_class",
    "IsEdgeDetection",
    "LabelThresholds",
)
"""Keys of a definition that one which goes on from it takes over only where it says them itself."""


def definition(
    spec: ModelSpec,
    classes: Sequence[ClassInfo],
    *,
    tile: tuple[int, int],
    bands: Sequence[int | str],
    normalisation: Normalisation,
    padding: int = 0,
    threshold: float = DEFAULT_THRESHOLD,
    resize_to: tuple[int, int] | None = None,
    cell_size: tuple[float, float] | None = None,
    crs: str | None = None,
    learning_rate: str = "None",
    metrics: Mapping[str, Any] | None = None,
    image_space: str = "MAP_SPACE",
    metadata_mode: str = "",
    band_names: Sequence[str] = (),
    description: str = "",
    tile_stats: Sequence[Mapping[str, Any]] | None = None,
    training: Mapping[str, Any] | None = None,
    base: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the model definition of a trained network; ``write_package`` adds the names of the files.

    Args:
        spec: What the network was built from.
        classes: Classes in the order of the network's labels 1..n, the background not among them.
        tile: Rows and columns of a tile in raster pixels.
        bands: ``ExtractBands``: bands taken from the raster, or from that of each date, 0-based numbers or names.
        normalisation: How raw pixels become the network's input; that of one date.
        padding: Default of the padding argument, pixels.
        threshold: Default of the threshold argument, 0..1.
        resize_to: Rows and columns a tile is brought to before the network, or None.
        cell_size: Cell size of the training data (x, y) in units of ``crs``.
        crs: Reference system of the cell size, as ``EPSG:n`` or WKT.
        learning_rate: As text: ``None``, ``1.0000e-03`` or ``slice('1.0000e-04', '1.0000e-03', None)``.
        metrics: Further keys of the task and its results, for example ``average_precision_score``,
            ``per_class_metrics``, ``ignore_mapped_class`` and ``monitored_valid_loss``.
        image_space: ``MAP_SPACE`` or ``PIXEL_SPACE``.
        metadata_mode: Format of the training data; empty takes the first that the architecture learns from.
        band_names: Names of the bands, where they are known.
        description: Free text.
        tile_stats: ``AllTilesStats`` of the training data.
        training: What else the training wants to keep, stored under our own key.
        base: Definition this one goes on from (fine-tuning); its unknown keys are kept.
    """
    entry = get_architecture(spec.architecture)
    backbone = spec.backbone if ":" in spec.backbone else spec.backbone.lower()
    cell = None if cell_size is None else {"x": cell_size[0], "y": cell_size[1], "spatialReference": _reference(crs)}
    values = {name: _listed(value) for name, value in spec.values().items()}
    emd: dict[str, Any] = copy.deepcopy(dict(base or {}))
    for key in STALE:
        emd.pop(key, None)
    emd.update(
        {
            "Framework": "PyTorch",
            "ModelConfiguration": entry.configuration,
            "ModelType": MODEL_TYPES[entry.task],
            "ModelFile": "",
            "Description": description,
            "ImageHeight": tile[0],
            "ImageWidth": tile[1],
            "ExtractBands": list(bands),
            "CropSizeFixed": 0,
            "BlackenAroundFeature": 0,
            "ImageSpaceUsed": image_space,
            "MetaDataMode": metadata_mode or entry.formats[0],
            "ModelFormat": "NCHW",
            "SupportsVariableTileSize": True,
            "MinCellSize": cell,
            "MaxCellSize": cell,
            "Classes": [
                {"Value": entry.value, "Name": entry.name, "Color": list(entry.color)} for entry in with_colors(classes)
            ],
            "Padding": padding,
            "Threshold": threshold,
            "ModelName": entry.model_name,
            "backend": "pytorch",
            "ModelParameters": {"backbone": backbone, "backend": "pytorch", **values},
            "LearningRate": learning_rate,
            "resize_to": None if resize_to is None else list(resize_to),
            **TASK_KEYS.get(entry.task, {}),
            **normalisation.to_emd(),
            **(entry.emd_keys(spec) if entry.emd_keys is not None else {}),
        }
    )
    if band_names:
        emd["InputRastersProps"] = {
            "RasterCount": 1,
            "SensorName": "Undefined",
            "BandNames": list(band_names),
        }
    if tile_stats is not None:
        emd["AllTilesStats"] = [dict(stats) for stats in tile_stats]
    emd.update(metrics or {})
    emd[OUR_KEY] = {"version": OUR_VERSION, **spec.to_json(), **(training or {})}
    return emd


def write_package(
    folder: Path,
    emd: Mapping[str, Any],
    state: Mapping[str, Tensor],
    extra_files: Sequence[Path],
    job: Job,
    *,
    name: str = "",
    contract: Contract | None = None,
) -> dict[str, Path]:
    """Write a model package into an existing folder.

    Args:
        folder: The model's folder.
        emd: The definition as ``definition`` made it, or an opened package's with unknown keys; names of files are
            filled in.
        state: The network's weights.
        extra_files: Files that go into the archive too; those outside of ``folder`` are copied into it.
        job: Told temporary names.
        name: The model's name; by default the folder's (what a temporary folder will be called).
        contract: Golden tile and expected answers.

    Returns:
        Paths by ``emd``, ``safetensors``, ``pth``, ``dlpk`` and, with a contract, ``contract``.

    Raises:
        OutputError: ``folder`` is missing.
    """
    if not folder.is_dir():
        raise OutputError(f"there is no folder {folder} to write the model package into: make it first")
    name = name or re.sub(re.escape(PREFIX) + r"\d+-", "", folder.absolute().name)
    paths = {
        "emd": folder / f"{name}.emd",
        "safetensors": folder / f"{name}.safetensors",
        "pth": folder / f"{name}.pth",
        "dlpk": folder / f"{name}.dlpk",
    }
    with replaced(paths["safetensors"], job) as safetensors, replaced(paths["pth"], job) as torch_file:
        write_weights(state, safetensors, torch_file)
    if contract is not None:
        paths["contract"] = folder / CONTRACT_FILE
        with replaced(paths["contract"], job) as golden:
            write_contract(contract, golden)
    with replaced(paths["emd"], job) as text:
        filled = _with_files(emd, name, contract is not None)
        text.write_text(json.dumps(filled, indent=4, ensure_ascii=False) + "\n", encoding="utf-8")
    files = [(path, path.name) for key, path in paths.items() if key != "dlpk"]
    files += [(path, path.relative_to(folder).as_posix()) for path in _copied(extra_files, folder)]
    pack(paths["dlpk"], files, job)
    return paths


def _with_files(emd: Mapping[str, Any], name: str, contract: bool) -> dict[str, Any]:
    """Return the definition with the names of its files."""
    filled = copy.deepcopy(dict(emd))
    filled["ModelFile"] = f"{name}.pth"
    ours = filled.setdefault(OUR_KEY, {})
    ours["weights"] = f"{name}.safetensors"
    ours.pop("contract", None)
    if contract:
        ours["contract"] = CONTRACT_FILE
    return filled


def _copied(extra_files: Sequence[Path], folder: Path) -> list[Path]:
    """Return the further files, all inside the folder; a folder among them stands for all files in it."""
    inside: list[Path] = []
    for path in extra_files:
        target = path
        if folder not in path.parents:
            target = folder / path.name
            if path.is_dir():
                shutil.copytree(path, target, dirs_exist_ok=True)
            else:
                shutil.copyfile(path, target)
        inside += sorted(entry for entry in target.rglob("*") if entry.is_file()) if target.is_dir() else [target]
    return inside


def _reference(crs: str | None) -> dict[str, Any] | None:
    """Return a reference system as Esri writes it."""
    if not crs:
        return None
    try:
        known = CRS.from_user_input(crs)
    except CRSError as error:
        log.warning("reference system %r is not understood: %s", crs, error)
        return None
    code = known.to_epsg()
    return {"wkid": code, "latestWkid": code} if code else {"wkt": known.to_wkt()}


def _listed(value: Any) -> Any:
    """Return tuples as lists, as JSON has them."""
    return [_listed(entry) for entry in value] if isinstance(value, tuple) else value
