"""Class maps as a network learns them."""

import json

import numpy as np
import pytest
import torch

from engine.errors import ParameterError, SampleFolderError
from engine.job import Job
from engine.models.registry import get_architecture
from engine.networks.segmenter import UNLABELLED
from engine.samples.folder import read_samples
from engine.tasks.pixel_labels import balancing_weights, pixel_labels
from engine.training.views import View, whole_view
from tests.engine.training.masks import SIDE, write_masks


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Six chips of three classes with gaps between their values; half of the ground has no label."""
    return read_samples((write_masks(tmp_path_factory.mktemp("chips") / "a", count=6),), Job())


@pytest.fixture(scope="module")
def buildings(tmp_path_factory):
    """Six chips of one class on a background."""
    return read_samples((write_masks(tmp_path_factory.mktemp("chips") / "b", count=6, values=(1,)),), Job())


def chip_of(samples):
    """Pixels with data everywhere."""
    return np.ones((samples.bands, samples.tile_rows, samples.tile_cols), np.uint16)


def test_values_with_gaps_become_channels(samples):
    """Channels follow the values in ascending order; what is not labelled teaches nothing."""
    labels = pixel_labels(samples, {}, Job())

    kept = labels.read(0, chip_of(samples))

    assert labels.channels == (10, 20, 300) and labels.names == ("10", "20", "300")
    sample = samples.samples[0]
    for value, count in zip(sample.values, sample.counts, strict=True):
        channel = UNLABELLED if value == 0 else labels.channels.index(value)
        assert (kept == channel).sum() == count
    assert kept.dtype == np.int16


@pytest.mark.parametrize(("asked", "background"), [("auto", True), ("class", True), ("ignore", False)])
def test_the_background_is_what_the_data_or_the_user_says(buildings, asked, background):
    """One class leaves a background; ignoring it leaves nothing to tell the class from."""
    job = Job()
    if not background:
        with pytest.raises(ParameterError, match="nothing to tell it from"):
            pixel_labels(buildings, {"background": asked}, job)
        return

    labels = pixel_labels(buildings, {"background": asked}, job)

    assert labels.channels == (0, 1) and labels.names == ("Background", "1")
    assert labels.counts().sum() == 6 * SIDE * (SIDE + 1)
    assert any("of all) are the background" in text for text in job.messages)


def test_unlabelled_ground_can_be_asked_to_be_a_class(samples):
    """``background class`` overrules the data, and says the share of the pixels."""
    job = Job()

    labels = pixel_labels(samples, {"background": "class"}, job)

    assert labels.channels == (0, 10, 20, 300)
    assert any("%" in text and "as asked" in text for text in job.messages)


def test_ignored_classes_keep_their_channel_and_teach_nothing(samples):
    """Their pixels are unlabelled, and the package lists their channel."""
    labels = pixel_labels(samples, {"ignore_classes": (20,)}, Job())

    assert labels.ignored_channels == (1,)
    assert not (labels.read(0, chip_of(samples)) == 1).any()
    assert not labels.counts()[:, 1].any()


def test_unknown_classes_to_ignore_are_refused(samples):
    """The message lists what there is."""
    with pytest.raises(ParameterError, match="7, which the training data does not have: choose among 10, 20, 300"):
        pixel_labels(samples, {"ignore_classes": (7,)}, Job())


def test_one_class_that_is_left_is_refused(samples):
    """Nothing can be learnt from a single class."""
    with pytest.raises(ParameterError, match="only the class 300"):
        pixel_labels(samples, {"ignore_classes": (10, 20)}, Job())


def test_no_labelled_pixel_is_refused(samples):
    """Ignoring everything leaves no label."""
    with pytest.raises(SampleFolderError, match="no chip"):
        pixel_labels(samples, {"ignore_classes": (10, 20, 300)}, Job())


def test_pixels_without_data_in_any_band_are_unlabelled(samples):
    """A pixel with one band of data keeps its label."""
    pixels = chip_of(samples)
    pixels[:, :5] = 0
    pixels[1, 3] = 7

    kept = pixel_labels(samples, {"background": "class"}, Job()).read(0, pixels)

    assert (kept[[0, 1, 2, 4]] == UNLABELLED).all() and (kept[3] != UNLABELLED).all()


def test_a_view_beyond_the_chip_is_unlabelled(buildings):
    """Shown at twice the size of the chip, three quarters have no label."""
    labels = pixel_labels(buildings, {}, Job())
    kept = labels.read(0, chip_of(buildings))
    rows, cols = kept.shape

    whole = labels.shown(0, kept, whole_view((rows, cols), (rows, cols)))
    wide = labels.shown(0, kept, View(np.eye(2) * 2, np.array([cols / 2, rows / 2]), rows, cols))

    assert torch.equal(whole, torch.from_numpy(kept.astype(np.int64)))
    assert wide.dtype == torch.int64 and float((wide == UNLABELLED).float().mean()) == pytest.approx(0.75, abs=0.03)
    assert labels.stacked([whole, whole]).shape == (2, rows, cols)


def test_class_weights_are_the_inverse_of_the_frequency(samples):
    """They are told, and kept with the network's description, one for each channel."""
    job = Job()
    labels = pixel_labels(samples, {"class_balancing": True}, Job())
    spec = get_architecture("FULLRES").spec("", 4, 3)

    weights = json.loads(dict(labels.fitted(spec, job).extra)["class_weights"])

    counts = labels.counts().sum(axis=0)
    np.testing.assert_allclose(np.array(weights) * counts, counts.sum() / 3, rtol=1e-4)
    assert job.messages == [f"Class weights: 10 {weights[0]:.3g}, 20 {weights[1]:.3g}, 300 {weights[2]:.3g}"]
    assert labels.fitted(spec, job).background is False


def test_a_handful_of_pixels_does_not_drown_the_rest():
    """Weights are limited; a class without a pixel weighs 1."""
    weights = balancing_weights(np.array([1_000_000, 1, 0]))

    assert weights[1] == pytest.approx(50 * weights[0]) and weights[2] == 1.0


def test_objects_are_measured_where_one_class_has_a_background(samples, buildings):
    """Connected pieces that the chip's edge does not cut; several classes have no objects."""
    everything = np.arange(6)

    sizes = pixel_labels(buildings, {}, Job()).sizes(everything)

    assert len(sizes) and 10 <= np.median(sizes) <= SIDE
    assert pixel_labels(samples, {}, Job()).sizes(everything).shape == (0, 2)


def test_labels_on_hidden_ground_are_hidden(samples):
    """A chip that shares ground with a validation chip shows no label there and all others elsewhere."""
    labels = pixel_labels(samples, {"background": "class"}, Job())
    left, bottom, right, top = samples.bounds[0]
    ground = np.array([[left + 5, bottom, right + 100, top - 4.0]])

    hidden = labels.hiding(np.array([0]), ground)

    kept = hidden.read(0, chip_of(samples))
    assert labels.divisible()
    assert (kept[8:, 10:] == UNLABELLED).all()
    assert (kept[:8] != UNLABELLED).all() and (kept[:, :10] != UNLABELLED).all()
    assert (hidden.read(1, chip_of(samples)) != UNLABELLED).all()


def test_a_label_that_changes_changes_its_fingerprint(samples):
    """An interrupted training does not go on with other labels."""
    one, other = pixel_labels(samples, {}, Job()), pixel_labels(samples, {"background": "class"}, Job())

    assert one.fingerprint(0) == one.fingerprint(0) != other.fingerprint(0)
