"""Train Deep Learning Model: sample folder -> split -> batches -> epochs -> best weights -> report -> model package."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import torch

from ..errors import OutputError
from ..files import replaced_folder, writable
from ..job import Job
from ..samples.folder import read_samples
from ..tools.train_model import TrainModel
from ..training.augmentation import WHOLE, augmentation
from ..training.chips import ground, look_at_chips
from ..training.outcome import write_model
from ..training.plan import Plan
from ..training.precision import choose_arithmetic
from ..training.scale import choose_scale, middle_only
from ..training.session import Material, train
from ..training.split import split_chips
from ..training.start import make_choices, starting_network, warn_of_weight
from ..training.state import Checkpoint, request_key
from ..training.trained import Trained

READ, TRAINED = 0.03, 0.97
"""Progress when the chips are read, and when the network is trained."""
LOGS = "tensorboard"
"""Folder of the TensorBoard logs, beside the state while training goes on, then in the model's folder."""


def run(request: TrainModel, job: Job) -> dict[str, str]:
    """Train a network on exported training data; see TrainModel for the parameters.

    Returns:
        ``out_folder``: the model folder; ``out_model_file``: the .dlpk; ``out_report``: the HTML report.
    """
    target = Path(request.out_folder).absolute()
    _refuse_used(target)
    samples = read_samples(request.in_folder, job)
    choices = make_choices(request, samples, job)
    samples, labels, task = choices.samples, choices.labels, choices.task
    transforms = augmentation(
        request.augmentation,
        request.augmentation_parameters,
        Path(samples.folders[0]),
        samples.image_space != "PIXEL_SPACE",
    )
    split = split_chips(ground(samples, labels), request.validation_percentage, request.split, request.seed, job)
    chip, sizes = (samples.tile_rows, samples.tile_cols), labels.sizes(split.training)
    scale = choose_scale(chip, sizes, choices.chip_size, request.resize_to, task.rule, job)
    arithmetic = choose_arithmetic(request.processor_type, request.gpu_id, request.precision, job, scale.view)
    warn_of_weight(choices.architecture, arithmetic.device, job)
    part = scale.tile if scale.cropped and task.centred else None
    if part is not None:
        scale = middle_only(scale)
    if scale.cropped and transforms.crop is None:
        transforms = replace(transforms, crop=WHOLE)  # a view smaller than the chip shows any part of it
    labels = labels.hiding(split.hidden, samples.bounds[split.validation])
    store, statistics = look_at_chips(samples, labels, job, (0.0, READ), part)
    shown = sizes * [scale.scale[1], scale.scale[0]]
    start = starting_network(request, choices, samples, statistics.lists(), scale.view, shown, job)
    if request.augmentation == "DEFAULT":
        transforms = task.transforms(transforms, start.network)
    start.network.to(arithmetic.device).to(memory_format=torch.channels_last)

    writable(target)
    checkpoint = Checkpoint(target, request_key(request, samples, labels, start.network.state_dict(), start.text()))
    material = Material(store, split, scale, transforms, (statistics.minimum, statistics.maximum))
    logs = checkpoint.folder / LOGS if request.tensorboard else None
    plan = Plan(
        task, arithmetic, start.normalisation, labels.names, request.max_epochs, request.max_minutes, choices.monitor,
        request.stop_training, logs, request.seed, choices.architecture.rate,
    )  # fmt: skip
    with checkpoint.kept():
        state = train(start.network, plan, material, request, start.pretrained, checkpoint, job, (READ, TRAINED))
    evaluation = task.settle(plan.evaluated(start.network, material.validation(state.batch_size), job), labels.names)
    trained = Trained(request, samples, statistics, choices, start, plan, material, state, evaluation)
    with replaced_folder(target, job) as folder:
        written = write_model(folder, target.name, trained, job)
        if logs is not None:
            shutil.copytree(logs, folder / LOGS)
    checkpoint.remove()
    return {"out_folder": str(target), **{name: str(target / file) for name, file in written.items()}}


def _refuse_used(target: Path) -> None:
    """Refuse an output folder with something in it, before anything is done."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        kind = (
            "already holds a model"
            if target.is_dir() and any(target.glob("*.emd"))
            else "exists and is not an empty folder"
        )
        raise OutputError(f"out_folder {target} {kind}: choose another folder, or empty this one")
