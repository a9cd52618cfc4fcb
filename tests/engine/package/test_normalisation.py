"""The normalisation of a package: exact rules, and the same through a definition."""

import numpy as np
import pytest
import torch

from engine.errors import ModelPackageError
from engine.package.normalisation import Normalisation


def test_imagenet_is_the_published_rule():
    """(x - 255 mean) / (255 std)."""
    raw = torch.tensor([1.0, 100.0, 255.0]).repeat(3, 1)[None, :, None]
    mean, std = torch.tensor([0.485, 0.456, 0.406])[:, None, None], torch.tensor([0.229, 0.224, 0.225])[:, None, None]

    assert torch.allclose(Normalisation.imagenet().apply(raw), (raw - 255 * mean) / (255 * std), atol=1e-5)


def test_statistics_give_mean_zero_and_deviation_one():
    """16 bit data of four bands, one of them constant."""
    data = np.random.default_rng(0).normal([[500], [3000], [20000], [7]], [[50], [10], [4000], [0]], (4, 5000))
    normalisation = Normalisation.from_statistics(data.min(1), data.max(1), data.mean(1), data.std(1))

    result = normalisation.apply(torch.from_numpy(data)[:, None].float()).numpy()[:, 0]

    assert result.dtype == np.float32
    assert result.mean(1) == pytest.approx([0, 0, 0, 0], abs=1e-3)
    assert result.std(1) == pytest.approx([1, 1, 1, 0], abs=1e-3)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.int16, torch.float32, torch.float64])
def test_raw_pixels_of_any_type_are_taken(dtype):
    """Chips keep the raster's type."""
    raw = torch.tensor([[[[3.0, 7.0]]]]).to(dtype)
    result = Normalisation.from_statistics([0], [10], [5], [2]).apply(raw)
    assert result.dtype == torch.float32
    assert result.flatten().tolist() == pytest.approx([-1.0, 1.0])


def test_the_batch_is_not_changed():
    """The caller may still need the raw pixels."""
    raw = torch.ones(1, 1, 2, 2)
    Normalisation.from_statistics([0], [10], [5], [2]).apply(raw)
    assert (raw == 1).all()


def test_a_definition_gives_the_same_normalisation_back():
    """Training writes it, inference reads it."""
    one = Normalisation.from_statistics([0, 10, 3], [100, 400, 7], [50, 200, 5], [20, 0, 1])
    assert Normalisation.from_emd(one.to_emd(), (0, 1, 2)) == one
    assert Normalisation.from_emd(Normalisation.imagenet().to_emd(), (0, 1, 2)) == Normalisation.imagenet()
    assert "NormalizationStats" not in Normalisation.imagenet().to_emd()


def test_lists_over_all_training_bands_are_indexed_by_the_extracted_ones():
    """Band 3 and band 0 of four, in that order; names stand for the lists' own order."""
    whole = Normalisation.from_statistics([0, 1, 2, 3], [10, 20, 30, 40], [5, 6, 7, 8], [1, 2, 3, 4])
    picked = Normalisation.from_emd(whole.to_emd(), (3, 0))
    assert picked.minimum == (3.0, 0.0) and picked.maximum == (40.0, 10.0)
    assert Normalisation.from_emd(whole.to_emd(), ("Red", "Green")).maximum == (10.0, 20.0)


def test_lists_that_are_null_are_made_from_the_others():
    """Packages in the wild hold null for some."""
    whole = Normalisation.from_statistics([0], [10], [5], [2])
    emd = whole.to_emd()
    emd["NormalizationStats"]["scaled_mean_values"] = None
    assert Normalisation.from_emd(emd, (0,)).scaled_std == pytest.approx(whole.scaled_std)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"band_min_values": None}, "lacks band_min_values"),
        ({"scaled_std_values": None, "band_std_values": None}, "no mean and deviation"),
        ({"band_max_values": [1.0]}, "no value for band 1"),
        ({"band_max_values": ["a", "b"]}, "no number"),
        ({"scaled_mean_values": [float("nan"), 0.0]}, "not finite"),
    ],
)
def test_broken_statistics_are_refused(change, told):
    """A sentence that names the list."""
    emd = Normalisation.from_statistics([0, 0], [1, 1], [0, 0], [1, 1]).to_emd()
    emd["NormalizationStats"].update(change)
    with pytest.raises(ModelPackageError, match=told):
        Normalisation.from_emd(emd, (0, 1))


def test_four_bands_without_statistics_are_refused():
    """ImageNet knows three."""
    with pytest.raises(ModelPackageError, match="4 bands"):
        Normalisation.from_emd({}, (0, 1, 2, 3))


def test_an_image_with_other_bands_is_refused():
    """Broadcasting would hide it."""
    with pytest.raises(ModelPackageError, match="has 1 bands"):
        Normalisation.imagenet().apply(torch.zeros(2, 1, 4, 4))


def test_pixels_without_data_are_the_mean():
    """A pixel that is 0 in all bands gives 0, not a value far below everything; a single band's 0 is a value."""
    several = Normalisation.from_statistics([100, 100], [500, 500], [300, 300], [50, 50])
    pixels = torch.tensor([[0, 0, 300, 350], [0, 250, 0, 300]], dtype=torch.int16)[:, None]
    assert several.apply(pixels)[:, 0].tolist() == [
        pytest.approx([0, -6, 0, 1], abs=1e-4),
        pytest.approx([0, -1, -6, 0], abs=1e-4),
    ]
    single = Normalisation.from_statistics([0], [10], [5], [5])
    assert single.apply(torch.zeros(1, 2, 2)).tolist() == [[[pytest.approx(-1)] * 2] * 2]
