"""Weight files: both kinds give the same weights, and none of them runs anything."""

import pickle

import pytest
import torch
from torch import nn

from engine.errors import ModelPackageError
from engine.package.weights import load_weights, read_weights, write_weights


class Bomb:
    """A pickle that would create a file when loaded."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.fixture
def network():
    """Return a network with random weights."""
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 3, 1), nn.BatchNorm2d(3))


def test_both_files_give_the_same_weights(tmp_path, network):
    """safetensors, and a state dict that loads with weights_only."""
    write_weights(network.state_dict(), tmp_path / "a.safetensors", tmp_path / "a.pth")
    for name in ("a.safetensors", "a.pth"):
        state = read_weights(tmp_path / name)
        assert list(sorted(state)) == sorted(network.state_dict())
        assert all(torch.equal(state[key], value) for key, value in network.state_dict().items())
    assert torch.load(tmp_path / "a.pth", weights_only=True)["0.weight"].shape == (3, 2, 1, 1)


def test_shared_weights_and_other_layouts_can_be_written(tmp_path):
    """safetensors itself refuses tensors that share memory."""
    weight = torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last)
    write_weights({"a": weight, "b": weight}, tmp_path / "a.safetensors", tmp_path / "a.pth")
    assert torch.equal(read_weights(tmp_path / "a.safetensors")["b"], weight)


def test_a_checkpoint_with_the_state_inside_is_read(tmp_path, network):
    """Other software saves more around it."""
    torch.save({"epoch": 3, "model": network.state_dict()}, tmp_path / "a.pt")
    assert "0.bias" in read_weights(tmp_path / "a.pt")


@pytest.mark.parametrize("legacy", [False, True])
def test_a_malicious_pickle_is_refused_and_not_run(tmp_path, legacy):
    """The message says what would have run, where the file tells."""
    trap = tmp_path / "trap"
    torch.save({"weight": Bomb(trap)}, tmp_path / "a.pth", _use_new_zipfile_serialization=not legacy)

    with pytest.raises(
        ModelPackageError, match=r"code when loaded" if legacy else r"run code when loaded \(.*open.*\)"
    ):
        read_weights(tmp_path / "a.pth")
    assert not trap.exists()


def test_a_plain_malicious_pickle_is_refused_and_not_run(tmp_path):
    """Not even an archive of PyTorch."""
    trap = tmp_path / "trap"
    (tmp_path / "a.pth").write_bytes(pickle.dumps(Bomb(trap)))
    with pytest.raises(ModelPackageError, match="code when loaded"):
        read_weights(tmp_path / "a.pth")
    assert not trap.exists()


def test_a_whole_saved_network_is_refused(tmp_path, network):
    """``torch.save(model)`` stores classes by name."""
    torch.save(network, tmp_path / "a.pth")
    with pytest.raises(ModelPackageError, match=r"run code when loaded .*Sequential"):
        read_weights(tmp_path / "a.pth")


@pytest.mark.parametrize("name", ["a.safetensors", "a.pth"])
@pytest.mark.parametrize("kept", [0, 10, 300])
def test_a_file_cut_short_is_refused(tmp_path, network, name, kept):
    """A broken download."""
    write_weights(network.state_dict(), tmp_path / "a.safetensors", tmp_path / "a.pth")
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:kept])
    with pytest.raises(ModelPackageError, match="damaged"):
        read_weights(tmp_path / name)


def test_text_is_no_weight_file(tmp_path):
    """An HTML page saved under the name of the file."""
    (tmp_path / "a.pth").write_text("<html>404</html>")
    with pytest.raises(ModelPackageError, match="damaged"):
        read_weights(tmp_path / "a.pth")


@pytest.mark.parametrize(
    ("content", "told"),
    [({"a": 1}, "more than named tensors"), ([torch.zeros(1)], "holds no weights but list"), ({}, "no weights")],
)
def test_what_is_no_state_dict_is_refused(tmp_path, content, told):
    """Only named tensors are weights."""
    torch.save(content, tmp_path / "a.pth")
    with pytest.raises(ModelPackageError, match=told):
        read_weights(tmp_path / "a.pth")


def test_other_formats_are_told_apart(tmp_path):
    """They come with later issues."""
    (tmp_path / "a.h5").write_bytes(b"x")
    with pytest.raises(ModelPackageError, match=r"a\.h5 is no weight file"):
        read_weights(tmp_path / "a.h5")


def test_weights_must_fit_in_name_and_shape(network):
    """One sentence with the first that does not."""
    state = network.state_dict()
    with pytest.raises(ModelPackageError, match=r"lack 0\.weight \(1 missing, 0 unknown\)"):
        load_weights(network, {key: value for key, value in state.items() if key != "0.weight"}, "a.pth")
    with pytest.raises(ModelPackageError, match="hold extra, which the network has not"):
        load_weights(network, {**state, "extra": torch.zeros(1)}, "a.pth")
    with pytest.raises(ModelPackageError, match=r"0\.weight is \(3, 4, 1, 1\)"):
        load_weights(network, {**state, "0.weight": torch.zeros(3, 4, 1, 1)}, "a.pth")
    with pytest.raises(ModelPackageError, match="not all finite"):
        load_weights(network, {**state, "0.weight": state["0.weight"] * float("nan")}, "a.pth")
