"""Labels of an export."""

import numpy as np
import pytest
from shapely.geometry import LineString, MultiPoint, Point, box

from engine.errors import FeatureError, ParameterError
from engine.job import Job
from engine.vector.labels import read_labels
from tests.rasters import write_boxes, write_features


def test_points_become_circles_in_the_unit_of_their_layer(tmp_path):
    """The radius is taken before reprojecting; multi-points too."""
    source = write_features(tmp_path / "a.gpkg", [Point(10, 20)], geometry_type="Point", value=[4])
    labels = read_labels(source, "", 3.0, Job())
    assert labels.table.geometry[0].bounds == pytest.approx((7, 17, 13, 23))
    assert labels.values.tolist() == [4] and labels.numbered
    many = write_features(tmp_path / "b.gpkg", [MultiPoint([(0, 0), (9, 9)])], geometry_type="MultiPoint")
    assert read_labels(many, "", 1.0, Job()).table.geometry[0].bounds == pytest.approx((-1, -1, 10, 10))


def test_degrees_are_told(tmp_path):
    """A radius in a geographic CRS is likely a mistake."""
    job = Job()
    read_labels(
        write_features(tmp_path / "a.gpkg", [Point(1, 2)], crs="EPSG:4326", geometry_type="Point"), "", 0.1, job
    )
    assert "degrees" in job.warnings[0]


def test_a_radius_for_polygons_has_no_effect(tmp_path):
    """And the user is told."""
    job = Job()
    labels = read_labels(write_boxes(tmp_path / "a.gpkg", [(0, 0, 2, 2)]), "", 5.0, job)
    assert labels.table.geometry[0].equals(box(0, 0, 2, 2)) and "no effect" in job.warnings[0]
    assert not labels.numbered


def test_features_without_class_are_left_out(tmp_path):
    """Geometry and value stay together."""
    source = write_boxes(tmp_path / "a.gpkg", [(0, 0, 2, 2), (5, 5, 6, 6)], kind=np.array([None, "pad"], object))
    labels = read_labels(source, "kind", 0.0, Job())
    assert len(labels) == 1 and labels.table.geometry[0].equals(box(5, 5, 6, 6))


def test_what_cannot_be_a_label_is_refused(tmp_path):
    """Points without radius, lines, an empty layer, no layer."""
    points = write_features(tmp_path / "p.gpkg", [Point(0, 0)], geometry_type="Point")
    lines = write_features(tmp_path / "l.gpkg", [LineString([(0, 0), (1, 1)])], geometry_type="LineString")
    empty = write_features(tmp_path / "e.gpkg", [None])
    with pytest.raises(ParameterError, match=r"p holds points and buffer_radius is 0: give the radius"):
        read_labels(points, "", 0.0, Job())
    with pytest.raises(FeatureError, match="l holds lines"):
        read_labels(lines, "", 5.0, Job())
    with pytest.raises(FeatureError, match="e has no label"):
        read_labels(empty, "", 0.0, Job())
    with pytest.raises(FeatureError, match="no labels are given"):
        read_labels(None, "", 0.0, Job())
