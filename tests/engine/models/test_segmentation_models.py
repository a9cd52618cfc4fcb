"""Which segmentation networks can be chosen, and what is said of those that cannot."""

import pytest
import torch

from engine.errors import ModelPackageError, ParameterError
from engine.models.mmsegmentation import MODELS, NEAREST
from engine.models.registry import architectures, build_network, get_architecture
from engine.networks.segmentation_models import take_model_weight

torch.set_num_threads(1)

ARCGIS = (
    *("ann", "apcnet", "ccnet", "cgnet", "danet", "deeplabv3", "deeplabv3plus", "dmnet", "dnlnet", "emanet", "encnet"),
    *("fastscnn", "fcn", "gcnet", "hrnet", "mobilenet_v2", "mobilenet_v3", "nonlocal_net", "ocrnet", "ocrnet_base"),
    *("pointrend", "psanet", "pspnet", "resnest", "sem_fpn", "unet", "upernet"),
)
"""Values of the argument model in ArcGIS."""


@pytest.mark.parametrize(
    ("code", "name", "configuration"),
    [
        ("UNET", "UnetClassifier", "_unet"),
        ("PSPNET", "PSPNetClassifier", "_psp"),
        ("DEEPLAB", "DeepLab", "_deeplab_infrencing"),
        ("MMSEGMENTATION", "MMSegmentation", "_model_extension_inferencing"),
        ("HED_EDGEDETECTOR", "HEDEdgeDetector", "_model_extension_inferencing"),
    ],
)
def test_model_definitions_name_networks_as_arcgis_does(code, name, configuration):
    """What other software looks for."""
    entry = get_architecture(code)
    assert (entry.model_name, entry.configuration, entry.formats) == (name, configuration, ("Classified_Tiles",))


def test_every_pixel_architecture_takes_the_common_arguments():
    """With ArcGIS's names."""
    common = {
        "class_balancing",
        "mixup",
        "focal_loss",
        "dice_loss",
        "dice_loss_fraction",
        "ignore_classes",
        "background",
    }
    for entry in architectures("pixel_classification").values():
        values = entry.parse_arguments((("ignore_classes", "[3, 4]"), ("background", "Class"), ("chip_size", "64")))
        assert common <= set(values), entry.code
        assert values["ignore_classes"] == (3, 4) and values["background"] == "class"
        assert entry.parse_arguments((("ignore_classes", "[]"),))["ignore_classes"] is None


@pytest.mark.parametrize("name", ARCGIS)
def test_every_network_of_arcgis_is_there_or_has_a_nearest(name):
    """Nobody is left without a way on."""
    assert name in MODELS or NEAREST[name].split(" ")[0] in MODELS


@pytest.mark.parametrize(("name", "told"), [("ocrnet", "upernet is the nearest"), ("yolo", "choose one of deeplabv3")])
def test_a_network_that_we_lack_is_refused_with_the_nearest(name, told):
    """One sentence with the remedy."""
    spec = get_architecture("MMSEGMENTATION").spec("RESNET18", 3, 2, (("model", name),))
    with pytest.raises(ParameterError, match=told):
        build_network(spec)


def test_a_vision_transformer_is_asked_for_where_it_is_needed():
    """DPT has no use for a network of convolutions."""
    spec = get_architecture("MMSEGMENTATION").spec("RESNET18", 3, 2, (("model", "dpt"),))
    with pytest.raises(ParameterError, match="choose timm:vit_tiny_patch16_224"):
        build_network(spec)


def test_a_network_without_backbone_passes_any_over():
    """The default of the dialog, or nothing."""
    assert get_architecture("FULLRES").spec("RESNET34", 4, 2).backbone == "NONE"
    assert build_network(get_architecture("FULLRES").spec("", 4, 2)).body is None


def small(classes=2):
    """Return a network that is quick to build."""
    return build_network(get_architecture("MMSEGMENTATION").spec("MOBILENET_V2", 3, classes, (("model", "linknet"),)))


def test_weights_of_other_files_are_taken_by_name(tmp_path):
    """Also those of segmentation_models_pytorch for other classes: the head keeps its random start."""
    given = small(classes=5).state_dict()
    theirs = {
        name.replace("body.network.", "encoder.").replace("head.", "segmentation_head."): value
        for name, value in given.items()
    }
    torch.save(theirs, tmp_path / "link.pth")
    network = small()
    taken = take_model_weight(network, str(tmp_path / "link.pth"))

    own = network.state_dict()
    assert taken == len(own) - 2
    assert all(torch.equal(own[name], given[name]) for name in own if not name.startswith("head."))


@pytest.mark.parametrize("text", ["", "False", "no"])
def test_no_weights_are_no_weights(text):
    """ArcGIS's default is False."""
    assert take_model_weight(small(), text) == 0


def test_weights_of_another_network_are_refused(tmp_path):
    """And so is a path to nothing."""
    with pytest.raises(ModelPackageError, match="no such file"):
        take_model_weight(small(), str(tmp_path / "gone.pth"))
    torch.save({"conv.weight": torch.zeros(3)}, tmp_path / "other.pth")
    with pytest.raises(ModelPackageError, match="those of another network"):
        take_model_weight(small(), str(tmp_path / "other.pth"))
