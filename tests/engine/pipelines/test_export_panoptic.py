"""Panoptic chips: classes of pixels as in classified tiles and masks as in RCNN masks, with one list of classes."""

import json

import numpy as np
import pytest
import rasterio
import shapely

from engine.errors import EngineError, SampleFolderError
from engine.job import Job
from engine.samples.folder import MaskSample, PanopticSample, read_label, read_samples
from engine.samples.instances import read_masks
from engine.tools.values import FeatureSource
from tests.engine.pipelines.exporting import CELL, LEFT, TOP, export, hidden, on_map, scene
from tests.rasters import write_boxes, write_features, write_raster

COVER = ((0, 0, 64, 96), (64, 0, 128, 96))
HOUSES = ((4, 4, 10, 10), (14, 4, 20, 12), (30, 4, 34, 8))


def layers(tmp_path, cover=(1, 2), houses=(2, 2, 5), names=("Meadow", "House"), house_names=None):
    """Write land cover and houses."""
    named = {} if house_names is None else {"classname": list(house_names)}
    return (
        write_boxes(tmp_path / "cover.gpkg", on_map(*COVER), kind=list(cover), classname=list(names)),
        write_boxes(tmp_path / "houses.gpkg", on_map(*HOUSES), what=list(houses), **named),
    )


def panoptic(tmp_path, cover, houses, job=None, **options):
    """Export panoptic chips of a small scene; return the folder and the job."""
    raster = write_raster(tmp_path / "r.tif", scene(), photometric="RGB")
    settings = {"class_value_field": "kind", "instance_class_value_field": "what", "in_instance_data": houses}
    return export(tmp_path, raster, cover, job, metadata_format="Panoptic_Segmentation", **{**settings, **options})


def pixels(path):
    """Return the only band of a raster."""
    with rasterio.open(path) as file:
        return file.read(1)


def test_both_labels_are_written_and_the_template_names_the_classes_with_instances(tmp_path):
    """Classes are those of both; the folder of a class with instances has its name, or its value."""
    folder, job = panoptic(tmp_path, *layers(tmp_path))
    assert (pixels(folder / "labels" / "000000000000.tif") == 1).all()
    houses = pixels(folder / "labels2" / "House" / "000000000000.tif")
    assert (houses[4:10, 4:10] == 1).all() and (houses[4:12, 14:20] == 2).all() and np.count_nonzero(houses) == 84
    assert (pixels(folder / "labels2" / "5" / "000000000000.tif")[4:8, 30:] == 1).all()
    template = json.loads((folder / "esri_model_definition.emd").read_text())
    assert [entry["Value"] for entry in template["Classes"]] == [1, 2, 5]
    instances = template["Panoptic_Segmentation_Instance_Classes"]
    assert [(entry["Value"], entry["Name"]) for entry in instances] == [(2, "House"), (5, "5")]
    assert all(len(entry["Color"]) == 3 for entry in instances)
    stats = json.loads((folder / "esri_accumulated_stats.json").read_text())
    assert stats["MetaDataMode"] == "Panoptic_Segmentation" and stats["OutputFeatures"] is False
    assert stats["ClassPixelStats"]["NumPixelsPerClass"] == [6144, 6144, 0]
    assert (folder / "map.txt").read_bytes().splitlines()[:2] == [
        rb"images\000000000000.tif  labels\000000000000.tif labels2\House\000000000000.tif labels2\5\000000000000.tif ",
        rb"images\000000000001.tif  labels\000000000001.tif labels2\5\000000000001.tif ",
    ]
    assert "4 instances of 2 classes have masks in labels2" in job.messages and not hidden(tmp_path)


def test_what_is_written_is_read_back(tmp_path):
    """Label rasters as of classified tiles, masks as of RCNN masks; a chip without instances has none."""
    folder, _ = panoptic(tmp_path, *layers(tmp_path))
    job = Job()
    samples = read_samples([str(folder)], job)
    first, last = samples.samples[0], samples.samples[-1]
    assert isinstance(first, PanopticSample) and isinstance(first, MaskSample) and not job.warnings
    assert [(entry.value, entry.name) for entry in samples.classes] == [(1, "Meadow"), (2, "House"), (5, "5")]
    assert samples.unlabelled == 0 and len(samples) == 12
    assert (read_label(first) == 1).all() and first.values.tolist() == [1]
    assert first.classes.tolist() == [2, 2, 5] and first.boxes.tolist()[0] == [4, 4, 10, 10]
    assert read_masks(first).sum(axis=(1, 2)).tolist() == [36, 48, 8]
    assert last.classes.tolist() == [] and read_masks(last).shape == (0, 32, 32)


def test_a_second_run_goes_on(tmp_path):
    """Classes with instances of both runs are named, also those that label no pixel."""
    cover, houses = layers(tmp_path)
    panoptic(tmp_path, cover, houses)
    more = write_boxes(tmp_path / "more.gpkg", on_map((100, 50, 110, 60)), what=[7])
    folder, _ = panoptic(tmp_path, cover, more)
    template = json.loads((folder / "esri_model_definition.emd").read_text())
    assert [entry["Value"] for entry in template["Panoptic_Segmentation_Instance_Classes"]] == [2, 5, 7]
    samples = read_samples([str(folder)], Job())
    assert len(samples) == 24 and [entry.value for entry in samples.classes] == [1, 2, 5, 7]


def test_class_rasters_give_pixels_and_instances(tmp_path):
    """Connected regions are the instances; 0 is none of them; turned copies turn both."""
    classes = np.full((1, 96, 128), 3, np.uint8)
    classes[0, 4:10, 4:10], classes[0, 4:10, 20:30] = 4, 4
    cover = FeatureSource(write_raster(tmp_path / "cover.tif", classes))
    houses = FeatureSource(write_raster(tmp_path / "houses.tif", np.where(classes == 4, 4, 0).astype(np.uint8)))
    folder, _ = panoptic(
        tmp_path, cover, houses, class_value_field="", instance_class_value_field="", rotation_angle=180
    )
    samples = read_samples([str(folder)], Job())
    assert len(samples) == 24 and [entry.value for entry in samples.classes] == [3, 4]
    first, turned = samples.samples[:2]
    assert first.boxes.tolist() == [[4, 4, 10, 10], [20, 4, 30, 10]]
    assert (read_masks(turned) == read_masks(first)[:, ::-1, ::-1]).all()
    assert (read_label(first) == np.where(read_masks(first).any(axis=0), 4, 3)).all()


def test_one_kind_of_object_without_fields_is_one_class(tmp_path):
    """The layer of the pixels names it; told."""
    cover = write_boxes(tmp_path / "cover.gpkg", on_map(COVER[0]))
    houses = write_boxes(tmp_path / "houses.gpkg", on_map(*HOUSES))
    folder, job = panoptic(tmp_path, cover, houses, class_value_field="", instance_class_value_field="")
    assert (folder / "labels2" / "cover").is_dir()
    assert "the only class keeps its name cover; the instances of houses are of it" in job.messages


def test_a_chip_whose_mask_is_gone_is_left_out(tmp_path):
    """A mask that our list names is missing: the chip would lose its instances, told."""
    folder, _ = panoptic(tmp_path, *layers(tmp_path))
    (folder / "labels2" / "5" / "000000000000.tif").unlink()
    job = Job()
    samples = read_samples([str(folder)], job)
    assert len(samples) == 11 and "1 chips have no label file and are left out" in job.warnings[0]


def test_a_mask_of_class_0_is_refused_when_read(tmp_path):
    """It is the background."""
    folder, _ = panoptic(tmp_path, *layers(tmp_path))
    (folder / "chips.csv").unlink()
    (folder / "labels2" / "5").rename(folder / "labels2" / "0")
    with pytest.raises(SampleFolderError, match=r"has masks of class 0 \(0\), which is the background"):
        read_samples([str(folder)], Job())


def away(tmp_path):
    """Return instances outside the raster."""
    return write_features(tmp_path / "away.gpkg", [shapely.box(LEFT - 90, TOP - 9, LEFT - 80, TOP)], what=[2])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"in_instance_data": None}, "and in_instance_data is empty: give the instances"),
        ({"metadata_format": "RCNN_Masks"}, "in_instance_data is given and RCNN_Masks has one kind of labels"),
        (
            {"metadata_format": "Classified_Tiles", "in_instance_data": None},
            "instance_class_value_field is given and Classified_Tiles has one kind of labels, from in_class_data: "
            "leave it empty, or choose metadata_format Panoptic_Segmentation",
        ),
        (
            {"house_names": ("Hut", "Hut", "Shed")},
            "class 2 is House in in_class_data and Hut in in_instance_data",
        ),
        ({"houses": (0, 2, 2)}, "1 features of houses are of class 0"),
        ({"away": True}, "none of the 1 labels of away lies on"),
        ({"in_class_data": None}, r"no labels are given.*\(in_class_data\)"),
        ({"plain": True}, "the instances of plain have no class field and class 1 of in_class_data is Meadow: give"),
    ],
)
def test_bad_input_gets_one_sentence_and_nothing_is_written(tmp_path, options, says):
    """Each fault by itself."""
    options = dict(options)
    own = {name: options.pop(name) for name in ("houses", "house_names") if name in options}
    cover, houses = layers(tmp_path, **own)
    if options.pop("away", False):
        houses = away(tmp_path)
    if options.pop("plain", False):
        houses = write_boxes(tmp_path / "plain.gpkg", on_map(*HOUSES))
        options["instance_class_value_field"] = ""
    cover = options.pop("in_class_data", cover)
    raster = write_raster(tmp_path / "r.tif", scene(), photometric="RGB", cell_size=CELL)
    settings = {"class_value_field": "kind", "instance_class_value_field": "what", "in_instance_data": houses}
    settings |= {"metadata_format": "Panoptic_Segmentation", **options}
    with pytest.raises(EngineError, match=says):
        export(tmp_path, raster, cover, **settings)
    assert not (tmp_path / "chips").exists() and not hidden(tmp_path)
