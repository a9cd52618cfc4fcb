"""Convert Training Data: any layout to any of our formats that can be made from it."""

import json

import numpy as np
import pytest
import rasterio

from engine.errors import Cancelled, FeatureError, OutputError, ParameterError, RasterError, SampleFolderError
from engine.job import Job
from engine.pipelines.convert_training_data import run
from engine.samples.folder import read_samples
from engine.samples.instances import read_masks
from engine.samples.registry import FROM, sample_formats
from engine.samples.samples import read_chip, read_label
from engine.tools.convert_training_data import ConvertTrainingData
from tests.engine.pipelines.exporting import export, on_map, scene
from tests.engine.samples.foreign_folders import COLS, ROWS, coco, image, raster, text
from tests.rasters import write_boxes, write_raster

ESRI = ("map.txt", "stats.txt", "esri_accumulated_stats.json", "esri_model_definition.emd", "chips.csv")
SQUARE = [[10.0, 5.0, 20.0, 5.0, 20.0, 15.0, 10.0, 15.0]]
CORNER = [[30.0, 20.0, 50.0, 20.0, 30.0, 36.0]]


def convert(tmp_path, folder, form="PASCAL_VOC_rectangles", job=None, out="out", **options):
    """Convert; return what is read from the new folder, and the job."""
    job = job or Job()
    target = tmp_path / out
    request = ConvertTrainingData(in_folder=(str(folder),), out_folder=str(target), metadata_format=form, **options)
    outputs = run(request, job)
    assert outputs["out_folder"] == str(target)
    assert all((target / name).is_file() for name in ESRI)
    assert not list(target.rglob(".*"))
    return read_samples([str(target)], Job(), alike=False), job


def instances(folder):
    """Write two images with two instances of two classes, and one image without any."""
    annotations = [
        {"image_id": number, "category_id": value, "bbox": box, "segmentation": ring}
        for number in range(2)
        for value, box, ring in ((3, [10, 5, 10, 10], SQUARE), (7, [30, 20, 20, 16], CORNER))
    ]
    return coco(folder / "_annotations.coco.json", annotations, count=3).parent


def test_every_format_says_what_it_is_made_from():
    """And those that are offered are there."""
    assert all(entry.drawn_from in FROM for entry in sample_formats().values())
    choices = ConvertTrainingData.parameters()["metadata_format"].kind.choices
    assert set(choices) <= set(sample_formats())


def boxes(folder):
    """Write two images with a YOLO box each."""
    for number in range(2):
        image(folder / "images" / f"{number}.png", seed=number)
        text(folder / "labels" / f"{number}.txt", "1 0.5 0.5 0.25 0.5\n")
    text(folder / "classes.txt", "crane\nbarge\n")
    return folder


def test_coco_becomes_rectangles_with_all_of_esris_files(tmp_path):
    """Names and values are kept, chips are copied byte for byte, the empty chip stays."""
    folder = instances(tmp_path / "coco")
    found, job = convert(tmp_path, folder)
    assert [(entry.value, entry.name) for entry in found.classes] == [(3, "crane"), (7, "barge")]
    assert found.samples[1].boxes.tolist() == [[10, 5, 20, 15], [30, 20, 50, 36]]
    assert len(found) == 3 and len(found.samples[2].boxes) == 0
    for number, sample in enumerate(found.samples):
        assert sample.image.read_bytes() == (folder / f"{number}.png").read_bytes()
    assert any("3 chips are copied" in line for line in job.messages)
    statistics = json.loads((tmp_path / "out" / "esri_accumulated_stats.json").read_text())
    assert statistics["NumTiles"] == 3 and statistics["FeatureStats"]["NumFeaturesTotal"] == 4
    assert statistics["MetaDataMode"] == "PASCAL_VOC_rectangles"


def test_instances_become_masks_and_class_maps_pixel_by_pixel(tmp_path):
    """The masks are those that were drawn; in class maps what is no object is the background."""
    folder = instances(tmp_path / "coco")
    drawn = read_masks(read_samples([str(folder)], Job()).samples[0])
    masks, _ = convert(tmp_path, folder, "RCNN_Masks", out="masks")
    assert masks.samples[0].classes.tolist() == [3, 7]
    assert (read_masks(masks.samples[0]) == drawn).all()
    maps, _ = convert(tmp_path, folder, "Classified_Tiles", out="maps")
    assert (read_label(maps.samples[0]) == 3 * drawn[0] + 7 * drawn[1]).all()
    assert maps.unlabelled is None
    assert [(entry.value, entry.name) for entry in maps.classes] == [(3, "crane"), (7, "barge")]


def test_instances_become_panoptic_chips_and_these_are_cut_anew(tmp_path):
    """A map of the classes and masks of the objects; of class maps each connected region is an object."""
    folder = instances(tmp_path / "coco")
    drawn = read_masks(read_samples([str(folder)], Job()).samples[0])
    found, _ = convert(tmp_path, folder, "Panoptic_Segmentation", out="panoptic")
    assert len(found) == 3 and found.unlabelled is None
    assert (read_label(found.samples[0]) == 3 * drawn[0] + 7 * drawn[1]).all()
    assert found.samples[0].classes.tolist() == [3, 7] and (read_masks(found.samples[0]) == drawn).all()
    assert [(entry.value, entry.name) for entry in found.classes] == [(3, "crane"), (7, "barge")]

    cut, _ = convert(tmp_path, tmp_path / "panoptic", "Panoptic_Segmentation", out="cut", tile_size=32)
    corner = next(sample for sample in cut.samples if len(sample.boxes))
    assert (read_label(corner) == read_label(found.samples[0])[:32, :32]).all()
    assert read_masks(corner).sum() == (read_label(corner) > 0).sum()

    fields, mask = maps(tmp_path / "masks")
    of_maps, _ = convert(tmp_path, fields, "Panoptic_Segmentation", out="of_maps")
    assert (read_label(of_maps.samples[1]) == mask).all() and of_maps.unlabelled == 0
    assert sorted(of_maps.samples[1].classes.tolist()) == [4, 4, 11]


def test_chips_full_of_instances_are_converted_in_the_memory_of_one_map(tmp_path):
    """No mask is laid out for each: 66,049 of them would be 18 GB. More than a label raster numbers are refused."""
    numbers = np.zeros((1, 516, 516), np.uint32)
    numbers[0, :514:2, :514:2] = np.arange(1, 257 * 257 + 1).reshape(257, 257)
    image(tmp_path / "full" / "images" / "a.png", 516, 516)
    raster(tmp_path / "full" / "labels" / "3" / "a.tif", numbers)
    with pytest.raises(FeatureError, match="66049 instances of class 3 and a label raster numbers up to 65535"):
        convert(tmp_path, tmp_path / "full", "RCNN_Masks")
    assert not (tmp_path / "out").exists()

    cut, _ = convert(tmp_path, tmp_path / "full", "RCNN_Masks", tile_size=258, out="cut")
    assert sum(len(sample.boxes) for sample in cut.samples) == 257 * 257
    corner = next(sample for sample in cut.samples if len(sample.boxes) == 129**2)
    assert np.array_equal(corner.boxes[:, 2:] - corner.boxes[:, :2], np.ones((129**2, 2)))


def test_images_of_two_kinds_are_not_made_of_one(tmp_path):
    """CycleGAN's reason and what to do instead."""
    with pytest.raises(ParameterError, match=r"images of two kinds .* as Export_Tiles, into folders A and B"):
        convert(tmp_path, instances(tmp_path / "coco"), "CycleGAN")
    assert not (tmp_path / "out").exists()


def test_instances_become_labels_of_chips(tmp_path):
    """A list of classes for each chip, or a chip for each object."""
    folder = instances(tmp_path / "coco")
    several, _ = convert(tmp_path, folder, "MultiLabeled_Tiles", out="several")
    assert [sample.labels for sample in several.samples] == [(3, 7), (3, 7), ()]
    single, _ = convert(tmp_path, folder, "Labeled_Tiles", out="single")
    assert sorted(sample.labels for sample in single.samples) == [(3,), (3,), (7,), (7,)]
    with rasterio.open(single.samples[0].image) as chip, rasterio.open(folder / "0.png") as whole:
        assert (chip.read() == whole.read()[:, 5:15, 10:20]).all()
    fixed, _ = convert(tmp_path, folder, "Imagenet", out="fixed", tile_size=16)
    assert {sample.image.parent.name for sample in fixed.samples} == {"crane", "barge"}
    assert {sample.shape for sample in fixed.samples} == {(3, 16, 16)}


def maps(folder, void=0):
    """Write two images of 16 bits and 5 bands with class maps of two separate fields of class 4 and one of 11."""
    mask = np.zeros((1, ROWS, COLS), np.uint8)
    mask[:, 2:9, 3:20], mask[:, 20:30, 5:9], mask[:, 12:38, 30:52] = 4, 4, 11
    for number in range(2):
        image(folder / "imgs" / f"{number}.tif", bands=5, seed=number, dtype=np.uint16)
        raster(folder / "masks" / f"{number}.png", mask)
    return folder, mask[0]


def test_class_maps_become_everything_that_needs_less(tmp_path):
    """Connected fields are objects; bands and type stay."""
    folder, mask = maps(tmp_path / "masks")
    again, _ = convert(tmp_path, folder, "Classified_Tiles", out="again")
    assert (read_label(again.samples[1]) == mask).all() and again.unlabelled == 0
    assert (read_chip(again.samples[1]) == rasterio.open(folder / "imgs" / "1.tif").read()).all()
    rectangles, _ = convert(tmp_path, folder, "KITTI_rectangles", out="boxes")
    found = sorted(zip(rectangles.samples[0].classes.tolist(), rectangles.samples[0].boxes.tolist(), strict=True))
    assert found == [(4, [3, 2, 20, 9]), (4, [5, 20, 9, 30]), (11, [30, 12, 52, 38])]
    objects, _ = convert(tmp_path, folder, "RCNN_Masks", out="objects")
    assert sorted(objects.samples[0].classes.tolist()) == [4, 4, 11]
    assert (read_masks(objects.samples[0]).any(axis=0) == (mask > 0)).all()
    labels, _ = convert(tmp_path, folder, "MultiLabeled_Tiles", out="labels")
    assert labels.samples[0].labels == (4, 11)
    tiles, _ = convert(tmp_path, folder, "Export_Tiles", out="tiles")
    assert len(tiles) == 2 and tiles.bands == 5


@pytest.mark.parametrize("form", ["RCNN_Masks", "Classified_Tiles"])
def test_boxes_never_become_masks(tmp_path, form):
    """What is possible is named."""
    with pytest.raises(ParameterError, match=r"holds boxes and .* needs outlines") as refused:
        convert(tmp_path, boxes(tmp_path / "yolo"), form)
    assert "KITTI_rectangles" in str(refused.value) and "Labeled_Tiles" in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_classes_of_whole_images_never_become_boxes(tmp_path):
    """They become chips with a class each, of their own size."""
    for name, cols in (("reed", 40), ("reed", 64), ("lake", 40)):
        image(tmp_path / "classes" / name / f"{cols}.png", cols=cols, seed=cols)
    with pytest.raises(ParameterError, match="classes of whole chips"):
        convert(tmp_path, tmp_path / "classes")
    found, _ = convert(tmp_path, tmp_path / "classes", "Labeled_Tiles")
    assert sorted(sample.labels for sample in found.samples) == [(1,), (2,), (2,)]
    assert sorted(rasterio.open(sample.image).width for sample in found.samples) == [40, 40, 64]


def test_chips_of_several_classes_never_become_chips_of_one(tmp_path):
    """Each would be there twice with another label."""
    several, _ = convert(tmp_path, instances(tmp_path / "coco"), "MultiLabeled_Tiles", out="several")
    with pytest.raises(ParameterError, match=r"2 chips .* have several classes and Imagenet"):
        convert(tmp_path, tmp_path / "several", "Imagenet", out="single")
    again, _ = convert(tmp_path, tmp_path / "several", "MultiLabeled_Tiles", out="again")
    assert [sample.labels for sample in again.samples] == [sample.labels for sample in several.samples]


def differing(folder):
    """Write images of two sizes, one of them grey."""
    boxes(folder)
    image(folder / "images" / "2.png", rows=90, cols=30, seed=5)
    image(folder / "images" / "3.png", bands=1, seed=6)
    text(folder / "labels" / "2.txt", "0 0.5 0.5 1.0 1.0\n")
    text(folder / "labels" / "3.txt", "")
    return folder


def test_chips_of_differing_sizes_are_filled_up_to_the_largest(tmp_path):
    """That is told; grey chips get three bands."""
    found, job = convert(tmp_path, differing(tmp_path / "yolo"))
    assert {sample.shape for sample in found.samples} == {(3, 90, COLS)}
    assert found.samples[2].boxes.tolist() == [[0, 0, 30, 90]]
    assert not read_chip(found.samples[2])[:, :, 30:].any()
    assert not read_chip(found.samples[0])[:, ROWS:].any()
    grey = read_chip(found.samples[3])
    assert (grey[0] == grey[2]).all()
    assert any("differ in size" in line for line in job.warnings)
    assert any("1 grey chips" in line for line in job.messages)
    read_samples([str(tmp_path / "out")], Job())


def test_large_chips_are_cut_into_tiles_and_small_ones_filled_up(tmp_path):
    """Boxes follow; tiles without objects are left out when asked."""
    folder = differing(tmp_path / "yolo")
    found, _ = convert(tmp_path, folder, tile_size=32, stride=16)
    assert {sample.shape for sample in found.samples} == {(3, 32, 32)}
    assert sum(len(sample.boxes) for sample in found.samples) > 4
    some, _ = convert(tmp_path, folder, tile_size=32, out="some", output_nofeature_tiles=False)
    assert all(len(sample.boxes) for sample in some.samples)


def test_georeference_and_source_of_an_export_are_kept(tmp_path):
    """Ours to ours: the split still knows which raster a chip is of, and where."""
    path = write_raster(tmp_path / "scene.tif", scene(4, 97, 131, np.int16))
    layer = write_boxes(tmp_path / "labels.gpkg", on_map((4, 4, 24, 24), (70, 10, 90, 26)))
    folder, _ = export(tmp_path, path, layer, output_nofeature_tiles=True)
    before = read_samples([str(folder)], Job())
    found, _ = convert(tmp_path, folder, "KITTI_rectangles")
    assert np.allclose(found.bounds, before.bounds) and found.sources == before.sources
    assert found.crs_wkt == before.crs_wkt and found.cell_size == before.cell_size
    assert [sample.boxes.tolist() for sample in found.samples] == [s.boxes.tolist() for s in before.samples]
    assert found.samples[0].image.read_bytes() == before.samples[0].image.read_bytes()


def test_chips_without_georeference_have_no_place(tmp_path):
    """Else all would seem to show the same ground."""
    found, _ = convert(tmp_path, boxes(tmp_path / "yolo"))
    assert np.isnan(found.bounds).all()
    assert len(set(found.sources)) == 2


def test_change_pairs_keep_their_second_chips(tmp_path):
    """As Classified_Tiles; other formats leave them out and say so."""
    first = write_raster(tmp_path / "a.tif", scene(3, 96, 128))
    second = write_raster(tmp_path / "b.tif", scene(3, 96, 128, seed=4))
    layer = write_boxes(tmp_path / "labels.gpkg", on_map((4, 4, 50, 60)))
    folder, _ = export(tmp_path, first, layer, metadata_format="Classified_Tiles", in_raster2=second)
    found, _ = convert(tmp_path, folder, "Classified_Tiles")
    before = read_samples([str(folder)], Job())
    assert found.paired
    assert (read_chip(found.samples[0], second=True) == read_chip(before.samples[0], second=True)).all()
    _, job = convert(tmp_path, folder, out="boxes")
    assert any("second chips" in line for line in job.warnings)


def test_a_second_run_goes_on_and_anything_else_is_refused(tmp_path):
    """As the export does."""
    convert(tmp_path, boxes(tmp_path / "yolo"))
    found, job = convert(tmp_path, boxes(tmp_path / "yolo"))
    assert len(found) == 4 and any("goes on with number 2" in line for line in job.messages)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError):
        convert(tmp_path, tmp_path / "yolo", out="taken")


def test_cancel_and_broken_chips_leave_nothing(tmp_path):
    """No folder, no temporary one."""

    class Impatient(Job):
        def progress(self, fraction, text=""):
            if text == "Converting chips" and fraction > 0.3:
                self.cancel()

    folder = instances(tmp_path / "coco")
    with pytest.raises(Cancelled):
        convert(tmp_path, folder, job=Impatient())
    yolo = boxes(tmp_path / "yolo")
    (yolo / "images" / "1.png").unlink()
    broken = image(yolo / "images" / "1.tif", seed=3)
    broken.write_bytes(broken.read_bytes()[:2000])
    with pytest.raises((SampleFolderError, OutputError, RasterError), match=r"1\.tif"):
        convert(tmp_path, yolo)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["coco", "yolo"]


def test_formats_of_images_that_cannot_hold_the_chips_are_refused(tmp_path):
    """Five bands of 16 bits are no JPEG."""
    folder, _ = maps(tmp_path / "masks")
    with pytest.raises(ParameterError, match="image_chip_format"):
        convert(tmp_path, folder, "Classified_Tiles", image_chip_format="JPEG")


def test_jpeg_that_must_be_cut_becomes_png(tmp_path):
    """A second compression would lose more."""
    folder = boxes(tmp_path / "yolo")
    for number in range(2):
        (folder / "images" / f"{number}.png").unlink()
        image(folder / "images" / f"{number}.jpg", seed=number)
    whole, _ = convert(tmp_path, folder, out="whole")
    assert whole.samples[0].image.read_bytes() == (folder / "images" / "0.jpg").read_bytes()
    cut, _ = convert(tmp_path, folder, tile_size=32, out="cut")
    assert cut.samples[0].image.suffix == ".png"


def test_masks_in_colours_become_class_maps(tmp_path):
    """Values and colours are those of the classes."""
    colors = np.zeros((3, ROWS, COLS), np.uint8)
    colors[0, :, :9], colors[2, :, 40:] = 255, 200
    for number in range(2):
        image(tmp_path / "rgb" / "images" / f"{number}.png", seed=number)
        raster(tmp_path / "rgb" / "masks" / f"{number}.png", colors)
    found, _ = convert(tmp_path, tmp_path / "rgb", "Classified_Tiles")
    label = read_label(found.samples[0])
    assert (label[:, :9] == 2).all() and (label[:, 40:] == 1).all() and not label[:, 9:40].any()
    assert [entry.color for entry in found.classes] == [(0, 0, 200), (255, 0, 0)]


def test_turned_chips_keep_their_pixels_and_place(tmp_path):
    """Rows and columns stay as they are stored, whatever the map says."""
    path = write_raster(tmp_path / "scene.tif", scene(2, 96, 128, np.uint16), crs="EPSG:3035")
    layer = write_boxes(tmp_path / "labels.gpkg", on_map((30, 30, 60, 56)), crs="EPSG:3035")
    folder, _ = export(tmp_path, path, layer, rotation_angle=120)
    before = read_samples([str(folder)], Job())
    found, _ = convert(tmp_path, folder)
    for one, two in zip(before.samples, found.samples, strict=True):
        assert (read_chip(one) == read_chip(two)).all()
        assert np.allclose(one.boxes, two.boxes, atol=0.011)
        with rasterio.open(one.image) as first, rasterio.open(two.image) as second:
            assert first.transform.almost_equals(second.transform, 1e-6)


def test_transparent_pixels_are_void_and_the_alpha_band_is_left_out(tmp_path):
    """As for any raster."""
    folder = boxes(tmp_path / "yolo")
    for number in range(2):
        pixels = np.full((4, ROWS, COLS), 90, np.uint8)
        pixels[3] = 255
        pixels[3, :, :10] = 0
        raster(folder / "images" / f"{number}.png", pixels)
    found, _ = convert(tmp_path, folder)
    chip = read_chip(found.samples[0])
    assert chip.shape == (3, ROWS, COLS) and not chip[:, :, :10].any() and (chip[:, :, 10:] == 90).all()
