"""Training: processor time of a step, reading, augmentation and reports included, against a bare loop.

Ours reads the chips from disk, augments them, averages the weights, clips gradients, follows its schedule and reports;
the limit holds normalised batches in memory and does nothing but forward, backward and optimiser step. Both run the
same network channels-last in the arithmetic that ours chooses on this machine. Validation is work of its own and left
out of both; so is building the network.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch

from engine.job import Job
from engine.models.registry import build_network, get_architecture
from engine.package.normalisation import Normalisation
from engine.samples.folder import read_samples
from engine.tasks.registry import get_task
from engine.training.augmentation import DEFAULT
from engine.training.batches import BatchChoice
from engine.training.chips import look_at_chips
from engine.training.learning_rate import Rates
from engine.training.loop import fit
from engine.training.plan import Plan, optimizer_of
from engine.training.precision import choose_arithmetic
from engine.training.scale import ChipScale
from engine.training.session import Material
from engine.training.split import Split
from engine.training.start import labels_of
from engine.training.state import RunState

from .harness import Case, Result, measured

SIDE, BATCH, CHIPS, OBJECTS = 256, 8, 48, 12
RATE = 1e-4


def _prepare(folder: Path) -> None:
    """Write a VOC folder of noisy chips with bright rectangles."""
    logging.getLogger("rasterio").setLevel(logging.ERROR)
    random = np.random.default_rng(0)
    for name in ("images", "labels"):
        (folder / "chips" / name).mkdir(parents=True)
    for number in range(CHIPS):
        pixels = random.integers(60, 120, (3, SIDE, SIDE), dtype=np.uint8)
        corners = random.integers(0, SIDE - 48, (OBJECTS, 2))
        boxes = np.concatenate([corners, corners + random.integers(16, 48, (OBJECTS, 2))], axis=1)
        for left, top, right, bottom in boxes:
            pixels[:, top:bottom, left:right] = random.integers(150, 255)
        stem = f"{number:012d}"
        profile: dict[str, Any] = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": 3, "dtype": "uint8"}
        with rasterio.open(folder / "chips" / "images" / f"{stem}.tif", "w", **profile) as raster:
            raster.write(pixels)
        objects = "".join(
            f"<object><name>1</name><bndbox><xmin>{a}</xmin><ymin>{b}</ymin><xmax>{c}</xmax><ymax>{d}</ymax></bndbox></object>"
            for a, b, c, d in boxes
        )
        size = f"<size><width>{SIDE}</width><height>{SIDE}</height><depth>3</depth></size>"
        text = f"<annotation><filename>{stem}.tif</filename>{size}{objects}</annotation>"
        (folder / "chips" / "labels" / f"{stem}.xml").write_text(text)
    (folder / "case.json").write_text(json.dumps({"chips": CHIPS}))


def _plan(epochs: int, job: Job) -> tuple[Plan, Any]:
    """Return plan and network, which both sides share."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    entry = get_architecture("RETINANET")
    network = build_network(entry.spec("RESNET18", 3, 1, (), (SIDE, SIDE))).to(memory_format=torch.channels_last)
    arithmetic = choose_arithmetic("CPU", "", "auto", job)
    plan = Plan(
        get_task(entry.task), arithmetic, Normalisation.imagenet(), ("1",), epochs, None, "VALID_LOSS", True, None, 0
    )
    return plan, network


def _material(folder: Path, job: Job) -> Material:
    """Read the chips as the tool does."""
    samples = read_samples((str(folder / "chips"),), job)
    store, statistics = look_at_chips(samples, labels_of(samples), job, (0.0, 0.1))
    size = (SIDE, SIDE)
    everything = np.arange(len(samples.samples))
    split = Split(everything, everything[:0], everything[:0], "all")
    return Material(store, split, ChipScale(size, size, size, size), DEFAULT, (statistics.minimum, statistics.maximum))


def _ours(folder: Path, epochs: int) -> Result:
    job = Job()
    plan, network = _plan(epochs, job)
    with measured() as measure:
        batches = _material(folder, job).training(BatchChoice(BATCH, 1), 0)
        state = fit(network, plan, batches, None, RunState(rates=(RATE, RATE)), job)
    return measure.result(steps=state.step, seconds_a_step=measure.seconds / state.step)


def _limit(folder: Path, epochs: int) -> Result:
    job = Job()
    plan, network = _plan(epochs, job)
    held = [plan.prepared(batch) for batch in _material(folder, job).training(BatchChoice(BATCH, 1), 0)]
    optimizer = optimizer_of(network, Rates(RATE, RATE))
    network.train()
    with measured() as measure:
        for _ in range(epochs):
            for images, targets in held:
                optimizer.zero_grad(set_to_none=True)
                with plan.arithmetic.active():
                    losses = plan.task.losses(network, images, targets)
                torch.stack(list(losses.values())).sum().backward()
                optimizer.step()
    steps = epochs * len(held)
    return measure.result(steps=steps, seconds_a_step=measure.seconds / steps)


def _case(name: str, epochs: int, owed: float | None, quick: bool, rounds: int) -> Case:
    return Case(
        name=name,
        size=f"RETINANET RESNET18, {SIDE} px, batch {BATCH}, {epochs * CHIPS // BATCH} steps",
        owed=owed,
        prepare=_prepare,
        ours=lambda folder: _ours(folder, epochs),
        limit=lambda folder: _limit(folder, epochs),
        quick=quick,
        rounds=rounds,
    )


CASES = (_case("step", 4, 1.15, False, 5), _case("step-quick", 1, None, True, 1))
