"""Where the chip of an object lies, what is blackened in it, and how it is squeezed."""

import numpy as np
import pytest
import shapely
import torch

from engine.samples.object_windows import LARGEST, blackened, object_windows, squeezed


def test_a_fixed_tile_is_centred_on_the_frame_of_its_object():
    """Odd and even differences, frames outside the raster and larger than the tile: the size is the tile's."""
    bounds = np.array([[10, 10, 20, 30], [10.0, 10.0, 21.0, 31.0], [-5, -7, -1, -1], [0, 0, 100, 90], [7.5, 8, 7.5, 8]])
    windows = object_windows(bounds, (16, 24), fixed=True)
    assert windows.dtype == np.int64
    assert windows.tolist() == [
        [3, 12, 24, 16],
        [4, 13, 24, 16],
        [-15, -12, 24, 16],
        [38, 37, 24, 16],
        [-4, 0, 24, 16],
    ]
    centres = windows[:, :2] + windows[:, 2:] / 2
    assert np.abs(centres - (bounds[:, :2] + bounds[:, 2:]) / 2).max() <= 0.5


def test_a_frame_is_widened_to_whole_pixels_and_never_empty():
    """A hair of rounding takes no pixel in; a point and an upright line have a width of one pixel."""
    bounds = [[10.2, 5.0, 19.9, 7.0], [9.9999999, 4, 20.0000001, 8], [3.5, 4.5, 3.5, 4.5], [4, 1.2, 4, 6.7]]
    windows = object_windows(np.array(bounds), (64, 64), fixed=False)
    assert windows.tolist() == [[10, 5, 10, 2], [10, 4, 10, 4], [3, 4, 1, 1], [4, 1, 1, 6]]
    assert object_windows(np.zeros((0, 4)), (64, 64), fixed=False).shape == (0, 4)
    huge = object_windows(np.array([[-10, 5, 4091, 25]]), (64, 64), fixed=False)
    assert huge.tolist() == [[-10 + (4101 - LARGEST) // 2, 5, LARGEST, 20]]


def test_only_the_object_is_left_of_a_blackened_chip():
    """A polygon keeps the pixels whose centre it holds, its hole none; the chip given stays as it is."""
    pixels = np.arange(1, 241, dtype=np.uint16).reshape(2, 10, 12)
    ring = shapely.box(1, 2, 9, 8) - shapely.box(3, 4, 5, 6)
    found = blackened(pixels, ring)
    expected = np.zeros((10, 12), bool)
    expected[2:8, 1:9] = True
    expected[4:6, 3:5] = False
    assert found.dtype == np.uint16 and (found == np.where(expected, pixels, 0)).all()
    assert (pixels > 0).all()
    assert not blackened(pixels, shapely.box(20, 20, 30, 30)).any()
    round_one = blackened(pixels, shapely.Point(6, 5).buffer(3, quad_segs=64))
    assert round_one[0, 5, 6] and not round_one[0, 0].any() and not round_one[0, 2, 3]


def test_points_blacken_nothing_and_thin_objects_keep_what_they_touch():
    """A point, a line, and a polygon so thin that it holds no centre of a pixel."""
    pixels = np.full((3, 8, 9), 7, np.int16)
    assert blackened(pixels, shapely.Point(3, 3)) is pixels
    assert blackened(pixels, shapely.MultiPoint([(3, 3), (5, 5)])) is pixels
    line = blackened(pixels, shapely.LineString([(1.5, 2.5), (6.5, 2.5)]))
    assert np.argwhere(line[0]).tolist() == [[2, col] for col in range(1, 7)]
    sliver = blackened(pixels, shapely.box(2.1, 3.6, 5.9, 3.8))
    assert np.argwhere(sliver[1]).tolist() == [[3, col] for col in range(2, 6)]


@pytest.mark.parametrize(("rows", "cols"), [(16, 16), (7, 30), (64, 5), (1, 1), (40, 23)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_chips_are_squeezed_as_bilinear_resampling_with_antialias_does(rows, cols, dtype):
    """The same numbers as torch's resampling, in the type of the chip."""
    pixels = np.random.default_rng(3).integers(0, 250, (4, 40, 23)).astype(dtype)
    found = squeezed(pixels, rows, cols)
    assert found.shape == (4, rows, cols) and found.dtype == dtype
    wanted = torch.nn.functional.interpolate(
        torch.from_numpy(pixels.astype(np.float32))[None], (rows, cols), mode="bilinear", antialias=True
    )[0].numpy()
    assert np.abs(found.astype(np.float64) - wanted).max() < (0.51 if np.dtype(dtype).kind == "u" else 1e-3)


def test_squeezing_keeps_even_ground_and_the_ends_of_the_type():
    """One pixel fills a tile; 65535 stays 65535; NaN spreads nowhere; a chip of the size wanted is the chip itself."""
    assert (squeezed(np.full((2, 1, 1), 65535, np.uint16), 9, 11) == 65535).all()
    assert (squeezed(np.full((1, 30, 17), -32768, np.int16), 8, 8) == -32768).all()
    odd = np.ones((1, 8, 8), np.float64)
    odd[0, 0, 0] = np.nan
    found = squeezed(odd, 4, 4)
    assert np.isfinite(found).all() and found[0, 3, 3] == 1 and found[0, 0, 0] < 1
    same = np.ones((1, 4, 4), np.uint8)
    assert squeezed(same, 4, 4) is same
