"""Augmentation: boxes follow the pixels, whatever is done to them."""

import json
from dataclasses import replace

import numpy as np
import pytest
import scipy.ndimage
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ParameterError
from engine.training.augmentation import (
    DEFAULT,
    NONE,
    WHOLE,
    Augmentation,
    Draw,
    augmentation,
    draw_view,
    lighten,
)
from engine.training.views import boxes_in_view, show, show_labels, whole_view


def square(rows=64, cols=96, box=(30, 20, 46, 32)):
    """A chip with one bright rectangle."""
    chip = np.zeros((2, rows, cols), np.uint16)
    left, top, right, bottom = box
    chip[:, top:bottom, left:right] = 1000
    return chip, np.array([box], np.float32)


def bright_frame(pixels):
    """Frame of the bright pixels of a view."""
    rows, cols = np.nonzero(pixels[0].numpy() > 500)
    return cols.min(), rows.min(), cols.max() + 1, rows.max() + 1


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([(1.0, 1.0), (2.0, 2.0), (1.5, 1.0), (0.5, 0.5)]))
def test_boxes_follow_pixels(seed, scale):
    """Turned, mirrored, zoomed and shifted, a box still frames its bright rectangle."""
    chip, boxes = square()
    view_size = (round(64 * scale[0]), round(96 * scale[1]))
    chosen = Augmentation(mirror=True, turn=True, zoom=Draw(0.7, 1.2), crop=WHOLE)

    view = draw_view(chosen, (64, 96), view_size, scale, np.random.default_rng(seed))
    pixels = show(chip, view)
    moved, kept = boxes_in_view(boxes, view, 0.9)

    assert pixels.shape == (2, *view_size) and pixels.dtype == torch.float32
    if len(kept):
        assert bright_frame(pixels) == pytest.approx(tuple(moved[0]), abs=1.6)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_rotated_round_object_stays_framed(seed):
    """The frame of a turned round object is not wider than the object."""
    rows, cols = np.mgrid[:80, :80]
    chip = (1000 * ((rows - 39.5) ** 2 + (cols - 39.5) ** 2 < 15**2)).astype(np.float32)[None]
    boxes = np.array([[25, 25, 55, 55]], np.float32)

    view = draw_view(Augmentation(rotate=Draw(-45, 45)), (80, 80), (80, 80), (1, 1), np.random.default_rng(seed))
    moved, _ = boxes_in_view(boxes, view, 0.5)

    assert bright_frame(show(chip, view)) == pytest.approx(tuple(moved[0]), abs=1.6)


def test_no_augmentation_shows_the_chip_as_it_is():
    """NONE at scale 1 changes no pixel and no box."""
    chip, boxes = square()

    view = draw_view(NONE, (64, 96), (64, 96), (1.0, 1.0), np.random.default_rng(0))
    moved, kept = boxes_in_view(boxes, view, 0.5)

    np.testing.assert_array_equal(show(chip, view).numpy(), chip.astype(np.float32))
    np.testing.assert_allclose(moved, boxes, atol=1e-4)
    assert kept.tolist() == [0]


def test_whole_view_equals_what_inference_does():
    """Validation enlarges as torch's bilinear interpolation does, which inference uses."""
    chip = np.random.default_rng(0).integers(0, 255, (3, 32, 32)).astype(np.uint8)

    shown = show(chip, whole_view((32, 32), (64, 64)))

    expected = torch.nn.functional.interpolate(torch.from_numpy(chip).float()[None], (64, 64), mode="bilinear")[0]
    torch.testing.assert_close(shown, expected)


def test_pixel_space_is_never_turned_upside_down():
    """Photographs keep their sky above: no quarter turn, no vertical flip."""
    chosen = augmentation("DEFAULT", (), None, map_space=False)

    views = [draw_view(chosen, (64, 64), (64, 64), (1, 1), np.random.default_rng(seed)) for seed in range(40)]

    assert all(view.matrix[1, 1] > 0 and view.matrix[0, 1] == 0 for view in views)
    assert {bool(view.matrix[0, 0] > 0) for view in views} == {True, False}


def test_objects_cut_by_the_view_are_cut_or_dropped():
    """A box that leaves the view is cut; one that hardly shows is dropped."""
    view = whole_view((64, 64), (64, 64))
    boxes = np.array([[-10, 0, 10, 20], [-19, 0, 1, 20], [10, 10, 20, 20]], np.float32)

    moved, kept = boxes_in_view(boxes, view, 0.25)

    assert kept.tolist() == [0, 2]
    np.testing.assert_allclose(moved[0], [0, 0, 10, 20])


def test_custom_values_are_read():
    """The value table names ranges and probabilities."""
    chosen = augmentation(
        "CUSTOM",
        (("rotate", "20; 0.4"), ("zoom", "(1.0, 1.5); 0.9"), ("brightness", "(0.3,0.7)")),
        None,
        map_space=True,
    )

    assert chosen.rotate == Draw(-20, 20, 0.4)
    assert chosen.zoom == Draw(1.0, 1.5, 0.9)
    assert chosen.brightness == Draw(0.3, 0.7, 1.0)
    assert not chosen.mirror and chosen.contrast is None


def test_file_is_read(tmp_path):
    """transforms.json gives the transforms of its Training member."""
    training = {"rotate": {"degrees": 30, "p": 0.5}, "rand_zoom": {"scale": [1.0, 1.4], "p": 1.0}, "dihedral": {}}
    (tmp_path / "transforms.json").write_text(json.dumps({"Training": training, "Validation": {}}))

    chosen = augmentation("FILE", (), tmp_path, map_space=True)

    assert chosen == Augmentation(mirror=True, turn=True, rotate=Draw(-30, 30, 0.5), zoom=Draw(1.0, 1.4, 1.0))


@pytest.mark.parametrize(
    ("how", "parameters", "message"),
    [
        ("CUSTOM", (("blur", "3"),), "unknown"),
        ("CUSTOM", (("zoom", "(0.0, 1.2)"),), "range"),
        ("CUSTOM", (("contrast", "(1.5, 0.7); 1.0"),), "range"),
        ("CUSTOM", (("rotate", "10; 1.4"),), "p "),
        ("CUSTOM", (), "name at least one"),
        ("DEFAULT", (("rotate", "30"),), "choose CUSTOM"),
        ("FILE", (), "is missing"),
    ],
)
def test_bad_augmentation_is_refused(tmp_path, how, parameters, message):
    """Each fault of an augmentation is told in a sentence."""
    with pytest.raises(ParameterError, match=message):
        augmentation(how, parameters, tmp_path, map_space=True)


@pytest.mark.parametrize("text", ["no json", "[]", '{"Training": 3}'])
def test_broken_transforms_file_is_refused(tmp_path, text):
    """A transforms.json that is no object with a Training member is refused."""
    (tmp_path / "transforms.json").write_text(text)

    with pytest.raises(ParameterError, match="transforms"):
        augmentation("FILE", (), tmp_path, map_space=True)


def test_brightness_runs_from_black_to_white():
    """0 is the data's darkest value, 0.5 changes nothing, 1 is its lightest."""
    pixels = torch.full((1, 4, 4), 300.0)
    low, high = torch.full((1, 1, 1), 100.0), torch.full((1, 1, 1), 900.0)

    seen = [
        lighten(pixels, Augmentation(brightness=Draw(change, change)), low, high, np.random.default_rng(0))
        .mean()
        .item()
        for change in (0.0, 0.5, 1.0)
    ]

    assert seen == pytest.approx([100.0, 300.0, 900.0])


def test_contrast_of_zero_is_grey():
    """Contrast stretches around the mean of each band."""
    pixels = torch.tensor([[[0.0, 10.0]], [[5.0, 25.0]]])
    low, high = torch.zeros(2, 1, 1), torch.full((2, 1, 1), 25.0)

    grey = lighten(pixels, Augmentation(contrast=Draw(0, 0)), low, high, np.random.default_rng(0))

    assert grey.tolist() == [[[5.0, 5.0]], [[15.0, 15.0]]]


def test_default_is_described():
    """The report names what was done."""
    assert "quarter turns" in DEFAULT.described() and "zoom" in DEFAULT.described()
    assert NONE.described() == "none"


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), turned=st.booleans())
def test_labels_follow_the_pixels(seed, turned):
    """A class map lies on the pixels whatever mirrors, turns, zooms, shifts and rotates them."""
    random = np.random.default_rng(seed)
    chip = np.kron(random.integers(1, 4, (4, 5)), np.ones((12, 12), np.int64))
    chosen = replace(DEFAULT, rotate=Draw(-40, 40) if turned else None, brightness=None, contrast=None)
    view = draw_view(chosen, chip.shape, (48, 64), (1.0, 1.0), random)

    labels = show_labels(chip.astype(np.int16), view, -1)
    pixels = show(chip[None].astype(np.float32), view)[0].numpy()

    # where a pixel is no mixture of two classes or of the outside, it has the value of its label
    pure = np.abs(pixels - pixels.round()) < 1e-3
    inner = pure & (scipy.ndimage.minimum_filter(labels, 3) == scipy.ndimage.maximum_filter(labels, 3)) & (labels > 0)
    assert labels.shape == (48, 64) and labels.dtype == np.int64
    assert inner.sum() > 100
    np.testing.assert_array_equal(labels[inner], pixels[inner].round())
    outside = scipy.ndimage.maximum_filter(labels, 5) == -1
    assert (pixels[outside] == 0).all()
