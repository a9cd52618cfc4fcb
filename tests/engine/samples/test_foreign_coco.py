"""COCO files: boxes, polygons, run lengths, crowds, images that are not there."""

import json

import numpy as np
import pytest

from engine.errors import SampleFolderError
from engine.samples.foreign.run_lengths import decompressed, mask_of
from engine.samples.instances import read_masks
from engine.samples.samples import read_chip
from engine.tasks.instance_labels import instance_labels
from engine.training.views import whole_view
from tests.engine.samples.foreign_folders import COLS, ROWS, coco, image, read

SQUARE = [[10.0, 5.0, 20.0, 5.0, 20.0, 15.0, 10.0, 15.0]]
BOX = [10.0, 5.0, 10.0, 10.0]


def annotated(number=0, category=3, **more):
    """Return an annotation with a box."""
    return {"image_id": number, "category_id": category, "bbox": BOX, **more}


def test_boxes_are_read_with_the_category_numbers_as_class_values(tmp_path):
    """Numbers keep, names come from the categories, an image without annotation is a chip without a box."""
    coco(tmp_path / "_annotations.coco.json", [annotated(), annotated(category=7)])
    samples, job = read(tmp_path)
    assert samples.metadata_format == "PASCAL_VOC_rectangles"
    assert [(entry.value, entry.name) for entry in samples.classes] == [(3, "crane"), (7, "barge")]
    assert samples.samples[0].boxes.tolist() == [[10, 5, 20, 15]] * 2
    assert samples.samples[0].classes.tolist() == [3, 7]
    assert len(samples.samples[1].boxes) == 0
    assert any("COCO" in line for line in job.messages)


def test_images_and_annotations_lie_in_the_published_folders(tmp_path):
    """``annotations/instances_train.json`` goes with ``train/``; captions are passed over."""
    (tmp_path / "annotations").mkdir()
    written = coco(tmp_path / "annotations" / "instances_train.json", [annotated()])
    for number in range(2):
        image(tmp_path / "train" / f"{number}.png", seed=number)
        (tmp_path / "annotations" / f"{number}.png").unlink()
    captions = json.loads(written.read_text())
    captions["annotations"] = [{"id": 1, "image_id": 0, "caption": "a crane"}]
    (tmp_path / "annotations" / "captions_train.json").write_text(json.dumps(captions))
    samples, _ = read(tmp_path)
    assert samples.samples[0].image == tmp_path / "train" / "0.png"


def test_polygons_and_both_kinds_of_run_lengths_give_the_same_mask(tmp_path):
    """A square of 10 pixels a side, three times."""
    mask = np.zeros((ROWS, COLS), np.uint8)
    mask[5:15, 10:20] = 1
    flat = mask.T.ravel()
    edges = np.flatnonzero(np.diff(flat, prepend=0, append=0))
    runs = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
    packed = compressed(runs)
    shapes = [SQUARE, {"size": [ROWS, COLS], "counts": runs}, {"size": [ROWS, COLS], "counts": packed}]
    folder = coco(tmp_path / "labels.json", [annotated(segmentation=shape) for shape in shapes])
    samples, _ = read(folder)
    assert samples.metadata_format == "RCNN_Masks"
    drawn = read_masks(samples.samples[0])
    assert drawn.shape == (3, ROWS, COLS)
    assert (drawn == mask[None].astype(bool)).all()


def compressed(runs):
    """Return run lengths as the text that COCO writes, straight from its description."""
    text = ""
    for index, run in enumerate(runs):
        number = run - runs[index - 2] if index > 2 else run
        more = True
        while more:
            bits = number & 0x1F
            number >>= 5
            more = number != (-1 if bits & 0x10 else 0)
            text += chr((bits | (0x20 if more else 0)) + 48)
    return text


def test_run_lengths_agree_with_the_published_code(tmp_path):
    """Random masks through the library that scores COCO."""
    library = pytest.importorskip("faster_coco_eval.core.mask", reason="faster_coco_eval is not installed")
    random = np.random.default_rng(1)
    for shape in ((7, 13), (64, 33), (1, 1)):
        mask = (random.random(shape) > 0.6).astype(np.uint8)
        counts = library.encode(np.asfortranarray(mask))["counts"]
        counts = counts.decode() if isinstance(counts, bytes) else counts
        assert (mask_of(decompressed(counts), *shape) == mask.astype(bool)).all()


def test_crowds_are_left_out_and_counted(tmp_path):
    """They outline groups, not objects."""
    coco(tmp_path / "a.json", [annotated(), annotated(iscrowd=1), annotated(1, iscrowd=1)])
    samples, job = read(tmp_path)
    assert sum(len(sample.boxes) for sample in samples.samples) == 1
    assert any("2 annotations of crowds" in line for line in job.warnings)


def test_images_that_are_not_on_the_disk_are_counted(tmp_path):
    """The others are read."""
    coco(tmp_path / "a.json", [annotated(), annotated(1), annotated(2)], count=3)
    (tmp_path / "1.png").unlink()
    samples, job = read(tmp_path)
    assert len(samples) == 2
    assert any("1 images" in line and "not on the disk" in line for line in job.warnings)


def test_a_category_0_moves_all_by_one(tmp_path):
    """0 is no class here."""
    coco(tmp_path / "a.json", [annotated(category=0)], classes=((0, "crane"), (1, "barge")))
    samples, _ = read(tmp_path)
    assert [(entry.value, entry.name) for entry in samples.classes] == [(1, "crane"), (2, "barge")]
    assert samples.samples[0].classes.tolist() == [1]


def test_objects_of_which_only_some_have_an_outline_are_read_as_boxes(tmp_path):
    """And that is told."""
    coco(tmp_path / "a.json", [annotated(segmentation=SQUARE), annotated(segmentation=[])])
    samples, job = read(tmp_path)
    assert samples.metadata_format == "PASCAL_VOC_rectangles"
    assert any("1 of 2 objects" in line for line in job.warnings)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(annotations=[annotated(category=9)]), "category 9"),
        (dict(annotations=[{"id": 4, "image_id": 0, "category_id": 3, "bbox": [1, 2, 3]}]), "annotation 4"),
        (dict(annotations=[annotated(segmentation={"size": [3, 3], "counts": [9]})]), "run lengths of the size"),
        (dict(annotations=[annotated(segmentation=[[1, 2, 3]])]), "three corners"),
        (dict(categories="crane"), "no list named categories"),
        (dict(images=[{"id": 0, "file_name": "elsewhere.png"}]), "is on the disk"),
        (dict(images=[{"id": 0, "file_name": "../../a.json\0" + "x" * 5000}]), "is on the disk"),
        (dict(images=[{"id": [1], "file_name": "0.png"}]), r"the number \[1\]: give each"),
        (
            dict(images=[{"id": 0, "file_name": name} for name in ("0.png", "1.png")]),
            "several images with the number 0",
        ),
        (dict(annotations=[annotated(number=[0])]), r"of the image \[0\]"),
        (dict(annotations=[annotated(category={})]), "category {}"),
        (dict(annotations=[annotated() | {"bbox": [10**400] * 4}]), "box .* and COCO has"),
        (dict(annotations=[annotated(segmentation=[[10**400] * 6])]), "neither polygons"),
        (dict(annotations=[annotated(segmentation=[[1e308, 0, -1e308, 0, 1e308, 5]])]), "neither polygons"),
        (dict(categories=[{"id": 10**30, "name": "crane"}]), "numbers from 0 to 2147483646"),
    ],
)
def test_broken_files_are_refused_in_one_sentence(tmp_path, change, words):
    """The file, what is wrong, what to do."""
    coco(tmp_path / "a.json", [annotated()], **change)
    with pytest.raises(SampleFolderError, match=words) as refused:
        read(tmp_path)
    assert "a.json" in str(refused.value)


def test_json_that_is_none_is_refused(tmp_path):
    """With its place."""
    path = coco(tmp_path / "_annotations.coco.json", [annotated()])
    path.write_text(path.read_text()[:-9])
    with pytest.raises(SampleFolderError, match="no valid JSON"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([5, 4], "9 pixels"),
        ("0a~", "no digit|damaged"),
        ("P", "ends within"),
        ([10**400], "far too many"),
        ([2**62, 2**62, 2**62, 2**62 + ROWS * COLS], "far too many"),
        ([ROWS * COLS + 1, -1], "negative"),
        ("o" * 100, "too long"),
    ],
)
def test_run_lengths_of_another_length_are_refused_when_they_are_drawn(tmp_path, counts, words):
    """The annotation is named."""
    coco(tmp_path / "a.json", [annotated(segmentation={"size": [ROWS, COLS], "counts": counts})])
    samples, _ = read(tmp_path)
    with pytest.raises(SampleFolderError, match=words) as refused:
        read_masks(samples.samples[0])
    assert "annotation 0" in str(refused.value)


@pytest.mark.parametrize(
    ("runs", "box"),
    [
        ([5, 3, ROWS * COLS - 8], [0, 5, 1, 8]),
        ([ROWS + 2, 2, ROWS - 3, 1, ROWS * COLS - 2 * ROWS - 2], [1, 1, 3, 4]),
        ([ROWS - 1, 2, ROWS * COLS - ROWS - 1], [0, 0, 2, ROWS]),
        ([ROWS * COLS], None),
    ],
)
def test_the_frame_of_run_lengths_is_found_without_drawing_them(tmp_path, runs, box):
    """Where no box is given: within a column, in two columns, across the end of a column, nothing at all."""
    shape = {"size": [ROWS, COLS], "counts": runs}
    bare = {"image_id": 0, "category_id": 3, "segmentation": shape}
    samples, _ = read(coco(tmp_path / "a.json", [bare, annotated(1, segmentation=SQUARE)]))
    assert samples.samples[0].boxes.tolist() == ([box] if box else [])
    huge = {"width": 10**9, "height": 10**9}
    images = [{"id": 0, "file_name": "0.png", **huge}, {"id": 1, "file_name": "1.png"}]
    wrong = bare | {"segmentation": {"size": [10**9] * 2, "counts": [5, 10**18 - 5]}}
    samples, _ = read(coco(tmp_path / "a.json", [wrong, annotated(1, segmentation=SQUARE)], images=images))
    assert samples.samples[0].boxes.tolist() == [[0, 0, COLS, ROWS]]
    with pytest.raises(SampleFolderError, match="the image has 2240"):
        read_masks(samples.samples[0])


def test_numbers_may_be_decimals_and_annotations_without_an_image_are_counted(tmp_path):
    """As tables write them: 3.0 is 3."""
    samples, job = read(coco(tmp_path / "a.json", [annotated(1.0, 3.0), annotated(77)]))
    assert samples.samples[1].classes.tolist() == [3]
    assert any(text.startswith("1 annotations of") and "does not list" in text for text in job.warnings)


def test_a_name_that_leads_elsewhere_counts_by_its_last_part(tmp_path):
    """Nothing outside the places of images is taken; an image of that name in them is."""
    image(tmp_path / "secret.png")
    names = ["../../secret.png", str(tmp_path / "secret.png"), "C:\\images\\0.png", "/vsicurl/http://x/1.png"]
    images = [{"id": number, "file_name": name} for number, name in enumerate(names)]
    path = tmp_path / "top" / "data" / "a.json"
    path.parent.mkdir(parents=True)
    samples, job = read(coco(path, [annotated(2)], images=images).parent)
    assert [sample.image.name for sample in samples.samples] == ["0.png", "1.png"]
    assert any("2 images" in text for text in job.warnings)


def test_drawn_instances_are_learnt_like_those_of_label_rasters(tmp_path):
    """The task of instances is shown the masks of the file, one map a class."""
    other = [[30.0, 20.0, 50.0, 20.0, 50.0, 36.0, 30.0, 36.0]]
    instances = [annotated(segmentation=SQUARE), annotated(category=7, segmentation=other, bbox=[30, 20, 20, 16])]
    coco(tmp_path / "a.json", [*instances, annotated(1, segmentation=SQUARE)])
    samples, job = read(tmp_path)
    labels = instance_labels(samples, {}, job)
    kept = labels.read(0, read_chip(samples.samples[0]))
    target = labels.shown(0, kept, whole_view((ROWS, COLS), (ROWS, COLS)))
    assert target["boxes"].tolist() == [[10, 5, 20, 15], [30, 20, 50, 36]]
    assert target["labels"].tolist() == [1, 2]
    assert (target["maps"] > 0).sum(dim=(1, 2)).tolist() == [100, 320]
