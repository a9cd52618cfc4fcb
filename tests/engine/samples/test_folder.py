"""Training folders: ours, Esri's, those of others."""

import json
import shutil

import numpy as np
import pytest
import rasterio

from engine.errors import Cancelled, SampleFolderError
from engine.job import Job
from engine.pipelines.export_training_data import run
from engine.samples.folder import read_chip, read_samples
from engine.tools.export_training_data import ExportTrainingData
from tests.rasters import write_boxes, write_raster

VOC = "<annotation><size><width>{w}</width><height>{h}</height><depth>3</depth></size>{objects}</annotation>"
OBJECT = "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"


def exported(folder, **options):
    """Export a small scene with two classes to a folder."""
    folder.parent.mkdir(exist_ok=True)
    image = np.random.default_rng(4).integers(0, 255, (3, 96, 128), np.uint8)
    raster = write_raster(folder.parent / "scene.tif", image, left=0, top=96, cell_size=1, photometric="RGB")
    labels = write_boxes(folder.parent / "pads.gpkg", [(10, 70, 20, 80), (60, 40, 75, 50)], kind=[2, 7])
    settings = {"tile_size_x": 32, "tile_size_y": 32, "stride_x": 16, "stride_y": 16, "class_value_field": "kind"}
    run(
        ExportTrainingData(in_raster=raster, out_folder=str(folder), in_class_data=labels, **{**settings, **options}),
        Job(),
    )
    return folder


def voc_folder(folder, names=("car", "bus"), size=(40, 30), images="JPEGImages", labels="Annotations", suffix="png"):
    """Write a folder of somebody else: one chip a name, one box each."""
    (folder / images).mkdir(parents=True)
    (folder / labels).mkdir()
    for index, name in enumerate(names):
        pixels = np.full((3, size[1], size[0]), index, np.uint8)
        with rasterio.open(
            folder / images / f"p{index}.{suffix}",
            "w",
            driver="PNG",
            width=size[0],
            height=size[1],
            count=3,
            dtype="uint8",
        ) as file:
            file.write(pixels)
        text = VOC.format(w=size[0], h=size[1], objects=OBJECT.format(name, 1, 2, 20, 25))
        (folder / labels / f"p{index}.xml").write_text(text)
    return folder


def test_our_folder_is_read_with_all_that_it_says(tmp_path):
    """Boxes, classes, statistics, place and source of each chip."""
    folder = exported(tmp_path / "chips")
    samples = read_samples([str(folder)], Job())
    assert (samples.metadata_format, samples.bands, samples.dtype) == ("PASCAL_VOC_rectangles", 3, "uint8")
    assert (samples.tile_rows, samples.tile_cols, samples.cell_size) == (32, 32, (1.0, 1.0))
    assert [(entry.value, entry.name) for entry in samples.classes] == [(2, "2"), (7, "7")]
    assert all(min(entry.color) >= 0 for entry in samples.classes)
    assert samples.band_names == ("Red", "Green", "Blue") and samples.image_space == "MAP_SPACE"
    assert samples.bounds[0].tolist() == [0, 64, 32, 96]
    assert set(samples.sources) == {str(tmp_path / "scene.tif")}
    assert samples.samples[0].boxes.tolist() == [[10, 16, 20, 26]] and samples.samples[0].classes.tolist() == [2]
    pixels = np.stack([read_chip(sample) for sample in samples.samples]).astype(float)
    assert pixels.shape[1:] == (3, 32, 32)
    assert samples.band_stats.mean == pytest.approx(pixels.mean(axis=(0, 2, 3)))
    assert samples.band_stats.std == pytest.approx(pixels.std(axis=(0, 2, 3)))
    assert "32633" in samples.crs_wkt and samples.emd["UnlabelledValue"] is None and samples.stats["NumBands"] == 3


def test_an_export_of_esri_is_read(tmp_path):
    """Nine digits, no list of chips, old template, backslashes; georeference from the chips."""
    folder = exported(tmp_path / "chips", metadata_format="KITTI_rectangles")
    (folder / "chips.csv").unlink()
    statistics = json.loads((folder / "esri_accumulated_stats.json").read_text())
    for key in ("ImageryDL", "BandStatsState", "MinCellSize", "MaxCellSize", "InputRastersProps"):
        statistics.pop(key)
    statistics["MetaDataMode"] = "KITTI_RECTANGLES"
    statistics["Classes"][0]["ClassName"] = "Tower crane"
    (folder / "esri_accumulated_stats.json").write_text("\ufeff" + json.dumps(statistics), encoding="utf-8")
    (folder / "esri_model_definition.emd").write_text('{"ImageHeight": "e.g. 256", "Classes": []}')
    for file in [*(folder / "images").iterdir(), *(folder / "labels").iterdir()]:
        file.rename(file.with_name(file.name[3:]))
    samples = read_samples([str(folder)], Job())
    assert samples.metadata_format == "KITTI_rectangles" and samples.samples[0].image.name == "000000000.tif"
    assert [entry.name for entry in samples.classes] == ["Tower crane", "7"]
    assert samples.bounds[0].tolist() == [0, 64, 32, 96] and samples.band_stats is None
    assert samples.cell_size == (1.0, 1.0) and set(samples.sources) == {""}


def test_a_voc_folder_of_others_is_read(tmp_path):
    """Published names of the sub-folders, class names; values 1..n in the order of the names; no place."""
    samples = read_samples([str(voc_folder(tmp_path / "voc"))], Job())
    assert [(entry.value, entry.name) for entry in samples.classes] == [(1, "bus"), (2, "car")]
    assert [sample.classes.tolist() for sample in samples.samples] == [[2], [1]]
    assert np.isnan(samples.bounds).all() and samples.cell_size is None and samples.crs_wkt is None
    assert (read_chip(samples.samples[1]) == 1).all()


def test_a_kitti_folder_of_others_is_read(tmp_path):
    """Names in the first column, in folders as KITTI names them; numbers are values."""
    folder = voc_folder(tmp_path / "kitti", images="image_2", labels="label_2")
    for index, name in enumerate(("Van", "9")):
        (folder / "label_2" / f"p{index}.xml").unlink()
        (folder / "label_2" / f"p{index}.txt").write_text(f"{name} 0 0 -10 1 2 500 25 -1 -1 -1 -1 -1 -1 -1 0.5\n")
    samples = read_samples([str(folder)], Job())
    assert [entry.name for entry in samples.classes] == ["9", "Van"]
    assert samples.samples[0].boxes.tolist() == [[1, 2, 40, 25]]
    (folder / "label_2" / "p0.txt").write_text("4 0 0 -10 1 2 5 25 -1 -1 -1 -1 -1 -1 -1\n")
    assert [entry.value for entry in read_samples([str(folder)], Job()).classes] == [4, 9]


def test_folders_are_joined_and_classes_united_by_value(tmp_path):
    """Statistics of all chips together; a name is better than a number."""
    one, two = exported(tmp_path / "a" / "chips"), exported(tmp_path / "b" / "chips")
    path = two / "esri_accumulated_stats.json"
    path.write_text(path.read_text().replace('"ClassName" : "7"', '"ClassName" : "tank"'))
    alone, both = read_samples([str(one)], Job()), read_samples([str(one), str(two)], Job())
    assert len(both) == 2 * len(alone) == len(both.sources) == len(both.bounds)
    assert [entry.name for entry in both.classes] == ["2", "tank"]
    assert both.band_stats.std == pytest.approx(alone.band_stats.std)


def test_chips_with_alpha_or_palette_are_read_as_colours(tmp_path):
    """Four bands of which one is alpha are three; a palette becomes three."""
    folder = voc_folder(tmp_path / "voc", names=("1", "1"))
    for index, bands in enumerate((4, 1)):
        path = folder / "JPEGImages" / f"p{index}.png"
        path.unlink()
        with rasterio.open(path, "w", driver="PNG", width=40, height=30, count=bands, dtype="uint8") as file:
            file.write(np.ones((bands, 30, 40), np.uint8))
            if bands == 1:
                file.write_colormap(1, {0: (0, 0, 0, 255), 1: (9, 8, 7, 255)})
    samples = read_samples([str(folder)], Job())
    assert [read_chip(sample)[:, 0, 0].tolist() for sample in samples.samples] == [[1, 1, 1], [9, 8, 7]]


def test_what_can_be_left_out_is_left_out_and_told(tmp_path):
    """Chips without label, labels without chip, undeclared classes, boxes without area."""
    folder = exported(tmp_path / "chips")
    labels = sorted((folder / "labels").iterdir())
    labels[0].unlink()
    (folder / "labels" / "stray.xml").write_text("<annotation/>")
    labels[1].write_text(VOC.format(w=32, h=32, objects=OBJECT.format(99, 1, 1, 5, 5) + OBJECT.format(2, 6, 6, 6, 9)))
    job = Job()
    samples = read_samples([str(folder)], job)
    assert not len(samples.samples[0].boxes)
    told = " ".join(job.warnings)
    for part in (
        "1 chips have no label file",
        "1 label files have no chip",
        "does not declare",
        "1 boxes without an area",
    ):
        assert part in told


def spoil_empty(folder):
    """No chip at all."""
    shutil.rmtree(folder / "images")
    (folder / "images").mkdir()


def spoil_one_chip(folder):
    """All but one chip gone."""
    for file in sorted((folder / "images").glob("*.tif"))[1:]:
        file.unlink()


def spoil_xml(folder):
    """A label file that ends too early."""
    next((folder / "labels").iterdir()).write_text("<annotation>")


def spoil_size(folder):
    """The label of one chip says another size, and it has it."""
    write_raster(folder / "images" / "000000000001.tif", np.ones((3, 16, 32), np.uint8))
    label = folder / "labels" / "000000000001.xml"
    label.write_text(label.read_text().replace("<height>32", "<height>16"))


def spoil_bands(folder):
    """A chip that the list does not know has one band."""
    write_raster(folder / "images" / "new.tif", np.ones((1, 32, 32), np.uint8))
    shutil.copy(folder / "labels" / "000000000001.xml", folder / "labels" / "new.xml")


def spoil_objects(folder):
    """No object in any label file."""
    for file in (folder / "labels").iterdir():
        file.write_text(VOC.format(w=32, h=32, objects=""))


def spoil_first_chip(folder):
    """The first chip is no image."""
    (folder / "images" / "000000000000.tif").write_bytes(b"II*\0 no more")


def spoil_json(folder):
    """Statistics that are no JSON."""
    (folder / "esri_accumulated_stats.json").write_text("{")


def spoil_mode(folder):
    """Labels for another task."""
    path = folder / "esri_accumulated_stats.json"
    path.write_text(path.read_text().replace("PASCAL_VOC_rectangles", "Super_Tiles"))


def spoil_labels(folder):
    """No label files."""
    shutil.rmtree(folder / "labels")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (spoil_empty, "is empty: images holds no chip"),
        (spoil_one_chip, "holds one chip"),
        (spoil_xml, "is no valid XML"),
        (
            spoil_size,
            "has 3 bands, 32 x 32 pixels of uint8 and .*000000000001.tif has 3 bands, 32 x 16 pixels of uint8",
        ),
        (spoil_bands, r"new\.tif has 1 bands"),
        (spoil_objects, "no chip of .* has a label"),
        (spoil_first_chip, "000000000000.tif cannot be read: it is damaged"),
        (spoil_json, "is no valid JSON"),
        (spoil_mode, "labels of the format Super_Tiles"),
        (spoil_labels, "has no folders images and labels"),
        (shutil.rmtree, "does not exist"),
    ],
)
def test_folders_that_cannot_be_learned_from_get_one_sentence(tmp_path, spoil, says):
    """Each fault is named with the folder or file."""
    folder = exported(tmp_path / "chips")
    spoil(folder)
    with pytest.raises(SampleFolderError, match=says):
        read_samples([str(folder)], Job())


def test_folders_that_do_not_go_together_are_refused(tmp_path):
    """Another format, another size, other names for the same value."""
    one = exported(tmp_path / "a" / "chips")
    kitti = exported(tmp_path / "b" / "chips", metadata_format="KITTI_rectangles")
    with pytest.raises(SampleFolderError, match=r"holds KITTI_rectangles and .* PASCAL_VOC_rectangles"):
        read_samples([str(one), str(kitti)], Job())
    wide = exported(tmp_path / "c" / "chips", tile_size_x=48)
    with pytest.raises(SampleFolderError, match="same chip size"):
        read_samples([str(one), str(wide)], Job())
    other = exported(tmp_path / "d" / "chips")
    for folder, name in ((one, "pad"), (other, "tank")):
        path = folder / "esri_accumulated_stats.json"
        path.write_text(path.read_text().replace('"ClassName" : "7"', f'"ClassName" : "{name}"'))
    with pytest.raises(SampleFolderError, match="class 7 is pad in one folder and tank in"):
        read_samples([str(one), str(other)], Job())
    with pytest.raises(SampleFolderError, match="no training folder is given"):
        read_samples([], Job())


def test_chips_of_different_sizes_of_others_are_refused_with_two_examples(tmp_path):
    """Photographs of all sizes are no chips."""
    folder = voc_folder(tmp_path / "voc")
    with rasterio.open(
        folder / "JPEGImages" / "p1.png", "w", driver="PNG", width=20, height=20, count=3, dtype="uint8"
    ) as file:
        file.write(np.ones((3, 20, 20), np.uint8))
    with pytest.raises(SampleFolderError, match=r"p0\.png has 3 bands, 40 x 30 pixels.*p1\.png has 3 bands, 20 x 20"):
        read_samples([str(folder)], Job())


def test_a_corrupt_chip_is_named_when_it_is_read(tmp_path):
    """Cut short, replaced by another size, gone."""
    samples = read_samples([str(exported(tmp_path / "chips"))], Job()).samples
    content = samples[1].image.read_bytes()
    samples[1].image.write_bytes(content[: len(content) // 2])
    write_raster(samples[2].image, np.ones((3, 16, 16), np.uint8))
    samples[3].image.unlink()
    for sample, says in (
        (samples[1], "damaged"),
        (samples[2], "16 x 16 pixels and the others"),
        (samples[3], "damaged"),
    ):
        with pytest.raises(SampleFolderError, match=f"{sample.image.name}.*{says}"):
            read_chip(sample)
    assert read_chip(samples[0]).shape == (3, 32, 32)


def test_reading_is_cancelled(tmp_path):
    """At the next label file."""
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        read_samples([str(exported(tmp_path / "chips"))], job)


def test_many_chips_of_others_are_opened_in_order_and_the_first_damaged_one_is_named(tmp_path):
    """Several threads open them; a cancel is heard in between."""
    folder = voc_folder(tmp_path / "voc", names=("car", "bus") * 75)
    for number in (70, 140):
        place = rasterio.Affine(1, 0, 10.0 * number, 0, -1, 0)
        write_raster(folder / "JPEGImages" / f"p{number}.tif", np.zeros((3, 30, 40), np.uint8), transform=place)
        (folder / "JPEGImages" / f"p{number}.png").unlink()
    samples = read_samples([str(folder)], Job())
    placed = {sample.image.name: bounds[0] for sample, bounds in zip(samples.samples, samples.bounds, strict=True)}
    assert len(samples) == 150 and [name for name, left in placed.items() if left == left] == ["p140.tif", "p70.tif"]
    assert placed["p70.tif"] == 700 and placed["p140.tif"] == 1400

    for number in (99, 31):
        (folder / "JPEGImages" / f"p{number}.png").write_bytes(b"\x89PNG")
    with pytest.raises(SampleFolderError, match=r"the chip .*p31\.png cannot be read: it is damaged"):
        read_samples([str(folder)], Job())
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        read_samples([str(folder)], job)
