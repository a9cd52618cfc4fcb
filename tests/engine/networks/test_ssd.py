"""Single Shot Detector: grids relative to the tile, features for coarse and fine grids."""

import pytest
import torch

from engine.models.registry import build_network, get_architecture

torch.set_num_threads(1)


def network(grids, tile=(128, 128), *arguments):
    """Return a network with one anchor a cell."""
    torch.manual_seed(0)
    entry = get_architecture("SSD")
    given = (("grids", grids), ("zooms", "[1]"), ("ratios", "[[1, 1]]"), *arguments)
    return build_network(entry.spec("RESNET18", 1, 1, given, tile)).eval()


def anchors(built, rows, cols):
    """Return its anchors on an image of a size."""
    with torch.inference_mode():
        return built._predictions(torch.zeros(1, 1, rows, cols))[2]


@pytest.mark.parametrize("grids", ["[1]", "[4, 2, 1]", "[9]", "[3, 5]", "[16, 4]", "[32]", "[4, 3, 2, 1]"])
def test_a_grid_has_its_cells_whatever_the_backbone_gives(grids):
    """Coarser than, as fine as, and finer than the last feature map (4 cells on 128 pixels)."""
    built = network(grids)
    cells = sum(int(grid) ** 2 for grid in grids.strip("[]").split(","))

    assert len(anchors(built, 128, 128)) == cells
    assert built.outputs(torch.zeros(1, 1, 128, 128))[0].shape == (1, cells, 1)


def test_an_anchor_of_zoom_one_is_its_cell():
    """A grid of 2 on 128 pixels: four squares of 64."""
    assert anchors(network("[2]"), 128, 128).tolist() == [
        [0, 0, 64, 64],
        [64, 0, 128, 64],
        [0, 64, 64, 128],
        [64, 64, 128, 128],
    ]


def test_cells_keep_their_size_on_images_of_another_size():
    """Twice as wide an image has twice as many cells, not twice as large ones."""
    boxes = anchors(network("[4]"), 128, 256)
    assert len(boxes) == 4 * 8
    assert (boxes[:, 2:] - boxes[:, :2] == 32).all()


def test_zooms_and_ratios_shape_the_anchors():
    """Ratios are height and width."""
    entry = get_architecture("SSD")
    given = (("grids", "[1]"), ("zooms", "[0.5, 1]"), ("ratios", "[[1, 1], [1, 0.5]]"))
    built = build_network(entry.spec("RESNET18", 1, 1, given, (64, 128))).eval()
    boxes = anchors(built, 64, 128)
    assert (boxes[:, 2:] - boxes[:, :2]).tolist() == [[64, 32], [32, 32], [128, 64], [64, 64]]


def test_the_bias_is_what_classes_start_from():
    """-4: an object in one anchor out of fifty."""
    logits = network("[2]", (128, 128), ("bias", "-3")).outputs(torch.randn(1, 1, 128, 128))[0]
    assert logits.mean().item() == pytest.approx(-3.0, abs=0.3)


def test_the_location_factor_shares_the_loss_out():
    """A factor of 0.25 leaves three quarters to the classes."""
    images = torch.randn(1, 1, 128, 128)
    target = [{"boxes": torch.tensor([[10.0, 10, 60, 60]]), "labels": torch.tensor([1])}]
    whole = network("[2]").losses(images, target)
    shared = network("[2]", (128, 128), ("location_loss_factor", "0.25")).losses(images, target)
    focal = network("[2]", (128, 128), ("focal_loss", "true")).losses(images, target)

    assert shared["boxes"].item() == pytest.approx(0.25 * whole["boxes"].item(), rel=1e-5)
    assert shared["classification"].item() == pytest.approx(0.75 * whole["classification"].item(), rel=1e-5)
    assert focal["classification"] < whole["classification"]


def test_it_learns_where_objects_are():
    """A bright square of any place is found with IoU above 0.5 after a short training of a tiny backbone."""
    entry = get_architecture("SSD")
    torch.manual_seed(0)
    built = build_network(entry.spec("timm:test_resnet", 1, 1, (("grids", "[4]"), ("drop", "0")), (64, 64))).train()
    optimizer = torch.optim.AdamW(built.parameters(), 2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=200)
    generator = torch.Generator().manual_seed(0)
    for _ in range(200):
        images, targets = squares(6, generator)
        optimizer.zero_grad()
        sum(built.losses(images, targets).values()).backward()
        optimizer.step()
        schedule.step()
    images, targets = squares(32, generator)
    found = built.eval().detect(images, 0.3, 0.1)
    hits = [
        bool(overlap(boxes["boxes"][0], target["boxes"][0]) > 0.5)
        for boxes, target in zip(found, targets, strict=True)
        if len(boxes["boxes"])
    ]
    assert sum(hits) >= 22


def squares(count, generator):
    """Return images with one bright square each, and its box."""
    images, targets = torch.randn((count, 1, 64, 64), generator=generator) * 0.3, []
    for image in images:
        side = int(torch.randint(12, 22, (1,), generator=generator))
        row, col = torch.randint(0, 64 - side, (2,), generator=generator).tolist()
        image[:, row : row + side, col : col + side] += 2
        box = torch.tensor([[col, row, col + side, row + side]], dtype=torch.float32)
        targets.append({"boxes": box, "labels": torch.tensor([1])})
    return images, targets


def overlap(one, other):
    """Return the IoU of two boxes."""
    sides = (torch.minimum(one[2:], other[2:]) - torch.maximum(one[:2], other[:2])).clamp(min=0)
    common = sides.prod()
    return common / ((one[2:] - one[:2]).prod() + (other[2:] - other[:2]).prod() - common)
