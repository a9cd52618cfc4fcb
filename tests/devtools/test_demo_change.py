"""The change demo: its scene, its real data, and what it accepts."""

import numpy as np
import pytest
import rasterio

from devtools.change_scene import CELL_SIZE, SHIFT, make_scene, write_scene
from devtools.demo import parse
from devtools.demo_change import ChangeSource, eastern_truth, majority, table_of
from devtools.demo_pixels import Result

CLASSES = {0: ("no change", (200, 200, 200)), 1: ("built", (230, 90, 40))}


def test_the_scene_is_two_dates_on_grids_that_differ(tmp_path):
    """Part of the buildings appear and vanish; the light differs everywhere; the same seed gives the same scene."""
    files = write_scene(tmp_path, 160, 3)
    with rasterio.open(files["first"]) as first, rasterio.open(files["second"]) as second:
        moved = second.transform.c - first.transform.c, first.transform.f - second.transform.f
        assert moved == pytest.approx([SHIFT[0] * CELL_SIZE, SHIFT[1] * CELL_SIZE])
        pixels = first.read(), second.read()
    with rasterio.open(files["truth"]) as truth:
        shares = np.bincount(truth.read(1).ravel(), minlength=3) / 160**2
    assert shares[0] > 0.9 and shares[1] > 0.001 and shares[2] > 0.001
    assert np.abs(pixels[0].astype(float) - pixels[1]).mean() > 150
    assert all((one == other).all() for one, other in zip(make_scene(160, 3), make_scene(160, 3), strict=True))


def test_the_east_is_judged_and_the_west_learnt(tmp_path):
    """The reference has no class in the west; the extent ends there."""
    files = write_scene(tmp_path / "scene", 160, 3)
    source = ChangeSource("it", files["first"], files["second"], files["truth"], CLASSES, 1.0)
    reference, extent = eastern_truth(source, tmp_path / "it")
    with rasterio.open(reference) as file:
        values = file.read(1)
    assert (values[:, :96] == 255).all() and (values[:, 96:] != 255).all()
    assert extent.startswith("465000.0,465048.0,") and extent.endswith("[EPSG:32633]")
    assert 0.9 < majority(reference) <= 1


def test_what_belongs_to_another_task_is_refused(capsys):
    """A case of the pixel demo is no change, and the scene takes no raster."""
    for arguments, sentence in (
        (["--task", "change", "--case", "buildings_kampala"], "is no data of --task change"),
        (["--task", "pixels", "--case", "change_naip_nd"], "is no data of --task pixels"),
        (["--task", "change", "--raster", "a.tif", "--labels", "b.gpkg"], "takes no --raster"),
    ):
        with pytest.raises(SystemExit):
            parse(arguments)
        assert sentence in capsys.readouterr().err
    assert parse(["--task", "change", "--case", "change_naip_nd"]).case == "change_naip_nd"


def test_the_table_has_iou_and_f1_of_each_class():
    """And what no change everywhere would reach."""
    text = table_of(Result(0.97, 0.7, {"no change": 0.96, "built": 0.5}, 100, 60.0, ()), {"built": 2 / 3}, 0.95)
    assert "| built | 0.500 | 0.667 |" in text and "| no change everywhere | 0.950 |  |" in text
