"""Arguments of models that classify pixels: each is offered where the model has a use for it, and refused elsewhere."""

from __future__ import annotations

import pytest

from engine.errors import ParameterError
from engine.job import Job
from engine.tools.arguments import CHANGE_ARGUMENTS, ModelDefaults, PixelArguments

CLASSES = ModelDefaults(tile=(256, 256), padding=32, background=True)
EDGES = ModelDefaults(tile=(256, 256), padding=32, background=True, kind="edges", threshold=0.4)
ROADS = ModelDefaults(tile=(256, 256), padding=32, background=True, kind="roads", learn_version=(1, 8, 4))
OLD = ModelDefaults(tile=(256, 256), padding=32, kind="edges", learn_version=(1, 7))
FIXED = ModelDefaults(tile=(256, 256), padding=32, batch_size=9, built_in_padding=12, any_tile=False)


def parsed(model, job=None, **pairs):
    """Return the arguments for a model."""
    return PixelArguments.from_pairs(tuple((name, str(value)) for name, value in pairs.items()), model, job or Job())


def test_what_is_not_given_is_the_models():
    """Padding, threshold and background come from the definition."""
    assert parsed(CLASSES) == PixelArguments(padding=32, predict_background=True)
    assert parsed(EDGES).threshold == 0.4
    assert parsed(FIXED) == PixelArguments(padding=12, batch_size=9)


def test_batches_are_square_and_paddings_leave_a_core():
    """What is mended is told; half a tile is accepted and run with the largest that leaves an eighth."""
    job = Job()
    assert parsed(CLASSES, job, batch_size=6).batch_size == 4
    assert parsed(CLASSES, job, padding=128).padding == 112
    assert parsed(CLASSES, tile_size=512, padding=200).padding == 200
    assert "batch_size 6 is no square number: run with 4" in job.messages
    assert any("run with 112" in line for line in job.warnings)


def test_views_of_edges_and_roads_can_be_merged():
    """And their threshold be chosen."""
    found = parsed(ROADS, test_time_augmentation=True, merge_policy="max", threshold=0.3)
    assert (found.merge_policy, found.threshold) == ("max", 0.3)
    assert parsed(EDGES, thinning=True, return_probability_raster=True).thinning


@pytest.mark.parametrize(
    ("model", "pairs", "sentence"),
    [
        (CLASSES, {"padding": 129}, "at most half the tile"),
        (CLASSES, {"merge_policy": "max", "test_time_augmentation": True}, "merge_policy is for models of edges and"),
        (CLASSES, {"threshold": 0.3}, "threshold is for models of edges and roads only"),
        (CLASSES, {"return_probability_raster": True}, "return_probability_raster is for models of edges"),
        (ROADS, {"thinning": True}, "thinning is for models of edges only"),
        (EDGES, {"merge_policy": "max"}, "add test_time_augmentation True or leave it out"),
        (EDGES, {"threshold": 1.5}, "a number from 0 to 1"),
        (OLD, {"threshold": 0.5}, r"needs a model of arcgis.learn 1\.8\.4 or later and this one is of 1\.7"),
        (FIXED, {"batch_size": 4}, "batch_size is fixed to 9 by the model"),
        (FIXED, {"padding": 4}, "padding is fixed to 12 by the model"),
        (FIXED, {"tile_size": 512}, "tiles of 256 x 256 pixels only"),
        (CLASSES, {"blend": "linear"}, "one of cosine, none"),
        (CLASSES, {"direction": "AtoB"}, "unknown to this model"),
    ],
)
def test_what_a_model_has_no_use_for_is_refused(model, pairs, sentence):
    """With the value, the rule and the remedy."""
    with pytest.raises(ParameterError, match=sentence):
        parsed(model, **pairs)


def test_a_background_that_is_not_there_is_told():
    """Scripts give predict_background to any model."""
    job = Job()
    model = ModelDefaults(tile=(64, 64), padding=8)
    assert parsed(model, job, predict_background=True).predict_background is None
    assert len(job.warnings) == 1
    assert parsed(model, predict_background=False).predict_background is None


def test_help_lists_every_name_that_is_known():
    """Also the other name of the threshold of changes."""
    assert "threshold, score_threshold, test_time_augmentation" in PixelArguments.help(CHANGE_ARGUMENTS)
    assert "score_threshold" not in PixelArguments.help()
