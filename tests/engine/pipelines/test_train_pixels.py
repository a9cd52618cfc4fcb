"""Train Deep Learning Model, from a folder of class maps to a package that classifies pixels."""

import json
from dataclasses import replace

import numpy as np
import pytest
import rasterio
import torch
import torchvision

from engine.errors import Cancelled, EngineError
from engine.job import Job
from engine.package.emd import load_network, open_package
from engine.pipelines.train_model import run
from engine.samples.folder import read_samples
from engine.tools.train_model import TrainModel
from engine.training import conductor, start
from tests.engine.pipelines.test_train_model import CancelledAt
from tests.engine.training.masks import SIDE, write_masks
from tests.engine.training.short import short_training
from tests.rasters import write_raster

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def one_thread():
    """Tests share the machine."""
    torch.set_num_threads(1)


def request(folder, out, **changes):
    """A training that takes a few seconds."""
    values = {
        "model_type": "FULLRES",
        "arguments": (("channels", "16"),),
        "learning_rate": "0.003",
        "augmentation": "NONE",
        "batch_size": 2,
    }
    return short_training(folder, out, **{**values, **changes})


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model trained for some seconds, the job that saw it, its folder and its chips."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("maps")
    chips, job = write_masks(folder / "chips", count=12), Job()
    run(request(chips, folder / "models" / "maps", model_type="", max_epochs=4, augmentation="DEFAULT"), job)
    return job, folder / "models" / "maps", chips


def test_the_model_type_follows_the_number_of_labelled_pixels(trained):
    """An empty model type takes the small network for few pixels, and says why."""
    job, _, _ = trained

    assert any("FULLRES is taken, because about" in text and "UNET" in text for text in job.messages)
    assert any("are not labelled" in text for text in job.messages)
    assert not any("freeze" in text for text in [*job.warnings, *job.messages])


def test_the_package_classifies_what_it_learned(trained):
    """The golden tile holds, and most pixels of the chips get their class value."""
    _, folder, chips = trained
    with open_package(str(folder / "maps.dlpk"), Job(), "pixel_classification") as package:
        network = load_network(package)
        samples = read_samples((chips,), Job())
        with rasterio.open(samples.samples[0].image) as chip, rasterio.open(samples.samples[0].label) as label:
            pixels, wanted = torch.from_numpy(chip.read().astype(np.float32)), label.read(1)

        channels = network.scores(package.normalisation.apply(pixels[None])).argmax(1)[0].numpy()

    values = np.array(package.channel_values)[channels]
    assert package.channel_values == (10, 20, 300) and not package.background
    assert (values == wanted)[wanted > 0].mean() > 0.9
    assert package.tile == (256, 256) and package.padding == 3 and package.resize_to is None


def test_the_definition_has_the_keys_of_a_pixel_classifier(trained):
    """What ArcGIS's users and tools look for."""
    _, folder, _ = trained
    emd = json.loads((folder / "maps.emd").read_text())

    assert emd["ModelType"] == "ImageClassification" and emd["MetaDataMode"] == "Classified_Tiles"
    assert emd["Framework"] == "PyTorch" and emd["SupportsVariableTileSize"] is True
    assert 0.5 < float(emd["accuracy"]) <= 1.0
    assert set(json.loads(emd["per_class_metrics"])) <= {"10", "20", "300"}
    assert emd["ignore_mapped_class"] == [] and emd["UnlabelledValue"] == 0
    assert len(emd["NormalizationStats"]["band_min_values"]) == 4
    assert emd["ImageryDL"]["background"] is False and "average_precision_score" not in emd


def test_the_report_shows_confusion_and_samples(trained):
    """The page holds its pictures in itself; figures by class, kappa and the matrix."""
    _, folder, _ = trained
    page = (folder / "model_metrics.html").read_text()

    names = {path.name for path in (folder / "ModelCharacteristics").iterdir()}
    assert {"confusion_matrix.png", "class_scores.png", "show_results.png", "loss_graph.png"} <= names
    assert page.count("data:image/svg+xml;base64,") == 6
    assert all(word in page for word in ("Kappa", "Labelled as", "IoU", "Labelled pixels to train", "hatched"))


def test_per_class_metrics_agree_with_the_metrics_of_the_training(trained):
    """F1 of the classes and the mean that was monitored are the same figures."""
    _, folder, _ = trained
    emd = json.loads((folder / "maps.emd").read_text())

    by_class = json.loads(emd["per_class_metrics"]).values()

    assert np.mean([scores["f1"] for scores in by_class]) == pytest.approx(
        emd["ImageryDL"]["training"]["metrics"]["F1_SCORE"], abs=2e-4
    )


def test_one_class_learns_its_background(tmp_path):
    """The background is the first channel; U-Net takes eight chips at once and proposes an eighth as padding."""
    chips, job = write_masks(tmp_path / "chips", count=6, values=(7,), bands=3, dtype="uint8", side=64), Job()

    outputs = run(request(chips, tmp_path / "model", model_type="UNET", arguments=(), backbone_model="RESNET18"), job)

    with open_package(outputs["out_model_file"], Job()) as package:
        network = load_network(package)
        assert package.channel_values == (0, 7) and package.background
        assert network.channels == 2
        assert package.tile == (512, 520) and package.padding == 64
        assert package.emd["ModelName"] == "UnetClassifier" and package.emd["UnlabelledValue"] is None
        assert set(json.loads(package.emd["per_class_metrics"])) == {"NoData", "7"}


def test_large_objects_are_shown_reduced(tmp_path):
    """The package says how inference shows its tiles, and any tile gives the same result at that size."""
    chips = write_masks(tmp_path / "chips", count=4, values=(7,), side=256, bands=1)

    outputs = run(request(chips, tmp_path / "model"), Job())

    with open_package(outputs["out_model_file"], Job()) as package:
        assert package.resize_to == (256, 256)
        assert package.tile[0] > 300 and package.padding > 3


def test_thirteen_bands_and_balanced_classes(tmp_path):
    """Any number of bands; the weights are told and kept."""
    chips, job = write_masks(tmp_path / "chips", count=4, bands=13), Job()

    outputs = run(request(chips, tmp_path / "model", arguments=(("class_balancing", "true"), ("mixup", "true"))), job)

    with open_package(outputs["out_model_file"], Job()) as package:
        assert package.normalisation.bands == 13
        assert len(json.loads(dict(package.spec.extra)["class_weights"])) == 3
    assert any(text.startswith("Class weights: 10 ") for text in job.messages)


def test_sparse_labels_and_chips_without_any(tmp_path):
    """Chips without a labelled pixel are left out and counted; the others train on a few pixels."""
    chips, job = write_masks(tmp_path / "chips", count=8, labelled=0.03), Job()
    for number in (2, 5):
        path = tmp_path / "chips" / "labels" / f"{number:06d}.tif"
        with rasterio.open(path) as label:
            left, top = label.bounds.left, label.bounds.top
        write_raster(path, np.zeros((1, SIDE, SIDE + 1), np.uint16), left=left, top=top)

    outputs = run(request(chips, tmp_path / "model"), job)

    emd = json.loads((tmp_path / "model" / "model.emd").read_text())
    assert any("2 of 8 chips hold no label" in text for text in job.messages)
    assert emd["ImageryDL"]["training"]["chips"] + emd["ImageryDL"]["training"]["validation_chips"] == 6
    assert outputs["out_report"].endswith("model_metrics.html")


def test_ignored_classes_stand_in_the_definition(tmp_path):
    """Their channels are listed, and inference never chooses them."""
    chips = write_masks(tmp_path / "chips", count=4)

    outputs = run(request(chips, tmp_path / "model", arguments=(("ignore_classes", "[20]"),)), Job())

    with open_package(outputs["out_model_file"], Job()) as package:
        assert package.emd["ignore_mapped_class"] == [1] and package.ignored_channels == (1,)
        assert package.channel_values == (10, 20, 300)


@pytest.mark.parametrize("georeferenced", [True, False])
def test_three_chips_train_with_defaults(tmp_path, georeferenced):
    """Both sides of the split have a chip, and batches fit the data."""
    chips = write_masks(tmp_path / "chips", count=3, stride=24, georeferenced=georeferenced)
    job = Job()

    run(TrainModel((str(chips),), str(tmp_path / "model"), max_epochs=1, processor_type="CPU"), job)

    training = json.loads((tmp_path / "model" / "model.emd").read_text())["ImageryDL"]["training"]
    assert training["validation_chips"] >= 1 and training["chips"] >= 1
    assert training["steps"] >= 10


def test_a_class_never_predicted_is_said(tmp_path):
    """A class of a few pixels that nothing was learnt of is named in a warning and in the report."""
    chips, job = write_masks(tmp_path / "chips", count=6, values=(1, 2), bands=1), Job()
    for path in (tmp_path / "chips" / "images").iterdir():  # nothing tells the classes apart
        with rasterio.open(path) as chip:
            left, top = chip.bounds.left, chip.bounds.top
        random = np.random.default_rng(0)
        write_raster(path, random.integers(90, 110, (1, SIDE, SIDE + 1)).astype(np.uint16), left=left, top=top)
    for path in (tmp_path / "chips" / "labels").iterdir():
        with rasterio.open(path) as label:
            left, top = label.bounds.left, label.bounds.top
        values = np.ones((1, SIDE, SIDE + 1), np.uint16)
        values[0, ::16, ::16] = 2
        write_raster(path, values, left=left, top=top)

    run(request(chips, tmp_path / "model", max_epochs=12, learning_rate="0.01"), job)

    assert any("never predicted on the validation chips: 2" in text for text in job.warnings)
    assert "never predicted on the validation chips: 2" in (tmp_path / "model" / "model_metrics.html").read_text()


def test_fine_tuning_starts_the_head_anew_for_other_classes(trained, tmp_path):
    """All layers but the head are those of the package; arguments of the data are not taken from it."""
    _, folder, _ = trained
    chips, job = write_masks(tmp_path / "chips", count=4, values=(1, 2)), Job()
    with open_package(str(folder / "maps.emd"), Job()) as package:
        before = load_network(package).state_dict()
    asked = request(
        chips, tmp_path / "tuned", model_type="", arguments=(), pretrained_model=str(folder / "maps.emd"),
        learning_rate="1e-7",
    )  # fmt: skip

    outputs = run(asked, job)

    with open_package(outputs["out_model_file"], Job()) as package:
        after = load_network(package).state_dict()
        assert package.channel_values == (1, 2)
    same = [name for name in before if before[name].shape == after[name].shape and before[name].ndim == 4]
    assert same and all(torch.allclose(before[name], after[name], atol=1e-4) for name in same)
    assert any("because the classes differ" in text for text in job.messages)


def test_a_package_of_detection_is_no_start_for_pixels(trained, tmp_path):
    """The sentence says which formats the model type learns from."""
    _, _, chips = trained

    with pytest.raises(EngineError, match=r"FCOS does not learn from Classified_Tiles: .* Convert Training Data"):
        run(request(chips, tmp_path / "model", model_type="FCOS", arguments=()), Job())
    with pytest.raises(EngineError, match="monitor AVERAGE_PRECISION is not offered"):
        run(request(chips, tmp_path / "model", monitor="AVERAGE_PRECISION"), Job())
    assert not (tmp_path / "model").exists()


def test_cancelled_training_goes_on(tmp_path, monkeypatch):
    """A cancel leaves no model; the same request goes on, one with other labels begins anew."""
    monkeypatch.setattr(conductor, "SAVE_SECONDS", 0.0)
    chips = write_masks(tmp_path / "chips", count=6)
    asked = request(chips, tmp_path / "out" / "model", max_epochs=3, monitor="MIOU")
    with pytest.raises(Cancelled):
        run(asked, CancelledAt(2))
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".model.training"]

    job = Job()
    run(asked, job)

    assert any("Going on" in text and "after epoch 2" in text for text in job.messages)
    assert sum(text.startswith("Epoch") for text in job.messages) == 1
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["model"]
    other = replace(asked, out_folder=str(tmp_path / "other"), arguments=(("background", "class"), ("channels", "16")))
    run(other, job)
    assert json.loads((tmp_path / "other" / "other.emd").read_text())["ImageryDL"]["background"] is True


def test_a_frozen_backbone_keeps_its_weights_but_learns_further_bands(tmp_path, monkeypatch):
    """Red's weights are copied to the fourth band; only the first layer, which sees it, still learns."""
    torch.manual_seed(1)
    weights = torchvision.models.resnet18().state_dict()
    monkeypatch.setattr(start, "fetch_weights", lambda backbone, job: weights)
    chips = write_masks(tmp_path / "chips", count=4)
    asked = request(
        chips, tmp_path / "model", model_type="UNET", arguments=(), backbone_model="RESNET18", pretrained_weights=True,
        weight_init_scheme="RED_BAND",
    )  # fmt: skip

    outputs = run(asked, Job())

    with open_package(outputs["out_model_file"], Job()) as package:
        network = load_network(package)
    body = network.body.network.state_dict()
    assert body["conv1.weight"].shape[1] == 4
    assert torch.equal(body["layer3.0.conv1.weight"], weights["layer3.0.conv1.weight"])
    assert torch.allclose(body["conv1.weight"][:, 3], weights["conv1.weight"][:, 0], atol=0.02)


def test_the_argument_model_weight_starts_from_a_file(tmp_path):
    """The frozen backbone of the new model is that of the file; a file that is missing is refused."""
    chips = write_masks(tmp_path / "chips", count=4)
    asked = request(chips, tmp_path / "first", model_type="MMSEGMENTATION", arguments=(("model", "linknet"),))
    first = run(replace(asked, backbone_model="RESNET18"), Job())
    file, job = str(tmp_path / "first" / "first.safetensors"), Job()
    arguments = (("model", "linknet"), ("model_weight", file))

    second = run(replace(asked, out_folder=str(tmp_path / "second"), arguments=arguments), job)

    assert any("tensors are taken from" in text for text in job.messages)
    states = []
    for outputs in (first, second):
        with open_package(outputs["out_model_file"], Job()) as package:
            states.append(load_network(package).body.state_dict())
    assert torch.equal(states[0]["network.layer3.0.conv1.weight"], states[1]["network.layer3.0.conv1.weight"])
    gone = replace(asked, out_folder=str(tmp_path / "third"), arguments=(("model_weight", "gone.pth"),))
    with pytest.raises(EngineError, match="no such file"):
        run(gone, Job())
