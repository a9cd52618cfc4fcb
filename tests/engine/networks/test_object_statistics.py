"""Statistics of objects: what numpy says of the pixels inside, whatever the chip around them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.networks.object_statistics import (
    OF_A_BAND,
    QUANTILES,
    inside_frames,
    object_statistics,
    statistics_count,
)


def blob(bands=4, rows=40, cols=56, seed=0, dtype=np.uint16):
    """Return a chip of random values that is 0 outside an ellipse."""
    down, across = np.mgrid[:rows, :cols]
    inside = ((down - 18) / 9) ** 2 + ((across - 30) / 20) ** 2 <= 1
    values = np.random.default_rng(seed).integers(1, np.iinfo(dtype).max, (bands, rows, cols)).astype(dtype)
    return np.where(inside, values, 0).astype(dtype), inside


def described(chip, inside=None):
    """Return the statistics of one chip."""
    given = None if inside is None else torch.from_numpy(inside)[None]
    return object_statistics(torch.from_numpy(chip.astype(np.float32))[None], given)[0].numpy()


def test_statistics_of_a_band_are_those_of_numpy():
    """Mean, deviation, quantiles and share, of 16 bits."""
    chip, inside = blob()
    found = described(chip)[: 4 * OF_A_BAND].reshape(4, OF_A_BAND)

    values = chip[:, inside].astype(np.float64)
    assert found[:, 0] == pytest.approx(values.mean(axis=1), rel=1e-5)
    assert found[:, 1] == pytest.approx(values.std(axis=1), rel=1e-4)
    for place, share in enumerate(QUANTILES, start=2):
        assert found[:, place] == pytest.approx(np.quantile(values, share, axis=1), rel=1e-4)
    assert found[:, -1] == pytest.approx(values.mean(axis=1) / values.mean(), rel=1e-5)


def test_shape_tells_size_and_elongation():
    """A line is elongated, a square full of itself is not; one pixel is round."""
    line, square, pixel = (np.zeros((1, 30, 30), np.uint8) for _ in range(3))
    line[0, 10, 2:28], square[0, 5:17, 5:17], pixel[0, 3, 3] = 1, 1, 1
    shares = [described(chip)[-3:] for chip in (line, square, pixel)]

    assert [share[0] for share in shares] == pytest.approx([26 / 900, 144 / 900, 1 / 900])
    assert [share[1] for share in shares] == pytest.approx([1 - 1 / 26, 0, 0], abs=1e-3)
    assert [share[2] for share in shares] == pytest.approx([1, 1, 1], abs=1e-3)


@settings(max_examples=12, deadline=None)
@given(turn=st.integers(1, 3), seed=st.integers(0, 99))
def test_turned_objects_have_the_same_statistics(turn, seed):
    """No value depends on north."""
    chip, _ = blob(seed=seed)
    assert described(np.rot90(chip, turn, (1, 2)).copy()) == pytest.approx(described(chip), rel=1e-4, abs=1e-4)


def test_an_object_is_described_alike_alone_and_in_a_batch():
    """Large chips are thinned, objects of few pixels never; neighbours in the batch do not matter."""
    large = np.zeros((3, 200, 260), np.float32)
    large[:, 20:180, 30:200] = np.random.default_rng(0).random((3, 160, 170)) + 1
    small = np.zeros_like(large)
    small[:, 101, 57:63] = 7
    batch = torch.from_numpy(np.stack([large, small]))
    both = object_statistics(batch)

    for one, together in zip(batch, both, strict=True):
        assert torch.equal(object_statistics(one[None])[0], together)
    assert both[1, 0] == 7 and both[1, 1] == 0
    assert both[0, 0].item() == pytest.approx(large[0][large[0] > 0].mean(), rel=0.01)


def test_nothing_and_broken_values_give_finite_numbers():
    """A chip without a pixel is all 0, values that are no numbers count as 0."""
    chips = torch.zeros(2, 2, 12, 9)
    chips[1, :, 3:6, 2:7] = torch.nan
    chips[1, 0, 4, 4] = torch.inf
    found = object_statistics(chips)

    assert found.shape == (2, statistics_count(2)) and found.dtype == torch.float32
    assert found.isfinite().all() and not found[0].any()


def test_frames_choose_the_pixels():
    """Of chips with their surroundings only the frame of the object counts; a frame without a centre has one pixel."""
    chips = torch.ones(2, 1, 10, 12)
    inside = inside_frames(chips, torch.tensor([[2.0, 3.0, 6.0, 5.0], [4.1, 4.1, 4.2, 4.2]]))

    assert inside[0].nonzero()[[0, -1]].tolist() == [[3, 2], [4, 5]] and inside[0].sum() == 8
    assert inside[1].nonzero().tolist() == [[4, 4]]
