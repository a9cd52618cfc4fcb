"""How large chips are shown."""

import numpy as np
import pytest

from engine.errors import ParameterError
from engine.job import Job
from engine.tasks.object_detection import TASK
from engine.tasks.pixel_classification import TASK as PIXELS
from engine.training.scale import choose_scale


def sizes(side, count=20):
    """Widths and heights of square objects."""
    return np.full((count, 2), float(side))


@pytest.mark.parametrize(
    ("side", "view"), [(33, (384, 384)), (10, (512, 512)), (50, (256, 256)), (47, (256, 256)), (200, (256, 256))]
)
def test_small_objects_are_enlarged(side, view):
    """The median object is shown about fifty pixels across, at most twice enlarged, never reduced."""
    job = Job()

    scale = choose_scale((256, 256), sizes(side), None, "", TASK.rule, job)

    assert scale.view == view == scale.whole
    assert scale.tile == (256, 256)
    assert scale.resize_to == (None if view == (256, 256) else view)
    assert bool(job.messages) == (view != (256, 256))


def test_chip_size_crops_the_data():
    """Parts of a chip are shown; the package's tile is that part."""
    scale = choose_scale((256, 256), sizes(25), 128, "", TASK.rule, Job())

    assert scale.tile == (128, 128) and scale.view == (256, 256) and scale.whole == (512, 512)
    assert scale.cropped


def test_resize_to_comes_before_chip_size():
    """Chips are resized first, then cropped; the tile shows the same ground as the crop."""
    scale = choose_scale((256, 256), sizes(25), 192, "384", TASK.rule, Job())

    assert scale.whole == (384, 384) and scale.view == (192, 192) and scale.tile == (128, 128)
    assert scale.resize_to == (192, 192)


def test_resize_to_may_reduce():
    """A resize below the chip size becomes the size that is shown."""
    scale = choose_scale((512, 512), sizes(25), 512, "256 320", TASK.rule, Job())

    assert scale.view == (256, 320) and scale.tile == (512, 512)


@pytest.mark.parametrize("text", ["big", "-3", "8", "99999", "1 2 3"])
def test_bad_sizes_are_refused(text):
    """What is no size is refused with its value."""
    with pytest.raises(ParameterError, match="resize_to"):
        choose_scale((256, 256), sizes(25), None, text, TASK.rule, Job())


@pytest.mark.parametrize(
    ("side", "view"), [(136, (256, 256)), (68, (512, 512)), (34, (1024, 1024)), (10, (1024, 1024)), (500, (256, 256))]
)
def test_chips_of_large_objects_are_reduced_for_pixels(side, view):
    """The median object is shown about 34 pixels across, at most four times reduced, never enlarged."""
    scale = choose_scale((1024, 1024), sizes(side), None, "", PIXELS.rule, Job())

    assert scale.view == scale.whole and scale.tile == (1024, 1024)
    assert scale.view == pytest.approx(view, abs=32)


def test_a_chosen_part_or_size_is_not_reduced():
    """chip_size and resize_to win; without objects chips are shown as they are."""
    assert choose_scale((512, 512), sizes(130), 256, "", PIXELS.rule, Job()).resize_to is None
    assert choose_scale((512, 512), sizes(130), None, "512", PIXELS.rule, Job()).resize_to is None
    assert choose_scale((512, 512), np.empty((0, 2)), None, "", PIXELS.rule, Job()).resize_to is None


def test_little_ground_around_large_objects_is_warned_of():
    """The remedy is a larger tile of the export."""
    job = Job()

    choose_scale((256, 256), sizes(136), None, "", PIXELS.rule, job)

    assert "tile_size 768" in job.warnings[0]
