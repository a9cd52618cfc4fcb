"""The network of pairs: attention over both dates, the published loss, and that it learns what changed."""

from dataclasses import replace

import pytest
import torch

from engine.models.registry import build_network, get_architecture
from engine.networks.change_detector import CONTEXT, MARGIN, METRIC_SHARE, Branch, contrastive_loss
from engine.networks.segmenter import UNLABELLED

torch.set_num_threads(1)


def network(classes=1, bands=2, **arguments):
    """Return a network of random weights for two dates."""
    torch.manual_seed(0)
    pairs = tuple((name, str(value)) for name, value in arguments.items())
    spec = get_architecture("CHANGEDETECTOR").spec("RESNET18", 2 * bands, classes, pairs, (64, 64))
    return build_network(replace(spec, background=True))


def test_the_loss_weighs_changed_and_unchanged_alike():
    """However rare change is, and nothing is asked of changed pixels beyond the margin."""
    distances = torch.tensor([[[1.0, 1.0, 1.0, 0.5], [3.0, 9.0, 9.0, 9.0]]])
    targets = torch.tensor([[[0, 0, 0, 1], [1, UNLABELLED, UNLABELLED, UNLABELLED]]])
    assert float(contrastive_loss(distances, targets)) == pytest.approx(0.5 * (1.0 + (MARGIN - 0.5) ** 2 / 2))
    assert float(contrastive_loss(distances, torch.full_like(targets, UNLABELLED))) == 0.0


@pytest.mark.parametrize("regions", [1, 4])
def test_attention_is_a_softmax_over_the_places_of_both_dates(regions):
    """As the plain formula gives it, region by region."""
    torch.manual_seed(1)
    branch, features = Branch(regions), torch.randn(4, CONTEXT, 8, 16)
    found = branch(features)
    rows, cols = 8 // regions, 16 // regions
    query, key, value = branch.query(features), branch.key(features), branch.value(features)

    def region(maps, down, across):
        part = maps[:, :, down * rows : (down + 1) * rows, across * cols : (across + 1) * cols]
        return torch.cat([part[1].flatten(1), part[3].flatten(1)], 1)  # both dates of the second pair

    for down, across in ((0, 0), (regions - 1, regions - 1)):
        q, k, v = (region(maps, down, across) for maps in (query, key, value))
        expected = v @ (k.T @ q / len(q) ** 0.5).softmax(0)
        assert torch.allclose(region(found, down, across), expected, atol=1e-5)


def test_large_tiles_attend_at_a_coarser_step():
    """Memory does not grow with the fourth power of the tile's side; any size works."""
    for attention in ("BAM", "PAM"):
        built = network(attention_type=attention).eval()
        with torch.inference_mode():
            assert built.logits(torch.randn(1, 4, 300, 161)).shape == (1, 2, 300, 161)


def test_the_distance_is_learnt_where_one_class_is_told_from_no_change():
    """Several kinds of change have no common distance."""
    targets = torch.zeros(2, 64, 64, dtype=torch.int64)
    targets[:, 20:40, 20:40] = 1
    images = torch.randn(2, 4, 64, 64)
    assert set(network().losses(images, targets)) == {"cross_entropy", "dice", "distance"}
    assert set(network(classes=2).losses(images, targets)) == {"cross_entropy", "dice"}
    assert METRIC_SHARE < 1


def test_change_is_learnt_in_other_light():
    """Squares that stand at one date only, the second date brighter: a few steps tell them from those that stay."""
    random = torch.Generator().manual_seed(2)

    def batch():
        both, one = (torch.zeros(4, 1, 64, 64), torch.zeros(4, 2, 64, 64))
        for image in range(4):
            for order in range(6):
                row, col = torch.randint(0, 50, (2,), generator=random).tolist()
                target = both[image, 0] if order % 3 == 0 else one[image, order % 3 - 1]
                target[row : row + 12, col : col + 12] = 1
        stands = (both + one).clamp(max=1)
        images = torch.cat([2 * stands[:, :1] - 1, 2.4 * stands[:, 1:] - 0.7], 1)
        targets = (stands[:, 0] != stands[:, 1]).long()
        return images + 0.2 * torch.randn(images.shape, generator=random), targets

    built = network(bands=1).train()
    optimizer = torch.optim.AdamW(built.parameters(), 2e-3)
    for _ in range(18):
        optimizer.zero_grad()
        sum(built.losses(*batch()).values()).backward()
        optimizer.step()
    built.train()
    images, targets = batch()
    with torch.no_grad():
        found = built.logits(images).argmax(1)
    common = ((found == 1) & (targets == 1)).sum() / ((found == 1) | (targets == 1)).sum()
    assert common > 0.5, float(common)
