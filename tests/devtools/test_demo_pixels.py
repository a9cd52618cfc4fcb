"""The pixel demo's figures: what is read from the accuracy tool, what simple means reach, what is printed."""

from __future__ import annotations

import json
import math
import re

import numpy as np
import pytest
import rasterio

from devtools.demo import parse
from devtools.demo_pixels import Result, merged, proposed_tile, read_matrix, seam_scores, table_of
from devtools.landcover import write_landcover
from devtools.pixel_baseline import maximum_likelihood, pixel_baseline
from devtools.pixel_cases import Case
from devtools.pixel_sources import make_pixel_source

MATRIX = """ClassValue,C_1,C_2,Total,U_Accuracy,Kappa,Class_Name,P_Accuracy,F1_Score,IoU
C_1,30,10,40,0.75,,water,0.9,0.8,0.7
C_2,0,60,60,1.0,,forest,0.85,0.9,
Total,30,70,100,,,,,0.85,0.7
P_Accuracy,1.0,0.857,,0.9,,,,,
Kappa,,,,,0.78,,,,
"""


def test_the_figures_are_those_of_the_accuracy_tool(tmp_path):
    """Overall accuracy and kappa stand in their own rows; a class of neither side has no IoU."""
    (tmp_path / "matrix.csv").write_text(MATRIX, encoding="utf-8")
    result = read_matrix(tmp_path / "matrix.csv")
    assert (result.accuracy, result.kappa, result.pixels) == (0.9, 0.78, 100)
    assert result.iou["water"] == 0.7
    assert math.isnan(result.iou["forest"])


def test_the_table_names_what_is_not_there():
    """A figure that does not exist is a word, not a number."""
    text = table_of(Result(0.9, 0.8, {"water": 0.7, "ice": math.nan}, 10, 60.0, (1.02, 0.98)), None)
    assert re.search(r"\| IoU ice +\| +not there \|", text)
    assert "1.00 (1 = no seam)" in text


def test_a_seam_score_is_read_from_the_manifest(tmp_path):
    """A raster of one tile has none."""
    for value, found in ((1.04, [1.04]), (None, [])):
        manifest = {"images": [{"seam_score": {"value": value, "pairs": 10}}]}
        (tmp_path / "a.tif.run.json").write_text(json.dumps(manifest), encoding="utf-8")
        assert list(seam_scores(tmp_path / "a.tif")) == found


@pytest.mark.parametrize(("rows", "cols", "tile"), [(101, 64, 32), (250, 250, 64), (2048, 3072, 256), (20, 20, 32)])
def test_a_chip_is_small_where_the_raster_is(rows, cols, tile):
    """There are always several."""
    assert proposed_tile(rows, cols) == tile


def test_maximum_likelihood_tells_classes_apart_by_their_spread():
    """Two classes of one mean differ in how much they vary; bands that never change do no harm."""
    rng = np.random.default_rng(0)
    narrow, wide = rng.normal(0, 1, (500, 3)), rng.normal(0, 12, (500, 3))
    train = np.concatenate([narrow, wide])
    train[:, 2] = 5.0
    classes = np.repeat([3, 9], 500)
    found = maximum_likelihood(train, classes, train)
    assert (found == classes).mean() > 0.9


def test_the_scene_is_not_to_be_solved_pixel_by_pixel(tmp_path):
    """Maximum likelihood beats one class everywhere, and leaves something to a network."""
    scene = write_landcover(tmp_path / "scene", 450, 600)
    source = make_pixel_source(scene["raster"], scene["labels"], scene["aoi"], tmp_path / "out", truth=scene["truth"])
    below = pixel_baseline(source)
    assert below.majority + 0.1 < below.likelihood < 0.9


def test_folds_are_put_together_where_they_were_held_out(tmp_path):
    """Every judged pixel comes from the network that never saw it."""
    scene = write_landcover(tmp_path / "scene", 270, 360, seed=3)
    source = make_pixel_source(scene["raster"], scene["labels"], None, tmp_path / "out", Case("", "", folds=2))
    rasters = []
    with rasterio.open(scene["truth"]) as file:
        profile = file.profile
    for number in (1, 2):
        rasters.append(tmp_path / f"fold{number}.tif")
        with rasterio.open(rasters[-1], "w", **profile) as file:
            file.write(np.full((270, 360), number, np.uint8), 1)
    target = merged(source, rasters, tmp_path / "classified.tif")
    with rasterio.open(target) as file:
        values = file.read(1)
    for number, training in enumerate(source.trainings, start=1):
        assert (values[training.judged] == number).all()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--task", "pixels", "--raster", "a", "--labels", "b", "--raster", "c", "--labels", "d"],
        ["--task", "pixels", "--case", "buildings_kampala", "--raster", "a", "--labels", "b"],
        ["--task", "pixels", "--case", "nowhere"],
        ["--task", "sounds"],
    ],
)
def test_a_command_line_that_cannot_be_meant_is_refused(arguments):
    """Before anything is written."""
    with pytest.raises(SystemExit):
        parse(arguments)
