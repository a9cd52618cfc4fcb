"""The pixel demo's scene: the same for the same seed, with labels that lie in the class they name."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest
import rasterio
import rasterio.features
import shapely

from devtools.landcover import CLASSES, CRS, make_countryside, write_landcover
from devtools.layers import read_layer
from engine.job import Job
from engine.raster.class_raster import class_raster

ROWS, COLS = 270, 360


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A small scene on disk."""
    return write_landcover(tmp_path_factory.mktemp("landcover"), ROWS, COLS, seed=3)


def test_the_same_seed_gives_the_same_countryside():
    """Two scenes of one seed agree in every pixel."""
    first, again, other = (make_countryside(90, 120, seed) for seed in (5, 5, 6))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.truth, again.truth)
    assert not np.array_equal(first.image, other.image)


def test_the_scene_is_a_raster_of_reflectances_with_a_wedge_of_nodata(scene):
    """Six bands of 16 bits, not square; image and truth miss the same pixels."""
    with rasterio.open(scene["raster"]) as file:
        assert (file.count, file.dtypes[0], file.shape, file.crs.to_string()) == (6, "uint16", (ROWS, COLS), CRS)
        image = file.read()
        missing = ~file.read_masks(1).astype(bool)
    with rasterio.open(scene["truth"]) as file:
        truth = file.read(1)
    assert 0.005 < missing.mean() < 0.1
    assert np.array_equal(missing, truth == 0)
    assert np.array_equal(missing, (image == 0).all(axis=0))
    assert image.max() <= 10000


def test_every_class_covers_a_part_of_both_sides(scene):
    """Training and judging see all five."""
    with rasterio.open(scene["truth"]) as file:
        truth = file.read(1)
    for side in (truth[:, : int(0.6 * COLS)], truth[:, int(0.6 * COLS) :]):
        shares = np.bincount(side[side > 0], minlength=6)[1:] / (side > 0).sum()
        assert shares.min() > 0.004
        assert shares.max() < 0.75


def test_labels_lie_in_the_class_that_they_name(scene):
    """A little mixed at the edges of streams and roads, as drawn labels are."""
    labels = read_layer(scene["labels"])
    with rasterio.open(scene["truth"]) as file:
        truth, transform = file.read(1), file.transform
    burnt = rasterio.features.rasterize(
        zip(labels.geometry, labels.fields["Classvalue"].tolist(), strict=True), truth.shape, transform=transform
    )
    assert (truth[burnt > 0] == burnt[burnt > 0]).mean() > 0.97
    assert set(labels.fields["Classvalue"]) == set(CLASSES)


def test_no_label_lies_on_the_other_side(scene):
    """The border between the two parts is crossed by none."""
    labels, areas = read_layer(scene["labels"]), read_layer(scene["aoi"])
    for side, area in zip(areas.fields["split"], areas.geometry, strict=True):
        assert shapely.covers(area, labels.geometry[labels.fields["split"] == side]).all()


def test_the_truth_names_its_classes(scene):
    """As the engine reads it: names and colours, 0 not labelled."""
    truth = class_raster(str(scene["truth"]), job=Job())
    assert [(entry.value, entry.name, entry.color) for entry in truth.classes] == [
        (value, name, color) for value, (name, color) in CLASSES.items()
    ]
    assert truth.unlabelled == 0


def test_the_legend_names_every_class(scene):
    """QGIS loads it with the labels, so that the colours reach the model."""
    root = ElementTree.parse(scene["labels"].with_suffix(".qml")).getroot()
    found = [(entry.get("value"), entry.get("label")) for entry in root.iter("category")]
    assert found == [(str(value), name) for value, (name, _) in CLASSES.items()]
