"""Non Maximum Suppression on layers."""

from __future__ import annotations

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.accuracy.polygons import suppress_polygons
from engine.errors import Cancelled, FeatureError, ParameterError
from engine.job import Job
from engine.pipelines.non_maximum_suppression import run
from engine.tools.non_maximum_suppression import NonMaximumSuppression
from engine.tools.values import Extent, FeatureSource, FeatureTarget
from engine.vector.reading import read_features
from tests.rasters import write_boxes, write_features

LEFT, BOTTOM = 500_000, 4_600_000


def squares(*corners: tuple[float, float], side: float = 10) -> list[tuple[float, float, float, float]]:
    """Squares in map units by their lower left corner."""
    return [(LEFT + x, BOTTOM + y, LEFT + x + side, BOTTOM + y + side) for x, y in corners]


def survivors(source: FeatureSource, folder, job: Job | None = None, **parameters):
    """Run the tool and read what it wrote."""
    request = NonMaximumSuppression(
        in_featureclass=source,
        confidence_score_field=parameters.pop("confidence_score_field", "Confidence"),
        out_featureclass=FeatureTarget(str(folder / "kept.gpkg")),
        **parameters,
    )
    outputs = run(request, job or Job())
    return read_features(FeatureSource(outputs["out_featureclass"]), job=Job())


@given(seed=st.integers(0, 10**6), limit=st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]))
@settings(max_examples=60, deadline=None)
def test_polygons_are_suppressed_as_the_plain_greedy_rule_does(seed, limit):
    """Triangles, rectangles and thin slivers: compared by their real areas, not by their boxes."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 12, (30, 1, 2)) + rng.uniform(0, 8, (30, 4, 2))
    shapes = [shapely.convex_hull(shapely.multipoints(points)) for points in corners]
    shapes[:10] = [shapely.box(*shape.bounds) for shape in shapes[:10]]
    geometry, classes = np.array(shapes, object), rng.integers(0, 2, 30)
    order = rng.permutation(30)
    kept: list[int] = []
    for number in order:
        rivals = [k for k in kept if classes[k] == classes[number]]
        shared = [shapely.area(shapely.intersection(geometry[k], geometry[number])) for k in rivals]
        whole = [shapely.area(shapely.union(geometry[k], geometry[number])) for k in rivals]
        if not any(s / w > limit + 1e-12 for s, w in zip(shared, whole, strict=True)):
            kept.append(int(number))
    assert suppress_polygons(geometry, classes, order, limit, Job()).tolist() == sorted(kept)


def test_the_more_confident_of_two_that_overlap_is_kept_with_all_its_fields(tmp_path):
    """Fields and their types go through; the order of the layer stays."""
    source = write_boxes(
        tmp_path / "found.gpkg",
        squares((50, 0), (0, 0), (4, 0)),
        Class=np.array(["pad", "pad", "pad"], object),
        Classvalue=np.array([1, 1, 1], np.int32),
        Confidence=np.array([0.3, 0.6, 0.9]),
        Checked=np.array([True, False, True]),
    )
    kept = survivors(source, tmp_path)
    assert kept.fields["Confidence"].tolist() == [0.3, 0.9]
    assert list(kept.fields) == ["Class", "Classvalue", "Confidence", "Checked"]
    before, after = (pyogrio.read_info(path) for path in (tmp_path / "found.gpkg", tmp_path / "kept.gpkg"))
    assert [str(kind) for kind in after["dtypes"]] == [str(kind) for kind in before["dtypes"]]
    assert after["crs"] == before["crs"]


def test_a_common_border_is_no_overlap(tmp_path):
    """With the ratio 0 neighbours that touch stay, and one that shares a metre goes."""
    source = write_boxes(
        tmp_path / "found.gpkg", squares((0, 0), (10, 0), (19, 0)), Confidence=np.array([0.9, 0.8, 0.7])
    )
    assert survivors(source, tmp_path).fields["Confidence"].tolist() == [0.9, 0.8]


def test_polygons_whose_boxes_overlap_but_not_their_areas_stay(tmp_path):
    """Two halves of a square along its diagonal have the same box and no common area."""
    halves = [shapely.Polygon([(0, 0), (10, 0), (0, 10)]), shapely.Polygon([(10, 10), (10, 0), (0, 10)])]
    source = write_features(tmp_path / "found.gpkg", halves, Confidence=np.array([0.9, 0.8]))
    assert len(survivors(source, tmp_path)) == 2


def test_features_suppress_each_other_within_a_class_only(tmp_path):
    """The class field is found in any case; a named one wins."""
    source = write_boxes(
        tmp_path / "found.gpkg",
        squares((0, 0), (1, 0), (2, 0)),
        CLASSVALUE=np.array([1, 2, 1], np.int32),
        kind=np.array(["a", "a", "a"], object),
        Confidence=np.array([90.0, 80.0, 70.0]),
    )
    assert survivors(source, tmp_path).fields["Confidence"].tolist() == [90, 80]
    assert survivors(source, tmp_path, class_value_field="kind").fields["Confidence"].tolist() == [90]


def test_features_without_confidence_yield_and_are_told(tmp_path):
    """A null is the lowest confidence."""
    source = write_boxes(
        tmp_path / "found.gpkg", squares((0, 0), (2, 0), (60, 0)), score=np.array([np.nan, 0.1, np.nan])
    )
    job = Job()
    kept = survivors(source, tmp_path, job, confidence_score_field="SCORE")
    assert np.isnan(kept.fields["score"]).tolist() == [False, True]
    assert "2 of 3 features have no score" in job.warnings[0]


def test_an_invalid_polygon_is_repaired_and_told(tmp_path):
    """A bow tie counts with the area it covers."""
    bow = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    source = write_features(tmp_path / "found.gpkg", [bow, shapely.box(4, 0, 6, 3)], Confidence=np.array([0.9, 0.8]))
    job = Job()
    assert len(survivors(source, tmp_path, job)) == 2
    assert "1 invalid feature" in job.warnings[0]


def test_only_the_extent_is_read_and_the_output_is_reprojected(tmp_path):
    """The extent may be in degrees, the output too."""
    source = write_boxes(tmp_path / "found.gpkg", squares((0, 0), (5000, 0)), Confidence=np.array([0.9, 0.8]))
    kept = survivors(
        source,
        tmp_path,
        extent=Extent(14.99, 41.5, 15.01, 41.6, "EPSG:4326"),
        output_crs="EPSG:4326",
    )
    assert kept.fields["Confidence"].tolist() == [0.9] and kept.crs == "EPSG:4326"
    assert shapely.bounds(kept.geometry)[0] == pytest.approx((15, 41.549, 15.0002, 41.551), abs=5e-3)


def test_an_empty_layer_gives_an_empty_layer(tmp_path):
    """Nothing found is a result: the fields are there."""
    source = write_boxes(tmp_path / "found.gpkg", [], Confidence=np.zeros(0), Classvalue=np.zeros(0, np.int32))
    kept = survivors(source, tmp_path)
    assert len(kept) == 0 and list(kept.fields) == ["Confidence", "Classvalue"]


@pytest.mark.parametrize(
    ("fields", "parameters", "sentence"),
    [
        ({"Confidence": np.array(["0.9"], object)}, {}, "holds text"),
        ({"score": np.array([0.9])}, {}, "no field Confidence: choose a confidence field among score"),
        ({"Confidence": np.array([0.9])}, {"class_value_field": "kind"}, "no field kind"),
        ({"Confidence": np.array([0.9]), "kind": np.array([1.5])}, {"class_value_field": "kind"}, "holds decimals"),
    ],
)
def test_fields_that_do_not_serve_are_refused(tmp_path, fields, parameters, sentence):
    """One sentence with the remedy, nothing written."""
    source = write_boxes(tmp_path / "found.gpkg", squares((0, 0)), **fields)
    with pytest.raises(FeatureError, match=sentence):
        survivors(source, tmp_path, **parameters)
    assert not (tmp_path / "kept.gpkg").exists()


def test_an_output_crs_that_is_no_maps_is_refused(tmp_path):
    """Geocentric coordinates have no easting and northing."""
    source = write_boxes(tmp_path / "found.gpkg", squares((0, 0)), Confidence=np.array([0.9]))
    with pytest.raises(ParameterError, match=r"output_crs EPSG:4978 is no map's: .* choose a geographic or projected"):
        survivors(source, tmp_path, output_crs="EPSG:4978")
    assert not (tmp_path / "kept.gpkg").exists()


def test_points_are_refused(tmp_path):
    """The remedy is named."""
    source = write_features(
        tmp_path / "found.gpkg",
        shapely.points([(0, 0), (1, 1)]),
        geometry_type="Point",
        Confidence=np.array([0.9, 0.8]),
    )
    with pytest.raises(FeatureError, match="holds points and polygons are needed: choose a polygon layer"):
        survivors(source, tmp_path)


def test_a_cancelled_run_writes_nothing(tmp_path):
    """Neither the layer nor a temporary one stays."""
    source = write_boxes(tmp_path / "found.gpkg", squares((0, 0), (2, 2)), Confidence=np.array([0.9, 0.8]))
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        survivors(source, tmp_path, job)
    assert [entry.name for entry in tmp_path.iterdir()] == ["found.gpkg"]
