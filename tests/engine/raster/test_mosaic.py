"""Several rasters as one: the first on top, what it lacks shows what lies below, grids that differ are told."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio

from engine.errors import RasterError
from engine.job import Job
from engine.raster.grid import Window
from engine.raster.mosaic import parts_of_vrt, write_collection, write_mosaic
from engine.raster.reading import raster_source
from tests.rasters import write_raster


def mosaic(tmp_path, *paths, job=None):
    """Return pixels and validity of a mosaic as a run reads them."""
    target = tmp_path / "mosaic.vrt"
    write_mosaic([str(path) for path in paths], target, job or Job())
    source = raster_source(str(target), job=Job())
    with source.open() as reader:
        return (*reader.read(Window(0, 0, source.cols, source.rows)), source)


def block(value, rows=40, cols=50, bands=3, dtype=np.uint8):
    """Return an image of one value."""
    return np.full((bands, rows, cols), value, dtype)


def test_nodata_of_the_upper_raster_shows_the_lower_one(tmp_path):
    """And where there is no raster at all is nodata."""
    upper = block(7)
    upper[:, :10] = 255
    one = write_raster(tmp_path / "a.tif", upper, nodata=255)
    two = write_raster(tmp_path / "b.tif", block(9), nodata=255, left=500_010)
    pixels, valid, source = mosaic(tmp_path, one, two)
    assert pixels.shape == (3, 40, 70) and source.crs.to_epsg() == 32633
    assert (pixels[:, 10:, :50] == 7).all() and (pixels[:, :, 50:] == 9).all() and (pixels[:, :10, 20:50] == 9).all()
    assert not valid[:10, :20].any() and valid[10:].all()


@pytest.mark.parametrize("case", ["no nodata", "different nodata", "alpha"])
def test_gaps_are_invalid_whatever_the_rasters_say_of_nodata(tmp_path, case):
    """Without nodata a gap must not look like black pixels."""
    bands = 4 if case == "alpha" else 3
    one, two = block(7, bands=bands), block(9, bands=bands)
    hidden = case != "no nodata"
    if case == "alpha":
        one[3], two[3] = 255, 255
        one[3, :10] = 0
    elif hidden:
        one[:, :10] = 255
    nodata = (255, 254) if case == "different nodata" else (None, None)
    paths = [
        write_raster(tmp_path / "a.tif", one, nodata=nodata[0]),
        write_raster(tmp_path / "b.tif", two, nodata=nodata[1], left=500_010, top=4_650_000 - 15),
    ]
    pixels, valid, source = mosaic(tmp_path, *paths)
    assert pixels.shape == (3, 70, 70) and len(source.bands) == 3
    assert valid[:10, :50].all() != hidden and not valid[:30, 50:].any() and not valid[40:, :20].any()
    assert (pixels[:, 10:40, :50] == 7).all() and (pixels[:, 40:, 20:] == 9).all()


def test_cells_of_another_size_are_told_and_the_finest_are_taken(tmp_path):
    """As are cells that do not meet."""
    job = Job()
    coarse = write_raster(tmp_path / "a.tif", block(7, 20, 25), cell_size=1.0)
    fine = write_raster(tmp_path / "b.tif", block(9), left=500_025)
    pixels, _, source = mosaic(tmp_path, coarse, fine, job=job)
    assert source.cell_size == (0.5, 0.5) and pixels.shape == (3, 40, 100)
    assert (pixels[:, :, :50] == 7).all() and "cells of 1" in job.warnings[0]
    shifted = write_raster(tmp_path / "c.tif", block(8), left=500_025.2)
    mosaic(tmp_path, fine, shifted, job=job)
    assert "do not meet" in job.warnings[-1]


def test_a_virtual_raster_names_its_parts(tmp_path):
    """Each once, the lowest first, relative to its own folder; other files have none."""
    paths = [write_raster(tmp_path / f"{name}.tif", block(7)[:1]) for name in "ab"]
    written = write_collection(paths, tmp_path / "all.vrt", (), 0, Job())
    assert parts_of_vrt(written) == paths[::-1]
    assert parts_of_vrt(paths[0]) == []
    (tmp_path / "bad.vrt").write_text("<VRTDataset")
    with pytest.raises(RasterError, match="no valid virtual raster"):
        parts_of_vrt(str(tmp_path / "bad.vrt"))


def test_results_in_different_systems_have_no_virtual_raster(tmp_path):
    """The reason is told, the results stay."""
    job = Job()
    one = write_raster(tmp_path / "a.tif", block(7)[:1])
    two = write_raster(tmp_path / "b.tif", block(7)[:1], crs="EPSG:32634")
    assert write_collection([one, two], tmp_path / "all.vrt", (), 0, job) == ""
    assert "no virtual raster" in job.warnings[0] and not (tmp_path / "all.vrt").exists()
    with rasterio.open(two) as kept:
        assert kept.crs.to_epsg() == 32634


def test_near_infrared_that_is_marked_as_alpha_is_a_band_of_the_mosaic(tmp_path):
    """Its zeros hide nothing."""
    paths = []
    for index in range(2):
        image = block(7, bands=4)
        image[3, :10] = 0
        path = write_raster(tmp_path / f"{index}.tif", image, left=500_000 + 25 * index, photometric="RGB", alpha="YES")
        with rasterio.open(path, "r+") as raster:
            raster.descriptions = ("red", "green", "blue", "NIR")
        paths.append(path)
    pixels, valid, source = mosaic(tmp_path, *paths)
    assert len(source.bands) == 4 and source.band_names[3] == "NIR" and valid.all()
    assert (pixels[3, :10] == 0).all() and (pixels[3, 10:] == 7).all() and (pixels[:3] == 7).all()
