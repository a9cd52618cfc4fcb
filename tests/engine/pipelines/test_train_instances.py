"""Instance segmentation from a labelled raster to outlines: export, training, detection, accuracy by polygons."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import shapely
import torch
from pyogrio import raw

from engine.classes import ClassInfo
from engine.errors import EngineError, SampleFolderError
from engine.job import Job
from engine.models.registry import get_architecture
from engine.package.emd import definition
from engine.package.normalisation import Normalisation
from engine.pipelines.compute_accuracy import run as judge
from engine.pipelines.detect_objects import run as detect
from engine.pipelines.export_training_data import run as export
from engine.pipelines.train_model import run as train
from engine.tools.compute_accuracy import ComputeAccuracy
from engine.tools.detect_objects import DetectObjects
from engine.tools.export_training_data import ExportTrainingData
from engine.tools.values import FeatureSource, FeatureTarget
from engine.training.start import warn_of_weight
from tests.engine.training.short import short_training
from tests.rasters import write_features, write_raster

pytestmark = pytest.mark.slow

CELL, LEFT, TOP = 0.5, 500_000.0, 4_650_000.0
ROWS, COLS = 192, 384


@pytest.fixture(autouse=True)
def one_thread():
    """Tests share the machine."""
    torch.set_num_threads(1)


def town(folder, value=7):
    """Write a raster of four 16 bit bands with bright blocks, some hollow, and their outlines."""
    random = np.random.default_rng(3)
    image = random.integers(800, 1500, (4, ROWS, COLS)).astype(np.uint16)
    outlines = []
    for row in range(6, ROWS - 34, 32):
        for col in range(6, COLS - 34, 32):
            height, width = (int(side) for side in random.integers(14, 26, 2))
            top, left = row + int(random.integers(0, 5)), col + int(random.integers(0, 5))
            block = np.zeros((ROWS, COLS), bool)
            block[top : top + height, left : left + width] = True
            west, north = LEFT + left * CELL, TOP - top * CELL
            outline = shapely.box(west, north - height * CELL, west + width * CELL, north)
            if len(outlines) % 3 == 0:
                block[top + 4 : top + height - 4, left + 4 : left + width - 4] = False
                hole = shapely.box(*shapely.buffer(outline, -4 * CELL, join_style="mitre").bounds)
                outline = shapely.difference(outline, hole)
            image[:, block] = random.integers(7000, 9000, (4, 1))
            outlines.append(outline)
    raster = write_raster(folder / "town.tif", image, left=LEFT, top=TOP, cell_size=CELL, nodata=0)
    values = np.full(len(outlines), value, np.int32)
    layer = write_features(folder / "blocks.gpkg", outlines, Classvalue=values, Classname=np.full(len(values), "block"))
    return raster, layer


def chips_of(folder, raster, layer):
    """Export RCNN masks."""
    request = ExportTrainingData(
        in_raster=str(raster), out_folder=str(folder / "chips"), in_class_data=layer, class_value_field="Classvalue",
        metadata_format="RCNN_Masks", tile_size_x=64, tile_size_y=64, stride_x=48, stride_y=48,
    )  # fmt: skip
    export(request, Job())
    return folder / "chips"


def training(chips, out, **changes):
    """A training of some seconds."""
    values = {
        "max_epochs": 5, "backbone_model": "RESNET18", "batch_size": 4, "learning_rate": "0.003", "resize_to": "64",
        "arguments": (("channels", "32"), ("convolutions", "1"), ("mask_convolutions", "1")), "augmentation": "NONE",
    }  # fmt: skip
    return short_training(chips, out, **{**values, **changes})


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A trained model, the job that saw it, and what it was trained on."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("town")
    raster, layer = town(folder)
    job = Job()
    outputs = train(training(chips_of(folder, raster, layer), folder / "blocks_model"), job)
    return outputs, job, raster, layer


def test_the_package_says_what_arcgis_says_of_instance_models(trained):
    """Model type, name, tile size; report and pictures are there, and the metrics are of masks."""
    outputs, job, *_ = trained
    folder = outputs["out_folder"]
    with open(f"{folder}/blocks_model.emd", encoding="utf-8") as file:
        emd = json.load(file)
    assert emd["ModelType"] == "InstanceDetection" and emd["MetaDataMode"] == "RCNN_Masks"
    assert emd["SupportsVariableTileSize"] is True
    assert emd["Classes"][0]["Value"] == 7 and set(emd["average_precision_score"]) == {emd["Classes"][0]["Name"]}
    assert any("CENTERMASK is taken" in message for message in job.messages)
    assert any("average precision of masks" in message for message in job.messages)
    with open(outputs["out_report"], encoding="utf-8") as file:
        assert "Mask AP" in file.read()


def test_training_learns_from_a_few_chips(trained, tmp_path):
    """Many blocks are found with their outlines after some seconds, judged by polygons and by boxes."""
    outputs, _, raster, layer = trained
    found = detect(
        DetectObjects(
            in_raster=str(raster), out_detected_objects=FeatureTarget(str(tmp_path / "found.gpkg")),
            in_model_definition=outputs["out_model_file"], processor_type="CPU",
        ),
        Job(),
    )["out_detected_objects"]  # fmt: skip
    figures = {}
    for overlap in ("BOXES", "MASKS"):
        table = judge(
            ComputeAccuracy(
                detected_features=FeatureSource(found), ground_truth_features=layer, overlap_by=overlap,
                detected_class_value_field="Classvalue", ground_truth_class_value_field="Classvalue",
                out_accuracy_table=FeatureTarget(str(tmp_path / f"{overlap}.csv")), bootstrap_samples=0,
            ),
            Job(),
        )["out_accuracy_table"]  # fmt: skip
        with open(table, encoding="utf-8", newline="") as file:
            figures[overlap] = float(list(csv.DictReader(file))[-1]["F1_Score"])
    assert figures["BOXES"] > 0.25 and figures["MASKS"] > 0.2


def test_boxes_are_learnt_from_masks_where_a_detector_of_boxes_is_named(tmp_path):
    """The frame of a mask is a box; what is found is boxes then, and the package says so."""
    raster, layer = town(tmp_path)
    chips, job = chips_of(tmp_path, raster, layer), Job()
    small = (("channels", "32"), ("convolutions", "1"))
    train(training(chips, tmp_path / "boxes", model_type="FCOS", arguments=small, max_epochs=1), job)
    emd = json.loads((tmp_path / "boxes" / "boxes.emd").read_text(encoding="utf-8"))
    assert emd["ModelType"] == "ObjectDetection" and emd["MetaDataMode"] == "RCNN_Masks"
    assert not any("masks" in message for message in job.messages)
    out = FeatureTarget(str(tmp_path / "found.gpkg"), "found")
    arguments = (("threshold", "0.01"), ("padding", "8"))
    detect(DetectObjects(str(raster), out, str(tmp_path / "boxes" / "boxes.dlpk"), arguments=arguments), Job())
    assert set(shapely.get_num_coordinates(shapely.from_wkb(raw.read(out.path, layer="found")[2]))) <= {5}


def test_class_value_zero_is_refused(tmp_path):
    """0 means that there is no instance."""
    raster, layer = town(tmp_path, value=0)
    with pytest.raises(EngineError, match="0"):
        train(training(chips_of(tmp_path, raster, layer), tmp_path / "model"), Job())


def test_a_damaged_mask_is_told(tmp_path):
    """A label raster that cannot be read stops the training with its name, before the first step."""
    raster, layer = town(tmp_path)
    chips = chips_of(tmp_path, raster, layer)
    label = next(path for path in sorted((chips / "labels").rglob("*.tif")))
    label.write_bytes(label.read_bytes()[:150])
    with pytest.raises(SampleFolderError, match=label.name):
        train(training(chips, tmp_path / "model"), Job())


def test_mask_r_cnn_is_trained_without_a_gpu_with_a_warning():
    """ArcGIS demands one."""
    job = Job()
    warn_of_weight(get_architecture("MASKRCNN"), torch.device("cpu"), job)
    warn_of_weight(get_architecture("CENTERMASK"), torch.device("cpu"), job)
    assert len(job.warnings) == 1 and "without a GPU" in job.warnings[0]


def test_a_mask_r_cnn_is_described_as_arcgis_describes_it():
    """Names and constructor arguments of the model definition."""
    spec = get_architecture("MASKRCNN").spec("RESNET18", 4, 1, (("box_nms_thresh", "0.4"),), (64, 64))
    normalisation = Normalisation.from_statistics([0.0] * 4, [1e4] * 4, [2e3] * 4, [1e3] * 4)
    emd = definition(spec, [ClassInfo(7, "block")], tile=(64, 64), bands=range(4), normalisation=normalisation)
    assert (emd["ModelType"], emd["ModelName"]) == ("InstanceDetection", "MaskRCNN")
    assert emd["ModelConfiguration"] == "_maskrcnn_inferencing" and emd["MetaDataMode"] == "RCNN_Masks"
    assert emd["MaskRCNNkwargs"]["box_nms_thresh"] == 0.4 and emd["MaskRCNNkwargs"]["rpn_nms_thresh"] == 0.7
