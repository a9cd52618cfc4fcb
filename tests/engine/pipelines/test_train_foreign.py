"""Folders of other programs are trained without a conversion."""

import json

import numpy as np
import pytest
import torch

from engine.job import Job
from engine.pipelines.train_model import run
from tests.engine.samples.foreign_folders import image, raster, text
from tests.engine.training.short import short_training

pytestmark = pytest.mark.slow


def yolo(folder):
    """Write eight chips with a box each."""
    for number in range(8):
        image(folder / "images" / f"{number}.png", rows=64, cols=64, seed=number)
        text(folder / "labels" / f"{number}.txt", "0 0.5 0.5 0.4 0.4\n")
    text(folder / "classes.txt", "crane\n")


def colored(folder):
    """Write eight chips with a mask of two colours each."""
    mask = np.zeros((3, 64, 64), np.uint8)
    mask[0, :, :30], mask[1, :, 30:] = 200, 100
    for number in range(8):
        image(folder / "images" / f"{number}.png", rows=64, cols=64, seed=number)
        raster(folder / "masks" / f"{number}.png", mask)


@pytest.mark.parametrize(
    ("write", "code", "arguments"),
    [(yolo, "FCOS", (("channels", "32"), ("convolutions", "1"))), (colored, "FULLRES", (("channels", "16"),))],
)
def test_a_folder_of_another_program_gives_a_model(tmp_path, write, code, arguments):
    """One epoch, without pre-trained weights."""
    torch.set_num_threads(1)
    write(tmp_path / "data")
    request = short_training(
        tmp_path / "data",
        tmp_path / "model",
        model_type=code,
        batch_size=4,
        backbone_model="RESNET18" if code == "FCOS" else "",
        resize_to="64",
        arguments=arguments,
        learning_rate="0.003",
        augmentation="NONE",
    )
    outputs = run(request, Job())
    definition = json.loads(next((tmp_path / "model").glob("*.emd")).read_text("utf-8"))
    assert outputs and len(definition["Classes"]) >= 1
