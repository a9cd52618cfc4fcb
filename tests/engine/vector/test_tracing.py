"""Polygons of class rasters: the areas of each class, whole, whatever strips they were read in."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.job import Job
from engine.vector import tracing
from engine.vector.tracing import class_polygons, traced
from tests.rasters import write_raster

IMAGES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 9)), elements=st.integers(0, 2))


def all_of(strips, nodata):
    """All areas as texts that are equal when the areas are."""
    return sorted(
        (value, shapely.normalize(polygon).wkt) for found in traced(strips, nodata) for value, polygon in found
    )


@settings(max_examples=150, deadline=None)
@given(IMAGES, st.integers(1, 5), st.sampled_from([None, 0, 2]))
def test_areas_are_the_same_whatever_the_strips(image, rows, nodata):
    """Joined across strips, with holes, corners that touch and areas that meet again further down."""
    strips = [image[row : row + rows] for row in range(0, len(image), rows)]
    whole = all_of([image], nodata)
    parted = all_of(strips, nodata)
    assert [value for value, _ in parted] == [value for value, _ in whole]
    for (_, one), (_, other) in zip(parted, whole, strict=True):
        assert shapely.from_wkt(one).equals(shapely.from_wkt(other))
    areas = sum(shapely.from_wkt(text).area for _, text in parted)
    assert areas == (image != nodata).sum() if nodata is not None else areas == image.size
    assert all(shapely.from_wkt(text).is_valid for _, text in parted)


def test_polygons_lie_on_the_ground_with_names_and_values(tmp_path, monkeypatch):
    """Also of a rotated raster; a straight edge over many strips has no corner in between."""
    monkeypatch.setattr(tracing, "STRIP_PIXELS", 40)
    image = np.zeros((1, 30, 20), np.uint16)
    image[0, 2:29, 5:9] = 300
    path = write_raster(tmp_path / "a.tif", image, left=100, top=200, cell_size=2, nodata=0)
    (table,) = class_polygons(path, {300: "Road"}, Job(), "a")
    (shape,) = table.geometry
    assert shape.bounds == (110, 142, 118, 196) and len(shape.exterior.coords) == 5
    assert list(table.fields["Class"]) == ["Road"] and list(table.fields["Classvalue"]) == [300]
    assert list(table.fields["Source"]) == ["a"] and table.crs == "EPSG:32633"
