"""Every architecture we can build: one file of this folder each, found by scanning it.

Nothing here imports a network library, so QGIS can list architectures, backbones and arguments. An architecture's
``build`` imports it when it is called.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import ModelPackageError, ParameterError
from .arguments import ArgumentSpec, argument_pairs, parse_arguments
from .backbones import BACKBONES, NO_BACKBONE, backbone_name

__all__ = [
    "BACKBONES",
    "Architecture",
    "ArgumentSpec",
    "ModelSpec",
    "architecture",
    "architectures",
    "build_network",
    "get_architecture",
]

DETECTION_FORMATS = ("PASCAL_VOC_rectangles", "KITTI_rectangles")
"""Training formats that hold boxes."""

PIXEL_FORMATS = ("Classified_Tiles",)
"""Training formats that hold a class for every pixel."""

INSTANCE_FORMATS = ("RCNN_Masks",)
"""Training formats that hold the mask of every object."""

BOX_FORMATS = (*DETECTION_FORMATS, *INSTANCE_FORMATS)
"""Training formats that boxes can be had from: a mask has its frame."""

LABEL_FORMATS = ("Labeled_Tiles", "MultiLabeled_Tiles", "Imagenet")
"""Training formats that hold a class, or several, for a chip as a whole."""

SEVERAL_LABELS = ("MultiLabeled_Tiles",)
"""Those in which a chip can have several."""

TRAINING_ARGUMENTS = ("chip_size", "monitor")
"""Model arguments of older versions that belong to the training, not to the network."""


@dataclass(frozen=True)
class ModelSpec:
    """All that is needed to build a network again: what a model package stores.

    Attributes:
        architecture: Code of the architecture, for example ``FCOS``.
        backbone: Name of the backbone, for example ``RESNET34`` or ``timm:efficientnet_b0``.
        bands: Number of bands the network takes.
        classes: Number of classes, background not counted.
        arguments: Names and texts of the architecture's arguments; what is not named takes its default.
        tile: Rows and columns of the image the network is trained on, after any resizing.
        extra: Names and texts that an architecture keeps for itself.
        background: Whether the background is a class of its own that a pixel can have.
    """

    architecture: str
    backbone: str
    bands: int
    classes: int
    arguments: tuple[tuple[str, str], ...] = ()
    tile: tuple[int, int] = (256, 256)
    extra: tuple[tuple[str, str], ...] = ()
    background: bool = False

    @property
    def outputs(self) -> int:
        """Number of score channels of a segmentation network: the classes, and the background where it is one."""
        return self.classes + int(self.background)

    def values(self) -> dict[str, Any]:
        """Return the parsed arguments, defaults included."""
        return get_architecture(self.architecture).parse_arguments(self.arguments)

    def to_json(self) -> dict[str, Any]:
        """Return the specification as plain JSON values."""
        return {
            "architecture": self.architecture,
            "backbone": self.backbone,
            "bands": self.bands,
            "classes": self.classes,
            "arguments": dict(self.arguments),
            "tile": list(self.tile),
            "extra": dict(self.extra),
            "background": self.background,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ModelSpec:
        """Return the specification that ``to_json`` wrote.

        Raises:
            ModelPackageError: A value is missing or of the wrong kind.
        """
        try:
            rows, cols = data["tile"]
            return cls(
                architecture=str(data["architecture"]),
                backbone=str(data["backbone"]),
                bands=int(data["bands"]),
                classes=int(data["classes"]),
                arguments=tuple((str(name), str(text)) for name, text in dict(data.get("arguments", {})).items()),
                tile=(int(rows), int(cols)),
                extra=tuple((str(name), str(text)) for name, text in dict(data.get("extra", {})).items()),
                background=bool(data.get("background", False)),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelPackageError(
                f"the description of the network is incomplete or broken ({error!r}); train or export the model again"
            ) from error


Adapt = Callable[[ModelSpec, Sequence[tuple[float, float]]], ModelSpec]
"""Fills arguments that depend on the data; see ``Architecture.adapted``."""

Untrained = Callable[[tuple[int, int], int], str]
"""Gives the backbone that learns best from random weights, of rows and columns of the tile and the number of chips."""

EmdKeys = Callable[[ModelSpec], dict[str, Any]]
"""Gives keys of a model definition that arcgis.learn writes for an architecture."""


@dataclass(frozen=True)
class Architecture:
    """One architecture: what it is called, what it takes, how it is built.

    Attributes:
        code: ArcGIS's code, capitals.
        title: Name people read.
        task: ``object_detection`` or another task of ``engine/tasks``.
        formats: Training formats it learns from.
        backbones: Backbones it accepts beside ``timm:<model>``; none where it has no backbone, and then any name is
            passed over.
        arguments: Arguments it offers.
        help: First line of the builder's docstring.
        build: Makes the network, random weights, for a ``ModelSpec``.
        model_name: ``ModelName`` in a model definition: what arcgis.learn calls it, where it has it.
        configuration: ``ModelConfiguration`` in a model definition.
        adapt: Fills arguments left empty from the data, or None.
        emd_keys: Gives further keys of a model definition, or None.
        rate: Highest learning rate of a one-cycle training that suits it with small batches.
        untrained: Chooses the backbone where none is named and there are no ImageNet weights, or None.
        heavy: Whether it is so slow without a GPU that users are told.
        dates: Images of the same ground that it looks at together: 2 of a network of pairs. Bands of a specification
            are those of all of them.
    """

    code: str
    title: str
    task: str
    formats: tuple[str, ...]
    backbones: tuple[str, ...]
    arguments: tuple[ArgumentSpec, ...]
    help: str
    build: Callable[[ModelSpec], Any] = field(repr=False, compare=False)
    model_name: str = ""
    configuration: str = ""
    adapt: Adapt | None = field(default=None, repr=False, compare=False)
    emd_keys: EmdKeys | None = field(default=None, repr=False, compare=False)
    rate: float = 1e-3
    untrained: Untrained | None = field(default=None, repr=False, compare=False)
    heavy: bool = False
    dates: int = 1

    def parse_arguments(self, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
        """Return the value of every argument, given or default; ``TRAINING_ARGUMENTS`` are passed over.

        Raises:
            ParameterError: A name is unknown or given twice, or a value breaks its rule.
        """
        return parse_arguments(self.code, self.arguments, pairs, ignored=TRAINING_ARGUMENTS)

    def backbone(self, text: str) -> str:
        """Return the backbone's name as we write it; ``NO_BACKBONE`` where the architecture has none.

        Raises:
            ParameterError: This architecture does not offer it.
        """
        return backbone_name(text, self.backbones) if self.backbones else NO_BACKBONE

    def spec(
        self,
        backbone: str,
        bands: int,
        classes: int,
        arguments: Iterable[tuple[str, str]] = (),
        tile: tuple[int, int] = (256, 256),
    ) -> ModelSpec:
        """Return a checked specification with every argument written out.

        Raises:
            ParameterError: Backbone or arguments are not offered, or a count is below 1.
        """
        if bands < 1 or classes < 1:
            raise ParameterError(f"{self.code} was asked for {bands} bands and {classes} classes; it needs 1 or more")
        return ModelSpec(
            architecture=self.code,
            backbone=self.backbone(backbone),
            bands=bands,
            classes=classes,
            arguments=argument_pairs(self.parse_arguments(arguments)),
            tile=tile,
        )

    def adapted(self, spec: ModelSpec, sizes: Sequence[tuple[float, float]]) -> ModelSpec:
        """Return the specification with arguments left empty filled from the training data.

        Args:
            spec: What the user asked for.
            sizes: Width and height of the training objects in pixels of ``spec.tile``; may be empty.
        """
        return spec if self.adapt is None else self.adapt(spec, sizes)


_FOUND: dict[str, Architecture] = {}
_scanned = False


def architecture(
    code: str,
    *,
    title: str,
    task: str,
    formats: tuple[str, ...] = BOX_FORMATS,
    backbones: tuple[str, ...] = BACKBONES,
    arguments: tuple[ArgumentSpec, ...] = (),
    model_name: str = "",
    configuration: str = "",
    adapt: Adapt | None = None,
    emd_keys: EmdKeys | None = None,
    rate: float = 1e-3,
    untrained: Untrained | None = None,
    heavy: bool = False,
    dates: int = 1,
) -> Callable[[Callable[[ModelSpec], Any]], Callable[[ModelSpec], Any]]:
    """Register the decorated ``build(spec)`` as an architecture; see ``Architecture`` for the arguments.

    Raises:
        ValueError: The code is taken.
    """

    def register(build: Callable[[ModelSpec], Any]) -> Callable[[ModelSpec], Any]:
        key = code.upper()
        if key in _FOUND and _FOUND[key].build.__module__ != build.__module__:
            raise ValueError(f"architecture {key} is registered twice, by {build.__module__} and another file")
        summary = (build.__doc__ or "").strip().splitlines()
        _FOUND[key] = Architecture(
            code=key,
            title=title,
            task=task,
            formats=formats,
            backbones=backbones,
            arguments=arguments,
            help=summary[0] if summary else "",
            build=build,
            model_name=model_name or title.replace(" ", "").replace("-", ""),
            configuration=configuration or f"imagery_dl_{key.lower()}",
            adapt=adapt,
            emd_keys=emd_keys,
            rate=rate,
            untrained=untrained,
            heavy=heavy,
            dates=dates,
        )
        return build

    return register


def architectures(task: str | None = None) -> dict[str, Architecture]:
    """Return every architecture by code, sorted; only those of ``task`` when it is given."""
    _scan()
    return {code: _FOUND[code] for code in sorted(_FOUND) if task is None or _FOUND[code].task == task}


def get_architecture(code: str) -> Architecture:
    """Return one architecture by its code, in any case.

    Raises:
        ParameterError: There is none of this name.
    """
    known = architectures()
    found = known.get(code.strip().upper())
    if found is None:
        raise ParameterError(f"model type {code!r} is unknown; choose one of {', '.join(known)}")
    return found


def build_network(spec: ModelSpec) -> Any:
    """Return the network of a specification, with random weights.

    Raises:
        ParameterError: Architecture, backbone or arguments are not offered.
    """
    entry = get_architecture(spec.architecture)
    return entry.build(replace(spec, architecture=entry.code, backbone=entry.backbone(spec.backbone)))


def _scan() -> None:
    """Import every file of this folder once."""
    global _scanned
    if _scanned:
        return
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        importlib.import_module(f"{__package__}.{module.name}")
    _scanned = True
