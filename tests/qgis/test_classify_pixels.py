"""Classify Pixels Using Deep Learning as QGIS users see it: styles, chains, folders, web tiles, interruptions."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import processing
import pytest
from qgis.core import (
    QgsFeature,
    QgsGeometry,
    QgsMapLayer,
    QgsPointXY,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProject,
    QgsRasterLayer,
    QgsRectangle,
    QgsVectorFileWriter,
    QgsVectorLayer,
)
from qgis.PyQt.QtGui import QColor, QImage

from .conftest import ENGINE, ROOT

pytestmark = pytest.mark.usefixtures("provider")

TOOL = "deeplearning:classifypixelsusingdeeplearning"
TILE, ZOOM = 256, 18
EDGE = 20037508.342789244


@pytest.fixture(scope="session")
def pixel_model(tmp_path_factory):
    """Return a package that tells bright from dark pixels, made by the engine's Python."""
    folder = tmp_path_factory.mktemp("pixels") / "pads"
    subprocess.run([str(ENGINE), str(ROOT / "tests" / "make_pixel_model.py"), str(folder)], check=True, cwd=ROOT)
    return folder / "pads.dlpk"


def classify(model, raster, **parameters):
    """Run the tool; return its results and its log."""
    feedback, context = QgsProcessingFeedback(), QgsProcessingContext()
    context.setProject(QgsProject.instance())
    given = {"in_raster": raster, "in_model_definition": str(model), "processor_type": "CPU", **parameters}
    return processing.run(TOOL, given, feedback=feedback, context=context), feedback.textLog()


def legend(path):
    """Return value, label and colour of each entry of a raster's style."""
    layer = QgsRasterLayer(str(path), "x", "gdal")
    assert layer.isValid() and layer.renderer().type() == "paletted", layer.renderer().type()
    return [(entry.value, entry.label, entry.color.name()) for entry in layer.renderer().classes()]


LEGEND = [(1, "ground", "#bea078"), (4, "pad & shed", "#c82828")]


def test_a_class_raster_has_names_and_colours_in_its_legend(scene, pixel_model, tmp_path):
    """Also without the style: the file itself names its classes."""
    results, log = classify(
        pixel_model, f"{scene}/scene.tif", out_classified_raster=str(tmp_path / "classes.tif"),
        out_confidence_raster=str(tmp_path / "confidence.tif"), out_polygons=str(tmp_path / "areas.gpkg"),
    )  # fmt: skip
    assert legend(results["out_classified_raster"]) == LEGEND
    layer = QgsRasterLayer(results["out_classified_raster"], "x", "gdal")
    assert layer.dataProvider().sourceNoDataValue(1) == 0
    assert layer.crs().authid() == "EPSG:32633"
    assert QgsRasterLayer(results["out_confidence_raster"], "x", "gdal").renderer().type() == "singlebandpseudocolor"
    areas = QgsVectorLayer(results["out_polygons"], "x", "ogr")
    assert areas.featureCount() >= 25 and areas.renderer().type() == "categorizedSymbol"
    assert "tiles of 64 x 64 pixels" in log
    assert json.loads(Path(results["out_run_manifest"]).read_text())["tool"] == TOOL.split(":")[1]
    os.remove(tmp_path / "classes.qml")
    labels = [label for _, label, _ in legend(results["out_classified_raster"])]
    assert {"ground", "pad & shed"} <= set(labels)


def test_a_folder_gives_a_virtual_raster_that_is_loaded(scene, pixel_model, tmp_path):
    """The temporary raster that the dialog would offer is not asked for when a folder is written."""
    folder = tmp_path / "rasters"
    folder.mkdir()
    os.symlink(scene / "scene.tif", folder / "one.tif")
    os.symlink(scene / "scene.tif", folder / "two.tif")
    results, _ = classify(
        pixel_model,
        str(folder),
        processing_mode="PROCESS_ITEMS_SEPARATELY",
        out_classified_folder=str(tmp_path / "out"),
    )
    assert results["out_classified_raster"] == str(tmp_path / "out" / "out.vrt")
    assert legend(tmp_path / "out" / "out.vrt") == legend(tmp_path / "out" / "one.tif") == LEGEND


def test_several_rasters_are_one_mosaic(scene, pixel_model, tmp_path):
    """As a list of layers or paths."""
    both = [f"{scene}/scene.tif", QgsRasterLayer(f"{scene}/scene.tif", "again")]
    results, log = classify(pixel_model, both, out_classified_raster=str(tmp_path / "m.tif"))
    assert "2 rasters are one mosaic" in log
    assert legend(results["out_classified_raster"]) == LEGEND


@pytest.fixture
def web_layer(tmp_path):
    """Return an XYZ layer of tiles on the disk: dark, with a bright square in each."""
    middle = 2 ** (ZOOM - 1)
    for col in range(middle, middle + 3):
        for row in range(middle, middle + 3):
            image = QImage(TILE, TILE, QImage.Format_RGB32)
            image.fill(QColor(50, 55, 60))
            for x in range(60, 120):
                for y in range(80, 140):
                    image.setPixelColor(x, y, QColor(225, 220, 215))
            path = tmp_path / "tiles" / str(ZOOM) / str(col) / f"{row}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            image.save(str(path))
    uri = f"type=xyz&url=file://{tmp_path}/tiles/{{z}}/{{x}}/{{y}}.png&zmin={ZOOM}&zmax={ZOOM}"
    layer = QgsRasterLayer(uri, "tiles", "wms")
    assert layer.isValid()
    return layer


def test_web_tiles_are_fetched_for_the_extent_first(web_layer, pixel_model, tmp_path):
    """At the layer's own scale, with a line that says so; each tile's square is found."""
    cell = 2 * EDGE / 2**ZOOM / TILE
    extent = QgsRectangle(0, -2 * TILE * cell, 2 * TILE * cell, 0)
    results, log = classify(pixel_model, web_layer, extent=extent, out_classified_raster=str(tmp_path / "w.tif"))
    assert f"{2 * TILE} x {2 * TILE} pixels" in log
    layer = QgsRasterLayer(results["out_classified_raster"], "x", "gdal")
    assert (layer.width(), layer.height(), layer.crs().authid()) == (2 * TILE, 2 * TILE, "EPSG:3857")
    block = layer.dataProvider().block(1, layer.extent(), layer.width(), layer.height())
    assert block.value(110, 90) == block.value(110 + TILE, 90 + TILE) == 4
    assert block.value(20, 20) == 1


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [({}, "give an extent"), ({"extent": "0,1000,0,1000 [EPSG:3857]", "cell_size": "0.01"}, "400 million are fetched")],
)
def test_web_tiles_without_bounds_are_refused(web_layer, pixel_model, tmp_path, parameters, sentence):
    """Nobody wants the whole world by accident."""
    with pytest.raises(QgsProcessingException, match=sentence):
        classify(pixel_model, web_layer, out_classified_raster=str(tmp_path / "w.tif"), **parameters)


def test_the_output_of_a_chain_is_known(provider, pixel_model):
    """A later step of a model can take the raster and the manifest."""
    algorithm = provider.algorithm(TOOL.split(":")[1])
    names = {output.name() for output in algorithm.outputDefinitions()}
    assert {"out_classified_raster", "out_classified_folder", "out_featureclass", "out_run_manifest"} <= names
    assert algorithm.parameterDefinition("out_classified_raster").createByDefault()
    assert not algorithm.parameterDefinition("out_classified_folder").createByDefault()


def test_a_layer_with_photos_becomes_a_layer_with_class_images(pixel_model, tmp_path):
    """The layer crosses as its file, so that paths beside it hold; the raster of the dialog is not loaded."""
    image = QImage(70, 60, QImage.Format_RGB32)
    image.fill(QColor(50, 55, 60))
    for x in range(20, 40):
        for y in range(10, 30):
            image.setPixelColor(x, y, QColor(225, 220, 215))
    assert image.save(str(tmp_path / "one.png"))
    drawn = QgsVectorLayer("Point?crs=EPSG:4326&field=photo:string", "stops", "memory")
    feature = QgsFeature(drawn.fields())
    feature.setGeometry(QgsGeometry.fromPointXY(QgsPointXY(15, 45)))
    feature["photo"] = "one.png"
    drawn.dataProvider().addFeature(feature)
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.layerName = "stops"
    context = QgsProject.instance().transformContext()
    QgsVectorFileWriter.writeAsVectorFormatV3(drawn, str(tmp_path / "stops.gpkg"), context, options)
    layer = QgsVectorLayer(f"{tmp_path}/stops.gpkg|layername=stops", "stops", "ogr")
    results, _ = classify(
        pixel_model, layer, out_featureclass=str(tmp_path / "classified.gpkg"), out_classified_raster="TEMPORARY_OUTPUT"
    )
    written = QgsVectorLayer(results["out_featureclass"], "x", "ogr")
    assert written.editorWidgetSetup(written.fields().indexOf("Classified")).type() == "ExternalResource"
    (found,) = written.getFeatures()
    classes = QImage(str(tmp_path / found["Classified"]))
    assert QColor(classes.pixel(30, 20)).name() == "#c82828" and QColor(classes.pixel(5, 5)).name() == "#bea078"
    assert "out_classified_raster" not in results


def wait_for(look, seconds):
    """Return the first true answer of ``look``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = look()
        if answer:
            return answer
        time.sleep(0.02)
    raise AssertionError(f"nothing happened in {seconds} s")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_an_end_from_outside_keeps_finished_rows_and_the_next_run_goes_on(
    qgis_process, pixel_model, scene, tmp_path, how
):
    """Ctrl-C and a kill of QGIS: no output before the end, no work folder after it."""
    out = tmp_path / "out" / "classes.tif"
    out.parent.mkdir()
    words = [
        f"in_raster={scene}/scene.tif", f"in_model_definition={pixel_model}", f"out_classified_raster={out}",
        "processor_type=CPU", "arguments=tile_size 32; padding 14; batch_size 1; test_time_augmentation True",
    ]  # fmt: skip
    program = qgis_process("run", TOOL, "--", *words)
    journal = out.parent / ".classes.classifying" / "journal.jsonl"
    wait_for(lambda: journal.exists() and journal.read_text().count("\n") > 6, 60)
    program.send_signal(how)
    program.communicate(timeout=30)
    assert program.returncode == (1 if how == signal.SIGINT else -how)
    assert not out.exists() and journal.exists()
    time.sleep(2)  # the worker notices the end of QGIS by itself
    again = qgis_process("run", TOOL, "--", *words)
    said, err = again.communicate(timeout=120)
    assert again.returncode == 0, err
    assert "going on behind" in said
    assert out.exists() and not journal.parent.exists()
    assert legend(out) == LEGEND
    assert isinstance(QgsRasterLayer(str(out), "x", "gdal"), QgsMapLayer)
