"""The pixel predictor: arithmetic, memory, views, resizing; with networks whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.errors import DeviceError
from engine.inference import running
from engine.inference.pixel_predictor import PixelPredictor
from engine.inference.precision import PixelTrial
from engine.job import Job
from engine.tools.arguments import PixelArguments
from tests.engine.inference.segmenting import CPU, Neighbourhood, Same, noise


def predictor(network, channels=3, batch=4, precision="fp32", resize_to=None, **arguments):
    """A predictor of a network."""
    settings = PixelArguments(0, batch_size=batch, **arguments)
    return PixelPredictor(network, lambda images: images / 50, settings, CPU, channels, resize_to, precision)


def tiles(count=4, rows=12, cols=20):
    """Random tiles."""
    return [noise(3, rows, cols, seed=number) for number in range(count)]


def test_scores_are_probabilities_in_the_order_of_the_tiles():
    """Of every channel, for every pixel."""
    given = tiles()
    found = predictor(Same()).scores(given, Job()).numpy()
    wanted = torch.from_numpy(np.stack(given) / np.float32(50)).softmax(1).numpy()
    assert found == pytest.approx(wanted, abs=1e-6)


def test_out_of_memory_takes_fewer_tiles_and_loses_none(monkeypatch):
    """16 do not fit, 9 do not, 4 do."""
    monkeypatch.setattr(running, "MICRO_BATCH_ON_CPU", 100)
    seen = []

    class Greedy:
        def logits(self, images):
            seen.append(len(images))
            if len(images) > 5:
                raise torch.OutOfMemoryError("no")
            return images

    job, runner = Job(), predictor(Greedy(), batch=16)
    given = tiles(11)
    assert runner.scores(given, job).argmax(1).numpy() == pytest.approx(np.stack(given).argmax(1))
    assert seen == [11, 9, 4, 4, 3] and runner.at_once == 4 and len(job.warnings) == 2


def test_views_of_a_network_without_a_sense_of_direction_change_nothing():
    """Each view is turned back before it is merged."""
    given = tiles(2)
    plain = predictor(Same()).scores(given, Job())
    for policy in ("mean", "max", "min"):
        seen = predictor(Same(), test_time_augmentation=True, merge_policy=policy).scores(given, Job())
        assert torch.allclose(seen, plain, atol=1e-6)


def test_views_are_merged_as_asked():
    """The mean lies between the smallest and the largest, which no single look exceeds."""
    given, network = tiles(1, 16, 16), Neighbourhood(3, 4, 2)
    looks = {
        policy: predictor(network, 4, test_time_augmentation=True, merge_policy=policy).scores(given, Job())
        for policy in ("mean", "max", "min")
    }
    one = predictor(network, 4).scores(given, Job())
    assert (looks["min"] <= one + 1e-6).all() and (one <= looks["max"] + 1e-6).all()
    assert (looks["min"] <= looks["mean"] + 1e-6).all() and (looks["mean"] <= looks["max"] + 1e-6).all()
    assert torch.allclose(looks["mean"].sum(1), torch.ones(1, 16, 16), atol=1e-5)
    turned = [np.ascontiguousarray(np.rot90(given[0], axes=(1, 2)))]
    mean = predictor(network, 4, test_time_augmentation=True).scores(turned, Job())
    assert torch.allclose(torch.rot90(looks["mean"], 1, (-2, -1)), mean, atol=1e-5)


def test_scores_of_a_resized_tile_have_the_size_of_the_tile():
    """The network sees twice the size, half the raster is one class, half another."""
    image = np.zeros((2, 12, 20), np.uint8)
    image[0, :, :9], image[1, :, 9:] = 200, 200
    found = predictor(Same(), 2, resize_to=(24, 40)).scores([image], Job())
    assert found.shape == (1, 2, 12, 20)
    assert (found[0].argmax(0).numpy() == (np.arange(20) >= 9)).all()
    assert torch.allclose(found.sum(1), torch.ones(1, 12, 20), atol=1e-5)


def test_half_precision_on_a_cpu_is_refused():
    """With the remedy."""
    with pytest.raises(DeviceError, match="choose auto, fp32 or bf16"):
        predictor(Same(), precision="fp16")


def test_bfloat16_that_gives_other_classes_is_not_taken():
    """The classes of real tiles decide."""

    class Fickle:
        def logits(self, images):
            return -images if torch.is_autocast_enabled("cpu") else images

    job, runner = Job(), predictor(Fickle(), precision="auto")
    runner.try_precisions(tiles(), job)
    assert runner.precision == "fp32" and "of the first pixels" in job.messages[-1]


@pytest.mark.parametrize(
    ("equal", "seconds", "taken"), [(1000, 0.5, True), (995, 0.5, True), (994, 0.5, False), (1000, 1.0, False)]
)
def test_bfloat16_must_be_faster_and_give_the_same_classes(equal, seconds, taken):
    """At least 99.5 % of the pixels."""
    trial, exact = PixelTrial(), torch.zeros(1000)
    short = (torch.arange(1000) >= equal).float()
    for _ in range(3):
        trial.add(exact, short, 1.0, seconds)
    assert trial.verdict()[0] == taken


def test_few_tiles_are_not_worth_a_trial():
    """``auto`` is settled before the run."""
    job, runner = Job(), predictor(Same(), precision="auto")
    runner.settle_precision(3, job)
    assert (runner.precision == "fp32" and "few tiles" in job.messages[-1]) or "bfloat16" in job.messages[-1]
