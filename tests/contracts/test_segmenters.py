"""What every segmentation architecture must do, run over the registry, and over every network behind MMSEGMENTATION."""

import copy
import functools
from dataclasses import replace

import pytest
import torch
from torch import nn

from engine.classes import ClassInfo
from engine.job import Job
from engine.models.mmsegmentation import MODELS
from engine.models.registry import PIXEL_FORMATS, architectures, build_network, get_architecture
from engine.networks.folding import prepare_for_inference
from engine.networks.segmenter import UNLABELLED
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

SAME = {"unet": "UNET", "deeplabv3": "DEEPLAB", "sem_fpn": "MMSEGMENTATION"}
"""Networks behind MMSEGMENTATION that another case stands for."""
CODES = tuple(code for code, entry in architectures().items() if entry.formats == PIXEL_FORMATS)
CASES = tuple((code, "") for code in CODES if code != "MMSEGMENTATION") + tuple(
    ("MMSEGMENTATION", model) for model in MODELS if model not in SAME
)
EACH = pytest.mark.parametrize("case", CASES, ids=["-".join(case).strip("-") for case in CASES])
CLASSES = 2
SIZE = (40, 70)
"""Neither square nor divisible by what networks halve."""
BACKBONES = {"dpt": "timm:vit_tiny_patch16_224", "manet": "RESNET18", "pspnet": "RESNET18", "upernet": "RESNET18"}
"""Backbones of networks that are slow or impossible with the smallest."""
STEPS = {"mask2former": 16}
"""Steps that show learning, where 6 are not enough."""


def dates_of(case):
    """Return how many dates a network looks at together."""
    return get_architecture(case[0]).dates


def spec_of(case, bands=3):
    """Return the specification of a small network for a background and two classes."""
    code, model = case
    backbone = BACKBONES.get(model, "MOBILENET_V2" if model else "RESNET18")
    arguments = (("model", model),) if model else ()
    spec = get_architecture(code).spec(backbone, dates_of(case) * bands, CLASSES, arguments, (64, 64))
    return replace(spec, background=True)


def fresh(case, bands=3):
    """Return a network with random weights."""
    torch.manual_seed(0)
    return build_network(spec_of(case, bands))


def scene(case, bands=3, count=2, size=SIZE):
    """Return images in which each class is bright in a way of its own, and targets of which some are not known.

    Of several dates only the last one has the brightness.
    """
    targets = torch.zeros((count, *size), dtype=torch.int64)
    targets[:, : size[0] // 2, size[1] // 3 : 2 * size[1] // 3] = 1
    targets[:, :, 2 * size[1] // 3 :] = 2
    shape = (count, dates_of(case) * bands, *size)
    images = 0.1 * torch.randn(shape, generator=torch.Generator().manual_seed(1))
    images[:, -bands:] += 2.0 * (targets[:, None] - 1)
    targets[:, :3] = UNLABELLED
    return images, targets


@functools.cache
def trained(case):
    """Return a network after a few steps, and its losses on the way, in evaluation mode; never change it."""
    network = fresh(case)
    return network, history_of(network, scene(case), STEPS.get(case[1], 6))


@pytest.mark.parametrize(
    ("case", "bands"),
    [(case, bands) for case in CASES for bands in ((1, 4, 13) if not case[1] else (13,))],
    ids=lambda value: "-".join(value).strip("-") if isinstance(value, tuple) else str(value),
)
def test_losses_and_gradients_are_finite_for_any_number_of_bands(case, bands):
    """A batch trains every parameter."""
    network = fresh(case, bands)

    losses = network.losses(*scene(case, bands))

    check_losses(losses)
    check_gradients(network, losses)


@pytest.mark.parametrize("model", [model for model in SAME if model != "sem_fpn"])
def test_networks_with_a_model_type_of_their_own_are_the_same_in_the_family(model):
    """MMSEGMENTATION's unet is UNET."""
    arguments = (("model", model),)
    family = build_network(get_architecture("MMSEGMENTATION").spec("MOBILENET_V2", 3, CLASSES, arguments))
    own = build_network(get_architecture(SAME[model]).spec("MOBILENET_V2", 3, CLASSES))
    assert [(key, value.shape) for key, value in family.state_dict().items()] == [
        (key, value.shape) for key, value in own.state_dict().items()
    ]


@EACH
def test_a_single_small_image_trains(case):
    """Batch norms must not meet a single value, and nothing must be mirrored farther than it is wide."""
    network = fresh(case)
    for size in ((33, 12), (1, 1)):
        images, targets = scene(case, count=1, size=size)
        targets[...] = 1
        total = sum(network.losses(images, targets).values())
        assert total.isfinite()
        assert network.logits(images).shape == (1, CLASSES + 1, *size)


@EACH
def test_a_batch_without_any_labelled_pixel_costs_nothing(case):
    """Sparse labels leave chips empty; such a batch changes no weight."""
    network = fresh(case)
    images, targets = scene(case)

    losses = network.losses(images, torch.full_like(targets, UNLABELLED))

    assert all(float(loss.detach()) == 0 for loss in losses.values())
    sum(losses.values()).backward()


@EACH
def test_half_precision_trains(case):
    """With bfloat16 autocast losses and scores stay in single precision."""
    network = fresh(case)
    images, targets = scene(case)

    with torch.autocast("cpu", torch.bfloat16):
        losses = network.losses(images, targets)
        scores = network.eval().scores(images)

    assert scores.dtype == torch.float32 and scores.isfinite().all()
    check_losses(losses)
    check_gradients(network, losses)


@EACH
def test_training_lowers_the_losses(case):
    """A few steps on a scene of three brightnesses."""
    _, history = trained(case)
    assert min(history[3:]) < 0.9 * history[0], history


@EACH
def test_losses_in_evaluation_mode_repeat_and_change_nothing(case):
    """The validation loss is a fact about the weights, and leaves the random stream alone."""
    network, _ = trained(case)
    first = check_losses_repeat(network, scene(case))
    with torch.no_grad():
        of_logits = network.losses_of(network.logits(scene(case)[0]), scene(case)[1])
    assert all(torch.allclose(first[name], value) for name, value in of_logits.items())


@EACH
def test_scores_are_probabilities_whatever_the_batch(case):
    """They sum to one, and how tiles are batched does not show."""
    network, _ = trained(case)
    images, _ = scene(case)
    with torch.inference_mode():
        together = network.scores(images)
        alone = torch.cat([network.scores(image[None]) for image in images])

    assert together.shape == (2, CLASSES + 1, *SIZE) and together.dtype == torch.float32
    assert torch.allclose(together.sum(1), torch.ones(2, *SIZE), atol=1e-5)
    assert torch.allclose(together, alone, atol=1e-4)


@EACH
def test_folded_networks_answer_the_same(case):
    """Batch norms inside the convolutions and channels last change nothing but the speed."""
    network, _ = trained(case)
    folded = prepare_for_inference(network)

    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    with torch.inference_mode():
        (before,), (after,) = network.outputs(scene(case)[0]), folded.outputs(scene(case)[0])
    assert (before - after).abs().max() <= 1e-4 * max(1.0, float(before.abs().max()))


@EACH
def test_parameters_are_the_backbones_or_the_heads(case):
    """Freezing and two learning rates need every parameter in exactly one of the two groups."""
    check_parts(fresh(case))


@EACH
def test_a_frozen_backbone_does_not_learn(case):
    """Neither its weights nor its batch norm statistics move."""
    check_frozen(copy.deepcopy(trained(case)[0]), scene(case))


@EACH
def test_class_weights_change_what_is_learnt(case):
    """They come with the specification; the edge detector balances its classes itself."""
    plain = spec_of(case)
    weighted = replace(plain, extra=(("class_weights", "[0.1, 1, 5]"),))
    images, targets = scene(case)
    results = []
    for spec in (plain, weighted):
        torch.manual_seed(0)
        network = build_network(spec).eval()
        with torch.no_grad():
            results.append(float(sum(network.losses(images, targets).values())))
    assert (results[0] == results[1]) == (case[0] == "HED_EDGEDETECTOR")


@EACH
def test_a_package_gives_back_the_same_scores(case, tmp_path):
    """What was trained is what runs, through files."""
    network, job = trained(case)[0], Job()
    raw = (scene(case, size=(64, 64))[0] * 30 + 120).clamp(0, 255).to(torch.uint8)
    normalisation = Normalisation.imagenet()
    classes = [ClassInfo(4, "reed"), ClassInfo(9, "water")]
    emd = definition(spec_of(case), classes, tile=(64, 64), bands=range(3), normalisation=normalisation)
    folder = tmp_path / "model"
    folder.mkdir()
    golden = make_contract(network, normalisation.repeated(dates_of(case)), raw[0])
    paths = write_package(folder, emd, network.state_dict(), [], job, contract=golden)

    with open_package(str(paths["emd"]), job, get_architecture(case[0]).task) as package:
        loaded = load_network(package)

    assert not loaded.training and package.spec.outputs == 3
    with torch.inference_mode():
        batch = package.normalisation.apply(raw)
        assert torch.equal(network.scores(batch), loaded.scores(batch))
