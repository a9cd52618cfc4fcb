"""Work files: readable by anybody at any moment, whatever the size, type and place."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.crs import CRS

from engine.errors import OutputError
from engine.inference.tiff_header import Layout
from engine.inference.work_file import WorkFile, file_bytes, is_work_file

FEET = CRS.from_epsg(2229)
HOME = CRS.from_wkt(
    'PROJCS["Home",GEOGCS["GCS",DATUM["D",SPHEROID["S",6378137,298.25]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925]],'
    'PROJECTION["Transverse_Mercator"],PARAMETER["central_meridian",12.3],UNIT["metre",1]]'
)


def layout(rows, cols, bands=1, dtype="uint8", nodata=0, transform=None, crs=None):
    """A layout at some place."""
    return Layout(rows, cols, bands, dtype, nodata, transform or Affine(0.5, 0, 10, 0, -0.5, 20), crs)


@settings(max_examples=20, deadline=None)
@given(
    rows=st.integers(1, 600), cols=st.integers(1, 600), bands=st.integers(1, 3),
    dtype=st.sampled_from(["uint8", "uint16", "int32", "float32"]), steps=st.lists(st.integers(1, 300), min_size=1),
)  # fmt: skip
def test_what_was_appended_is_read_back(tmp_path_factory, rows, cols, bands, dtype, steps):
    """By us and by GDAL, in whatever portions it came."""
    path = tmp_path_factory.mktemp("work") / "w.tif"
    pixels = np.random.default_rng(0).integers(0, 200, (bands, rows, cols)).astype(dtype)
    with WorkFile(path, layout(rows, cols, bands, dtype)) as file:
        done = 0
        while done < rows:
            some = min(steps[done % len(steps)], rows - done)
            file.append(pixels[:, done : done + some])
            done += some
        file.sync()
        first = rows // 3
        assert (file.read(first, rows) == pixels[:, first:]).all()
    with rasterio.open(path) as raster:
        assert (raster.read() == pixels).all()
        assert raster.dtypes == (dtype,) * bands and raster.block_shapes[0] == (256, 256)


@pytest.mark.parametrize(
    ("transform", "crs"),
    [
        (Affine(0.5, 0, 500_000, 0, -0.5, 4_650_000), CRS.from_epsg(32633)),
        (Affine(0.4, 0.3, 1e6, 0.3, -0.4, 2e6), FEET),
        (Affine(0.001, 0, 14.0, 0, 0.001, 45.0), CRS.from_epsg(4326)),
        (Affine(2, 0, 0, 0, -2, 0), HOME),
        (Affine(3, 0, 5, 0, -3, 7), None),
    ],
)
def test_the_place_on_the_ground_is_kept(tmp_path, transform, crs):
    """Rotated, south-up, in degrees, feet or a CRS of no register."""
    path = tmp_path / "w.tif"
    with WorkFile(path, layout(3, 4, transform=transform, crs=crs, nodata=255)) as file:
        file.append(np.ones((1, 3, 4), np.uint8))
    with rasterio.open(path) as raster:
        assert raster.transform == transform and raster.nodata == 255
        assert (raster.crs and raster.crs.to_dict()) == (crs and crs.to_dict())


def test_a_file_is_whole_from_the_start(tmp_path):
    """A reader may open it while it is written; its size never changes."""
    path, wanted = tmp_path / "w.tif", layout(700, 300)
    with WorkFile(path, wanted) as file:
        assert path.stat().st_size == file_bytes(wanted) and is_work_file(path, wanted)
        file.append(np.full((1, 300, 300), 7, np.uint8))
        with rasterio.open(path) as raster:
            assert (raster.read(1)[:300] == 7).all() and (raster.read(1)[300:] == 0).all()
    assert not is_work_file(path, layout(700, 301)) and not is_work_file(tmp_path / "none.tif", wanted)


def test_a_place_that_cannot_be_written_to_is_a_sentence(tmp_path):
    """With the name and the reason."""
    with pytest.raises(OutputError, match=r"w\.tif cannot be written"):
        WorkFile(tmp_path / "missing" / "w.tif", layout(3, 3))
