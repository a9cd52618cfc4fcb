"""Detect Objects Using Deep Learning, from rasters to features, with a network that finds bright patches exactly."""

from __future__ import annotations

import json

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.classes import ClassInfo
from engine.errors import Cancelled, EngineError, OutputError
from engine.job import Job
from engine.models.registry import build_network, get_architecture
from engine.package.emd import definition, write_package
from engine.package.normalisation import Normalisation
from engine.pipelines.detect_objects import run
from engine.tools.detect_objects import DetectObjects
from engine.tools.kinds import Features
from engine.tools.values import Extent, FeatureTarget
from engine.vector.reading import read_features
from tests.engine.inference.bright import bright_model
from tests.rasters import write_boxes, write_raster

LEFT, TOP, CELL = 500_000.0, 4_650_000.0, 0.5


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A model with tiles of 64 pixels and a padding of 8."""
    return bright_model(tmp_path / "model", monkeypatch)


def scene(rows, cols, *objects, bands=3, dtype=np.uint8, dark=20, bright=240):
    """An image with bright rectangles (col_min, row_min, col_max, row_max)."""
    image = np.full((bands, rows, cols), dark, dtype)
    for col_min, row_min, col_max, row_max in objects:
        image[:-1, row_min:row_max, col_min:col_max] = bright
    return image


def detect(raster, model, tmp_path, job=None, **parameters):
    """Run the tool and return its features."""
    request = DetectObjects(
        in_raster=str(raster), out_detected_objects=FeatureTarget(str(tmp_path / "found.gpkg")),
        in_model_definition=model, **parameters,
    )  # fmt: skip
    outputs = run(request, job or Job())
    return read_features(_source(outputs["out_detected_objects"]), job=Job())


def _source(path):
    """The layer that an output names."""
    return Features("Found").parse("found", path)


def pixel_boxes(table, left=LEFT, top=TOP, cell=CELL):
    """Bounds of features as a set of pixel boxes; every feature must be a closed ring of four corners."""
    boxes = set()
    for shape in table.geometry:
        assert len(shape.exterior.coords) == 5 and shape.equals(shape.envelope)
        west, south, east, north = shape.bounds
        boxes.add(
            tuple(
                round(v, 3)
                for v in ((west - left) / cell, (top - north) / cell, (east - left) / cell, (top - south) / cell)
            )
        )
    assert len(boxes) == len(table)
    return boxes


def test_detections_lie_where_the_objects_lie_on_the_ground(tmp_path, model):
    """Objects inside, on a seam, on the corner of four tiles and at the raster's edge: each once, with its fields."""
    # given a raster of 0.5 m cells with tiles of 64 and a padding of 8 (seams at 48..64, 96..112, ...)
    objects = [(10, 10, 20, 22), (50, 30, 62, 40), (90, 92, 118, 120), (140, 0, 150, 9), (60, 100, 61, 101)]
    image = scene(130, 150, *objects)
    image[2, 10:22, 10:20] = 240
    # when its objects are detected
    job = Job()
    table = detect(write_raster(tmp_path / "field.tif", image), model, tmp_path, job)
    # then each is there once, to the pixel
    assert pixel_boxes(table) == set(objects)
    assert table.crs == "EPSG:32633"
    assert set(table.fields) == {"Class", "Classvalue", "Confidence"}
    by_class = dict(zip(table.fields["Class"], table.fields["Classvalue"], strict=True))
    assert by_class == {"tank": 20, "pad": 10}
    assert list(table.fields["Class"]).count("tank") == 1
    assert table.fields["Confidence"] == pytest.approx([0.9] * 5)
    assert any("9 tiles of 64 x 64 pixels, 32 x 32 m" in line for line in job.messages)
    assert any(line.startswith("bottleneck") for line in job.messages)


SEAM_OBJECTS = st.lists(
    st.tuples(st.integers(0, 95), st.integers(0, 95), st.integers(1, 50), st.integers(1, 50)), min_size=1, max_size=6
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 130), st.integers(1, 130), st.integers(0, 16), st.booleans(), SEAM_OBJECTS)
def test_objects_on_seams_are_found_exactly_once(tmp_path, monkeypatch, rows, cols, padding, exclude, places):
    """The whole tool, any size of raster from 1 x 1, any padding up to half a tile: the objects, each once."""
    objects = []
    for col, row, width, height in places:
        new = (col, row, min(cols, col + width), min(rows, row + height))
        apart = all(new[0] > o[2] + 5 or o[0] > new[2] + 5 or new[1] > o[3] + 5 or o[1] > new[3] + 5 for o in objects)
        if col < cols and row < rows and apart:
            objects.append(new)
    model = bright_model(tmp_path / "model", monkeypatch, tile=(32, 40))
    raster = write_raster(tmp_path / "scene.tif", scene(rows, cols, *objects))
    arguments = (("padding", str(padding)), ("exclude_pad_detections", str(exclude)))
    assert pixel_boxes(detect(raster, model, tmp_path, arguments=arguments)) == set(objects)


def test_nothing_found_is_an_empty_layer_with_its_fields(tmp_path, model):
    """Not an error: the next tool in a chain can open it."""
    job = Job()
    table = detect(write_raster(tmp_path / "dark.tif", scene(70, 80)), model, tmp_path, job)
    assert len(table) == 0
    assert set(table.fields) == {"Class", "Classvalue", "Confidence"} and table.crs == "EPSG:32633"
    assert any("no object was found" in line for line in job.messages)


def test_invalid_pixels_bear_no_objects(tmp_path, model):
    """Bright nodata is nothing, and a tile of nodata alone is not computed."""
    image = scene(64, 200, (10, 10, 20, 20), (100, 10, 110, 20))
    image[:, :, 90:] = np.where(image[:, :, 90:] == 240, 255, 255)
    table = detect(write_raster(tmp_path / "a.tif", image, nodata=255), model, tmp_path)
    assert pixel_boxes(table) == {(10, 10, 20, 20)}


def test_only_the_mask_layer_is_searched(tmp_path, model):
    """A mask in another CRS leaves out what lies outside of it."""
    raster = write_raster(tmp_path / "a.tif", scene(64, 200, (10, 10, 20, 20), (100, 10, 110, 20)))
    mask = write_boxes(tmp_path / "mask.gpkg", [(LEFT, TOP - 40, LEFT + 30, TOP)])
    assert pixel_boxes(detect(raster, model, tmp_path, mask=mask)) == {(10, 10, 20, 20)}


def test_only_the_extent_is_searched(tmp_path, model):
    """The grid of tiles begins at the extent, positions stay those of the map."""
    raster = write_raster(tmp_path / "a.tif", scene(64, 200, (10, 10, 20, 20), (100, 10, 110, 20)))
    extent = Extent(LEFT + 40, TOP - 30, LEFT + 80, TOP)
    assert pixel_boxes(detect(raster, model, tmp_path, extent=extent)) == {(100, 10, 110, 20)}


@pytest.mark.parametrize("asked", [("tank",), ("20",), ("TANK", "20")])
def test_only_objects_of_interest_are_written(tmp_path, model, asked):
    """Classes by name or value, in any case."""
    image = scene(40, 100, (5, 5, 15, 15), (60, 5, 70, 15))
    image[2, 5:15, 60:70] = 240
    table = detect(write_raster(tmp_path / "a.tif", image), model, tmp_path, in_objects_of_interest=asked)
    assert list(table.fields["Class"]) == ["tank"]


def test_the_second_pass_removes_what_overlaps_too_much(tmp_path, monkeypatch):
    """run_nms with a limit of 0 leaves no two objects of a class that touch."""
    # given two objects whose boxes overlap although their pixels do not touch
    image = scene(64, 64, (5, 5, 40, 8), (5, 5, 8, 40), (12, 12, 40, 40))
    raster = write_raster(tmp_path / "a.tif", image)
    model = bright_model(tmp_path / "model", monkeypatch)
    arguments = (("nms_overlap", "1"),)
    assert len(detect(raster, model, tmp_path, arguments=arguments)) == 2
    assert len(detect(raster, model, tmp_path, arguments=arguments, run_nms=True)) == 1


def test_a_raster_is_read_at_the_cell_size_of_the_model(tmp_path, monkeypatch):
    """Cells of 0.5 m for a model of 1 m: read at 1 m, told; positions stay right."""
    model = bright_model(tmp_path / "model", monkeypatch, cell_size=1.0)
    raster = write_raster(tmp_path / "a.tif", scene(128, 256, (20, 20, 60, 60)))
    job = Job()
    (shape,) = detect(raster, model, tmp_path, job).geometry
    assert shape.bounds == pytest.approx((LEFT + 10, TOP - 30, LEFT + 30, TOP - 10), abs=1.0)
    assert any("read at 1" in line for line in job.warnings)
    assert any("3 tiles of" in line for line in job.messages)


@pytest.mark.parametrize(
    ("asked", "model_cell", "tiles"), [("1", 0.5, 3), ("", 0.1, 15), ("", 5.0, 1), ("auto", 1.0, 3), ("", None, 15)]
)
def test_the_cell_size_asked_for_is_taken(tmp_path, monkeypatch, asked, model_cell, tiles):
    """A number is taken; a raster is made coarser for the model, and finer at most 4 times; auto is the model's."""
    model = bright_model(tmp_path / "model", monkeypatch, cell_size=model_cell)
    job = Job()
    detect(write_raster(tmp_path / "a.tif", scene(128, 256)), model, tmp_path, job, cell_size=asked)
    assert any(f"{tiles} tiles of" in line for line in job.messages)
    assert bool(job.warnings) == (model_cell in (0.5, 0.1, 5.0))


def test_a_folder_of_rasters_gives_one_layer_that_names_them(tmp_path, model):
    """Each raster for itself, in the CRS of the first; the difference is told."""
    folder = tmp_path / "rasters"
    folder.mkdir()
    write_raster(folder / "a.tif", scene(40, 40, (5, 5, 15, 15)))
    write_raster(
        folder / "b.tif", scene(70, 40, (20, 20, 30, 30)), left=12.0, top=42.0, cell_size=5e-6, crs="EPSG:4326"
    )
    job = Job()
    table = detect(folder, model, tmp_path, job)
    assert sorted(table.fields["Raster"]) == ["a.tif", "b.tif"]
    assert table.crs == "EPSG:32633"
    assert any("different CRSs" in line for line in job.warnings)
    assert all(shape.bounds[1] > 4_000_000 for shape in table.geometry)


def test_rasters_of_a_folder_outside_the_extent_are_left_out(tmp_path, model):
    """Told; an extent that meets none is refused."""
    folder = tmp_path / "rasters"
    folder.mkdir()
    write_raster(folder / "a.tif", scene(40, 40, (5, 5, 15, 15)))
    write_raster(folder / "b.tif", scene(40, 40, (5, 5, 15, 15)), left=LEFT + 1000)
    job = Job()
    table = detect(folder, model, tmp_path, job, extent=Extent(LEFT, TOP - 20, LEFT + 20, TOP))
    assert list(table.fields["Raster"]) == ["a.tif"]
    assert any("b.tif lies outside" in line for line in job.messages)
    with pytest.raises(EngineError, match="no raster"):
        detect(folder, model, tmp_path, extent=Extent(0, 0, 1, 1))


def test_the_output_crs_is_honoured(tmp_path, model):
    """Features are reprojected on writing."""
    raster = write_raster(tmp_path / "a.tif", scene(40, 40, (5, 5, 15, 15)))
    table = detect(raster, model, tmp_path, output_crs="EPSG:4326")
    assert table.crs == "EPSG:4326" and -180 < table.geometry[0].bounds[0] < 180


def test_bands_are_taken_as_the_model_says(tmp_path, monkeypatch):
    """ExtractBands by name picks the right ones of a raster with more bands and another order."""
    image = np.full((4, 64, 64), 20, np.uint16)
    image[2, 10:20, 10:20] = 240
    path = write_raster(tmp_path / "a.tif", image)
    with rasterio.open(path, "r+") as raster:
        raster.descriptions = ("Blue", "NIR", "Red", "Green")
    model = bright_model(tmp_path / "model", monkeypatch, bands=("red", "green"))
    job = Job()
    assert pixel_boxes(detect(path, model, tmp_path, job)) == {(10, 10, 20, 20)}
    assert any("3 Red, 4 Green (of 4)" in line for line in job.messages)


@pytest.mark.parametrize(
    ("transform_name", "options"), [("south_up", {}), ("rotated", {}), ("rotated", {"use_pixelspace": True})]
)
def test_turned_rasters_give_objects_at_their_place_on_the_map(tmp_path, model, transform_name, options):
    """A south-up or rotated raster: the centre of the object is right, in map and in pixel space."""
    north = Affine(CELL, 0, LEFT, 0, -CELL, TOP)
    turn = {"south_up": Affine(CELL, 0, LEFT, 0, CELL, TOP), "rotated": north @ Affine.rotation(30)}[transform_name]
    raster = write_raster(tmp_path / "a.tif", scene(90, 90, (40, 50, 60, 62)), transform=turn)
    (shape,) = detect(raster, model, tmp_path, **options).geometry
    x, y = turn @ (50, 56)
    assert (shape.centroid.x, shape.centroid.y) == pytest.approx((x, y), abs=CELL)


def test_test_time_augmentation_finds_the_same_of_a_steady_network(tmp_path, model):
    """A network that does not care about directions finds the same boxes in 8 views."""
    objects = [(10, 10, 20, 22), (50, 30, 62, 40)]
    raster = write_raster(tmp_path / "a.tif", scene(64, 100, *objects))
    table = detect(raster, model, tmp_path, arguments=(("test_time_augmentation", "True"),))
    assert pixel_boxes(table) == set(objects)


def test_a_network_of_another_size_sees_the_whole_tile(tmp_path, monkeypatch):
    """resize_to: tiles of 64 are brought to 128, boxes come back in tile pixels."""
    model = bright_model(tmp_path / "model", monkeypatch, resize_to=(128, 128))
    raster = write_raster(tmp_path / "a.tif", scene(64, 64, (10, 10, 20, 22)))
    (box,) = pixel_boxes(detect(raster, model, tmp_path))
    assert box == pytest.approx((10, 10, 20, 22), abs=0.5)


@pytest.mark.parametrize(("given", "tiles"), [((), 90), ((("tile_size", "96"),), 12), ((("tile_size", "150"),), 4)])
def test_tiles_of_any_size_find_the_same_objects(tmp_path, model, given, tiles):
    """A larger tile overlaps less: with padding 24, tiles of 64 compute nearly 10 times the raster."""
    objects = {(10, 10, 20, 22), (60, 60, 72, 70), (150, 90, 161, 100), (95, 30, 105, 40)}
    job = Job()
    raster = write_raster(tmp_path / "a.tif", scene(192, 200, *objects))
    table = detect(raster, model, tmp_path, job, arguments=(("padding", "24"), *given))
    assert pixel_boxes(table) == objects
    assert any(f"{tiles} tiles of" in line for line in job.messages)


def test_the_manifest_says_what_was_run(tmp_path, model):
    """Parameters, model hash, fingerprints, versions and timings stand in a JSON file beside the output."""
    raster = write_raster(tmp_path / "a.tif", scene(64, 100, (10, 10, 20, 22)))
    detect(raster, model, tmp_path, arguments=(("padding", "4"),))
    manifest = json.loads((tmp_path / "found.gpkg.run.json").read_text())
    assert manifest["parameters"]["arguments"] == [["padding", "4"]]
    assert manifest["arguments"]["padding"] == 4
    assert len(manifest["model"]["sha256"]) == 64 and manifest["model"]["classes"][1]["Name"] == "tank"
    assert manifest["inputs"][0]["path"] == raster and manifest["inputs"][0]["sha256_of_ends"]
    assert {"torch", "gdal"} <= set(manifest["versions"])
    assert {"reading", "network", "writing"} <= set(manifest["timings"]["seconds_by_stage"])
    assert 0 <= manifest["timings"]["share_waited"]["network for the raster"] <= 1
    assert manifest["features"] == 1 and manifest["precision"] == "fp32"


REFUSED = [
    ({"in_objects_of_interest": ("palm",)}, "choose from"),
    ({"arguments": (("paddding", "4"),)}, "padding"),
    ({"arguments": (("padding", "33"),)}, "half the tile"),
    ({"arguments": (("exclude_pad_detections", "jein"),)}, "true or false"),
    ({"cell_size": "auto"}, "give a number"),
    ({"cell_size": "1", "use_pixelspace": True}, "pixelspace"),
    ({"run_nms": True, "confidence_score_field": "score"}, "Confidence"),
    ({"extent": Extent(0, 0, 1, 1)}, "outside"),
    ({"output_crs": "EPSG:99999999"}, "output_crs"),
    ({"output_crs": "EPSG:4978"}, "EPSG:4978 is no map's"),
    ({"output_crs": "EPSG:5703"}, "EPSG:5703 is no map's"),
]


@pytest.mark.parametrize(("parameters", "says"), REFUSED, ids=[says for _, says in REFUSED])
def test_bad_input_is_refused_before_anything_is_written(tmp_path, model, parameters, says):
    """One sentence, and no file."""
    raster = write_raster(tmp_path / "a.tif", scene(64, 100))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(EngineError, match=says):
        detect(raster, model, tmp_path, **parameters)
    assert sorted(tmp_path.iterdir()) == before


def test_a_raster_with_too_few_bands_is_refused(tmp_path, model):
    """A grey raster for a model of three bands."""
    raster = write_raster(tmp_path / "a.tif", np.zeros((1, 64, 64), np.uint8))
    with pytest.raises(EngineError, match="1 bands and the model needs 3"):
        detect(raster, model, tmp_path)


def test_an_output_that_cannot_be_written_is_refused_before_the_run(tmp_path, model):
    """A folder, or a file that is no GeoPackage, in the place of the output: told before the first tile."""
    raster = write_raster(tmp_path / "a.tif", scene(64, 100))
    place = tmp_path / "found.gpkg"
    for make in (place.mkdir, lambda: place.write_text("notes")):
        make()
        job = Job()
        with pytest.raises(OutputError):
            detect(raster, model, tmp_path, job)
        assert not any("running on" in line for line in job.messages)
        place.rmdir() if place.is_dir() else place.unlink()


def test_a_cancelled_run_leaves_nothing(tmp_path, model):
    """Cancelled in the middle: no output, no temporary file."""

    class Impatient(Job):
        def progress(self, fraction, text=""):
            if fraction > 0.3:
                self.cancel()

    raster = write_raster(tmp_path / "a.tif", scene(300, 300, (10, 10, 20, 20)))
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Cancelled):
        detect(raster, model, tmp_path, Impatient())
    assert sorted(tmp_path.iterdir()) == before


def test_the_time_left_is_told_after_the_first_tiles(tmp_path, model):
    """Once, when there is something to wait for."""
    job = Job()
    detect(write_raster(tmp_path / "a.tif", scene(300, 300)), model, tmp_path, job)
    assert sum("s a tile: about" in line for line in job.messages) == 1


def test_a_trained_architecture_runs_as_it_comes_out_of_its_package(tmp_path):
    """FCOS with random weights, four bands of 16 bit: what matters is that every part fits."""
    spec = get_architecture("FCOS").spec("RESNET18", 4, 2, (), (64, 64))
    statistics = Normalisation.from_statistics([0] * 4, [4000] * 4, [1000] * 4, [500] * 4)
    classes = [ClassInfo(3, "a"), ClassInfo(7, "b")]
    emd = definition(spec, classes, tile=(64, 64), bands=(3, 2, 1, 0), normalisation=statistics, padding=16)
    (tmp_path / "fcos").mkdir()
    paths = write_package(tmp_path / "fcos", emd, build_network(spec).state_dict(), [], Job())
    image = np.random.default_rng(0).integers(0, 4000, (5, 90, 150), np.uint16)
    raster = write_raster(tmp_path / "a.tif", image)
    for model in (paths["emd"], paths["dlpk"]):
        table = detect(raster, str(model), tmp_path, arguments=(("threshold", "0.001"),))
        assert len(table) > 0
        assert set(table.fields["Classvalue"]) <= {3, 7}
        assert (table.fields["Confidence"] >= 0.001).all() and (table.fields["Confidence"] <= 1).all()


def test_a_model_that_fixes_its_batch_size_runs_with_it(tmp_path, monkeypatch):
    """BatchSize of the definition."""
    model = bright_model(tmp_path / "model", monkeypatch, BatchSize=9)
    job = Job()
    detect(write_raster(tmp_path / "a.tif", scene(64, 100)), model, tmp_path, job)
    assert any("9 in a batch" in line for line in job.messages)
