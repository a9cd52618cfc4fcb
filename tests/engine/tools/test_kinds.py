"""Every kind reads what users, JSON and QGIS hand it, and refuses the rest in one sentence."""

import pytest

from engine.errors import ParameterError
from engine.tools.kinds import (
    Arguments,
    CellSize,
    Choice,
    ExtentKind,
    Features,
    Flag,
    Folders,
    LearningRate,
    Names,
    NewFeatures,
    NewFile,
    NewRaster,
    Number,
)
from engine.tools.values import Extent, FeatureSource, FeatureTarget

NMS = Flag("Non Maximum Suppression", on="NMS", off="NO_NMS")


@pytest.mark.parametrize(
    ("word", "truth"),
    [("NMS", True), ("no_nms", False), ("True", True), ("FALSE", False), (True, True), (False, False)],
)
def test_yes_and_no_take_arcgis_words_in_any_case(word, truth):
    """QGIS's own reading would take NO_NMS for true."""
    assert NMS.parse("run_nms", word) is truth


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (NMS, "NO_NSM"),
        (NMS, ""),
        (Number("Stride", low=1, whole=True), "1.5"),
        (Number("Stride", low=1, whole=True), 0),
        (Number("Rate", low=0, above=True), 0.0),
        (Number("Rate"), "nan"),
        (Number("Rate"), True),
        (Choice("Format", choices=("TIFF", "PNG")), "TIF"),
        (Choice("Backbone", choices=("RESNET18",), prefix="timm:"), "timm:"),
        (Arguments("Arguments"), "padding"),
        (Arguments("Arguments"), "padding 4; PADDING 5"),
        (Arguments("Arguments"), "grids '[4, 2"),
        (Arguments("Arguments"), ["padding", "4", "threshold"]),
        (CellSize("Cell size"), "-1"),
        (LearningRate("Rate"), "slice(1e-2, 1e-3)"),
        (LearningRate("Rate"), "fast"),
        (ExtentKind("Extent"), "0,1,2"),
        (ExtentKind("Extent"), "1,0,0,1"),
        (NewFile("Report", suffix=".pdf"), "report.doc"),
    ],
)
def test_a_refusal_names_the_parameter_and_what_is_allowed(kind, raw):
    """The message holds the name, so that a user with twenty parameters knows which one is meant."""
    with pytest.raises(ParameterError, match=r"the_parameter|Rate|Cell size"):
        kind.parse("the_parameter", raw)


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (Number("Stride", whole=True), "128", 128),
        (Choice("Format", choices=("TIFF", "PNG")), "tiff", "TIFF"),
        (Choice("Backbone", choices=("RESNET18",), prefix="timm:"), "TIMM:convnext_tiny", "timm:convnext_tiny"),
        (Arguments("Arguments"), "padding 64; batch_size=4", (("padding", "64"), ("batch_size", "4"))),
        (Arguments("Arguments"), "grids '[4, 2, 1]';ratios [[1, 1], [1, 0.5]]",
         (("grids", "[4, 2, 1]"), ("ratios", "[[1, 1], [1, 0.5]]"))),
        (Arguments("Arguments"), ["padding", 64], (("padding", "64"),)),
        (Arguments("Arguments"), {"padding": 64}, (("padding", "64"),)),
        (Names("Classes"), "Palm; House", ("Palm", "House")),
        (Folders("Folders"), "a;b ", ("a", "b")),
        (CellSize("Cell size"), "AUTO", "auto"),
        (CellSize("Cell size"), 0.25, "0.25"),
        (LearningRate("Rate"), "slice(1e-4, 1e-3)", "slice(0.0001, 0.001)"),
        (ExtentKind("Extent"), "0,10,20,30 [EPSG:4326]", Extent(0.0, 20.0, 10.0, 30.0, "EPSG:4326")),
        (Features("Labels"), "a.gpkg|layername=b|subset=split = 'val'", FeatureSource("a.gpkg", "b", "split = 'val'")),
        (NewFeatures("Output"), "found", FeatureTarget("found.gpkg")),
        (NewFeatures("Output"), "ogr:dbname='/d/o.gpkg' table=\"pads\" (geom)", FeatureTarget("/d/o.gpkg", "pads")),
        (NewFile("Report", suffix=".pdf"), "report", "report.pdf"),
    ],
)  # fmt: skip
def test_values_are_read_from_text_and_from_plain_data(kind, raw, value):
    """The same value comes out whatever side it came from."""
    assert kind.parse("the_parameter", raw) == value


@pytest.mark.parametrize("kind", [NewFeatures("Output"), NewRaster("Output")])
def test_an_output_that_qgis_could_not_open_is_refused(kind):
    """QGIS takes what follows a | for options."""
    with pytest.raises(ParameterError, match="leave that sign out"):
        kind.parse("the_parameter", "/d/north | south.x")
