"""What dialogs read of models and training folders without the engine is what the engine reads."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from engine.errors import ModelPackageError
from engine.inference.estimating import estimate
from engine.inference.preparation import model_defaults
from engine.job import Job
from engine.package.emd import open_package
from engine.tasks.registry import get_task
from engine.tools.declaration import When
from engine.tools.detect_objects import DetectObjects
from engine.tools.model_offers import read_model
from engine.tools.model_types import MODEL_TYPES
from engine.tools.train_model import TrainModel
from engine.tools.training_offers import MONITORS, read_training
from engine.tools.values import FeatureTarget
from tests.engine.inference.bright import bright_model
from tests.rasters import write_raster


@pytest.fixture
def model(tmp_path, monkeypatch):
    """Path of a model with tiles of 64 pixels and a padding of 8."""
    return bright_model(tmp_path / "model", monkeypatch)


def test_a_dialog_reads_of_a_package_what_the_engine_reads(model):
    """Task, classes, bands, cell size and the values that arguments take by themselves."""
    offer = read_model(model)
    with open_package(model, Job()) as package:
        engine = model_defaults(package)
        assert replace(offer.defaults) == engine
        assert offer.task == package.task
        assert [(name, value) for name, value, _ in offer.classes] == [(e.name, e.value) for e in package.classes]
        assert (offer.bands, offer.cell_size) == (len(package.bands), package.cell_size)


def test_metrics_of_a_task_are_those_that_training_knows():
    """One list stands where no network library may be imported."""
    assert {task: get_task(task).monitors for task in MODEL_TYPES} == dict(MONITORS)


@pytest.mark.parametrize("text", ["", "nowhere.emd", "{", '{"Framework": "PyTorch"}'])
def test_what_is_no_model_is_told_in_a_sentence(text):
    """No traceback reaches a dialog."""
    with pytest.raises(ModelPackageError):
        read_model(text or "/nowhere")


def test_a_broken_archive_is_told_in_a_sentence(tmp_path):
    """A download that stopped."""
    path = tmp_path / "model.dlpk"
    path.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(ModelPackageError, match=r"model\.dlpk is no readable model package"):
        read_model(str(path))


def test_change_is_learnt_from_two_dates_only(tmp_path):
    """Label rasters of one date offer no change detector, those of two do."""
    statistics = {"MetaDataMode": "Classified_Tiles"}
    (tmp_path / "esri_accumulated_stats.json").write_text(json.dumps(statistics), encoding="utf-8")
    assert "CHANGEDETECTOR" not in read_training([str(tmp_path)]).model_types
    (tmp_path / "images2").mkdir()
    offered = TrainModel.offered({"in_folder": (str(tmp_path),), "model_type": ""})
    assert {"CHANGEDETECTOR", "UNET"} <= set(offered["model_type"])


def test_a_folder_that_only_the_engine_understands_offers_everything(tmp_path):
    """Nothing is hidden on a guess."""
    assert set(read_training([str(tmp_path)]).model_types) >= {"FCOS", "UNET", "MASKRCNN"}


@pytest.mark.parametrize(
    ("when", "values", "met"),
    [
        (When("a", ("x", "")), {"a": None}, True),
        (When("a", ("x",)), {"a": "X"}, True),
        (When("a", (True,)), {"a": False}, False),
        (When("a"), {"a": 0}, False),
        (When("a", given=False), {}, True),
    ],
)
def test_a_parameter_applies_when_another_one_says_so(when, values, met):
    """Words in any case; nothing given is empty."""
    assert when.met(values) is met


def test_an_estimate_tells_tiles_and_time_and_writes_nothing(tmp_path, model):
    """No output, no work files."""
    image = np.full((3, 200, 150), 20, np.uint8)
    raster = write_raster(tmp_path / "field.tif", image, left=500_000, top=4_650_000, cell_size=0.5)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    request = DetectObjects(str(raster), FeatureTarget(str(tmp_path / "found.gpkg")), model, processor_type="CPU")
    told = estimate(request, Job())
    lines = dict(told["lines"])
    assert "tiles of 64 x 64 pixels" in lines["Work"]
    assert lines["Time"].startswith("about ")
    assert sorted(path.name for path in tmp_path.rglob("*")) == before
