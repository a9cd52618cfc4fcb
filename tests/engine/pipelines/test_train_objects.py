"""Train Deep Learning Model, from chips of labelled objects to a package that classifies them."""

import json

import numpy as np
import pytest
import torch

from engine.errors import EngineError, ParameterError
from engine.job import Job
from engine.package.emd import load_network, open_package
from engine.pipelines.classify_objects import run as classify
from engine.pipelines.train_model import run
from engine.samples.folder import read_samples
from engine.samples.samples import read_chip
from engine.tools.classify_objects import ClassifyObjects
from engine.tools.values import FeatureSource, FeatureTarget
from engine.vector.reading import read_features
from tests.engine.training.objects import NAMES, write_objects
from tests.engine.training.short import short_training

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def one_thread():
    """Tests share the machine."""
    torch.set_num_threads(1)


def request(folder, out, **changes):
    """A training that takes a few seconds."""
    values = {"max_epochs": 2, "learning_rate": "0.003", "validation_percentage": 25.0}
    return short_training(folder, out, **{**values, **changes})


def classified(package_path, folder):
    """Return which class values a package gives to the chips of a folder, and their own."""
    with open_package(str(package_path), Job(), "object_classification") as package:
        network = load_network(package)
        samples = read_samples((folder,), Job()).samples
        raw = torch.from_numpy(np.stack([read_chip(sample) for sample in samples]).astype(np.float32))
        frames = torch.tensor(np.array([sample.box for sample in samples]))
        with torch.inference_mode():
            scores = network.scores(package.normalisation.apply(raw), network.described(raw, frames)).numpy()
        values = np.array([entry.value for entry in package.classes])
    wanted = np.array([[value in sample.labels for value in values] for sample in samples])
    return scores, wanted


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model trained for some seconds, the job that saw it, its folder and its chips."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("objects")
    chips, job = write_objects(folder / "data", blacken_around_feature=True), Job()
    run(request(chips, folder / "models" / "roofs", max_epochs=4), job)
    return job, folder / "models" / "roofs", chips


def test_objects_of_different_brightness_are_told_without_an_error(trained):
    """Nothing but the data is chosen; every chip gets its class, through files, 16 bits and 4 bands."""
    job, folder, chips = trained
    scores, wanted = classified(folder / "roofs.dlpk", chips)

    assert (scores.argmax(1) == wanted.argmax(1)).all()
    assert np.allclose(scores.sum(1), 1, atol=1e-5)
    assert any("FEATURE_CLASSIFIER is taken" in text for text in job.messages)
    assert any("Backbone FULLRES is taken" in text for text in job.messages)


def test_the_tool_gives_the_same_classes_to_the_features(tmp_path, trained):
    """Chips cut on the fly are those of the export, their statistics too."""
    _, folder, chips = trained
    data = f"{chips}/.."
    found = ClassifyObjects(
        in_raster=FeatureSource(f"{data}/scene.tif"),
        out_feature_class=FeatureTarget(str(tmp_path / "found.gpkg")),
        in_model_definition=str(folder / "roofs.dlpk"),
        in_features=FeatureSource(f"{data}/objects.gpkg"),
        processor_type="CPU",
    )
    classify(found, Job())

    fields = read_features(FeatureSource(str(tmp_path / "found.gpkg")), job=Job()).fields
    assert fields["ClassLabel"].tolist() == fields["kind"].tolist()


def test_the_definition_says_how_objects_are_cut_and_how_good_it_is(trained):
    """Keys as arcgis.learn writes them; the tile is that of the chips."""
    emd = json.loads((trained[1] / "roofs.emd").read_text("utf-8"))

    assert (emd["ModelType"], emd["ModelName"], emd["MetaDataMode"]) == (
        "ObjectClassification",
        "FeatureClassifier",
        "Labeled_Tiles",
    )
    assert (emd["CropSizeFixed"], emd["BlackenAroundFeature"], emd["ExpMap"]) == (1, 1, False)
    assert (emd["ImageHeight"], emd["ImageWidth"], emd["Threshold"]) == (20, 22, 0.0)
    assert float(emd["accuracy"]) == 1.0 and "drawn_to_frequencies" not in emd["ImageryDL"]["extra"]
    by_class = json.loads(emd["per_class_metrics"])
    assert by_class == {name: {"precision": 1.0, "recall": 1.0, "f1": 1.0} for name in NAMES[:3]}
    assert [entry["Name"] for entry in emd["Classes"]] == list(NAMES[:3])


def test_the_report_shows_matrix_scores_and_chips(trained):
    """People see what was taken for what."""
    page = (trained[1] / "model_metrics.html").read_text("utf-8")

    assert "Confusion matrix in chips" in page and "Most frequent class alone" in page
    for name in ("confusion_matrix", "class_scores", "show_results", "loss_graph"):
        assert (trained[1] / "ModelCharacteristics" / f"{name}.png").stat().st_size > 1000


def test_the_validation_chips_of_the_report_are_other_objects(trained):
    """The split is told, and no object is on both sides."""
    job, _, _ = trained
    assert any(text.startswith("Split:") and "blocks" in text for text in job.messages)
    assert not any("leak" in text for text in job.warnings)


def test_frames_of_objects_are_learnt_squeezed_and_blackened(tmp_path):
    """Chips of the objects' frames: the package says so, and grey 8-bit images of one band do."""
    chips = write_objects(
        tmp_path / "data", (12, 12), bands=1, dtype="uint8", side=16, crop_mode="BOUNDING_BOX",
    )  # fmt: skip
    run(request(chips, tmp_path / "model", max_epochs=3), Job())

    scores, wanted = classified(tmp_path / "model" / "model.emd", chips)
    emd = json.loads((tmp_path / "model" / "model.emd").read_text("utf-8"))
    assert (scores.argmax(1) == wanted.argmax(1)).all()
    assert (emd["CropSizeFixed"], emd["BlackenAroundFeature"]) == (0, 0)


def test_cutting_frames_smaller_is_refused(tmp_path):
    """An object whose chip is its frame would lose its edge."""
    chips = write_objects(tmp_path / "data", (4, 4), side=40, crop_mode="BOUNDING_BOX")
    with pytest.raises(ParameterError, match="chip_size 32 would cut objects"):
        run(request(chips, tmp_path / "model", chip_size=32), Job())


def test_the_middle_of_larger_chips_is_shown(tmp_path):
    """chip_size shows the object in the middle, never a part beside it; the tile says so."""
    chips = write_objects(tmp_path / "data", (10, 10), side=48)
    run(request(chips, tmp_path / "model", chip_size=32), Job())

    emd = json.loads((tmp_path / "model" / "model.emd").read_text("utf-8"))
    assert (emd["ImageHeight"], emd["ImageWidth"]) == (32, 32)
    assert float(emd["accuracy"]) == 1.0


def test_a_rare_class_that_is_never_predicted_is_named(tmp_path):
    """Two objects are too few; the report and a warning say so, and the majority is never undercut in silence."""
    chips, job = write_objects(tmp_path / "data", (20, 20, 3), bands=13), Job()
    run(request(chips, tmp_path / "model", max_epochs=1, learning_rate="0.00001", augmentation="NONE"), job)

    page = (tmp_path / "model" / "model_metrics.html").read_text("utf-8")
    told = [text for text in job.warnings if "shed" in text]
    assert told and any("predicted" in text or "no validation chip" in text for text in told)
    assert any("shed" in line and ("predicted" in line or "no validation chip" in line) for line in page.splitlines())
    assert any("not above" in text for text in job.warnings)


def test_labels_that_are_noise_do_not_end_below_the_most_frequent_class(tmp_path):
    """A network that knows such chips by heart names others worse: the package holds a blend with the frequencies."""
    chips, job = write_objects(tmp_path / "data", (24, 16, 8), seed=4, noise=True), Job()
    run(request(chips, tmp_path / "model", max_epochs=6, learning_rate="0.02", augmentation="NONE"), job)

    emd = json.loads((tmp_path / "model" / "model.emd").read_text("utf-8"))
    extra = emd["ImageryDL"]["extra"]
    frequencies = json.loads(extra["class_frequencies"])
    scores, wanted = classified(tmp_path / "model" / "model.emd", chips)
    page = (tmp_path / "model" / "model_metrics.html").read_text("utf-8")
    assert float(emd["accuracy"]) >= max(frequencies) - 1e-4 and 0 < float(extra["drawn_to_frequencies"]) <= 1
    assert any("are drawn to the frequencies" in text for text in job.warnings) and "are drawn to the freq" in page
    assert (scores.argmax(1) == wanted.argmax(1)).mean() >= 0.45
    assert np.allclose(scores.sum(1), 1, atol=1e-5)


def test_classes_can_be_weighed(tmp_path):
    """By their frequency or by the user; both at once, or too few weights, are refused in a sentence."""
    chips, job = write_objects(tmp_path / "data", (12, 4)), Job()
    run(request(chips, tmp_path / "model", max_epochs=1, arguments=(("class_balancing", "true"),)), job)
    assert any(text.startswith("Class weights: barn 0.667, house 2") for text in job.messages)

    for arguments, sentence in (
        ((("class_weights", "[1, 2, 3]"),), "class_weights holds 3 numbers for 2 classes"),
        ((("class_weights", "[0, 0]"),), "class_weights are all 0"),
        ((("class_weights", "[1, 2]"), ("class_balancing", "true")), "give one of them"),
    ):
        with pytest.raises(ParameterError, match=sentence):
            run(request(chips, tmp_path / "other", arguments=arguments), Job())
    assert not (tmp_path / "other").exists()


def test_one_class_alone_is_refused(tmp_path):
    """Nothing tells what is not."""
    chips = write_objects(tmp_path / "data", (8,))
    with pytest.raises(EngineError, match="and nothing tells what is not"):
        run(request(chips, tmp_path / "model"), Job())


def test_a_package_is_tuned_to_other_objects(tmp_path, trained):
    """Weights, statistics and normalisation go on; classes of the new data replace those of the package."""
    chips, job = write_objects(tmp_path / "data", (8, 8), seed=5, blacken_around_feature=True), Job()
    run(request(chips, tmp_path / "model", pretrained_model=str(trained[1] / "roofs.dlpk"), batch_size=1), job)

    assert any("start anew because the classes differ" in text for text in job.messages)
    scores, wanted = classified(tmp_path / "model" / "model.dlpk", chips)
    assert scores.shape[1] == 2 and (scores.argmax(1) == wanted.argmax(1)).mean() >= 0.9


def test_images_in_folders_of_classes_are_learnt(tmp_path):
    """Imagenet, with a backbone, without statistics."""
    chips, job = write_objects(tmp_path / "data", (6, 6), bands=3, dtype="uint8", metadata_format="Imagenet"), Job()
    arguments = (("use_statistics", "false"), ("mixup", "true"))
    run(
        request(chips, tmp_path / "model", max_epochs=1, backbone_model="RESNET18", arguments=arguments),
        job,
    )
    emd = json.loads((tmp_path / "model" / "model.emd").read_text("utf-8"))
    assert emd["ModelParameters"]["backbone"] == "resnet18"
    assert emd["ModelParameters"]["use_statistics"] == "false"
    assert emd["MetaDataMode"] == "Imagenet"


def test_several_labels_are_learnt_each_by_itself(tmp_path):
    """Chips of a grid that show several objects; each class has a threshold of its own."""
    chips = write_objects(
        tmp_path / "data", (14, 14, 14), side=32, metadata_format="MultiLabeled_Tiles", stride_x=16, stride_y=16,
    )  # fmt: skip
    samples = read_samples((chips,), Job()).samples
    assert {len(sample.labels) for sample in samples} >= {1, 2}
    job = Job()
    run(request(chips, tmp_path / "model", max_epochs=6), job)

    emd = json.loads((tmp_path / "model" / "model.emd").read_text("utf-8"))
    assert any("several labels" in text for text in job.messages)
    assert emd["MetaDataMode"] == "MultiLabeled_Tiles"
    assert len(emd["LabelThresholds"]) == 3 and all(0 < limit < 1 for limit in emd["LabelThresholds"])
    with open_package(str(tmp_path / "model" / "model.dlpk"), Job()) as package:
        network = load_network(package)
        raw = torch.from_numpy(np.stack([read_chip(sample) for sample in samples]).astype(np.float32))
        with torch.inference_mode():
            scores = network.scores(package.normalisation.apply(raw), network.described(raw)).numpy()
        values = [entry.value for entry in package.classes]
    wanted = np.array([[value in sample.labels for value in values] for sample in samples])
    assert network.multi and package.label_thresholds == tuple(emd["LabelThresholds"])
    assert ((scores >= emd["LabelThresholds"]) == wanted).mean() > 0.75
