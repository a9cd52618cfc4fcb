"""Judging a detector on validation chips."""

import pytest
import torch

from engine.errors import Cancelled, ParameterError
from engine.job import Job
from engine.networks.detector import Detector
from engine.tasks.object_detection import TASK, evaluate, settle
from engine.tasks.registry import get_task, register

BOXES = torch.tensor([[10.0, 10.0, 30.0, 30.0], [40.0, 40.0, 60.0, 60.0]])


class Prompter(Detector):
    """Says prepared detections, chip by chip."""

    def __init__(self, answers):
        super().__init__(torch.nn.Identity(), 2)
        self.answers = list(answers)

    def losses(self, images, targets):
        """Return one loss."""
        return {"boxes": torch.tensor(2.0)}

    def detect(self, images, threshold, nms_overlap, max_detections=1000):
        """Return the next answers."""
        return [self.answers.pop(0) for _ in images]


def found(boxes, scores, labels):
    """One chip's detections."""
    return {"boxes": boxes, "scores": torch.tensor(scores), "labels": torch.tensor(labels)}


def batch(count=2):
    """Chips with one object of each class."""
    targets = [{"boxes": BOXES, "labels": torch.tensor([1, 2])} for _ in range(count)]
    return {"images": torch.zeros(count, 3, 64, 64), "targets": targets}


def prepared(batch):
    """Images and targets as they are."""
    return batch["images"], batch["targets"]


def test_right_answers_score_one():
    """Every label found once, in its class, on its chip."""
    network = Prompter([found(BOXES, [0.9, 0.8], [1, 2])] * 2)

    result = evaluate(network, [batch()], prepared, ["pad", "road"], Job().check)

    assert result.loss == pytest.approx(2.0)
    assert result.metrics == {"AVERAGE_PRECISION": pytest.approx(1.0), "F1_SCORE": pytest.approx(1.0)}
    assert [entry.name for entry in result.classes] == ["pad", "road", "All classes"]
    assert result.threshold == pytest.approx(0.8)
    assert len(result.predictions) == 2


def test_the_right_box_on_the_wrong_chip_or_class_is_wrong():
    """A detection counts on its own chip and in its own class only."""
    nothing = found(torch.empty(0, 4), [], [])
    nothing["labels"] = nothing["labels"].long()
    both = found(torch.cat([BOXES, BOXES]), [0.9, 0.8, 0.7, 0.6], [2, 1, 2, 1])
    network = Prompter([nothing, both])

    result = evaluate(network, [batch()], prepared, ["pad", "road"], Job().check)

    assert result.metrics["AVERAGE_PRECISION"] < 0.3


def test_a_network_that_finds_nothing_is_judged():
    """No detection at all is a result."""
    network = Prompter([{"boxes": torch.empty(0, 4), "scores": torch.empty(0), "labels": torch.empty(0).long()}] * 2)

    result = evaluate(network, [batch()], prepared, ["pad", "road"], Job().check)

    assert result.metrics["AVERAGE_PRECISION"] == 0 and result.threshold != result.threshold


def test_objects_cut_by_the_edge_are_not_judged():
    """A neighbouring tile sees them whole: finding or missing them changes nothing."""
    cut = torch.tensor([[0.0, 40.0, 9.0, 60.0]])
    wanted = {"boxes": torch.cat([BOXES, cut]), "labels": torch.tensor([1, 2, 1])}
    chip = {"images": torch.zeros(1, 3, 64, 64), "targets": [wanted]}
    inner = torch.tensor([[1.5, 40.0, 10.0, 60.0]])

    missed = evaluate(Prompter([found(BOXES, [0.9, 0.8], [1, 2])]), [chip], prepared, "ab", Job().check)
    seen = evaluate(
        Prompter([found(torch.cat([BOXES, inner]), [0.9, 0.8, 0.95], [1, 2, 1])]), [chip], prepared, "ab", Job().check
    )

    assert missed.metrics["AVERAGE_PRECISION"] == pytest.approx(1.0)
    assert seen.metrics["AVERAGE_PRECISION"] == pytest.approx(1.0)


def test_overlap_follows_the_objects():
    """Objects that overlap ask for a larger overlap, duplicates of apart objects for a small one."""
    beside = torch.tensor([[10.0, 10.0, 30.0, 30.0], [20.0, 10.0, 40.0, 30.0]])
    twice = torch.cat([BOXES, BOXES + 8])
    crowd = {"boxes": beside, "labels": torch.tensor([1, 1])}
    crowded = {"images": torch.zeros(1, 3, 64, 64), "targets": [crowd]}

    apart = evaluate(
        Prompter([found(twice, [0.9, 0.8, 0.7, 0.6], [1, 2, 1, 2])]), [batch(1)], prepared, "ab", Job().check
    )
    close = evaluate(Prompter([found(beside, [0.9, 0.8], [1, 1])]), [crowded], prepared, "ab", Job().check)

    assert settle(apart, "ab").proposals == {"NmsOverlap": 0.1}
    assert settle(apart, "ab").metrics["F1_SCORE"] == pytest.approx(1.0)
    assert settle(close, "ab").proposals == {"NmsOverlap": 0.4}


def test_validation_can_be_cancelled():
    """The user need not wait for the end of a validation."""
    job = Job()
    job.cancel()

    with pytest.raises(Cancelled):
        evaluate(Prompter([]), [batch()], prepared, ["pad", "road"], job.check)


def test_the_registry_knows_the_task_once():
    """The task is found by scanning; a name twice is refused, an unknown one told."""
    assert get_task("object_detection") is TASK
    assert TASK.monitors[0] == "VALID_LOSS"
    with pytest.raises(ValueError, match="twice"):
        register(TASK)
    with pytest.raises(ParameterError, match="object_detection"):
        get_task("dowsing")
