"""The town of ``./dev demo --task instances``: houses of every kind, parted by a street."""

from __future__ import annotations

import rasterio
import shapely

from devtools.layers import read_layer
from devtools.town import write_town


def test_a_town_has_houses_alone_in_rows_and_around_yards(tmp_path):
    """Some touch and none overlap, some have holes, and none lies across the border of the two parts."""
    files = write_town(tmp_path, 360, 600, seed=3)
    houses, areas = read_layer(files["labels"]), read_layer(files["aoi"])

    with rasterio.open(files["raster"]) as raster:
        assert (raster.count, raster.height, raster.width, raster.dtypes[0]) == (3, 360, 600, "uint8")
        assert raster.read().min() > 0
    shapes = houses.geometry
    assert shapely.is_valid(shapes).all() and shapely.get_num_interior_rings(shapes).max() == 1
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = one < other
    assert pairs.any()  # wall to wall
    assert shapely.area(shapely.intersection(shapes[one[pairs]], shapes[other[pairs]])).max() < 1e-6
    for side in ("train", "val"):
        (ground,) = areas.geometry[areas.fields["split"] == side]
        chosen = shapes[houses.fields["split"] == side]
        assert len(chosen) and shapely.covers(shapely.buffer(ground, 5), chosen).all()
