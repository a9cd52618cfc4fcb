"""metadata.txt and the plugin's zip."""

from __future__ import annotations

import zipfile
from xml.etree import ElementTree

import pytest

from devtools.check_metadata import complaints, read_metadata
from devtools.check_package import bandit_faults, faults, secret_faults, structure_faults, style_faults
from devtools.make_zip import NAME, make_zip
from devtools.plugin_repository import main as make_repository


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
        ("author", "We / us", "slash"),
        ("about", "100 % of it", "percent"),
        ("supportsQt6", "perhaps", "neither True nor False"),
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
    assert [name for name in inside if name.startswith("docs/tutorials")] == ["docs/tutorials/sample_data.py"]
    assert not [name for name in inside if name.startswith(("tests", "devtools", ".", "demo")) or "__pycache__" in name]
    assert target.read_bytes() == make_zip(tmp_path / "second").read_bytes()


@pytest.mark.slow
def test_the_plugin_repository_finds_nothing_in_the_zip(tmp_path):
    """Structure, bandit, detect-secrets and flake8 with the rules that its website switches on."""
    assert faults(make_zip(tmp_path)) == {"structure": [], "bandit": [], "secrets": [], "flake8": []}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "line", "words"),
    [
        (bandit_faults, "import subprocess\nsubprocess.call('ls', shell=True)\n", "B602"),
        (secret_faults, 'PLACE = "https://user:' + 'hunter2@example.org/"\n', "Basic Auth"),
        (style_faults, "print(nobody)\n", "F821"),
    ],
)
def test_each_checker_really_looks(tmp_path, check, line, words):
    """A checker that finds nothing because it did not run would be worth nothing."""
    (tmp_path / "bad.py").write_text(line)
    assert any(words in fault and "bad.py:" in fault for fault in check(tmp_path))


def test_what_a_zip_must_not_hold_is_found(tmp_path):
    """Programs, hidden files, binaries, and a plugin without its licence."""
    archive = tmp_path / "bad.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(f"{NAME}/metadata.txt", "")
        opened.writestr(f"{NAME}/.hidden", "")
        opened.writestr(f"{NAME}/run.sh", "")
        opened.writestr(f"{NAME}/data.bin", b"\0\1")
        opened.writestr("other/a.py", "")

    told = " ".join(structure_faults(archive))

    assert "LICENSE is missing" in told and "data.bin is a binary" in told
    assert all(name in told for name in (".hidden is of a kind", "run.sh is of a kind", "other/a.py is in a folder"))


def test_a_plugin_repository_lists_the_newest_zip_of_each_plugin(tmp_path):
    """An office can put zips of other plugins beside ours."""
    for version in ("1.9.0", "1.10.0"):
        with zipfile.ZipFile(tmp_path / f"other-{version}.zip", "w") as opened:
            opened.writestr("other/metadata.txt", f"[general]\nname=A & B\nversion={version}\nqgisMinimumVersion=3.0\n")

    assert make_repository([str(tmp_path), "https://gis.example/plugins/"]) == 0

    listed = ElementTree.parse(tmp_path / "plugins.xml").getroot()
    found = {plugin.findtext("file_name"): plugin.findtext("download_url") for plugin in listed}
    ours = next(name for name in found if name.startswith(NAME))
    assert found.pop(ours) == f"https://gis.example/plugins/{NAME}-{read_metadata()['version']}.zip"
    assert found == {"other.1.10.0.zip": "https://gis.example/plugins/other-1.10.0.zip"}


def test_a_zip_that_is_no_plugin_is_told(tmp_path, capsys):
    """It would hide the others from QGIS."""
    (tmp_path / "data.zip").write_bytes(b"nothing")

    assert make_repository([str(tmp_path), "https://gis.example", "--as-it-is"]) == 1
    assert "is no plugin's zip: take it out of the folder" in capsys.readouterr().err
