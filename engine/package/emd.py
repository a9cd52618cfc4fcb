"""The model package: an opened definition with everything inference and fine-tuning need to know.

``open_package`` reads and checks, ``load_network`` builds the network and loads its weights as data (what training
made is written in ``writing.py``). Our own packages carry the key ``ImageryDL`` and no code.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..classes import NO_COLOR, ClassInfo, with_colors
from ..errors import ModelPackageError, ParameterError
from ..job import Job
from ..models.registry import ModelSpec, build_network, get_architecture
from ..networks.trainable import Trainable
from .contract import check_contract, read_contract
from .dlpk import discard
from .normalisation import Normalisation
from .schema import DEFAULT_THRESHOLD, OUR_VERSION, Definition
from .source import Source, find_definition
from .weights import load_weights, read_weights
from .writing import definition, write_package

__all__ = ["ModelPackage", "definition", "load_network", "open_package", "write_package"]

LARGEST_BANDS = 4096
LARGEST_CLASSES = 65536
LARGEST_SIDE = 65536

log = logging.getLogger(__name__)


OVERLAP_KEY = "NmsOverlap"
"""Our key for the overlap that suits a detector; ArcGIS has none."""


@dataclass
class ModelPackage:
    """An opened model package; use it in a ``with`` block, or call ``close``, so that an unpacked .dlpk is removed.

    Attributes:
        emd: The definition as it was written, unknown keys kept.
        name: What the package is called, for messages.
        folder: Folder of the definition; None for a JSON text.
        weights: The weight file that is read.
        task: ``object_detection`` or another task.
        architecture: Code of the architecture.
        spec: What the network is built from.
        classes: Classes in the order of the network's labels 1..n, the background not among them.
        tile: Rows and columns of a tile in raster pixels.
        bands: Bands taken from the raster, or from that of each date, 0-based numbers or names, in the network's order.
        normalisation: How raw pixels become the network's input: the bands of all dates.
        padding: Pixels of a tile's border that neighbours share, by default.
        threshold: Smallest score of a detection, by default.
        cell_size: Cell size the network was trained on, in units of ``crs``; None when unknown.
        crs: Reference system of the cell size as ``EPSG:n`` or WKT; None when unknown.
        resize_to: Rows and columns a tile is brought to before the network; None when it is used as it is.
        label_thresholds: Score from which on each class is one of several labels; empty takes ``threshold`` for all.
    """

    emd: dict[str, Any]
    name: str
    folder: Path | None
    weights: Path
    task: str
    architecture: str
    spec: ModelSpec
    classes: tuple[ClassInfo, ...]
    tile: tuple[int, int]
    bands: tuple[int | str, ...]
    normalisation: Normalisation
    padding: int
    threshold: float
    cell_size: float | None
    crs: str | None
    resize_to: tuple[int, int] | None
    label_thresholds: tuple[float, ...] = ()
    contract: Path | None = None
    unpacked: Path | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Make sure that an unpacked .dlpk goes with the package even where nobody closes it."""
        if self.unpacked is not None:
            weakref.finalize(self, discard, self.unpacked)

    @property
    def nms_overlap(self) -> float | None:
        """IoU of two objects of a class that the training found best, 0..1; None when the definition does not say."""
        proposed = self.emd.get(OVERLAP_KEY)
        return float(proposed) if isinstance(proposed, int | float) and 0 <= proposed <= 1 else None

    @property
    def background(self) -> bool:
        """Whether the network of a pixel classification knows a background beside the classes."""
        return self.spec.background

    @property
    def channel_values(self) -> tuple[int, ...]:
        """Class value of each score channel of a pixel classification; 0 first where there is a background."""
        return (0,) * self.background + tuple(entry.value for entry in self.classes)

    @property
    def ignored_channels(self) -> tuple[int, ...]:
        """Score channels that were not learnt and are never chosen: ``ignore_mapped_class``."""
        ignored = self.emd.get("ignore_mapped_class")
        listed = ignored if isinstance(ignored, list) else []
        return tuple(sorted({int(c) for c in listed if isinstance(c, int) and 0 <= c < self.spec.outputs}))

    def require_task(self, *tasks: str) -> None:
        """Refuse a package of another task.

        Args:
            tasks: The tasks that are asked for: one of them.

        Raises:
            ModelPackageError: The package is for another one.
        """
        if self.task not in tasks:
            asked = " or ".join(task.replace("_", " ") for task in tasks)
            raise ModelPackageError(
                f"{self.name} is a model for {self.task.replace('_', ' ')} ({self.emd.get('ModelType')}), not for "
                f"{asked}: choose another model or another tool"
            )

    def close(self) -> None:
        """Remove the temporary folder of a .dlpk; the network must have been loaded before."""
        if self.unpacked is not None:
            discard(self.unpacked)
            self.unpacked = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_package(definition: str, job: Job, task: str | tuple[str, ...] | None = None) -> ModelPackage:
    """Open a model package of ours; its weights are found but not read.

    Args:
        definition: Path of an .emd or .dlpk, of a folder that holds one, or the JSON text of an .emd.
        job: Told the temporary folder of a .dlpk.
        task: The task it must be for, or one of several; None for any.

    Raises:
        ModelPackageError: It is missing, broken, unsafe, made by other software, or for another task.
    """
    source = find_definition(definition, job)
    try:
        package = _read(source)
        if task is not None:
            package.require_task(*((task,) if isinstance(task, str) else task))
    except BaseException:
        if source.unpacked is not None:
            discard(source.unpacked)
        raise
    return package


def load_network(package: ModelPackage, *, check: bool = True) -> Any:
    """Return the package's network with its weights, in evaluation mode, on the processor: of the task's kind.

    Args:
        package: The opened package.
        check: Whether the golden tile is checked, where the package has one.

    Raises:
        ModelPackageError: Weights are unsafe, damaged or do not fit, or the golden tile is answered differently.
    """
    try:
        network: Trainable = build_network(package.spec)
    except ParameterError as error:
        raise ModelPackageError(f"{package.name} describes a network that cannot be built: {error}") from error
    load_weights(network, read_weights(package.weights), package.weights.name)
    network.eval()
    if check and package.contract is not None:
        check_contract(read_contract(package.contract), network, package.normalisation, package.name)
    return network


def _read(source: Source) -> ModelPackage:
    """Return the package of a definition that describes a network of ours."""
    definition, name = source.definition, source.name
    ours = definition.ImageryDL
    if ours is None:
        raise _foreign(definition, name)
    if ours.get("version") != OUR_VERSION:
        raise ModelPackageError(
            f"{name} was written by another version of this plugin (package version {ours.get('version')!r}, this one "
            f"reads {OUR_VERSION}): update the plugin or train the model again"
        )
    lacking = [key for key in ("Classes", "ImageHeight", "ImageWidth") if not getattr(definition, key)]
    if lacking:
        raise ModelPackageError(f"{name} lacks {', '.join(lacking)}: add what is missing or train the model again")
    spec = _checked(ModelSpec.from_json(ours), name)
    classes = tuple(ClassInfo(entry.Value, entry.Name, _color(entry.Color)) for entry in definition.Classes or ())
    dates = get_architecture(spec.architecture).dates
    bands = tuple(definition.ExtractBands) if definition.ExtractBands else tuple(range(spec.bands // dates))
    if len(classes) != spec.classes or dates * len(bands) != spec.bands:
        raise ModelPackageError(
            f"{name} lists {len(classes)} classes and {len(bands)} bands, but its network has {spec.classes} and "
            f"{spec.bands // dates}: Classes or ExtractBands were changed; take the definition as it was trained"
        )
    limits = tuple(definition.LabelThresholds or ())
    if limits and len(limits) != len(classes):
        raise ModelPackageError(
            f"{name} has {len(limits)} LabelThresholds for {len(classes)} classes: give one for each, or remove the key"
        )
    cell = definition.MinCellSize
    resize = definition.resize_to
    contract = ours.get("contract")
    return ModelPackage(
        emd=source.raw,
        name=name,
        folder=source.folder,
        weights=_weight_file(source, ours),
        task=definition.task,
        architecture=spec.architecture,
        spec=spec,
        classes=with_colors(classes),
        tile=(definition.ImageHeight or 0, definition.ImageWidth or 0),
        bands=bands,
        normalisation=Normalisation.from_emd(source.raw, bands).repeated(dates),
        padding=definition.Padding or 0,
        threshold=DEFAULT_THRESHOLD if definition.Threshold is None else definition.Threshold,
        cell_size=None if cell is None else cell.x,
        crs=None if cell is None else _crs_text(cell.spatialReference),
        resize_to=(resize, resize) if isinstance(resize, int) else resize,
        label_thresholds=limits,
        contract=source.file(contract, "golden tile") if isinstance(contract, str) else None,
        unpacked=source.unpacked,
    )


def _weight_file(source: Source, ours: Mapping[str, Any]) -> Path:
    """Return our safetensors file, or what ``ModelFile`` names where it is gone."""
    preferred = ours.get("weights")
    model_file = source.definition.ModelFile or (source.definition.ModelFiles or [""])[0]
    if isinstance(preferred, str) and preferred:
        try:
            return source.file(preferred, "weights")
        except ModelPackageError as error:
            log.info("%s; taking ModelFile instead", error)
    return source.file(model_file, "ModelFile")


def _checked(spec: ModelSpec, name: str) -> ModelSpec:
    """Return the specification of a network that can be built and is of a sane size."""
    try:
        entry = get_architecture(spec.architecture)
        entry.backbone(spec.backbone)
        entry.parse_arguments(spec.arguments)
    except ParameterError as error:
        raise ModelPackageError(f"{name} describes a network that cannot be built: {error}") from error
    sane = (
        1 <= spec.bands <= LARGEST_BANDS
        and 1 <= spec.classes <= LARGEST_CLASSES
        and all(1 <= side <= LARGEST_SIDE for side in spec.tile)
    )
    if not sane:
        raise ModelPackageError(
            f"{name} describes a network of {spec.bands} bands, {spec.classes} classes and tiles of {spec.tile}: "
            "that is no size of a network; take the definition as it was trained"
        )
    return spec


def _foreign(definition: Definition, name: str) -> ModelPackageError:
    """Return the refusal of a package that other software made."""
    if definition.InferenceFunction:
        return ModelPackageError(
            f"{name} brings its own code: {definition.InferenceFunction!r} would have run on this computer; only "
            "models that this plugin trained can be run yet, so train one or ask for such a package"
        )
    made_by = definition.ModelConfiguration
    made_by = made_by.get("Name", "unnamed") if isinstance(made_by, dict) else made_by or "none"
    return ModelPackageError(
        f"{name} was made by other software (Framework {definition.Framework!r}, ModelConfiguration {made_by!r}): only "
        "models that this plugin trained can be run yet, so train one or ask for such a package"
    )


def _color(color: tuple[int, int, int]) -> tuple[int, int, int]:
    return color if all(0 <= value <= 255 for value in color) else NO_COLOR


def _crs_text(reference: Mapping[str, Any] | None) -> str | None:
    """Return an Esri spatial reference as ``EPSG:n`` or WKT."""
    if not reference:
        return None
    code = reference.get("latestWkid") or reference.get("wkid")
    return f"EPSG:{code}" if isinstance(code, int) else reference.get("wkt")
