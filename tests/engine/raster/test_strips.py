"""Strips of a raster, from top to bottom."""

import numpy as np
import pytest
from affine import Affine

from engine.job import Job
from engine.raster import reading
from engine.raster.grid import Window
from engine.raster.reading import raster_source
from engine.raster.strips import StripReader
from tests.rasters import write_raster

IMAGE = np.random.default_rng(3).integers(1, 250, (2, 150, 70), np.uint8)


@pytest.mark.parametrize("south_up", [False, True])
@pytest.mark.parametrize(("height", "step"), [(32, 32), (40, 13), (64, 32), (20, 45)])
def test_strips_are_what_windows_are(tmp_path, height, step, south_up):
    """Overlapping, touching or apart, inside or over the edges: the same pixels as single windows."""
    transform = Affine(0.5, 0, 0, 0, 0.5, 0) if south_up else None
    source = raster_source(write_raster(tmp_path / "a.tif", IMAGE, transform=transform), job=Job())
    with source.open() as reader, source.open() as other:
        strips = StripReader(reader, -3, 80)
        for row in range(-10, 150, step):
            pixels, valid = strips.read(row, height)
            expected, seen = other.read(Window(-3, row, 80, height))
            assert (pixels == expected).all() and (valid == seen).all()


def test_each_row_of_blocks_is_read_once(tmp_path, monkeypatch):
    """With strips that overlap by half, no row of the file is asked for twice, and reads end where blocks end."""
    source = raster_source(write_raster(tmp_path / "a.tif", IMAGE), job=Job())
    asked = []
    plain = reading.RasterReader.read
    monkeypatch.setattr(reading.RasterReader, "read", lambda self, window: asked.append(window) or plain(self, window))
    with source.open() as reader:
        strips = StripReader(reader, 0, 70)
        for row in range(0, 100, 16):
            strips.read(row, 48)
    assert [window.row for window in asked[1:]] == [window.row + window.height for window in asked[:-1]]
    assert all((window.row + window.height) % 32 == 0 for window in asked[:-1])
