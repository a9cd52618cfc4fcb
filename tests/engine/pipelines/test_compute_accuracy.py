"""Compute Accuracy For Object Detection on layers."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from engine.accuracy.bootstrap import intervals, spatial_blocks
from engine.errors import Cancelled, FeatureError
from engine.job import Job
from engine.pipelines.compute_accuracy import run
from engine.tools.compute_accuracy import ComputeAccuracy
from engine.tools.values import Extent, FeatureSource, FeatureTarget
from engine.vector.reading import read_features, transformed
from tests.rasters import write_boxes, write_features

LEFT, BOTTOM = 500_000, 4_600_000
ARCGIS = ["Class", "Precision", "Recall", "F1_Score", "AP", "True_Positive", "False_Positive", "False_Negative"]


def squares(*corners: tuple[float, float], side: float = 10) -> list[tuple[float, float, float, float]]:
    """Squares in map units by their lower left corner."""
    return [(LEFT + x, BOTTOM + y, LEFT + x + side, BOTTOM + y + side) for x, y in corners]


def accuracy(detected: FeatureSource, truth: FeatureSource, folder: Path, job: Job | None = None, **parameters):
    """Run the tool and read the table: one mapping per row, by class."""
    request = ComputeAccuracy(
        detected_features=detected,
        ground_truth_features=truth,
        out_accuracy_table=FeatureTarget(str(folder / "accuracy.csv")),
        **parameters,
    )
    outputs = run(request, job or Job())
    with open(outputs["out_accuracy_table"], newline="", encoding="utf-8") as file:
        return {row["Class"]: row for row in csv.DictReader(file)}, outputs


@pytest.fixture
def layers(tmp_path) -> tuple[FeatureSource, FeatureSource]:
    """Three objects of two classes; two found, one of them well; one false detection."""
    truth = write_boxes(
        tmp_path / "truth.gpkg", squares((0, 0), (100, 0), (0, 100)), Classvalue=np.array([1, 1, 2], np.int32)
    )
    found = write_boxes(
        tmp_path / "found.gpkg",
        squares((2, 0), (100, 1), (300, 300)),
        Class=np.array(["pad", "pad", "tank"], object),
        Classvalue=np.array([1, 1, 2], np.int32),
        Confidence=np.array([0.9, 0.8, 0.7]),
    )
    return found, truth


def test_the_table_has_one_row_per_class_and_one_for_all(layers, tmp_path):
    """ArcGIS's fields first; counts of all classes are sums, AP is the mean of the classes."""
    rows, _ = accuracy(*layers, tmp_path)
    assert list(rows) == ["1", "2", "All classes"]
    assert list(rows["1"])[:8] == ARCGIS
    figures = {name: [float(row[key] or "nan") for key in ARCGIS[1:]] for name, row in rows.items()}
    assert figures["1"] == [1, 1, 1, pytest.approx(1), 2, 0, 0]
    assert figures["2"] == [0, 0, 0, 0, 0, 1, 1]
    assert figures["All classes"] == [*[pytest.approx(2 / 3)] * 3, pytest.approx(0.5), 2, 1, 1]


def test_the_table_tells_the_best_threshold_and_coco_map(tmp_path):
    """The IoU of the only match is 0.8: seven of COCO's ten limits are met."""
    truth = write_boxes(tmp_path / "truth.gpkg", squares((0, 0)))
    low = (LEFT, BOTTOM, LEFT + 10, BOTTOM + 8.0)
    found = write_boxes(tmp_path / "found.gpkg", [low, *squares((50, 50))], Confidence=np.array([60.0, 40.0]))
    row = accuracy(found, truth, tmp_path)[0]["All classes"]
    assert float(row["mAP"]) == pytest.approx(0.7)
    assert (float(row["Best_Threshold"]), float(row["Best_F1"])) == (0.6, 1.0)


def test_a_higher_iou_turns_a_hit_into_a_false_detection_and_a_miss(layers, tmp_path):
    """Two metres aside is an IoU of two thirds."""
    rows, _ = accuracy(*layers, tmp_path, min_iou=0.7)
    assert [rows["1"][key] for key in ARCGIS[5:]] == ["1", "1", "1"]


def test_references_in_another_crs_are_reprojected(layers, tmp_path):
    """Degrees against metres: the same matches."""
    found, truth = layers
    table = transformed(read_features(truth, job=Job()), "EPSG:4326")
    degrees = write_features(tmp_path / "degrees.gpkg", table.geometry, crs="EPSG:4326", **table.fields)
    rows, _ = accuracy(found, degrees, tmp_path)
    assert [rows["1"][key] for key in ARCGIS[5:]] == ["2", "0", "0"]


def test_only_features_that_touch_mask_and_extent_are_compared(layers, tmp_path):
    """The mask drops the false detection, the extent the object in the north."""
    mask = write_boxes(tmp_path / "mask.gpkg", squares((-5, -5), side=200))
    area = Extent(LEFT - 5, BOTTOM - 5, LEFT + 150, BOTTOM + 50)
    job = Job()
    rows, _ = accuracy(*layers, tmp_path, job, mask_features=mask, extent=area)
    assert [rows["All classes"][key] for key in ARCGIS[5:]] == ["2", "0", "0"]
    assert "2 of 3 detections and 2 of 3 references lie in the area" in job.messages


def test_nothing_found_is_recall_zero(layers, tmp_path):
    """An empty layer of detections is a result, not an error; the report is written too."""
    found = write_boxes(
        tmp_path / "none.gpkg", [], Classvalue=np.zeros(0, np.int32), Confidence=np.zeros(0), Class=np.zeros(0, object)
    )
    report = tmp_path / "accuracy.pdf"
    rows, _ = accuracy(found, layers[1], tmp_path, out_accuracy_report=str(report))
    assert [(rows[name]["Recall"], rows[name]["AP"], rows[name]["Precision"]) for name in rows] == [("0", "0", "")] * 3
    assert report.read_bytes()[:5] == b"%PDF-"


def test_no_reference_is_told(layers, tmp_path):
    """Everything found is false; recall and AP are left empty."""
    truth = write_boxes(tmp_path / "none.gpkg", [], Classvalue=np.zeros(0, np.int32))
    job = Job()
    rows, _ = accuracy(layers[0], truth, tmp_path, job)
    assert (rows["All classes"]["False_Positive"], rows["All classes"]["Recall"]) == ("3", "")
    assert "none has no feature to compare with" in job.warnings[0]


def test_hits_false_detections_and_misses_are_written_with_their_iou(layers, tmp_path):
    """Fields of the layers are kept; a hit has the IoU of its match, the others the best there is."""
    targets = {name: FeatureTarget(str(tmp_path / "judged.gpkg"), name[4:]) for name in (
        "out_true_positives", "out_false_positives", "out_false_negatives"
    )}  # fmt: skip
    _, outputs = accuracy(*layers, tmp_path, min_iou=0.7, **targets)
    assert set(outputs) == {"out_accuracy_table", *targets}
    tables = {
        name: read_features(FeatureSource(str(tmp_path / "judged.gpkg"), layer=name[4:]), job=Job()) for name in targets
    }
    hits, wrong, missed = tables.values()
    assert hits.fields["IoU"].tolist() == [pytest.approx(90 / 110)]
    assert wrong.fields["IoU"].tolist() == [pytest.approx(80 / 120), 0]
    assert wrong.fields["Confidence"].tolist() == [0.9, 0.7]
    assert missed.fields["IoU"].tolist() == [pytest.approx(80 / 120), 0]
    assert missed.fields["Classvalue"].tolist() == [1, 2]
    assert hits.crs == "EPSG:32633"


def test_classes_are_compared_by_their_text(tmp_path):
    """The number 1, the text 1 and 1.0 with nulls are one class; features without a class are left out and told."""
    truth = write_boxes(tmp_path / "truth.gpkg", squares((0, 0), (50, 0)), Value=np.array([1.0, np.nan]))
    found = write_boxes(
        tmp_path / "found.gpkg", squares((0, 0)), kind=np.array(["1"], object), Confidence=np.array([0.9])
    )
    job = Job()
    rows, _ = accuracy(found, truth, tmp_path, job, detected_class_value_field="KIND")
    assert list(rows) == ["1", "All classes"] and rows["1"]["F1_Score"] == "1"
    assert "truth: 1 features without a class value were left out" in job.warnings


def test_layers_without_confidence_are_compared_and_told(tmp_path):
    """Precision and recall need none; the threshold is left empty."""
    truth = write_boxes(tmp_path / "truth.gpkg", squares((0, 0)))
    found = write_boxes(tmp_path / "found.gpkg", squares((0, 0), (40, 0)))
    job = Job()
    report = str(tmp_path / "accuracy.pdf")
    rows, _ = accuracy(found, truth, tmp_path, job, out_accuracy_report=report)
    assert (rows["Object"]["Precision"], rows["Object"]["Best_Threshold"]) == ("0.5", "")
    assert "no field Confidence" in job.warnings[0]


def test_a_class_field_on_one_side_only_is_left_aside_and_told(layers, tmp_path):
    """Labels without classes against our own detections: compared as one class."""
    truth = write_boxes(tmp_path / "plain.gpkg", squares((0, 0), (300, 300)))
    job = Job()
    rows, _ = accuracy(layers[0], truth, tmp_path, job)
    assert rows["Object"]["True_Positive"] == "2"
    assert "only found has a class field (Classvalue)" in job.warnings[0]


def test_classes_that_only_one_layer_has_are_told(layers, tmp_path):
    """They have rows of their own: all false, or all missed."""
    truth = write_boxes(tmp_path / "more.gpkg", squares((0, 0), (9, 99)), Classvalue=np.array([1, 7], np.int32))
    job = Job()
    rows, _ = accuracy(layers[0], truth, tmp_path, job)
    assert list(rows) == ["1", "2", "7", "All classes"]
    assert (rows["2"]["AP"], rows["7"]["AP"]) == ("", "0")
    assert job.warnings[:2] == [
        "class values of found that more has not: 2",
        "class values of more that found has not: 7",
    ]


@pytest.mark.parametrize(
    ("truth", "parameters", "sentence"),
    [
        ({"Classvalue": np.array([5], np.int32)}, {}, r"no class value of found \(1, 2\) occurs in wrong \(5\)"),
        ({}, {"detected_class_value_field": "Class"}, "name its class field in ground_truth_class_value_field"),
        ({"Classvalue": np.array([1], np.int32)}, {"detected_class_value_field": "kind"}, "found has no field kind"),
        ({"Classvalue": np.array([1.5])}, {}, "holds decimals"),
    ],
)
def test_layers_that_do_not_fit_together_are_refused(layers, tmp_path, truth, parameters, sentence):
    """One sentence with both sides' values or the remedy, nothing written."""
    source = write_boxes(tmp_path / "wrong.gpkg", squares((0, 0)), **truth)
    with pytest.raises(FeatureError, match=sentence):
        accuracy(layers[0], source, tmp_path, **parameters)
    assert not (tmp_path / "accuracy.csv").exists()


def test_points_as_ground_truth_are_refused_with_the_remedy(layers, tmp_path):
    """Buffer them first."""
    points = write_features(tmp_path / "points.gpkg", shapely.points([(LEFT, BOTTOM)]), geometry_type="Point")
    with pytest.raises(FeatureError, match="holds points and polygons are needed: buffer the ground truth first"):
        accuracy(layers[0], points, tmp_path)


def test_a_cancelled_run_writes_nothing(layers, tmp_path):
    """The table does not appear."""
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        accuracy(*layers, tmp_path, job, out_accuracy_report=str(tmp_path / "accuracy.pdf"))
    assert not list(tmp_path.glob("accuracy*"))


@pytest.mark.parametrize("suffix", [".gpkg", ".dbf", ".csv"])
def test_the_table_may_have_any_format(layers, tmp_path, suffix):
    """Empty figures are null, class values text."""
    found, truth = layers
    table = FeatureTarget(str(tmp_path / f"table{suffix}"))
    run(ComputeAccuracy(detected_features=found, ground_truth_features=truth, out_accuracy_table=table), Job())
    info = pyogrio.read_info(table.path)
    assert info["features"] == 3
    assert [name[:8] for name in info["fields"][:8]] == [name[:8] for name in ARCGIS]


def scattered(folder: Path, count: int, seed: int) -> tuple[FeatureSource, FeatureSource]:
    """Objects of one class, most found a little beside, and some false detections."""
    rng = np.random.default_rng(seed)
    corner = rng.uniform(0, 2000, (count, 2)) + np.array([LEFT, BOTTOM])
    truth = np.concatenate([corner, corner + rng.uniform(8, 30, (count, 2))], axis=1)
    found = truth[rng.random(count) < 0.8]
    found = found + rng.normal(0, 1.5, found.shape)
    false = found[::5] + 2500
    boxes, ones = np.concatenate([found, false]), np.ones(2 * count, np.int32)
    return (
        write_boxes(folder / "some.gpkg", boxes, Classvalue=ones[: len(boxes)], Confidence=rng.random(len(boxes))),
        write_boxes(folder / "all.gpkg", truth, Classvalue=ones[:count]),
    )


def test_intervals_enclose_the_figures_and_a_run_repeats_them(tmp_path):
    """From blocks of the area; the same input gives the same intervals."""
    found, truth = scattered(tmp_path, 150, 4)
    row = accuracy(found, truth, tmp_path)[0]["1"]
    for name, figure in (("Precision", "Precision"), ("Recall", "Recall"), ("F1", "F1_Score"), ("AP", "AP")):
        assert float(row[f"{name}_Low"]) < float(row[figure]) < float(row[f"{name}_High"])
    assert accuracy(found, truth, tmp_path)[0]["1"] == row


def test_too_few_blocks_give_no_intervals_and_say_so(layers, tmp_path):
    """Blocks as large as the area: nothing to draw from."""
    job = Job()
    rows, _ = accuracy(*layers, tmp_path, job, bootstrap_block_size=10_000.0)
    assert rows["1"]["AP_Low"] == ""
    assert "choose a smaller bootstrap_block_size" in job.warnings[-1]


def test_a_detection_counts_in_the_block_of_its_reference():
    """A pair that straddles a block's border is drawn together."""
    boxes = np.array([[99.0, 0, 103, 4]])
    references = np.array([[95.0, 0, 99, 4], [0, 0, 4, 4], [200, 0, 204, 4]])
    blocks = spatial_blocks(boxes, references, np.array([0]), 98.0)
    assert blocks.found[0] == blocks.wanted[0]
    assert blocks.count == 2 or blocks.count == 3


def test_no_draws_leave_the_intervals_empty():
    """Samples 0 switches them off."""
    blocks = spatial_blocks(np.zeros((0, 4)), np.zeros((0, 4)), np.zeros(0, int), None)
    none = np.zeros(0, np.int64)
    assert np.isnan(intervals(blocks, none, np.zeros(0), none, none, 1, 0, Job())).all()


def test_the_report_is_a_pdf_of_pages_with_text(tmp_path):
    """Names in any alphabet and with signs of markup do no harm; the text can be searched."""
    found, truth = scattered(tmp_path, 60, 5)
    table = read_features(found, job=Job())
    names = np.full(len(table), "σταθμός <b> & Öl", object)
    named = write_features(tmp_path / "named.gpkg", table.geometry, Class=names, **table.fields)
    report = tmp_path / "accuracy.pdf"
    accuracy(named, truth, tmp_path, out_accuracy_report=str(report))
    content = report.read_bytes()
    assert content.startswith(b"%PDF-") and content.rstrip().endswith(b"%%EOF")
    assert b"/FontFile2" in content and b"/Subtype /Image" not in content
    assert 10_000 < len(content) < 1_000_000
