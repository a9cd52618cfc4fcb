"""Compute Accuracy For Pixel Classification on rasters and layers."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from affine import Affine

from engine.errors import EngineError, FeatureError, OutputError, ParameterError, RasterError
from engine.job import Job
from engine.pipelines.compute_pixel_accuracy import run
from engine.tools.compute_pixel_accuracy import ComputePixelAccuracy
from engine.tools.values import Extent, FeatureSource, FeatureTarget
from engine.vector.reading import read_features, transformed
from tests.rasters import write_boxes, write_features, write_raster

LEFT, TOP = 500_000.0, 4_650_000.0
DATA = Path(__file__).resolve().parents[4] / "shared" / "data"

NAMES = """<PAMDataset><PAMRasterBand band="1"><GDALRasterAttributeTable tableType="thematic">
<FieldDefn index="0"><Name>Value</Name><Type>0</Type><Usage>5</Usage></FieldDefn>
<FieldDefn index="1"><Name>Class</Name><Type>2</Type><Usage>2</Usage></FieldDefn>{}
</GDALRasterAttributeTable></PAMRasterBand></PAMDataset>"""


def named(path: str, names: dict[int, str]) -> str:
    """Give a raster an attribute table."""
    rows = (f'<Row index="{n}"><F>{value}</F><F>{name}</F></Row>' for n, (value, name) in enumerate(names.items()))
    Path(path + ".aux.xml").write_text(NAMES.format("".join(rows)))
    return path


def accuracy(raster, reference, folder: Path, job: Job | None = None, **parameters):
    """Run the tool and read the table: one mapping per row, by its ``ClassValue``; and the outputs."""
    reference = reference if isinstance(reference, FeatureSource) else FeatureSource(str(reference))
    target = parameters.pop("out_confusion_matrix", FeatureTarget(str(folder / "matrix.csv")))
    request = ComputePixelAccuracy(
        in_raster=str(raster), in_ground_truth_data=reference, out_confusion_matrix=target, **parameters
    )
    outputs = run(request, job or Job())
    if not target.path.endswith(".csv"):
        return {}, outputs
    with open(outputs["out_confusion_matrix"], newline="", encoding="utf-8") as file:
        return {row["ClassValue"]: row for row in csv.DictReader(file)}, outputs


def counts(rows, *values: int) -> list[list[int]]:
    """The counts of the matrix, rows classified."""
    return [[int(rows[f"C_{row}"][f"C_{col}"]) for col in values] for row in values]


@pytest.fixture
def rasters(tmp_path) -> tuple[str, str]:
    """A map of 6 by 10 pixels and its truth: classes 2, 7 and 300 in 16 bit, nodata 0."""
    classified = np.array([[2] * 5 + [7] * 4 + [300]] * 5 + [[0] * 10], np.uint16)
    truth = classified.copy()
    truth[:2, :2] = 7  # four pixels of 2 are 7
    truth[0, 9] = 2
    truth[4, 5:7] = 0
    truth[5] = 7
    return tuple(
        write_raster(tmp_path / f"{n}.tif", a[None], nodata=0) for n, a in (("map", classified), ("truth", truth))
    )


def points_at(path, rows_cols, crs="EPSG:32633", **columns) -> FeatureSource:
    """Points in the middle of pixels of half a metre."""
    geometry = [shapely.Point(LEFT + (col + 0.5) * 0.5, TOP - (row + 0.5) * 0.5) for row, col in rows_cols]
    return write_features(path, geometry, crs=crs, geometry_type="Point", **columns)


def test_the_matrix_has_the_layout_of_arcgis(rasters, tmp_path):
    """Rows classified, columns ground truth, then Total, P_Accuracy and Kappa; every figure exact."""
    rows, _ = accuracy(*rasters, tmp_path, num_random_points=0)
    assert list(rows) == ["C_2", "C_7", "C_300", "Total", "P_Accuracy", "Kappa"]
    assert list(rows["C_2"])[:7] == ["ClassValue", "C_2", "C_7", "C_300", "Total", "U_Accuracy", "Kappa"]
    assert counts(rows, 2, 7, 300) == [[21, 4, 0], [0, 18, 0], [1, 0, 4]]
    assert [int(rows["Total"][name]) for name in ("C_2", "C_7", "C_300", "Total")] == [22, 22, 4, 48]
    assert [float(rows[f"C_{value}"]["U_Accuracy"]) for value in (2, 7, 300)] == pytest.approx([21 / 25, 1, 0.8])
    producers = [float(rows["P_Accuracy"][f"C_{value}"]) for value in (2, 7, 300)]
    assert producers == pytest.approx([21 / 22, 18 / 22, 1])
    assert float(rows["P_Accuracy"]["U_Accuracy"]) == pytest.approx(43 / 48)
    chance = (25 * 22 + 18 * 22 + 5 * 4) / 48**2
    assert float(rows["Kappa"]["Kappa"]) == pytest.approx((43 / 48 - chance) / (1 - chance))
    assert [float(rows[f"C_{value}"]["IoU"]) for value in (2, 7, 300)] == pytest.approx([21 / 26, 18 / 22, 4 / 5])
    assert float(rows["Total"]["F1_Score"]) == pytest.approx(np.mean([42 / 47, 36 / 40, 8 / 9]))


def test_what_has_no_class_on_one_side_is_left_out_and_counted(rasters, tmp_path):
    """Nodata of the map, and pixels that the reference does not know."""
    job = Job()
    accuracy(*rasters, tmp_path, job, num_random_points=0)
    assert "left out: 10 pixels where the classified raster is nodata" in job.messages
    assert "left out: 2 classified pixels where the reference has no class" in job.messages


def test_every_pixel_is_no_sample(rasters, tmp_path):
    """No errors and no estimates: there is nothing to estimate."""
    rows, _ = accuracy(*rasters, tmp_path, num_random_points=0)
    assert not {"U_SE", "Adj_U_Acc", "Area_Share"} & set(rows["C_2"])
    with pytest.raises(ParameterError, match="out_points is for drawn points"):
        accuracy(*rasters, tmp_path, num_random_points=0, out_points=FeatureTarget(str(tmp_path / "points.gpkg")))


def test_more_points_than_pixels_compare_every_pixel(rasters, tmp_path):
    """Fewer are told, and the estimates are those of the census."""
    job = Job()
    rows, _ = accuracy(*rasters, tmp_path, job)
    assert counts(rows, 2, 7, 300) == [[21, 4, 0], [0, 18, 0], [1, 0, 4]]
    assert any(text.startswith("500 points were asked for and 48 are compared") for text in job.messages)
    assert float(rows["P_Accuracy"]["Adj_U_Acc"]) == pytest.approx(43 / 48)
    assert float(rows["C_7"]["Area_Share"]) == pytest.approx(22 / 48)


def test_background_zero_is_a_class(tmp_path):
    """Without nodata 0 is compared like any other class, and named."""
    classified, truth = np.zeros((2, 1, 4, 6), np.uint8)
    classified[0, :2], truth[0, :3] = 1, 1
    one, other = write_raster(tmp_path / "map.tif", classified), write_raster(tmp_path / "truth.tif", truth)
    rows, _ = accuracy(one, other, tmp_path, num_random_points=0)
    assert counts(rows, 0, 1) == [[6, 6], [0, 12]]
    assert rows["C_0"]["Class_Name"] == "Background"


def test_negative_nodata_and_classes_of_one_side(tmp_path):
    """int16 with nodata -9999; a class that one side lacks is a line of zeros, and told."""
    classified = np.array([[[1, 1, 2, 3], [1, 2, 2, -9999]]], np.int16)
    truth = np.array([[[1, 1, 2, 2], [1, 2, 5, 1]]], np.int16)
    one = write_raster(tmp_path / "map.tif", classified, nodata=-9999)
    other = write_raster(tmp_path / "truth.tif", truth, nodata=-9999)
    job = Job()
    rows, _ = accuracy(one, other, tmp_path, job, num_random_points=0)
    assert counts(rows, 1, 2, 3, 5) == [[3, 0, 0, 0], [0, 2, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0]]
    assert (rows["C_5"]["U_Accuracy"], rows["P_Accuracy"]["C_5"]) == ("", "0")
    assert any("that" in text and "has not: 3;" in text for text in job.warnings)
    assert any("has not: 5;" in text for text in job.warnings)


def test_a_reference_in_another_crs_and_grid_is_resampled(tmp_path):
    """Blocks of 30 m against the same blocks in degrees: nearly all agree, none is interpolated, and it is told."""
    blocks = np.kron(np.array([[1, 9], [9, 4]], np.uint8), np.ones((30, 40), np.uint8))[None]
    one = write_raster(tmp_path / "map.tif", blocks, cell_size=1.0)
    corners = transformed(
        read_features(write_boxes(tmp_path / "box.gpkg", [(LEFT, TOP - 60, LEFT + 80, TOP)]), job=Job()), "EPSG:4326"
    )
    west, south, east, north = shapely.bounds(corners.geometry[0])
    cell = Affine((east - west) / 160, 0, west, 0, (south - north) / 120, north)
    fine = np.kron(blocks[0], np.ones((2, 2), np.uint8))[None]
    other = write_raster(tmp_path / "truth.tif", fine, transform=cell, crs="EPSG:4326")
    job = Job()
    rows, _ = accuracy(one, other, tmp_path, job, num_random_points=0)
    assert [name for name in rows if name[2:].isdigit()] == ["C_1", "C_4", "C_9"]
    assert float(rows["P_Accuracy"]["U_Accuracy"]) > 0.95
    assert any("in EPSG:4326" in text and "by nearest neighbour" in text for text in job.messages)


def test_points_are_taken_as_they_are(rasters, tmp_path):
    """In another CRS; two outside, one on nodata and one that nobody interpreted are left out and counted."""
    places = [(0, 0), (1, 1), (3, 3), (2, 6), (0, 9), (5, 5), (90, 0), (0, -3), (4, 4)]
    values = np.array([7, 7, 2, 7, 2, 7, 7, 7, -1], np.int32)
    table = transformed(read_features(points_at(tmp_path / "p.gpkg", places, v=values), job=Job()), "EPSG:4326")
    layer = write_features(
        tmp_path / "points.gpkg", table.geometry, crs="EPSG:4326", geometry_type="Point", GrndTruth=values
    )
    job = Job()
    rows, _ = accuracy(rasters[0], layer, tmp_path, job)
    assert counts(rows, 2, 7, 300) == [[1, 2, 0], [0, 1, 0], [1, 0, 0]]
    assert [text for text in job.messages if text.startswith("left out")] == [
        "left out: 1 points whose GrndTruth is -1, not interpreted yet",
        "left out: 2 points outside the classified raster or the extent",
        "left out: 1 points where the classified raster is nodata",
    ]
    # the map's classes cover 25, 20 and 5 of 50 pixels
    assert float(rows["P_Accuracy"]["Adj_U_Acc"]) == pytest.approx(0.5 / 3 + 0.4)
    assert float(rows["C_2"]["Area_Share"]) == pytest.approx(0.5 / 3 + 0.1)


def test_class_names_are_matched_to_those_of_the_map(rasters, tmp_path):
    """In any case and with _ for a blank; digits are values; a name that the map lacks is a class of its own."""
    raster = named(rasters[0], {2: "Dense forest", 7: "Water", 300: "Town"})
    names = np.array(["dense_forest", "WATER", "Bog", "300", None], object)
    layer = points_at(tmp_path / "points.gpkg", [(0, 0), (0, 6), (1, 6), (2, 9), (3, 3)], cover=names)
    job = Job()
    rows, _ = accuracy(raster, layer, tmp_path, job, class_value_field="cover")
    assert counts(rows, 2, 7, 300) == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert rows["C_65535"]["Class_Name"] == "Bog"
    assert rows["C_7"]["C_65535"] == "1"
    assert any("has not: Bog" in text for text in job.warnings)
    assert "left out: 1 features without a value in cover" in job.messages


def test_polygons_give_no_estimates(rasters, tmp_path):
    """Pixels whose centre lies in them are compared; area-adjusted figures and errors are not there, as it says."""
    boxes = [(LEFT, TOP - 1, LEFT + 1, TOP), (LEFT + 2.5, TOP - 2.5, LEFT + 4.5, TOP)]
    layer = write_boxes(tmp_path / "polygons.gpkg", boxes, Classvalue=np.array([7, 7], np.int32))
    rows, outputs = accuracy(rasters[0], layer, tmp_path, num_random_points=0, out_report=str(tmp_path / "a.pdf"))
    assert counts(rows, 2, 7, 300) == [[0, 4, 0], [0, 20, 0], [0, 0, 0]]
    assert "U_SE" not in rows["C_2"] and "Area_Share" not in rows["C_2"]
    assert Path(outputs["out_report"]).read_bytes()[:5] == b"%PDF-"
    rows, _ = accuracy(rasters[0], layer, tmp_path, num_random_points=12, sampling="RANDOM")
    assert rows["Total"]["Total"] == "12"
    assert "Area_Share" not in rows["C_2"]


@pytest.mark.parametrize("field", ["", "kind"])
def test_polygons_of_the_only_class_tell_the_background_too(tmp_path, field):
    """A mask of buildings and the buildings: outside them is background, and random pixels are a sample of the map."""
    classified = np.zeros((1, 40, 60), np.uint8)
    classified[0, :10, :10] = 1
    raster = write_raster(tmp_path / "map.tif", classified)
    columns = {"kind": np.array([1, 1], np.int32)} if field else {"height": np.array([3.5, 4.0])}
    boxes = [(LEFT, TOP - 5, LEFT + 4, TOP), (LEFT + 20, TOP - 2, LEFT + 21, TOP)]
    layer = write_boxes(tmp_path / "buildings.gpkg", boxes, **columns)
    job = Job()
    rows, _ = accuracy(raster, layer, tmp_path, job, num_random_points=0, class_value_field=field)
    assert counts(rows, 0, 1) == [[2300 - 8, 8], [20, 80]]
    assert any("outside them the truth is background" in text for text in job.messages)
    rows, _ = accuracy(raster, layer, tmp_path, class_value_field=field, out_report=str(tmp_path / "a.pdf"))
    assert abs(float(rows["C_1"]["Area_Share"]) - 88 / 2400) < 3 * float(rows["C_1"]["Area_SE"])


@pytest.fixture
def landscape(tmp_path) -> tuple[str, str]:
    """A map of 300 by 500 pixels of 10 m with a rare class, and a truth that differs by a tenth."""
    rng = np.random.default_rng(4)
    truth = rng.choice(np.array([1, 2, 5], np.uint8), (1, 300, 500), p=[0.7, 0.28, 0.02])
    classified = np.where(rng.random(truth.shape) < 0.1, rng.choice(np.array([1, 2, 5], np.uint8), truth.shape), truth)
    return tuple(
        write_raster(tmp_path / f"{name}.tif", array, cell_size=10.0)
        for name, array in (("map", classified), ("truth", truth))
    )


@pytest.mark.parametrize(
    ("sampling", "wanted"),
    [("STRATIFIED_RANDOM", {1: 198, 2: 87, 5: 15}), ("EQUALIZED_STRATIFIED_RANDOM", {1: 100, 2: 100, 5: 100})],
)
def test_strata_are_the_classes_of_the_map(landscape, tmp_path, sampling, wanted):
    """Row totals are the quotas; the estimates of the map hold its truth within three standard errors."""
    rows, _ = accuracy(*landscape, tmp_path, num_random_points=300, sampling=sampling)
    totals = {value: int(rows[f"C_{value}"]["Total"]) for value in wanted}
    assert totals == pytest.approx(wanted, abs=1)
    exact, _ = accuracy(*landscape, tmp_path, num_random_points=0)
    estimate, error = float(rows["P_Accuracy"]["Adj_U_Acc"]), float(rows["P_Accuracy"]["Adj_U_SE"])
    assert abs(estimate - float(exact["P_Accuracy"]["U_Accuracy"])) < 3 * error
    for value in wanted:
        area = int(exact["Total"][f"C_{value}"]) / int(exact["Total"]["Total"])
        row = rows[f"C_{value}"]
        assert abs(float(row["Area_Share"]) - area) < 3 * float(row["Area_SE"])


def test_points_are_written_and_can_be_judged_again(landscape, tmp_path):
    """ArcGIS's fields, in the middle of pixels, the distance kept; fed back they give the same matrix."""
    points = FeatureTarget(str(tmp_path / "points.gpkg"))
    options = {"sampling": "RANDOM", "num_random_points": 120, "min_point_distance": 150.0}
    rows, outputs = accuracy(*landscape, tmp_path, out_points=points, **options)
    table = read_features(FeatureSource(outputs["out_points"]), job=Job())
    assert list(table.fields) == ["Classified", "GrndTruth", "Class", "TruthClass", "Right"]
    assert table.crs == "EPSG:32633"
    places = shapely.get_coordinates(table.geometry)
    assert ((places - (LEFT, TOP)) / 10 % 1 == 0.5).all()
    gaps = np.hypot(*(places[:, None] - places).T) + np.eye(len(places)) * 999
    assert gaps.min() >= 150
    again, _ = accuracy(landscape[0], outputs["out_points"], tmp_path, sampling="RANDOM")
    assert counts(again, 1, 2, 5) == counts(rows, 1, 2, 5)
    assert again["Kappa"] == rows["Kappa"]


def test_the_seed_decides(landscape, tmp_path):
    """Same seed, same matrix; another seed, another one."""
    first, second, third = (counts(accuracy(*landscape, tmp_path, seed=seed)[0], 1, 2, 5) for seed in (42, 42, 43))
    assert first == second != third


def test_points_that_find_no_room_are_told(landscape, tmp_path):
    """5 km by 3 km hold few points a kilometre apart; the run goes on with these."""
    job = Job()
    rows, _ = accuracy(*landscape, tmp_path, job, min_point_distance=1000.0)
    placed = int(rows["Total"]["Total"])
    assert 10 <= placed <= 30
    assert any(text.startswith(f"{placed} of 500 points could be placed 1000 or more") for text in job.warnings)


def test_fewer_points_than_given_are_drawn_by_class(landscape, tmp_path):
    """Thirty of three hundred reference points, ten of each class of the map."""
    points = FeatureTarget(str(tmp_path / "points.gpkg"))
    equal = {"sampling": "EQUALIZED_STRATIFIED_RANDOM"}
    _, outputs = accuracy(*landscape, tmp_path, num_random_points=300, out_points=points, **equal)
    job = Job()
    rows, _ = accuracy(landscape[0], outputs["out_points"], tmp_path, job, num_random_points=30, **equal)
    assert [rows[f"C_{value}"]["Total"] for value in (1, 2, 5)] == ["10"] * 3
    assert any("30 of 300 reference points were drawn" in text for text in job.messages)
    rows, _ = accuracy(landscape[0], outputs["out_points"], tmp_path, num_random_points=0)
    assert rows["Total"]["Total"] == "300"


def test_mask_and_extent_cut_the_area(rasters, tmp_path):
    """The extent takes the first four columns, the mask the upper two rows."""
    mask = write_boxes(tmp_path / "mask.gpkg", [(LEFT - 5, TOP - 1, LEFT + 50, TOP + 5)])
    area = Extent(LEFT, TOP - 50, LEFT + 2, TOP)
    rows, _ = accuracy(*rasters, tmp_path, num_random_points=0, mask_features=mask, extent=area)
    assert counts(rows, 2, 7) == [[4, 4], [0, 0]]


def test_a_rotated_raster_is_compared_on_the_ground(tmp_path):
    """Turned by 30 degrees: each of its own pixels counts once, and polygons and points meet them where they lie."""
    values = np.kron(np.array([[3, 8], [8, 5]], np.uint8), np.ones((20, 30), np.uint8))[None]
    turned = Affine.translation(LEFT, TOP) @ Affine.rotation(30) @ Affine.scale(2, -2)
    one = write_raster(tmp_path / "map.tif", values, transform=turned, nodata=0)
    other = write_raster(tmp_path / "truth.tif", values, transform=turned, nodata=0)
    rows, _ = accuracy(one, other, tmp_path, num_random_points=0)
    assert counts(rows, 3, 5, 8) == [[600, 0, 0], [0, 600, 0], [0, 0, 1200]]

    # polygons over all of it, in two halves of its columns
    halves = [shapely.box(0, 0, 30, 40), shapely.box(30, 0, 60, 40)]
    ground = [shapely.transform(half, lambda at: np.array([turned @ tuple(p) for p in at])) for half in halves]
    rows, _ = accuracy(one, write_features(tmp_path / "g.gpkg", ground, Class=[3, 8]), tmp_path, num_random_points=0)
    assert counts(rows, 3, 5, 8) == [[600, 0, 0], [0, 0, 600], [600, 0, 600]]

    # points drawn from it find the same values again
    points = FeatureTarget(str(tmp_path / "points.gpkg"))
    accuracy(one, other, tmp_path, num_random_points=50, out_points=points)
    rows, _ = accuracy(one, FeatureSource(points.path), tmp_path, class_value_field="GrndTruth")
    assert int(rows["Total"]["Total"]) == 50 and float(rows["P_Accuracy"]["U_Accuracy"]) == 1


def test_estimates_of_a_part_of_the_map_say_so(landscape, tmp_path):
    """A single point says nothing of the classes it does not lie in."""
    job = Job()
    accuracy(*landscape, tmp_path, job, num_random_points=20, min_point_distance=1e6)
    assert any("of the map's area whose classes have a point" in text for text in job.messages)


def test_an_output_that_is_a_folder_is_refused_before_anything_is_counted(rasters, tmp_path):
    """Nobody waits for a matrix that cannot be written."""
    (tmp_path / "m.csv").mkdir()
    job = Job()
    with pytest.raises(OutputError, match=r"m\.csv is a folder"):
        accuracy(*rasters, tmp_path, job, out_confusion_matrix=FeatureTarget(str(tmp_path / "m.csv")))
    assert not job.messages


def test_points_far_away_are_outside(rasters, tmp_path):
    """Coordinates that fit no whole number are no pixel, and raise no warning of arithmetic."""
    far = write_features(
        tmp_path / "far.gpkg",
        [shapely.Point(1e300, 0), shapely.Point(LEFT + 0.25, TOP - 0.25)],
        geometry_type="Point",
        Class=[2, 2],
    )
    job = Job()
    rows, _ = accuracy(rasters[0], far, tmp_path, job)
    assert int(rows["Total"]["Total"]) == 1
    assert "left out: 1 points outside the classified raster or the extent" in job.messages


def test_other_formats_and_reports(landscape, tmp_path):
    """.dbf and a layer of a GeoPackage that holds another one; the report of every design is written."""
    _, outputs = accuracy(*landscape, tmp_path, out_confusion_matrix=FeatureTarget(str(tmp_path / "m.dbf")))
    assert pyogrio.read_info(outputs["out_confusion_matrix"])["features"] == 6
    package = write_boxes(tmp_path / "all.gpkg", [(0, 0, 1, 1)]).path
    for name, options in {"s": {}, "r": {"sampling": "RANDOM"}, "a": {"num_random_points": 0}}.items():
        report = str(tmp_path / f"{name}.pdf")
        target = FeatureTarget(package, name)
        accuracy(*landscape, tmp_path, out_confusion_matrix=target, out_report=report, **options)
        assert Path(report).read_bytes()[:5] == b"%PDF-"
    assert {str(name) for name, _ in pyogrio.list_layers(package)} == {"all", "s", "r", "a"}


def test_one_class_has_no_kappa(tmp_path):
    """It is told, and the rest is written."""
    raster = write_raster(tmp_path / "map.tif", np.full((1, 5, 7), 3, np.uint8))
    job = Job()
    rows, _ = accuracy(raster, raster, tmp_path, job, out_report=str(tmp_path / "a.pdf"))
    assert (rows["Kappa"]["Kappa"], rows["P_Accuracy"]["U_Accuracy"]) == ("", "1")
    assert any("nothing to confuse" in text for text in job.warnings)


def test_degrees_are_told(tmp_path):
    """The least distance is in units of the raster's CRS."""
    raster = write_raster(
        tmp_path / "map.tif", np.full((1, 5, 7), 3, np.uint8), left=15.0, top=46.0, cell_size=0.01, crs="EPSG:4326"
    )
    job = Job()
    rows, _ = accuracy(raster, raster, tmp_path, job, min_point_distance=0.02, out_report=str(tmp_path / "a.pdf"))
    assert any("0.02 is in degrees" in text for text in job.warnings)
    assert 1 < int(rows["Total"]["Total"]) < 35


def test_a_table_of_many_classes_does_not_fit_a_dbf(tmp_path):
    """It is refused before anything is written; .csv holds them, and the report its most frequent."""
    raster = write_raster(tmp_path / "map.tif", np.arange(300, dtype=np.uint16).reshape(1, 15, 20), nodata=65535)
    with pytest.raises(OutputError, match=r"a \.dbf file holds 255"):
        accuracy(raster, raster, tmp_path, out_confusion_matrix=FeatureTarget(str(tmp_path / "m.dbf")))
    rows, outputs = accuracy(raster, raster, tmp_path, out_report=str(tmp_path / "a.pdf"))
    assert len(rows) == 303
    assert Path(outputs["out_report"]).read_bytes()[:5] == b"%PDF-"


def test_outputs_do_not_replace_each_other_or_the_ground_truth(rasters, tmp_path):
    """One file may hold both as two layers."""
    both = {"in_raster": rasters[0], "in_ground_truth_data": "truth.gpkg"}
    with pytest.raises(ParameterError, match=r"are both a\.gpkg"):
        ComputePixelAccuracy.from_values({**both, "out_confusion_matrix": "a.gpkg", "out_points": "a.gpkg"})
    with pytest.raises(ParameterError, match="would be replaced"):
        ComputePixelAccuracy.from_values({**both, "out_confusion_matrix": "a.csv", "out_points": "truth.gpkg"})
    ComputePixelAccuracy.from_values({**both, "out_confusion_matrix": "a.gpkg", "out_points": "a.gpkg|layername=p"})


def refusals(tmp_path, rasters):
    """Bad inputs, and the words of the sentence that each is refused with."""
    raster = rasters[0]
    small = np.ones((1, 4, 5), np.uint8)
    inside = [(0, 0), (1, 1)]
    lines = [shapely.LineString([(LEFT, TOP), (LEFT + 1, TOP - 1)])]
    two = np.array([2, 7], np.int32)
    return [
        (write_raster(tmp_path / "f.tif", small.astype(np.float32)), raster, {}, RasterError, "holds float32"),
        (write_raster(tmp_path / "n.tif", -small.astype(np.int16)), raster, {}, RasterError, "class value -1"),
        (write_raster(tmp_path / "b.tif", np.ones((2, 4, 5), np.uint8)), raster, {}, RasterError, "has 2 bands"),
        (raster, write_raster(tmp_path / "c.tif", small, crs=None), {}, RasterError, "has no CRS and"),
        (raster, write_raster(tmp_path / "far.tif", small, left=9e5), {}, RasterError, "no pixel has a class"),
        (raster, points_at(tmp_path / "far.gpkg", [(900, 9)], Value=two[:1]), {}, RasterError, "no point has a class"),
        (raster, points_at(tmp_path / "p0.gpkg", inside, height=two), {}, FeatureError, "has no field GrndTruth"),
        (
            raster,
            points_at(tmp_path / "p1.gpkg", inside, v=two),
            {"class_value_field": "w"},
            FeatureError,
            "no field w",
        ),
        (
            raster,
            points_at(tmp_path / "p2.gpkg", inside, Class=np.array(["a", "b"], object)),
            {},
            FeatureError,
            "no class name in the field Class",
        ),
        (raster, points_at(tmp_path / "p3.gpkg", inside, Value=two + 40), {}, RasterError, "no class value of"),
        (raster, points_at(tmp_path / "p4.gpkg", [], Value=two[:0]), {}, FeatureError, "has no feature"),
        (raster, points_at(tmp_path / "p5.gpkg", inside, GrndTruth=-two // two), {}, FeatureError, "-1 everywhere"),
        (
            raster,
            points_at(tmp_path / "p6.gpkg", inside, Value=two * 99_999),
            {},
            FeatureError,
            "values are 0 to 65535",
        ),
        (
            raster,
            write_features(tmp_path / "l.gpkg", lines, geometry_type="LineString", Value=two[:1]),
            {},
            FeatureError,
            "holds lines",
        ),
        (raster, tmp_path / "none.gpkg", {}, FeatureError, "does not exist"),
        (raster, tmp_path, {}, FeatureError, "is a folder"),
        (tmp_path / "none.tif", raster, {}, RasterError, "does not exist"),
        (raster, write_raster(tmp_path / "e.tif", small * 0, nodata=0), {}, RasterError, "no pixel has a class"),
        (raster, rasters[1], {"extent": Extent(0, 0, 1, 1)}, RasterError, "lies outside"),
    ]


def test_bad_input_is_refused_with_one_sentence(tmp_path, rasters):
    """What is wrong, and what to do; no table is written."""
    for raster, reference, options, kind, words in refusals(tmp_path, rasters):
        with pytest.raises(EngineError) as error:
            accuracy(raster, reference, tmp_path, **options)
        assert isinstance(error.value, kind), (words, error.value)
        assert words in str(error.value)
        assert ": " in str(error.value) and "\n" not in str(error.value)
        assert not (tmp_path / "matrix.csv").exists()


def test_real_labels_shifted_by_a_pixel(tmp_path):
    """Sentinel-2 land cover of Slovenia against itself one pixel aside: exact, and estimates that agree with it."""
    labels = DATA / "landcover_s2_slovenia" / "lulc_labels.tif"
    if not labels.exists():
        pytest.skip("the shared data is not there")
    with rasterio.open(labels) as dataset:
        values, profile, nodata = dataset.read(), dataset.profile, dataset.nodata
    shifted = np.roll(values, 1, axis=2)
    shifted[:, :, 0] = 0 if nodata is None else nodata
    with rasterio.open(tmp_path / "map.tif", "w", **{**profile, "nodata": 0}) as dataset:
        dataset.write(shifted)
    rows, _ = accuracy(tmp_path / "map.tif", labels, tmp_path, num_random_points=0)
    both = (values != 0) & (shifted != 0) if nodata == 0 else shifted != 0
    agree = float((values == shifted)[both].mean())
    assert float(rows["P_Accuracy"]["U_Accuracy"]) == pytest.approx(agree)
    sampled, _ = accuracy(tmp_path / "map.tif", labels, tmp_path, sampling="EQUALIZED_STRATIFIED_RANDOM")
    estimate, error = (float(sampled["P_Accuracy"][name]) for name in ("Adj_U_Acc", "Adj_U_SE"))
    assert abs(estimate - agree) < 3.5 * error
