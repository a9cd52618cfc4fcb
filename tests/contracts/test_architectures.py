"""What every architecture must do, run over the registry: a new file in ``engine/models`` is tested by being there."""

import copy
import functools

import pytest
import torch

from engine.classes import ClassInfo
from engine.job import Job
from engine.models.registry import architectures, build_network, get_architecture
from engine.networks.folding import prepare_for_inference
from engine.package.contract import make_contract
from engine.package.emd import definition, load_network, open_package, write_package
from engine.package.normalisation import Normalisation

pytestmark = pytest.mark.slow

torch.set_num_threads(1)

MASK_CODES = tuple(architectures("instance_segmentation"))
CODES = (*architectures("object_detection"), *MASK_CODES)
TILE = (64, 96)
CLASSES = 2
FEW_REGIONS = (
    ("rpn_post_nms_top_n_train", "60"),
    ("rpn_post_nms_top_n_test", "60"),
    ("box_batch_size_per_image", "32"),
)
SMALLER = {"FASTERRCNN": FEW_REGIONS, "MASKRCNN": FEW_REGIONS}
"""Arguments that make an architecture quick to test."""
MAP = torch.zeros(1, *TILE, dtype=torch.int32)
MAP[0, 6:26, 8:30], MAP[0, 20:60, 40:90] = 1, 2
NOTHING = {
    "boxes": torch.zeros(0, 4),
    "labels": torch.zeros(0, dtype=torch.int64),
    "maps": torch.zeros(0, *TILE, dtype=torch.int32),
    "places": torch.zeros(0, 2, dtype=torch.int64),
}
TWO_OBJECTS = {
    "boxes": torch.tensor([[8.0, 6.0, 30.0, 26.0], [40.0, 20.0, 90.0, 60.0]]),
    "labels": torch.tensor([1, 2]),
    "maps": MAP,
    "places": torch.tensor([[0, 1], [0, 2]]),
}


def images(bands, count=2, size=TILE):
    """Return normalised noise with something bright where the objects are."""
    batch = torch.randn((count, bands, *size), generator=torch.Generator().manual_seed(1))
    batch[0, :, 6:26, 8:30] += 3
    batch[0, 0, 20:60, 40:90] -= 3
    return batch


def spec_of(code, bands):
    """Return the specification of a small network."""
    entry = get_architecture(code)
    return entry.adapted(entry.spec("RESNET18", bands, CLASSES, SMALLER.get(code, ()), TILE), [(22, 20), (50, 40)])


def fresh(code, bands=3):
    """Return a network with random weights."""
    torch.manual_seed(0)
    return build_network(spec_of(code, bands))


@functools.cache
def trained(code):
    """Return a network after a few steps, in evaluation mode; never change it."""
    network = fresh(code)
    optimizer = torch.optim.AdamW(network.parameters(), 3e-4)
    for _ in range(12):
        optimizer.zero_grad()
        sum(network.losses(images(3), [TWO_OBJECTS, NOTHING]).values()).backward()
        optimizer.step()
    return network.eval()


@pytest.mark.parametrize("bands", [1, 3, 4, 13])
@pytest.mark.parametrize("code", CODES)
def test_losses_and_gradients_are_finite_for_any_number_of_bands(code, bands):
    """A batch with an image without objects trains every parameter."""
    network = fresh(code, bands)

    losses = network.losses(images(bands), [TWO_OBJECTS, NOTHING])

    assert all(loss.dtype == torch.float32 and loss.ndim == 0 and loss.isfinite() for loss in losses.values())
    sum(losses.values()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


@pytest.mark.parametrize("code", CODES)
def test_a_batch_without_any_object_has_finite_losses(code):
    """Chips without objects teach what is background."""
    network = fresh(code)

    total = sum(network.losses(images(3), [NOTHING, NOTHING]).values())

    assert total.isfinite()
    total.backward()


@pytest.mark.parametrize("code", CODES)
def test_losses_in_evaluation_mode_repeat_and_change_nothing(code):
    """The validation loss is a fact about the weights, not about chance, and leaves the random stream alone."""
    network = trained(code)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    state = torch.random.get_rng_state()

    with torch.no_grad():
        first, second = (network.losses(images(3), [TWO_OBJECTS, NOTHING]) for _ in range(2))

    assert first == second
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


@pytest.mark.parametrize("code", CODES)
def test_training_lowers_the_losses(code):
    """A few steps on one batch are seen in its loss."""
    learning = copy.deepcopy(trained(code)).train()

    before = sum(fresh(code).losses(images(3), [TWO_OBJECTS, NOTHING]).values())
    after = sum(learning.losses(images(3), [TWO_OBJECTS, NOTHING]).values())

    assert after < 0.9 * before


@pytest.mark.parametrize("code", CODES)
def test_detections_respect_threshold_classes_and_image(code):
    """No score is below the threshold, no box leaves the image, whatever its size."""
    network = trained(code)
    for size in (TILE, (50, 70), (33, 128)):
        pictures = torch.randn((2, 3, *size), generator=torch.Generator().manual_seed(2))
        many = network.detect(pictures, 0.05, 0.5)
        scores = torch.cat([found["scores"] for found in many])
        threshold = float(scores.quantile(0.7)) if len(scores) else 0.05
        few = network.detect(pictures, threshold, 0.5)

        assert len(many) == len(few) == 2
        assert sum(len(found["scores"]) for found in few) <= len(scores)
        for found in few:
            boxes, labels = found["boxes"], found["labels"]
            assert boxes.shape == (len(labels), 4) and boxes.dtype == torch.float32 and labels.dtype == torch.int64
            assert (found["scores"] >= threshold).all() and (found["scores"] <= 1).all()
            assert (boxes[:, :2] >= 0).all() and (boxes[:, 2:] <= torch.tensor([size[1], size[0]])).all()
            assert (boxes[:, 2:] > boxes[:, :2]).all()
            assert ((labels >= 1) & (labels <= CLASSES)).all()
            assert (found["scores"].diff() <= 0).all()


@pytest.mark.parametrize("overlap", [0.0, 0.3])
@pytest.mark.parametrize("code", CODES)
def test_no_two_detections_of_a_class_overlap_more_than_allowed(code, overlap):
    """``nms_overlap`` is a promise about what is returned."""
    for found in trained(code).detect(images(3), 0.05, overlap):
        for label in range(1, CLASSES + 1):
            boxes = found["boxes"][found["labels"] == label]
            shared = pairwise_iou(boxes).fill_diagonal_(0)
            assert (shared <= overlap + 1e-5).all()


@pytest.mark.parametrize("code", CODES)
def test_max_detections_keeps_the_best(code):
    """The cap drops the lowest scores."""
    network = trained(code)
    (all_found,) = network.detect(images(3, 1), 0.05, 0.3)
    (capped,) = network.detect(images(3, 1), 0.05, 0.3, max_detections=2)

    assert len(capped["scores"]) <= 2
    assert torch.allclose(capped["scores"], all_found["scores"][: len(capped["scores"])])


@pytest.mark.parametrize("code", CODES)
def test_an_image_is_detected_alike_alone_and_in_a_batch(code):
    """How tiles are batched must not show in the result."""
    network = trained(code)
    together = network.detect(images(3), 0.1, 0.3)
    alone = [network.detect(image[None], 0.1, 0.3)[0] for image in images(3)]

    for one, other in zip(together, alone, strict=True):
        assert torch.equal(one["labels"], other["labels"])
        assert torch.allclose(one["boxes"], other["boxes"], atol=1e-2)
        assert torch.allclose(one["scores"], other["scores"], atol=1e-4)


@pytest.mark.parametrize("code", CODES)
def test_parameters_are_the_backbones_or_the_heads(code):
    """Freezing and two learning rates need every parameter in exactly one of the two groups."""
    network = fresh(code)
    backbone = {id(parameter) for parameter in network.backbone_parameters()}
    head = {id(parameter) for parameter in network.head_parameters()}

    assert not backbone & head
    assert backbone | head == {id(parameter) for parameter in network.parameters()}


@pytest.mark.parametrize("code", CODES)
def test_a_frozen_backbone_does_not_learn(code):
    """Neither its weights nor its batch norm statistics move."""
    network = fresh(code)
    network.freeze_backbone()
    before = {key: value.clone() for key, value in network.body.state_dict().items()}

    network.train()
    sum(network.losses(images(3), [TWO_OBJECTS, NOTHING]).values()).backward()

    assert all(parameter.grad is None for parameter in network.backbone_parameters())
    assert all(torch.equal(value, before[key]) for key, value in network.body.state_dict().items())


@pytest.mark.parametrize("code", CODES)
def test_folded_networks_answer_the_same(code):
    """Batch norms inside the convolutions and channels last change nothing but the speed."""
    network = trained(code)
    folded = prepare_for_inference(network)

    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in folded.modules())
    with torch.inference_mode():
        for one, other in zip(network.outputs(images(3)), folded.outputs(images(3)), strict=True):
            assert (one - other).abs().max() <= 1e-4 * max(1.0, float(one.abs().max()))


@pytest.mark.parametrize("code", CODES)
def test_a_package_gives_back_the_same_detections(code, tmp_path):
    """What was trained is what runs, through files."""
    network, job = trained(code), Job()
    raw = (images(3) * 40 + 120).clamp(0, 255).to(torch.uint8)
    normalisation = Normalisation.imagenet()
    emd = definition(
        spec_of(code, 3),
        [ClassInfo(4, "pad"), ClassInfo(9, "tank")],
        tile=TILE,
        bands=range(3),
        normalisation=normalisation,
    )
    folder = tmp_path / "model"
    folder.mkdir()
    golden = make_contract(network, normalisation, raw[0])
    paths = write_package(folder, emd, network.state_dict(), [], job, contract=golden)

    with open_package(str(paths["emd"]), job) as package:
        loaded = load_network(package)

    assert not loaded.training
    assert [entry.value for entry in package.classes] == [4, 9]
    batch = package.normalisation.apply(raw)
    for one, other in zip(network.detect(batch, 0.05, 0.3), loaded.detect(batch, 0.05, 0.3), strict=True):
        assert all(torch.equal(one[key], other[key]) for key in ("boxes", "scores", "labels"))


@pytest.mark.parametrize("code", MASK_CODES)
def test_every_detection_has_a_mask_in_a_frame_around_its_box(code):
    """Probabilities from 0 to 1, in a frame that reaches beyond the box."""
    network = trained(code)
    (found,) = network.detect(images(3, 1), 0.02, 0.5)

    frames, masks, boxes = found["frames"], found["masks"], found["boxes"]
    assert len(boxes) and len(frames) == len(masks) == len(boxes)
    assert masks.ndim == 3 and masks.shape[1] == masks.shape[2]
    assert (masks >= 0).all() and (masks <= 1).all()
    assert (frames[:, :2] < boxes[:, :2]).all() and (frames[:, 2:] > boxes[:, 2:]).all()


def pairwise_iou(boxes):
    """Return the IoU of every pair, written out here so that no code under test judges itself."""
    low, high = (
        torch.maximum(boxes[:, None, :2], boxes[None, :, :2]),
        torch.minimum(boxes[:, None, 2:], boxes[None, :, 2:]),
    )
    common = (high - low).clamp(min=0).prod(-1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    return common / (area[:, None] + area[None] - common).clamp(min=1e-9)
