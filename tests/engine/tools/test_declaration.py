"""A request is made from raw values, checked, and survives JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ParameterError
from engine.tools import TOOLS
from engine.tools.declaration import REQUIRED
from engine.tools.pairs import pairs_from_text, text_from_pairs

NAMES = st.text("abcdefghij_", min_size=1, max_size=8)
VALUES = st.text("abc ;'[]().,0123456789", min_size=1, max_size=20).map(str.strip).filter(bool)


def minimal(tool):
    """Return values for the required parameters of a tool, any text will do, and the outputs of its example."""
    outputs = {name: text for name, text in tool.example.items() if name.startswith("out_")}
    return {name: f"some_{name}" for name, parameter in tool.parameters().items() if parameter.required} | outputs


@pytest.mark.parametrize("name", TOOLS)
def test_a_request_survives_json(name):
    """What the parent sends is what the child makes."""
    request = TOOLS[name].from_values(minimal(TOOLS[name]))
    assert TOOLS[name].from_values(json.loads(json.dumps(request.to_plain()))) == request


@pytest.mark.parametrize("name", TOOLS)
def test_examples_of_the_help_are_accepted(name):
    """A worked example that the tool refuses would be worse than none."""
    TOOLS[name].from_values(TOOLS[name].example)


@pytest.mark.parametrize("name", TOOLS)
def test_defaults_are_accepted_by_their_own_kind(name):
    """A default that its kind refuses could never be given by a user."""
    for parameter in TOOLS[name].parameters().values():
        if parameter.default not in (REQUIRED, None, "", ()):
            assert parameter.kind.parse(parameter.name, parameter.default) == parameter.default


@pytest.mark.parametrize("name", TOOLS)
def test_every_parameter_has_label_and_help(name):
    """Dialog, command line and documents have nothing else to show."""
    for parameter in TOOLS[name].parameters().values():
        assert parameter.kind.label
        assert parameter.kind.help.endswith(".")


def test_unknown_and_missing_parameters_are_refused():
    """A misspelt name must not pass silently with the default in its place."""
    tool = TOOLS["non_maximum_suppression"]
    with pytest.raises(ParameterError, match=r"max_overlap is not a parameter .* max_overlap_ratio"):
        tool.from_values({**minimal(tool), "max_overlap": 0.5})
    with pytest.raises(ParameterError, match="confidence_score_field is missing"):
        tool.from_values({"in_featureclass": "a.gpkg", "out_featureclass": "b.gpkg"})


def test_an_empty_stride_is_half_the_tile():
    """ArcGIS's 128 for 256; a smaller tile alone is not refused, and each axis has its own."""
    tool = TOOLS["export_training_data"]
    assert tool.from_values(minimal(tool)).strides == (128, 128)
    assert tool.from_values({**minimal(tool), "tile_size_x": 64, "stride_y": ""}).strides == (32, 128)
    assert tool.from_values({**minimal(tool), "tile_size_x": 65, "stride_x": 40}).strides == (40, 128)


def test_a_stride_beyond_the_tile_is_refused():
    """Pixels would be skipped."""
    tool = TOOLS["export_training_data"]
    with pytest.raises(ParameterError, match=r"stride_x 300 is larger than the tile \(256 pixels\)"):
        tool.from_values({**minimal(tool), "stride_x": 300})


@given(st.dictionaries(NAMES, VALUES, max_size=4).filter(lambda table: all("'" not in v for v in table.values())))
def test_a_value_table_survives_its_text_form(table):
    """Dialogs and models keep value tables as text."""
    pairs = tuple(table.items())
    assert pairs_from_text("arguments", text_from_pairs(pairs)) == pairs
