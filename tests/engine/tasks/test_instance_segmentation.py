"""Labels and scores of instance segmentation: masks turn with their boxes, and overlap of masks decides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.classes import ClassInfo
from engine.errors import SampleFolderError
from engine.job import Job
from engine.networks.instances import MASK_CELLS, mask_frames, wanted_masks
from engine.samples.folder import InstanceSample, SampleSet
from engine.tasks.instance_labels import InstanceLabels, instance_labels
from engine.tasks.instance_segmentation import TASK, evaluate, settle
from engine.tasks.registry import get_task, task_of
from engine.training.views import View, whole_view
from tests.engine.tasks.test_object_detection import Prompter, prepared

ROWS, COLS = 40, 60


def sample_set(values=(3, 8), masks=()) -> SampleSet:
    """Training data of one chip."""
    sample = InstanceSample(
        Path("chip.tif"), np.array([[4, 6, 14, 20], [30, 10, 50, 34]], np.float32), np.array(values, np.int64),
        masks=masks or ((values[0], Path("a.tif")), (values[1], Path("b.tif"))), shape=(3, ROWS, COLS),
    )  # fmt: skip
    classes = tuple(ClassInfo(value, f"class {value}") for value in sorted(set(values)))
    return SampleSet(
        folders=(Path("."),), metadata_format="RCNN_Masks", samples=[sample], classes=classes, bands=3, dtype="uint8",
        tile_rows=ROWS, tile_cols=COLS, band_names=("", "", ""), cell_size=None, crs_wkt=None,
        bounds=np.full((1, 4), np.nan), sources=[""], image_space="PIXEL_SPACE", band_stats=None,
    )  # fmt: skip


def maps() -> np.ndarray:
    """Label maps: a block in the first, a ring in the second."""
    numbers = np.zeros((2, ROWS, COLS), np.uint16)
    numbers[0, 6:20, 4:14] = 1
    numbers[1, 10:34, 30:50] = 1
    numbers[1, 16:28, 36:44] = 0
    return numbers


def test_a_whole_view_shows_masks_as_they_are():
    """Boxes are the frames of the masks; each is in the map of its class."""
    target = InstanceLabels(sample_set()).shown(0, maps(), whole_view((ROWS, COLS), (ROWS, COLS)))
    assert target["boxes"].tolist() == [[4, 6, 14, 20], [30, 10, 50, 34]]
    assert target["labels"].tolist() == [1, 2] and target["places"].tolist() == [[0, 1], [1, 1]]
    assert torch.equal(target["maps"], torch.from_numpy(maps().astype(np.int32)))


def test_masks_and_boxes_turn_grow_and_are_cut_together():
    """A quarter turn, twice as large, around a corner of the ring: the frame is that of what is seen."""
    matrix = np.array([[0.0, -0.5], [0.5, 0.0]])
    view = View(matrix, np.array([40.0, 22.0]), 64, 96)
    target = InstanceLabels(sample_set()).shown(0, maps(), view)
    (box,), numbers = target["boxes"].tolist(), target["maps"][1].numpy() == 1
    rows, cols = np.nonzero(numbers)
    assert target["labels"].tolist() == [2] and target["places"].tolist() == [[1, 1]]
    assert box == [cols.min(), rows.min(), cols.max() + 1, rows.max() + 1]
    assert numbers.sum() == pytest.approx(4 * (maps()[1] > 0).sum(), rel=0.02)
    assert not numbers[24:40, 36:60].any()  # the hole


def test_an_instance_that_is_hardly_seen_is_none():
    """Less than a quarter of it in the view: it is neither a box nor a mask."""
    view = View(np.eye(2), np.array([26.0, 20.0]), 40, 12)  # columns 20 to 32 of the chip
    target = InstanceLabels(sample_set()).shown(0, maps(), view)
    assert len(target["boxes"]) == 0 and not target["maps"].any()


def test_class_value_zero_is_refused():
    """0 means that there is no instance."""
    with pytest.raises(SampleFolderError, match="class 0 has the value 0"):
        instance_labels(sample_set((0, 8)), {}, Job())


def test_the_task_of_masks_is_found_by_their_format():
    """RCNN_Masks without an architecture."""
    assert task_of(sample_set()) is get_task("instance_segmentation") is TASK
    assert TASK.suggest(sample_set())[0] == "CENTERMASK"


def test_what_a_network_learns_is_the_share_of_each_cell():
    """Sampled in the frame around the box; what lies outside of the image is none."""
    target = InstanceLabels(sample_set()).shown(0, maps(), whole_view((ROWS, COLS), (ROWS, COLS)))
    frames = mask_frames(target["boxes"])
    wanted = wanted_masks([target, target], torch.tensor([0, 1]), torch.tensor([0, 1]), frames)
    assert wanted.shape == (2, MASK_CELLS, MASK_CELLS)
    inside = torch.tensor(1 / 1.2) ** 2
    assert float(wanted[0].mean()) == pytest.approx(float(inside), rel=0.05)
    assert wanted[1, MASK_CELLS // 2, MASK_CELLS // 2] == 0 and wanted[1, 4, 4] == 1
    assert wanted_masks([target], torch.zeros(0).long(), torch.zeros(0).long(), torch.zeros(0, 4)).shape[0] == 0


def answer(numbers, scores, labels):
    """A network's answer whose masks are given pixel by pixel."""
    masks = torch.from_numpy(np.array(numbers, np.float32))
    return {
        "boxes": torch.zeros(len(masks), 4), "scores": torch.tensor(scores), "labels": torch.tensor(labels),
        "frames": torch.tensor([0.0, 0.0, 48.0, 48.0]).expand(len(masks), 4), "masks": masks,
    }  # fmt: skip


def slanted(shift):
    """A slanting bar of 48 x 48 pixels, clear of the chip's edge."""
    rows, cols = np.indices((48, 48))
    bar = np.abs(rows - cols - shift) <= 2
    bar[:4], bar[-4:], bar[:, :4], bar[:, -4:] = False, False, False, False
    return bar


def batch():
    """A chip with two slanting bars whose boxes nearly coincide."""
    numbers = slanted(-4).astype(np.int32) + 2 * slanted(4)
    boxes = torch.tensor([[4.0, 4, 44, 44], [4.0, 4, 44, 44]])
    target = {
        "boxes": boxes, "labels": torch.tensor([1, 1]), "maps": torch.from_numpy(numbers)[None].int(),
        "places": torch.tensor([[0, 1], [0, 2]]),
    }  # fmt: skip
    return {"images": torch.zeros(1, 3, 48, 48), "targets": [target]}


def test_overlap_of_masks_decides_not_of_boxes():
    """Two bars found exactly score one; one found twice and the other not scores a half, though boxes are right."""
    right = Prompter([answer([slanted(-4), slanted(4)], [0.9, 0.8], [1, 1])])
    result = evaluate(right, [batch()], prepared, ["bar"], Job().check)
    assert result.metrics == {"AVERAGE_PRECISION": pytest.approx(1.0), "F1_SCORE": pytest.approx(1.0)}
    assert result.loss == pytest.approx(2.0) and result.threshold == pytest.approx(0.8)

    twice = Prompter([answer([slanted(-4), np.roll(slanted(-4), 3, 0)], [0.9, 0.8], [1, 1])])
    result = evaluate(twice, [batch()], prepared, ["bar"], Job().check)
    assert result.metrics["AVERAGE_PRECISION"] == pytest.approx(51 / 101)


def test_the_proposed_overlap_is_that_of_masks():
    """Boxes that coincide are no reason to allow more; the smallest overlap that is good is proposed."""
    network = Prompter([answer([slanted(-4), slanted(4)], [0.9, 0.8], [1, 1])])
    settled = settle(evaluate(network, [batch()], prepared, ["bar"], Job().check), ["bar"])
    assert settled.proposals == {"NmsOverlap": 0.1} and settled.metrics["AVERAGE_PRECISION"] == pytest.approx(1.0)
