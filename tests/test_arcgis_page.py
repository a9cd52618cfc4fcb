"""The page for users of ArcGIS names tools, parameters and model types that there are, and leaves none out."""

import re
from pathlib import Path

import pytest

from engine.models.registry import architectures
from engine.tools import TOOLS
from engine.tools.arguments import ARGUMENTS
from engine.tools.kinds import Arguments

PAGE = Path(__file__).resolve().parents[1] / "docs" / "arcgis.md"
TEXT = PAGE.read_text(encoding="utf-8")
BY_TITLE = {tool.title: tool for tool in TOOLS.values()}
ENVIRONMENTS = (
    "cell_size",
    "extent",
    "mask",
    "snap_raster",
    "output_crs",
    "processor_type",
    "gpu_id",
    "parallel_processing_factor",
)
OF_ARCGIS = {
    "Export Training Data For Deep Learning": (
        "in_raster out_folder in_class_data image_chip_format tile_size_x tile_size_y stride_x stride_y "
        "output_nofeature_tiles metadata_format start_index class_value_field buffer_radius in_mask_polygons "
        "rotation_angle reference_system processing_mode blacken_around_feature crop_mode in_raster2 "
        "in_instance_data instance_class_value_field min_polygon_overlap_ratio"
    ),
    "Train Deep Learning Model": (
        "in_folder out_folder max_epochs model_type batch_size arguments learning_rate backbone_model "
        "pretrained_model validation_percentage stop_training freeze augmentation augmentation_parameters "
        "chip_size resize_to weight_init_scheme monitor tensorboard"
    ),
    "Detect Objects Using Deep Learning": (
        "in_raster out_detected_objects in_model_definition arguments run_nms confidence_score_field "
        "class_value_field max_overlap_ratio processing_mode use_pixelspace in_objects_of_interest"
    ),
    "Classify Pixels Using Deep Learning": (
        "in_raster in_model_definition arguments processing_mode out_classified_raster out_classified_folder "
        "out_featureclass overwrite_attachments use_pixelspace"
    ),
    "Classify Objects Using Deep Learning": (
        "in_raster out_feature_class in_model_definition in_features class_label_field processing_mode "
        "model_arguments caption_field"
    ),
    "Detect Change Using Deep Learning": ("from_raster to_raster out_classified_raster in_model_definition arguments"),
    "Non Maximum Suppression": (
        "in_featureclass confidence_score_field out_featureclass class_value_field max_overlap_ratio"
    ),
    "Compute Accuracy For Object Detection": (
        "detected_features ground_truth_features out_accuracy_table out_accuracy_report "
        "detected_class_value_field ground_truth_class_value_field min_iou mask_features"
    ),
    "Compute Accuracy For Pixel Classification": (
        "in_raster in_ground_truth_data out_confusion_matrix num_random_points sampling min_point_distance"
    ),
}
"""Parameters in ArcGIS Pro 3.6, in their order."""


def section(title, level="###"):
    """Return the text below a heading."""
    return re.search(rf"^{level} {re.escape(title)}\n(.*?)(?=^#|\Z)", TEXT, re.MULTILINE | re.DOTALL)[1]


def names(text):
    """Return what a text shows as code and could be a parameter."""
    return {
        word
        for word in re.findall(r"`([^`]+)`", text)
        if re.fullmatch(
            r"[a-z]+[a-z0-9]*(_[a-z0-9]+)+|extent|mask|seed|split|shard|arguments|precision|compression|monitor|freeze",
            word,
        )
    }


@pytest.mark.parametrize("title", OF_ARCGIS)
def test_a_tool_has_the_parameters_of_arcgis_in_their_order(title):
    """The page says so of each."""
    own = [name for name in BY_TITLE[title].parameters() if name in OF_ARCGIS[title].split()]
    assert own == OF_ARCGIS[title].split()
    assert "All parameters of ArcGIS" in section(title)


@pytest.mark.parametrize("title", OF_ARCGIS)
def test_a_section_names_what_its_tool_has(title):
    """Parameters, arguments of its models, and choices."""
    tool = BY_TITLE[title]
    known = set(tool.parameters()) | {"score_threshold"}
    for parameter in tool.parameters().values():
        if isinstance(parameter.kind, Arguments):
            known |= {spec.name for spec in ARGUMENTS.get(getattr(parameter.kind, "task", ""), ())}
    assert names(section(title)) <= known


@pytest.mark.parametrize("title", OF_ARCGIS)
def test_a_section_names_every_parameter_that_arcgis_does_not_have(title):
    """So that nothing is a surprise."""
    more = set(BY_TITLE[title].parameters()) - set(OF_ARCGIS[title].split()) - set(ENVIRONMENTS)
    assert more <= names(section(title))


def test_environments_belong_to_the_tools_that_are_named():
    """Each row lists the tools with this parameter, of those that ArcGIS has."""
    before = []
    for row in re.findall(r"^\| [^|]+ \| (`[^|]+) \| ([^|]+) \|$", section("Environments", "##"), re.MULTILINE):
        named = [title for title in OF_ARCGIS if title in row[1]] + (before if "the same" in row[1] else [])
        before = named
        for name in re.findall(r"`([^`]+)`", row[0]):
            assert set(named) == {title for title in OF_ARCGIS if name in BY_TITLE[title].parameters()}, name


def test_model_types_are_those_that_there_are():
    """Codes with yes or only here, and no others."""
    rows = re.findall(r"^\| ([A-Z0-9_, ]+) \| (yes|only here|no)", section("Model types", "##"), re.MULTILINE)
    there = {code for codes, word in rows if word != "no" for code in codes.split(", ")}
    absent = {code for codes, word in rows if word == "no" for code in codes.split(", ")}
    assert there == set(architectures())
    assert not absent & set(architectures())


def test_every_tool_is_on_the_page():
    """Those without a counterpart too."""
    assert [title for title in BY_TITLE if title not in TEXT] == []
