"""Layers and tables on disk."""

import contextlib
import sqlite3

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely

from engine.errors import Cancelled, OutputError
from engine.job import Job
from engine.tools.values import FeatureSource, FeatureTarget
from engine.vector.reading import FeatureTable, read_features
from engine.vector.writing import write_features, write_table
from tests.rasters import write_raster

CUSTOM = "+proj=tmerc +lat_0={} +lon_0=3 +datum=WGS84"


def table(count=3, crs="EPSG:32633"):
    """Return some boxes with a text, a number and a decimal each."""
    left = np.arange(count) * 10.0
    fields = {
        "Class": np.array([f"class {index}" for index in range(count)], object),
        "Classvalue": np.arange(count),
        "Confidence": np.where(np.arange(count) % 2, np.nan, 0.5).astype(np.float32),
    }
    return FeatureTable(shapely.box(left, 0, left + 5, 5), fields, crs, "found")


def opened(path):
    """Read what a returned path opens."""
    file, _, layer = path.partition("|layername=")
    return read_features(FeatureSource(file, layer), job=Job())


def leftovers(folder):
    """Return temporary names in a folder."""
    return [entry.name for entry in folder.iterdir() if entry.name.startswith(".")]


@pytest.mark.parametrize("suffix", ["", ".gpkg", ".shp", ".geojson", ".fgb", ".gml"])
def test_what_is_written_is_read_back(tmp_path, suffix):
    """Every format by its suffix, GeoPackage without one; nulls stay null."""
    path = write_features(FeatureTarget(str(tmp_path / f"found{suffix}")), table(), job=Job(), crs="EPSG:32633")
    back = opened(path)
    assert len(back) == 3 and back.crs == "EPSG:32633"
    assert sorted(shape.bounds for shape in back.geometry) == [shape.bounds for shape in table().geometry]
    order = np.argsort([shape.bounds[0] for shape in back.geometry])  # FlatGeobuf sorts by place
    back = back.take(order)
    names = {name.casefold()[:5]: column for name, column in back.fields.items()}
    assert names["class"].tolist()[-1] in ("class 2", 2)
    assert np.isnan(back.fields[next(name for name in back.fields if name.startswith("Conf"))][1])
    assert not leftovers(tmp_path)


@pytest.mark.parametrize("stem", ["#1 wells", "(copy) wells", "100%", "gpkg_wells", 'it\'s "é" & wells'])
def test_a_geopackage_may_have_any_name(tmp_path, stem):
    """Its table gets another name where a GeoPackage does not take that of the file; written twice it is one layer."""
    target = FeatureTarget(str(tmp_path / f"{stem}.gpkg"))
    for _ in range(2):
        path = write_features(target, table(), job=Job(), crs="EPSG:32633")
        assert len(opened(path)) == 3
    assert len(pyogrio.list_layers(target.path)) == 1


@pytest.mark.parametrize("name", ["north;south.gpkg", "new!.gpkg"])
def test_a_name_at_which_a_path_is_cut_is_refused(tmp_path, name):
    """Nothing is written under half of the name."""
    with pytest.raises(OutputError, match="without these signs"):
        write_features(FeatureTarget(str(tmp_path / name)), table(), job=Job(), crs="EPSG:32633")
    assert not list(tmp_path.iterdir())


def test_parts_are_appended_and_an_empty_result_has_its_fields(tmp_path):
    """An iterator of tables becomes one layer; no table becomes an empty layer with the schema and the CRS."""
    parts = iter([table(2), table(0), table(3)])
    assert len(opened(write_features(FeatureTarget(str(tmp_path / "a.gpkg")), parts, job=Job(), crs="EPSG:32633"))) == 5
    for suffix in ("gpkg", "shp"):
        schema = {"Class": object, "Classvalue": np.int64, "Confidence": np.float32}
        target = FeatureTarget(str(tmp_path / f"none.{suffix}"))
        back = opened(write_features(target, iter([]), job=Job(), schema=schema, crs="EPSG:32633"))
        assert len(back) == 0 and len(back.fields) == 3 and back.crs == "EPSG:32633"


def test_an_existing_geopackage_keeps_its_other_layers(tmp_path):
    """A layer of the same name is replaced, in any case; others stay with their index, CRS and rows."""
    path = str(tmp_path / "all.gpkg")
    write_features(FeatureTarget(path, "one"), table(3), job=Job(), crs="EPSG:32633")
    write_features(FeatureTarget(path, "two"), table(4, "EPSG:4326"), job=Job(), crs="EPSG:4326")
    write_features(FeatureTarget(path, "three"), table(5), job=Job(), crs=CUSTOM.format(10))
    result = write_features(FeatureTarget(path, "ONE"), table(6), job=Job(), crs="EPSG:32633")
    assert result == f"{path}|layername=ONE"
    assert sorted(pyogrio.list_layers(path)[:, 0]) == ["ONE", "three", "two"]
    for layer, count in (("ONE", 6), ("two", 4), ("three", 5)):
        back = opened(f"{path}|layername={layer}")
        assert len(back) == count
        inside = pyogrio.raw.read(path, layer=layer, bbox=(9, 0, 16, 5))[2]
        assert len(inside) == 1
        assert pyogrio.read_info(path, layer=layer)["features"] == count
    assert opened(f"{path}|layername=two").crs == "EPSG:4326"
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert (
            database.execute(
                "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name LIKE 'rtree_one%'"
            ).fetchone()[0]
            == 4
        )
    assert not leftovers(tmp_path)


def test_two_systems_with_one_number_do_not_mix(tmp_path):
    """GDAL numbers unnamed systems from one on in each file; in the target each gets its own."""
    path = str(tmp_path / "all.gpkg")
    for name, latitude in (("a", 10), ("b", 11), ("c", 10)):
        write_features(FeatureTarget(path, name), table(2), job=Job(), crs=CUSTOM.format(latitude))
    crs = {name: opened(f"{path}|layername={name}").crs for name in "abc"}
    assert crs["a"] == crs["c"] != crs["b"]
    with sqlite3.connect(path) as database:
        number = database.execute("SELECT srs_id FROM gpkg_geometry_columns WHERE table_name = 'b'").fetchone()[0]
        header = database.execute("SELECT geom FROM b").fetchone()[0]
    assert int.from_bytes(header[4:8], "little", signed=True) == number


def test_a_locked_geopackage_stays_and_the_result_is_kept(tmp_path, monkeypatch):
    """Another program holds a lock: the sentence says where the result is."""
    monkeypatch.setattr("engine.vector.geopackage._WAIT_SECONDS", 0.1)
    path = tmp_path / "all.gpkg"
    write_features(FeatureTarget(str(path)), table(3), job=Job(), crs="EPSG:32633")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(OutputError, match=r"all\.gpkg is locked .* kept as .*all_new\.gpkg"):
        write_features(FeatureTarget(str(path), "more"), table(5), job=Job(), crs="EPSG:32633")
    other.execute("ROLLBACK")
    other.close()
    assert len(opened(f"{tmp_path / 'all_new.gpkg'}|layername=more")) == 5
    assert len(opened(str(path))) == 3
    assert not leftovers(tmp_path)


def test_a_run_that_fails_leaves_the_old_layer(tmp_path):
    """Cancelled between two parts: the file is as it was and no temporary name stays."""

    def parts(job):
        yield table(2)
        job.cancel()
        yield table(2)

    for suffix in ("gpkg", "shp", "geojson"):
        path = str(tmp_path / f"a.{suffix}")
        write_features(FeatureTarget(path), table(3), job=Job(), crs="EPSG:32633")
        job = Job()
        with pytest.raises(Cancelled):
            write_features(FeatureTarget(path), parts(job), job=job, crs="EPSG:32633")
        assert len(opened(path)) == 3
    assert not leftovers(tmp_path)


@pytest.mark.parametrize("suffix", ["csv", "dbf", "gpkg"])
def test_tables_have_no_geometry(tmp_path, suffix):
    """Whole numbers, decimals with null, texts; beside layers of the same GeoPackage."""
    path = str(tmp_path / f"t.{suffix}")
    columns = {"Class": np.array(["a", "b"], object), "TP": np.array([3, 4]), "AP": np.array([0.25, np.nan])}
    write_table(FeatureTarget(path), columns, Job())
    write_table(FeatureTarget(path), columns, Job())
    meta, _, geometry, data = pyogrio.raw.read(path)
    assert meta["fields"].tolist() == ["Class", "TP", "AP"] and len(data[0]) == 2
    assert geometry is None or not any(geometry)
    assert float(data[2][0]) == 0.25


@pytest.mark.parametrize(
    ("name", "says"),
    [("a.zzz", "no format"), ("", "no output"), ("text.gpkg", "no GeoPackage"), ("folder.gpkg", "is a folder")],
)
def test_targets_that_cannot_be_written_get_one_sentence(tmp_path, name, says):
    """Unknown suffix, something else under that name."""
    (tmp_path / "text.gpkg").write_text("no database")
    (tmp_path / "folder.gpkg").mkdir()
    with pytest.raises(OutputError, match=says):
        write_features(FeatureTarget(str(tmp_path / name) if name else ""), table(), job=Job(), crs=None)
    assert not leftovers(tmp_path)


def test_whole_numbers_and_yes_no_values_keep_their_type_beside_nulls(tmp_path):
    """In memory they are decimals; on disk the layer that was read says what they are."""
    table = FeatureTable(
        np.array([shapely.box(0, 0, 1, 1), shapely.box(2, 0, 3, 1)], object),
        {"floors": np.array([3.0, np.nan]), "height": np.array([2.5, np.nan]), "old": np.array([1.0, np.nan])},
        "EPSG:32633",
        "houses",
        {"floors": "int32", "height": "float64", "old": "bool"},
    )
    path = write_features(FeatureTarget(str(tmp_path / "out.gpkg")), table, job=Job(), crs="EPSG:32633")
    meta = pyogrio.read_info(path)
    types = dict(zip(meta["fields"], meta["dtypes"], strict=True))
    assert types == {"floors": "int32", "height": "float64", "old": "bool"}
    again = read_features(FeatureSource(path), job=Job())
    assert again.fields["floors"][0] == 3
    assert np.isnan(again.fields["floors"][1])


def test_names_too_long_for_dbf_are_told(tmp_path):
    """The table is written, its names shortened, and the user hears of it."""
    job = Job()
    write_table(FeatureTarget(str(tmp_path / "accuracy.dbf")), {"True_Positive": np.array([1])}, job)
    assert "True_Positive" in job.warnings[0]


def test_a_database_that_is_no_geopackage_is_never_replaced(tmp_path):
    """Other tables may be in it, and only a GeoPackage keeps them."""
    path = tmp_path / "user.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE precious (work TEXT)")
    before = path.read_bytes()
    with pytest.raises(OutputError, match="may hold other layers"):
        write_features(FeatureTarget(str(path)), table(), job=Job(), crs="EPSG:32633")
    assert path.read_bytes() == before


def test_a_raster_in_a_geopackage_is_never_replaced_by_features(tmp_path):
    """A layer name may be an orthophoto's."""
    path = tmp_path / "both.gpkg"
    write_raster(path, np.ones((3, 64, 64), np.uint8), driver="GPKG", RASTER_TABLE="ortho", tiled=False)
    with pytest.raises(OutputError, match="ortho is a raster"):
        write_features(FeatureTarget(str(path), "ortho"), table(), job=Job(), crs="EPSG:32633")
    with rasterio.open(path) as raster:
        assert raster.shape == (64, 64)


def test_fields_named_like_a_geopackages_own_columns_are_kept(tmp_path):
    """Layers that came from a GeoPackage often bring a fid, also a doubled or a decimal one."""
    features = table(2).with_fields({"fid": np.array([1.5, 1.5]), "geom": np.array(["a", "b"], object)})
    path = write_features(FeatureTarget(str(tmp_path / "out.gpkg")), features, job=Job(), crs="EPSG:32633")
    again = read_features(FeatureSource(path), job=Job())
    assert again.fields["fid"].tolist() == [1.5, 1.5]
    assert again.fields["geom"].tolist() == ["a", "b"]


def test_an_overwritten_shapefile_leaves_no_old_index(tmp_path):
    """A stale spatial index makes QGIS hide features."""
    (tmp_path / "out.qix").write_bytes(b"old")
    (tmp_path / "out.prj").write_text("old")
    write_features(FeatureTarget(str(tmp_path / "out.shp")), table(2, crs=None), job=Job(), crs=None)
    assert not (tmp_path / "out.qix").exists()
    assert not (tmp_path / "out.prj").exists()
