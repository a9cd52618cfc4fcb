"""What a training starts from: architecture, backbone weights or a whole package, and the normalisation they expect."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..classes import ClassInfo
from ..errors import ModelPackageError, ParameterError
from ..job import Job
from ..models.backbones import FULL_RESOLUTION, NO_BACKBONE
from ..models.registry import Architecture, ModelSpec, build_network, get_architecture
from ..networks.backbones import fetch_weights, first_convolution, load_pretrained
from ..networks.pixel_losses import CLASS_SHARES, CLASS_WEIGHTS
from ..networks.segmentation_models import take_model_weight
from ..networks.trainable import Trainable
from ..package.emd import ModelPackage, open_package
from ..package.normalisation import Normalisation
from ..package.weights import read_weights
from ..samples.dates import of_dates
from ..samples.folder import SampleSet
from ..tasks.registry import Labels, Task, get_task, task_of
from ..tools.train_model import TrainModel

RGB = ("red", "green", "blue")
WITH_WEIGHTS, WITHOUT_WEIGHTS = "RESNET34", "RESNET18"
"""Backbones that are taken when none is named: with ImageNet weights at hand, and without."""
OF_THE_DATA = frozenset(("ignore_classes", "background", "class_balancing", "class_weights"))
"""Model arguments that say something of the training data: fine-tuning does not take them from its package."""

OF_EACH_CLASS = (CLASS_WEIGHTS, CLASS_SHARES)
"""What a specification keeps of each class: of no use to a network of other classes."""


@dataclass(frozen=True)
class Choices:
    """What the request says about the network, checked against the data.

    Attributes:
        architecture: The architecture.
        task: What it is trained for.
        backbone: Name of the backbone.
        arguments: Model arguments, texts.
        monitor: Metric that chooses the best state.
        chip_size: Side of the part of a chip that is shown, or None.
        package: The package to fine-tune, or None.
        samples: The training data as the architecture looks at it: one date, or all dates in one chip.
        labels: What the labels of the training data mean.
    """

    architecture: Architecture
    task: Task
    backbone: str
    arguments: tuple[tuple[str, str], ...]
    monitor: str
    chip_size: int | None
    package: ModelPackage | None
    samples: SampleSet
    labels: Labels


@dataclass(frozen=True)
class Start:
    """A network before its first step.

    Attributes:
        network: The network.
        spec: What it is built from.
        pretrained: Whether the backbone's weights were trained before.
        frozen: Whether they stay as they are.
        normalisation: What is done to pixels before the network.
        origin: Where the weights come from, for the report.
    """

    network: Trainable
    spec: ModelSpec
    pretrained: bool
    frozen: bool
    normalisation: Normalisation
    origin: str

    def text(self) -> str:
        """Return what a resumed training must have started from too."""
        return repr((self.origin, self.frozen, self.normalisation))


def make_choices(request: TrainModel, samples: SampleSet, job: Job) -> Choices:
    """Check what the request says about the network.

    Raises:
        ParameterError: Model type, backbone, argument or monitor is not offered, or does not suit the data.
        ModelPackageError: The pre-trained package is of another kind.
    """
    package = open_package(request.pretrained_model, job) if request.pretrained_model else None
    architecture = _architecture(request, package, samples, job)
    if samples.metadata_format not in architecture.formats:
        raise ParameterError(
            f"{architecture.code} does not learn from {samples.metadata_format}: choose a model type for that format, "
            f"or export the training data as {architecture.formats[0]}; Convert Training Data makes it from a folder "
            "that is there"
        )
    samples = of_dates(samples, architecture.dates, architecture.code, job)
    own = {"chip_size", "monitor"}
    given = {name.lower(): text for name, text in request.arguments if name.lower() in own}
    arguments = tuple((name, text) for name, text in request.arguments if name.lower() not in own)
    backbone = architecture.backbone(request.backbone_model or _offered(architecture, WITH_WEIGHTS))
    if package is not None:
        backbone = _same_network(package, architecture, backbone, request, samples, job)
        known = {name.lower() for name, _ in arguments} | OF_THE_DATA
        arguments = (*arguments, *(pair for pair in package.spec.arguments if pair[0].lower() not in known))
    task = get_task(architecture.task)
    values = architecture.parse_arguments(arguments)
    return Choices(
        architecture,
        task,
        backbone,
        arguments,
        _monitor(given.get("monitor", request.monitor), task, architecture),
        _chip_size(given.get("chip_size"), request.chip_size),
        package,
        samples,
        task.labels(samples, values, job),
    )


def warn_of_weight(architecture: Architecture, device: torch.device, job: Job) -> None:
    """Tell that an architecture is slow where there is no GPU."""
    if architecture.heavy and device.type == "cpu":
        job.warn(
            f"{architecture.title} is trained without a GPU: a step takes many times as long; leave model_type empty "
            "for a network that learns faster here"
        )


def starting_network(
    request: TrainModel,
    choices: Choices,
    samples: SampleSet,
    statistics: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    tile: tuple[int, int],
    sizes: np.ndarray,
    job: Job,
) -> Start:
    """Build the network and give it the best weights there are to start from.

    Args:
        request: The request.
        choices: What it says about the network.
        samples: The training data.
        statistics: Smallest value, largest value, mean and standard deviation of each band.
        tile: Rows and columns the network is shown.
        sizes: (n, 2) float, widths and heights of the training objects as the network is shown them.
        job: Told where the weights come from.
    """
    torch.manual_seed(request.seed)
    weights = None if choices.package is not None else _imagenet(request, choices, job)
    backbone = choices.backbone
    if weights is None and choices.package is None and not request.backbone_model and backbone != NO_BACKBONE:
        choose = choices.architecture.untrained
        backbone = choose(tile, len(samples)) if choose else _offered(choices.architecture, WITHOUT_WEIGHTS)
        if backbone != choices.backbone:
            usual = choices.backbone
            job.message(f"Backbone {backbone} is taken, which learns faster from random weights than {usual}")
    spec = choices.architecture.spec(backbone, samples.bands, len(samples.classes), choices.arguments, tile)
    pairs = [(float(width), float(height)) for width, height in sizes]
    spec = choices.architecture.adapted(choices.labels.fitted(spec, job), pairs)
    network: Trainable = build_network(spec)
    normalisation = Normalisation.from_statistics(*(values.tolist() for values in statistics))
    if choices.package is not None:
        _take_over(network, spec, choices.package, samples.classes, job)
        return _frozen(network, spec, request, choices.package.normalisation, "fine-tuned from a package")
    file = spec.values().get("model_weight", "")
    if file and (taken := take_model_weight(network, file)):
        job.message(f"{taken} of {len(network.state_dict())} tensors are taken from {file}")
        return _frozen(network, spec, request, normalisation, f"weights of {Path(file).name}")
    if network.body is None:
        return Start(network, spec, False, False, normalisation, "random weights")
    if weights is None:
        if request.freeze:
            job.message("The backbone starts from random weights, all of which learn: freeze has no effect")
        return Start(network, spec, False, False, normalisation, "random weights")
    rgb = _rgb(samples.band_names)
    load_pretrained(network.body, weights, request.weight_init_scheme, rgb)
    if samples.date_bands == 3 and samples.dtype == "uint8" and rgb == (0, 1, 2):
        normalisation = Normalisation.imagenet().repeated(samples.dates)
    return _frozen(network, spec, request, normalisation, "ImageNet weights")


def _architecture(request: TrainModel, package: ModelPackage | None, samples: SampleSet, job: Job) -> Architecture:
    """Return the architecture asked for, or the one that suits."""
    if request.model_type:
        return get_architecture(request.model_type)
    if package is not None:
        return get_architecture(package.architecture)
    code, why = task_of(samples).suggest(samples)
    job.message(f"Model type is empty: {code} is taken, {why}")
    return get_architecture(code)


def _offered(architecture: Architecture, backbone: str) -> str:
    """Return a backbone where an architecture offers it, else the first that it offers."""
    offered = architecture.backbones
    return backbone if backbone in offered or not offered else offered[0]


def _same_network(
    package: ModelPackage, architecture: Architecture, backbone: str, request: TrainModel, samples: SampleSet, job: Job
) -> str:
    """Refuse a package of another network; return its backbone."""
    name = request.pretrained_model
    if package.architecture.upper() != architecture.code:
        raise ModelPackageError(
            f"pretrained_model {name} is a {package.architecture} and model_type is {architecture.code}: "
            "choose the same model type, or leave it empty"
        )
    if not request.backbone_model:
        job.message(f"Backbone of the package: {package.spec.backbone}")
    elif package.spec.backbone.lower() != backbone.lower():
        raise ModelPackageError(
            f"pretrained_model {name} has the backbone {package.spec.backbone} and backbone_model is {backbone}: "
            f"choose {package.spec.backbone}"
        )
    if package.spec.bands != samples.bands:
        raise ModelPackageError(
            f"pretrained_model {name} takes {package.spec.bands} bands and the chips have {samples.bands}: "
            "choose a package for the same bands"
        )
    return package.spec.backbone


def _monitor(name: str, task: Task, architecture: Architecture) -> str:
    """Return the metric in its own spelling."""
    plain = name.strip().upper().replace(" ", "_")
    if plain not in task.monitors:
        raise ParameterError(
            f"monitor {name} is not offered by {architecture.code}: choose {' or '.join(task.monitors)}"
        )
    return plain


def _chip_size(argument: str | None, parameter: int | None) -> int | None:
    """Return the chip size, which older requests give as a model argument."""
    if parameter is not None or argument is None:
        return parameter
    if not argument.strip().isdigit() or int(argument) < 32:
        raise ParameterError(f"argument chip_size is '{argument}': give a whole number of pixels, 32 or more")
    return int(argument)


def _imagenet(request: TrainModel, choices: Choices, job: Job) -> dict[str, Tensor] | None:
    """Return ImageNet weights when they are wanted and can be had; the reason is told otherwise."""
    if choices.backbone == NO_BACKBONE:
        job.message(f"{choices.architecture.title} has no backbone: training starts from random weights")
        return None
    if choices.backbone == FULL_RESOLUTION:
        job.message(f"{FULL_RESOLUTION} has no ImageNet weights: training starts from random weights")
        return None
    if not request.pretrained_weights:
        job.message("pretrained_weights is false: training starts from random weights")
        return None
    return fetch_weights(choices.backbone, job)


def _rgb(names: tuple[str, ...]) -> tuple[int, int, int]:
    """Return which bands are red, green and blue; the first three when their names do not say."""
    plain = [name.strip().lower() for name in names]
    if all(color in plain for color in RGB):
        return plain.index("red"), plain.index("green"), plain.index("blue")
    return 0, 1, 2


def _frozen(
    network: Trainable, spec: ModelSpec, request: TrainModel, normalisation: Normalisation, origin: str
) -> Start:
    """Freeze the backbone when asked; a first layer with random weights for further bands still learns."""
    if request.freeze and network.body is not None:
        network.freeze_backbone()
        if network.body.bands != 3 and not request.pretrained_model:
            first_convolution(network.body.network)[1].weight.requires_grad_(True)
    return Start(network, spec, True, network.backbone_frozen, normalisation, origin)


def _take_over(
    network: Trainable, spec: ModelSpec, package: ModelPackage, classes: tuple[ClassInfo, ...], job: Job
) -> None:
    """Put a package's weights into a network; layers that depend on other classes keep their random start."""
    weights = read_weights(package.weights)
    own = network.state_dict()
    same_classes = package.spec.background == spec.background and [
        (entry.value, entry.name) for entry in package.classes
    ] == [(entry.value, entry.name) for entry in classes]
    extra = tuple(pair for pair in spec.extra if pair[0] not in OF_EACH_CLASS)
    other = build_network(replace(spec, classes=spec.classes + 1, extra=extra)).state_dict()
    of_classes = {name for name, tensor in own.items() if tensor.shape != other[name].shape}
    fitting = {
        name: tensor
        for name, tensor in weights.items()
        if name in own and tensor.shape == own[name].shape and (same_classes or name not in of_classes)
    }
    missing = [name for name in own if name not in fitting]
    unexpected = [name for name in missing if name not in of_classes]
    if len(unexpected) > len(own) // 2 or not fitting:
        raise ModelPackageError(
            f"the weights {package.weights.name} do not fit {spec.architecture} with backbone {spec.backbone}: "
            "choose a package of the same model type and backbone"
        )
    network.load_state_dict(fitting, strict=False)
    if missing:
        reason = "the classes differ" if not unexpected else "the model arguments differ"
        job.message(f"{len(missing)} layers of the head start anew because {reason}")


def labels_of(samples: SampleSet) -> Labels:
    """Return what the labels of training data mean when no model argument says otherwise."""
    return task_of(samples).labels(samples, {}, Job())
