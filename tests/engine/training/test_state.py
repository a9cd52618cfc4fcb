"""The state of an interrupted training."""

import torch

from engine.job import Job
from engine.training.averaging import MovingAverage
from engine.training.memory import bytes_per_chip, chips_that_fit, free_memory, is_out_of_memory
from engine.training.state import Checkpoint, EpochRecord, RunState


def a_state():
    """A state with something of every kind."""
    record = EpochRecord(1, 9, 1.5, {"boxes": 1.5}, 1.2, {"boxes": 1.2}, {"F1_SCORE": 0.4}, 1e-3, 12.5)
    weights = {"weight": torch.arange(4.0)}
    return RunState(
        rates=(1e-4, 1e-3), tested=[(1e-5, 2.0)], batch_size=4, position=0.25, epoch=1, step=9, seconds=12.5,
        history=[record], best_value=1.2, best_epoch=1, best=weights, network=weights, average=weights,
        optimizer={"state": {0: {"step": torch.tensor(9.0)}}, "param_groups": [{"lr": 1e-3, "params": [0]}]},
    )  # fmt: skip


def test_state_comes_back_as_it_was(tmp_path):
    """What was saved is read as tensors and plain values."""
    state = a_state()
    Checkpoint(tmp_path / "model", "key").save(state)
    job = Job()

    read = Checkpoint(tmp_path / "model", "key").load(job)

    assert read.history == state.history and read.rates == state.rates and read.position == 0.25
    assert torch.equal(read.best["weight"], state.best["weight"])
    assert read.optimizer["param_groups"] == state.optimizer["param_groups"]
    assert "after epoch 1" in job.messages[0]


def test_broken_state_is_told_and_forgotten(tmp_path):
    """A half written state starts training anew."""
    checkpoint, job = Checkpoint(tmp_path / "model", "key"), Job()
    checkpoint.save(a_state())
    file = next(checkpoint.folder.glob("*.pt"))
    file.write_bytes(file.read_bytes()[:100])

    assert checkpoint.load(job).epoch == 0
    assert job.warnings and not checkpoint.folder.exists()


def test_average_follows_quickly_then_slowly():
    """The first step forgets the random start, later ones smooth."""
    network = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False), torch.nn.BatchNorm1d(1))
    average = MovingAverage(network, decay=0.9)
    with torch.no_grad():
        network[0].weight.fill_(5.0)
    before = average.network[0].weight.item()

    average.update(network)
    first = average.network[0].weight.item()
    for _ in range(200):
        average.update(network)

    assert first - before > 0.8 * (5.0 - before)
    assert abs(average.network[0].weight.item() - 5.0) < 1e-3
    assert not average.network.training


def test_memory_of_a_forward_pass_is_counted():
    """What the backward pass needs is counted, shared tensors once."""
    weight = torch.randn(100, 100, requires_grad=True)

    used = bytes_per_chip(lambda: (torch.randn(10, 100) @ weight).relu().sum())

    assert 4000 <= used <= 60_000


def test_chips_that_fit():
    """Weights are there five times, a chip twice; unknown memory limits nothing."""
    assert chips_that_fit(None, 1, 1) is None
    assert chips_that_fit(10_000_000_000, 100_000_000, 250_000_000) == 11
    assert chips_that_fit(10, 100, 100) == 1


def test_this_machine_has_memory():
    """Free memory is known where tests run."""
    free = free_memory(torch.device("cpu"))

    assert free is None or free > 1 << 26


def test_out_of_memory_is_recognised():
    """As torch says it on GPU and processor."""
    assert is_out_of_memory(torch.OutOfMemoryError("x"))
    assert is_out_of_memory(RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"))
    assert not is_out_of_memory(RuntimeError("shapes differ"))
