"""The automatic grids of the Single Shot Detector."""

import pytest

from engine.models.registry import get_architecture
from engine.models.ssd import fitting_grids


def test_objects_that_fit_nine_times_side_by_side_give_a_grid_of_nine():
    """The well-pad story: 25 pixels on a tile of 224."""
    assert fitting_grids([(25, 25)] * 50, (224, 224)) == (9,)


def test_objects_of_several_sizes_give_a_grid_for_each_doubling():
    """From 32 to 128 pixels on 256: 8, 4 and 2 cells."""
    assert fitting_grids([(32, 32), (64, 64), (128, 128)] * 10, (256, 256)) == (8, 4, 2)


def test_a_few_odd_sizes_do_not_matter():
    """A tenth at either end is passed over."""
    assert fitting_grids([(2, 2)] + [(32, 32)] * 18 + [(250, 250)], (256, 256)) == (8,)


@pytest.mark.parametrize("sizes", [[], [(0, 4)]])
def test_without_objects_the_grids_are_the_usual_ones(sizes):
    """4, 2 and 1."""
    assert fitting_grids(sizes, (256, 256)) == (4, 2, 1)


def test_tiny_and_huge_objects_stay_within_what_a_network_can_do():
    """A cell has at least 8 pixels, a grid at least one cell."""
    assert fitting_grids([(1, 1)], (64, 64)) == (8,)
    assert fitting_grids([(500, 500)], (64, 64)) == (1,)


def test_grids_the_user_gave_are_kept_and_empty_ones_filled():
    """Automatic means left empty."""
    entry = get_architecture("SSD")
    given = entry.spec("RESNET18", 3, 1, (("grids", "[7]"),), (256, 256))
    empty = entry.spec("RESNET18", 3, 1, (), (256, 256))

    assert entry.adapted(given, [(64, 64)]) == given
    assert entry.adapted(empty, [(64, 64)]).values()["grids"] == (4,)
