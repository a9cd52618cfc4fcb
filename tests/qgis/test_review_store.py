"""What is asked of a reviewed layer, and what is decided about it: orders, counts, states, kept originals, undo."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from qgis.core import (
    NULL,
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsGeometry,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
    QgsWkbTypes,
)

from imagery_deep_learning.gui.review.decisions import Decisions
from imagery_deep_learning.gui.review.fields import (
    Fields,
    ReviewError,
    copy_to_geopackage,
    free_path,
    guess,
    why_not,
)
from imagery_deep_learning.gui.review.store import BY_CLASS, BY_PLACE, DOUBTFUL, NEAREST, OPEN, SUREST, Choice, Store

from .conftest import NAME, ROOT
from .review_layers import LEFT, TOP, box, states, write_results

pytestmark = pytest.mark.qgis


@pytest.fixture
def layer(qgis_app, tmp_path):
    """Return five results."""
    return write_results(tmp_path / "found.gpkg")


@pytest.fixture
def store(layer):
    """Return their store."""
    return Store(layer, guess(layer))


@pytest.mark.parametrize(
    ("order", "threshold", "ids"),
    [
        (SUREST, 0.0, [1, 2, 3, 4, 5]),
        (DOUBTFUL, 0.0, [5, 4, 3, 2, 1]),
        (DOUBTFUL, 0.3, [4, 3, 2, 1]),
        (BY_CLASS, 0.0, [2, 4, 1, 3, 5]),
        (NEAREST, 0.3, [4, 3, 2, 1]),
    ],
)
def test_results_come_in_the_order_that_is_chosen(store, order, threshold, ids):
    """By confidence either way, by class, or by nearness to the threshold; never below it."""
    choice = Choice(order, OPEN, None, threshold)
    assert store.page(choice) == ids
    assert store.page(choice, ids[1]) == ids[2:]


def test_neighbours_come_together(qgis_app, tmp_path):
    """Whatever the order in the file: cell by cell, from north to south and west to east."""
    shapes = []
    for number in range(48):
        col, row = number % 2, number // 2 % 2
        left, top = LEFT + 1000 * col + number, TOP - 1000 * row - number
        shapes.append(QgsRectangle(left, top - 5, left + 5, top))
    layer = write_results(tmp_path / "four.gpkg", [("tree", 1, 0.5)] * 48, shapes=shapes)
    ids = Store(layer, guess(layer)).page(Choice(BY_PLACE))
    places = [((fid - 1) // 2 % 2, (fid - 1) % 2) for fid in ids]
    assert places == sorted(places)
    assert len(set(ids)) == 48


def test_counts_are_by_class_and_state_above_the_threshold(store):
    """The live counts follow the threshold."""
    assert store.counts(0.3) == {("", "tree", 1): 2, ("", "car", 2): 2}
    Decisions(store).accept(1)
    assert store.counts(0.5) == {("accepted", "tree", 1): 1, ("", "car", 2): 1, ("", "tree", 1): 1}


def test_confidence_in_per_cent_is_understood(qgis_app, tmp_path):
    """A threshold of 0.5 is 50 of 100."""
    layer = write_results(tmp_path / "cent.gpkg", [("tree", 1, 90.0), ("tree", 1, 40.0)])
    store = Store(layer, guess(layer))
    assert store.page(Choice(threshold=0.5)) == [1]
    assert store.confidence(store.feature(1)) == 0.9


def test_names_with_quotes_and_a_filter_of_the_layer_are_respected(qgis_app, tmp_path):
    """A layer called it's "new" works, and what its filter hides is no result."""
    layer = write_results(tmp_path / "it's new.gpkg", [("o'ak", 1, 0.9), ("fir", 2, 0.8)])
    layer.setSubsetString("\"Class\" = 'o''ak'")
    store = Store(layer, guess(layer))
    assert store.page(Choice(class_name="o'ak")) == [1]
    assert sum(store.counts(0.0).values()) == 1


def test_one_layer_of_several_is_reviewed(qgis_app, tmp_path):
    """The others of the file stay as they are."""
    first = write_results(tmp_path / "first.gpkg")
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.actionOnExistingFile = QgsVectorFileWriter.CreateOrOverwriteLayer
    options.layerName = "second"
    path, context = str(tmp_path / "first.gpkg"), QgsCoordinateTransformContext()
    QgsVectorFileWriter.writeAsVectorFormatV3(first, path, context, options)
    del first
    layer = QgsVectorLayer(f"{path}|layername=second", "second", "ogr")
    other = QgsVectorLayer(f"{path}|layername=first", "first", "ogr")
    assert other.featureCount() == len(list(other.getFeatures()))
    store = Store(layer, guess(layer))
    Decisions(store).accept(store.page(Choice())[0])
    assert store.counts(0.85) == {("accepted", "tree", 1): 1}
    assert "review" not in QgsVectorLayer(f"{path}|layername=first", "first", "ogr").fields().names()


def test_a_relabelled_result_keeps_its_first_class(store):
    """However often it is relabelled; undo goes back step by step."""
    decisions = Decisions(store)
    decisions.relabel(1, "car", 2)
    decisions.relabel(1, "bush", 3)
    feature = store.feature(1)
    assert [feature[name] for name in ("Class", "Classvalue", "review")] == ["bush", 3, "relabelled"]
    assert [feature["orig_class"], feature["orig_value"]] == ["tree", 1]

    decisions.undo()
    assert store.feature(1)["Class"] == "car"
    decisions.undo()
    feature = store.feature(1)
    assert [feature["Class"], feature["review"], feature["orig_class"]] == ["tree", NULL, NULL]


def test_a_result_that_has_the_class_already_is_accepted(store):
    """Pressing the number of the class that stands there says that it is right."""
    Decisions(store).relabel(1, "tree", 1)
    assert store.feature(1)["review"] == "accepted"
    assert store.feature(1)["orig_class"] == NULL


def test_a_redrawn_result_keeps_its_first_shape(store):
    """The first shape is kept as WKT; clear brings it back."""
    decisions = Decisions(store)
    for shift in (3, 6):
        moved = QgsGeometry.fromRect(box(0))
        moved.translate(shift, 0)
        decisions.redraw(1, moved)
    feature = store.feature(1)
    assert feature["review"] == "redrawn"
    assert feature.geometry().boundingBox().xMinimum() == box(0).xMinimum() + 6
    assert QgsGeometry.fromWkt(feature["orig_shape"]).boundingBox() == box(0)

    decisions.clear(1)
    assert store.feature(1).geometry().boundingBox() == box(0)
    assert store.feature(1)["review"] == NULL
    decisions.undo()
    assert store.feature(1).geometry().boundingBox().xMinimum() == box(0).xMinimum() + 6


def test_what_is_added_is_removed_by_rejecting_and_comes_back_by_undo(store):
    """An object drawn by hand is no detection that could be wrong."""
    decisions = Decisions(store)
    fid = decisions.add(QgsGeometry.fromRect(QgsRectangle(LEFT, TOP - 9, LEFT + 5, TOP - 4)), "car", 2)
    assert store.feature(fid)["review"] == "added"
    decisions.reject(fid)
    assert not store.feature(fid).isValid()
    decisions.undo()
    assert store.feature(fid)["Class"] == "car"
    decisions.undo()
    assert not store.feature(fid).isValid()
    assert not decisions.can_undo


@pytest.mark.parametrize(
    ("wkt", "said"),
    [
        ("POLYGON((0 0, 1 1, 0 0))", "no area"),
        ("POLYGON((0 0, 10 10, 10 0, 0 6, 0 0))", "crosses itself"),
    ],
)
def test_a_shape_that_is_none_is_refused_with_a_sentence(store, wkt, said):
    """Nothing is written then."""
    with pytest.raises(ReviewError, match=said):
        Decisions(store).redraw(1, QgsGeometry.fromWkt(wkt))
    assert store.feature(1)["review"] == NULL


def test_layers_that_cannot_keep_decisions_are_told_with_the_remedy(qgis_app, tmp_path):
    """Temporary layers, other formats, lines, read-only layers and unsaved edits."""
    memory = QgsVectorLayer("Polygon?crs=EPSG:32633&field=Class:string", "scratch", "memory")
    assert "copy it to a GeoPackage" in why_not(memory)
    shape = write_results(tmp_path / "found.shp", driver="ESRI Shapefile")
    assert "ESRI Shapefile" in why_not(shape)
    assert "points or polygons" in why_not(QgsVectorLayer("LineString?crs=EPSG:32633", "lines", "memory"))
    good = write_results(tmp_path / "found.gpkg")
    assert why_not(good) == ""
    good.setReadOnly(True)
    assert "read-only" in why_not(good)
    good.setReadOnly(False)
    good.startEditing()
    good.addFeature(QgsFeature(good.fields()))
    assert "not saved" in why_not(good)
    good.rollBack()


def test_a_copy_in_a_geopackage_can_be_reviewed(qgis_app, tmp_path):
    """Also of a shapefile, and never over a file that is there."""
    shape = write_results(tmp_path / "found.shp", driver="ESRI Shapefile")
    path = free_path(str(tmp_path), "found_review")
    copy_to_geopackage(shape, path)
    assert free_path(str(tmp_path), "found_review").endswith("found_review_2.gpkg")
    copy = QgsVectorLayer(path, "copy", "ogr")
    assert why_not(copy) == ""
    assert len(Store(copy, guess(copy)).page(Choice())) == 5


def test_points_are_reviewed_too(qgis_app, tmp_path):
    """Classified points have no confidence necessarily."""
    layer = write_results(tmp_path / "points.gpkg", kind=QgsWkbTypes.Point)
    store = Store(layer, Fields(class_name="Class"))
    assert store.orders() == [BY_CLASS, BY_PLACE]
    assert store.page(Choice(BY_CLASS)) == [2, 4, 1, 3, 5]
    Decisions(store).redraw(2, QgsGeometry.fromWkt(f"POINT({LEFT + 1} {TOP - 1})"))
    assert states(layer)[2] == "redrawn"


KILLED = """
import sys, importlib.util
from qgis.core import QgsApplication, QgsVectorLayer, QgsGeometry
app = QgsApplication([], False); app.initQgis()
root = {root!r}
spec = importlib.util.spec_from_file_location({name!r}, root + "/__init__.py", submodule_search_locations=[root])
module = importlib.util.module_from_spec(spec); sys.modules[{name!r}] = module; spec.loader.exec_module(module)
from {name}.gui.review.store import Store
from {name}.gui.review.fields import guess
from {name}.gui.review.decisions import Decisions
layer = QgsVectorLayer({path!r}, "found", "ogr")
decisions = Decisions(Store(layer, guess(layer)))
decisions.accept(1); decisions.reject(2); decisions.relabel(3, "car", 2)
moved = layer.getFeature(4).geometry(); moved.translate(5, 0); decisions.redraw(4, moved)
print("decided", flush=True)
import time; time.sleep(60)
"""


def test_a_kill_loses_no_decision(layer, tmp_path):
    """QGIS is killed with signal 9 right after four decisions; the review goes on at the fifth result."""
    code = KILLED.format(name=NAME, root=str(ROOT), path=layer.source())
    qgis = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        cwd=tmp_path,
    )
    assert qgis.stdout.readline().strip() == "decided"
    qgis.send_signal(signal.SIGKILL)
    qgis.wait()

    again = QgsVectorLayer(layer.source(), "again", "ogr")
    assert states(again) == {1: "accepted", 2: "rejected", 3: "relabelled", 4: "redrawn", 5: None}
    store = Store(again, guess(again))
    assert store.page(Choice()) == [5]
    assert store.feature(4)["orig_shape"].startswith("Polygon")


def test_a_file_that_another_program_holds_is_told(layer, store):
    """The decision is refused in a sentence, and nothing of it is remembered."""
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import sqlite3, time; c = sqlite3.connect({layer.source().split('|')[0]!r}, isolation_level=None); "
            "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout.readline().strip() == "held"
    decisions = Decisions(store)
    begun = time.monotonic()
    try:
        with pytest.raises(ReviewError, match="not saved"):
            decisions.accept(1)
    finally:
        holder.kill()
        holder.wait()
    assert time.monotonic() - begun < 30
    assert not decisions.can_undo


MANY = 1_000_000


def resident():
    """Return the memory of this process, MiB."""
    with open("/proc/self/statm") as stream:
        return int(stream.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.slow
def test_a_million_results_open_in_seconds_and_little_memory(qgis_app, tmp_path):
    """Processor time, because other work may go on: 6 s to begin, 2 s to go on, 50 ms a decision, 100 MiB."""
    layer = write_results(tmp_path / "many.gpkg")
    path, source = layer.source().split("|")[0], layer.source()
    del layer
    with contextlib.closing(sqlite3.connect(path)) as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:  # they call functions that only GDAL has
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute(
            f"WITH RECURSIVE n(i) AS (SELECT 6 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY}) "
            "INSERT INTO many (fid, geom, Class, Classvalue, Confidence) "
            "SELECT i, (SELECT geom FROM many WHERE fid = 1), 'tree', 1, (i * 7919 % 10007) / 10007.0 FROM n"
        )
        database.commit()
    layer = QgsVectorLayer(source, "many", "ogr")
    before, begun = resident(), time.process_time()
    store = Store(layer, guess(layer))
    first = store.page(Choice(DOUBTFUL, OPEN, None, 0.4))
    assert time.process_time() - begun < 6
    assert 590_000 < sum(store.counts(0.4).values()) < 610_000

    begun = time.process_time()
    store = Store(layer, guess(layer))
    assert store.page(Choice(DOUBTFUL, OPEN, None, 0.4)) == first
    assert time.process_time() - begun < 2
    decisions, begun = Decisions(store), time.process_time()
    for fid in first:
        decisions.accept(fid)
    assert time.process_time() - begun < 0.05 * len(first)
    assert resident() - before < 100


def test_undo_passes_over_a_result_that_is_gone_and_keeps_a_step_that_was_refused(layer, store):
    """A file that is locked for a moment costs no step; a result that somebody deleted costs its own only."""
    decisions = Decisions(store)
    for fid in (1, 2):
        decisions.accept(fid)
    assert QgsVectorLayer(layer.source(), "theirs", "ogr").dataProvider().deleteFeatures([2])
    with pytest.raises(ReviewError, match="result 2 is not in"):
        decisions.undo()
    with contextlib.closing(sqlite3.connect(layer.source().split("|")[0])) as theirs:
        theirs.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ReviewError, match="not saved"):
            decisions.undo()
        theirs.rollback()
    assert decisions.undo() == 1
    assert states(layer)[1] is None
