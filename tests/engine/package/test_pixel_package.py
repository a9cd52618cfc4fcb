"""Packages of networks that classify pixels: channels, keys, golden tile."""

import json
from dataclasses import replace

import pytest
import torch

from engine.classes import ClassInfo
from engine.errors import ModelPackageError
from engine.job import Job
from engine.models.registry import build_network, get_architecture
from engine.package.contract import make_contract
from engine.package.emd import definition, load_network, open_package, write_package
from engine.package.normalisation import Normalisation

torch.set_num_threads(1)

NORMALISATION = Normalisation.from_statistics([0] * 4, [1000] * 4, [500] * 4, [200] * 4)
CLASSES = (ClassInfo(10, "Reed", (60, 160, 70)), ClassInfo(300, "Open water", (40, 80, 220)))


def written(folder, code="FULLRES", classes=CLASSES, background=True, **keys):
    """Write a package of a network with random weights; return its .emd and the network."""
    entry = get_architecture(code)
    spec = replace(entry.spec("RESNET18", 4, len(classes), (), (64, 64)), background=background)
    torch.manual_seed(0)
    network = build_network(spec).eval()
    emd = {**definition(spec, classes, tile=(64, 64), bands=range(4), normalisation=NORMALISATION), **keys}
    folder.mkdir()
    tile = torch.randint(0, 1000, (4, 60, 50), generator=torch.Generator().manual_seed(0)).float()
    golden = make_contract(network, NORMALISATION, tile)
    return write_package(folder, emd, network.state_dict(), [], Job(), contract=golden)["emd"], network


def test_channels_come_back(tmp_path):
    """Class values are never renumbered: the package says the value of each score channel."""
    with_ground, _ = written(tmp_path / "a")
    without, _ = written(tmp_path / "b", background=False)

    with open_package(str(with_ground), Job(), "pixel_classification") as package:
        assert package.background and package.channel_values == (0, 10, 300)
        assert [entry.name for entry in package.classes] == ["Reed", "Open water"]
    with open_package(str(without), Job()) as package:
        assert not package.background and package.channel_values == (10, 300)


def test_the_network_gives_the_same_scores(tmp_path):
    """The golden tile is checked on loading, and the scores are those of the network that was written."""
    path, network = written(tmp_path / "a", code="UNET")
    images = torch.randn(1, 4, 70, 50, generator=torch.Generator().manual_seed(1))

    with open_package(str(path), Job()) as package:
        loaded = load_network(package)

    with torch.inference_mode():
        assert torch.equal(loaded.scores(images), network.scores(images))
        assert loaded.scores(images).shape == (1, 3, 70, 50)


def test_other_weights_are_refused_by_the_golden_tile(tmp_path):
    """A package put together from two is found out."""
    path, _ = written(tmp_path / "a")
    torch.manual_seed(5)
    emd = json.loads(path.read_text())
    emd["NormalizationStats"]["scaled_mean_values"][0] += 0.3
    path.write_text(json.dumps(emd))

    with open_package(str(path), Job()) as package, pytest.raises(ModelPackageError, match="golden tile differently"):
        load_network(package)


def test_the_definition_is_one_of_image_classification(tmp_path):
    """Keys that ArcGIS's tools look at."""
    emd = json.loads(written(tmp_path / "a", code="UNET")[0].read_text())

    assert emd["ModelType"] == "ImageClassification" and emd["MetaDataMode"] == "Classified_Tiles"
    assert (emd["ModelName"], emd["ModelConfiguration"]) == ("UnetClassifier", "_unet")
    assert emd["Classes"][0] == {"Value": 10, "Name": "Reed", "Color": [60, 160, 70]}
    assert emd["ignore_mapped_class"] == [] and "IsEdgeDetection" not in emd


def test_edge_detectors_offer_a_threshold(tmp_path):
    """IsEdgeDetection with a version of arcgis.learn of 1.8.4 or later opens threshold, thinning and probability."""
    emd = json.loads(written(tmp_path / "a", code="HED_EDGEDETECTOR", classes=CLASSES[:1])[0].read_text())

    assert emd["IsEdgeDetection"] is True
    assert tuple(int(part) for part in emd["ArcGISLearnVersion"].split(".")) >= (1, 8, 4)


def test_ignored_channels_are_read(tmp_path):
    """What is no channel is passed over."""
    path, _ = written(tmp_path / "a", ignore_mapped_class=[2, 2, 99, "x"])

    with open_package(str(path), Job()) as package:
        assert package.ignored_channels == (2,)


def test_results_of_an_older_training_are_not_taken_over(tmp_path):
    """Fine-tuning keeps unknown keys, but not the figures and the ignored classes of its start."""
    path, _ = written(tmp_path / "a", per_class_metrics="{}", accuracy="9e-01", ignore_mapped_class=[1], Note="kept")
    base = json.loads(path.read_text())

    spec = get_architecture("FULLRES").spec("", 4, 1)
    tuned = definition(spec, CLASSES[:1], tile=(64, 64), bands=range(4), normalisation=NORMALISATION, base=base)

    assert tuned["Note"] == "kept" and tuned["ignore_mapped_class"] == []
    assert "accuracy" not in tuned and "per_class_metrics" not in tuned
