"""The registry of architectures."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import ModelPackageError, ParameterError
from engine.models.backbones import BACKBONES, backbone_name
from engine.models.registry import ModelSpec, architecture, architectures, get_architecture

ROOT = Path(__file__).resolve().parents[3]


def test_architectures_are_found_by_scanning_the_folder():
    """No list names them."""
    assert list(architectures("object_detection")) == ["FASTERRCNN", "FCOS", "RETINANET", "SSD"]
    pixels = ["DEEPLAB", "FULLRES", "HED_EDGEDETECTOR", "MMSEGMENTATION", "PSPNET", "UNET"]
    assert list(architectures("pixel_classification")) == pixels


def test_listing_architectures_loads_no_network_library():
    """QGIS lists them in its own process."""
    program = (
        "import sys; from engine.models.registry import architectures; architectures(); "
        "sys.exit(bool({'torch', 'timm', 'numpy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_codes_are_found_in_any_case_and_unknown_ones_refused_with_the_choice():
    """The message says what there is."""
    assert get_architecture(" fcos ").code == "FCOS"
    with pytest.raises(ParameterError, match=r"YOLOV9.*FASTERRCNN, FCOS, .*RETINANET, SSD, UNET"):
        get_architecture("YOLOV9")


def test_a_code_used_twice_is_refused():
    """Two files cannot hold one architecture."""
    with pytest.raises(ValueError, match="registered twice"):

        @architecture("FCOS", title="Another", task="object_detection")
        def build(spec):
            """Never called."""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("resnet18", "RESNET18"),
        ("ResNet-34", "RESNET34"),
        ("wide_resnet50", "WIDE_RESNET50"),
        ("mobilenetv2", "MOBILENET_V2"),
        ("vgg16bn", "VGG16_BN"),
        ("TIMM:efficientnet_b0", "timm:efficientnet_b0"),
    ],
)
def test_backbones_are_known_in_the_ways_people_write_them(text, name):
    """Case, dashes and underscores do not matter."""
    assert backbone_name(text) == name


@pytest.mark.parametrize("text", ["", "RESNET19", "timm:"])
def test_an_unknown_backbone_is_refused_with_the_choice(text):
    """The message says what there is."""
    with pytest.raises(ParameterError, match="choose one of RESNET18"):
        backbone_name(text)


def test_every_detector_offers_every_backbone():
    """Users choose backbone and architecture independently."""
    assert all(entry.backbones == BACKBONES for entry in architectures("object_detection").values())


def test_a_specification_survives_json():
    """It is what a model package stores."""
    spec = get_architecture("SSD").spec("resnet50", 4, 3, (("grids", "[9]"),), (200, 300))
    assert ModelSpec.from_json(spec.to_json()) == spec
    assert spec.values()["grids"] == (9,)


@pytest.mark.parametrize(
    "broken", [{}, {"tile": [1]}, {"tile": [1, 1], "architecture": "SSD", "backbone": "X", "bands": "a"}]
)
def test_a_broken_specification_is_refused(broken):
    """A sentence, not a traceback."""
    with pytest.raises(ModelPackageError, match="incomplete or broken"):
        ModelSpec.from_json(broken)


@pytest.mark.parametrize(("bands", "classes"), [(0, 1), (3, 0)])
def test_a_network_of_nothing_is_refused(bands, classes):
    """At least one band and one class."""
    with pytest.raises(ParameterError, match="1 or more"):
        get_architecture("FCOS").spec("RESNET18", bands, classes)


def test_the_background_is_a_channel_beside_the_classes():
    """It survives JSON, and packages written before have none."""
    spec = replace(get_architecture("UNET").spec("RESNET18", 3, 2), background=True)
    assert (spec.classes, spec.outputs) == (2, 3)
    assert ModelSpec.from_json(spec.to_json()) == spec
    older = {key: value for key, value in spec.to_json().items() if key != "background"}
    assert ModelSpec.from_json(older).outputs == 2
