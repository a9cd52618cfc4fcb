"""Which labels lie in which chips."""

import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.classes import ClassInfo
from engine.raster.reading import RasterSource
from engine.raster.views import View
from engine.samples.placing import PlacedLabels
from engine.samples.turning import Turn, turns
from engine.vector.labels import Labels
from engine.vector.reading import FeatureTable


def placed(polygons, cols=100, rows=80, values=None):
    """Place polygons, given in pixels with rows downwards, on a raster of 2 m cells."""
    transform = Affine(2, 0, 1000, 0, -2, 5000)
    view = View(transform, rows, cols)
    source = RasterSource("r.tif", rows, cols, (1,), "uint8", transform, None, None, ("",), (16, 16), view)
    on_map = shapely.transform(
        np.array(polygons, object), lambda points: np.column_stack([1000 + points[:, 0] * 2, 5000 - points[:, 1] * 2])
    )
    values = np.arange(len(polygons)) + 1 if values is None else values
    table = FeatureTable(on_map, {}, None, "a")
    return PlacedLabels(Labels(table, values, np.arange(len(values)), (ClassInfo(1, "a"),), True), source)


def box(col_min, row_min, col_max, row_max):
    """Return a rectangle in pixels."""
    return shapely.box(col_min, row_min, col_max, row_max)


def test_boxes_are_cut_at_the_chip():
    """A label over a corner of chips stands in each of them with its part."""
    labels = placed([box(12.25, 4, 20.5, 10), box(90, 70, 120, 99)])
    found = labels.in_strip(0, 16, np.array([0, 16, 32]), 16, 0.0)
    assert found.chips.tolist() == [0, 1] and found.values.tolist() == [1, 1]
    assert found.boxes.tolist() == [[12.25, 4, 16, 10], [0, 4, 4.5, 10]]
    assert found.areas == pytest.approx([3.75 * 6, 4.5 * 6])
    last = labels.in_strip(64, 16, np.array([84]), 16, 0.0)
    assert last.boxes.tolist() == [[6, 6, 16, 16]]


def test_the_box_of_a_cut_polygon_is_the_box_of_its_part():
    """A triangle that enters a chip by its tip has a small box there, and its own area."""
    triangle = shapely.Polygon([(10, 8), (30, 0), (30, 16)])
    found = placed([triangle]).in_strip(0, 16, np.array([0, 16]), 16, 0.0)
    assert found.boxes[0].tolist() == [10, 5.6, 16, 10.4]
    assert found.areas[0] == pytest.approx(6 * 4.8 / 2)


def test_labels_with_too_small_a_part_are_left_out():
    """Exactly the share counts as enough; without a share the thinnest part of a hundredth pixel counts."""
    labels = placed([box(12, 0, 20, 8), box(15.996, 0, 30, 8), box(15.98, 10, 30, 12)])
    starts = np.array([0, 16])
    assert labels.in_strip(0, 16, starts, 16, 0.0).values.tolist() == [1, 3, 1, 2, 3]
    assert labels.in_strip(0, 16, starts, 16, 0.5).values.tolist() == [1, 1, 2, 3]
    assert labels.in_strip(0, 16, starts, 16, 0.51).values.tolist() == [2, 3]


def test_a_chip_beyond_the_raster_has_no_label_there():
    """A raster smaller than a chip: labels end at its edge."""
    found = placed([box(5, 5, 30, 30)], cols=20, rows=10).in_strip(0, 64, np.array([0]), 64, 0.0)
    assert found.boxes.tolist() == [[5, 5, 20, 10]]


@given(st.integers(0, 2**31), st.integers(8, 24), st.integers(4, 24))
@settings(max_examples=40, deadline=None)
def test_strips_find_what_a_plain_search_finds(seed, tile, stride):
    """Every pair of chip and rectangle that overlap by more than rounding, and no other, for any grid."""
    random = np.random.default_rng(seed)
    corners = random.uniform(-10, 100, (20, 2))
    boxes = [box(x, y, x + w, y + h) for (x, y), (w, h) in zip(corners, random.uniform(0.5, 40, (20, 2)), strict=True)]
    labels = placed(boxes)
    starts = np.arange(0, 100 - tile, min(stride, tile))
    row = int(random.integers(0, 80 - tile))
    found = labels.in_strip(row, tile, starts, tile, 0.0)
    expected = set()
    for chip, col in enumerate(starts):
        for number, shape in enumerate(boxes):
            part = shape.intersection(box(col, row, min(col + tile, 100), min(row + tile, 80)))
            if not part.is_empty and (np.diff(np.round(np.reshape(part.bounds, (2, 2)), 2), axis=0) > 0.02).all():
                expected.add((chip, number + 1))
    pairs = set(zip(found.chips.tolist(), found.values.tolist(), strict=True))
    assert expected <= pairs
    wide = (found.boxes[:, 2:] - found.boxes[:, :2] > 0.02).all(axis=1)
    assert set(zip(found.chips[wide].tolist(), found.values[wide].tolist(), strict=True)) <= expected
    assert set(labels.touched(row, tile, starts, tile).tolist()) >= set(found.chips.tolist())
    assert (np.diff(found.chips) >= 0).all()


@pytest.mark.parametrize("angle", [90, 180, 30, 317])
def test_a_turned_box_is_upright_in_its_turned_chip(angle):
    """The corners of the label, turned with the chip, span the box."""
    turn = Turn(32, 32, angle)
    label = box(50, 40, 54, 46)
    labels = placed([label])
    found = labels.in_turned_strip(30, 32, np.array([40]), 32, 0.0, turn.transform, max(turn.margin))
    corners = np.array([~turn.transform @ (x - 40, y - 30) for x, y in label.exterior.coords])
    expected = [*corners.min(axis=0), *corners.max(axis=0)]
    assert found.boxes[0] == pytest.approx(expected, abs=0.006)
    assert found.areas[0] == pytest.approx(24)


def test_a_label_beside_an_upright_chip_may_lie_in_its_turned_one():
    """A diamond reaches over the middle of each side."""
    labels = placed([box(57, 31, 59, 33)])
    turn = Turn(32, 32, 45)
    assert not len(labels.in_strip(16, 32, np.array([24]), 32, 0.0).chips)
    assert len(labels.in_turned_strip(16, 32, np.array([24]), 32, 0.0, turn.transform, max(turn.margin)).chips) == 1


def test_turns_stop_below_a_full_circle():
    """The angle, twice it, ...; none for 0."""
    assert [turn.angle for turn in turns(8, 8, 90)] == [90, 180, 270]
    assert [turn.angle for turn in turns(8, 8, 100)] == [100, 200, 300]
    assert [turn.angle for turn in turns(8, 8, 200)] == [200]
    assert turns(8, 8, 0) == []


@pytest.mark.parametrize(("angle", "turned"), [(90, 1), (180, 2), (270, 3)])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "int32"])
def test_right_angles_turn_pixels_exactly(angle, turned, dtype):
    """A square chip turned by a right angle is the same pixels turned; the mask turns along."""
    turn = Turn(16, 16, angle)
    margin_x, margin_y = turn.margin
    around = np.random.default_rng(1).integers(1, 200, (2, 16 + 2 * margin_y, 16 + 2 * margin_x)).astype(dtype)
    valid = np.ones(around.shape[1:], bool)
    valid[margin_y, margin_x : margin_x + 5] = False
    around[:, ~valid] = 0
    pixels, seen = turn.apply(around, valid)
    inner = np.s_[margin_y : margin_y + 16, margin_x : margin_x + 16]
    assert (pixels == np.rot90(around[(slice(None), *inner)], turned, axes=(1, 2))).all() and pixels.dtype == dtype
    assert (seen == np.rot90(valid[inner], turned)).all()
