"""Folders of YOLO, of masks, of VOC and of classes, and what is wrong with some."""

import numpy as np
import pytest

from engine.errors import RasterError, SampleFolderError
from engine.job import Job
from engine.raster.reading import raster_source
from engine.samples.folder import read_samples
from engine.samples.foreign.yolo_names import yaml_names
from engine.samples.instances import read_masks
from engine.samples.samples import read_chip, read_label
from tests.engine.samples.foreign_folders import COLS, ROWS, coco, image, raster, read, text

YAML = "path: .\nnames:\n  0: crane\n  1: barge\n"


def yolo(folder, *labels, names=YAML):
    """Write images and label files in the folders that most programs write."""
    for number, label in enumerate(labels):
        image(folder / "images" / f"{number}.jpg", seed=number)
        text(folder / "labels" / f"{number}.txt", label)
    if names:
        text(folder / "data.yaml", names)
    return folder


def test_yolo_boxes_become_pixels_and_empty_files_empty_chips(tmp_path):
    """Centre, width and height in shares of the image; values count from 1."""
    samples, _ = read(yolo(tmp_path, "1 0.5 0.5 0.25 0.5\n", ""))
    assert [(entry.value, entry.name) for entry in samples.classes] == [(1, "crane"), (2, "barge")]
    assert samples.samples[0].boxes.tolist() == [[21, 10, 35, 30]]
    assert samples.samples[0].classes.tolist() == [2]
    assert len(samples.samples[1].boxes) == 0


def test_yolo_polygons_are_instances(tmp_path):
    """A line of pairs is an outline."""
    samples, _ = read(yolo(tmp_path, "0 0.25 0.25 0.75 0.25 0.75 0.75 0.25 0.75\n", ""))
    assert samples.metadata_format == "RCNN_Masks"
    drawn = read_masks(samples.samples[0])
    assert drawn.sum() == ROWS * COLS / 4
    assert samples.samples[0].boxes.tolist() == [[14, 10, 42, 30]]


def test_yolo_divided_into_training_and_validation_is_read_whole(tmp_path):
    """``train/images``, ``valid/images``; files side by side work as well; without names numbers are names."""
    yolo(tmp_path / "train", "0 0.5 0.5 0.5 0.5\n", "", names="")
    yolo(tmp_path / "valid", "4 0.5 0.5 0.5 0.5\n", names="")
    samples, job = read(tmp_path)
    assert len(samples) == 3
    assert [(entry.value, entry.name) for entry in samples.classes] == [(1, "0"), (5, "4")]
    assert any("names no classes" in line for line in job.messages)
    beside = tmp_path / "beside"
    for number in range(2):
        image(beside / f"{number}.png", seed=number)
        text(beside / f"{number}.txt", "0 0.5 0.5 0.1 0.1\n")
    text(beside / "classes.txt", "crane\nbarge\n")
    assert read(beside)[0].classes[0].name == "crane"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0 120 40 20 10", "shares of the image"),
        ("0 0.5 nan 0.1 0.1", "shares of the image"),
        ("2 0.5 0.5 0.1 0.1", "class 2 and 2 classes are named"),
        ("0 0.5 0.5 0.1", "4 columns"),
        ("0 0.5 half 0.1 0.1", "no number"),
    ],
)
def test_broken_yolo_lines_are_refused_with_their_place(tmp_path, line, words):
    """The second line of the first file."""
    with pytest.raises(SampleFolderError, match=words) as refused:
        read(yolo(tmp_path, f"0 0.5 0.5 0.1 0.1\n{line}\n", ""))
    assert "line 2" in str(refused.value)


@pytest.mark.parametrize(
    "names",
    [
        "nc: 2\nnames: ['crane', \"barge, old\"]  # two\n",
        "names:\n- crane\n- barge, old\nnc: 2\n",
        "names: {0: crane, 1: 'barge, old'}\n",
        'names:\r\n  0: crane\r\n  1: "barge, old"\r\nval: x\r\n',
        "names: [\n  'crane',\n  'barge, old',\n]\n",
    ],
)
def test_names_are_read_as_programs_write_them(names):
    """Lists and numbered entries, quoted or not, in one line or in several."""
    assert yaml_names(names) == {0: "crane", 1: "barge, old"}


def test_yolo_as_windows_and_tables_write_it_is_read(tmp_path):
    """Marks at the beginning, both line ends, trailing blanks, tabs, class numbers with a point."""
    names = "\ufeffnames: [crane, 'barge, old']\r\n"
    folder = yolo(tmp_path, "\ufeff0.0 0.5 0.5 0.1 0.1  \r\n\r\n1\t0.2\t0.2\t0.1\t0.1\t\r\n", "", names=names)
    samples, _ = read(folder)
    assert samples.samples[0].classes.tolist() == [1, 2]
    assert [entry.name for entry in samples.classes] == ["crane", "barge, old"]


@pytest.mark.parametrize("digits", [30, 5000])
def test_a_class_of_too_many_digits_is_a_name(tmp_path, digits):
    """No number of a label file leaves the reader at a loss; nor do corners far off."""
    for number in range(2):
        image(tmp_path / "images" / f"{number}.png", seed=number)
        text(tmp_path / "labels" / f"{number}.txt", f"{'9' * digits} 0 0 0 5 5 1e300 20 0 0 0 0 0 0 0\n")
    samples, _ = read(tmp_path)
    assert [(entry.value, entry.name) for entry in samples.classes] == [(1, "9" * digits)]
    assert samples.samples[0].boxes.tolist() == [[5, 5, COLS, 20]]


def test_entities_of_xml_are_refused_however_it_is_coded(tmp_path):
    """UTF-16 does not hide them."""
    image(tmp_path / "JPEGImages" / "0.png")
    bomb = '<?xml version="1.0" encoding="{}"?><!DOCTYPE l [<!ENTITY a "aa">]><annotation>&a;</annotation>'
    (tmp_path / "Annotations").mkdir()
    for coding in ("utf-8", "utf-16"):
        (tmp_path / "Annotations" / "0.xml").write_bytes(bomb.format(coding).encode(coding))
        with pytest.raises(SampleFolderError, match="declares XML entities"):
            read(tmp_path)


def test_nothing_but_empty_yolo_files_is_refused(tmp_path):
    """There is nothing to learn."""
    with pytest.raises(SampleFolderError, match="has a label"):
        read(yolo(tmp_path, "", ""))


def test_two_layouts_in_one_folder_are_refused(tmp_path):
    """Which of them is meant is not guessed."""
    yolo(tmp_path, "0 0.5 0.5 0.1 0.1\n", "")
    coco(tmp_path / "_annotations.coco.json", [{"image_id": 0, "category_id": 3, "bbox": [1, 2, 3, 4]}])
    with pytest.raises(SampleFolderError, match="COCO and YOLO"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("chips", "masks", "addition"),
    [
        ("imgs", "masks", ""),
        ("images", "masks", "_mask"),
        ("image", "label", ""),
        ("img_dir/train", "ann_dir/train", ""),
    ],
)
def test_images_and_masks_are_found_under_usual_names(tmp_path, chips, masks, addition):
    """Values are classes, 16-bit images of 5 bands are fine."""
    mask = np.zeros((1, ROWS, COLS), np.uint8)
    mask[:, :9], mask[:, 20:30] = 4, 11
    for number in range(2):
        image(tmp_path / chips / f"{number}.tif", bands=5, seed=number, dtype=np.uint16)
        raster(tmp_path / masks / f"{number}{addition}.png", mask)
    image(tmp_path / chips / "alone.tif", bands=5, dtype=np.uint16)
    samples, job = read(tmp_path)
    assert samples.metadata_format == "Classified_Tiles"
    assert samples.bands == 5 and samples.dtype == "uint16" and len(samples) == 2
    assert [entry.value for entry in samples.classes] == [4, 11]
    assert any("1 images have no mask" in line or "1 chips have no label" in line for line in job.warnings)


def voc(folder, boxes=True):
    """Write a VOC folder with masks of two instances and, if asked, boxes."""
    classes, numbers = np.zeros((1, ROWS, COLS), np.uint8), np.zeros((1, ROWS, COLS), np.uint8)
    classes[:, 4:12, 6:16], numbers[:, 4:12, 6:16] = 3, 1
    classes[:, 20:30, 30:50], numbers[:, 20:30, 30:50] = 3, 2
    classes[:, 3], numbers[:, 3] = 255, 255
    for number in range(2):
        image(folder / "JPEGImages" / f"{number}.jpg", seed=number)
        raster(folder / "SegmentationClass" / f"{number}.png", classes)
        raster(folder / "SegmentationObject" / f"{number}.png", numbers)
        if boxes:
            box = "<bndbox><xmin>6</xmin><ymin>4</ymin><xmax>16</xmax><ymax>12</ymax></bndbox>"
            found = f"<annotation><object><name>crane</name>{box}</object></annotation>"
            text(folder / "Annotations" / f"{number}.xml", found)
    text(folder / "ImageSets" / "Main" / "train.txt", "0\n")
    return folder


def test_voc_gives_boxes_masks_or_instances_as_the_folder_that_is_chosen(tmp_path):
    """Borders of 255 are no class."""
    voc(tmp_path)
    boxes, _ = read(tmp_path)
    assert boxes.metadata_format == "PASCAL_VOC_rectangles" and boxes.classes[0].name == "crane"
    masks, _ = read(tmp_path / "SegmentationClass")
    assert masks.metadata_format == "Classified_Tiles" and [entry.value for entry in masks.classes] == [3]
    instances, _ = read(tmp_path / "SegmentationObject")
    assert instances.metadata_format == "RCNN_Masks"
    assert instances.samples[0].boxes.tolist() == [[6, 4, 16, 12], [30, 20, 50, 30]]
    assert read_masks(instances.samples[0])[1].sum() == 200


def test_voc_without_boxes_gives_masks(tmp_path):
    """There is nothing else to choose."""
    text(voc(tmp_path, boxes=False) / "labelmap.txt", "# label:color\nbackground:0,0,0::\na::\nb::\ncrane:1,2,3::\n")
    samples, _ = read(tmp_path)
    assert samples.metadata_format == "Classified_Tiles"
    assert [(entry.value, entry.name) for entry in samples.classes] == [(3, "crane")]


def test_kitti_with_names_leaves_regions_without_care_out_and_says_so(tmp_path):
    """Sixteen columns, names, negative numbers."""
    line = "{} 0.00 0 -10 6.00 4.00 16.00 12.00 -1 -1 -1 -1000 -1000 -1000 -10 0.9\n"
    for number in range(2):
        image(tmp_path / "image_2" / f"{number}.png", seed=number)
        text(tmp_path / "label_2" / f"{number}.txt", line.format("Car") + line.format("DontCare"))
    samples, job = read(tmp_path)
    assert [entry.name for entry in samples.classes] == ["Car"]
    assert any("2 regions marked DontCare" in message for message in job.messages)


def test_folders_of_classes_label_whole_images(tmp_path):
    """Classes are numbered by name; parts for training and validation belong together."""
    for part, names in (("train", ("reed", "lake")), ("val", ("lake",))):
        for name in names:
            image(tmp_path / part / name / "0.png", seed=len(name))
    samples, _ = read(tmp_path)
    assert samples.metadata_format == "Imagenet"
    assert [(entry.value, entry.name) for entry in samples.classes] == [(1, "lake"), (2, "reed")]
    assert [sample.labels for sample in samples.samples] == [(1,), (1,), (2,)]


def test_images_of_differing_sizes_are_read_where_they_need_not_be_alike(tmp_path):
    """Each sample knows its own shape, and boxes are cut at it."""
    yolo(tmp_path, "0 0.5 0.5 1.0 1.0\n", "")
    image(tmp_path / "images" / "2.jpg", rows=20, cols=90)
    text(tmp_path / "labels" / "2.txt", "0 0.5 0.5 1.0 1.0\n")
    with pytest.raises(SampleFolderError, match="are alike"):
        read(tmp_path)
    samples, _ = read(tmp_path, alike=False)
    assert [sample.shape for sample in samples.samples] == [(3, 40, 56), (3, 40, 56), (3, 20, 90)]
    assert samples.samples[2].boxes.tolist() == [[0, 0, 90, 20]]


def test_several_folders_of_one_program_are_read_together(tmp_path):
    """Each with its own labels; classes are united by value."""
    one = yolo(tmp_path / "one", "0 0.5 0.5 0.25 0.5\n", "")
    two = yolo(tmp_path / "two", "1 0.5 0.5 0.5 0.5\n", "")
    samples = read_samples([str(one), str(two)], Job())
    assert [len(sample.boxes) for sample in samples.samples] == [1, 0, 1, 0]
    assert samples.samples[2].boxes.tolist() == [[14, 10, 42, 30]]
    found = [{"image_id": 0, "category_id": 3, "bbox": [1, 2, 3, 4]}]
    coco(tmp_path / "three" / "a.json", found)
    coco(tmp_path / "four" / "a.json", [{**found[0], "image_id": 1}])
    samples = read_samples([str(tmp_path / "three"), str(tmp_path / "four")], Job())
    assert [len(sample.boxes) for sample in samples.samples] == [1, 0, 0, 1]


def test_folders_of_different_programs_are_not_mixed(tmp_path):
    """They are converted first."""
    one = yolo(tmp_path / "one", "0 0.5 0.5 0.25 0.5\n", "")
    coco(tmp_path / "two" / "a.json", [{"image_id": 0, "category_id": 3, "bbox": [1, 2, 3, 4]}])
    with pytest.raises(SampleFolderError, match=r"different programs.*Convert Training Data"):
        read_samples([str(one), str(tmp_path / "two")], Job())


def colored(folder, colors=((255, 0, 0), (0, 255, 255))):
    """Write images and masks of two fields in colours, on black."""
    mask = np.zeros((3, ROWS, COLS), np.uint8)
    mask[:, 2:9, 3:20] = np.array(colors[0])[:, None, None]
    mask[:, 20:30, 30:50] = np.array(colors[1])[:, None, None]
    for number in range(2):
        image(folder / "images" / f"{number}.png", seed=number)
        raster(folder / "masks" / f"{number}.png", mask)
    return folder


def test_masks_in_colours_have_a_class_a_colour(tmp_path):
    """Black is none; a file names and numbers the others."""
    samples, _ = read(colored(tmp_path))
    assert [(entry.value, entry.color) for entry in samples.classes] == [(1, (0, 255, 255)), (2, (255, 0, 0))]
    label = read_label(samples.samples[0])
    assert label.shape == (ROWS, COLS) and (label == 2).sum() == 7 * 17 and (label == 1).sum() == 200
    assert samples.samples[0].counts.tolist() == [ROWS * COLS - 119 - 200, 200, 119]
    assert samples.unlabelled == 0
    text(tmp_path / "class_dict.csv", "name,r,g,b\nreed,255,0,0\nlake,0,255,255\nvoid,0,0,0\n")
    samples, _ = read(tmp_path)
    assert [(entry.value, entry.name) for entry in samples.classes] == [(1, "reed"), (2, "lake")]


def test_colours_without_a_name_and_blurred_masks_are_refused(tmp_path):
    """The colour is named."""
    text(colored(tmp_path) / "class_dict.csv", "name,r,g,b\nreed,255,0,0\n")
    with pytest.raises(SampleFolderError, match=r"\(0, 255, 255\), which class_dict.csv does not name"):
        read(tmp_path)
    (tmp_path / "class_dict.csv").unlink()
    image(tmp_path / "masks" / "1.png", seed=3)
    with pytest.raises(SampleFolderError, match="save masks as PNG"):
        read(tmp_path)


def test_a_png_that_ends_too_early_is_refused_and_never_made_up(tmp_path):
    """GDAL would fill what is missing without a word."""
    for number in range(3):
        path = image(tmp_path / "images" / f"{number}.png", seed=number)
        mask = raster(tmp_path / "masks" / f"{number}.png", np.full((1, ROWS, COLS), 4, np.uint8))
    samples = read(tmp_path)[0].samples
    whole, label = path.read_bytes(), mask.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(SampleFolderError, match=r"2\.png cannot be read: it is damaged"):
        read_chip(samples[2])
    with pytest.raises(RasterError, match=r"2\.png is truncated"):
        raster_source(str(path), job=Job())
    path.write_bytes(whole)
    assert read_chip(samples[2]).shape == (3, ROWS, COLS) and raster_source(str(path), job=Job()).rows == ROWS
    mask.write_bytes(label[: len(label) - 30])
    with pytest.raises(SampleFolderError, match=r"2\.png cannot be read: it is damaged"):
        read_label(samples[2])
