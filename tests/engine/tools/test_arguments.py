"""The arguments of a detector: the model's defaults, limits, words, old names."""

from __future__ import annotations

import pytest

from engine.errors import ParameterError
from engine.job import Job
from engine.tools.arguments import DetectionArguments, ModelDefaults, largest_padding

MODEL = ModelDefaults(tile=(256, 256), padding=40, threshold=0.35)


def parse(*pairs, model=MODEL, job=None):
    """Parse pairs of a value table."""
    return DetectionArguments.from_pairs(pairs, model, job or Job())


def test_without_arguments_the_models_own_values_are_taken():
    """Padding and threshold come from the package, the rest are ArcGIS's defaults."""
    assert parse() == DetectionArguments(40, 0.35, 4, 0.1, True, False, "mean")


def test_every_argument_is_read_in_any_case():
    """Names and truth words in any case; score_threshold is the old name of threshold."""
    given = parse(
        ("Padding", "32"), ("SCORE_THRESHOLD", "0.2"), ("batch_size", "9"), ("nms_overlap", "0.4"),
        ("exclude_pad_detections", "FALSE"), ("test_time_augmentation", "True"), ("merge_policy", "MAX"),
    )  # fmt: skip
    assert given == DetectionArguments(32, 0.2, 9, 0.4, False, True, "max")


@pytest.mark.parametrize(("asked", "run"), [("1", 1), ("3", 1), ("6", 4), ("64", 64), ("80", 64)])
def test_a_batch_size_is_brought_down_to_a_square_number(asked, run):
    """As ArcGIS does, and the user is told."""
    job = Job()
    assert parse(("batch_size", asked), job=job).batch_size == run
    assert bool(job.messages) == (int(asked) != run)


def test_half_a_tile_of_padding_runs_with_the_largest_that_leaves_a_core():
    """A core of an eighth of the tile is left, and the user is told."""
    job = Job()
    assert parse(("padding", "128"), job=job).padding == 112 == largest_padding((256, 256))
    assert "112" in job.warnings[0]
    assert parse(("padding", "112")).padding == 112


@pytest.mark.parametrize(("asked", "warned"), [("0", True), ("2", True), ("3", False), ("", False)])
def test_tiles_that_share_hardly_any_ground_are_warned_of(asked, warned):
    """Two objects that meet at a tile's edge look like one that is cut."""
    job = Job()
    parse(*[("padding", asked)] * bool(asked), job=job)
    assert any("objects that meet at the edge of a tile may become one" in text for text in job.warnings) == warned


def test_a_batch_size_fixed_by_the_model_is_not_offered():
    """BatchSize in the definition hides the argument."""
    fixed = ModelDefaults((64, 64), 8, batch_size=9)
    assert parse(model=fixed).batch_size == 9
    with pytest.raises(ParameterError, match="fixed to 9"):
        parse(("batch_size", "4"), model=fixed)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("padding", "129", "half the tile"),
        ("padding", "-1", "at least 0"),
        ("padding", "a few", "whole number"),
        ("threshold", "1.2", "from 0 to 1"),
        ("threshold", "nan", "from 0 to 1"),
        ("nms_overlap", "-0.1", "from 0 to 1"),
        ("batch_size", "0", "from 1"),
        ("exclude_pad_detections", "Treu", "true or false"),
        ("merge_policy", "median", "mean, max, min"),
        ("text_prompt", "palm", "padding, threshold, batch_size"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_the_rule(name, text, says):
    """The message names the argument and what it may be."""
    with pytest.raises(ParameterError, match=says):
        parse((name, text))


@pytest.mark.parametrize("side", range(1, 70))
def test_the_largest_padding_always_leaves_a_core(side):
    """At least a pixel, and an eighth of the tile."""
    core = side - 2 * largest_padding((side, 200))
    assert core >= 1 and core * 8 >= side


def test_the_overlap_that_training_found_best_is_taken():
    """A model of dense objects knows better than the general default; what the user gives wins."""
    model = ModelDefaults(tile=(256, 256), padding=32, nms_overlap=0.4)
    assert DetectionArguments.from_pairs((), model, Job()).nms_overlap == 0.4
    assert DetectionArguments.from_pairs((("nms_overlap", "0.2"),), model, Job()).nms_overlap == 0.2
