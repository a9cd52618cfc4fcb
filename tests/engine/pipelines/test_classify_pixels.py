"""Classify Pixels Using Deep Learning, from rasters to class rasters; the network knows classes by brightness."""

from __future__ import annotations

import filecmp
import json
import os
import re
from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.errors import RasterioIOError
from rasterio.transform import Affine

from engine.errors import Cancelled, EngineError
from engine.inference.pixel_outputs import write_rasters
from engine.job import Job
from engine.pipelines.classify_pixels import run
from engine.raster.class_raster import class_raster
from engine.raster.mosaic import write_mosaic
from engine.tools.classify_pixels import ClassifyPixels
from engine.tools.kinds import Features
from engine.tools.values import Extent, FeatureSource, FeatureTarget
from engine.vector.reading import read_features
from tests.engine.inference.bright import bright_model
from tests.engine.inference.levels import level_image, level_model
from tests.rasters import write_boxes, write_raster

VALUES = (1, 2, 5)


@pytest.fixture
def model(tmp_path, monkeypatch):
    """Three classes, tiles of 64 pixels, a padding of 8."""
    return level_model(tmp_path / "model", monkeypatch, values=VALUES)


def classify(model, raster, job=None, **parameters):
    """Run the tool on a raster and return its outputs."""
    source = raster if isinstance(raster, FeatureSource) else FeatureSource(str(raster))
    return run(ClassifyPixels(in_raster=source, in_model_definition=model, **parameters), job or Job())


def values_of(path):
    """Return the pixels of a result."""
    with rasterio.open(path) as dataset:
        return dataset.read(1)


def same_bytes(one, other):
    """Return whether two files are the same."""
    return filecmp.cmp(one, other, shallow=False)


def test_every_pixel_gets_its_class_with_names_and_colours(tmp_path, model):
    """The grid is the raster's, nodata stays nodata, tables and colour map name the classes."""
    # given 16-bit pixels in five bands, not square, with a wedge of nodata
    image, truth = level_image(150, 211, 3, bands=5, dtype=np.uint16)
    image[:, 20:60, 150:] = 65535
    raster = write_raster(tmp_path / "scene.tif", image, nodata=65535, cell_size=2.5)
    # when it is classified
    job = Job()
    outputs = classify(model, raster, job, out_classified_raster=str(tmp_path / "classes.tif"))
    # then every valid pixel has the value of its class and the rest is nodata
    expected = np.array(VALUES)[truth]
    expected[20:60, 150:] = 0
    with rasterio.open(outputs["out_classified_raster"]) as result, rasterio.open(raster) as source:
        assert (result.read(1) == expected).all()
        assert (result.dtypes, result.nodata) == (("uint8",), 0)
        assert (result.transform, result.crs, result.shape) == (source.transform, source.crs, source.shape)
        assert result.colormap(1)[5] == (0, 0, 255, 255)
        assert result.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    found = class_raster(outputs["out_classified_raster"], job=Job())
    assert [(entry.value, entry.name) for entry in found.classes] == [(1, "class 1"), (2, "class 2"), (5, "class 5")]
    assert found.unlabelled == 0
    assert any("15 tiles of 64 x 64 pixels" in line for line in job.messages)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(("classes", "."))) == [
        "classes.tif", "classes.tif.aux.xml", "classes.tif.run.json", "classes.tif.vat.cpg", "classes.tif.vat.dbf",
    ]  # fmt: skip
    report = json.loads((tmp_path / "classes.tif.run.json").read_text())
    assert report["images"][0]["seam_score"]["value"] > 0


def test_a_background_is_a_class_with_a_name_and_nodata_is_another_value(tmp_path, monkeypatch):
    """0 is predicted, so it cannot be nodata; predict_background False gives every pixel another class."""
    model = level_model(tmp_path / "m", monkeypatch, values=(7, 9), background=True)
    image, truth = level_image(70, 90, 3)
    image[:, :5] = 255
    raster = write_raster(tmp_path / "a.tif", image, nodata=255)
    with_background = values_of(
        classify(model, raster, out_classified_raster=str(tmp_path / "b.tif"))["out_classified_raster"]
    )
    expected = np.array((0, 7, 9))[truth]
    expected[:5] = 255
    assert (with_background == expected).all()
    assert class_raster(str(tmp_path / "b.tif"), job=Job()).unlabelled is None
    out = str(tmp_path / "c.tif")
    classify(model, raster, out_classified_raster=out, arguments=(("predict_background", "False"),))
    without = np.array((7, 7, 9))[truth]
    without[:5] = 0
    assert (values_of(out) == without).all()


GRIDS = {
    "south-up": (Affine(0.5, 0, 500_000, 0, 0.5, 4_650_000), "EPSG:32633"),
    "mirrored": (Affine(-0.5, 0, 500_000, 0, -0.5, 4_650_000), "EPSG:32633"),
    "degrees": (Affine(1e-5, 0, 15.1, 0, -1.5e-5, 41.2), "EPSG:4326"),
    "feet": (Affine(2, 0, 2_000_000, 0, -2, 600_000), "EPSG:2263"),
    "no EPSG": (Affine(30, 0, 100_000, 0, -30, 200_000), "+proj=laea +lat_0=45 +lon_0=11 +ellps=GRS80 +units=m"),
    "no CRS": (Affine(3, 0, 10, 0, -3, 20), None),
    "no place": (Affine.identity(), None),
}


@pytest.mark.parametrize("pixel_space", [False, True])
@pytest.mark.parametrize("name", GRIDS)
def test_results_lie_on_the_very_pixels_of_the_raster(tmp_path, monkeypatch, name, pixel_space):
    """Whatever the orientation, the unit or the CRS."""
    model = level_model(tmp_path / "m", monkeypatch, values=VALUES, crs=None)
    transform, crs = GRIDS[name]
    image, truth = level_image(75, 100, 3)
    raster = write_raster(tmp_path / "a.tif", image, transform=transform, crs=crs)
    out = str(tmp_path / "b.tif")
    classify(model, raster, out_classified_raster=out, use_pixelspace=pixel_space)
    with rasterio.open(out) as result, rasterio.open(raster) as source:
        assert (result.transform, result.crs, result.shape) == (source.transform, source.crs, source.shape)
        assert (result.read(1) == np.array(VALUES)[truth]).all()


@pytest.mark.parametrize("pixel_space", [False, True])
@pytest.mark.parametrize("crs", ["EPSG:32633", None])
def test_results_of_a_rotated_raster_overlay_it(tmp_path, monkeypatch, pixel_space, crs):
    """The rotated cells are kept exactly; in pixel space every class too, else all but pixels at edges of classes."""
    model = level_model(tmp_path / "m", monkeypatch, values=VALUES, crs=None)
    transform = Affine.translation(500_000, 4_650_000) @ Affine.rotation(25) @ Affine.scale(2, -2)
    image, truth = level_image(75, 100, 3)
    image, truth = np.kron(image, np.ones((1, 3, 3), np.uint8)), np.kron(truth, np.ones((3, 3), int))
    raster = write_raster(tmp_path / "a.tif", image, transform=transform, crs=crs)
    out, job = str(tmp_path / "b.tif"), Job()
    classify(model, raster, job, out_classified_raster=out, use_pixelspace=pixel_space)
    with rasterio.open(out) as result, rasterio.open(raster) as source:
        assert result.transform.almost_equals(source.transform, 1e-9) and result.shape == source.shape
        assert result.crs == source.crs
        same = (result.read(1) == np.array(VALUES)[truth]).mean()
    assert same == 1 if pixel_space else same > 0.85
    assert pixel_space or any("rotated" in line for line in job.messages)


def test_extent_mask_and_output_crs_are_honoured(tmp_path, model):
    """Only the extent is written; outside the mask is nodata; the result may be in another CRS."""
    image, truth = level_image(100, 120, 3)
    raster = write_raster(tmp_path / "a.tif", image)
    mask = write_boxes(tmp_path / "mask.gpkg", [(500_010, 4_649_960, 500_030, 4_650_000)])
    out = str(tmp_path / "b.tif")
    classify(model, raster, out_classified_raster=out, extent=Extent(500_005, 4_649_970, 500_040, 4_649_995), mask=mask)
    with rasterio.open(out) as result:
        assert (result.transform.c, result.transform.f, result.shape) == (500_005, 4_649_995, (50, 70))
        expected = np.array(VALUES)[truth][10:60, 10:80]
        expected[:, :10] = expected[:, 50:] = 0
        assert (result.read(1) == expected).all()
    classify(model, raster, out_classified_raster=out, output_crs="EPSG:4326")
    with rasterio.open(out) as result:
        assert result.crs.to_epsg() == 4326
        assert set(np.unique(result.read(1))) <= {0, 1, 2, 5}


def test_cells_keep_to_a_snap_raster(tmp_path, model):
    """Shifted cells are resampled; a snap raster in another CRS is refused, another cell size is told."""
    image, _ = level_image(80, 90, 3)
    raster = write_raster(tmp_path / "a.tif", image, left=500_000.2)
    snap = write_raster(tmp_path / "snap.tif", image[:1, :40, :40], left=499_000, top=4_651_000)
    out = str(tmp_path / "b.tif")
    classify(model, raster, out_classified_raster=out, snap_raster=snap)
    with rasterio.open(out) as result:
        assert (result.transform.c * 2) % 1 == 0 and (result.transform.f * 2) % 1 == 0
        assert result.transform.a == 0.5 and result.shape == (80, 91)
    job = Job()
    coarse = write_raster(tmp_path / "coarse.tif", image[:1, :40, :40], left=499_000, top=4_651_000, cell_size=0.7)
    classify(model, raster, job, out_classified_raster=out, snap_raster=coarse)
    assert any("no multiple" in line for line in job.warnings)
    other = write_raster(tmp_path / "o.tif", image[:1], crs="EPSG:3857")
    with pytest.raises(EngineError, match=r"snap_raster .* is in EPSG:3857 and the output in EPSG:32633"):
        classify(model, raster, out_classified_raster=out, snap_raster=other)


def test_further_rasters_and_polygons_are_written_on_request(tmp_path, model):
    """Probabilities sum to 1, confidence is the highest, entropy is 0..1, polygons cover the raster."""
    image, truth = level_image(70, 80, 3)
    raster = write_raster(tmp_path / "a.tif", image)
    outputs = classify(
        model, raster, out_classified_raster=str(tmp_path / "c.tif"), out_probability_raster=str(tmp_path / "p.tif"),
        out_confidence_raster=str(tmp_path / "s.tif"), out_entropy_raster=str(tmp_path / "e.tif"),
        out_polygons=FeatureTarget(str(tmp_path / "poly.gpkg")),
    )  # fmt: skip
    with rasterio.open(outputs["out_probability_raster"]) as result:
        probabilities = result.read()
        assert result.descriptions == ("class 1", "class 2", "class 5") and np.isnan(result.nodata)
    assert probabilities.sum(0) == pytest.approx(1, abs=1e-5)
    assert values_of(outputs["out_confidence_raster"]) == pytest.approx(probabilities.max(0))
    entropy = values_of(outputs["out_entropy_raster"])
    assert entropy.min() >= 0 and entropy.max() <= 1
    table = read_features(Features("P").parse("p", outputs["out_polygons"]), job=Job())
    for value, channel in zip(VALUES, range(3), strict=True):
        area = shapely.area(table.geometry[table.fields["Classvalue"] == value]).sum()
        assert area == pytest.approx((truth == channel).sum() * 0.25)
    assert set(table.fields["Class"]) == {"class 1", "class 2", "class 5"}


def test_rasters_of_a_folder_are_one_seamless_mosaic(tmp_path, model):
    """The first by name lies on top; parts of one image give the result of the whole."""
    image, truth = level_image(120, 160, 3)
    folder = tmp_path / "parts"
    folder.mkdir()
    write_raster(folder / "a.tif", image[:, :70, :90])
    write_raster(folder / "b.tif", image[:, 50:, 60:], left=500_030, top=4_649_975)
    write_raster(folder / "c.tif", image[:, 50:, :70], top=4_649_975)
    write_raster(folder / "d.tif", np.zeros_like(image[:, :30, :30]), left=500_045, top=4_650_000)
    out = str(tmp_path / "out.tif")
    classify(model, folder, out_classified_raster=out)
    expected = np.array(VALUES)[truth]
    expected[:50, 90:] = 0
    expected[:30, 90:120] = 1  # the black raster d
    assert (values_of(out) == expected).all()


def test_a_mosaic_is_called_by_the_folder_of_its_rasters(tmp_path, model):
    """Not by the virtual raster that is made for the run."""
    folder, job = tmp_path / "parts", Job()
    folder.mkdir()
    image, _ = level_image(120, 160, 3)
    write_raster(folder / "a.tif", image[:, :, :90])
    write_raster(folder / "b.tif", image[:, :, 60:], left=500_030)
    with pytest.raises(EngineError, match=f"{re.escape(str(folder))} lies outside|outside {re.escape(str(folder))}"):
        classify(model, folder, job, out_classified_raster=str(tmp_path / "out.tif"), extent=Extent(0, 0, 1, 1))
    classify(model, folder, job, out_classified_raster=str(tmp_path / "out.tif"), cell_size="0.7")
    assert any(f"{folder} has cells of 0.5 and is read at 0.7" in line for line in job.messages)
    assert not [line for line in (*job.messages, *job.warnings) if "mosaic.vrt" in line]


def test_rasters_of_a_folder_one_by_one_with_a_virtual_raster(tmp_path, model):
    """Relative paths, colours and nodata, so that the folder can be moved and opened anywhere."""
    image, truth = level_image(120, 160, 3)
    folder = tmp_path / "parts"
    folder.mkdir()
    write_raster(folder / "a.tif", image[:, :70])
    write_raster(folder / "b.tif", image[:, 70:], top=4_650_000 - 35)
    outputs = classify(
        model, folder, out_classified_folder=str(tmp_path / "out"), processing_mode="PROCESS_ITEMS_SEPARATELY"
    )
    assert outputs["out_classified_raster"] == str(tmp_path / "out" / "out.vrt")
    os.rename(tmp_path / "out", tmp_path / "moved")
    with rasterio.open(tmp_path / "moved" / "out.vrt") as result:
        assert (result.read(1) == np.array(VALUES)[truth]).all()
        assert result.nodata == 0 and result.colormap(1)[1] == (255, 0, 0, 255)
    names = sorted(path.name for path in (tmp_path / "moved").iterdir())
    assert names == [
        "a.tif", "a.tif.aux.xml", "a.tif.vat.cpg", "a.tif.vat.dbf", "b.tif", "b.tif.aux.xml", "b.tif.vat.cpg",
        "b.tif.vat.dbf", "out.run.json", "out.vrt",
    ]  # fmt: skip


def test_a_virtual_raster_can_be_taken_apart(tmp_path, model):
    """Its parts are processed by themselves; those outside the extent are left out and told."""
    image, truth = level_image(120, 160, 3)
    folder = tmp_path / "parts"
    folder.mkdir()
    for name, part, top in (("a", image[:, :70], 4_650_000), ("b", image[:, 70:], 4_650_000 - 35)):
        write_raster(folder / f"{name}.tif", part, top=top)
    write_mosaic([str(folder / "a.tif"), str(folder / "b.tif")], tmp_path / "all.vrt", Job())
    job, out = Job(), tmp_path / "out"
    parameters = {"out_classified_folder": str(out), "processing_mode": "PROCESS_ITEMS_SEPARATELY"}
    classify(model, tmp_path / "all.vrt", job, **parameters, extent=Extent(500_000, 4_649_980, 500_080, 4_650_000))
    assert any("b.tif lies outside the extent" in line for line in job.messages)
    assert (values_of(out / "a.tif") == np.array(VALUES)[truth][:40]).all() and not (out / "b.tif").exists()
    classify(model, tmp_path / "all.vrt", **parameters, out_polygons=FeatureTarget(str(tmp_path / "areas.gpkg")))
    table = read_features(FeatureSource(str(tmp_path / "areas.gpkg")), job=Job())
    assert set(table.fields["Source"]) == {"a", "b"}


def test_an_interrupted_folder_goes_on_with_the_next_raster(tmp_path, model):
    """Results of before stay as they are; a folder with other things is refused."""
    folder, out = tmp_path / "parts", tmp_path / "out"
    folder.mkdir()
    for name in "ab":
        write_raster(folder / f"{name}.tif", level_image(100, 90, 3)[0])
    parameters = {"out_classified_folder": str(out), "processing_mode": "PROCESS_ITEMS_SEPARATELY"}
    with pytest.raises(Cancelled):
        classify(model, folder, Stops(), **parameters)
    assert (out / "a.tif").exists() and not (out / "b.tif").exists()
    before, job = (out / "a.tif").stat().st_mtime_ns, Job()
    classify(model, folder, job, **parameters)
    assert any("a.tif was finished by an earlier run" in line for line in job.messages)
    assert (out / "a.tif").stat().st_mtime_ns == before and (out / "b.tif").exists()
    assert not any(path.name.startswith(".") for path in out.iterdir())
    with pytest.raises(EngineError, match="parts holds other files: choose an empty or a new folder"):
        classify(model, folder, **{**parameters, "out_classified_folder": str(folder)})


def test_a_disk_that_fills_up_at_the_end_costs_nothing(tmp_path, model, monkeypatch):
    """The finished rows are kept, and the next run only writes the output."""
    raster, out = write_raster(tmp_path / "a.tif", level_image(150, 90, 3)[0]), str(tmp_path / "b.tif")

    def full(*_, **__):
        raise RasterioIOError("write failed: No space left on device")

    with monkeypatch.context() as patch, pytest.raises(EngineError, match="No space left on device"):
        patch.setattr("engine.raster.class_output.rasterio.shutil.copy", full)
        classify(model, raster, out_classified_raster=out)
    assert (tmp_path / ".b.classifying").is_dir() and not os.path.exists(out)
    job = Job()
    classify(model, raster, job, out_classified_raster=out)
    assert any("going on behind 3 of 3 rows" in line for line in job.messages) and os.path.exists(out)


class Stops(Job):
    """Cancels when half of the tiles are done."""

    def progress(self, fraction, text=""):
        """Look how far the run is."""
        if fraction > 0.45:
            self.cancel()


def test_an_interrupted_run_goes_on_and_gives_the_same_bytes(tmp_path, model):
    """The work folder is kept on cancel and gone at the end; nothing else is there in between."""
    image, _ = level_image(300, 130, 3)
    raster = write_raster(tmp_path / "a.tif", image)
    straight, out = str(tmp_path / "straight.tif"), str(tmp_path / "resumed.tif")
    classify(model, raster, out_classified_raster=straight)
    with pytest.raises(Cancelled, match=r"the finished rows wait in .*\.resumed\.classifying"):
        classify(model, raster, Stops(), out_classified_raster=out)
    assert not os.path.exists(out) and (tmp_path / ".resumed.classifying").is_dir()
    job = Job()
    classify(model, raster, job, out_classified_raster=out)
    assert any("going on behind" in line for line in job.messages)
    assert same_bytes(out, straight)
    assert not (tmp_path / ".resumed.classifying").exists()


def test_another_request_in_the_same_work_folder_is_refused(tmp_path, model):
    """The sentence says what differs."""
    image, _ = level_image(300, 130, 3)
    raster, out = write_raster(tmp_path / "a.tif", image), str(tmp_path / "b.tif")
    with pytest.raises(Cancelled):
        classify(model, raster, Stops(), out_classified_raster=out)
    with pytest.raises(EngineError, match=r"unfinished work of another run .*argument padding 8 there, 4 here"):
        classify(model, raster, out_classified_raster=out, arguments=(("padding", "4"),))


def test_shards_make_the_output_of_a_straight_run(tmp_path, model):
    """In any order; the last to end writes it."""
    image, _ = level_image(300, 130, 3)
    raster = write_raster(tmp_path / "a.tif", image)
    straight, out = str(tmp_path / "straight.tif"), str(tmp_path / "sharded.tif")
    classify(model, raster, out_classified_raster=straight)
    for shard in ("2/3", "3/3"):
        assert classify(model, raster, out_classified_raster=out, shard=shard) == {}
    assert not os.path.exists(out)
    assert classify(model, raster, out_classified_raster=out, shard="1/3")["out_classified_raster"] == out
    assert same_bytes(out, straight)


def test_edges_are_thresholded_thinned_and_given_as_probabilities(tmp_path, monkeypatch):
    """Values are 1 for edges and 0 beside them; a thinned edge is one pixel wide."""
    model = level_model(tmp_path / "m", monkeypatch, values=(1,), background=True, IsEdgeDetection=True)
    image = np.zeros((3, 90, 140), np.uint8)
    image[:, :, 60:67] = 20
    raster = write_raster(tmp_path / "a.tif", image)
    out = str(tmp_path / "b.tif")
    classify(model, raster, out_classified_raster=out)
    assert (values_of(out) == (image[0] > 0)).all()
    classify(model, raster, out_classified_raster=out, arguments=(("thinning", "True"),))
    assert (values_of(out)[10:-10].sum(1) == 1).all()
    classify(model, raster, out_classified_raster=out, arguments=(("return_probability_raster", "True"),))
    with rasterio.open(out) as result:
        assert result.dtypes == ("float32",) and result.read(1).max() > 0.9
    assert not (tmp_path / "b.tif.vat.dbf").exists()


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({}, "out_classified_raster is missing"),
        ({"out_classified_raster": "x.img"}, "x.img is written as a TIFF file"),
        ({"processing_mode": "PROCESS_ITEMS_SEPARATELY", "out_classified_raster": "x.tif"}, "out_classified_folder is"),
        ({"out_classified_raster": "x.tif", "out_entropy_raster": "x.tif"}, "is also out_classified_raster"),
        ({"out_classified_raster": "x.tif", "shard": "3/2"}, "shard is 3/2"),
        ({"out_classified_raster": "x.tif", "arguments": (("merge_policy", "max"),)}, "merge_policy is for models of"),
        ({"out_classified_raster": "x.tif", "arguments": (("threshold", "0.4"),)}, "threshold is for models of edges"),
        ({"out_classified_raster": "x.tif", "arguments": (("padding", "40"),)}, "at most half the tile"),
        ({"out_classified_raster": "x.tif", "overwrite_attachments": True}, "overwrite_attachments is for a layer"),
        ({"out_classified_raster": "x.tif", "extent": Extent(0, 0, 1, 1)}, "lies outside"),
        ({"out_classified_raster": "x.tif", "out_polygons": FeatureTarget("x.bogus")}, ".bogus is no format"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_leaves_nothing(tmp_path, model, monkeypatch, parameters, sentence):
    """Rules between parameters, of the model, and of the input."""
    image, _ = level_image(70, 70, 3)
    raster = write_raster(tmp_path / "a.tif", image)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EngineError, match=sentence):
        classify(model, raster, **parameters)
    assert {path.name for path in tmp_path.iterdir()} == {"a.tif", "model"}


@pytest.mark.parametrize("kind", ["missing", "text", "truncated", "two bands"])
def test_inputs_that_cannot_be_used_are_refused(tmp_path, model, kind):
    """The sentence names the file."""
    path = tmp_path / "a.tif"
    if kind == "text":
        path.write_text("no raster")
    elif kind != "missing":
        write_raster(path, level_image(100, 100, 3, bands=2 if kind == "two bands" else 3)[0])
    if kind == "truncated":
        path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(EngineError, match=r"a\.tif (does not exist|cannot be read|is truncated|has 2 bands)"):
        classify(model, path, out_classified_raster=str(tmp_path / "x.tif"))
    assert {entry.name for entry in tmp_path.iterdir()} <= {"a.tif", "model"}


def test_a_model_of_another_task_is_refused(tmp_path, monkeypatch):
    """With both tasks named."""
    other = bright_model(tmp_path / "m", monkeypatch)
    raster = write_raster(tmp_path / "a.tif", level_image(70, 70, 3)[0])
    with pytest.raises(EngineError, match=r"model for object detection .* not for pixel classification"):
        classify(other, raster, out_classified_raster=str(tmp_path / "x.tif"))


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"crs": "EPSG:32634"}, "b.tif is in EPSG:32634 and .*a.tif in EPSG:32633"),
        ({"bands": 4, "photometric": "minisblack"}, "b.tif has 4 bands and .*a.tif 3"),
        ({"dtype": np.uint16}, "b.tif holds uint16 and .*a.tif uint8"),
        ({"transform": Affine.identity(), "crs": None}, "b.tif has no georeference"),
    ],
)
def test_rasters_that_do_not_belong_together_are_named(tmp_path, model, other, sentence):
    """A mosaic needs one CRS, band count and type."""
    folder = tmp_path / "parts"
    folder.mkdir()
    write_raster(folder / "a.tif", level_image(70, 70, 3)[0])
    image, _ = level_image(70, 70, 3, bands=other.pop("bands", 3), dtype=other.pop("dtype", np.uint8))
    write_raster(folder / "b.tif", image, **other)
    with pytest.raises(EngineError, match=sentence):
        classify(model, folder, out_classified_raster=str(tmp_path / "x.tif"))
    assert {path.name for path in tmp_path.iterdir()} == {"parts", "model"}


def test_too_little_room_is_told_before_anything_is_computed(tmp_path, model, monkeypatch):
    """Work files and results are counted together where they lie on one disk."""
    raster = write_raster(tmp_path / "a.tif", level_image(70, 70, 3)[0])
    monkeypatch.setattr("engine.files.shutil.disk_usage", lambda folder: SimpleNamespace(free=1000))
    with pytest.raises(EngineError, match=r"the results and the work files need .* MB and .* has 0 MB left"):
        classify(model, raster, out_classified_raster=str(tmp_path / "b.tif"))
    assert {path.name for path in tmp_path.iterdir()} == {"a.tif", "model"}


def test_work_may_lie_in_another_folder(tmp_path, model):
    """A folder of its own inside the one that was given, which stays as it was."""
    raster = write_raster(tmp_path / "a.tif", level_image(150, 70, 3)[0])
    fast = tmp_path / "fast"
    fast.mkdir()
    (fast / "mine.txt").write_text("kept")
    parameters = {"out_classified_raster": str(tmp_path / "b.tif"), "work_folder": str(fast)}
    with pytest.raises(Cancelled):
        classify(model, raster, Stops(), **parameters)
    assert (fast / "b.classifying").is_dir()
    classify(model, raster, **parameters)
    assert [path.name for path in fast.iterdir()] == ["mine.txt"]


def test_shards_that_end_together_write_one_output(tmp_path, model, monkeypatch):
    """While one run puts the shards together, the run of another leaves that to it and ends well."""
    raster = write_raster(tmp_path / "a.tif", level_image(300, 130, 3)[0])
    straight, out = str(tmp_path / "straight.tif"), str(tmp_path / "b.tif")
    classify(model, raster, out_classified_raster=straight)
    classify(model, raster, out_classified_raster=out, shard="1/2")
    job, inner = Job(), []

    def at_the_same_time(*given):
        inner.append(classify(model, raster, job, out_classified_raster=out, shard="1/2"))
        return write_rasters(*given)

    monkeypatch.setattr("engine.inference.pixel_results.write_rasters", at_the_same_time)
    assert classify(model, raster, out_classified_raster=out, shard="2/2")["out_classified_raster"] == out
    assert inner == [{}] and "the run of another shard writes the output" in job.messages
    assert same_bytes(out, straight) and not (tmp_path / ".b.classifying").exists()


@pytest.mark.parametrize("part", ["a.tif", "a.tif.msk"])
def test_what_a_virtual_raster_lies_over_may_not_change_in_between(tmp_path, model, part):
    """Rows of the old raster are never put together with rows of the new one."""
    image, _ = level_image(300, 130, 3)
    raster = write_raster(tmp_path / "a.tif", image)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=False), rasterio.open(raster, "r+") as dataset:
        dataset.write_mask(np.full((300, 130), 255, np.uint8))
    source = raster
    if part == "a.tif":
        source = str(tmp_path / "all.vrt")
        write_mosaic([raster], tmp_path / "all.vrt", Job())
    out = str(tmp_path / "b.tif")
    with pytest.raises(Cancelled):
        classify(model, source, Stops(), out_classified_raster=out)
    about = os.stat(tmp_path / part)
    os.utime(tmp_path / part, ns=(about.st_atime_ns, about.st_mtime_ns + 5_000))
    with pytest.raises(EngineError, match="unfinished work of another run"):
        classify(model, source, out_classified_raster=out)


def test_rasters_whose_names_collide_have_a_result_each(tmp_path, model):
    """A number that makes one name another is not that of a third."""
    paths = []
    for number, name in enumerate(("x/a", "y/A", "z/a_2")):
        (tmp_path / name).parent.mkdir()
        paths.append(write_raster(tmp_path / f"{name}.tif", level_image(20, 30, 3, seed=number)[0]))
    out = tmp_path / "out"
    parameters = {"out_classified_folder": str(out), "processing_mode": "PROCESS_ITEMS_SEPARATELY"}
    classify(model, ";".join(paths), **parameters)
    for number, name in enumerate(("a", "A_2", "a_2_2")):
        assert (values_of(out / f"{name}.tif") == np.array(VALUES)[level_image(20, 30, 3, seed=number)[1]]).all()


def test_a_result_in_the_folder_of_the_input_is_no_input(tmp_path, monkeypatch):
    """The second run has the same input as the first."""
    model = level_model(tmp_path / "m", monkeypatch, values=VALUES, bands=(0,))
    folder = tmp_path / "parts"
    folder.mkdir()
    image, truth = level_image(40, 50, 3, bands=1)
    write_raster(folder / "b.tif", image)
    out, job = folder / "a.tif", Job()
    for _ in range(2):
        classify(model, folder, job, out_classified_raster=str(out))
        assert (values_of(out) == np.array(VALUES)[truth]).all()
    assert any("results of an earlier run" in line for line in job.messages)


@pytest.mark.parametrize("request_", [{"in_raster": ";"}, {"shard": "1/99999999999"}, {"out": "link.tif"}])
def test_nonsense_is_refused_at_once(tmp_path, model, request_):
    """Nothing but semicolons, parts beyond number, and an output that is the input under another name."""
    raster = write_raster(tmp_path / "a.tif", level_image(20, 30, 3)[0])
    (tmp_path / "link.tif").symlink_to(raster)
    with pytest.raises(EngineError, match=r"no input raster|at most 9999 parts|is also in_raster"):
        classify(
            model,
            request_.get("in_raster", raster),
            out_classified_raster=str(tmp_path / request_.get("out", "b.tif")),
            shard=request_.get("shard", ""),
        )


def test_rasters_that_lie_far_apart_are_refused_at_once(tmp_path, model):
    """Their mosaic has more tiles than could ever be counted one by one."""
    image, _ = level_image(70, 70, 3)
    near, far = write_raster(tmp_path / "a.tif", image), write_raster(tmp_path / "b.tif", image, left=9e6, top=9e6)
    with pytest.raises(EngineError, match=r"the results and the work files need \d+ MB"):
        classify(model, f"{near};{far}", out_classified_raster=str(tmp_path / "x.tif"))
    assert {path.name for path in tmp_path.iterdir()} == {"a.tif", "b.tif", "model"}


def test_a_raster_without_a_valid_pixel_is_told(tmp_path, model):
    """The result is nodata everywhere, and the user learns why."""
    raster = write_raster(tmp_path / "a.tif", np.full((3, 70, 70), 7, np.uint8), nodata=7)
    out, job = str(tmp_path / "b.tif"), Job()
    classify(model, raster, job, out_classified_raster=out)
    assert not values_of(out).any() and any("no pixel was classified" in line for line in job.warnings)
