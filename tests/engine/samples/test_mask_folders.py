"""Folders of label rasters: ours, Esri's, those of others; what 0 means; what is mended and what is refused."""

import json
import os
import time

import numpy as np
import pytest
import rasterio
from affine import Affine

from engine.errors import Cancelled, SampleFolderError
from engine.job import Job
from engine.samples.folder import MaskSample, read_chip, read_label, read_samples
from engine.samples.samples import NO_LABEL
from engine.tools.values import FeatureSource
from tests.engine.pipelines.exporting import export, on_map, scene
from tests.rasters import write_boxes, write_raster


def exported(tmp_path, boxes=((2, 2, 12, 12), (20, 2, 28, 12), (70, 40, 80, 50)), classvalue=(3, 300, 3), **options):
    """Export classified tiles of a small scene and return their folder."""
    layer = write_boxes(tmp_path / "cover.gpkg", on_map(*boxes), classvalue=list(classvalue))
    raster = write_raster(tmp_path / "r.tif", scene(), photometric="RGB")
    return export(tmp_path, raster, layer, metadata_format="Classified_Tiles", **options)[0]


def of_others(folder, masks, images="images", labels="masks", suffix="png", **profile):
    """Write a folder of somebody else: chips of one band and their masks."""
    (folder / images).mkdir(parents=True)
    (folder / labels).mkdir()
    for index, mask in enumerate(masks):
        rows, cols = np.shape(mask)[-2:]
        for part, pixels in (
            (images, np.full((1, rows, cols), 50 + index, np.uint8)),
            (labels, np.array(mask, ndmin=3)),
        ):
            shape = {"width": cols, "height": rows, "count": len(pixels), "dtype": pixels.dtype}
            kind = {"driver": "PNG"} if suffix == "png" else {"driver": "GTiff", **profile}
            with rasterio.open(folder / part / f"p{index}.{suffix}", "w", **kind, **shape) as file:
                file.write(pixels)
    return folder


MASKS = [np.array([[0, 0, 4, 4], [0, 7, 7, 7]], np.uint8), np.zeros((2, 4), np.uint8)]


def test_our_folder_is_read_with_all_that_it_says(tmp_path):
    """Values and counts of each chip, classes, statistics, place."""
    folder = exported(tmp_path)
    samples = read_samples([str(folder)], Job())
    first, second = samples.samples
    assert isinstance(first, MaskSample) and samples.metadata_format == "Classified_Tiles" and samples.unlabelled == 0
    assert first.values.tolist() == [0, 3, 300] and first.counts.tolist() == [1024 - 180, 100, 80]
    assert second.values.tolist() == [0, 3] and first.image2 is None
    assert read_label(first).dtype == np.uint16 and (read_label(first)[2:12, 20:28] == 300).all()
    assert [(entry.value, entry.name) for entry in samples.classes] == [(3, "3"), (300, "300")]
    assert samples.samples[0].shape == (3, 32, 32) and samples.cell_size == (0.5, 0.5)
    assert samples.band_stats.mean.shape == (3,) and "32633" in samples.crs_wkt


def test_a_label_changed_after_the_export_is_looked_at(tmp_path):
    """A newer file counts more than the list of the export; its new class is taken in, and told."""
    folder = exported(tmp_path)
    path = folder / "labels" / "000000000001.tif"
    with rasterio.open(path, "r+") as label:
        label.write(np.full((1, 32, 32), 9, np.uint16))
    later = time.time() + 5
    os.utime(path, (later, later))
    job = Job()
    samples = read_samples([str(folder)], job)
    assert samples.samples[1].values.tolist() == [9] and [entry.value for entry in samples.classes] == [3, 9, 300]
    assert "does not declare, taken as classes: 9" in job.warnings[0]


@pytest.mark.parametrize(("values", "unlabelled"), [((3, 300, 3), 0), ((3, 3, 3), None)])
def test_an_export_of_esri_says_by_its_classes_what_0_means(tmp_path, values, unlabelled):
    """No list of chips, no word on 0: several classes leave it unlabelled, one has a background; told."""
    folder = exported(tmp_path, classvalue=values)
    (folder / "chips.csv").unlink()
    for path in (folder / "labels").glob("*.tif"):
        with rasterio.open(path, "r+") as label:
            label.nodata = None
    template = json.loads((folder / "esri_model_definition.emd").read_text())
    del template["UnlabelledValue"]
    template["Classes"][0]["Color"] = [1, 2, 3]
    (folder / "esri_model_definition.emd").write_text(json.dumps(template))
    job = Job()
    samples = read_samples([str(folder)], job)
    assert samples.unlabelled == unlabelled and samples.classes[0].color == (1, 2, 3)
    assert "does not say what 0 means" in " ".join(job.messages)


def test_class_0_among_esris_classes_is_the_background(tmp_path):
    """It is no class of its own then."""
    folder = exported(tmp_path)
    path = folder / "esri_accumulated_stats.json"
    statistics = json.loads(path.read_text())
    statistics["Classes"].insert(0, {"ClassValue": 0, "ClassName": "Background"})
    path.write_text(json.dumps(statistics))
    template = json.loads((folder / "esri_model_definition.emd").read_text())
    del template["UnlabelledValue"]
    (folder / "esri_model_definition.emd").write_text(json.dumps(template))
    (folder / "chips.csv").unlink()
    for label in (folder / "labels").glob("*.tif"):
        with rasterio.open(label, "r+") as file:
            file.nodata = None
    samples = read_samples([str(folder)], Job())
    assert samples.unlabelled is None and [entry.value for entry in samples.classes] == [3, 300]


@pytest.mark.parametrize(("suffix", "labels"), [("png", "masks"), ("tif", "labels")])
def test_folders_of_others_are_read(tmp_path, suffix, labels):
    """Any images beside masks of the same name; values are the classes; an empty mask among others is fine."""
    job = Job()
    samples = read_samples([str(of_others(tmp_path / "x", MASKS, labels=labels, suffix=suffix))], job)
    assert [(entry.value, entry.name) for entry in samples.classes] == [(4, "4"), (7, "7")]
    assert all(min(entry.color) >= 0 for entry in samples.classes) and samples.unlabelled == 0
    assert samples.samples[0].values.tolist() == [0, 4, 7] and samples.samples[0].counts.tolist() == [3, 2, 3]
    assert samples.samples[1].values.tolist() == [0] and (read_label(samples.samples[0]) == MASKS[0]).all()
    assert not job.warnings and (read_chip(samples.samples[1]) == 51).all()


def test_palette_masks_keep_their_indexes(tmp_path):
    """The colours of a PNG palette are looks, its indexes classes."""
    folder = of_others(tmp_path / "x", MASKS)
    for path in (folder / "masks").iterdir():
        with rasterio.open(path) as file:
            pixels = file.read()
        with rasterio.open(path, "w", driver="PNG", width=4, height=2, count=1, dtype="uint8") as file:
            file.write_colormap(1, {0: (0, 0, 0, 255), 4: (255, 0, 0, 255), 7: (0, 9, 0, 255)})
            file.write(pixels)
    samples = read_samples([str(folder)], Job())
    assert (read_label(samples.samples[0]) == MASKS[0]).all() and samples.samples[0].values.tolist() == [0, 4, 7]


def test_binary_masks_have_a_background_and_nodata_none(tmp_path):
    """One class beside 0; labels that declare 0 as nodata are unlabelled there."""
    masks = [np.where(mask > 0, 255, 0).astype(np.uint8) for mask in MASKS]
    assert read_samples([str(of_others(tmp_path / "a", masks))], Job()).unlabelled is None
    sparse = of_others(tmp_path / "b", masks, suffix="tif", nodata=0)
    assert read_samples([str(sparse)], Job()).unlabelled == 0


def test_folders_are_joined_when_they_mean_the_same_by_0(tmp_path):
    """Classes are united; a contradiction is refused."""
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
    one = exported(tmp_path / "a")
    two = exported(tmp_path / "b", classvalue=(1, 300, 4))
    both = read_samples([str(one), str(two)], Job())
    assert [entry.value for entry in both.classes] == [1, 3, 4, 300] and len(both) == 4
    other = exported(tmp_path / "c", classvalue=(3, 3, 3))
    with pytest.raises(SampleFolderError, match=r"0 is the background in .*c.chips and unlabelled in .*a.chips"):
        read_samples([str(one), str(other)], Job())


def test_change_pairs_of_others_are_read(tmp_path):
    """Two folders of images and one of labels; chips without a partner are left out, and counted."""
    folder = of_others(tmp_path / "x", [MASKS[0]] * 3, images="images_before", labels="labels")
    (folder / "images_after").mkdir()
    for index in range(2):
        (folder / "images_after" / f"p{index}.png").write_bytes((folder / "images_before" / "p2.png").read_bytes())
    job = Job()
    samples = read_samples([str(folder)], job)
    assert len(samples) == 2 and "1 chips have no second chip" in job.warnings[0]
    assert (read_chip(samples.samples[0], second=True) == 52).all() and (read_chip(samples.samples[0]) == 50).all()


def test_labels_of_another_size_are_resampled_through_their_georeference(tmp_path):
    """Nearest neighbour, told once; without a georeference they are refused."""
    folder = exported(tmp_path)
    (folder / "chips.csv").unlink()
    for path in (folder / "labels").glob("*.tif"):
        with rasterio.open(path) as label:
            pixels, place, crs = label.read().repeat(2, 1).repeat(2, 2), label.transform, label.crs
        write_raster(path, pixels, transform=place @ Affine.scale(0.5), crs=crs)
    job = Job()
    samples = read_samples([str(folder)], job)
    assert "2 labels have another size or place than their chip" in job.warnings[0]
    assert samples.samples[0].counts.tolist() == [1024 - 180, 100, 80]
    assert (read_label(samples.samples[0])[2:12, 2:12] == 3).all()
    others = of_others(tmp_path / "x", MASKS)
    with rasterio.open(
        others / "masks" / "p1.png", "w", driver="PNG", width=5, height=5, count=1, dtype="uint8"
    ) as file:
        file.write(np.ones((1, 5, 5), np.uint8))
    with pytest.raises(SampleFolderError, match=r"p1\.png has 5 x 5 pixels and its chip 4 x 2"):
        read_samples([str(others)], Job())


@pytest.mark.parametrize(
    ("masks", "says"),
    [
        ([np.zeros((2, 4), np.uint8)] * 2, "has a labelled pixel: export chips with labelled ground"),
        ([np.full((2, 4), -2, np.int16)] * 2, "holds -2 and class values are whole numbers from 0 to 65535"),
        ([np.full((2, 4), 70_000, np.int32)] * 2, "holds 70000 and class values"),
        ([np.full((2, 4), 1.5, np.float32)] * 2, r"holds 1\.5 and class values"),
        ([np.full((2, 4), np.nan, np.float32)] * 2, "holds nan and class values"),
        ([np.ones((3, 2, 4), np.uint16)] * 2, "has 3 bands and a label raster has one"),
    ],
)
def test_labels_that_cannot_be_learned_from_get_one_sentence(tmp_path, masks, says):
    """With the file and the remedy."""
    with pytest.raises(SampleFolderError, match=says) as caught:
        read_samples([str(of_others(tmp_path / "x", masks, suffix="tif"))], Job())
    assert "\n" not in str(caught.value)


def test_whole_numbers_stored_as_decimals_are_read(tmp_path):
    """Some tools write masks as float32."""
    masks = [mask.astype(np.float32) for mask in MASKS]
    samples = read_samples([str(of_others(tmp_path / "x", masks, suffix="tif"))], Job())
    assert read_label(samples.samples[0]).dtype == np.uint8 and samples.samples[0].values.tolist() == [0, 4, 7]


def test_nodata_of_a_label_is_no_class_though_another_label_has_one_of_its_value(tmp_path):
    """The pixels that a file declares nodata are ``NO_LABEL``, also those that no class value could be."""
    folders = []
    for nodata, masks in ((255, [[0, 255], [4, 255]]), (-9999, [[0, 255], [4, -9999]])):
        folders.append(str(of_others(tmp_path / str(nodata), [np.array(masks, np.int16)] * 2, suffix="tif")))
        for path in (tmp_path / str(nodata) / "masks").iterdir():
            with rasterio.open(path, "r+") as label:
                label.nodata = nodata
    samples = read_samples(folders, Job())
    assert [entry.value for entry in samples.classes] == [4, 255]
    assert read_label(samples.samples[0]).tolist() == [[0, NO_LABEL], [4, NO_LABEL]]
    assert read_label(samples.samples[2]).tolist() == [[0, 255], [4, NO_LABEL]]


def test_beyond_its_label_a_chip_has_none_though_0_is_the_background(tmp_path):
    """A label a quarter beside its chip says nothing of the ground that it does not cover."""
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    masks = np.array([[[0, 1, 1, 0], [1, 0, 0, 1], [0, 0, 1, 1], [1, 1, 1, 1]]], np.uint8)
    for name in ("a.tif", "b.tif"):
        write_raster(tmp_path / "images" / name, np.ones((1, 4, 4), np.uint8))
        write_raster(tmp_path / "labels" / name, masks, left=500_000.5, top=4_650_000 - 1.0)
    samples = read_samples([str(tmp_path)], Job())
    assert samples.unlabelled is None and samples.samples[0].counts.tolist() == [3, 3]
    expected = np.full((4, 4), NO_LABEL)
    expected[2:, 1:] = masks[0, :2, :3]
    assert read_label(samples.samples[0]).tolist() == expected.tolist()


def test_a_label_stored_south_up_lies_on_its_ground(tmp_path):
    """Chip and label have one place and size, and the rows of one run the other way."""
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    mask = np.array([[[1, 2, 2], [1, 1, 1], [2, 2, 1]]], np.uint8)
    for name in ("a.tif", "b.tif"):
        write_raster(tmp_path / "images" / name, np.ones((1, 3, 3), np.uint8), top=4_650_000)
        upward = Affine(0.5, 0, 500_000, 0, 0.5, 4_650_000 - 1.5)
        write_raster(tmp_path / "labels" / name, mask[:, ::-1], transform=upward)
    samples = read_samples([str(tmp_path)], Job())
    assert (read_label(samples.samples[0]) == mask[0]).all()


def test_an_export_that_goes_on_with_a_class_that_stood_for_nodata_keeps_both(tmp_path):
    """255 is nodata of the first labels and a class of the later ones."""
    raster = write_raster(tmp_path / "r.tif", scene())
    values = np.random.default_rng(0).choice(np.array([0, 1, 2, 9], np.uint8), (1, 96, 128))
    first = write_raster(tmp_path / "a.tif", values, nodata=9)
    later = write_raster(tmp_path / "b.tif", np.where(values == 9, 255, values).astype(np.uint8))
    for labels in (first, later):
        folder, _ = export(tmp_path, raster, FeatureSource(labels), metadata_format="Classified_Tiles")
    samples = read_samples([str(folder)], Job())
    read = [read_label(sample) for sample in samples.samples]
    assert [entry.value for entry in samples.classes] == [1, 2, 255]
    assert sum(int((label == 255).sum()) for label in read) == (values == 9).sum()
    assert sum(int((label == NO_LABEL).sum()) for label in read) == (values == 9).sum()


def test_a_damaged_label_is_named_and_a_cancel_is_heard(tmp_path):
    """When the folder is read, and when a label is."""
    folder = exported(tmp_path)
    samples = read_samples([str(folder)], Job())
    path = folder / "labels" / "000000000001.tif"
    path.write_bytes(b"no raster")
    with pytest.raises(SampleFolderError, match=r"the label .*000000000001\.tif cannot be read: it is damaged"):
        read_label(samples.samples[1])
    (folder / "chips.csv").unlink()
    with pytest.raises(SampleFolderError, match="cannot be read: it is damaged"):
        read_samples([str(folder)], Job())
    job = Job()
    job.cancel()
    with pytest.raises(Cancelled):
        read_samples([str(folder)], job)
