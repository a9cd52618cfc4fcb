"""Reading folders of chips that have a class as a whole: ours, Esri's and damaged ones."""

import json
import shutil

import numpy as np
import pytest
import rasterio

from engine.errors import SampleFolderError
from engine.job import Job
from engine.samples.folder import LabelSample, read_chip, read_samples
from engine.samples.pascal_voc import annotation
from tests.engine.pipelines.exporting import scene
from tests.rasters import write_raster


def write_folder(path, mode, labels, sizes=((20, 30),), bands=3, classes=((1, "reed"), (4, "open water")), **more):
    """Write a folder as Esri's tool does: chips, label texts by chip, the three files."""
    (path / "images").mkdir(parents=True)
    (path / "labels").mkdir()
    for number, text in enumerate(labels):
        rows, cols = sizes[number % len(sizes)]
        write_raster(path / "images" / f"{number:09d}.tif", scene(bands, rows, cols, seed=number), left=number * 100)
        if text is not None:
            (path / "labels" / f"{number:09d}.xml").write_bytes(text.replace("\n", "\r\n").encode())
    entries = [{"ClassValue": value, "ClassName": name} for value, name in classes]
    stats = {"MetaDataMode": mode, "NumBands": bands, "TileSizeX": 48, "TileSizeY": 32, "Classes": entries, **more}
    (path / "esri_accumulated_stats.json").write_text(json.dumps(stats))
    (path / "esri_model_definition.emd").write_text(json.dumps({"MetaDataMode": mode}))
    (path / "map.txt").write_text("images\\000000000.tif  labels\\000000000.xml \n")
    return str(path)


def xml(*names, box=(1.5, 2, 11.5, 12), size=(3, 20, 30)):
    """Return a label text with an object for each name."""
    return annotation("a.tif", size, [(name, *box) for name in names])


def test_the_class_of_a_labeled_tile_is_that_of_its_first_object(tmp_path):
    """Values and names in any case; a chip without an object has no label; the box is that of the object."""
    texts = [xml("4", "1"), xml("Reed"), xml(), xml("1", box=(-5, -5, 300, 300))]
    samples = read_samples([write_folder(tmp_path / "a", "Labeled_Tiles", texts)], Job())
    assert all(isinstance(sample, LabelSample) for sample in samples.samples)
    assert [sample.labels for sample in samples.samples] == [(4,), (1,), (), (1,)]
    assert [entry.name for entry in samples.classes] == ["reed", "open water"]
    boxes = [None if sample.box is None else sample.box.tolist() for sample in samples.samples]
    assert boxes == [[1.5, 2, 11.5, 12]] * 2 + [None, [0, 0, 30, 20]]
    assert (samples.tile_rows, samples.tile_cols) == (20, 30)


def test_lists_of_names_or_values_are_the_classes_of_a_multilabeled_tile(tmp_path):
    """Blanks and doubled names do not matter; a box may be missing."""
    bare = "<annotation><object><name>reed,open water</name></object></annotation>"
    texts = [xml("reed,open water"), xml(" 4 , OPEN WATER"), bare, xml("1", "4"), xml()]
    samples = read_samples([write_folder(tmp_path / "a", "MultiLabeled_Tiles", texts)], Job())
    assert [sample.labels for sample in samples.samples] == [(1, 4), (4,), (1, 4), (1, 4), ()]


@pytest.mark.parametrize("mode", ["Labeled_Tiles", "MultiLabeled_Tiles"])
def test_texts_of_classes_that_are_not_declared_become_classes(tmp_path, mode):
    """They get the next values in the order of their names, and it is told."""
    job = Job()
    texts = [xml("1"), xml("sand"), xml("mud"), xml("sand")]
    samples = read_samples([write_folder(tmp_path / "a", mode, texts)], job)
    assert [sample.labels for sample in samples.samples] == [(1,), (6,), (5,), (6,)]
    assert [(entry.value, entry.name) for entry in samples.classes][2:] == [(5, "mud"), (6, "sand")]
    assert any("does not declare, taken as classes: mud (5), sand (6)" in text for text in job.warnings)
    job = Job()
    samples = read_samples([write_folder(tmp_path / "b", mode, texts[1:], classes=())], job)
    assert [sample.labels for sample in samples.samples] == [(2,), (1,), (2,)] and not job.warnings
    samples = read_samples([write_folder(tmp_path / "c", mode, [xml("12"), xml("7")], classes=())], job)
    assert [(entry.value, entry.name) for entry in samples.classes] == [(7, "7"), (12, "12")]


def test_chips_of_differing_size_are_squeezed_to_one(tmp_path):
    """To the tile size of the statistics, else to the median in steps of 32; boxes follow, and it is told."""
    sizes = ((20, 30), (40, 60), (10, 70))
    texts = [xml("1", box=(3, 5, 15, 20)), xml("4"), xml("1")]
    folder = write_folder(tmp_path / "a", "Labeled_Tiles", texts, sizes)
    job = Job()
    samples = read_samples([folder], job)
    assert (samples.tile_rows, samples.tile_cols) == (32, 48)
    assert [read_chip(sample).shape for sample in samples.samples] == [(3, 32, 48)] * 3
    assert samples.samples[0].box.tolist() == pytest.approx([4.8, 8, 24, 32])
    assert any("30 x 10 to 70 x 40 pixels: all are squeezed to 48 x 32" in text for text in job.messages)
    stats = json.loads((tmp_path / "a" / "esri_accumulated_stats.json").read_text())
    del stats["TileSizeX"]
    (tmp_path / "a" / "esri_accumulated_stats.json").write_text(json.dumps(stats))
    samples = read_samples([folder], Job())
    assert (samples.tile_rows, samples.tile_cols) == (32, 64)
    assert read_samples([folder], Job(), alike=False).samples[2].shape == (3, 10, 70)


def test_chips_of_other_bands_or_types_are_refused(tmp_path):
    """Any size will do, but not any pixels."""
    folder = write_folder(tmp_path / "a", "Labeled_Tiles", [xml("1"), xml("4")], ((20, 30), (40, 60)))
    write_raster(tmp_path / "a" / "images" / "000000001.tif", scene(5, 20, 30))
    with pytest.raises(SampleFolderError, match="chips of one training are alike"):
        read_samples([folder], Job())


def write_imagenet(path, names, **more):
    """Write a folder of Esri's with a chip in the folder of each name."""
    folder = write_folder(path, "Imagenet", [None] * len(names), **more)
    shutil.rmtree(path / "labels")
    for number, name in enumerate(names):
        (path / "images" / name).mkdir(exist_ok=True)
        (path / "images" / f"{number:09d}.tif").rename(path / "images" / name / f"{number:09d}.tif")
    return folder


def test_the_class_of_an_imagenet_chip_is_its_folder(tmp_path):
    """By the name of the class, its value, or a new class; chips in no folder are told."""
    job = Job()
    folder = write_imagenet(tmp_path / "a", ["reed", "open water", "4", "sand"], sizes=((20, 30), (25, 35)))
    write_raster(tmp_path / "a" / "images" / "loose.tif", scene(3, 20, 30))
    samples = read_samples([folder], job)
    assert [sample.labels for sample in samples.samples] == [(1,), (4,), (4,), (5,)]
    assert (samples.tile_rows, samples.tile_cols, samples.metadata_format) == (32, 48, "Imagenet")
    assert any("1 chips lie in no folder of a class" in text for text in job.warnings)
    assert any("taken as classes: sand (5)" in text for text in job.warnings)
    assert np.isfinite(samples.bounds).all() and read_chip(samples.samples[1]).shape == (3, 32, 48)


def test_two_folders_of_one_class_list_are_one_training(tmp_path):
    """Their chips may differ in size; the size is that of the first folder's tiles."""
    one = write_folder(tmp_path / "a", "Labeled_Tiles", [xml("1"), xml("4")], ((32, 48),))
    two = write_folder(tmp_path / "b", "Labeled_Tiles", [xml("open water")], ((50, 50),), classes=((4, "open water"),))
    samples = read_samples([one, two], Job())
    assert [sample.labels for sample in samples.samples] == [(1,), (4,), (4,)]
    assert {read_chip(sample).shape for sample in samples.samples} == {(3, 32, 48)}


@pytest.mark.parametrize(
    ("mode", "texts", "says"),
    [
        ("Labeled_Tiles", [xml(), xml()], "no chip of .* has a label: export chips of labelled objects"),
        ("MultiLabeled_Tiles", [xml(), xml(" , ")], "no chip of .* has a label"),
        ("Labeled_Tiles", [xml("1"), "<annotation><object>"], "is no valid XML"),
        ("Labeled_Tiles", [xml("1"), xml("1").replace("1.50", "left")], "has 'left' for xmin where a number is needed"),
        ("Labeled_Tiles", [None, None], "no chip of .* has a label file"),
    ],
)
def test_labels_that_say_nothing_are_refused(tmp_path, mode, texts, says):
    """Each with its sentence."""
    with pytest.raises(SampleFolderError, match=says):
        read_samples([write_folder(tmp_path / "a", mode, texts)], Job())


def test_imagenet_folders_without_chips_are_refused(tmp_path):
    """No folder of a class, or damaged chips of a folder of ours."""
    folder = write_imagenet(tmp_path / "a", ["reed", "sand"])
    shutil.rmtree(tmp_path / "a" / "images" / "reed")
    shutil.rmtree(tmp_path / "a" / "images" / "sand")
    with pytest.raises(SampleFolderError, match="images holds no folder of a class with a chip"):
        read_samples([folder], Job())
    folder = write_imagenet(tmp_path / "b", ["reed", "sand"], ImageryDL={"ClassFolders": {"a": "reed"}})
    with pytest.raises(SampleFolderError, match=r"the classes in .* are damaged"):
        read_samples([folder], Job())
    folder = write_imagenet(tmp_path / "c", ["reed", "sand"])
    emd = {"CropTileMode": "Variable_Size"}
    (tmp_path / "c" / "esri_model_definition.emd").write_text(json.dumps(emd))
    (tmp_path / "c" / "images" / "sand" / "000000001.tif").write_bytes(b"nothing")
    with pytest.raises(SampleFolderError, match="cannot be read: it is damaged"):
        read_samples([folder], Job())
    assert not rasterio.env.hasenv()


def test_folders_of_classes_by_others_are_squeezed_to_their_median(tmp_path):
    """Photographs of any size, as ImageNet has them; classes are numbered by name."""
    for number, (name, size) in enumerate((("wood", (40, 90)), ("field", (70, 60)), ("wood", (90, 120)))):
        (tmp_path / "photos" / name).mkdir(parents=True, exist_ok=True)
        write_raster(tmp_path / "photos" / name / f"{number}.tif", scene(3, *size, seed=number))
    samples = read_samples([str(tmp_path / "photos")], Job())
    assert [sample.labels for sample in samples.samples] == [(1,), (2,), (2,)]
    assert (samples.tile_rows, samples.tile_cols) == (64, 96)
    assert [read_chip(sample).shape for sample in samples.samples] == [(3, 64, 96)] * 3
