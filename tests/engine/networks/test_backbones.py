"""Backbones: feature maps for any number of bands, and ImageNet weights in them."""

import pytest
import timm
import torch
from torchvision import models

from engine.errors import ParameterError
from engine.networks.backbones import build_body, first_convolution, load_pretrained
from engine.networks.pyramid import FeaturePyramid

torch.set_num_threads(1)

FAMILIES = ("RESNET18", "RESNEXT50", "MOBILENET_V2", "DENSENET121", "VGG11", "VGG11_BN", "timm:mobilenetv3_small_050")


@pytest.mark.parametrize("name", FAMILIES)
def test_feature_maps_have_the_strides_and_channels_they_say(name):
    """Four bands, an image that is no square."""
    body = build_body(name, 4).eval()
    with torch.inference_mode():
        maps = body(torch.zeros(1, 4, 64, 96))

    assert body.strides == (4, 8, 16, 32)
    assert [tuple(level.shape[1:]) for level in maps] == [
        (channels, 64 // stride, 96 // stride) for channels, stride in zip(body.channels, body.strides, strict=True)
    ]


@pytest.mark.parametrize("bands", [1, 2, 3, 13])
def test_the_first_layer_takes_any_number_of_bands(bands):
    """Everything after it stays as it is."""
    body = build_body("RESNET18", bands)
    assert first_convolution(body.network)[1].in_channels == bands
    assert sum(value.numel() for value in body.parameters()) == 11176512 + (bands - 3) * 64 * 49


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("timm:no_such_model", "cannot be built"),
        ("timm:vit_tiny_patch16_224", "strides 16, 16, 16"),
        ("RESNET1000", "choose one of"),
    ],
)
def test_what_gives_no_feature_maps_is_refused(name, told):
    """One sentence with the remedy."""
    with pytest.raises(ParameterError, match=told):
        build_body(name, 3)


def test_the_pyramid_goes_on_where_the_backbone_ends():
    """Objects as large as the tile have a level too."""
    body = build_body("RESNET18", 3).eval()
    with torch.inference_mode():
        maps = body(torch.zeros(1, 3, 256, 256))
        coarse = FeaturePyramid(body, 32)
        fine = FeaturePyramid(body, 32, finest=4, pooled=True)
        assert coarse.strides == (8, 16, 32, 64, 128)
        assert [level.shape[-1] for level in coarse(maps)] == [32, 16, 8, 4, 2]
        assert fine.strides == (4, 8, 16, 32, 64)
        assert [level.shape[-1] for level in fine(maps)] == [64, 32, 16, 8, 4]


def test_imagenet_weights_fit_by_name():
    """The classifier of the library's model is left over."""
    library = models.resnet18(weights=None)
    body = build_body("RESNET18", 3)
    load_pretrained(body, library.state_dict())

    assert all(torch.equal(value, library.state_dict()[key]) for key, value in body.network.state_dict().items())


def first_layer(bands, scheme="RANDOM", rgb=(0, 1, 2)):
    """Return first-layer weights before and after, and ImageNet's."""
    library = models.resnet18(weights=None).state_dict()
    body = build_body("RESNET18", bands)
    before = body.network.conv1.weight.detach().clone()
    load_pretrained(body, library, scheme, rgb)
    assert torch.equal(body.network.layer1[0].conv1.weight, library["layer1.0.conv1.weight"])
    return before, body.network.conv1.weight.detach(), library["conv1.weight"]


def test_random_keeps_further_bands_random():
    """Red, green and blue get ImageNet's weights."""
    before, after, of_rgb = first_layer(5)
    assert torch.equal(after[:, :3], of_rgb)
    assert torch.equal(after[:, 3:], before[:, 3:])


def test_red_band_copies_red_to_further_bands():
    """Near infrared starts as if it were red."""
    _, after, of_rgb = first_layer(5, "RED_BAND")
    assert torch.equal(after[:, :3], of_rgb)
    assert torch.equal(after[:, 3:], of_rgb[:, :1].expand(-1, 2, -1, -1))


def test_all_random_leaves_the_first_layer_random():
    """Only the layers behind it start from ImageNet."""
    before, after, _ = first_layer(5, "ALL_RANDOM")
    assert torch.equal(after, before)


def test_bands_in_another_order_get_the_weights_of_their_colour():
    """Sentinel-2 stores blue first."""
    before, after, of_rgb = first_layer(4, "RANDOM", (2, 1, 0))
    assert torch.equal(after[:, :3], of_rgb.flip(1))
    assert torch.equal(after[:, 3], before[:, 3])


def test_one_band_sees_what_grey_would_have_given():
    """The three colours' weights added up: a grey image of three equal bands gives the same features."""
    _, after, of_rgb = first_layer(1)
    assert torch.equal(after, of_rgb.sum(1, keepdim=True))


def test_weights_of_another_network_are_refused():
    """By name, by shape, and for timm."""
    with pytest.raises(ParameterError, match="not those of backbone RESNET34"):
        load_pretrained(build_body("RESNET34", 3), models.resnet18(weights=None).state_dict())
    with pytest.raises(ParameterError, match="not that of backbone WIDE_RESNET50"):
        load_pretrained(build_body("WIDE_RESNET50", 3), models.resnet50(weights=None).state_dict())
    with pytest.raises(ParameterError, match="not those of backbone timm"):
        load_pretrained(build_body("timm:mobilenetv3_small_050", 3), {"x": torch.zeros(1)})
    with pytest.raises(ParameterError, match="weight_init_scheme is 'SOME'"):
        load_pretrained(build_body("RESNET18", 3), {}, "SOME")


def test_weights_of_timm_find_their_place_in_the_feature_extractor():
    """Names differ between the whole model and the extractor."""
    library = timm.create_model("mobilenetv3_small_050", pretrained=False)
    body = build_body("timm:mobilenetv3_small_050", 4)
    load_pretrained(body, library.state_dict(), "RED_BAND")

    assert torch.equal(body.network.conv_stem.weight[:, :3], library.conv_stem.weight)
    image = torch.randn(1, 3, 64, 64)
    grey = build_body("timm:mobilenetv3_small_050", 3)
    load_pretrained(grey, library.state_dict())
    with torch.inference_mode():
        ours = grey.eval()(image)[-1]
        theirs = library.eval().forward_features(image)
    assert ours.shape[-2:] == theirs.shape[-2:]
