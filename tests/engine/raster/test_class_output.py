"""Class rasters as they are written: types, nodata, tables, fixed bytes, and older results that are replaced whole."""

from __future__ import annotations

import filecmp

import numpy as np
import pyogrio.raw
import pytest
import rasterio
from affine import Affine
from rasterio.crs import CRS
from rasterio.errors import RasterioIOError

from engine.classes import ClassInfo
from engine.errors import OutputError
from engine.job import Job
from engine.raster import class_output
from engine.raster.class_output import OutputGrid, WorkRaster, class_band, class_pixels, write_raster
from engine.raster.class_raster import class_raster
from tests.rasters import write_raster as write_plain

GRID = OutputGrid(Affine(2, 0, 500_000, 0, -2, 4_600_000), 70, 90, CRS.from_epsg(32633))
CLASSES = (ClassInfo(3, "Water & <ice>", (0, 0, 255)), ClassInfo(300, "Wälder", (0, 120, 0)))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, 2, 255], ("uint8", 0)),
        ([0, 1, 254], ("uint8", 255)),
        ([0, 255], ("uint16", 65535)),
        ([1, 256], ("uint16", 0)),
        ([0, 65535], ("int32", 2**31 - 1)),
        ([-1, 5], ("int16", 0)),
        ([], ("uint8", 0)),
    ],
)
def test_the_smallest_type_that_holds_values_and_nodata_is_taken(values, expected):
    """0 is nodata unless it is a class."""
    assert class_pixels(values) == expected


def work_raster(tmp_path, classes=CLASSES, nodata=0):
    """Write a work file of 16-bit classes; return it and its pixels."""
    pixels = np.random.default_rng(3).choice([0, 3, 300], (70, 90)).astype(np.uint16)
    path = write_plain(tmp_path / "work.tif", pixels[None], transform=Affine(1, 0, 0, 0, -1, 0), crs=None)
    return WorkRaster(path, GRID, (class_band("uint16", nodata, classes),)), pixels


def test_names_and_colours_are_in_every_table(tmp_path):
    """16-bit colours, categories with signs of XML, a .dbf with letters beyond ASCII."""
    work, pixels = work_raster(tmp_path)
    target = tmp_path / "out.tif"
    write_raster(work, target, GRID, Job(), CLASSES)
    with rasterio.open(target) as result:
        assert (result.read(1) == pixels).all() and result.transform == GRID.transform
        assert result.colormap(1)[300] == (0, 120, 0, 255) and result.nodata == 0
    assert class_raster(str(target), job=Job()).classes == CLASSES
    meta, _, _, columns = pyogrio.raw.read(f"{target}.vat.dbf", read_geometry=False)
    assert list(meta["fields"]) == ["Value", "Class", "Red", "Green", "Blue"]
    assert [list(column) for column in columns] == [[3, 300], ["Water & <ice>", "Wälder"], [0, 0], [0, 120], [255, 0]]


def test_equal_pixels_are_equal_files(tmp_path):
    """Rasters and tables."""
    work, _ = work_raster(tmp_path)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_raster(work, tmp_path / name / "out.tif", GRID, Job(), CLASSES)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert filecmp.cmpfiles(tmp_path / "a", tmp_path / "b", names, shallow=False) == (names, [], [])


def test_files_beside_an_older_result_go_with_it(tmp_path):
    """Tables of other classes would name the new pixels wrongly."""
    target = tmp_path / "out.tif"
    for suffix in ("", ".aux.xml", ".vat.dbf", ".ovr"):
        (tmp_path / f"out.tif{suffix}").write_bytes(b"old")
    work, _ = work_raster(tmp_path)
    write_raster(work, target, GRID, Job())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.tif", "work.tif"]


def test_a_full_disk_keeps_the_older_result(tmp_path, monkeypatch):
    """Nothing half written stays behind."""
    target = tmp_path / "out.tif"
    target.write_bytes(b"old")
    work, _ = work_raster(tmp_path)

    def full(*_, **__):
        raise RasterioIOError("write failed: No space left on device")

    monkeypatch.setattr(class_output.rasterio.shutil, "copy", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_raster(work, target, GRID, Job(), CLASSES)
    assert target.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.tif", "work.tif"]
