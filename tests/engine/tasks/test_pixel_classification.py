"""Judging a segmentation network on validation chips."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from engine.errors import Cancelled
from engine.job import Job
from engine.networks.segmenter import UNLABELLED, LossSettings, Segmenter
from engine.samples.folder import read_samples
from engine.tasks.pixel_classification import METRICS, TASK, distinct_pixels, evaluate, metrics, suggest, transforms
from engine.tasks.registry import get_task, task_of, tasks
from engine.tools.train_model import TrainModel
from engine.training.augmentation import DEFAULT
from tests.engine.training.masks import write_masks

NAMES = ("water", "forest", "urban")


class Painter(Segmenter):
    """Says the class that the first band holds."""

    def __init__(self):
        super().__init__(None, 3, LossSettings())

    def logits(self, images):
        """Return 4 for the class of the first band."""
        return 4.0 * torch.nn.functional.one_hot(images[:, 0].long(), 3).permute(0, 3, 1, 2).float()


def batch(found, wanted):
    """One chip."""
    return {"images": torch.tensor([[found]], dtype=torch.float32), "targets": torch.tensor([wanted])}


def prepared(batch):
    """Images and targets as they are."""
    return batch["images"], batch["targets"]


def test_the_confusion_matrix_counts_labelled_pixels_only():
    """Predicted classes stand down, labelled ones across; of a chip only the class map is kept."""
    chips = [batch([[0, 1], [2, 1]], [[0, 1], [1, UNLABELLED]]), batch([[2, 2]], [[2, UNLABELLED]])]

    found = evaluate(Painter(), chips, prepared, NAMES, Job().check)

    assert found.confusion.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]
    assert found.metrics["ACCURACY"] == pytest.approx(3 / 4)
    assert found.metrics["MIOU"] == pytest.approx((1 + 1 / 2 + 1 / 2) / 3)
    assert [chip["classes"].dtype for chip in found.predictions] == [np.uint8, np.uint8]
    assert found.predictions[0]["classes"].tolist() == [[0, 1], [2, 1]]


def test_the_loss_is_a_mean_over_pixels():
    """A chip with one labelled pixel counts less than one with three."""
    chips = [batch([[0, 1], [2, 1]], [[0, 1], [2, UNLABELLED]]), batch([[0, 0]], [[1, UNLABELLED]])]
    right, wrong = (float(torch.log(1 + 2 * torch.exp(torch.tensor(-4.0)))), 0.0)
    wrong = 4 + right

    found = evaluate(Painter(), chips, prepared, NAMES, Job().check)

    assert found.loss == pytest.approx((3 * right + wrong) / 4, rel=1e-5)


def test_classes_without_a_labelled_pixel_do_not_count():
    """Means are over the classes that validation has; one never predicted has precision 0 there."""
    found = metrics(np.array([[8, 2, 0], [0, 0, 0], [0, 0, 0]]), NAMES)

    assert found["PRECISION"] == pytest.approx(0.4) and found["RECALL"] == pytest.approx(0.5)
    assert found["DICE"] == found["F1_SCORE"] == pytest.approx((16 / 18) / 2)


def test_nothing_labelled_is_a_result():
    """Chips without any label are judged as 0, not as an error."""
    found = evaluate(Painter(), [batch([[0]], [[UNLABELLED]])], prepared, NAMES, Job().check)

    assert found.metrics == dict.fromkeys(METRICS, 0.0) and found.loss == 0


def test_validation_can_be_cancelled():
    """The user need not wait for the end of a validation."""
    job = Job()
    job.cancel()

    with pytest.raises(Cancelled):
        evaluate(Painter(), [batch([[0]], [[0]])], prepared, NAMES, job.check)


def test_few_labelled_pixels_suggest_the_small_network(tmp_path):
    """The reason names the number and the alternative; overlap of the chips is not counted twice."""
    apart = read_samples((write_masks(tmp_path / "apart", count=8),), Job())
    over = read_samples((write_masks(tmp_path / "over", count=4, stride=10),), Job())

    code, why = suggest(apart)
    many = replace(apart, samples=[replace(chip, counts=chip.counts * 100) for chip in apart.samples])

    assert code == "FULLRES" and "few" in why and "UNET" in why
    assert suggest(many)[0] == "UNET"
    assert distinct_pixels(apart) == sum(int(chip.counts[chip.values > 0].sum()) for chip in apart.samples)
    assert distinct_pixels(over) < 0.5 * sum(int(chip.counts[chip.values > 0].sum()) for chip in over.samples)


def test_small_networks_see_values_and_texture_as_they_are():
    """Turns and mirrors remain; networks with a large view keep all transforms."""
    network = Painter()
    assert transforms(DEFAULT, network) is DEFAULT

    network.reach = 3

    found = transforms(DEFAULT, network)
    assert found.mirror and found.turn and not (found.zoom or found.brightness or found.contrast)


def test_the_registry_knows_the_task_by_name_and_format():
    """One task learns class maps."""
    assert (
        get_task("pixel_classification")
        is TASK
        is task_of(SimpleNamespace(metadata_format="Classified_Tiles", paired=False))
    )
    boxes = SimpleNamespace(metadata_format="PASCAL_VOC_rectangles", paired=False)
    assert task_of(boxes) is get_task("object_detection")


def test_the_tool_offers_the_metrics_of_every_task():
    """What a user may monitor is the union over the tasks."""
    offered = TrainModel.__dataclass_fields__["monitor"].metadata["kind"].choices

    assert set(offered) == {metric for task in tasks().values() for metric in task.monitors}
