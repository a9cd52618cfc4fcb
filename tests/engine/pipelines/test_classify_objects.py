"""Classify Objects Using Deep Learning, from rasters and features to labelled features."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from engine.errors import Cancelled, EngineError
from engine.inference import object_cutting, object_reading
from engine.job import Job
from engine.pipelines.classify_objects import run
from engine.tools.classify_objects import ClassifyObjects
from engine.tools.values import Extent, FeatureSource, FeatureTarget
from engine.vector.reading import FeatureTable, read_raw, transformed
from tests.engine.inference.level_objects import object_model as level_objects
from tests.rasters import write_boxes, write_features, write_raster

LEFT, TOP, CELL = 500_000.0, 4_650_000.0, 0.5
NAMES = np.array(["dark", "grey", "bright"], object)
LEVELS = (40, 120, 200)


def box(col, row, width=6, height=4):
    """Return pixels of the scene as a rectangle in map units."""
    return (LEFT + col * CELL, TOP - (row + height) * CELL, LEFT + (col + width) * CELL, TOP - row * CELL)


def scene(path, boxes, kinds, rows=120, cols=170, bands=3, dtype=np.uint8, **place):
    """Write a raster of 90 with a rectangle of each object's level."""
    image = np.full((bands, rows, cols), 90, dtype)
    for (left, bottom, right, top), kind in zip(boxes, kinds, strict=True):
        col, row = round((left - LEFT) / CELL), round((TOP - top) / CELL)
        image[:, row : row + round((top - bottom) / CELL), col : col + round((right - left) / CELL)] = LEVELS[kind]
    return write_raster(path, image, **place)


def some_boxes(count=40, seed=3):
    """Return rectangles on a loose grid in mixed order, and the class of each."""
    rng = np.random.default_rng(seed)
    places = [(col, row) for row in range(3, 110, 12) for col in range(5, 160, 14)]
    chosen = rng.permutation(len(places))[:count]
    boxes = [box(*places[index], int(rng.integers(3, 11)), int(rng.integers(3, 9))) for index in chosen]
    return boxes, rng.integers(0, 3, count)


@pytest.fixture
def object_model(monkeypatch):
    """Return what writes a model of three levels."""
    return lambda folder, **keys: level_objects(folder, monkeypatch, **keys)


def classify(model, raster, out, job=None, **parameters):
    """Run the tool and return its outputs."""
    source = raster if isinstance(raster, FeatureSource) else FeatureSource(str(raster))
    request = ClassifyObjects(in_raster=source, in_model_definition=model, out_feature_class=FeatureTarget(str(out)),
                              processor_type="CPU", **parameters)  # fmt: skip
    return run(request, job or Job())


def read(uri, layer=""):
    """Return a written layer as it is, features without geometry too."""
    path, _, named = str(uri).partition("|layername=")
    meta, _, wkb, columns = read_raw(FeatureSource(path, layer or named), force_2d=False)
    names = [str(name) for name in meta["fields"]]
    geometry = np.full(len(columns[0]), None, object) if wkb is None else shapely.from_wkb(wkb)
    types = dict(zip(names, map(str, meta["dtypes"]), strict=True))
    return FeatureTable(geometry, dict(zip(names, columns, strict=True)), meta["crs"], "read", types)


def labels(table, field="ClassLabel"):
    """Return a column as a list."""
    return list(table.fields[field])


def test_every_feature_gets_its_class_and_keeps_its_attributes_and_order(tmp_path, object_model):
    """16 bits, five bands of which three are taken, objects in mixed order, all kinds of fields."""
    boxes, kinds = some_boxes()
    raster = scene(tmp_path / "scene.tif", boxes, kinds, bands=5, dtype=np.uint16)
    numbers = np.arange(len(boxes)) * 7
    features = write_boxes(
        tmp_path / "objects.gpkg", boxes, number=numbers, note=np.array([f"n{n}" for n in numbers], object),
        day=np.full(len(boxes), np.datetime64("2026-03-04")), yes=numbers % 2 == 0,
    )  # fmt: skip
    model = object_model(tmp_path / "model")
    job = Job()
    outputs = classify(model, raster, tmp_path / "out.gpkg", job, in_features=features)
    table = read(outputs["out_feature_class"])
    assert labels(table) == list(NAMES[kinds])
    assert list(table.fields["Classvalue"]) == [(1, 2, 5)[kind] for kind in kinds]
    assert table.fields["Confidence"].min() > 0.9 and table.fields["Confidence"].max() <= 1
    assert (table.fields["number"] == numbers).all() and labels(table, "note") == [f"n{n}" for n in numbers]
    assert table.types == {"number": "int64", "note": "object", "day": "datetime64[D]", "yes": "bool",
                           "ClassLabel": "object", "Classvalue": "int32", "Confidence": "float64"}  # fmt: skip
    assert shapely.equals(table.geometry, [shapely.box(*one) for one in boxes]).all()
    assert any("40 of 40 objects classified" in line for line in job.messages) and not job.warnings
    report = json.loads(Path(outputs["out_run_manifest"]).read_text())
    assert report["tool"] == ClassifyObjects.name and report["features"] == 40
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith((".", "out"))) == [
        "out.gpkg", "out.gpkg.run.json",
    ]  # fmt: skip


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3035"])
def test_features_in_any_crs_are_brought_to_the_raster_and_stay_in_theirs(tmp_path, crs, object_model):
    """The output has the features' CRS unless another is asked for."""
    boxes, kinds = some_boxes(12)
    raster = scene(tmp_path / "scene.tif", boxes, kinds)
    table = FeatureTable(np.array([shapely.box(*one) for one in boxes]), {}, "EPSG:32633", "x")
    moved = transformed(table, crs).geometry
    features = write_features(tmp_path / "objects.gpkg", moved, crs, a=np.arange(12))
    model = object_model(tmp_path / "model", black=True)
    found = read(classify(model, raster, tmp_path / "out.gpkg", in_features=features)["out_feature_class"])
    assert labels(found) == list(NAMES[kinds]) and found.crs == crs
    assert shapely.equals(found.geometry, moved).all()
    outputs = classify(model, raster, tmp_path / "utm.gpkg", in_features=features, output_crs="EPSG:32633")
    found = read(outputs["out_feature_class"])
    assert found.crs == "EPSG:32633"
    assert shapely.hausdorff_distance(found.geometry, table.geometry).max() < 0.01


def test_blackening_keeps_the_object_from_its_surroundings(tmp_path, object_model):
    """A triangle on bright ground: its frame is brighter than it is."""
    image = np.full((3, 40, 50), 200, np.uint8)
    image[:, 10:26, 10:26] = np.where(np.tri(16, dtype=bool), 40, 200)
    raster = write_raster(tmp_path / "scene.tif", image)
    left, bottom, right, top = box(10, 10, 16, 16)
    shape = shapely.Polygon([(left, top), (left, bottom), (right, bottom)])
    features = write_features(tmp_path / "objects.gpkg", [shape], a=np.array([1]))
    for black, name in ((False, "grey"), (True, "dark")):
        model = object_model(tmp_path / f"model{black}", black=black, tile=(32, 32))
        found = read(classify(model, raster, tmp_path / f"{black}.gpkg", in_features=features)["out_feature_class"])
        assert labels(found) == [name]


@pytest.mark.parametrize("kind", ["point", "line"])
def test_points_and_lines_are_objects_too(tmp_path, kind, object_model):
    """A point has no frame: the tile is taken and that is told; a line's frame is at least a pixel."""
    boxes, kinds = some_boxes(12)
    raster = scene(tmp_path / "scene.tif", boxes, kinds)
    middle = [((left + right) / 2, (bottom + top) / 2) for left, bottom, right, top in boxes]
    if kind == "point":
        shapes, geometry_type = shapely.points(middle), "Point"
    else:
        shapes, geometry_type = [shapely.LineString([(x - 0.2, y), (x + 0.2, y)]) for x, y in middle], "LineString"
    features = write_features(tmp_path / "o.gpkg", shapes, geometry_type=geometry_type, a=np.arange(12))
    model, job = object_model(tmp_path / "model", tile=(3, 3)), Job()
    found = read(classify(model, raster, tmp_path / "out.gpkg", job, in_features=features)["out_feature_class"])
    assert labels(found) == list(NAMES[kinds])
    assert found.geometry[0].geom_type == geometry_type
    assert any("a point has none: 3 x 3 pixels" in line for line in job.warnings) == (kind == "point")


def test_objects_outside_and_without_data_stay_without_a_label(tmp_path, object_model):
    """They are kept, counted and told; so are features without geometry."""
    image = np.full((3, 120, 170), 120, np.int16)
    image[:, :, 100:] = -9999
    raster = write_raster(tmp_path / "scene.tif", image, nodata=-9999)
    shapes = [shapely.box(*box(20, 20)), shapely.box(*box(130, 30)), shapely.box(*box(900, 900)), None,
              shapely.box(*box(-3, 5))]  # fmt: skip
    features = write_features(tmp_path / "o.gpkg", shapes, a=np.arange(5))
    job = Job()
    outputs = classify(object_model(tmp_path / "m"), raster, tmp_path / "out.gpkg", job, in_features=features)
    found = read(outputs["out_feature_class"])
    assert labels(found) == ["grey", None, None, None, "grey"]
    assert np.isnan(found.fields["Classvalue"][1:4]).all() and np.isnan(found.fields["Confidence"][1:4]).all()
    assert found.geometry[3] is None and list(found.fields["a"]) == [0, 1, 2, 3, 4]
    assert any("3 objects lie outside every raster or where there is no data" in line for line in job.warnings)


@pytest.mark.parametrize("fixed", [True, False])
def test_a_frame_that_reaches_far_beyond_the_raster_is_seen_where_the_raster_is(tmp_path, object_model, fixed):
    """A parish around a small image has its middle elsewhere; one that only touches the image is not seen in it."""
    raster = write_raster(tmp_path / "scene.tif", np.full((3, 60, 80), 120, np.uint8))
    boxes = [box(40, 30, 9000, 7000), box(-5000, -3000, 5020, 3010), box(-20000, -20000, 40000, 40000),
             box(-50, 5, 50, 9), box(10, 10)]  # fmt: skip
    features = write_boxes(tmp_path / "o.gpkg", boxes, a=np.arange(5))
    job = Job()
    outputs = classify(
        object_model(tmp_path / "m", fixed=fixed), raster, tmp_path / "out.gpkg", job, in_features=features
    )
    found = read(outputs["out_feature_class"])
    assert labels(found) == ["grey", "grey", "grey", None, "grey"]
    assert any("1 object lies outside" in line or "1 objects lie outside" in line for line in job.warnings)
    assert found.geometry[0].bounds == shapely.box(*boxes[0]).bounds


def test_each_feature_is_seen_in_the_raster_that_covers_it_best(tmp_path, object_model):
    """Two rasters overlap; one has no data where it pretends to have some."""
    folder = tmp_path / "rasters"
    folder.mkdir()
    one = np.full((3, 60, 100), 40, np.int16)
    one[:, :, 60:] = -1
    write_raster(folder / "a.tif", one, nodata=-1)
    write_raster(folder / "b.tif", np.full((3, 60, 100), 200, np.int16), left=LEFT + 40 * CELL)
    boxes = [box(5, 5), box(130, 5), box(70, 20), box(36, 40, 8)]
    features = write_boxes(tmp_path / "o.gpkg", boxes, a=np.arange(4))
    job = Job()
    outputs = classify(object_model(tmp_path / "m"), folder, tmp_path / "out.gpkg", job, in_features=features)
    found = read(outputs["out_feature_class"])
    assert labels(found) == ["dark", "bright", "bright", "dark"]
    assert labels(found, "Raster") == ["a.tif", "b.tif", "b.tif", "a.tif"]
    assert not job.warnings


def test_a_threshold_leaves_out_the_unsure(tmp_path, object_model):
    """As ArcGIS does; those without a label stay."""
    image = np.full((3, 60, 100), 40, np.uint8)
    image[:, :, 50:] = 81
    raster = write_raster(tmp_path / "scene.tif", image)
    features = write_boxes(tmp_path / "o.gpkg", [box(5, 5), box(70, 5), box(900, 0)], a=np.arange(3))
    job = Job()
    outputs = classify(object_model(tmp_path / "m"), raster, tmp_path / "out.gpkg", job, in_features=features,
                       model_arguments=(("score_threshold", "0.9"),))  # fmt: skip
    found = read(outputs["out_feature_class"])
    assert labels(found) == ["dark", None] and list(found.fields["a"]) == [0, 2]
    told = "2 of 3 objects classified, 1 of them written and 1 not, which are below score_threshold 0.9: dark 1"
    assert told in job.messages


def test_views_and_batches_do_not_change_what_is_clear(tmp_path, object_model):
    """Eight views of a chip that is not square."""
    boxes, kinds = some_boxes(15)
    raster = scene(tmp_path / "scene.tif", boxes, kinds)
    features = write_boxes(tmp_path / "o.gpkg", boxes, a=np.arange(15))
    model = object_model(tmp_path / "m", tile=(12, 20))
    for number, arguments in enumerate([(("test_time_augmentation", "True"),), (("batch_size", "3"),)]):
        outputs = classify(model, raster, tmp_path / f"{number}.gpkg", in_features=features, model_arguments=arguments)
        assert labels(read(outputs["out_feature_class"])) == list(NAMES[kinds])


def test_several_labels_are_joined(tmp_path, object_model):
    """Labels, values and confidences parted by semicolons, in the order of the classes."""
    image = np.full((3, 60, 100), 130, np.uint8)
    image[:, :, 50:] = 10
    raster = write_raster(tmp_path / "scene.tif", image)
    features = write_boxes(tmp_path / "o.gpkg", [box(5, 5), box(70, 5), box(900, 0)], a=np.arange(3))
    model = object_model(tmp_path / "m", multi=True)
    found = read(classify(model, raster, tmp_path / "out.gpkg", in_features=features)["out_feature_class"])
    assert labels(found) == ["dark;grey", None, None]
    assert labels(found, "Classvalue") == ["1;2", None, None]
    assert labels(found, "Confidence") == ["1.0000;1.0000", None, None]


def test_results_are_appended_to_a_layer_that_exists(tmp_path, object_model):
    """In one transaction; numbers go on, the spatial index and other layers stay whole, the CRS is the layer's."""
    boxes, kinds = some_boxes(30)
    raster = scene(tmp_path / "scene.tif", boxes, kinds)
    model, out = object_model(tmp_path / "m"), tmp_path / "out.gpkg"
    write_boxes(out, [box(0, 0)], other=np.array([1]))
    pyogrio.raw.write(str(out), geometry=None, field_data=[np.array([1])], fields=["z"], geometry_type=None, crs=None,
                      layer="table", driver="GPKG", append=False)  # fmt: skip
    first = write_boxes(tmp_path / "a.gpkg", boxes[:20], a=np.arange(20))
    shapes = transformed(FeatureTable(np.array([shapely.box(*one) for one in boxes[20:]]), {}, "EPSG:32633", ""), 4326)
    second = write_features(tmp_path / "b.gpkg", shapes.geometry, "EPSG:4326", a=np.arange(20, 30))
    target = f"{out}|layername=found"
    request = {"in_raster": raster, "in_model_definition": model, "out_feature_class": target}
    run(ClassifyObjects(**request, in_features=first), Job())
    job = Job()
    outputs = run(ClassifyObjects(**request, in_features=second), job)
    found = read(outputs["out_feature_class"])
    assert labels(found) == list(NAMES[kinds]) and list(found.fields["a"]) == list(range(30))
    assert shapely.hausdorff_distance(found.geometry, [shapely.box(*one) for one in boxes]).max() < 0.01
    assert any("found exists with 20 rows: the results are appended" in line for line in job.messages)
    assert {name for name, _ in pyogrio.list_layers(out)} == {"out", "found", "table"}
    info = pyogrio.read_info(out, layer="found")
    assert info["features"] == 30
    window = pyogrio.raw.read(str(out), layer="found", bbox=boxes[25])[2]
    assert len(window) >= 1
    with sqlite3.connect(out) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM rtree_found_geom").fetchone() == (30,)


@pytest.mark.parametrize("suffix", [".geojson", ".shp"])
def test_other_formats_are_appended_to_as_well(tmp_path, suffix, object_model):
    """They are written anew with what they held."""
    boxes, kinds = some_boxes(12)
    raster = scene(tmp_path / "scene.tif", boxes, kinds)
    model, out = object_model(tmp_path / "m"), tmp_path / f"out{suffix}"
    for part in (slice(0, 7), slice(7, 12)):
        features = write_boxes(tmp_path / f"{part.start}.gpkg", boxes[part], a=np.arange(12)[part])
        classify(model, raster, out, in_features=features)
    found = read(out)
    assert labels(found) == list(NAMES[kinds]) and list(found.fields["a"]) == list(range(12))


def test_fields_that_do_not_fit_are_one_sentence_and_nothing_is_written(tmp_path, object_model):
    """Missing fields, other kinds, other geometries, a table."""
    boxes, kinds = some_boxes(3)
    raster = scene(tmp_path / "scene.tif", boxes, kinds)
    model, out = object_model(tmp_path / "m"), tmp_path / "out.gpkg"
    features = write_boxes(tmp_path / "a.gpkg", boxes, a=np.arange(3))
    write_boxes(out, boxes, a=np.arange(3))
    with pytest.raises(EngineError, match="without the field ClassLabel of the result"):
        classify(model, raster, out, in_features=features)
    out.unlink()
    write_boxes(out, boxes, a=np.arange(3), ClassLabel=np.arange(3), Classvalue=np.arange(3), Confidence=np.zeros(3))
    with pytest.raises(EngineError, match="whole numbers in the field ClassLabel and the result has text"):
        classify(model, raster, out, in_features=features)
    points = write_features(tmp_path / "p.gpkg", shapely.points([(LEFT + 5, TOP - 5)]), geometry_type="Point", a=[1])
    with pytest.raises(EngineError, match="with geometries Polygon and the result has Point"):
        classify(model, raster, out, in_features=points)
    assert len(read(out)) == 3


def test_a_field_of_the_input_is_never_overwritten(tmp_path, object_model):
    """Detections carry a confidence of their own: ours gets another name, and that is told."""
    boxes, kinds = some_boxes(4)
    raster = scene(tmp_path / "scene.tif", boxes, kinds)
    own = {"confidence": np.full(4, 0.25), "ClassLabel": np.array(list("abcd"), object)}
    features = write_boxes(tmp_path / "o.gpkg", boxes, **own)
    job = Job()
    outputs = classify(object_model(tmp_path / "m"), raster, tmp_path / "out.gpkg", job, in_features=features)
    found = read(outputs["out_feature_class"])
    assert labels(found) == list("abcd") and labels(found, "ClassLabel_2") == list(NAMES[kinds])
    assert set(found.fields["confidence"]) == {0.25} and found.fields["Confidence_2"].min() > 0.5
    assert outputs["label_field"] == "ClassLabel_2"
    assert sum("which is kept: the result is in" in line for line in job.warnings) == 2


def test_the_report_names_the_class_that_is_never_predicted(tmp_path, object_model):
    """Truth by name or by value; matrix, kappa, majority in the manifest, a PDF beside the output."""
    boxes, kinds = some_boxes(30)
    shown = np.where(kinds == 1, 0, kinds)  # grey objects look dark
    raster = scene(tmp_path / "scene.tif", boxes, shown)
    truth = NAMES[kinds].copy()
    truth[:2] = None, "unheard of"
    features = write_boxes(tmp_path / "o.gpkg", boxes, truth=truth, value=np.array([1, 2, 5])[kinds])
    model, job = object_model(tmp_path / "m"), Job()
    outputs = classify(model, raster, tmp_path / "out.gpkg", job, in_features=features, truth_field="TRUTH")
    accuracy = json.loads(Path(outputs["out_run_manifest"]).read_text())["accuracy"]
    grey = int((kinds[2:] == 1).sum())
    assert accuracy["compared"] == 28 and accuracy["overall_accuracy"] == pytest.approx(1 - grey / 28, abs=1e-5)
    assert accuracy["never_predicted"] == [f"grey ({grey} objects have it)"]
    assert accuracy["per_class"]["grey"] | {"precision": 0} == {
        "precision": 0, "recall": 0.0, "f1": 0.0, "support": grey, "predicted": 0,
    }  # fmt: skip
    assert accuracy["majority_share"] == pytest.approx(np.bincount(kinds[2:]).max() / 28, abs=1e-5)
    assert accuracy["left_out"] == [
        "1 objects have no true class", "1 objects are of classes that the model does not know: unheard of (1)",
    ]  # fmt: skip
    assert any("classes that were never predicted: grey" in line for line in job.messages)
    assert Path(outputs["out_report"]).read_bytes().startswith(b"%PDF")
    assert Path(outputs["out_report"]).name == "out.gpkg.accuracy.pdf"
    outputs = classify(model, raster, tmp_path / "v.gpkg", in_features=features, truth_field="value",
                       out_report=str(tmp_path / "report.pdf"))  # fmt: skip
    accuracy = json.loads(Path(outputs["out_run_manifest"]).read_text())["accuracy"]
    assert accuracy["compared"] == 30 and (tmp_path / "report.pdf").is_file()


def test_images_with_a_place_become_polygons_of_their_extent(tmp_path, object_model):
    """Each image of a folder is one object, whatever its size; one that cannot be read has no label."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number, level in enumerate(LEVELS):
        left = LEFT + 100 * number
        write_raster(folder / f"{number}.tif", np.full((3, 20 + number, 33), level, np.uint8), left=left)
    (folder / "9.tif").write_bytes(b"no raster at all")
    job = Job()
    outputs = classify(object_model(tmp_path / "m", fixed=True, cell_size=0.1), folder, tmp_path / "out.gpkg", job)
    found = read(outputs["out_feature_class"])
    assert labels(found, "Image") == ["0.tif", "1.tif", "2.tif", "9.tif"]
    assert labels(found) == [*NAMES, None] and found.crs == "EPSG:32633"
    assert found.geometry[1].bounds == (LEFT + 100, TOP - 10.5, LEFT + 116.5, TOP) and found.geometry[3] is None
    assert any("1 of 4 images cannot be read" in line for line in job.warnings)


@pytest.mark.parametrize("name", ["out.csv", "out.gpkg"])
def test_images_without_a_place_become_rows_of_a_table(tmp_path, name, object_model):
    """And a second run adds its rows."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number, level in enumerate(LEVELS):
        write_raster(folder / f"{number}.png", np.full((3, 20, 33), level, np.uint8), crs=None, driver="PNG",
                     tiled=None)  # fmt: skip
    model = object_model(tmp_path / "m")
    outputs = classify(model, folder, tmp_path / name)
    found = read(outputs["out_feature_class"])
    assert labels(found, "Image") == ["0.png", "1.png", "2.png"] and labels(found) == list(NAMES)
    assert found.crs is None and all(shape is None for shape in found.geometry)
    outputs = classify(model, folder / "1.png", tmp_path / name)
    found = read(outputs["out_feature_class"])
    assert labels(found) == [*NAMES, "grey"] and [float(value) for value in found.fields["Confidence"]][3] > 0.5


def test_attachments_of_a_layer_are_images(tmp_path, object_model):
    """A feature gets the label of its image, keeps its attributes, and stays where it is."""
    for number, level in enumerate(LEVELS):
        write_raster(tmp_path / f"{number}.png", np.full((3, 20, 33), level, np.uint8), crs=None, driver="PNG",
                     tiled=None)  # fmt: skip
    points = shapely.points([(1, 1), (2, 2), (3, 3)])
    features = write_features(
        tmp_path / "stops.gpkg", points, "EPSG:4326", geometry_type="Point",
        photo=np.array(["2.png", None, "0.png"], object),
    )  # fmt: skip
    found = read(classify(object_model(tmp_path / "m"), features, tmp_path / "out.gpkg")["out_feature_class"])
    assert labels(found) == ["bright", None, "dark"] and labels(found, "photo") == ["2.png", None, "0.png"]
    assert shapely.equals(found.geometry, points).all() and found.crs == "EPSG:4326"


def test_a_part_of_the_raster_and_its_cell_size_are_those_asked_for(tmp_path, object_model):
    """The model's cell size decides how large a fixed tile is on the ground."""
    image = np.full((3, 80, 80), 200, np.uint8)
    image[:, 36:44, 36:44] = 40
    raster = write_raster(tmp_path / "scene.tif", image)
    points = write_features(tmp_path / "p.gpkg", shapely.points([(LEFT + 20, TOP - 20), (LEFT + 38, TOP - 38)]),
                            geometry_type="Point", a=[1, 2])  # fmt: skip
    fine = object_model(tmp_path / "fine", fixed=True, tile=(8, 8), cell_size=0.5)
    coarse = object_model(tmp_path / "coarse", fixed=True, tile=(8, 8), cell_size=2.0)
    job = Job()
    extent = Extent(LEFT, TOP - 30, LEFT + 30, TOP)
    for model, name in ((fine, "dark"), (coarse, "bright")):
        outputs = classify(model, raster, tmp_path / f"{name}.gpkg", job, in_features=points, extent=extent)
        assert labels(read(outputs["out_feature_class"])) == [name, None]
    assert any("the raster is read at 2" in line for line in job.warnings)


def test_third_dimensions_and_parts_of_shapefiles_are_kept(tmp_path, object_model):
    """What a shapefile calls polygons may have several parts."""
    boxes, kinds = some_boxes(4)
    raster, model = scene(tmp_path / "scene.tif", boxes, kinds), object_model(tmp_path / "m")
    shapes = [shapely.box(*one) for one in boxes]
    shapes[1] = shapely.MultiPolygon([shapely.box(*boxes[1]), shapely.box(*boxes[1]).buffer(-0.2)])
    path = tmp_path / "o.shp"
    pyogrio.raw.write(str(path), geometry=shapely.to_wkb(np.array(shapes, object)), field_data=[np.arange(4)],
                      fields=["a"], geometry_type="Polygon", crs="EPSG:32633", driver="ESRI Shapefile")  # fmt: skip
    found = read(
        classify(model, raster, tmp_path / "s.gpkg", in_features=FeatureSource(str(path)))["out_feature_class"]
    )
    assert {shape.geom_type for shape in found.geometry} == {"MultiPolygon"}
    tall = write_features(tmp_path / "z.gpkg", shapely.force_3d([shapely.box(*one) for one in boxes], 7.0),
                          geometry_type="Polygon Z", a=np.arange(4))  # fmt: skip
    found = read(classify(model, raster, tmp_path / "zz.gpkg", in_features=tall)["out_feature_class"])
    assert shapely.has_z(found.geometry).all() and labels(found) == list(NAMES[kinds])


def bad(tmp_path, object_model, what):
    """Return the parameters of a run that must be refused."""
    boxes, kinds = some_boxes(3)
    raster = scene(tmp_path / "scene.tif", boxes, kinds)
    features = write_boxes(tmp_path / "o.gpkg", boxes, a=np.arange(3))
    given = {"model": object_model(tmp_path / "m"), "raster": raster, "in_features": features}
    if what == "bands":
        given["raster"] = write_raster(tmp_path / "one.tif", np.zeros((1, 40, 50), np.uint8))
    if what == "empty":
        given["in_features"] = FeatureSource(features.path, layer=features.layer, where="a > 99")
    if what == "no crs":
        given["in_features"] = write_features(tmp_path / "n.gpkg", [shapely.box(*boxes[0])], None, a=[1])
    if what == "table":
        pyogrio.raw.write(str(tmp_path / "t.csv"), geometry=None, field_data=[np.array([1])], fields=["x"],
                          geometry_type=None, crs=None, driver="CSV")  # fmt: skip
        given["in_features"] = FeatureSource(str(tmp_path / "t.csv"))
    if what == "layer as raster":
        given["raster"] = features
    if what == "truth":
        given["truth_field"] = "species"
    if what == "argument":
        given["model_arguments"] = (("padding", "5"),)
    if what == "missing layer":
        given["in_features"] = FeatureSource(str(tmp_path / "nothing.gpkg"))
    if what == "format":
        given["out"] = tmp_path / "out.xyz"
    if what == "extent":
        given["extent"] = Extent(0, 0, 1, 1)
    return given


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("bands", "has 1 bands and the model needs 3"),
        ("empty", "has no feature to classify: add some, or check its filter"),
        ("no crs", "has no CRS and .* has one"),
        ("table", "is a table without geometry"),
        ("layer as raster", "is a layer and in_features are given"),
        ("truth", "truth_field species is no field of the features: choose one of a"),
        ("argument", "argument 'padding' is unknown to this model"),
        ("missing layer", "does not exist"),
        ("format", "no format that can be written"),
        ("extent", "lies outside"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path, object_model, what, sentence):
    """And leaves nothing behind."""
    given = bad(tmp_path, object_model, what)
    model, raster, out = given.pop("model"), given.pop("raster"), given.pop("out", tmp_path / "out.gpkg")
    with pytest.raises(EngineError, match=sentence) as error:
        classify(model, raster, out, **given)
    assert "\n" not in str(error.value)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith((".", "out"))]


def test_a_model_of_another_task_is_refused(tmp_path, monkeypatch):
    """With the name of what it is for."""
    from tests.engine.inference.levels import level_model

    raster = write_raster(tmp_path / "scene.tif", np.zeros((3, 40, 50), np.uint8))
    model = level_model(tmp_path / "pixels", monkeypatch)
    with pytest.raises(EngineError, match="is a model for pixel classification"):
        classify(model, raster, tmp_path / "out.gpkg")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"truth_field": "a"}, "is a field of in_features and none are given"),
        ({"out_report": "r.pdf"}, "truth_field is missing"),
        ({"class_label_field": " ", "in_features": "x.gpkg"}, "class_label_field is empty"),
        ({"in_features": "out.gpkg"}, "out_feature_class out.gpkg is in_features"),
        ({"in_raster": "a.tif;out.gpkg"}, "out_feature_class out.gpkg is in_raster"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(values, sentence):
    """Before anything is opened."""
    given = {"in_raster": "a.tif", "out_feature_class": "out.gpkg", "in_model_definition": "m.emd", **values}
    with pytest.raises(EngineError, match=sentence):
        ClassifyObjects.from_values(given)


def test_a_cancel_leaves_nothing(tmp_path, object_model):
    """Neither output nor work folder."""
    boxes, kinds = some_boxes(20)
    raster = scene(tmp_path / "scene.tif", boxes, kinds)
    features = write_boxes(tmp_path / "o.gpkg", boxes, a=np.arange(20))
    model = object_model(tmp_path / "m", black=True)

    class Stops(Job):
        def progress(self, fraction, text=""):
            if fraction > 0.1:
                self.cancel()

    with pytest.raises(Cancelled):
        classify(model, raster, tmp_path / "out.gpkg", Stops(), in_features=features,
                 model_arguments=(("batch_size", "1"),))  # fmt: skip
    assert not [path for path in tmp_path.iterdir() if path.name.startswith((".", "out"))]


def test_a_large_image_is_seen_from_edge_to_edge(tmp_path, object_model, monkeypatch):
    """It is read in strips and averaged, so that it does not fill memory."""
    monkeypatch.setattr(object_cutting, "LARGE", 64 * 64)
    monkeypatch.setattr(object_reading, "LARGE", 64 * 64)
    monkeypatch.setattr(object_cutting, "STRIP", 4096)
    image = np.full((3, 301, 407), 200, np.uint8)
    image[:, :, :360] = 30
    image[:, 100:200, 100:200] = 120
    raster = write_raster(tmp_path / "scene.tif", image)
    expected = float(image[0].mean())
    assert 40 < expected < 80
    found = read(classify(object_model(tmp_path / "m"), raster, tmp_path / "out.gpkg")["out_feature_class"])
    assert labels(found) == ["dark"]
