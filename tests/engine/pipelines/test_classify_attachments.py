"""Image attachments of a layer: found in every way QGIS users keep them, classified, written back or beside."""

from __future__ import annotations

import contextlib
import filecmp
import io
import json
import os
import shutil
import sqlite3
from types import SimpleNamespace

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from PIL import Image

from engine.errors import Cancelled, EngineError
from engine.inference import overwriting
from engine.inference.blobs import find_blobs
from engine.job import Job
from engine.pipelines.classify_pixels import run
from engine.tools.classify_pixels import ClassifyPixels
from engine.tools.kinds import Features
from engine.tools.values import FeatureSource, FeatureTarget
from engine.vector.reading import read_features
from tests.engine.inference.levels import level_image, level_model
from tests.rasters import write_features

VALUES = (1, 2, 5)
POINTS = [shapely.Point(10, 20), shapely.Point(11, 21), shapely.Point(12, 22)]


@pytest.fixture
def model(tmp_path, monkeypatch):
    """Three classes, tiles of 64 pixels."""
    return level_model(tmp_path / "model", monkeypatch, values=VALUES)


def photo(number):
    """Return a photo (rows, cols, 3) and the class value of each pixel."""
    image, truth = level_image(50 + 20 * number, 90, 3, seed=number)
    return np.ascontiguousarray(np.moveaxis(image, 0, -1)), np.array(VALUES)[truth]


def layer_with_paths(folder, suffix=".png"):
    """Write a layer whose field holds relative paths of two photos and one that is broken."""
    (folder / "photos").mkdir(parents=True)
    for number in range(2):
        Image.fromarray(photo(number)[0]).save(folder / "photos" / f"p{number}{suffix}")
    (folder / "photos" / f"broken{suffix}").write_bytes(b"no image")
    names = np.array([f"photos/p0{suffix}", f"photos/p1{suffix}", f"photos/broken{suffix}"], object)
    owner = np.array(["Ann", "Ben", None], object)
    return write_features(folder / "stops.gpkg", POINTS, geometry_type="Point", owner=owner, photo=names)


def as_png(array):
    """Return the bytes of a PNG file."""
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG")
    return stream.getvalue()


def layer_with_blobs(folder, way):
    """Write a layer with two photos in the GeoPackage itself, related in one of the ways that are accepted."""
    folder.mkdir()
    source = write_features(folder / "stops.gpkg", POINTS, geometry_type="Point", number=np.arange(3))
    with contextlib.closing(sqlite3.connect(folder / "stops.gpkg")) as database:
        key = {
            "extension": "",
            "foreign key": ", stop INTEGER REFERENCES stops(fid)",
            "column": ", REL_OBJECTID INTEGER",
        }[way]
        database.execute(
            f"CREATE TABLE media (id INTEGER PRIMARY KEY, data BLOB, content_type TEXT, att_name TEXT{key})"
        )
        for number in range(2):
            row = [number + 7, as_png(photo(number)[0]), "image/jpeg", f"view {number}.jpg", number + 1]
            database.execute(
                f"INSERT INTO media VALUES ({', '.join('?' * len(row[: 4 + bool(key)]))})", row[: 4 + bool(key)]
            )
        if way == "extension":
            database.execute(
                "CREATE TABLE gpkgext_relations (id INTEGER PRIMARY KEY, base_table_name TEXT, "
                "base_primary_column TEXT, related_table_name TEXT, related_primary_column TEXT, relation_name TEXT, "
                "mapping_table_name TEXT)"
            )
            database.execute(
                "INSERT INTO gpkgext_relations VALUES (1, 'stops', 'fid', 'media', 'id', 'media', 'links')"
            )
            database.execute("CREATE TABLE links (base_id INTEGER, related_id INTEGER)")
            database.executemany("INSERT INTO links VALUES (?, ?)", [(1, 7), (2, 8)])
        database.commit()
    return source


def classify(model, source, job=None, **parameters):
    """Run the tool and return its outputs."""
    return run(ClassifyPixels(in_raster=source, in_model_definition=model, **parameters), job or Job())


def features(outputs):
    """Return the features of the output."""
    return read_features(Features("F").parse("f", outputs["out_featureclass"]), job=Job())


def pixels(path):
    """Return the values of a class image."""
    with rasterio.open(path) as dataset:
        return dataset.read(1)


def test_photos_named_by_a_field_become_class_images_beside_a_new_layer(tmp_path, model):
    """The layer is copied; what cannot be read is skipped and listed."""
    source, job = layer_with_paths(tmp_path / "in"), Job()
    target = FeatureTarget(str(tmp_path / "out" / "classified.gpkg"))
    table = features(classify(model, source, job, out_featureclass=target))
    assert list(table.fields["owner"]) == ["Ann", "Ben", None]
    assert list(table.fields["Classified"]) == [
        "classified_classified/p0.png", "classified_classified/p1.png", None,
    ]  # fmt: skip
    for number in range(2):
        path = tmp_path / "out" / table.fields["Classified"][number]
        assert (pixels(path) == photo(number)[1]).all()
        with rasterio.open(path) as dataset:
            assert dataset.colormap(1)[5] == (0, 0, 255, 255) and dataset.colormap(1)[0][3] == 0
    assert any("1 attachments were skipped" in line and "broken.png" in line for line in job.warnings)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "classified.gpkg", "classified.gpkg.run.json", "classified_classified",
    ]  # fmt: skip
    assert len(json.loads((tmp_path / "out" / "classified.gpkg.run.json").read_text())["skipped"]) == 1


def test_an_existing_layer_is_appended_to(tmp_path, model):
    """Nothing of it is lost, images of the same name do not collide."""
    source = layer_with_paths(tmp_path / "in")
    target = FeatureTarget(str(tmp_path / "classified.gpkg"))
    classify(model, source, out_featureclass=target)
    table = features(classify(model, source, out_featureclass=target))
    assert pyogrio.read_info(target.path)["geometry_type"] == "Point"
    assert len(table) == 6 and list(table.fields["owner"][3:5]) == ["Ann", "Ben"]
    assert table.fields["Classified"][3] == "classified_classified/p0_2.png"
    assert (pixels(tmp_path / table.fields["Classified"][4]) == photo(1)[1]).all()


@pytest.mark.parametrize("way", ["extension", "foreign key", "column"])
def test_photos_inside_the_geopackage_are_found_and_replaced(tmp_path, model, way):
    """Related tables, foreign keys, and columns that are known by name; all blobs in one transaction."""
    source = layer_with_blobs(tmp_path / "in", way)
    table = features(classify(model, source, out_featureclass=FeatureTarget(str(tmp_path / "new.gpkg"))))
    assert list(table.fields["Classified"])[:2] == ["new_classified/view_0.png", "new_classified/view_1.png"]
    outputs = classify(model, source, overwrite_attachments=True)
    assert outputs["out_featureclass"].endswith("stops.gpkg|layername=stops")
    with contextlib.closing(sqlite3.connect(tmp_path / "in" / "stops.gpkg")) as database:
        rows = database.execute("SELECT data, content_type FROM media ORDER BY id").fetchall()
    for number, (data, kind) in enumerate(rows):
        file = tmp_path / f"{number}.png"
        file.write_bytes(data)
        assert (pixels(file) == photo(number)[1]).all() and kind == "image/png"


def test_files_are_replaced_and_their_paths_follow(tmp_path, model):
    """A class image is no JPEG, so file and path change their suffix; what was skipped stays."""
    source = layer_with_paths(tmp_path / "in", ".jpg")
    classify(model, source, overwrite_attachments=True)
    names = sorted(path.name for path in (tmp_path / "in" / "photos").iterdir())
    assert names == ["broken.jpg", "p0.png", "p1.png"]
    table = read_features(source, job=Job())
    assert list(table.fields["photo"]) == ["photos/p0.png", "photos/p1.png", "photos/broken.jpg"]


def test_a_locked_geopackage_keeps_every_image(tmp_path, model, monkeypatch):
    """All or none."""
    monkeypatch.setattr("engine.inference.blobs._WAIT_SECONDS", 0.1)
    source = layer_with_paths(tmp_path / "in", ".jpg")
    with contextlib.closing(sqlite3.connect(tmp_path / "in" / "stops.gpkg")) as database:
        database.execute("BEGIN IMMEDIATE")
        with pytest.raises(EngineError, match=r"cannot be written to .* no attachment was changed"):
            classify(model, source, overwrite_attachments=True)
    names = sorted(path.name for path in (tmp_path / "in" / "photos").iterdir())
    assert names == ["broken.jpg", "p0.jpg", "p1.jpg"]


class StopsAtTheSecond(Job):
    """Cancels when the first image is written down as finished."""

    def __init__(self, place):
        super().__init__()
        self.place = place

    def check(self):
        """Look for the list of finished images."""
        if (self.place / "done.json").exists():
            self.cancel()
        super().check()


def test_an_interrupted_run_goes_on_with_the_next_image(tmp_path, model):
    """What is finished is not done again."""
    source = layer_with_paths(tmp_path / "in")
    target = FeatureTarget(str(tmp_path / "c.gpkg"))
    with pytest.raises(Cancelled):
        classify(model, source, StopsAtTheSecond(tmp_path / ".c.classifying"), out_featureclass=target)
    assert not (tmp_path / "c.gpkg").exists()
    job = Job()
    classify(model, source, job, out_featureclass=target)
    assert any("p0.png was finished by an earlier run" in line for line in job.messages)
    assert not (tmp_path / ".c.classifying").exists()


def test_what_is_missing_is_told(tmp_path, model):
    """A layer without images, and a layer without a place for results."""
    plain = write_features(
        tmp_path / "plain.gpkg", POINTS, geometry_type="Point", name=np.array(["a", "b", "c"], object)
    )
    assert find_blobs(tmp_path / "plain.gpkg", "plain") is None
    with pytest.raises(EngineError, match="plain is no raster and has no image attachments"):
        classify(model, plain, out_featureclass=FeatureTarget(str(tmp_path / "o.gpkg")))
    source = layer_with_paths(tmp_path / "in")
    with pytest.raises(EngineError, match="out_featureclass is missing"):
        classify(model, FeatureSource(source.path), out_classified_raster=str(tmp_path / "o.tif"))
    with pytest.raises(EngineError, match="out_featureclass is the input layer stops"):
        classify(model, source, out_featureclass=FeatureTarget(source.path))
    assert len(read_features(source, job=Job())) == 3


class Dies(BaseException):
    """Stands for kill -9: what catches errors to put things back does not run."""


@pytest.mark.parametrize("step", range(7))
@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_run_that_dies_while_it_replaces_images_loses_none(tmp_path, model, monkeypatch, step, suffix):
    """The next run puts back what was moved, or finishes; no class image is ever classified again."""
    classify(model, layer_with_paths(tmp_path / "straight", suffix), overwrite_attachments=True)
    source = layer_with_paths(tmp_path / "in", suffix)
    before = {path.name: path.read_bytes() for path in (tmp_path / "in" / "photos").iterdir()}
    # given a run that ends without a word at one of its moves
    steps = iter(range(100))

    def dying(function):
        def call(*given):
            if next(steps) == step:
                raise Dies
            return function(*given)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(overwriting, "_undo", lambda *_: (_ for _ in ()).throw(Dies))
        moves = SimpleNamespace(move=dying(shutil.move))
        patch.setattr(overwriting, "shutil", moves)
        patch.setattr(overwriting, "os", SimpleNamespace(**{**vars(os), "replace": dying(os.replace)}))
        patch.setattr(overwriting._Paths, "change", dying(overwriting._Paths.change))
        patch.setattr(overwriting, "_forget", dying(overwriting._forget))
        with contextlib.suppress(Dies):
            classify(model, source, overwrite_attachments=True)
    # when its images are mended
    overwriting.mend_overwritten(tmp_path / "in" / "stops.gpkg", Job())
    # then all are as they were, or all are class images, and nothing else is left
    photos = {path.name: path.read_bytes() for path in (tmp_path / "in" / "photos").iterdir()}
    table = read_features(source, job=Job())
    if photos == before:
        assert table.fields["photo"][0] == f"photos/p0{suffix}"
        classify(model, source, overwrite_attachments=True)
    table = read_features(source, job=Job())
    assert list(table.fields["photo"]) == ["photos/p0.png", "photos/p1.png", f"photos/broken{suffix}"]
    for name in ("p0.png", "p1.png"):
        assert filecmp.cmp(tmp_path / "in" / "photos" / name, tmp_path / "straight" / "photos" / name, shallow=False)
    assert [path.name for path in (tmp_path / "in").rglob(".*") if "classifying" not in path.name] == []
    assert len(list((tmp_path / "in" / "photos").iterdir())) == 3


def test_a_run_that_still_replaces_images_is_not_undone(tmp_path, model, monkeypatch):
    """A second run at the same time is refused and moves nothing."""
    source = layer_with_paths(tmp_path / "in", ".jpg")
    change, seen = overwriting._Paths.change, []

    def meanwhile(paths, moves, **how):
        with pytest.raises(EngineError, match="another run is at work"):
            overwriting.mend_overwritten(tmp_path / "in" / "stops.gpkg", Job())
        seen.append(len(moves))
        change(paths, moves, **how)

    monkeypatch.setattr(overwriting._Paths, "change", meanwhile)
    classify(model, source, overwrite_attachments=True)
    assert seen == [2]
    assert list(read_features(source, job=Job()).fields["photo"])[:2] == ["photos/p0.png", "photos/p1.png"]
