"""Backbones for segmentation: maps from stride 1 on, and ImageNet weights that fit by name."""

import pytest
import timm
import torch
from torchvision import models

from engine.errors import ParameterError
from engine.models.backbones import BACKBONES
from engine.models.registry import ModelSpec
from engine.networks.backbones import first_convolution, load_pretrained
from engine.networks.encoders import encoder_body
from engine.networks.segmentation_zoo import dense_prediction_transformer
from engine.networks.torchvision_bodies import torchvision_name

torch.set_num_threads(1)

FAMILIES = ("RESNET18", "RESNEXT50", "WIDE_RESNET50", "MOBILENET_V2", "DENSENET121", "VGG11_BN")
TIMM = ("timm:mobilenetv3_small_050", "timm:convnext_atto", "timm:resnet18")


@pytest.mark.parametrize("name", FAMILIES + TIMM)
def test_maps_have_the_strides_and_channels_they_say(name):
    """Four bands, an image that is no square; a stride that a network lacks has no channels."""
    body = encoder_body(name, 4).eval()
    with torch.inference_mode():
        maps = body(torch.zeros(1, 4, 64, 96))

    assert body.strides == (1, 2, 4, 8, 16, 32)
    assert [tuple(level.shape[1:]) for level in maps] == [
        (channels, 64 // stride, 96 // stride) for channels, stride in zip(body.channels, body.strides, strict=True)
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("RESNET18", 16), ("MOBILENET_V2", 16), ("timm:resnet18", 16), ("DENSENET121", 32), ("timm:convnextv2_atto", 16)],
)
def test_later_stages_are_dilated_where_they_can_be(name, expected):
    """Networks that halve by pooling keep their stride."""
    body = encoder_body(name, 3, stride=16).eval()
    with torch.inference_mode():
        last = body(torch.zeros(1, 3, 64, 64))[-1]
    assert body.strides[-1] == expected and last.shape[-1] == 64 // expected


@pytest.mark.parametrize("name", [name for name in BACKBONES if not name.startswith(("VGG1", "DENSENET2"))])
def test_parameters_are_called_as_in_torchvision(name):
    """Names and shapes, so that the weights we fetch fit."""
    with torch.device("meta"):
        library = models.get_model(torchvision_name(name), weights=None).state_dict()
        own = encoder_body(name, 3).network.state_dict()
    assert {key: value.shape for key, value in own.items()} == {key: library[key].shape for key in own}
    left = {key.split(".")[0] for key in library if key not in own}
    assert left <= {"fc", "classifier"}


@pytest.mark.parametrize("name", ["RESNET18", "MOBILENET_V2", "DENSENET121"])
def test_imagenet_weights_of_torchvision_are_taken(name):
    """Every weight arrives; bands that ImageNet lacks stay random."""
    library = models.get_model(torchvision_name(name), weights=None).state_dict()
    body = encoder_body(name, 5)
    load_pretrained(body, library)

    first = first_convolution(body.network)[0] + ".weight"
    for key, value in body.network.state_dict().items():
        assert torch.equal(value[:, :3] if key == first else value, library[key]), key


@pytest.mark.parametrize("name", ["mobilenetv3_small_050", "convnext_atto"])
def test_weights_of_timm_are_taken(name):
    """Its feature extractors have names of their own."""
    library = timm.create_model(name, pretrained=False).state_dict()
    body = encoder_body("timm:" + name, 3)
    load_pretrained(body, library)
    marks = {float(value.double().sum()) for value in library.values() if value.ndim == 4}
    assert all(float(value.double().sum()) in marks for value in body.network.state_dict().values() if value.ndim == 4)


def test_weights_of_a_vision_transformer_are_taken():
    """The same file as for a classifier."""
    library = timm.create_model("vit_tiny_patch16_224", pretrained=False).state_dict()
    body = dense_prediction_transformer(ModelSpec("MMSEGMENTATION", "timm:vit_tiny_patch16_224", 3, 2)).body
    load_pretrained(body, library)
    assert torch.equal(body.network.state_dict()["model.blocks.0.attn.qkv.weight"], library["blocks.0.attn.qkv.weight"])


@pytest.mark.parametrize("name", ["timm:no_such_model", "timm:vit_tiny_patch16_224", "RESNET1000"])
def test_what_gives_no_feature_maps_is_refused(name):
    """One sentence with the remedy."""
    with pytest.raises(ParameterError, match="choose"):
        encoder_body(name, 3)


@pytest.mark.parametrize("bands", [1, 2, 13, 30])
def test_the_first_layer_takes_any_number_of_bands(bands):
    """Nothing is averaged or repeated."""
    assert first_convolution(encoder_body("MOBILENET_V2", bands).network)[1].in_channels == bands
