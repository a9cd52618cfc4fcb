"""What QGIS says when the engine is missing."""

import os
import sys

import pytest

from imagery_deep_learning.engine.installation.building import LOCKED, list_hash
from imagery_deep_learning.engine.installation.places import Environment, engine_folder, use
from imagery_deep_learning.engine.job import Job
from imagery_deep_learning.gui import first_run
from imagery_deep_learning.provider.engine_environment import EngineMissing, any_interpreter

pytestmark = pytest.mark.qgis


@pytest.fixture
def without_engine(monkeypatch, tmp_path):
    """A computer on which nothing is set up."""
    monkeypatch.setenv("IMAGERY_DL_HOME", str(tmp_path / "engine"))

    def missing():
        raise EngineMissing("none")

    monkeypatch.setattr(first_run, "find_interpreter", missing)


def test_a_missing_engine_is_said_with_a_button(without_engine, qgis_iface):
    """One line above the map."""
    first_run.show_what_is_missing(qgis_iface)

    assert "not installed" in first_run.what_is_missing()


@pytest.mark.parametrize(("made_of", "said"), [("older", "newer engine"), (list_hash(LOCKED), "")])
def test_an_engine_of_an_older_plugin_is_said(monkeypatch, tmp_path, made_of, said):
    """It goes on working, and one of this version says nothing."""
    monkeypatch.setenv("IMAGERY_DL_HOME", str(tmp_path))
    use(engine_folder(), Environment(sys.executable, made_of, {}, "CPU"), Job())
    monkeypatch.setattr(first_run, "find_interpreter", lambda: sys.executable)

    assert said in first_run.what_is_missing()
    assert bool(said) == bool(first_run.what_is_missing())


def test_the_python_that_installs_is_no_second_qgis():
    """It is a Python beside QGIS's own."""
    assert os.path.basename(any_interpreter()).startswith("python")
