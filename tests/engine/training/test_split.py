"""The split: validation never shows ground that was trained on."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import SampleFolderError
from engine.job import Job
from engine.training.split import Chips, Split, split_chips


def grid(cols, rows, stride, tile=10.0, source="a.tif", left=0.0):
    """Chips of one raster on a grid, one object each."""
    bounds = [
        (left + col * stride, -(row * stride) - tile, left + col * stride + tile, -(row * stride))
        for row in range(rows)
        for col in range(cols)
    ]
    return Chips(np.array(bounds), np.array([source] * len(bounds)), np.ones((len(bounds), 1), np.int64))


def joined(*parts):
    """Chips of several rasters."""
    return Chips(
        np.concatenate([part.bounds for part in parts]),
        np.concatenate([part.sources for part in parts]),
        np.concatenate([part.labels for part in parts]),
    )


def shared_ground(chips, split):
    """Area that training and validation chips have in common."""
    areas = [shapely.union_all(shapely.box(*chips.bounds[part].T)) for part in (split.training, split.validation)]
    return shapely.area(shapely.intersection(*areas))


def is_partition(chips, split):
    """Every chip stands in exactly one part."""
    return sorted(np.concatenate([split.training, split.validation, split.left_out]).tolist()) == list(
        range(len(chips))
    )


@settings(max_examples=40, deadline=None)
@given(
    cols=st.integers(2, 14),
    rows=st.integers(2, 14),
    stride=st.sampled_from([10.0, 7.5, 5.0, 2.5]),
    share=st.sampled_from([5, 10, 30]),
)
def test_blocks_share_no_ground(cols, rows, stride, share):
    """Whatever grid the chips lie on, a spatial split leaves no common ground unless it says so."""
    chips, job = grid(cols, rows, stride), Job()

    split = split_chips(chips, share, "spatial", 1, job)

    assert is_partition(chips, split)
    assert len(split.training) and len(split.validation)
    assert shared_ground(chips, split) == pytest.approx(0, abs=1e-3) or any("leaks" in text for text in job.warnings)


def test_block_split_comes_near_the_asked_share():
    """On a large raster with half overlap about the asked share validates and the number left out is told."""
    chips, job = grid(40, 40, 5.0), Job()

    split = split_chips(chips, 10, "spatial", 42, job)

    kept = len(split.training) + len(split.validation)
    assert 0.08 <= len(split.validation) / kept <= 0.15
    assert f"{len(split.left_out)} left out" in job.messages[-1]
    assert "2 x 2 tiles" in split.how


def test_four_rasters_are_split_whole():
    """From four rasters on no raster stands on both sides."""
    chips = joined(*(grid(4, 4, 5.0, source=f"{name}.tif", left=1000.0 * number) for number, name in enumerate("abcd")))

    split = split_chips(chips, 10, "spatial", 42, Job())

    assert not set(chips.sources[split.training]) & set(chips.sources[split.validation])
    assert len(set(chips.sources[split.validation])) == 1
    assert not len(split.left_out)


def test_overlapping_rasters_lose_the_chips_on_common_ground():
    """Two dates of the same place are two rasters: chips under a validation chip do not train."""
    chips = joined(*(grid(4, 4, 5.0, source=f"{name}.tif", left=12.0 * number) for number, name in enumerate("abcde")))

    split = split_chips(chips, 10, "spatial", 42, Job())

    assert shared_ground(chips, split) == pytest.approx(0, abs=1e-3)
    assert len(split.left_out)


def test_images_without_georeference_are_split_by_source():
    """Photographs have no ground: all chips of one photograph stay together."""
    sources = np.repeat([f"photo{number}.jpg" for number in range(3)], 5)
    chips = Chips(np.full((15, 4), np.nan), sources, np.ones((15, 1), np.int64))

    split = split_chips(chips, 10, "spatial", 42, Job())

    assert len(split.validation) == 5 and len(set(sources[split.validation])) == 1


def test_unknown_sources_are_images_of_their_own():
    """A third-party folder of single photographs is split photograph by photograph."""
    chips = Chips(np.full((20, 4), np.nan), np.array([""] * 20), np.ones((20, 1), np.int64))

    assert len(split_chips(chips, 10, "spatial", 42, Job()).validation) == 2


def test_random_split_prints_its_leakage():
    """A random split of overlapping chips says how many validation chips were trained on."""
    job = Job()

    split = split_chips(grid(10, 10, 5.0), 10, "random", 42, job)

    assert len(split.validation) == 10
    assert any("10 of 10 validation chips" in text for text in job.warnings)


def test_rare_class_trains():
    """A class whose objects lie in one place is not spent on validation alone."""
    chips = grid(20, 20, 10.0)
    labels = np.zeros((400, 2), np.int64)
    labels[:, 0] = 1
    labels[:4, 1] = 1

    split = split_chips(Chips(chips.bounds, chips.sources, labels), 10, "spatial", 42, Job())

    assert labels[split.training, 1].sum() > 0


def test_same_seed_same_split():
    """The split is a function of data and seed."""
    first, second = (split_chips(grid(12, 12, 5.0), 10, "spatial", 7, Job()) for _ in range(2))

    assert isinstance(first, Split)
    np.testing.assert_array_equal(first.validation, second.validation)


def test_one_chip_is_refused():
    """One chip cannot both train and validate."""
    with pytest.raises(SampleFolderError, match="at least 2"):
        split_chips(grid(1, 1, 10.0), 10, "spatial", 42, Job())


@settings(max_examples=40, deadline=None)
@given(
    cols=st.integers(1, 6),
    rows=st.integers(1, 6),
    stride=st.sampled_from([10.0, 5.0, 2.5]),
    share=st.sampled_from([5, 10, 30]),
)
def test_small_folders_lose_no_chip_where_labels_can_be_hidden(cols, rows, stride, share):
    """Chips on the border train with part of their labels; both sides have chips, however few there are."""
    if cols * rows < 2:
        return
    chips, job = replace(grid(cols, rows, stride), divisible=True), Job()

    split = split_chips(chips, share, "spatial", 1, job)

    assert is_partition(chips, split)
    assert len(split.training) and len(split.validation)
    assert set(split.hidden) <= set(split.training)
    touching = [
        i for i in split.training if shared_ground(chips, Split(np.array([i]), split.validation, [], "")) > 1e-6
    ]
    assert set(touching) <= set(split.hidden) or job.warnings


def test_chips_without_a_label_stand_on_neither_side():
    """They neither train nor validate, and are counted."""
    chips, job = grid(6, 6, 10.0), Job()
    chips = replace(chips, usable=np.arange(36) % 3 > 0)

    split = split_chips(chips, 20, "spatial", 1, job)

    both = np.concatenate([split.training, split.validation])
    assert (both % 3 > 0).all()
    assert any("12 of 36 chips hold no label" in text for text in job.messages)


def test_a_single_chip_with_a_label_is_refused():
    """The remedy is named."""
    chips = replace(grid(2, 2, 10.0), usable=np.array([True, False, False, False]))

    with pytest.raises(SampleFolderError, match="1 of 4 chips has a label"):
        split_chips(chips, 10, "spatial", 1, Job())
