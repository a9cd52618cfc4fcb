"""Folders with masks of instances: ours, Esri's, those of others; what is taken, mended, left out and refused."""

import json
import shutil

import numpy as np
import pytest
import rasterio

from engine.errors import Cancelled, SampleFolderError
from engine.job import Job
from engine.samples.folder import InstanceSample, read_samples
from engine.samples.instances import read_masks
from tests.engine.pipelines.exporting import export, on_map, scene
from tests.rasters import write_boxes, write_raster

BOXES = ((2, 2, 6, 6), (10, 2, 14, 9), (36, 4, 40, 8), (70, 40, 80, 50))


def exported(tmp_path, **options):
    """Export masks of roofs (3) and tanks (9) of a small scene; return the folder, with three chips."""
    layer = write_boxes(
        tmp_path / "a.gpkg", on_map(*BOXES), kind=[3, 9, 9, 3], classname=["Roof", "Tank", "Tank", "Roof"]
    )
    raster = write_raster(tmp_path / "r.tif", scene(), photometric="RGB")
    return export(tmp_path, raster, layer, metadata_format="RCNN_Masks", class_value_field="kind", **options)[0]


def of_esri(folder):
    """Take away what an export of Esri does not write."""
    (folder / "chips.csv").unlink()
    path = folder / "esri_accumulated_stats.json"
    statistics = json.loads(path.read_text())
    del statistics["ImageryDL"]
    path.write_text(json.dumps(statistics))
    return folder


def write(path, pixels, **profile):
    """Write (rows, cols) or (bands, rows, cols) without georeference."""
    pixels = np.array(pixels, ndmin=3)
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = {"count": len(pixels), "height": pixels.shape[1], "width": pixels.shape[2], "dtype": pixels.dtype}
    with rasterio.open(path, "w", **{"driver": "GTiff", **shape, **profile}) as file:
        file.write(pixels)


def of_others(folder, classes=("cat", "dog"), suffix="tif"):
    """Write a folder of somebody else: two chips, each class in the first, the last one also in the second."""
    profile = {"driver": "PNG"} if suffix == "png" else {}
    for number in range(2):
        write(folder / "images" / f"p{number}.{suffix}", np.full((3, 8, 10), 9, np.uint8), **profile)
    mask = np.zeros((8, 10), np.uint8)
    mask[1:3, 1:4], mask[5:, 6:] = 1, 2
    for name in classes:
        write(folder / "labels" / name / f"p0.{suffix}", mask, **profile)
    write(folder / "labels" / classes[-1] / f"p1.{suffix}", mask, **profile)
    return folder


def test_an_export_of_esri_is_read(tmp_path):
    """Without our list and our block; chips are those with a label file, in the order of their names."""
    job = Job()
    samples = read_samples([str(of_esri(exported(tmp_path)))], job)
    assert [(entry.value, entry.name) for entry in samples.classes] == [(3, "Roof"), (9, "Tank")]
    assert [sample.classes.tolist() for sample in samples.samples] == [[3, 9], [9], [3]]
    assert all(isinstance(sample, InstanceSample) for sample in samples.samples) and not job.warnings
    assert samples.samples[1].boxes.tolist() == [[4, 4, 8, 8]] and read_masks(samples.samples[1]).sum() == 16


@pytest.mark.parametrize("name", ["9", "tank", "TANK"])
def test_folders_are_named_by_value_or_name(tmp_path, name):
    """In any case of letters."""
    folder = of_esri(exported(tmp_path))
    (folder / "labels" / "Tank").rename(folder / "labels" / "x")
    (folder / "labels" / "x").rename(folder / "labels" / name)
    samples = read_samples([str(folder)], Job())
    assert samples.samples[0].classes.tolist() == [3, 9] and samples.samples[0].masks[1][0] == 9


def test_classes_that_are_not_declared_are_taken_in_and_told(tmp_path):
    """A whole number is its own value; a name gets the next one."""
    folder = of_esri(exported(tmp_path))
    (folder / "labels" / "Tank").rename(folder / "labels" / "Silo")
    shutil.copytree(folder / "labels" / "Roof", folder / "labels" / "12")
    job = Job()
    samples = read_samples([str(folder)], job)
    assert [(entry.value, entry.name) for entry in samples.classes] == [
        (3, "Roof"),
        (9, "Tank"),
        (12, "12"),
        (13, "Silo"),
    ]
    assert samples.samples[0].classes.tolist() == [3, 12, 13]
    assert "classes that it does not declare, taken as classes: 12, Silo" in job.warnings[0]


@pytest.mark.parametrize(
    ("classes", "suffix", "found"),
    [
        (("cat", "dog"), "tif", [(1, "cat"), (2, "dog")]),
        (("7", "11"), "png", [(7, "7"), (11, "11")]),
    ],
)
def test_folders_of_others_are_read(tmp_path, classes, suffix, found):
    """Names get 1, 2, ... in sorted order, numbers are values; colours are given."""
    job = Job()
    samples = read_samples([str(of_others(tmp_path / "x", classes, suffix))], job)
    assert samples.metadata_format == "RCNN_Masks" and not job.warnings
    assert [(entry.value, entry.name) for entry in samples.classes] == found
    assert all(min(entry.color) >= 0 for entry in samples.classes)
    first, second = samples.samples
    assert first.boxes.tolist() == [[1, 1, 4, 3], [6, 5, 10, 8]] * 2
    assert first.classes.tolist() == [found[0][0]] * 2 + [found[1][0]] * 2
    assert second.classes.tolist() == [found[1][0]] * 2 and read_masks(first).shape == (4, 8, 10)


def test_chips_without_a_label_file_are_empty_only_when_that_is_known(tmp_path):
    """Our list knows, and so does the list of an export; in folders of others nobody does, told."""
    folder = exported(tmp_path, output_nofeature_tiles=True)
    assert [len(sample.boxes) for sample in read_samples([str(folder)], Job()).samples].count(0) == 9
    assert len(read_samples([str(of_esri(folder))], Job())) == 12
    job = Job()
    other = of_others(tmp_path / "x")
    write(other / "images" / "p2.tif", np.full((3, 8, 10), 9, np.uint8))
    assert (
        len(read_samples([str(other)], job)) == 2 and "1 chips have no label file and are left out" in job.warnings[0]
    )


def test_chips_that_lost_a_label_file_are_left_out(tmp_path):
    """Our list names a file that is gone: the chip would count as one without that class."""
    folder = exported(tmp_path)
    (folder / "labels" / "Tank" / "000000000000.tif").unlink()
    job = Job()
    samples = read_samples([str(folder)], job)
    assert len(samples) == 2 and "1 chips have no label file and are left out" in job.warnings[0]


def test_masks_without_a_chip_are_told(tmp_path):
    """And not read."""
    folder = of_others(tmp_path / "x")
    write(folder / "labels" / "dog" / "p9.tif", np.ones((8, 10), np.uint8))
    job = Job()
    assert len(read_samples([str(folder)], job)) == 2 and "1 label files have no chip" in job.warnings[0]


def test_two_folders_are_joined_by_the_names_of_their_classes(tmp_path):
    """A class that only the second one has is new; both have the same size."""
    one, two = of_others(tmp_path / "x", ("cat", "dog")), of_others(tmp_path / "y", ("dog", "eel"))
    samples = read_samples([str(one), str(two)], Job())
    assert [(entry.value, entry.name) for entry in samples.classes] == [(1, "cat"), (2, "dog"), (3, "eel")]
    assert [sorted(set(sample.classes.tolist())) for sample in samples.samples] == [[1, 2], [2], [2, 3], [3]]


def test_a_chip_with_files_of_no_instance_is_empty(tmp_path):
    """A mask of nothing but 0."""
    folder = of_others(tmp_path / "x")
    write(folder / "labels" / "dog" / "p1.tif", np.zeros((8, 10), np.uint8))
    samples = read_samples([str(folder)], Job())
    assert samples.samples[1].boxes.shape == (0, 4) and samples.samples[1].masks == ()


def empty(folder):
    """Leave masks of nothing but 0."""
    for path in folder.glob("labels/*/*.tif"):
        write(path, np.zeros((8, 10), np.uint8))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "labels" / "cat").rename(folder / "labels" / "0"), r"class 0 \(0\), which is"),
        (lambda folder: write(folder / "labels" / "cat" / "p0.tif", np.ones((4, 5), np.uint8)),
         r"p0\.tif has 5 x 4 pixels and its chip 10 x 8: make them the same size"),
        (lambda folder: (folder / "labels" / "cat" / "p0.tif").write_text("x"), r"p0\.tif cannot be read: it is"),
        (lambda folder: write(folder / "labels" / "cat" / "p0.tif", np.full((8, 10), 0.5, np.float32)),
         r"p0\.tif holds 0\.5 and instances are numbered"),
        (empty, "has an instance: export chips with objects"),
        (lambda folder: write(folder / "labels" / "p0.tif", np.ones((8, 10), np.uint8)),
         "mixes label files of Classified_Tiles and RCNN_Masks"),
        (lambda folder: write(folder / "images" / "p0.png", np.ones((3, 8, 10), np.uint8), driver="PNG"),
         "several chips named p0"),
    ],
)  # fmt: skip
def test_folders_that_cannot_be_learned_from_get_one_sentence(tmp_path, spoil, says):
    """Each fault by itself."""
    folder = of_others(tmp_path / "x")
    spoil(folder)
    with pytest.raises(SampleFolderError, match=says):
        read_samples([str(folder)], Job())


def test_reading_is_cancelled(tmp_path):
    """Before the first group of masks."""
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        read_samples([str(of_others(tmp_path / "x"))], job)
