"""Layers of features as arrays."""

import numpy as np
import pyogrio.raw
import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from engine.errors import FeatureError
from engine.job import Job
from engine.tools.values import FeatureSource
from engine.vector.reading import FeatureTable, read_features, related, transformed
from tests.rasters import write_boxes, write_features

BOW_TIE = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])


def test_geometry_fields_and_crs_are_what_the_layer_holds(tmp_path):
    """Texts, whole numbers, decimals; the filter and the layer's name count."""
    source = write_boxes(
        tmp_path / "pads.gpkg",
        [(0, 0, 4, 4), (9, 9, 12, 15)],
        name=np.array(["a", None], object),
        value=[3, 7],
        share=[0.5, np.nan],
    )
    table = read_features(source, job=Job())
    assert (table.crs, table.name, len(table)) == ("EPSG:32633", "pads", 2)
    assert table.geometry[1].equals(box(9, 9, 12, 15))
    assert table.fields["name"].tolist() == ["a", None]
    assert table.fields["value"].tolist() == [3, 7] and table.types["value"] == "int64"
    assert np.isnan(table.fields["share"][1])
    part = read_features(FeatureSource(source.path, source.layer, "value > 5", name="Pads of 2020"), job=Job())
    assert (len(part), part.name) == (1, "Pads of 2020")
    assert table.take(np.array([False, True])).fields["value"].tolist() == [7]
    assert table.with_fields({"value": np.array([1.5, 2])}).fields["value"].dtype == float


def test_missing_and_invalid_geometries_are_counted(tmp_path):
    """Null and empty ones are skipped, a self-crossing polygon is repaired, a flat one has nothing left."""
    flat = Polygon([(0, 0), (1, 1), (2, 2), (0, 0)])
    source = write_features(tmp_path / "a.gpkg", [box(0, 0, 1, 1), None, Polygon(), BOW_TIE, flat], value=range(5))
    job = Job()
    table = read_features(source, job=job, geometry="polygon")
    assert table.fields["value"].tolist() == [0, 3]
    assert shapely.is_valid(table.geometry).all() and table.geometry[1].area == pytest.approx(2)
    assert job.warnings == [
        "a: 1 invalid feature was repaired",
        "a: 3 features without a usable geometry were skipped",
    ]


def test_a_corner_that_is_no_number_makes_a_geometry_unusable(tmp_path):
    """Its frame may well be finite."""
    shapes = [Polygon([(0, 0), (4, 0), (np.nan, 4)]), Polygon([(0, 0), (4, 0), (4, np.inf)]), box(1, 1, 2, 2)]
    job = Job()
    table = read_features(write_features(tmp_path / "n.gpkg", shapes), job=job)
    assert len(table) == 1 and job.warnings == ["n: 2 features without a usable geometry were skipped"]


def test_a_layer_is_reprojected_on_reading(tmp_path):
    """A box in degrees lies where PROJ puts it in metres."""
    source = write_boxes(tmp_path / "a.gpkg", [(15.0, 42.0, 15.001, 42.001)], crs="EPSG:4326")
    table = read_features(source, job=Job(), crs="EPSG:32633")
    left, bottom, right, top = table.geometry[0].bounds
    assert table.crs == "EPSG:32633"
    assert left == pytest.approx(500_000, abs=1e-3) and right - left == pytest.approx(82.86, abs=0.05)
    assert bottom == pytest.approx(4_649_776.2, abs=1) and top - bottom == pytest.approx(111.06, abs=0.1)
    there = transformed(read_features(source, job=Job()), "EPSG:32633")
    back = transformed(there, "EPSG:4326")
    assert back.geometry[0].bounds == pytest.approx((15.0, 42.0, 15.001, 42.001), abs=1e-9)


NOWHERE = {
    "plain": None,
    "undefined": 'LOCAL_CS["Undefined Cartesian SRS",UNIT["metre",1]]',
    "written by QGIS": 'GEOGCS["Undefined geographic SRS",DATUM["unknown",SPHEROID["unknown",6378137,298.257223563]],'
    'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433],AXIS["Latitude",NORTH],AXIS["Longitude",EAST]]',
}


@pytest.mark.parametrize("layer", sorted(NOWHERE))
def test_one_side_without_crs_is_refused_and_neither_is_warned_once(tmp_path, layer):
    """A layer without CRS, also one that GDAL calls undefined, goes with a raster without CRS only."""
    table = read_features(write_boxes(tmp_path / "a.gpkg", [(0, 0, 1, 1)], crs=NOWHERE[layer]), job=Job())
    assert table.crs is None
    job = Job()
    assert related(table, None, job=job, other="r.tif") is table
    assert job.warnings == ["neither a nor r.tif has a CRS: the same coordinates are assumed"]
    with pytest.raises(FeatureError, match=r"a has no CRS and r\.tif has one"):
        related(table, "EPSG:32633", job=Job(), other="r.tif")
    placed = read_features(write_boxes(tmp_path / "b.gpkg", [(0, 0, 1, 1)]), job=Job())
    with pytest.raises(FeatureError, match=r"r\.tif has no CRS and b has one"):
        related(placed, None, job=Job(), other="r.tif")


def test_a_crs_that_cannot_be_related_is_refused(tmp_path):
    """Another planet, a place beyond the projection, a text that is no CRS."""
    table = read_features(write_boxes(tmp_path / "a.gpkg", [(0, 0, 1, 1)], crs="EPSG:4326"), job=Job())
    with pytest.raises(FeatureError, match="cannot be related"):
        transformed(table, "IAU_2015:49900")
    with pytest.raises(FeatureError, match="not known"):
        transformed(table, "EPSG:999999")
    far = FeatureTable(np.array([box(1e30, 1e30, 2e30, 2e30)], object), {}, "EPSG:32633", "far")
    with pytest.raises(FeatureError, match="far"):
        transformed(far, "EPSG:4326")


@pytest.mark.parametrize(
    ("geometry", "kind", "words"),
    [(Point(0, 0), "Point", "points"), (LineString([(0, 0), (1, 1)]), "LineString", "lines")],
)
def test_another_kind_of_geometry_than_needed_is_refused(tmp_path, geometry, kind, words):
    """Polygons are asked for, points or lines are there."""
    source = write_features(tmp_path / "a.gpkg", [geometry], geometry_type=kind)
    with pytest.raises(FeatureError, match=f"a holds {words} and a layer of polygons is needed"):
        read_features(source, job=Job(), geometry="polygon")


def test_parts_and_third_dimension_are_understood(tmp_path):
    """Multi-part polygons stay whole, heights are left out."""
    parts = MultiPolygon([box(0, 0, 1, 1), box(3, 3, 4, 4)])
    source = write_features(tmp_path / "a.gpkg", [parts], geometry_type="MultiPolygon")
    assert read_features(source, job=Job(), geometry="polygon").geometry[0].equals(parts)
    high = write_features(tmp_path / "b.gpkg", [shapely.force_3d(box(0, 0, 1, 1), 7)], geometry_type="Polygon Z")
    assert not read_features(high, job=Job()).geometry[0].has_z


@pytest.mark.parametrize(
    ("name", "layer", "where", "says"),
    [
        ("absent.gpkg", "", "", "does not exist"),
        ("text.gpkg", "", "", "cannot be read as a layer"),
        ("good.gpkg", "nowhere", "", "has no layer nowhere: choose one of good"),
        ("good.gpkg", "good", "nothing = 1", "the filter nothing = 1"),
        ("table.gpkg", "", "", "a table without geometry"),
        ("", "", "", "no feature layer is given"),
    ],
)
def test_layers_that_cannot_be_read_get_one_sentence(tmp_path, name, layer, where, says):
    """Missing files and layers, filters that do not suit, tables."""
    write_boxes(tmp_path / "good.gpkg", [(0, 0, 1, 1)], value=[1])
    (tmp_path / "text.gpkg").write_text("no database")
    pyogrio.raw.write(
        str(tmp_path / "table.gpkg"),
        geometry=None,
        field_data=[np.arange(3)],
        fields=["a"],
        geometry_type=None,
        driver="GPKG",
    )
    path = str(tmp_path / name) if name else ""
    with pytest.raises(FeatureError, match=says):
        read_features(FeatureSource(path, layer, where), job=Job())


def test_features_without_a_place_in_the_other_crs_are_left_out_and_told(tmp_path):
    """A layer of the whole world goes with a raster in UTM; where every feature must be kept it is refused."""
    boxes = [(15.0, 42.0, 15.001, 42.001), (-170, 80, -160, 95), (15.1, 42.1, 15.2, 42.2), (200, 95, 300, 99)]
    source = write_boxes(tmp_path / "world.gpkg", boxes, crs="EPSG:4326", number=range(4))
    job = Job()
    table = read_features(source, job=job, crs="EPSG:32633")
    assert table.fields["number"].tolist() == [0, 2]
    assert job.warnings == ["world: 2 features are too far from the raster to be expressed in its CRS: skipped"]
    with pytest.raises(FeatureError, match="cannot be expressed in EPSG:32633"):
        transformed(read_features(source, job=Job()), "EPSG:32633")


def test_a_layer_named_behind_the_path_is_understood(tmp_path):
    """As QGIS and our own outputs write it."""
    source = write_boxes(tmp_path / "a.gpkg", [(0, 0, 1, 1)])
    assert len(read_features(FeatureSource(f"{source.path}|layername=a"), job=Job())) == 1
    with pytest.raises(FeatureError, match=r"a\.gpkg has no layer b"):
        read_features(FeatureSource(f"{source.path}|layername=b"), job=Job())


def test_tables_of_styles_in_a_geopackage_are_no_layers(tmp_path, recwarn):
    """QGIS keeps the style beside the features; reading the file finds the features, without a word."""
    path = write_boxes(tmp_path / "found.gpkg", [(0, 0, 1, 1)], Class=np.array(["a"], object)).path
    pyogrio.raw.write(
        path, None, [np.array(["<qml/>"], object)], ["styleQML"], layer="a_style", driver="GPKG", append=True,
        geometry_type=None,
    )  # fmt: skip
    job = Job()
    assert len(read_features(FeatureSource(path), job=job)) == 1
    assert not job.warnings
    assert not [warning for warning in recwarn if "layer" in str(warning.message).lower()]
