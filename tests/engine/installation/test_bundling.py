"""A bundle fits one version of Python and of the plugin."""

import json

import pytest

from engine.errors import ParameterError
from engine.installation.building import LOCKED, list_hash, packages_in
from engine.installation.bundling import ABOUT, LIST, TARGETS, packages_of
from engine.installation.interpreters import Interpreter
from engine.tools.build_bundle import PYTHONS, SYSTEMS

PYTHON = Interpreter("/usr/bin/python3", (3, 12, 4), "x86_64", 64, True)


def bundle(folder, **about):
    """Write what a bundle says of itself."""
    folder.mkdir(exist_ok=True)
    said = {"system": "Linux x86_64", "python": "3.12", "made_of": list_hash(LOCKED), **about}
    (folder / ABOUT).write_text(json.dumps(said))
    return str(folder)


def test_without_a_bundle_the_whole_list_is_installed():
    """Every package of it has a version and a hash."""
    assert packages_of("", PYTHON) == LOCKED
    text = LOCKED.read_text()
    assert packages_in(LOCKED) > 90
    assert text.count("--hash=sha256:") > 2 * packages_in(LOCKED)


def test_a_bundle_brings_its_own_list(tmp_path):
    """That of its system."""
    assert packages_of(bundle(tmp_path / "bundle"), PYTHON) == tmp_path / "bundle" / LIST


@pytest.mark.parametrize(
    ("about", "python", "sentence"),
    [
        ({"made_of": "older"}, PYTHON, "another version of the plugin: build it again"),
        ({"python": "3.11"}, PYTHON, r"is for Python 3.11 and the one found here is 3.12"),
        ({}, None, r"is for Python 3.12 and the one found here is none"),
        ({"python": None, "made_of": {}}, PYTHON, r"another version of the plugin"),
    ],
)
def test_a_bundle_that_does_not_fit_is_refused(tmp_path, about, python, sentence):
    """Before anything is built."""
    with pytest.raises(ParameterError, match=sentence):
        packages_of(bundle(tmp_path / "bundle", **about), python)


def test_a_damaged_bundle_is_refused(tmp_path):
    """It says nothing of itself."""
    with pytest.raises(ParameterError, match="is damaged"):
        packages_of(str(tmp_path), PYTHON)


def test_every_system_of_the_tool_has_its_tags():
    """The list of the declaration and that of the installer are one."""
    assert tuple(TARGETS) == SYSTEMS[1:]
    assert all(target.tags for target in TARGETS.values())
    assert "3.12" in PYTHONS
