"""Detect Objects Using Deep Learning with a model that draws masks: the outlines of what is there, hole for hole."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio.features
import shapely
from affine import Affine

from engine.errors import ModelPackageError, ParameterError
from engine.job import Job
from engine.pipelines.classify_pixels import run as classify
from engine.pipelines.detect_objects import run
from engine.tools.classify_pixels import ClassifyPixels
from engine.tools.detect_objects import DetectObjects
from engine.tools.kinds import Features
from engine.tools.values import FeatureTarget
from engine.vector.reading import read_features
from tests.engine.inference.shapes import shapes_model
from tests.rasters import write_boxes, write_raster

LEFT, TOP, CELL = 500_000.0, 4_650_000.0, 0.5
EXACT = (("simplify", "false"),)
ROWS, COLS = 130, 190


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A model with tiles of 64 pixels and a padding of 8."""
    return shapes_model(tmp_path / "model", monkeypatch)


def disc(row, col, radius):
    """The pixels of a disc."""
    rows, cols = np.indices((ROWS, COLS))
    return (rows - row) ** 2 + (cols - col) ** 2 <= radius**2


def boxes(*parts):
    """The pixels of some boxes (col_min, row_min, col_max, row_max)."""
    mask = np.zeros((ROWS, COLS), bool)
    for left, top, right, bottom in parts:
        mask[top:bottom, left:right] = True
    return mask


def shapes():
    """Instances of many kinds: on seams and corners, hollow, touching, of one pixel, in two parts."""
    hollow = boxes((80, 70, 120, 115)) & ~boxes((88, 80, 112, 100))
    return [
        boxes((40, 40, 50, 80), (40, 70, 90, 80)) & ~hollow,  # an L over four tiles
        hollow,
        disc(25, 150, 17),
        boxes((120, 70, 140, 115)),  # touches the hollow one
        boxes((20, 10, 21, 11)),
        boxes((4, 90, 14, 100), (18, 90, 24, 100)),
    ]


def image_of(instances, dtype=np.uint16):
    """A raster of three bands in which each instance has a value of its own; every third is a pool."""
    image = np.full((3, ROWS, COLS), 900, dtype)
    for number, mask in enumerate(instances):
        image[:, mask] = 40_000 + 2_000 * number
        image[2, mask] = 60_000 if number % 3 == 2 else 900
    return image


def detect(raster, model, tmp_path, **parameters):
    """Run the tool and return its features."""
    request = DetectObjects(
        in_raster=str(raster), out_detected_objects=FeatureTarget(str(tmp_path / "found.gpkg")),
        in_model_definition=model, **parameters,
    )  # fmt: skip
    path = run(request, Job())["out_detected_objects"]
    return read_features(Features("Found").parse("found", path), job=Job())


def burned(table, transform):
    """The pixels whose centres each feature covers, as a set."""
    masks = [
        rasterio.features.rasterize([(shape, 1)], out_shape=(ROWS, COLS), transform=transform, dtype=np.uint8) > 0
        for shape in table.geometry
    ]
    assert len({mask.tobytes() for mask in masks}) == len(table)
    return {mask.tobytes() for mask in masks}


@pytest.fixture
def raster(tmp_path):
    """The raster of all shapes, 16 bit, half-metre cells."""
    return write_raster(tmp_path / "town.tif", image_of(shapes()), left=LEFT, top=TOP, cell_size=CELL, crs="EPSG:32633")


def place():
    """Pixel to map of the raster."""
    return Affine(CELL, 0, LEFT, 0, -CELL, TOP)


@pytest.mark.parametrize("padding", [0, 3, 8, 16])
def test_every_pixel_of_every_instance_is_in_one_feature(tmp_path, model, raster, padding):
    """Across seams and corners, with holes, touching ones apart, whatever the padding."""
    found = detect(raster, model, tmp_path, arguments=(*EXACT, ("padding", str(padding))))

    assert burned(found, place()) == {mask.tobytes() for mask in shapes()}
    assert shapely.is_valid(found.geometry).all()
    assert set(shapely.get_type_id(found.geometry)) == {shapely.GeometryType.MULTIPOLYGON}
    assert sorted(shapely.area(found.geometry) / CELL**2) == sorted(float(mask.sum()) for mask in shapes())
    assert sorted(found.fields["Classvalue"].tolist()) == [10, 10, 10, 10, 20, 20]
    assert found.crs == "EPSG:32633"


def test_simplified_outlines_have_no_steps_and_stay_within_a_pixel(tmp_path, model, raster):
    """Far fewer corners, all on the outline of the pixels; straight edges and holes are kept."""
    exact = detect(raster, model, tmp_path, arguments=EXACT)
    found = detect(raster, model, tmp_path)

    assert shapely.is_valid(found.geometry).all()
    pairs = [(one, max(exact.geometry, key=lambda other: other.intersection(one).area)) for one in found.geometry]
    for smooth, stepped in pairs:
        assert shapely.hausdorff_distance(smooth, stepped) <= 1.0 * CELL
        assert smooth.intersection(stepped).area >= 0.93 * smooth.union(stepped).area
        assert len(shapely.get_coordinates(smooth)) <= len(shapely.get_coordinates(stepped))
    middle = shapely.Point(LEFT + 75.25, TOP - 12.75)
    ((smooth, stepped),) = [pair for pair in pairs if pair[1].contains(middle)]
    assert len(shapely.get_coordinates(stepped)) > 80  # the disc
    assert len(shapely.get_coordinates(smooth)) < 50
    ((hollow, other),) = [pair for pair in pairs if shapely.get_num_interior_rings(pair[1].geoms[0])]
    assert hollow.equals(other)  # long straight edges


def test_boxes_are_written_when_asked_for(tmp_path, model, raster):
    """return_bboxes gives the frame of each mask as a polygon of four corners."""
    found = detect(raster, model, tmp_path, arguments=(("return_bboxes", "true"),))

    assert set(shapely.get_type_id(found.geometry)) == {shapely.GeometryType.POLYGON}
    frames = {tuple(np.round(shape.bounds, 3)) for shape in found.geometry}
    assert len(frames) == len(found) == len(shapes())
    assert (500_010.0, 4_649_994.5, 500_010.5, 4_649_995.0) in frames  # one pixel


@pytest.mark.parametrize("policy", ["mean", "max", "min"])
def test_views_agree_about_what_is_there(tmp_path, model, raster, policy):
    """With test-time augmentation masks are turned back as boxes are."""
    arguments = (*EXACT, ("test_time_augmentation", "true"), ("merge_policy", policy))
    found = detect(raster, model, tmp_path, arguments=arguments)
    assert burned(found, place()) == {mask.tobytes() for mask in shapes()}


def test_another_tile_size_gives_the_same(tmp_path, model, raster):
    """tile_size 96 instead of 64."""
    found = detect(raster, model, tmp_path, arguments=(*EXACT, ("tile_size", "96")))
    assert burned(found, place()) == {mask.tobytes() for mask in shapes()}


def test_masks_of_an_enlarged_tile_lie_on_the_raster(tmp_path, monkeypatch, raster):
    """resize_to 128 for tiles of 64: the outlines are in pixels of the raster again."""
    model = shapes_model(tmp_path / "large", monkeypatch, resize_to=(128, 128))
    found = detect(raster, model, tmp_path, arguments=EXACT)
    wanted = sorted(float(mask.sum()) for mask in shapes() if mask.sum() > 300)
    largest = sorted(area for area in shapely.area(found.geometry) / CELL**2 if area > 300)
    assert largest == pytest.approx(wanted, rel=0.12)


def test_a_raster_smaller_than_a_tile_is_cut_at_its_edge(tmp_path, model):
    """What the network sees beyond the raster's edge is a mirror image and no part of the object."""
    image = np.full((3, 40, 50), 900, np.uint16)
    image[:2, 30:40, 20:50] = 50_000
    raster = write_raster(tmp_path / "small.tif", image, left=LEFT, top=TOP, cell_size=CELL, crs="EPSG:32633")
    (shape,) = detect(raster, model, tmp_path).geometry
    assert shape.bounds == pytest.approx((LEFT + 10, TOP - 20, LEFT + 25, TOP - 15))


def test_the_second_pass_compares_masks(tmp_path, model):
    """Two slanting neighbours whose boxes nearly coincide are both kept; ArcGIS's default ratio of 0 is by pixels."""
    rows, cols = np.indices((ROWS, COLS))
    slanted = [(np.abs(rows - cols - shift) <= 6) & (rows >= 10) & (rows < 55) for shift in (0, 16)]
    raster = write_raster(
        tmp_path / "slanted.tif", image_of(slanted), left=LEFT, top=TOP, cell_size=CELL, crs="EPSG:32633"
    )
    found = detect(raster, model, tmp_path, run_nms=True, arguments=EXACT)
    assert burned(found, place()) == {mask.tobytes() for mask in slanted}


def test_nothing_found_is_an_empty_layer_and_mask_and_extent_hold(tmp_path, model, raster):
    """Threshold above every score; then only what lies mostly in the mask."""
    empty = detect(raster, model, tmp_path, arguments=(("threshold", "0.95"),))
    assert len(empty) == 0 and {"Class", "Classvalue", "Confidence"} <= set(empty.fields)
    area = write_boxes(tmp_path / "area.gpkg", [(LEFT + 60, TOP - 25, LEFT + 95, TOP)], crs="EPSG:32633")
    (only,) = detect(raster, model, tmp_path, mask=area).geometry
    assert only.contains(shapely.Point(LEFT + 75.25, TOP - 12.75))  # the disc


def test_another_crs_is_written_as_asked(tmp_path, model, raster):
    """Outlines are moved, holes included."""
    found = detect(raster, model, tmp_path, output_crs="EPSG:4326")
    assert found.crs == "EPSG:4326" and len(found) == len(shapes())
    assert sum(shapely.get_num_interior_rings(shape.geoms[0]) for shape in found.geometry) == 1


def test_arguments_that_this_kind_does_not_take_are_refused(tmp_path, model, raster):
    """exclude_pad_detections is for boxes."""
    with pytest.raises(ParameterError, match="exclude_pad_detections"):
        detect(raster, model, tmp_path, arguments=(("exclude_pad_detections", "true"),))


def test_the_package_of_another_task_is_refused(tmp_path, model, raster):
    """A model that draws masks classifies no pixels; one sentence says so."""
    request = ClassifyPixels(
        in_raster=str(raster), in_model_definition=model, out_classified_raster=str(tmp_path / "c.tif")
    )
    with pytest.raises(ModelPackageError, match=r"instance segmentation \(InstanceDetection\), not for pixel"):
        classify(request, Job())
