"""The golden tile: a package that answers differently is refused."""

import json

import pytest
import torch

from engine.classes import ClassInfo
from engine.errors import ModelPackageError
from engine.job import Job
from engine.models.registry import build_network, get_architecture
from engine.networks.folding import prepare_for_inference
from engine.package.contract import check_contract, make_contract, read_contract, write_contract
from engine.package.emd import definition, load_network, open_package, write_package
from engine.package.normalisation import Normalisation

torch.set_num_threads(1)

SPEC = get_architecture("FCOS").spec("RESNET18", 2, 1, (("channels", "32"), ("convolutions", "0")), (64, 64))
NORMALISATION = Normalisation.from_statistics([0, 0], [100, 100], [50, 50], [20, 20])


@pytest.fixture(scope="module")
def network():
    """Return a network with random weights."""
    torch.manual_seed(0)
    return build_network(SPEC).eval()


@pytest.fixture(scope="module")
def contract(network):
    """Return its contract on a random tile."""
    image = torch.randint(0, 100, (2, 150, 90), dtype=torch.uint16, generator=torch.Generator().manual_seed(0))
    return make_contract(network, NORMALISATION, image)


def test_the_golden_tile_is_the_middle_of_a_chip_and_small(contract):
    """It travels with every package."""
    assert contract.tile.shape == (2, 128, 90) and contract.tile.dtype == torch.uint16
    assert all(0 < len(answer) <= 256 for answer in contract.answers)


def test_a_contract_survives_its_file_and_holds(contract, network, tmp_path):
    """Also for the folded network, whose last digits differ."""
    write_contract(contract, tmp_path / "g.safetensors")
    again = read_contract(tmp_path / "g.safetensors")

    assert torch.equal(again.tile, contract.tile)
    check_contract(again, network, NORMALISATION, "x")
    check_contract(again, prepare_for_inference(network), NORMALISATION, "x")


def test_the_mode_of_the_network_is_left_alone(network):
    """Training goes on after the contract was made."""
    copy = build_network(SPEC).train()
    make_contract(copy, NORMALISATION, torch.zeros(2, 64, 64))
    assert copy.training and copy.body.training


def test_changed_weights_and_changed_normalisation_are_refused(contract, network):
    """The promise covers both."""
    other = build_network(SPEC)
    other.load_state_dict(network.state_dict())
    with torch.no_grad():
        other.head.logits.bias += 0.5
    with pytest.raises(ModelPackageError, match="answers its golden tile differently"):
        check_contract(contract, other, NORMALISATION, "x")
    shifted = Normalisation.from_statistics([0, 0], [100, 100], [60, 50], [20, 20])
    with pytest.raises(ModelPackageError, match="answers its golden tile differently"):
        check_contract(contract, network, shifted, "x")


def test_a_golden_tile_of_another_network_is_refused(contract):
    """Other outputs."""
    other = build_network(get_architecture("FCOS").spec("RESNET18", 2, 5, SPEC.arguments, (64, 64)))
    with pytest.raises(ModelPackageError, match="of another network"):
        check_contract(contract, other, NORMALISATION, "x")


def test_a_damaged_golden_tile_is_refused(tmp_path):
    """A sentence, not a traceback."""
    (tmp_path / "g.safetensors").write_bytes(b"x" * 50)
    with pytest.raises(ModelPackageError, match="damaged"):
        read_contract(tmp_path / "g.safetensors")


def test_a_definition_whose_statistics_were_edited_is_refused_on_loading(contract, network, tmp_path):
    """The mistake that no shape reveals."""
    emd = definition(SPEC, [ClassInfo(1, "a")], tile=(64, 64), bands=(0, 1), normalisation=NORMALISATION)
    paths = write_package(tmp_path, emd, network.state_dict(), [], Job(), name="m", contract=contract)
    edited = json.loads(paths["emd"].read_text())
    edited["NormalizationStats"]["scaled_std_values"] = [0.4, 0.4]
    paths["emd"].write_text(json.dumps(edited))

    with open_package(str(paths["emd"]), Job()) as package:
        with pytest.raises(ModelPackageError, match="golden tile differently"):
            load_network(package)
        load_network(package, check=False)
