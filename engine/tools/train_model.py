"""What Train Deep Learning Model takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from ..models.backbones import BACKBONES, FULL_RESOLUTION
from ..models.registry import architectures
from . import shared
from .declaration import Derived, Tool, When, param
from .kinds import Arguments, Choice, Flag, Folders, LearningRate, ModelPackage, NewFolder, Number, Text
from .training_offers import MONITORS, read_training
from .values import Pairs


@dataclass(frozen=True)
class TrainModel(Tool):
    """Train or fine-tune a network on exported training data and write a model package with its report."""

    name: ClassVar[str] = "traindeeplearningmodel"
    title: ClassVar[str] = "Train Deep Learning Model"
    group: ClassVar[str] = "Model"
    derived: ClassVar[tuple[Derived, ...]] = (
        Derived("out_model_file", "Output model (.dlpk)"),
        Derived("out_report", "Report (.html)"),
    )
    example: ClassVar[Mapping[str, str]] = {
        "in_folder": "chips",
        "out_folder": "models/pads",
        "model_type": "FCOS",
        "backbone_model": "RESNET18",
        "max_epochs": "30",
    }
    about: ClassVar[str] = (
        "Part of the chips is held back for validation, in blocks on the ground so that overlapping chips "
        "never stand on both sides. The best state by the monitored metric is kept. ImageNet weights are "
        "fetched when the network allows; otherwise training starts from random weights and says so. An "
        "interrupted training goes on when the same request is run again."
    )

    in_folder: tuple[str, ...] = param(
        Folders(
            "Input training data",
            "Folders written by the export tool or by other programs: VOC, KITTI, COCO (a folder or its .json file), "
            "YOLO, images and masks, folders of classes.",
        )
    )
    out_folder: str = param(NewFolder("Output folder", "Folder of the model; its name becomes the model's name."))
    max_epochs: int = param(
        Number("Max epochs", "Passes over the training data at most.", low=1, high=100000, whole=True), 20
    )
    model_type: str = param(
        Choice(
            "Model type",
            "Architecture; empty chooses one that suits the data.",
            choices=("", *architectures()),
        ),
        "",
    )
    batch_size: int | None = param(
        Number("Batch size", "Chips per step; empty takes what suits data and memory.", low=1, high=4096, whole=True),
        None,
    )
    arguments: Pairs = param(Arguments("Model arguments", "Arguments of the architecture.", of="model_type"), ())
    learning_rate: str = param(
        LearningRate("Learning rate", "Empty finds it from the data; slice(low, high) sets backbone and head."), ""
    )
    backbone_model: str = param(
        Choice(
            "Backbone model",
            "Encoder of the network. Empty takes RESNET34 with ImageNet weights, else RESNET18, which learns faster; "
            "FULLRES belongs to the feature classifier and suits small chips.",
            choices=("", *BACKBONES, FULL_RESOLUTION),
            prefix="timm:",
        ),
        "",
    )
    pretrained_model: str = param(
        ModelPackage("Pre-trained model", "Package of the same model type and backbone to fine-tune."), ""
    )
    validation_percentage: float = param(
        Number("Validation %", "Share of the data held back for validation.", low=1.0, high=90.0), 10.0
    )
    stop_training: bool = param(
        Flag(
            "Stop when model stops improving",
            "Ends early when the monitored metric has not improved for 5 epochs.",
            on="STOP_TRAINING",
            off="CONTINUE_TRAINING",
        ),
        True,
    )
    freeze: bool = param(
        Flag(
            "Freeze model",
            "Keeps pre-trained backbone weights fixed; ignored with random weights.",
            on="FREEZE_MODEL",
            off="UNFREEZE_MODEL",
        ),
        True,
    )
    augmentation: str = param(
        Choice(
            "Data augmentation",
            "DEFAULT turns, crops, zooms and changes brightness and contrast; FILE reads transforms.json.",
            choices=("DEFAULT", "NONE", "CUSTOM", "FILE"),
        ),
        "DEFAULT",
        advanced=True,
    )
    augmentation_parameters: Pairs = param(
        Arguments("Augmentation parameters", "Transforms of CUSTOM, such as rotate 30; zoom '(1.0, 1.2)'."),
        (),
        advanced=True,
        applies=(When("augmentation", ("CUSTOM",)),),
    )
    chip_size: int | None = param(
        Number(
            "Chip size",
            "Chips are cropped to it; empty keeps them whole.",
            low=32,
            high=16384,
            whole=True,
            unit="pixels",
        ),
        None,
        advanced=True,
    )
    resize_to: str = param(
        Text(
            "Resize to", "Size to which chips are resized first; empty takes the size at which objects are learnt best."
        ),
        "",
        advanced=True,
    )
    weight_init_scheme: str = param(
        Choice(
            "Weight initialization scheme",
            "First layer for bands beyond red, green and blue.",
            choices=("RANDOM", "RED_BAND", "ALL_RANDOM"),
        ),
        "RANDOM",
        advanced=True,
        applies=(When("pretrained_weights", (True,)),),
    )
    monitor: str = param(
        Choice(
            "Monitor metric",
            "Metric that chooses the best state and stops early.",
            choices=(
                "VALID_LOSS",
                "AVERAGE_PRECISION",
                "ACCURACY",
                "F1_SCORE",
                "MIOU",
                "DICE",
                "PRECISION",
                "RECALL",
                "MULTI_LABEL_FBETA",
            ),
        ),
        "VALID_LOSS",
        advanced=True,
    )
    tensorboard: bool = param(
        Flag("Enable Tensorboard", "Also writes TensorBoard logs.", on="ENABLE_TENSORBOARD", off="DISABLE_TENSORBOARD"),
        False,
        advanced=True,
    )
    split: str = param(
        Choice(
            "Validation split",
            "spatial holds back blocks on the ground; random holds back chips and may leak through their overlap.",
            choices=("spatial", "random"),
        ),
        "spatial",
        advanced=True,
    )
    max_minutes: float | None = param(
        Number("Training time", "Train for this long, whatever Max epochs says.", low=0.0, above=True, unit="minutes"),
        None,
        advanced=True,
    )
    pretrained_weights: bool = param(
        Flag("Use ImageNet weights", "Start the backbone from ImageNet weights when they can be fetched."),
        True,
        advanced=True,
    )
    precision: str = shared.precision()
    seed: int = param(
        Number("Seed", "Seed of all random choices.", low=0, high=2**31 - 1, whole=True), 42, advanced=True
    )
    processor_type: str = shared.processor_type()
    gpu_id: str = shared.gpu_id()

    @classmethod
    def offered(cls, values: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
        """Return the model types that learn from the folders, and the backbones and metrics of the model type."""
        folders = values.get("in_folder") or ()
        data = read_training(folders.split(";") if isinstance(folders, str) else folders)
        choices: dict[str, tuple[str, ...]] = {"model_type": data.model_types}
        entry = architectures().get(str(values.get("model_type") or "").upper())
        if entry is not None:
            choices |= {"backbone_model": entry.backbones, "monitor": MONITORS[entry.task]}
        return choices
