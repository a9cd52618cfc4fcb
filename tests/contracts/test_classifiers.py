"""What every architecture that classifies objects must do, run over the registry and over kinds of backbones."""

import copy
import functools
from dataclasses import replace

import pytest
import torch

from engine.classes import ClassInfo
from engine.job import Job
from engine.models.registry import architectures, build_network, get_architecture
from engine.networks.folding import prepare_for_inference
from engine.networks.object_statistics import object_statistics
from engine.package.contract import make_contract
from engine.package.emd import definition, load_network, open_package, write_package
from engine.package.normalisation import Normalisation
from tests.contracts.promises import (
    check_frozen,
    check_gradients,
    check_losses,
    check_losses_repeat,
    check_parts,
    history_of,
)

pytestmark = pytest.mark.slow

torch.set_num_threads(1)

CLASSES = 3
SIZE = (18, 26)
"""Neither square nor divisible by what networks halve, and smaller than their stride."""
CASES = tuple(
    (code, backbone)
    for code in architectures("object_classification")
    for backbone in ("FULLRES", "RESNET18", "timm:mobilenetv3_small_050")
)
EACH = pytest.mark.parametrize("case", CASES, ids=["-".join(case) for case in CASES])
SEVERAL = (("multi_label", "true"),)


def spec_of(case, bands=3, extra=()):
    """Return the specification of a small network."""
    spec = get_architecture(case[0]).spec(case[1], bands, CLASSES, (), SIZE)
    return replace(spec, extra=extra)


def fresh(case, bands=3, extra=()):
    """Return a network with random weights."""
    torch.manual_seed(0)
    return build_network(spec_of(case, bands, extra))


def objects(bands=3, count=4, size=SIZE):
    """Return normalised images of objects that each class makes bright in a way of its own, and their targets."""
    kinds = torch.arange(count) % CLASSES
    images = 0.1 * torch.randn((count, bands, *size), generator=torch.Generator().manual_seed(1))
    images += (kinds - 1.0)[:, None, None, None] * 2 + 0.5
    images[:, :, :4] = 0  # outside the object
    labels = torch.eye(CLASSES)[kinds]
    return images, {"labels": labels, "statistics": object_statistics(images * 100 + 500)}


@functools.cache
def trained(case):
    """Return a network after a few steps, and its losses on the way, in evaluation mode; never change it."""
    network = fresh(case)
    return network, history_of(network, objects(), 8)


@pytest.mark.parametrize("bands", [1, 4, 13])
@EACH
def test_losses_and_gradients_are_finite_for_any_number_of_bands(case, bands):
    """A batch trains every parameter, of one label and of several."""
    for extra in ((), SEVERAL):
        network = fresh(case, bands, extra)
        # statistics have no say before the first step
        torch.nn.init.normal_(network.of_statistics[-1].weight)
        losses = network.losses(*objects(bands))
        check_losses(losses)
        check_gradients(network, losses)


@EACH
def test_a_single_small_image_trains(case):
    """Batch norms must not meet a single value, and nothing must be mirrored farther than it is wide."""
    network = fresh(case)
    for size in ((33, 12), (1, 1)):
        images, targets = objects(count=1, size=(max(5, size[0]), size[1]))
        images = images[:, :, -size[0] :]
        assert sum(network.losses(images, targets).values()).isfinite()
        assert network.logits(images, targets["statistics"]).shape == (1, CLASSES)


@EACH
def test_training_lowers_the_losses(case):
    """A few steps on objects of three brightnesses."""
    _, history = trained(case)
    assert min(history[3:]) < 0.9 * history[0], history


@EACH
def test_half_precision_trains(case):
    """With bfloat16 autocast losses and scores stay in single precision."""
    network = fresh(case)
    images, targets = objects()
    with torch.autocast("cpu", torch.bfloat16):
        losses = network.losses(images, targets)
        scores = network.eval().scores(images, targets["statistics"])
    assert scores.dtype == torch.float32 and scores.isfinite().all()
    check_losses(losses)


@EACH
def test_losses_in_evaluation_mode_repeat_and_change_nothing(case):
    """The validation loss is a fact about the weights, and leaves the random stream alone."""
    check_losses_repeat(trained(case)[0], objects())


@EACH
def test_scores_do_not_depend_on_the_batch(case):
    """Of one label they sum to one, of several each is a probability; without statistics too."""
    network, _ = trained(case)
    images, targets = objects()
    with torch.inference_mode():
        together = network.scores(images, targets["statistics"])
        alone = torch.cat(
            [network.scores(one[None], known[None]) for one, known in zip(images, targets["statistics"], strict=True)]
        )
        bare = network.scores(images)
        several = fresh(case, extra=SEVERAL).eval()
        each = several.scores(images)
    assert torch.allclose(together.sum(1), torch.ones(4), atol=1e-5) and torch.allclose(bare.sum(1), torch.ones(4))
    assert torch.allclose(together, alone, atol=1e-4)
    assert several.multi and not network.multi and ((each > 0) & (each < 1)).all()


@EACH
def test_ground_outside_the_object_has_no_say_in_the_mean(case):
    """An object with all of its pixels and nothing else around it is the same object on a larger chip."""
    if case[1] != "FULLRES":
        return
    network, _ = trained(case)
    images, targets = objects()
    wide = torch.nn.functional.pad(images, (9, 9, 9, 9))
    with torch.inference_mode():
        one, other = (network.scores(shown, targets["statistics"]) for shown in (images, wide))
    assert (one - other).abs().max() < 0.1


@EACH
def test_prepared_networks_answer_the_same(case):
    """Batch norms inside the convolutions and channels last change nothing but the speed."""
    network, _ = trained(case)
    images, targets = objects()
    prepared = prepare_for_inference(network)
    with torch.inference_mode():
        one, other = (each.logits(images, targets["statistics"]) for each in (network, prepared))
    assert (one - other).abs().max() <= 1e-3 * max(1.0, float(one.abs().max()))


@EACH
def test_a_frozen_backbone_does_not_learn_and_the_rest_does(case):
    """Every parameter is the backbone's or the head's; neither weights nor statistics of a frozen one move."""
    network = copy.deepcopy(trained(case)[0])
    check_parts(network)
    check_frozen(network, objects())
    assert network.head.weight.grad is not None


@EACH
def test_class_weights_change_what_is_learnt(case):
    """They come with the specification, of one label and of several."""
    images, targets = objects()
    for several in ((), SEVERAL):
        found = []
        for extra in ((), (("class_weights", "[0.1, 1, 5]"),)):
            network = fresh(case, extra=(*several, *extra)).eval()
            with torch.no_grad():
                found.append(float(sum(network.losses(images, targets).values())))
        assert found[0] != found[1]


@EACH
def test_a_package_gives_back_the_same_scores(case, tmp_path):
    """What was trained is what runs, through files, mean and deviation of the statistics included."""
    extra = (
        ("statistics_mean", str([5.0] * 21)),
        ("statistics_std", str([2.0] * 21)),
        ("class_shares", "[0.2, 0.3, 0.5]"),
    )
    network = copy.deepcopy(trained(case)[0])
    network.centre[:], network.spread[:] = 5.0, 2.0
    raw = (objects(size=(40, 40))[0] * 30 + 120).clamp(0, 255).to(torch.uint8)
    normalisation = Normalisation.imagenet()
    classes = [ClassInfo(4, "flat"), ClassInfo(9, "gable"), ClassInfo(11, "hip")]
    emd = definition(spec_of(case, extra=extra), classes, tile=(40, 40), bands=range(3), normalisation=normalisation)
    folder = tmp_path / "model"
    folder.mkdir()
    golden = make_contract(network, normalisation, raw[0])
    paths = write_package(folder, emd, network.state_dict(), [], Job(), contract=golden)

    with open_package(str(paths["emd"]), Job(), "object_classification") as package:
        loaded = load_network(package)

    assert not loaded.training and emd["ModelType"] == "ObjectClassification"
    with torch.inference_mode():
        batch = package.normalisation.apply(raw)
        one, other = (each.scores(batch, each.described(raw)) for each in (network, loaded))
    assert torch.equal(one, other)
