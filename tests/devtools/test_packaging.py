"""metadata.txt and the plugin's zip."""

from __future__ import annotations

import zipfile

import pytest

from devtools.check_metadata import complaints, read_metadata
from devtools.make_zip import make_zip


def test_metadata_is_what_the_plugin_repository_wants():
    """Nothing is missing or misspelt."""
    assert complaints(read_metadata()) == []


@pytest.mark.parametrize(
    ("key", "value", "word"),
    [
        ("about", "", "about is missing"),
        ("version", "1.0", "version"),
        ("email", "nobody", "email"),
        ("icon", "icons/none.svg", "does not exist"),
        ("hasProcessingProvider", "no", "hasProcessingProvider"),
        ("tracker", "http://example.org", "https"),
        ("tracker", "https://example.org/other", "placeholder"),
        ("category", "Things", "category"),
    ],
)
def test_a_fault_in_metadata_is_found(key, value, word):
    """Each rule has a sentence of its own."""
    found = complaints({**read_metadata(), key: value})
    assert any(word in complaint for complaint in found)


def test_the_zip_holds_what_runs_and_nothing_else(tmp_path):
    """One folder without a dot in its name; no tests, no developer's tools; the same bytes again."""
    target = make_zip(tmp_path / "first")
    names = zipfile.ZipFile(target).namelist()
    assert {name.split("/")[0] for name in names} == {"imagery_deep_learning"}
    inside = {name.split("/", 1)[1] for name in names}
    assert {"metadata.txt", "__init__.py", "LICENSE", "requirements/engine.txt", "icons/provider.svg"} <= inside
    assert not [name for name in inside if name.startswith(("tests", "devtools", ".", "demo")) or "__pycache__" in name]
    assert target.read_bytes() == make_zip(tmp_path / "second").read_bytes()
