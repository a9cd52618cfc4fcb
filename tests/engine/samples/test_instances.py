"""Label rasters of instances: numbers become masks and boxes, in whatever way others number them."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from engine.errors import SampleFolderError
from engine.samples.instances import enclosing_boxes, instance_numbers, read_masks
from engine.samples.samples import InstanceSample

NUMBERS = np.array([[0, 3, 3, 0, 0], [0, 3, 0, 0, 9], [0, 0, 0, 9, 9]])


def write(path, pixels, **profile):
    """Write (bands, rows, cols) or (rows, cols) without georeference."""
    pixels = np.array(pixels, ndmin=3)
    shape = {"count": len(pixels), "height": pixels.shape[1], "width": pixels.shape[2], "dtype": pixels.dtype}
    with rasterio.open(path, "w", **{"driver": "GTiff", **shape, **profile}) as file:
        file.write(pixels)
    return Path(path)


def sample(path, classes, masks, shape=(3, 3, 5)):
    """Return a sample whose boxes are not looked at."""
    return InstanceSample(path, np.zeros((len(classes), 4), np.float32), np.array(classes), masks=masks, shape=shape)


def test_masks_come_class_by_class_and_number_by_number(tmp_path):
    """Gaps in the numbers do not matter; the order is that of boxes and classes."""
    first = write(tmp_path / "a.tif", NUMBERS.astype(np.uint8))
    second = write(tmp_path / "b.tif", (NUMBERS == 0).astype(np.uint16) * 40_000)
    masks = read_masks(sample(tmp_path / "chip.tif", [2, 2, 7], ((2, first), (7, second))))
    assert masks.dtype == bool and masks.shape == (3, 3, 5)
    assert (masks == [NUMBERS == 3, NUMBERS == 9, NUMBERS == 0]).all()


def test_boxes_end_at_the_edge_of_the_last_pixel(tmp_path):
    """A single pixel has a box of one pixel; a box may end at the width of the chip."""
    numbers, count = instance_numbers(write(tmp_path / "a.tif", NUMBERS.astype(np.int32)))
    assert count == 2 and enclosing_boxes(numbers, count).tolist() == [[1, 0, 3, 2], [3, 1, 5, 3]]
    assert enclosing_boxes(np.array([[0, 1]]), 1).tolist() == [[1, 0, 2, 1]]
    assert enclosing_boxes(np.zeros((2, 2), np.uint16), 0).shape == (0, 4)


def test_bands_are_joined_with_later_ones_on_top(tmp_path):
    """Each band numbers its instances from 1; where two lie over each other the later one wins."""
    one, two = np.array([[1, 1, 2, 0]], np.uint8), np.array([[0, 1, 0, 1]], np.uint8)
    numbers, count = instance_numbers(write(tmp_path / "a.tif", [one, two]))
    assert count == 3 and numbers.tolist() == [[1, 3, 2, 3]]


@pytest.mark.parametrize(
    ("pixels", "profile"),
    [
        (np.array([[255, 4, 255, 7]], np.uint8), {"nodata": 255}),
        (np.array([[np.nan, 1, 0, 2]], np.float32), {"nodata": np.nan}),
        (np.array([[0, 5_000_000, 0, 2_000_000_000]], np.int32), {}),
        (np.array([[0, 1, 0, 2]], np.uint8), {"driver": "PNG"}),
    ],
)
def test_numbers_of_others_are_understood(tmp_path, pixels, profile):
    """Nodata is no instance, nor is the transparency of a picture; large numbers and whole floats are fine."""
    numbers, count = instance_numbers(write(tmp_path / "a.img", pixels, **profile))
    assert count == 2 and numbers.tolist() == [[0, 1, 0, 2]] and numbers.dtype == np.uint16


def test_more_instances_than_16_bits_hold_are_read(tmp_path):
    """Other tools may write them with 32 bits."""
    pixels = np.arange(1, 70_001, dtype=np.uint32).reshape(7, -1)
    numbers, count = instance_numbers(write(tmp_path / "a.tif", pixels))
    assert count == 70_000 and numbers.dtype == np.int32 and (numbers == pixels).all()


def test_a_chip_without_instances_has_no_masks(tmp_path):
    """Its size is that of the sample, else of the chip."""
    chip = write(tmp_path / "chip.tif", np.ones((2, 4, 6), np.uint8))
    assert read_masks(sample(chip, [], (), shape=None)).shape == (0, 4, 6)
    assert read_masks(sample(chip, [], ())).shape == (0, 3, 5)


@pytest.mark.parametrize(
    ("pixels", "says"),
    [
        (np.array([[0, -1]], np.int16), "holds -1 and instances are numbered with whole numbers from 1"),
        (np.array([[0, 1.5]], np.float32), "holds 1.5 and instances"),
    ],
)
def test_what_numbers_no_instances_is_refused(tmp_path, pixels, says):
    """The file and the value are named."""
    with pytest.raises(SampleFolderError, match=says):
        instance_numbers(write(tmp_path / "a.tif", pixels))


def test_damaged_and_changed_labels_are_named(tmp_path):
    """A text for a raster; one instance more than when the folder was read."""
    path = tmp_path / "a.tif"
    path.write_text("no raster")
    with pytest.raises(SampleFolderError, match=r"a\.tif cannot be read: it is damaged"):
        instance_numbers(path)
    path = write(tmp_path / "b.tif", NUMBERS.astype(np.uint8))
    with pytest.raises(SampleFolderError, match=r"the masks of .*chip\.tif are not those"):
        read_masks(sample(tmp_path / "chip.tif", [1], ((1, path),)))
