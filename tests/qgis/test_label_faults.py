"""Labelling where things go wrong or are unusual: degrees, closed projects, files of others, files that are gone."""

import os
import sqlite3
from contextlib import closing

import pytest
from osgeo import gdal
from qgis.core import (
    QgsCoordinateTransformContext,
    QgsFeature,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QApplication

from imagery_deep_learning.gui.labels.segment_sources import ComputedSegments

from .labelling import click, drag, open_pane, press, write_image
from .map_events import until

pytestmark = pytest.mark.usefixtures("provider")


def take(pane, key):
    """Take a drawing tool."""
    pane.drawing.actions[key].trigger()


def with_segments(pane):
    """Take the tool of segments and wait for those of the view."""
    take(pane, "S")
    assert until(lambda: isinstance(pane.segments.tool.source, ComputedSegments)), pane.status.text()


def in_degrees(path):
    """Write an image with a place in degrees."""
    write_image(path, epsg=4326)
    dataset = gdal.Open(str(path), gdal.GA_Update)
    dataset.SetGeoTransform((12.0, 1e-5, 0, 45.0, 0, -1e-5))
    del dataset
    return path


@pytest.mark.parametrize("map_crs", [0, 3857])
def test_segments_are_picked_on_a_raster_in_degrees(qgis_iface, tmp_path, map_crs):
    """Also on a map in metres."""
    with open_pane(qgis_iface, in_degrees(tmp_path / "image.tif"), project_epsg=map_crs) as pane:
        with_segments(pane)
        click(pane, 200, 100)
        press(pane, Qt.Key_Return)
        (sample,) = pane.samples.features()
        assert 50 < sample["Count"] < 2000
        assert sample.geometry().area() == pytest.approx(sample["Count"] * 1e-10, rel=0.05)


def test_segments_are_picked_on_the_images_of_a_folder(qgis_iface, tmp_path):
    """In pixels, whether an image has a place on the ground or not."""
    folder = tmp_path / "images"
    folder.mkdir()
    write_image(folder / "a.tif")
    write_image(folder / "b.tif", epsg=0)
    with open_pane(qgis_iface) as pane:
        pane.open_folder(str(folder))
        for name in ("a.tif", "b.tif"):
            with_segments(pane)
            click(pane, 200, 100)
            press(pane, Qt.Key_Return)
            (sample,) = pane.samples.features()
            assert sample["ImageName"] == name
            assert sample.geometry().intersects(QgsGeometry.fromWkt("POINT(200 -100)"))
            pane.step_image(1)
            QApplication.processEvents()


def test_a_project_that_is_closed_ends_the_search_for_segments(qgis_iface, tmp_path):
    """And the keys of a shape that was begun do nothing any more."""
    with open_pane(qgis_iface, write_image(tmp_path / "image.tif")) as pane:
        take(pane, "S")
        assert until(lambda: pane.segments.runs.run is not None, 5)
        QgsProject.instance().clear()
        assert pane.segments.runs.run is None and pane.samples is None
        until(lambda: False, 2)
        assert pane.segments.tool.source is None
        press(pane, Qt.Key_Return)


def test_a_layer_of_others_is_never_overwritten(qgis_iface, tmp_path):
    """A file of the name that samples get, with a layer of the name of ours."""
    path = str(tmp_path / "image_samples.gpkg")
    layer = QgsVectorLayer("Polygon?crs=EPSG:32633&field=kind:string", "soil", "memory")
    feature = QgsFeature(layer.fields())
    feature.setGeometry(QgsGeometry.fromRect(QgsRectangle(500_010, 4_649_950, 500_030, 4_649_970)))
    layer.dataProvider().addFeature(feature)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.layerName = "samples"
    QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, QgsCoordinateTransformContext(), options)
    with open_pane(qgis_iface, write_image(tmp_path / "image.tif")) as pane:
        take(pane, "R")
        drag(pane, (50, 50), (150, 150))
        assert "has a layer samples that Label Objects has not saved" in pane.status.text()
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*), count(kind) FROM samples").fetchone() == (1, 0)


def test_a_file_that_is_no_geopackage_is_never_overwritten(qgis_iface, tmp_path):
    """It may be anything."""
    path = tmp_path / "image_samples.gpkg"
    path.write_text("notes")
    with open_pane(qgis_iface, write_image(tmp_path / "image.tif")) as pane:
        take(pane, "R")
        drag(pane, (50, 50), (150, 150))
        assert "image_samples.gpkg" in pane.status.text()
    assert path.read_text() == "notes"


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps open files")
def test_a_file_that_was_deleted_is_told(qgis_iface, tmp_path):
    """Else samples would be drawn that nobody keeps."""
    with open_pane(qgis_iface, write_image(tmp_path / "image.tif")) as pane:
        take(pane, "R")
        drag(pane, (50, 50), (150, 150))
        os.remove(pane.samples.path)
        drag(pane, (160, 160), (200, 200))
        assert "is gone" in pane.status.text()
        pane.tell("")
        open(pane.samples.path, "wb").close()  # as SQLite leaves one, now and then
        drag(pane, (160, 160), (200, 200))
        assert "is gone" in pane.status.text()


def test_an_error_is_not_shown_after_a_sample_was_saved(qgis_iface, tmp_path):
    """The sentence speaks of the last shape."""
    with open_pane(qgis_iface, write_image(tmp_path / "image.tif")) as pane:
        take(pane, "R")
        drag(pane, (50, 50), (150, 50))
        assert "no area" in pane.status.text()
        drag(pane, (50, 50), (150, 150))
        assert pane.status.text() == ""
