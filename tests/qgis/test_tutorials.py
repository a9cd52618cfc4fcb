"""The commands of the tutorials run as they are printed, on the sample data that the tutorials tell of.

Trainings are cut short: their ``max_minutes`` is replaced, which is the only change.
"""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

TUTORIALS = Path(__file__).resolve().parents[2] / "docs" / "tutorials"
SCRIPT = TUTORIALS / "sample_data.py"
NAMES = sorted(page.stem for page in TUTORIALS.glob("*.md") if page.stem != "README")
SHORT = "max_minutes=0.05"
PYTHON = "/usr/bin/python3"  # the one with QGIS's GDAL


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Write the sample data as a user does."""
    folder = tmp_path_factory.mktemp("tutorials")
    subprocess.run([PYTHON, str(SCRIPT), "samples"], check=True, cwd=folder)
    return folder / "samples"


def commands(name):
    """Return the words of each command of a tutorial."""
    for block in re.findall(r"```sh\n(.*?)```", (TUTORIALS / f"{name}.md").read_text(encoding="utf-8"), re.DOTALL):
        words = shlex.split(block.replace("\\\n", " "))
        assert words[:2] == ["qgis_process", "run"]
        yield words[1:]


def written(words):
    """Return the files and folders that a command writes."""
    pairs = [word.partition("=")[::2] for word in words if "=" in word]
    return [value for key, value in pairs if key.lower().startswith(("out_", "output"))]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_command_of_a_tutorial_runs(qgis_process, samples, name):
    """In the folder of its data, one after the other; each writes what it says."""
    folder = samples / name
    for words in commands(name):
        quick = [re.sub(r"^max_minutes=.*", SHORT, word) for word in words]
        program = qgis_process(*quick, folder=folder)
        out, err = program.communicate(timeout=300)
        assert program.returncode == 0, f"{quick}\n{out[-2000:]}\n{err[-2000:]}"
        assert [path for path in written(quick) if not (folder / path).exists()] == []


def test_there_is_a_tutorial_for_boxes_outlines_and_pixels():
    """And the page of tutorials leads to each."""
    page = (TUTORIALS / "README.md").read_text(encoding="utf-8")
    assert NAMES == ["landcover", "trees", "wells"]
    assert all(f"({name}.md)" in page for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_label_of_a_dialog_is_one(provider, name):
    """Words in italics before a value are labels of the tool's dialog."""
    from qgis.core import QgsApplication

    text = (TUTORIALS / f"{name}.md").read_text(encoding="utf-8")
    registry = QgsApplication.processingRegistry()
    known = set()
    for algorithm in registry.providerById(provider.id()).algorithms():
        known |= {algorithm.displayName(), *(one.description() for one in algorithm.parameterDefinitions())}
    named = set(re.findall(r"\*([A-Z][^*]{3,60})\*(?=:? `)", text))
    short = {"Y", "Metadata format", "Advanced Parameters > Cell size"}
    unknown = [label for label in named - short if not any(label.lower() in one.lower() for one in known)]
    assert unknown == []
