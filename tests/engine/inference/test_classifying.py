"""Class rasters of tiles: every valid pixel once, exactly what the network says, whatever the tiling."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ParameterError
from engine.inference import reading, running
from engine.inference.classifying import Decision, EdgeRule, Products, WorkPlace, classify_raster
from engine.inference.decision import Decider
from tests.engine.inference.segmenting import Constant, Neighbourhood, Run, Same, content, noise

ALL = Products(True, True, True, True)
SIZES = [(1, 1), (1, 77), (61, 1), (5, 3), (31, 97), (127, 89), (32, 32), (33, 56)]


@pytest.mark.parametrize("shape", SIZES)
@pytest.mark.parametrize("blend", [True, False])
def test_a_network_that_returns_its_input_gives_the_raster_back(tmp_path, shape, blend):
    """Every pixel is written once, at its place, in every output."""
    image = noise(5, *shape)
    run = Run(tmp_path, image, Same(), padding=5, blend=blend, products=ALL, scale=0.02)
    made = run.go()
    read = {name: rasterio.open(path).read() for name, path in made.files.items()}
    wanted = torch.from_numpy(image * np.float32(0.02)).softmax(0).numpy()
    assert (read["classes"][0] == image.argmax(0) + 1).all()
    assert read["probabilities"] == pytest.approx(wanted, abs=1e-6)
    assert read["confidence"][0] == pytest.approx(wanted.max(0), abs=1e-6)
    entropy = -(wanted * np.log(wanted)).sum(0) / np.log(5)
    assert read["entropy"][0] == pytest.approx(entropy, abs=1e-5)
    assert made.tiles == len(run.grid) and made.resumed_from == 0


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_size_tile_and_padding_gives_the_raster_back(tmp_path_factory, data):
    """Sizes from 1 x 1 on, tiles that are not square, paddings up to the last that leaves a core."""
    rows, cols = data.draw(st.integers(1, 90)), data.draw(st.integers(1, 90))
    tile = data.draw(st.integers(8, 40)), data.draw(st.integers(8, 40))
    padding = data.draw(st.integers(0, (min(tile) - 1) // 2))
    image = noise(2, rows, cols, seed=rows)
    folder = tmp_path_factory.mktemp("run")
    run = Run(folder, image, Same(), tile=tile, padding=padding, blend=data.draw(st.booleans()))
    assert (run.classes() == image.argmax(0) + 1).all()


@pytest.mark.parametrize("blend", [True, False])
@pytest.mark.parametrize("radius", [0, 1, 3])
def test_a_network_that_sees_no_further_than_the_padding_gives_the_same_for_every_tiling(tmp_path, blend, radius):
    """Pixels that their tile's edge spoils have no weight."""
    image = noise(3, 83, 101, high=9)
    network = Neighbourhood(3, 4, radius)
    whole = Run(tmp_path / "whole", image, network, tile=(83, 101), padding=0, products=ALL)
    expected = {name: rasterio.open(path).read() for name, path in whole.go().files.items()}
    for number, (tile, padding) in enumerate([((32, 32), 3), ((24, 40), 7), ((16, 16), 5), ((64, 30), 3)]):
        run = Run(tmp_path / f"run{number}", image, network, tile, padding, blend, products=ALL, reach=radius)
        found = {name: rasterio.open(path).read() for name, path in run.go().files.items()}
        assert (found["classes"] == expected["classes"]).all(), tile
        assert found["probabilities"] == pytest.approx(expected["probabilities"], abs=1e-6)


@pytest.mark.parametrize(("tile", "padding"), [((32, 32), 4), ((32, 32), 14), ((16, 48), 5), ((24, 24), 0)])
def test_weights_add_up_to_one(tmp_path, tile, padding):
    """Constant scores stay constant, at borders, corners, and beside tiles that are not computed."""
    image = noise(1, 100, 130)
    image[:, :40, :50] = 0
    run = Run(tmp_path, image, Constant(3), tile, padding, nodata=0, products=ALL)
    read = {name: rasterio.open(path).read() for name, path in run.go().files.items()}
    valid = image[0] > 0
    wanted = torch.linspace(-1.0, 2.0, 3).softmax(0).numpy()
    assert np.abs(read["probabilities"][:, valid] - wanted[:, None]).max() < 1e-6
    assert np.isnan(read["probabilities"][:, ~valid]).all()
    assert (read["classes"][0] == np.where(valid, 3, 0)).all()


def test_tiles_without_a_valid_pixel_are_not_computed(tmp_path):
    """A wedge without data stays nodata and costs nothing; all other pixels are written."""
    image = noise(3, 150, 170)
    wedge = np.add.outer(np.arange(150), np.arange(170)) < 140
    image[:, wedge] = 0
    run = Run(tmp_path, image, Same(), nodata=0, padding=6)
    made = run.go()
    found = rasterio.open(made.files["classes"]).read(1)
    assert (found == np.where(wedge, 0, image.argmax(0) + 1)).all()
    windows = [
        run.grid.window(row, col) for row in range(len(run.grid.row_starts)) for col in range(len(run.grid.col_starts))
    ]
    seen = [~wedge[w.row : w.row + w.height, w.col : w.col + w.width] for w in windows]
    assert made.tiles == sum(bool(part.any()) for part in seen) < len(run.grid)


@pytest.mark.parametrize(("strip_bytes", "readers", "at_once"), [(1, 3, 1), (1, 1, 100), (10**9, 2, 100)])
def test_how_strips_are_cut_and_batches_are_made_makes_no_difference(
    tmp_path, monkeypatch, strip_bytes, readers, at_once
):
    """Wide rasters are read in sections, by several threads; a GPU takes whole batches, which never cross a row."""
    image = noise(3, 70, 190)
    image[:, 20:60, 60:150] = 0
    settings = {"nodata": 0, "padding": 6, "products": ALL, "scale": 0.02}
    expected = content(Run(tmp_path / "plain", image, Same(), **settings).go().files)
    monkeypatch.setattr(reading, "STRIP_BYTES", strip_bytes)
    monkeypatch.setattr(running, "MICRO_BATCH_ON_CPU", at_once)
    assert content(Run(tmp_path / "cut", image, Same(), **settings).go(readers=readers).files) == expected


def test_a_raster_without_a_valid_pixel_is_all_nodata(tmp_path):
    """No tile is computed, and the run ends well."""
    run = Run(tmp_path, np.zeros((2, 70, 40), np.uint8), Same(), nodata=0)
    assert run.go().tiles == 0
    assert (run.classes() == 0).all()


def test_the_blend_lies_between_the_tiles(tmp_path):
    """Where two tiles disagree the scores change steadily from one to the other."""

    class Alternating:
        """Is sure of one class, and of another in every second tile."""

        def __init__(self):
            self.tiles = 0

        def logits(self, images):
            odd = (self.tiles + torch.arange(len(images))) % 2
            self.tiles += len(images)
            scores = 5.0 - 10.0 * torch.stack((odd, 1 - odd), 1)
            return scores[:, :, None, None].expand(-1, -1, *images.shape[-2:])

    run = Run(tmp_path, noise(1, 32, 56), Alternating(), padding=4, products=Products(True, True), channels=2)
    first = rasterio.open(run.go().files["probabilities"]).read(1)[0]
    assert first[:24] == pytest.approx(1.0, abs=1e-4) and first[32:] == pytest.approx(0.0, abs=1e-4)
    assert (np.diff(first[23:33]) < 0).all() and first[28] + first[27] == pytest.approx(1.0, abs=1e-4)


def test_classes_that_are_left_out_are_never_chosen(tmp_path):
    """The best of the others stands in their place."""
    image = noise(3, 40, 50)
    run = Run(tmp_path, image, Same(), scale=0.02)
    decision = Decision((0, 7, 300), (0,), 65535, "uint16")
    run.decision = decision
    assert (run.classes() == np.where(image[2] > image[1], 300, 7)).all()


def test_an_edge_is_written_where_it_is_sure_enough(tmp_path):
    """Below the threshold stands the other value; the confidence is the edge's probability."""
    image = noise(2, 40, 50)
    run = Run(tmp_path, image, Same(), scale=0.02, products=Products(confidence=True))
    decision = Decision((0, 1), (0,), 255, "uint8", EdgeRule(0.7, 0))
    run.decision = decision
    made = run.go()
    probability = torch.from_numpy(image * np.float32(0.02)).softmax(0)[1].numpy()
    assert rasterio.open(made.files["confidence"]).read(1) == pytest.approx(probability, abs=1e-6)
    assert (rasterio.open(made.files["classes"]).read(1) == (probability >= 0.7)).all()


def test_decisions_that_cannot_be_written_are_refused():
    """No class left, or a value that the type does not hold."""
    with pytest.raises(ParameterError, match="leave one in"):
        Decision((0, 1), (0, 1), 255, "uint8")
    with pytest.raises(ParameterError, match="300 does not fit"):
        Decision((0, 300), (), 255, "uint8")


def test_many_channels_keep_their_numbers():
    """More than 256 channels do not fit into a byte."""
    planes = torch.zeros(300, 2, 3)
    planes[299, 0, 0] = planes[255, 0, 1] = planes[256, 1, 2] = 1.0
    decider = Decider(Decision(tuple(range(1, 301)), (), 0, "uint16"), Products())
    out = decider.empty(2, 3)
    decider.decide(planes, None, out)
    assert out["classes"][0].tolist() == [[300, 256, 1], [1, 1, 257]]


@pytest.mark.parametrize("values", [(0, 1, 255), (9, 4, 2), (3, 200, 7)])
def test_values_need_no_order(values):
    """Of equal scores the first channel's counts."""
    planes = torch.tensor([[5.0, 1.0, 2.0, 4.0], [1.0, 5.0, 2.0, 4.0], [1.0, 1.0, 3.0, 4.0]])[:, None]
    decider = Decider(Decision(values, (), 100, "uint8"), Products())
    out = decider.empty(1, 4)
    decider.decide(planes, np.array([[True, True, True, True]]), out)
    assert out["classes"][0, 0].tolist() == [*values, values[0]]


def test_the_grid_of_the_raster_is_kept(tmp_path):
    """The work file lies where the raster lies, rotated or not, whatever its CRS."""
    run = Run(tmp_path, noise(2, 40, 50), Same())
    with rasterio.open(run.go().files["classes"]) as made:
        assert made.transform == run.source.transform and made.crs == run.source.crs
        assert made.shape == (40, 50) and made.nodata == 0


def test_names_of_the_interface_are_where_tools_look_for_them():
    """One module has all that a tool needs."""
    assert callable(classify_raster) and WorkPlace.__module__.startswith("engine.inference")
