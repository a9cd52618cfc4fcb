"""One raster on the grid of another: whole pixels where the grids agree, else resampled; and where they cannot meet."""

import numpy as np
import pytest
from affine import Affine

from engine.errors import RasterError
from engine.job import Job
from engine.raster.alignment import on_grid
from engine.raster.reading import raster_source
from tests.rasters import write_raster

PIXELS = np.arange(12 * 17, dtype=np.int16).reshape(1, 12, 17)


def source(path, pixels=PIXELS, **place):
    """Write a raster and look at it."""
    return raster_source(write_raster(path, pixels, **place), job=Job())


def strip(overlay, row, height, col, width):
    """Read a strip of the other grid."""
    with overlay.source.open() as reader:
        pixels, valid = overlay.strips(reader, col, width).read(row, height)
        return pixels.copy(), valid.copy()


@pytest.mark.parametrize(("right", "down"), [(0, 0), (3, -2), (-5, 4)])
def test_grids_of_whole_pixels_are_read_as_they_are(tmp_path, right, down):
    """Pixels beyond the raster are not valid."""
    one = source(tmp_path / "one.tif", left=1000 + right * 0.5, top=2000 - down * 0.5)
    grid = source(tmp_path / "grid.tif", left=1000, top=2000)
    overlay = on_grid(one, grid, Job())
    assert not overlay.resampled and overlay.source is one
    expected, there = np.zeros((12, 17), np.int16), np.zeros((12, 17), bool)
    for row in range(12):
        for col in range(17):
            if 0 <= row - down < 12 and 0 <= col - right < 17:
                expected[row, col], there[row, col] = PIXELS[0, row - down, col - right], True
    pixels, valid = strip(overlay, 0, 12, 0, 17)
    assert (pixels[0] == expected).all() and (valid == there).all()


def test_other_grids_are_resampled_and_named(tmp_path):
    """A part of a cell, another cell size, another CRS, a turned raster."""
    grid = source(tmp_path / "grid.tif", left=500_000, top=5_000_000)
    places = {
        "shifted by 0.4 of a cell": {"left": 500_000.2, "top": 5_000_000},
        "cell size 0.3": {"left": 500_000, "top": 5_000_000, "cell_size": 0.3},
        "another CRS": {"transform": Affine(0.00001, 0, 14.99998, 0, -0.00001, 45.15346), "crs": "EPSG:4326"},
    }
    for number, (reason, place) in enumerate(places.items()):
        overlay = on_grid(source(tmp_path / f"{number}.tif", **place), grid, Job())
        assert reason in overlay.resampled
        pixels, valid = strip(overlay, 0, 12, 0, 17)
        assert pixels.shape == (1, 12, 17) and valid.any()


def test_a_turned_grid_is_called_turned(tmp_path):
    """Its cells are as large and their corners may meet, yet the pixels are others."""
    turned = Affine.translation(500_000, 5_000_000) @ Affine.rotation(30) @ Affine.scale(0.5, -0.5)
    path = write_raster(tmp_path / "turned.tif", PIXELS, transform=turned)
    grid = raster_source(path, job=Job(), pixel_space=True)
    overlay = on_grid(source(tmp_path / "one.tif", left=500_000, top=5_000_000), grid, Job())
    assert overlay.resampled == "rotated or flipped"


def test_rasters_that_share_no_ground_do_not_meet(tmp_path):
    """In the same CRS and in another; touching edges share nothing."""
    grid = source(tmp_path / "grid.tif", left=500_000, top=5_000_000)
    beside = source(tmp_path / "beside.tif", left=500_000 + 17 * 0.5, top=5_000_000)
    world = source(tmp_path / "world.tif", crs="EPSG:4326", left=100, top=10, cell_size=0.001)
    assert on_grid(beside, grid, Job()) is None and on_grid(world, grid, Job()) is None


def test_one_side_without_crs_is_refused_and_neither_is_warned(tmp_path):
    """The side that lacks it is named."""
    bare, other = source(tmp_path / "bare.tif", crs=None), source(tmp_path / "b2.tif", crs=None)
    grid, job = source(tmp_path / "grid.tif"), Job()
    with pytest.raises(RasterError, match=r"bare\.tif has no CRS and .*grid\.tif has one: give .*bare\.tif its CRS"):
        on_grid(bare, grid, job)
    with pytest.raises(RasterError, match=r"bare\.tif has no CRS"):
        on_grid(grid, bare, job)
    assert on_grid(bare, other, job) is not None and "the same coordinates are assumed" in job.warnings[0]
