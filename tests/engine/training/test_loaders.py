"""Chips to batches."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.errors import SampleFolderError
from engine.job import Job
from engine.networks.segmenter import UNLABELLED
from engine.samples.folder import read_samples
from engine.tasks.object_findings import package_padding
from engine.training.augmentation import DEFAULT, NONE
from engine.training.chips import ground, look_at_chips
from engine.training.loaders import TrainingBatches, ValidationBatches
from engine.training.scale import ChipScale
from engine.training.start import labels_of
from tests.engine.training.chips import SIDE, write_folder
from tests.engine.training.masks import write_masks

SIZE = ChipScale((SIDE, SIDE), (SIDE, SIDE), (SIDE, SIDE), (SIDE, SIDE))


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Ten chips of three bands."""
    return read_samples((write_folder(tmp_path_factory.mktemp("chips"), count=10, classes=2),), Job())


@pytest.fixture
def store(samples):
    """The chips, all in memory."""
    return look_at_chips(samples, labels_of(samples), Job(), (0.0, 0.1))[0]


def training(store, **changes):
    """Training batches of all chips."""
    values = {
        "store": store,
        "indexes": np.arange(10),
        "batch_size": 4,
        "repeats": 2,
        "scale": SIZE,
        "augmentation": DEFAULT,
        "band_range": (np.zeros(3), np.full(3, 255.0)),
        "seed": 1,
    }
    return TrainingBatches(**{**values, **changes})


def test_an_epoch_shows_each_chip_as_often_as_asked(store):
    """Whole batches only; images are channels-last float32 in the data's own units."""
    batches = list(training(store))

    assert len(batches) == len(training(store)) == 5
    images = batches[0]["images"]
    assert images.shape == (4, 3, SIDE, SIDE) and images.dtype == torch.float32
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert images.max() > 100


def test_batches_depend_on_seed_and_epoch_only(store):
    """The same epoch gives the same batches, the next one others, whatever the threads do."""
    first, again = (list(training(store, workers=workers)) for workers in (1, 4))
    later = list(training(store, epoch=1))

    assert all(torch.equal(one["images"], two["images"]) for one, two in zip(first, again, strict=True))
    assert not torch.equal(first[0]["images"], later[0]["images"])


def test_validation_shows_every_chip_once_and_unchanged(store, samples):
    """Boxes and pixels are those of the files."""
    batches = list(ValidationBatches(store, np.arange(10), 4, SIZE))

    assert [len(batch["targets"]) for batch in batches] == [4, 4, 2]
    targets = [target for batch in batches for target in batch["targets"]]
    for sample, target in zip(samples.samples, targets, strict=True):
        np.testing.assert_allclose(target["boxes"].numpy(), sample.boxes, atol=1e-3)
        assert target["labels"].tolist() == sample.classes.tolist()


def test_leaving_early_leaves_no_thread(store):
    """A cancelled epoch ends its loader threads."""
    source = iter(training(store))
    next(source)
    source.close()

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("loader")]


def test_a_budget_of_nothing_reads_from_disk(store):
    """Chips that do not fit memory are decoded each time and are the same."""
    kept = store.chip(3)
    store.budget, store._kept, store._used = 0, {}, 0

    np.testing.assert_array_equal(store.chip(3), kept)
    assert not store._kept


def test_statistics_are_those_of_the_pixels(samples):
    """Smallest, largest, mean and deviation of each band over all chips; pixels of 0 in all bands are no data."""
    store, statistics = look_at_chips(samples, labels_of(samples), Job(), (0.0, 0.1))
    pixels = np.stack([store.chip(index) for index in range(10)]).astype(np.float64)

    bands = np.moveaxis(pixels, 1, 0).reshape(pixels.shape[1], -1)
    bands = bands[:, bands.any(axis=0)]

    np.testing.assert_allclose(statistics.mean, bands.mean(axis=1))
    np.testing.assert_allclose(statistics.std, bands.std(axis=1))
    np.testing.assert_array_equal(statistics.minimum, bands.min(axis=1))
    np.testing.assert_array_equal(statistics.maximum, bands.max(axis=1))


def test_ground_and_labels_of_the_chips(samples):
    """The split gets bounds in map units and the labels of each class."""
    chips = ground(samples, labels_of(samples))

    assert chips.georeferenced
    assert chips.labels.sum() == sum(len(sample.boxes) for sample in samples.samples)
    assert chips.labels.shape == (10, 2)


def test_padding_is_half_a_large_object(samples):
    """Half the 95th percentile, at most a quarter of the tile."""
    sizes = labels_of(samples).sizes(np.arange(10))

    assert 6 <= package_padding(sizes, (512, 512)) <= 11
    assert package_padding(sizes * 10, (64, 64)) == 16
    assert package_padding(np.empty((0, 2)), (64, 64)) == 0


def test_chips_of_another_shape_are_refused(samples):
    """A chip that differs from the rest is named."""
    samples.samples[2].shape = (3, SIDE, SIDE + 1)
    try:
        with pytest.raises(SampleFolderError, match=r"000002\.tif"):
            look_at_chips(samples, labels_of(samples), Job(), (0.0, 0.1))
    finally:
        samples.samples[2].shape = (3, SIDE, SIDE)


def test_nothing_is_drawn_without_augmentation(store):
    """NONE shows chips as they are, in drawn order."""
    (batch, *_) = training(store, augmentation=NONE, repeats=1)
    chips = [torch.from_numpy(store.chip(index).astype(np.float32)) for index in range(10)]

    assert all(any(torch.equal(image, chip) for chip in chips) for image in batch["images"])


def test_class_maps_lie_on_their_chips(tmp_path):
    """Targets of a batch are one tensor; what is bright is labelled so, whatever was done to the chip."""
    maps = read_samples((write_masks(tmp_path / "maps", count=6, values=(1,), bands=1),), Job())
    store, _ = look_at_chips(maps, labels_of(maps), Job(), (0.0, 0.1))
    size = (maps.tile_rows, maps.tile_cols)
    scale = ChipScale(size, (64, 32), size, (64, 32))
    plain = replace(DEFAULT, brightness=None, contrast=None)

    batches = list(training(store, indexes=np.arange(6), augmentation=plain, scale=scale))

    images = torch.cat([batch["images"] for batch in batches])[:, 0]
    targets = torch.cat([batch["targets"] for batch in batches])
    assert targets.shape == images.shape == (12, 64, 32) and targets.dtype == torch.int64
    assert set(targets.unique().tolist()) == {UNLABELLED, 0, 1}
    assert ((images > 4000) == (targets == 1))[targets != UNLABELLED].float().mean() > 0.95
    assert (images[targets == UNLABELLED] < 1500).float().mean() > 0.95


def test_class_maps_count_in_the_budget(tmp_path):
    """Chip and map are kept together or read again, with the same result."""
    maps = read_samples((write_masks(tmp_path / "maps", count=3, values=(1,), bands=1),), Job())
    store, _ = look_at_chips(maps, labels_of(maps), Job(), (0.0, 0.1))
    pixels, label = store.seen(1)
    assert store._used == 3 * (pixels.nbytes + label.nbytes)

    store.budget, store._kept, store._used = pixels.nbytes, {}, 0

    np.testing.assert_array_equal(store.seen(1)[1], label)
    assert not store._kept
