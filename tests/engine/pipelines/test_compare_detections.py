"""Compare Detections: what became of each object between two dates."""

import csv
import re

import numpy as np
import pytest
import shapely

from engine.errors import FeatureError, ParameterError
from engine.job import Job
from engine.pipelines.compare_detections import run
from engine.tools.compare_detections import CompareDetections
from engine.tools.values import FeatureSource, FeatureTarget
from engine.vector.reading import read_features, transformed
from engine.vector.writing import write_features as write_table_of_features
from tests.rasters import write_features

LEFT, TOP = 500_000, 4_650_000


def square(x, y, side=10):
    """Return a square with its lower left corner at an offset from a corner of the map."""
    return shapely.box(LEFT + x, TOP + y, LEFT + x + side, TOP + y + side)


def compare(tmp_path, old, new, job=None, **more):
    """Compare two layers; return the table of the output by its rows."""
    request = CompareDetections(
        old_detections=old, new_detections=new, out_features=FeatureTarget(str(tmp_path / "out.gpkg")), **more
    )
    outputs = run(request, job or Job())
    table = read_features(FeatureSource(outputs["out_features"]), job=Job())
    rows = [{name: column[place] for name, column in table.fields.items()} for place in range(len(table))]
    return table, rows


@pytest.fixture
def dates(tmp_path):
    """Two layers: one object of each fate."""
    old = write_features(
        tmp_path / "old.gpkg",
        [square(0, 0), square(50, 0), square(100, 0), square(150, 0)],
        Class=["pad", "pad", "pad", "pond"],
        Confidence=[0.9, 0.8, 0.7, 0.6],
        well=np.array([11, 12, 13, 14]),
    )
    new = write_features(
        tmp_path / "new.gpkg",
        [square(200, 0), square(0.5, 0), square(104, 0), square(150, 0)],
        Class=["pad", "pad", "pad", "pad"],
        Confidence=[0.95, 0.85, 0.75, 0.65],
        seen=["d", "a", "c", "b"],
    )
    return old, new


def test_layers_of_different_places_are_warned_of(tmp_path, dates):
    """All objects are gone or new, which is true and hardly what was meant; neighbours that only touch are no such."""
    far = write_features(tmp_path / "far.gpkg", [square(5000, 0)], Class=["pad"], Confidence=[0.9])
    near = write_features(tmp_path / "near.gpkg", [square(160, 0)], Class=["pad"], Confidence=[0.9])
    empty = write_features(tmp_path / "none.gpkg", [], Class=np.zeros(0, object), Confidence=np.zeros(0))
    told = []
    for other in (far, near, empty):
        job = Job()
        _, rows = compare(tmp_path, dates[0], other, job)
        told.append(any("share no ground, so that everything counts as gone or new" in text for text in job.warnings))
        assert {row["Status"] for row in rows} <= {"gone", "new"}
    assert told == [True, False, False]


def test_each_object_has_its_fate(tmp_path, dates):
    """New, confirmed, changed outline, changed class, gone; with the identifiers and confidences of both dates."""
    table, rows = compare(tmp_path, *dates, old_id_field="well", out_table=FeatureTarget(str(tmp_path / "counts.csv")))

    assert [(row["Status"], row["Change"]) for row in rows] == [
        ("new", ""),
        ("confirmed", ""),
        ("changed", "outline"),
        ("changed", "class"),
        ("gone", ""),
    ]
    assert [row["old_id"] for row in rows][1:] == [11, 13, 14, 12] and np.isnan(rows[0]["old_id"])
    assert [row["new_id"] for row in rows][:4] == [1, 2, 3, 4] and np.isnan(rows[4]["new_id"])
    assert rows[3]["old_class"] == "pond" and rows[3]["new_class"] == "pad"
    assert (
        rows[1]["old_confidence"] == 0.9 and rows[1]["new_confidence"] == 0.85 and np.isnan(rows[0]["old_confidence"])
    )
    assert rows[1]["IoU"] == pytest.approx(9.5 / 10.5) and rows[2]["IoU"] == pytest.approx(6 / 14)
    assert [row["seen"] for row in rows] == ["d", "a", "c", "b", None]
    assert rows[4]["Class"] == "pad" and rows[4]["Confidence"] == 0.8
    assert shapely.equals(table.geometry[4], square(50, 0))
    with open(tmp_path / "counts.csv", encoding="utf-8") as file:
        counts = list(csv.DictReader(file))
    assert counts[-1] == {"Class": "all", "New": "1", "Gone": "1", "Changed": "2", "Confirmed": "1"}


def test_matches_are_one_to_one_and_the_surest_first(tmp_path):
    """Of two newer objects over one older, the better one confirms it and the other is new."""
    old = write_features(tmp_path / "old.gpkg", [square(0, 0)], Class=["pad"])
    new = write_features(tmp_path / "new.gpkg", [square(3, 0), square(1, 0)], Class=["pad", "pad"])

    _, rows = compare(tmp_path, old, new)

    assert [row["Status"] for row in rows] == ["new", "confirmed"]


def test_objects_of_one_class_are_matched_before_others(tmp_path):
    """An object that another class covers better is still confirmed by its own."""
    old = write_features(tmp_path / "old.gpkg", [square(0, 0)], Class=["pad"])
    new = write_features(tmp_path / "new.gpkg", [square(0, 0), square(1, 0)], Class=["pond", "pad"])

    _, rows = compare(tmp_path, old, new)

    assert [(row["Status"], row["new_class"]) for row in rows] == [("new", "pond"), ("confirmed", "pad")]


def test_real_outlines_count_not_their_boxes(tmp_path):
    """Two triangles that share a box and no area are no match."""
    lower = shapely.Polygon([(LEFT, TOP), (LEFT + 10, TOP), (LEFT, TOP + 10)])
    upper = shapely.Polygon([(LEFT + 10, TOP + 10), (LEFT + 10, TOP + 1), (LEFT + 1, TOP + 10)])
    old, new = (write_features(tmp_path / f"{name}.gpkg", [shape]) for name, shape in (("a", lower), ("b", upper)))

    _, rows = compare(tmp_path, old, new)

    assert [row["Status"] for row in rows] == ["new", "gone"]


def test_layers_of_different_reference_systems_meet(tmp_path, dates):
    """The older layer is brought into the CRS of the newer."""
    old, new = dates
    moved = transformed(read_features(old, job=Job()), "EPSG:4326")
    write_table_of_features(FeatureTarget(str(tmp_path / "geo.gpkg")), moved, job=Job(), crs=moved.crs)

    table, rows = compare(tmp_path, FeatureSource(str(tmp_path / "geo.gpkg")), new)

    assert [row["Status"] for row in rows] == ["new", "confirmed", "changed", "changed", "gone"]
    assert table.crs == "EPSG:32633"


def test_points_are_matched_by_distance(tmp_path):
    """The nearest within the limit is the same object."""
    places = [(0, 0), (100, 0)], [(3, 0), (2, 0), (140, 0)]
    old, new = (
        write_features(
            tmp_path / f"{name}.gpkg", [shapely.Point(LEFT + x, TOP + y) for x, y in spots], geometry_type="Point"
        )
        for name, spots in zip(("old", "new"), places, strict=True)
    )

    _, rows = compare(tmp_path, old, new, max_distance=5.0)

    assert [row["Status"] for row in rows] == ["new", "confirmed", "new", "gone"]
    assert rows[1]["Distance"] == pytest.approx(2.0)
    with pytest.raises(ParameterError, match="max_distance is missing and the layers hold points"):
        compare(tmp_path, old, new)


def test_ground_that_one_date_did_not_see_tells_nothing(tmp_path, dates):
    """What lies outside the imagery of the later date is not gone, outside that of the earlier not new."""
    old, new = dates
    west = write_features(tmp_path / "west.gpkg", [shapely.box(LEFT - 10, TOP - 10, LEFT + 45, TOP + 40)])
    most = write_features(tmp_path / "most.gpkg", [shapely.box(LEFT - 10, TOP - 10, LEFT + 180, TOP + 40)])
    job = Job()

    _, rows = compare(tmp_path, old, new, job, old_imagery=most, new_imagery=west)

    assert [row["Status"] for row in rows] == ["confirmed", "changed", "changed"]
    assert "1 unmatched object is not told gone: the other date has no imagery there" in job.messages
    assert "1 unmatched object is not told new: the other date has no imagery there" in job.messages


def test_unsure_objects_confirm_and_tell_nothing_else(tmp_path):
    """Below the limit an object is neither new nor gone, but one that was sure before is not gone either."""
    old = write_features(tmp_path / "old.gpkg", [square(0, 0), square(50, 0)], Confidence=[0.9, 0.2])
    new = write_features(tmp_path / "new.gpkg", [square(0, 0), square(100, 0)], Confidence=[0.3, 0.3])

    _, rows = compare(tmp_path, old, new, min_confidence=0.5)

    assert [row["Status"] for row in rows] == ["confirmed"]


def test_nothing_at_one_date_is_a_result(tmp_path, dates):
    """Against an empty layer all is new, or all is gone."""
    empty = write_features(tmp_path / "empty.gpkg", [], Class=np.empty(0, object))

    _, rows = compare(tmp_path, empty, dates[1])
    assert [row["Status"] for row in rows] == ["new"] * 4

    _, rows = compare(tmp_path, dates[0], empty)
    assert [row["Status"] for row in rows] == ["gone"] * 4 and rows[0]["Class"] == "pad"

    table, rows = compare(tmp_path, empty, FeatureSource(empty.path, layer="empty", where="1 = 1"))
    assert not rows and {"Status", "old_id", "new_id", "IoU"} <= set(table.fields)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"old_class_field": "kind"}, "has no field kind: choose a class field"),
        ({"new_id_field": "number"}, "has no field number: choose an identifier among its fields"),
    ],
)
def test_fields_that_are_not_there_are_refused(tmp_path, dates, change, sentence):
    """Each with the fields there are."""
    with pytest.raises(FeatureError, match=sentence):
        compare(tmp_path, *dates, **change)


def test_what_cannot_be_compared_is_refused(tmp_path, dates):
    """Points with polygons, lines, one layer with itself, limits out of order, and an output over an input."""
    old, new = dates
    points = write_features(tmp_path / "points.gpkg", [shapely.Point(LEFT, TOP)], geometry_type="Point")
    lines = write_features(
        tmp_path / "lines.gpkg", [shapely.LineString([(LEFT, TOP), (LEFT + 1, TOP)])], geometry_type="LineString"
    )
    with pytest.raises(FeatureError, match="points holds points and new polygons"):
        compare(tmp_path, points, new)
    with pytest.raises(FeatureError, match="lines does not hold polygons only or points only"):
        compare(tmp_path, lines, new)
    with pytest.raises(ParameterError, match="are both"):
        compare(tmp_path, old, old)
    with pytest.raises(ParameterError, match=r"same_outline_iou 0\.2 is below min_iou 0\.3"):
        compare(tmp_path, old, new, same_outline_iou=0.2)
    with pytest.raises(ParameterError, match="is also new_detections"):
        CompareDetections(old, new, FeatureTarget(new.path))


@pytest.mark.parametrize(
    ("classes", "sentence"), [({"Class": ["lake"]}, r"no class of .*\(lake\) occurs in"), ({}, "only .* has classes")]
)
def test_classes_that_can_never_be_the_same_are_told(tmp_path, dates, classes, sentence):
    """Else everything that was found again would count as changed, without a word."""
    job = Job()
    compare(tmp_path, write_features(tmp_path / "odd.gpkg", [square(0, 0)], **classes), dates[1], job=job)

    assert any(re.search(sentence, warning) for warning in job.warnings)
