"""Statistics of a training folder."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.classes import ClassInfo
from engine.samples.esri_json import esri_json
from engine.samples.statistics import ObjectStatistics, PixelStatistics

CLASSES = (ClassInfo(1, "Tower crane"), ClassInfo(4, "Harbour crane"))


@given(st.integers(1, 5), st.sampled_from(["uint8", "uint16", "int16", "float32"]), st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_statistics_of_parts_are_those_of_the_whole(parts, dtype, seed):
    """Chip by chip with invalid pixels, or all at once: the same numbers; merging is in any order."""
    random = np.random.default_rng(seed)
    chips = [random.integers(0, 250, (2, 7, 9)).astype(dtype) for _ in range(parts)]
    valid = [random.random((7, 9)) > 0.3 for _ in range(parts)]
    total, halves = PixelStatistics.of_bands(2), [PixelStatistics.of_bands(2) for _ in range(2)]
    for number, (chip, seen) in enumerate(zip(chips, valid, strict=True)):
        total.add(chip, seen)
        halves[number % 2].add(chip, seen)
    halves[1].merge(halves[0])
    pixels = np.concatenate([chip[:, seen] for chip, seen in zip(chips, valid, strict=True)], axis=1).astype(float)
    for found in (total, halves[1], PixelStatistics.from_json(total.to_json(), 2)):
        minimum, maximum, mean, std = found.summary()
        assert found.count == pixels.shape[1]
        assert minimum == pytest.approx(pixels.min(axis=1)) and maximum == pytest.approx(pixels.max(axis=1))
        assert mean == pytest.approx(pixels.mean(axis=1)) and std == pytest.approx(pixels.std(axis=1))


def test_whole_8_bit_chips_are_exact():
    """The quick way for 8 bits squares as whole numbers do; a chip without a valid pixel adds nothing."""
    chip = np.random.default_rng(0).integers(200, 256, (3, 256, 256), np.uint8)
    found = PixelStatistics.of_bands(3)
    found.add(chip, np.ones((256, 256), bool))
    found.add(chip, np.zeros((256, 256), bool))
    numbers = chip.reshape(3, -1).astype(np.int64)
    exact = (numbers**2).sum(axis=1) - numbers.sum(axis=1) ** 2 / 65536
    assert found.squares == pytest.approx(exact, rel=1e-12) and found.count == 65536
    assert PixelStatistics.of_bands(1).summary().std.tolist() == [0]
    assert PixelStatistics.from_json(None, 3) is None and PixelStatistics.from_json([{"Min": 0}], 1) is None


def test_a_large_mean_does_not_cost_digits():
    """Elevations around a million that differ by one, chip after chip."""
    random = np.random.default_rng(2)
    chips = [random.normal(1e6, 1.0, (1, 32, 32)) for _ in range(50)]
    found = PixelStatistics.of_bands(1)
    for chip in chips:
        found.add(chip, np.ones((32, 32), bool))
    assert found.summary().std[0] == pytest.approx(np.stack(chips).std(), rel=1e-9)


def test_stats_txt_has_esris_layout():
    """Widths, decimals, line ends as in a real file."""
    objects = ObjectStatistics()
    values = np.array([1] * 3 + [4])
    objects.add(np.array([0, 0, 1, 1]), values, np.array([1.5, 22.126, 60.02, 131.9]), 2)
    text = objects.text(CLASSES, 3, 256, 128)
    assert text.split("\r\n") == [
        "images = 2 *3*256*128",
        "features = 4",
        "features per image = [min = 2, mean = 2.00, max = 2]",
        "classes = 2",
        "cls name              cls value     images   features    min size   mean size    max size",
        "Tower crane                   1          2          3        1.50       27.88       60.02",
        "Harbour crane                 4          1          1      131.90      131.90      131.90",
        "",
    ]


def test_object_statistics_survive_json_and_count_chips_without_objects():
    """FeatureStats in the order of the classes; what was written can be gone on with."""
    objects = ObjectStatistics()
    objects.add(np.array([2, 2, 5]), np.array([4, 4, 4]), np.array([2.0, 4.0, 9.0]), 3)
    state = objects.to_json(CLASSES)
    assert state["NumImagesPerClass"] == [0, 2] and state["NumFeaturesPerClass"] == [0, 3]
    assert state["NumFeaturesPerImage"] == {"Min": 0.0, "Max": 2.0, "Mean": 1.0, "Sum": 3.0, "Count": 3}
    assert state["FeatureAreaPerClass"][0] == {"Min": 0.0, "Max": 0.0, "Mean": 0.0, "Sum": 0.0, "Count": 0}
    assert state["FeatureAreaPerClass"][1]["Mean"] == 5.0
    again = ObjectStatistics.from_json(state, CLASSES)
    again.add(np.array([0]), np.array([1]), np.array([1.0]), 1)
    assert again.to_json(CLASSES)["NumFeaturesPerClass"] == [1, 3] and again.per_chip.count == 4


def test_json_is_written_as_esri_does():
    """Two blanks a level, blanks round the colon, 17 digits, no line end; what is no number is null."""
    value = {"A": 1, "B": [0.1, 2.0, float("nan")], "C": {}, "D": [], "E": True, "F": None, "G": 'a"b'}
    assert esri_json(value) == (
        '{\n  "A" : 1,\n  "B" : [\n    0.10000000000000001,\n    2.0,\n    null\n  ],\n  "C" : {},\n  "D" : [],\n'
        '  "E" : true,\n  "F" : null,\n  "G" : "a\\"b"\n}'
    )
