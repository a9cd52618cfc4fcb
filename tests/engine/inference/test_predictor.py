"""The predictor: memory, arithmetic, resizing; with a network whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.device import choose_device
from engine.errors import DeviceError
from engine.inference import running
from engine.inference.detections import Detections
from engine.inference.precision import PrecisionTrial
from engine.inference.predictor import Predictor
from engine.job import Job
from engine.tools.arguments import DetectionArguments

CPU = torch.device("cpu")


class Network:
    """Finds one object in each image, at the place that the brightest pixel has; may lack memory."""

    def __init__(self, most=99, error=None, shift=0.0):
        self.most, self.error, self.shift, self.batches = most, error, shift, []

    def detect(self, images, threshold, nms_overlap, max_detections=1000):
        """Return the brightest pixel's box."""
        self.batches.append(len(images))
        if len(images) > self.most:
            raise self.error
        found = []
        for image in images:
            row, col = divmod(int(image[0].argmax()), image.shape[-1])
            score = 0.8 + (self.shift if torch.is_autocast_enabled("cpu") else 0.0)
            found.append(
                {
                    "boxes": torch.tensor([[col, row, col + 1.0, row + 1.0]]),
                    "scores": torch.tensor([score]),
                    "labels": torch.tensor([1]),
                }
            )
        return found


def tiles(count=4, rows=8, cols=12):
    """Tiles with one bright pixel each."""
    made = np.zeros((count, 1, rows, cols), np.uint8)
    for number in range(count):
        made[number, 0, 3, number] = 200
    return list(made)


def predictor(network, batch=4, monkeypatch=None, **settings):
    """A predictor that takes whole batches."""
    if monkeypatch is not None:
        monkeypatch.setattr(running, "MICRO_BATCH_ON_CPU", 100)
    return Predictor(network, lambda images: images, DetectionArguments(0, batch_size=batch), CPU, **settings)


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("x"), MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")]
)
def test_out_of_memory_takes_the_next_smaller_square_and_goes_on(monkeypatch, error):
    """16 tiles do not fit, 9 do not, 4 do: nothing is lost, the user is warned, later batches start small."""
    job, network = Job(), Network(most=5, error=error)
    runner = predictor(network, 16, monkeypatch)
    found = runner.detect(tiles(12), job)
    assert [int(part.boxes[0, 0]) for part in found] == list(range(12))
    assert network.batches == [12, 9, 4, 4, 4]
    assert len(job.warnings) == 2 and "going on with 4" in job.warnings[-1]
    runner.detect(tiles(4), job)
    assert network.batches[-1] == 4


def test_a_tile_that_does_not_fit_alone_is_an_error_with_a_remedy(monkeypatch):
    """There is no smaller batch than one."""
    runner = predictor(Network(0, MemoryError()), 1, monkeypatch)
    with pytest.raises(DeviceError, match="one tile"):
        runner.detect(tiles(1), Job())


def test_other_errors_of_the_network_are_not_hidden(monkeypatch):
    """Only lack of memory is met with a smaller batch."""
    runner = predictor(Network(0, RuntimeError("shapes do not match")), 4, monkeypatch)
    with pytest.raises(RuntimeError, match="shapes"):
        runner.detect(tiles(2), Job())


def test_boxes_of_a_resized_tile_are_in_pixels_of_the_tile():
    """The network sees 24 x 24 pixels for a tile of 8 x 12; half a pixel is the price of resizing."""
    (found,) = predictor(Network(), resize_to=(24, 24)).detect([tiles(5)[4]], Job())
    middle = (found.boxes[0, :2] + found.boxes[0, 2:]) / 2
    assert middle == pytest.approx([4.5, 3.5], abs=0.5)


def test_bfloat16_that_finds_something_else_is_not_taken():
    """Both arithmetics are compared on real tiles; the results of the trial are those of float32."""
    job = Job()
    runner = predictor(Network(shift=0.2), 1, precision="auto")
    found = runner.detect(tiles(4) * 3, job)
    assert [float(part.scores[0]) for part in found[:10]] == pytest.approx([0.8] * 10)
    assert runner.precision == "fp32"
    assert "bfloat16 agrees with it in 0%" in job.messages[-1]


def test_bfloat16_that_is_not_faster_is_not_taken():
    """Agreement alone does not pay."""
    trial = PrecisionTrial(0.5)
    part = Detections.of([[0, 0, 4, 4]], [0.9], [1])
    for _ in range(10):
        trial.add([part], [part], 1.0, 1.0)
    assert trial.done and trial.verdict() == (False, "bfloat16 is not faster here")


def test_bfloat16_that_is_faster_and_agrees_is_taken():
    """The message says by how much."""
    trial = PrecisionTrial(0.5)
    part = Detections.of([[0, 0, 4, 4]], [0.9], [1])
    for _ in range(10):
        trial.add([part], [part], 1.0, 0.5)
    taken, why = trial.verdict()
    assert taken and "2.0 times" in why


def test_empty_tiles_decide_nothing():
    """A scene often begins with water or a corner without data."""
    trial = PrecisionTrial(0.5)
    nothing = Detections.of(np.empty((0, 4)), np.empty(0), np.empty(0))
    for _ in range(8):
        trial.add([nothing], [nothing], 1.0, 0.5)
    assert not trial.done
    for _ in range(16):
        trial.add([nothing], [nothing], 1.0, 0.5)
    assert trial.done and not trial.verdict()[0]


def test_without_a_trial_worth_it_auto_is_float32():
    """A handful of tiles is not worth comparing."""
    job, runner = Job(), predictor(Network(), precision="auto")
    runner.settle_precision(3, job)
    assert runner.precision == "fp32" and "fp32" in job.messages[-1]


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_refused():
    """With the remedy."""
    with pytest.raises(DeviceError, match="processor_type CPU"):
        choose_device("GPU", "")
    assert choose_device("", "") == CPU
