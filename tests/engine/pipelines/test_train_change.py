"""Train Deep Learning Model, from a folder of change pairs to a package that tells change."""

import json

import numpy as np
import pytest
import torch

from engine.errors import EngineError, ParameterError, SampleFolderError
from engine.job import Job
from engine.package.emd import load_network, open_package
from engine.pipelines.train_model import run
from engine.samples.dates import of_dates
from engine.samples.folder import read_chip, read_samples
from tests.engine.training.masks import write_masks
from tests.engine.training.pairs import SIDE, write_pairs
from tests.engine.training.short import short_training
from tests.rasters import write_raster

pytestmark = pytest.mark.slow


def request(folder, out, **changes):
    """A training that takes some seconds."""
    values = {"backbone_model": "RESNET18", "learning_rate": "0.002", "augmentation": "NONE", "batch_size": 4}
    return short_training(folder, out, **{**values, **changes})


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model trained for a moment, the job that saw it, its folder and its chips."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("pairs")
    chips, job = write_pairs(folder / "chips", count=16), Job()
    run(request(chips, folder / "models" / "change", augmentation="DEFAULT", batch_size=16), job)
    return job, folder / "models" / "change", chips


def test_pairs_are_learnt_by_the_network_of_pairs(trained):
    """An empty model type takes it; 0 is no change; the distance is learnt beside the scores."""
    job, _, _ = trained
    assert any("CHANGEDETECTOR is taken, because every chip has a second date" in text for text in job.messages)
    assert any("distance" in text and "dice" in text for text in job.messages)
    assert any("mean IoU" in text and "Change detector with RESNET18" in text for text in job.messages)


def test_the_package_says_what_a_date_is(trained):
    """Bands and statistics are those of one date, twice as many channels are looked at; names are arcgis.learn's."""
    _, folder, chips = trained
    emd = json.loads((folder / "change.emd").read_text(encoding="utf-8"))
    assert (emd["ModelType"], emd["ModelName"], emd["ModelConfiguration"]) == (
        "ChangeDetection", "ChangeDetector", "change_detection",
    )  # fmt: skip
    assert emd["ModelParameters"]["attention_type"] == "PAM" and emd["ExtractBands"] == [0, 1]
    assert len(emd["NormalizationStats"]["band_min_values"]) == len(emd["AllTilesStats"]) == 2
    with open_package(str(folder / "change.dlpk"), Job(), "change_detection") as package:
        network = load_network(package)
        assert (package.bands, package.spec.bands, package.normalisation.bands) == ((0, 1), 4, 4)
        assert package.normalisation.minimum[:2] == package.normalisation.minimum[2:]
        sample = of_dates(read_samples((chips,), Job()), 2, "it", Job()).samples[0]
        pixels = torch.from_numpy(read_chip(sample).astype(np.float32))
        assert network.scores(package.normalisation.apply(pixels[None])).shape == (1, 2, SIDE, SIDE)
    assert (folder / "ModelCharacteristics" / "show_results.png").is_file()
    assert "No change" in (folder / "model_metrics.html").read_text(encoding="utf-8")


def test_a_trained_package_is_taken_further(trained, tmp_path):
    """Fine-tuning takes over normalisation and weights."""
    _, folder, chips = trained
    job = Job()
    run(request(chips, tmp_path / "more", pretrained_model=str(folder / "change.dlpk")), job)
    assert not any("start anew" in text for text in job.messages)
    with (
        open_package(str(tmp_path / "more" / "more.dlpk"), Job()) as more,
        open_package(str(folder / "change.dlpk"), Job()) as before,
    ):
        assert more.normalisation == before.normalisation


def test_a_network_of_one_date_learns_from_the_first_chips(tmp_path):
    """Asked for by name; it is told."""
    job = Job()
    run(request(write_pairs(tmp_path / "chips", count=6), tmp_path / "m", model_type="FULLRES", backbone_model=""), job)
    assert any("have a second date (images2), and FULLRES learns from the first one only" in t for t in job.messages)


def test_a_pair_is_read_as_one_chip_and_its_gaps_are_those_of_both(tmp_path):
    """First date first; a pixel without data at one date has none at the other."""
    folder = write_pairs(tmp_path / "chips", count=4)
    sample = read_samples((folder,), Job()).samples[1]
    gap = np.full((2, SIDE, SIDE), 77, np.uint16)
    gap[:, :5] = 0
    write_raster(sample.image2, gap)

    pairs = of_dates(read_samples((folder,), Job()), 2, "it", Job())
    pixels = read_chip(pairs.samples[1])

    assert (pairs.bands, pairs.date_bands, pairs.dates) == (4, 2, 2) and pixels.shape == (4, SIDE, SIDE)
    assert (pixels[2:, 5:] == 77).all() and pixels[:2, 5:].all() and not pixels[:, :5].any()


def test_what_is_no_pair_is_refused(tmp_path):
    """Each with its sentence, before training begins."""
    out = tmp_path / "model"
    single = write_masks(tmp_path / "single", count=6)
    with pytest.raises(
        ParameterError, match=r"learns from pairs of chips and .* has chips of one date: export it with"
    ):
        run(request(single, out, model_type="CHANGEDETECTOR"), Job())
    other = write_pairs(tmp_path / "other", count=6, second_bands=3)
    with pytest.raises(SampleFolderError, match=r"second chips of .* have 3 bands and the first ones 2"):
        run(request(other, out), Job())
    broken = write_pairs(tmp_path / "broken", count=6)
    write_raster(tmp_path / "broken" / "images2" / "000003.tif", np.ones((2, 20, 20), np.uint16))
    with pytest.raises(EngineError, match="000003"):
        run(request(broken, out), Job())
    with pytest.raises(ParameterError, match="attention_type"):
        run(request(write_pairs(tmp_path / "c", count=6), out, arguments=(("attention_type", "SELF"),)), Job())
    assert not out.exists()
