"""How the demo parts data into what is trained on and what is judged by."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from devtools.demo_cases import make_source
from devtools.demo_detection import areas_of, distinct_names
from devtools.layers import Layer, read_layer
from tests.rasters import write_raster

CRS = "EPSG:32633"


def _squares(lefts, split):
    left = np.array(lefts, float)
    return Layer(shapely.box(left, 1000, left + 2, 1002), {"split": np.array(split, object)}, CRS, "trees")


def _raster(path, left=0.0, width=100):
    path.parent.mkdir(exist_ok=True)
    return write_raster(path, np.zeros((1, 40, width), np.uint8), left=left, top=1020, cell_size=1.0, crs=CRS)


def test_labels_go_where_their_split_says(tmp_path):
    """Labels of neither split are left out, and the class keeps the name of its layer."""
    _raster(tmp_path / "field.tif")
    labels = _squares([5, 20, 60, 80], ["train", "ignore", "val", "val"]).write(tmp_path / "labels.gpkg")
    areas = np.array([shapely.box(0, 980, 50, 1020), shapely.box(50, 980, 100, 1020)])
    area = Layer(areas, {"split": np.array(["train", "val"], object)}, CRS, "aoi").write(tmp_path / "aoi.gpkg")

    source = make_source(tmp_path / "field.tif", labels, area, tmp_path / "out")

    assert (source.train.count, source.val.count) == (1, 2)
    assert read_layer(source.val.labels).name == "trees"
    assert source.train.extent == "0.0,50.0,980.0,1020.0 [EPSG:32633]"


def test_a_lone_raster_is_cut_by_its_width(tmp_path):
    """Without any split the west 70 % are for training."""
    _raster(tmp_path / "field.tif")
    labels = _squares([5, 20, 60, 80], ["x"] * 4)
    del labels.fields["split"]
    source = make_source(tmp_path / "field.tif", labels.write(tmp_path / "labels.gpkg"), None, tmp_path / "out")
    assert (source.train.count, source.val.count) == (3, 1)


def test_a_folder_is_parted_raster_by_raster(tmp_path):
    """A raster follows the split of the labels on it; one with labels to be ignored is left out."""
    for number in range(4):
        _raster(tmp_path / "plots" / f"plot{number}.tif", left=200.0 * number)
    labels = _squares([5, 205, 405, 605], ["train", "val", "ignore", "train"]).write(tmp_path / "labels.gpkg")
    source = make_source(tmp_path / "plots", labels, None, tmp_path / "out")
    assert sorted(file.name for file in source.train.raster.iterdir()) == ["plot0.tif", "plot3.tif"]
    assert [file.name for file in source.val.raster.iterdir()] == ["plot1.tif"]


def test_a_side_without_labels_is_refused(tmp_path):
    """There must be something to judge by."""
    _raster(tmp_path / "field.tif")
    labels = _squares([5], ["train"]).write(tmp_path / "labels.gpkg")
    with pytest.raises(SystemExit, match="no label for val"):
        make_source(tmp_path / "field.tif", labels, None, tmp_path / "out")


def test_an_area_belongs_to_the_raster_in_its_folder(tmp_path):
    """Areas are given in any order; a folder of rasters needs none."""
    folder = tmp_path / "plots"
    folder.mkdir()
    rasters = [folder, tmp_path / "yell" / "yell.tif"]
    assert areas_of(rasters, [tmp_path / "yell" / "aoi.gpkg"]) == [None, tmp_path / "yell" / "aoi.gpkg"]


def test_rasters_of_one_name_are_told_apart(tmp_path):
    """Their results must not overwrite each other."""
    assert distinct_names([tmp_path / "a" / "x.tif", tmp_path / "b" / "x.tif", tmp_path / "y.tif"]) == [
        "x_1",
        "x_2",
        "y",
    ]
