"""One training: what happens when memory ends, when nothing improves, when the loss is no number."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.errors import DeviceError, TrainingError
from engine.job import Job
from engine.models.registry import build_network, get_architecture
from engine.package.normalisation import Normalisation
from engine.samples.folder import read_samples
from engine.tasks.registry import get_task
from engine.tools.train_model import TrainModel
from engine.training import session
from engine.training.augmentation import DEFAULT, NONE
from engine.training.chips import look_at_chips
from engine.training.learning_rate import Rates
from engine.training.plan import Plan, optimizer_of
from engine.training.precision import Arithmetic, choose_arithmetic
from engine.training.scale import ChipScale
from engine.training.split import Split
from engine.training.start import labels_of
from engine.training.state import Checkpoint
from tests.engine.training.chips import write_folder

SIDE = 64


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """Twelve chips, three of them validate."""
    torch.set_num_threads(1)
    samples = read_samples((write_folder(tmp_path_factory.mktemp("chips"), count=12),), Job())
    store, statistics = look_at_chips(samples, labels_of(samples), Job(), (0.0, 0.1))
    size = ChipScale(*((SIDE, SIDE),) * 4)
    split = Split(np.arange(9), np.arange(9, 12), np.empty(0, np.int64), "by hand")
    return session.Material(store, split, size, NONE, (statistics.minimum, statistics.maximum))


@pytest.fixture
def network():
    """A small detector."""
    torch.manual_seed(0)
    spec = get_architecture("FCOS").spec("RESNET18", 3, 1, (("channels", "32"), ("convolutions", "0")), (SIDE, SIDE))
    return build_network(spec)


def plan(**changes):
    """A plan of two epochs in float32."""
    arithmetic = Arithmetic(torch.device("cpu"), False, "test")
    normalisation = Normalisation((0.0,) * 3, (200.0,) * 3, (0.2,) * 3, (0.3,) * 3)
    values = Plan(get_task("object_detection"), arithmetic, normalisation, ("1",), 2, None, "VALID_LOSS", True, None, 0)
    return replace(values, **changes)


def trained(network, plan, material, tmp_path, job, **changes):
    """Run a training."""
    values = {"in_folder": ("x",), "out_folder": str(tmp_path / "m"), "learning_rate": "0.001", "batch_size": 4}
    request = TrainModel(**{**values, **changes})
    checkpoint = Checkpoint(tmp_path / "m", "key")
    return session.train(network, plan, material, request, False, checkpoint, job, (0.0, 1.0))


def limited(most):
    """A task whose memory holds so many chips."""
    task = get_task("object_detection")

    def losses(network, images, targets):
        if len(images) > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return task.losses(network, images, targets)

    return replace(task, losses=losses)


def test_too_little_memory_makes_the_batch_smaller(network, material, tmp_path):
    """Batches are halved until they fit, and the user is told."""
    job = Job()

    state = trained(network, plan(task=limited(2)), material, tmp_path, job)

    assert state.batch_size == 2
    assert [text for text in job.warnings if "memory ran out" in text]
    assert len(state.history) == 2


def test_memory_for_less_than_a_chip_is_an_error(network, material, tmp_path):
    """Where not even one chip fits, the remedy is told."""
    with pytest.raises(DeviceError, match="one chip"):
        trained(network, plan(task=limited(0)), material, tmp_path, Job())


def test_training_without_improvement_falls_to_its_end(network, material, tmp_path):
    """Early stopping does not stop at a high rate: the rate falls to its end first, then training ends early."""
    job = Job()
    task = get_task("object_detection")

    def worse(*arguments):
        found = task.evaluate(*arguments)
        worse.calls += 1
        return replace(found, loss=float(worse.calls))

    worse.calls = 0

    state = trained(network, plan(task=replace(task, evaluate=worse), max_epochs=40), material, tmp_path, job)

    assert any("No improvement for 5 epochs" in text for text in job.messages)
    assert 12 < state.epoch < 30
    assert 1 < state.best_epoch < state.epoch and state.best_position >= 0.5  # nothing of the first half competes
    assert state.history[-1].rate < 1e-5


def test_a_loss_that_is_no_number_ends_with_a_sentence(network, material, tmp_path):
    """A training that diverged says which parameter to lower."""
    task = get_task("object_detection")

    def broken(network, images, targets):
        return {"boxes": task.losses(network, images, targets)["boxes"] * float("nan")}

    with pytest.raises(TrainingError, match="learning_rate"):
        trained(network, plan(task=replace(task, losses=broken), max_epochs=30), material, tmp_path, Job())


def test_range_test_leaves_the_network_as_it_was(network, material, tmp_path):
    """An empty rate is found by a walk after which weights and statistics are the old ones."""
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    batches = replace(material, augmentation=DEFAULT).training(session.BatchChoice(4, 1), 0)

    rate, tested = session.range_test(network, plan(), batches, 12, 1e-3, Job())

    assert 1e-3 / 2 <= rate <= 2e-3 and len(tested) >= 6
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


def test_norms_and_biases_do_not_decay(network):
    """Weight decay is for convolutions; backbone and head have their own rates."""
    groups = optimizer_of(network, Rates(1e-4, 1e-3)).param_groups

    assert {group["lr"] for group in groups} == {1e-4, 1e-3}
    assert all((group["weight_decay"] > 0) == (group["params"][0].ndim > 1) for group in groups)
    assert sum(len(group["params"]) for group in groups) == len(list(network.parameters()))


def test_a_frozen_backbone_is_left_alone(network, material, tmp_path):
    """Frozen weights and their batch norm statistics do not change."""
    network.freeze_backbone()
    before = {name: tensor.clone() for name, tensor in network.body.state_dict().items()}

    trained(network, plan(max_epochs=1), material, tmp_path, Job())

    assert all(torch.equal(before[name], tensor) for name, tensor in network.body.state_dict().items())


def test_precision_follows_the_request():
    """fp32 is never autocast; what auto took is told with its reason."""
    job = Job()

    assert not choose_arithmetic("CPU", "", "fp32", job).autocast
    choose_arithmetic("CPU", "", "auto", job)
    assert "bfloat16" in job.messages[-1] or "float32" in job.messages[-1]


def test_asking_for_a_missing_gpu_is_refused():
    """A GPU that is not there is an error with its remedy."""
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(DeviceError, match="CPU"):
        choose_arithmetic("GPU", "", "auto", Job())
