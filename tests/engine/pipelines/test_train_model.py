"""Train Deep Learning Model, from a folder of chips to a package that detects."""

import json
import threading
import zipfile
from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.errors import Cancelled, EngineError
from engine.job import Job
from engine.package.emd import load_network, open_package
from engine.pipelines.train_model import run
from engine.training import conductor
from engine.training.state import EpochRecord
from tests.engine.training.chips import SIDE, write_folder
from tests.engine.training.short import short_training

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def one_thread():
    """Tests share the machine."""
    torch.set_num_threads(1)


def request(folder, out, **changes):
    """A training that takes a few seconds."""
    values = {
        "model_type": "FCOS",
        "backbone_model": "RESNET18",
        "arguments": (("channels", "32"), ("convolutions", "1")),
        "batch_size": 4,
        "learning_rate": "0.001",
        "resize_to": str(SIDE),
        "augmentation": "NONE",
    }
    return short_training(folder, out, **{**values, **changes})


class CancelledAt(Job):
    """A user who cancels at a step of the training."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def check(self):
        """Cancel once so many epochs were told."""
        if sum(text.startswith("Epoch") for text in self.messages) >= self.epochs:
            self.cancel()
        super().check()


class CancelledAfterSteps(Job):
    """A user who cancels after some steps of the training."""

    def __init__(self, steps):
        super().__init__()
        self.steps = steps

    def progress(self, fraction, text=""):
        """Count the steps."""
        if text.startswith("Training"):
            self.steps -= 1
            if self.steps == 0:
                self.cancel()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model trained for some seconds, the job that saw it, and its folder."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("squares")
    chips, job = write_folder(folder / "chips", count=16, classes=2), Job()
    outputs = run(
        request(chips, folder / "models" / "squares", max_epochs=4, learning_rate="0.002", augmentation="DEFAULT"), job
    )
    return outputs, job, folder / "models" / "squares", chips


def test_a_model_folder_holds_everything(trained):
    """Definition, weights twice, archive, report and characteristics, and nothing temporary beside it."""
    outputs, _, folder, _ = trained

    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}

    assert {"squares.emd", "squares.safetensors", "squares.pth", "squares.dlpk", "model_metrics.html"} <= names
    assert {
        "ModelCharacteristics/training_validation_loss.json",
        "ModelCharacteristics/loss_graph.png",
        "ModelCharacteristics/show_results.png",
        "ModelCharacteristics/precision_recall.png",
    } <= names
    assert outputs == {
        "out_folder": str(folder),
        "out_model_file": str(folder / "squares.dlpk"),
        "out_report": str(folder / "model_metrics.html"),
    }
    assert [path.name for path in folder.parent.iterdir()] == ["squares"]
    with zipfile.ZipFile(folder / "squares.dlpk") as archive:
        assert {"squares.emd", "squares.safetensors", "model_metrics.html"} <= set(archive.namelist())


def test_the_package_detects_what_it_learned(trained):
    """The package opens, its golden tile holds, and it finds the bright squares of a new chip."""
    outputs, _, _, _ = trained
    package = open_package(outputs["out_model_file"], Job())
    network = load_network(package)
    pixels = np.full((3, SIDE, SIDE), 20, np.float32)
    pixels[:, 10:28, 30:48] = 200

    (found,) = network.detect(package.normalisation.apply(torch.from_numpy(pixels)[None]), 0.1, 0.3)

    assert package.tile == (SIDE, SIDE) and package.resize_to is None
    assert [entry.value for entry in package.classes] == [1, 2]
    assert 8 <= package.padding <= SIDE // 4
    assert found["boxes"][0].numpy() == pytest.approx([30, 10, 48, 28], abs=4)
    package.close()


def test_the_definition_tells_the_training(trained):
    """Keys that ArcGIS's users look for, and the figures of the training."""
    _, _, folder, _ = trained
    emd = json.loads((folder / "squares.emd").read_text())

    assert emd["ModelType"] == "ObjectDetection" and emd["ImageHeight"] == SIDE
    assert set(emd["average_precision_score"]) == {"1", "2"}
    assert emd["LearningRate"] == "2.0000e-03"
    assert 0.05 <= emd["Threshold"] <= 0.95
    assert emd["MinCellSize"]["x"] == pytest.approx(0.5)
    assert emd["ImageryDL"]["training"]["epochs"] == 4


def test_the_user_is_told_each_epoch(trained):
    """Loss, metric and time left of each epoch, and the split."""
    _, job, _, _ = trained

    epochs = [text for text in job.messages if text.startswith("Epoch")]

    assert len(epochs) == 4
    assert all(word in epochs[0] for word in ("loss", "validation loss", "average precision", "left"))
    assert any(text.startswith("Split:") for text in job.messages)
    assert any("freeze has no effect" in text for text in job.messages)
    assert not any("freeze" in text for text in job.warnings)


def test_each_epoch_is_a_point_of_the_learning_curve(trained):
    """Losses and metrics as numbers, and which state is kept."""
    _, job, _, _ = trained

    assert [point["epoch"] for point in job.points] == [1, 2, 3, 4]
    assert all(point["epochs"] == 4 and point["loss"] > 0 and point["valid_loss"] > 0 for point in job.points)
    assert all(0 <= point["metrics"]["AVERAGE_PRECISION"] <= 1 for point in job.points)
    assert 1 <= job.points[-1]["best"] <= 4


def test_the_report_shows_pictures_and_figures(trained):
    """The page holds its pictures in itself and names the classes."""
    _, _, folder, _ = trained
    page = (folder / "model_metrics.html").read_text()

    assert page.count("data:image/svg+xml;base64,") == 5
    assert "AP at 0.5" in page and "Range test" not in page
    losses = json.loads((folder / "ModelCharacteristics" / "training_validation_loss.json").read_text())
    assert len(losses["training_loss"]) == len(losses["validation_loss"]) == 4
    assert losses["training_loss"][-1] < losses["training_loss"][0]


def test_sixteen_bit_bands_train_with_their_own_normalisation(tmp_path):
    """Five bands of sixteen bits need no preparation; no georeference splits by image."""
    job = Job()
    chips = write_folder(tmp_path / "chips", bands=5, dtype="uint16", georeferenced=False)

    outputs = run(request(chips, tmp_path / "model"), job)

    with open_package(outputs["out_model_file"], Job()) as package:
        assert package.normalisation.bands == 5
        assert max(package.normalisation.maximum) > 1000
        assert package.cell_size is None
    assert any("by source image" in text for text in job.messages)


def test_enlarged_chips_are_written_into_the_package(tmp_path):
    """Small objects are shown enlarged, and the package says how."""
    chips = write_folder(tmp_path / "chips", count=6)

    outputs = run(request(chips, tmp_path / "model", resize_to="", batch_size=2), Job())

    with open_package(outputs["out_model_file"], Job()) as package:
        assert package.tile == (SIDE, SIDE) and package.resize_to == (2 * SIDE, 2 * SIDE)


def test_fine_tuning_keeps_the_backbone_and_renews_the_head(trained, tmp_path):
    """A package of the same architecture is a start; other classes renew the layers that depend on them."""
    _, _, folder, _ = trained
    job = Job()
    chips = write_folder(tmp_path / "chips", classes=1, count=8)
    start = load_network(open_package(str(folder / "squares.emd"), Job())).body.state_dict()

    outputs = run(
        request(chips, tmp_path / "tuned", pretrained_model=str(folder / "squares.emd"), model_type="", arguments=()),
        job,
    )

    with open_package(outputs["out_model_file"], Job()) as package:
        tuned = load_network(package).body.state_dict()
        assert len(package.classes) == 1
        assert dict(package.spec.arguments)["channels"] == "32"
    assert all(torch.equal(start[name], tuned[name]) for name in start)
    assert any("because the classes differ" in text for text in job.messages)


def test_cancelling_leaves_no_model(tmp_path):
    """A cancel in the middle of an epoch leaves neither the folder nor a half of it."""
    chips = write_folder(tmp_path / "chips")

    with pytest.raises(Cancelled):
        run(request(chips, tmp_path / "out" / "model", max_epochs=3), CancelledAt(1))

    assert not list((tmp_path / "out").iterdir())
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("loader")]


def test_tensorboard_logs_are_kept(tmp_path):
    """With TensorBoard the logs lie in the model's folder, and a cancel before the first save leaves none."""
    chips = write_folder(tmp_path / "chips", count=6)
    asked = request(chips, tmp_path / "out" / "model", tensorboard=True, max_epochs=2)

    with pytest.raises(Cancelled):
        run(asked, CancelledAt(1))
    assert not list((tmp_path / "out").iterdir())
    run(asked, Job())

    assert list((tmp_path / "out" / "model" / "tensorboard").glob("events.*"))


def test_an_interrupted_training_goes_on(tmp_path, monkeypatch):
    """The same request again goes on after the last saved epoch and ends as an uninterrupted one would."""
    monkeypatch.setattr(conductor, "SAVE_SECONDS", 0.0)
    chips = write_folder(tmp_path / "chips")
    whole = Job()
    run(request(chips, tmp_path / "whole", max_epochs=3), whole)

    asked = request(chips, tmp_path / "out" / "model", max_epochs=3)
    with pytest.raises(Cancelled):
        run(asked, CancelledAt(2))
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".model.training"]
    job = Job()
    run(asked, job)

    assert any("Going on" in text and "after epoch 2" in text for text in job.messages)
    assert [text.split(",")[0] for text in job.messages if text.startswith("Epoch")] == [
        text.split(",")[0] for text in whole.messages if text.startswith("Epoch 3")
    ]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["model"]


def test_an_epoch_interrupted_in_the_middle_goes_on_there(tmp_path, monkeypatch):
    """State is also saved within long epochs; the steps that were done are not done again."""
    monkeypatch.setattr(conductor, "SAVE_WITHIN_SECONDS", 0.0)
    chips = write_folder(tmp_path / "chips")
    asked = request(chips, tmp_path / "out" / "model", max_epochs=2, batch_size=2)

    with pytest.raises(Cancelled):
        run(asked, CancelledAfterSteps(3))
    job = Job()
    run(asked, job)

    losses = json.loads(
        (tmp_path / "out" / "model" / "ModelCharacteristics" / "training_validation_loss.json").read_text()
    )
    emd = json.loads((tmp_path / "out" / "model" / "model.emd").read_text())
    assert any("after epoch 0" in text for text in job.messages)
    assert losses["epochs"] == [1, 2]
    assert emd["ImageryDL"]["training"]["steps"] == 2 * (emd["ImageryDL"]["training"]["chips"] // 2)


def test_another_request_does_not_go_on(tmp_path, monkeypatch):
    """State of other settings is removed and said."""
    monkeypatch.setattr(conductor, "SAVE_SECONDS", 0.0)
    chips = write_folder(tmp_path / "chips", count=6)
    asked = request(chips, tmp_path / "out" / "model", max_epochs=2)
    with pytest.raises(Cancelled):
        run(asked, CancelledAt(1))

    job = Job()
    run(replace(asked, seed=7), job)

    assert any("other settings or data" in text for text in job.messages)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["model"]


def test_training_by_time_ends_in_time(tmp_path):
    """max_minutes rules over max_epochs, and the rate still falls to its end."""
    chips, job = write_folder(tmp_path / "chips", count=6), Job()

    run(request(chips, tmp_path / "model", max_epochs=1, max_minutes=0.05), job)

    epochs = [text for text in job.messages if text.startswith("Epoch")]
    assert epochs and "00:00 left" in epochs[-1]
    losses = json.loads((tmp_path / "model" / "ModelCharacteristics" / "training_validation_loss.json").read_text())
    assert losses["learning_rate"][-1] == pytest.approx(1e-6, rel=0.01)
    assert losses["seconds"][-1] < 10


def test_record_of_an_epoch_is_plain():
    """What an epoch leaves can be saved as data."""
    record = EpochRecord(1, 10, 0.5, {"boxes": 0.5}, 0.6, {"boxes": 0.6}, {"F1_SCORE": 0.1}, 1e-3, 3.0)

    assert json.loads(json.dumps(record.__dict__))["steps"] == 10


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"monitor": "PRECISION"}, "monitor PRECISION is not offered"),
        ({"arguments": (("grids", "[4]"),)}, "grids"),
        ({"arguments": (("channels", "33000"),)}, "channels"),
        ({"arguments": (("chip_size", "tiny"),)}, "chip_size"),
        ({"learning_rate": "slice(1, 0.1)"}, "learning_rate"),
        ({"resize_to": "huge"}, "resize_to"),
        ({"augmentation": "FILE"}, "transforms.json"),
        ({"augmentation": "CUSTOM"}, "augmentation_parameters"),
        ({"pretrained_model": "nowhere.emd"}, "nowhere.emd"),
        ({"gpu_id": "99", "processor_type": "GPU"}, "GPU"),
    ],
)
def test_bad_requests_are_refused_before_anything_is_written(tmp_path, changes, message):
    """One sentence with the value, and no folder."""
    chips = write_folder(tmp_path / "chips", count=4)

    with pytest.raises(EngineError, match=message):
        run(request(chips, tmp_path / "model", **changes), Job())

    assert not (tmp_path / "model").exists()
    assert not (tmp_path / ".model.training").exists()


def test_package_of_another_type_is_refused(trained, tmp_path):
    """Fine-tuning wants the same model type."""
    _, _, folder, chips = trained

    with pytest.raises(EngineError, match="is a FCOS and model_type is RETINANET"):
        run(
            request(chips, tmp_path / "model", model_type="RETINANET", arguments=(), pretrained_model=str(folder)),
            Job(),
        )


def test_package_of_another_backbone_is_refused(trained, tmp_path):
    """Fine-tuning wants the same backbone."""
    _, _, folder, chips = trained

    with pytest.raises(EngineError, match="RESNET50"):
        run(request(chips, tmp_path / "model", backbone_model="RESNET50", pretrained_model=str(folder)), Job())


def test_package_for_other_bands_is_refused(trained, tmp_path):
    """Fine-tuning wants the same bands."""
    _, _, folder, _ = trained
    chips = write_folder(tmp_path / "chips", bands=5, count=4)

    with pytest.raises(EngineError, match="takes 3 bands and the chips have 5"):
        run(request(chips, tmp_path / "model", pretrained_model=str(folder)), Job())


def test_used_output_folder_is_refused(trained, tmp_path):
    """A folder with a model or anything else in it is never written into."""
    _, _, folder, chips = trained
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "letter.txt").write_text("dear")

    with pytest.raises(EngineError, match="not an empty folder"):
        run(request(chips, tmp_path / "foreign"), Job())
    with pytest.raises(EngineError, match="already holds a model"):
        run(request(chips, folder), Job())


def test_corrupt_chip_is_refused_before_training(tmp_path):
    """A chip that cannot be decoded is named, and nothing is written."""
    chips = write_folder(tmp_path / "chips", count=6)
    path = tmp_path / "chips" / "images" / "000003.tif"
    path.write_bytes(path.read_bytes()[:700])

    with pytest.raises(EngineError, match=r"000003\.tif"):
        run(request(chips, tmp_path / "model"), Job())

    assert not (tmp_path / "model").exists()
