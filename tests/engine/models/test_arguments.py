"""Arguments of architectures: texts to values, and what is refused."""

import pytest

from engine.errors import ParameterError
from engine.models.arguments import ArgumentSpec, argument_pairs, parse_arguments

SPECS = (
    ArgumentSpec("channels", "128", "int", 32, 512),
    ArgumentSpec("drop", "0.3", "float", 0, 0.95),
    ArgumentSpec("focal_loss", "false", "bool"),
    ArgumentSpec("grids", "", "list", 1, 64, whole=True),
    ArgumentSpec("ratios", "[[1, 1]]", "list", 0.05, 20, depth=2),
    ArgumentSpec("quality", "centerness", "choice", choices=("centerness", "iou")),
)


def test_arguments_not_given_take_their_defaults():
    """Every declared argument has a value."""
    assert parse_arguments("SSD", SPECS, ()) == {
        "channels": 128,
        "drop": 0.3,
        "focal_loss": False,
        "grids": None,
        "ratios": ((1.0, 1.0),),
        "quality": "centerness",
    }


def test_texts_of_a_value_table_are_understood():
    """Quotes, blanks, any case of letters, and lists with or without brackets."""
    given = (
        ("Channels", " 64 "),
        ("drop", "0"),
        ("focal_loss", "True"),
        ("grids", "'[4, 2, 1]'"),
        ("ratios", "[[1, 0.5], (0.5, 1)]"),
        ("quality", "IOU"),
    )
    assert parse_arguments("SSD", SPECS, given) == {
        "channels": 64,
        "drop": 0.0,
        "focal_loss": True,
        "grids": (4, 2, 1),
        "ratios": ((1.0, 0.5), (0.5, 1.0)),
        "quality": "iou",
    }
    assert parse_arguments("SSD", SPECS, (("grids", "4, 2"),))["grids"] == (4, 2)


def test_values_survive_being_written_as_texts():
    """A model package stores texts."""
    values = parse_arguments("SSD", SPECS, (("grids", "[9]"), ("focal_loss", "yes")))
    assert parse_arguments("SSD", SPECS, argument_pairs(values)) == values


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("colour", "1", "unknown to SSD; it has: channels"),
        ("channels", "9000", "whole number from 32 to 512"),
        ("channels", "64.5", "whole number"),
        ("channels", "many", "whole number"),
        ("drop", "nan", "number from 0 to 0.95"),
        ("focal_loss", "ture", "true or false"),
        ("grids", "[4, 2.5]", "whole numbers"),
        ("grids", "[0]", "at least|from 1 to 64"),
        ("grids", "[[4]]", "list of whole numbers"),
        ("grids", "__import__('os')", "list"),
        ("grids", "[4,", "list"),
        ("ratios", "[1, 1]", "list of pairs"),
        ("ratios", "[[1, 1, 1]]", "list of pairs"),
        ("quality", "best", "centerness, iou"),
    ],
)
def test_what_breaks_a_rule_is_refused(name, text, told):
    """One sentence with the value and the rule."""
    with pytest.raises(ParameterError, match=told):
        parse_arguments("SSD", SPECS, ((name, text),))


def test_an_argument_given_twice_is_refused():
    """Nobody can know which was meant."""
    with pytest.raises(ParameterError, match="twice"):
        parse_arguments("SSD", SPECS, (("drop", "0.1"), ("DROP", "0.2")))


def test_arguments_of_somebody_else_are_passed_over():
    """``chip_size`` stands in the same value table but belongs to the training."""
    assert "chip_size" not in parse_arguments("SSD", SPECS, (("chip_size", "224"),), ignored=("chip_size",))


def test_an_argument_is_known_by_its_other_names_but_given_once():
    """One dialog of ArcGIS spells use_unet as use_net."""
    specs = (ArgumentSpec("use_unet", "true", "bool", aliases=("use_net",)),)
    assert parse_arguments("PSPNET", specs, (("Use_Net", "false"),)) == {"use_unet": False}
    with pytest.raises(ParameterError, match="twice"):
        parse_arguments("PSPNET", specs, (("use_net", "false"), ("use_unet", "false")))


def test_an_empty_list_is_no_value_where_there_may_be_none():
    """ArcGIS writes [] for nothing."""
    assert parse_arguments("SSD", SPECS, (("grids", "[ ]"),))["grids"] is None
    with pytest.raises(ParameterError, match="list of pairs"):
        parse_arguments("SSD", SPECS, (("ratios", "[]"),))
