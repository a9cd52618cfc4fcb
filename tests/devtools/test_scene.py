"""The demo's scene: the same for the same seed, with labels that lie on what was painted."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import shapely

from devtools.layers import read_layer
from devtools.scene import CRS, LARGEST, SMALLEST, make_scene, write_scene


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A small scene on disk."""
    return write_scene(tmp_path_factory.mktemp("scene"), size=768, seed=3)


def test_the_same_seed_gives_the_same_scene():
    """Two scenes of one seed agree in every pixel and every pad."""
    image, pads = make_scene(384, seed=5)
    again, pads_again = make_scene(384, seed=5)
    assert np.array_equal(image, again)
    assert pads == pads_again
    assert not np.array_equal(image, make_scene(384, seed=6)[0])


def test_the_scene_is_a_utm_raster_with_three_byte_bands(scene):
    """It is written as the story has it."""
    with rasterio.open(scene["raster"]) as file:
        assert (file.count, file.dtypes[0], file.crs.to_string()) == (3, "uint8", CRS)
        assert file.res == (1.0, 1.0)


def test_every_pad_lies_inside_one_of_the_two_areas(scene):
    """No label crosses the border between the part to train on and the part to judge by."""
    pads, areas = read_layer(scene["pads"]), read_layer(scene["aoi"])
    for side, area in zip(areas.fields["split"], areas.geometry, strict=True):
        assert shapely.covers(area, pads.geometry[pads.fields["split"] == side]).all()


def test_pads_have_the_sizes_promised(scene):
    """The longer side of a pad's bounding box is 21 to 197 pixels, give or take one."""
    bounds = shapely.bounds(read_layer(scene["pads"]).geometry)
    sides = (bounds[:, 2:] - bounds[:, :2]).max(axis=1)
    assert sides.min() >= SMALLEST - 1
    assert sides.max() <= LARGEST + 1


def test_points_and_polygons_describe_the_same_pads(scene):
    """Each point is its polygon's centre and bears the same class."""
    pads, points = read_layer(scene["pads"]), read_layer(scene["pad_points"])
    assert shapely.covers(pads.geometry, points.geometry).all()
    assert set(points.fields["Classname"]) == {"Well pad"}
    assert set(points.fields["Classvalue"]) == {1}
