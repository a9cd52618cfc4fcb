"""Detections judged by the polygons themselves instead of their frames."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import shapely
import shapely.affinity

from engine.accuracy.matching import best_overlaps, match_boxes
from engine.accuracy.polygons import polygon_overlap
from engine.errors import Cancelled, ParameterError
from engine.job import Job
from engine.pipelines.compute_accuracy import run
from engine.tools.compute_accuracy import ComputeAccuracy
from engine.tools.kinds import Features
from engine.tools.values import FeatureTarget
from engine.vector.reading import read_features
from tests.rasters import write_features

LEFT, TOP = 500_000.0, 4_650_000.0


def bar(x, y, turn=45.0):
    """A slanting bar of 40 x 4 metres around a place."""
    return shapely.affinity.rotate(shapely.box(x - 20, y - 2, x + 20, y + 2), turn, origin=(x, y))


def ring(x, y, outer=20.0, inner=16.0):
    """A square ring."""
    hole = shapely.box(x - inner, y - inner, x + inner, y + inner)
    return shapely.box(x - outer, y - outer, x + outer, y + outer).difference(hole)


def layers(folder):
    """Detections and references: the same bar, a bar beside another, a ring and its filled frame."""
    places = [(LEFT + 100.0 * number, TOP) for number in range(3)]
    wanted = [bar(*places[0]), bar(*places[1]), ring(*places[2])]
    found = [bar(*places[0]), bar(places[1][0] + 4, places[1][1] - 4), shapely.box(*wanted[2].bounds)]
    detections = write_features(
        folder / "found.gpkg", found, Confidence=[0.9, 0.8, 0.7], Classvalue=np.ones(3, np.int32)
    )
    return detections, write_features(folder / "truth.gpkg", wanted, Classvalue=np.ones(3, np.int32))


def judged(folder, overlap, **parameters):
    """Run the tool and return its last row and the layer of hits."""
    detections, truth = layers(folder)
    outputs = run(
        ComputeAccuracy(
            detected_features=detections, ground_truth_features=truth, overlap_by=overlap, bootstrap_samples=0,
            out_accuracy_table=FeatureTarget(str(folder / f"{overlap}.csv")),
            out_accuracy_report=str(folder / f"{overlap}.pdf"),
            out_true_positives=FeatureTarget(str(folder / f"{overlap}_right.gpkg")),
            out_false_positives=FeatureTarget(str(folder / f"{overlap}_wrong.gpkg")), **parameters,
        ),
        Job(),
    )  # fmt: skip
    with open(outputs["out_accuracy_table"], encoding="utf-8", newline="") as file:
        row = list(csv.DictReader(file))[-1]
    layer = {key: read_features(Features("").parse("", outputs[f"out_{key}"]), job=Job()) for key in
             ("true_positives", "false_positives")}  # fmt: skip
    return row, layer


def test_boxes_forgive_what_polygons_do_not(tmp_path):
    """By boxes all three are right; by polygons the bar beside and the filled ring are wrong."""
    row, _ = judged(tmp_path, "BOXES")
    assert (row["True_Positive"], row["False_Positive"], row["False_Negative"]) == ("3", "0", "0")

    row, layer = judged(tmp_path, "MASKS")
    assert (row["True_Positive"], row["False_Positive"], row["False_Negative"]) == ("1", "2", "2")
    assert float(row["AP"]) == pytest.approx(34 / 101)
    assert layer["true_positives"].fields["IoU"].tolist() == pytest.approx([1.0])
    filled = 1 - 16**2 / 20**2
    assert layer["false_positives"].fields["IoU"].max() == pytest.approx(filled)
    assert (tmp_path / "MASKS.pdf").stat().st_size > 1000


def test_a_lower_limit_takes_the_filled_ring(tmp_path):
    """min_iou 0.3 of polygons: the ring's frame shares 0.36 with it."""
    row, _ = judged(tmp_path, "MASKS", min_iou=0.3)
    assert row["True_Positive"] == "2"


def test_polygons_overlap_as_shapely_says():
    """Random bars and boxes against each other, exactly; what cannot reach the limit shares nothing."""
    random = np.random.default_rng(5)
    one, other = (
        np.array(
            [
                bar(x, y, turn) if turn > 30 else shapely.box(x, y, x + 20, y + 30)
                for x, y, turn in random.uniform(0, 90, (60, 3))
            ],
            object,
        )
        for _ in range(2)
    )
    whole = shapely.area(shapely.union(one[:, None], other[None]))
    exact = shapely.area(shapely.intersection(one[:, None], other[None])) / whole
    bounds = shapely.bounds(one), shapely.bounds(other)
    nearest, _ = best_overlaps(*bounds, overlap=polygon_overlap(one, other, Job()))
    assert nearest == pytest.approx(exact.max(axis=1))
    matched = match_boxes(bounds[0], np.arange(60), bounds[1], 0.5, overlap=polygon_overlap(one, other, Job(), 0.5))
    assert all(exact[place, partner] >= 0.5 for place, partner in enumerate(matched) if partner >= 0)
    assert (matched >= 0).sum() > 0 or exact.max() < 0.5


def test_the_word_is_checked_and_a_cancel_is_heard(tmp_path):
    """Only BOXES and MASKS; matching polygons asks for a cancel."""
    with pytest.raises(ParameterError, match="overlap_by is 'PIXELS'"):
        judged(tmp_path, "PIXELS")
    job, shapes = Job(), np.array([bar(0, 0)], object)
    job.cancel()
    with pytest.raises(Cancelled):
        polygon_overlap(shapes, shapes, job)(np.array([0]), np.array([0]), np.array([1.0]))
